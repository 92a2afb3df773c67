//! The command line: what can be asked, and exit codes that a script can tell apart.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | something on this machine does not work: the address is taken, the disk is full |
//! | 2 | the command was given something wrong |
//! | 3 | the data folder holds something that this program can't use; nothing was touched |
//! | 4 | another station already runs on the data folder |
//! | 5 | `check` found damage, or `receipt` one that is not this station's |
//!
//! Answers go to the standard output, everything else to standard error. Logs are JSON, one object a line, without
//! names, texts, tokens or codes.

mod audit;
mod check;
mod desk;
mod enrol;
mod entries;
mod import;
mod receipt;
mod recover;
mod serve;
mod worker;

use std::{
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use xunji_domain::{
    id::{DeskId, WorkerId},
    person::Role,
    village::VillageCode,
};

use crate::{
    data::DataError, db::DbError, definitions::DefinitionError, handover::HandOverError, import::LineFault,
    receipt_key::KeyError, server::ServeError,
};

/// The receiving station of Xunji (巡记).
#[derive(Debug, Parser)]
#[command(name = "xunji-station", version, about, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 this machine does not allow it; 2 wrong arguments; \
3 the data folder can't be used (nothing was touched); 4 another station runs on it; \
5 check found damage, or the receipt is not this station's.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the station until it gets SIGTERM or Ctrl+C.
    Serve(ServeArgs),
    /// Makes a single-use code with which a phone is enrolled for a person. Works while the station runs.
    Enrol(EnrolArgs),
    /// Makes a single-use code with which a phone whose PIN is forgotten gets its key back. Works while the station runs.
    /// Make sure who asks: whoever has this code and the phone can read what is on it.
    Recover(RecoverArgs),
    /// The people: their roles and areas, their phones, and who takes over from whom. Works while the station runs.
    Worker(worker::WorkerArgs),
    /// The desks and who sits there. Works while the station runs.
    Desk(desk::DeskArgs),
    /// Imports people from a list (CSV): all of them, or none when a line is wrong. Works while the station runs.
    Import(import::ImportArgs),
    /// Lists the audit trail: who changed what about people, phones and desks, and which desk read what.
    Audit(audit::AuditArgs),
    /// Lists every stored entry in the order of arrival, one a line. Works while the station runs.
    Entries(EntriesArgs),
    /// Verifies everything that the station keeps: digests, signatures, attachments, revisions, mailboxes. Only reads,
    /// and works while the station runs. Ends with code 5 when there is damage; gaps and alarms are news, not damage.
    Check(CheckArgs),
    /// Tells whether a receipt (the file of 导出回执) is this station's own. Works while the station runs. Ends with code
    /// 5 when it isn't.
    Receipt(ReceiptArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one, and the line `listening on …` says which.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The data folder. Made when it is missing.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// The station's name, as phones show it.
    #[arg(long, default_value = "巡记站点", value_parser = name)]
    name: String,
    /// The address that people reach the station under, such as https://xunji.example.cn; enrolment links begin with it.
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,
    /// The address from which a web server in front of the station connects, such as 127.0.0.1 when it runs on the same
    /// machine; several times for several. Its X-Forwarded-For then says whose guesses at codes and slips are counted
    /// (the last address in it). Without this all phones behind it count as one, and one guesser stops them all.
    #[arg(long, value_name = "IP")]
    behind_proxy: Vec<IpAddr>,
}

/// What every command of the office takes.
#[derive(Debug, Args)]
struct Office {
    /// The data folder.
    #[arg(long, global = true, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// Who decides it, for the audit trail.
    #[arg(long, global = true, value_name = "WHO", default_value = "office", value_parser = name)]
    by: String,
    /// Prints one JSON object a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Args)]
struct EnrolArgs {
    /// The data folder. Made when it is missing.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// The person's name.
    #[arg(long, value_parser = name, required_unless_present = "worker")]
    name: Option<String>,
    /// What the person does: grid_worker, legal_adviser, mediator, coordinator, justice_officer or partner.
    #[arg(long, value_parser = role, required_unless_present = "worker")]
    role: Option<Role>,
    /// The 12-digit code of the village that the person is mostly responsible for.
    #[arg(long, value_name = "CODE", value_parser = village, required_unless_present = "worker")]
    village: Option<VillageCode>,
    /// The id of a person who is known already and gets another phone; name, role and village stay theirs.
    #[arg(long, value_name = "ID", value_parser = worker, conflicts_with_all = ["name", "role", "village"])]
    worker: Option<WorkerId>,
    /// How long the code is good for.
    #[arg(long, value_name = "HOURS", default_value_t = 72, value_parser = clap::value_parser!(u16).range(1..=720))]
    valid_hours: u16,
    /// Who decides it, for the audit trail.
    #[arg(long, value_name = "WHO", default_value = "office", value_parser = name)]
    by: String,
    /// What the link begins with. Without it: where `serve` was last reached, or http://127.0.0.1:8080.
    #[arg(long, value_name = "URL", value_parser = base_url)]
    base_url: Option<String>,
    /// Prints one JSON object: code, url, worker.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RecoverArgs {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// The phone's id as its lock screen shows it (本机编号): the beginning, of at least eight characters, is enough.
    #[arg(long, value_name = "ID", value_parser = installation)]
    installation: String,
    /// Who releases it, for the record that `check` shows.
    #[arg(long, value_name = "WHO", default_value = "office", value_parser = name)]
    by: String,
    /// How long the code is good for.
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=1440))]
    valid_minutes: u16,
    /// Prints one JSON object: code, installation, worker.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct EntriesArgs {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// Prints one JSON object a line, with everything that the entry says.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// Prints one JSON object a line: each finding with its level (damage or news), then a summary.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ReceiptArgs {
    /// The receipt's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// Prints one JSON object: genuine, stored, receipt.
    #[arg(long)]
    json: bool,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The ledgers or villages.
    #[error(transparent)]
    Definitions(#[from] DefinitionError),
    /// The station.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// `--worker` names nobody.
    #[error(
        "this station knows no worker {0}. Leave --worker out and give --name, --role and --village to add one"
    )]
    UnknownWorker(WorkerId),
    /// `--worker` names somebody who is suspended.
    #[error("the worker {0} is suspended, so no code was made. `worker resume` lets them in again")]
    SuspendedWorker(WorkerId),
    /// `--desk` names none.
    #[error("this station knows no desk {0}. `desk list` names them all")]
    UnknownDesk(DeskId),
    /// The id is taken.
    #[error("there is a desk {0} already. Give another id")]
    DeskExists(DeskId),
    /// A hand-over.
    #[error(transparent)]
    HandOver(#[from] HandOverError),
    /// The receipt key, which a hand-over needs.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A list.
    #[error("{}\nNothing was imported", lines(.0))]
    List(Vec<LineFault>),
    /// `--installation` names no phone.
    #[error(
        "this station knows no phone whose id begins with {0}. Compare it with the lock screen of the phone"
    )]
    UnknownInstallation(String),
    /// `--installation` names more than one phone.
    #[error("more than one phone's id begins with {0}. Give more of it; 我的 and the lock screen show it")]
    AmbiguousInstallation(String),
    /// The system gives no randomness.
    #[error("the system gives no random numbers ({0}), so no code can be made. Try again")]
    Random(#[from] getrandom::Error),
    /// A file that was named can't be read.
    #[error("{} can't be read: {source}. Check the path", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is some other file.
    #[error("{} is no receipt. Give the file that the phone exported", .0.display())]
    NotAReceipt(PathBuf),
    /// Nothing can be printed.
    #[error("the answer can't be printed: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    fn exit_code(&self) -> u8 {
        let db = |error: &DbError| if matches!(error, DbError::Unfit(_)) { 3 } else { 1 };
        let data = |error: &DataError| match error {
            DataError::Locked { .. } => 4,
            DataError::Missing { .. } => 3,
            DataError::Unusable { .. } => 1,
        };
        match self {
            Self::Data(error) | Self::Serve(ServeError::Data(error)) => data(error),
            Self::Db(error)
            | Self::HandOver(HandOverError::Db(error))
            | Self::Key(KeyError::Db(error))
            | Self::Serve(ServeError::Db(error) | ServeError::Key(KeyError::Db(error))) => db(error),
            Self::Key(KeyError::Unusable { .. } | KeyError::Random(_))
            | Self::Serve(ServeError::Key(KeyError::Unusable { .. } | KeyError::Random(_))) => 1,
            Self::Key(_) | Self::Serve(ServeError::Key(_)) => 3,
            Self::Definitions(_) | Self::Serve(ServeError::Definitions(_)) => 3,
            Self::UnknownWorker(_)
            | Self::SuspendedWorker(_)
            | Self::UnknownDesk(_)
            | Self::DeskExists(_)
            | Self::HandOver(_)
            | Self::List(_)
            | Self::UnknownInstallation(_)
            | Self::AmbiguousInstallation(_)
            | Self::File { .. }
            | Self::NotAReceipt(_) => 2,
            Self::Serve(ServeError::Bind { .. } | ServeError::WriterEnded)
            | Self::Random(_)
            | Self::Output(_) => 1,
        }
    }
}

/// Reads the arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    // Ends the process with code 2 when the arguments are wrong.
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("the system gives no threads: {error}. Close other programs, then try again"));
            return ExitCode::from(1);
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Enrol(args) => enrol::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Recover(args) => recover::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Worker(args) => worker::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Desk(args) => desk::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Import(args) => import::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Audit(args) => audit::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Entries(args) => entries::run(args).await.map(|()| ExitCode::SUCCESS),
            Command::Check(args) => check::run(args).await,
            Command::Receipt(args) => receipt::run(args).await,
        }
    });
    match result {
        Ok(code) => code,
        // Whoever reads the output has seen enough, as `head` has.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}

/// Says something to the person at the terminal.
fn complain(sentence: &str) {
    // Nobody can be told that nobody can be told.
    writeln!(io::stderr(), "xunji-station: {sentence}.").ok();
}

/// What is wrong with a list, a line each.
fn lines(faults: &[LineFault]) -> String {
    const SHOWN: usize = 50;
    let mut lines: Vec<_> =
        faults.iter().take(SHOWN).map(|LineFault { line, fault }| format!("line {line}: {fault}")).collect();
    if faults.len() > SHOWN {
        lines.push(format!("and {} more", faults.len() - SHOWN));
    }
    lines.join("\n")
}

fn name(text: &str) -> Result<String, String> {
    crate::people::name(text)
}

fn role(text: &str) -> Result<Role, String> {
    let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
    Role::parse(text).ok_or_else(|| format!("the roles are {}", known.join(", ")))
}

fn village(text: &str) -> Result<VillageCode, String> {
    text.parse().map_err(|error: xunji_domain::village::InvalidVillageCode| error.to_string())
}

fn worker(text: &str) -> Result<WorkerId, String> {
    text.parse().map_err(|_| "a worker's id is the UUID that `enrol --json` printed".to_owned())
}

fn installation(text: &str) -> Result<String, String> {
    let plain = text.trim().to_ascii_lowercase();
    let whole = (8..=36).contains(&plain.len());
    match whole && plain.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        true => Ok(plain),
        false => Err("it is at least the first eight characters of the id on the lock screen".to_owned()),
    }
}

fn base_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', ' ']) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("it begins with http:// or https:// and has no question mark".to_owned()),
    }
}
