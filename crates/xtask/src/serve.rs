//! Builds everything and runs the station, with a link for the first worker.

use crate::fault::{AtPath, Fault, Outcome};
use crate::run::could_not_start;
use crate::workspace::Workspace;
use crate::{station, term};
use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The first worker of an empty station: a grid worker.
const WORKER: [&str; 6] = ["--name", "试用员", "--role", "grid_worker", "--village", "513322100201"];

/// Serves until it is stopped.
pub fn serve(workspace: &Workspace, listen: &str, data: &str) -> Outcome {
    let address = free(listen)?;
    let data = std::path::absolute(data).at("find", Path::new(data))?;
    let binary = station::with_app(workspace)?;
    std::fs::create_dir_all(&data).at("create", &data)?;

    let base = base_url(address);
    if has_worker(&binary, &data) {
        println!(
            "\nThe station at {} knows its workers already. Another one is enrolled with",
            data.display()
        );
        println!(
            "  {} enrol --data {} --name 张三 --role grid_worker --village 513322100201\n",
            short(workspace, &binary),
            data.display()
        );
    } else {
        let link = enrol(&binary, &data, &base)?;
        println!("\nEnrol the first worker with this link; it works once, and the station starts now:\n");
        println!("  {link}\n\n{}", term::qr(&link)?);
    }
    println!("The station serves {base}; stop it with Ctrl-C.");
    if !address.ip().is_loopback() {
        println!(
            "Phones need https: put a proxy with a certificate before it, or the app is not kept offline."
        );
    }
    let mut command = Command::new(&binary);
    command.args(["serve", "--listen", listen, "--data"]).arg(&data);
    become_station(command)
}

/// Puts the station in this process's place, so that every signal reaches it and its exit code is ours.
#[cfg(unix)]
fn become_station(mut command: Command) -> Outcome {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(could_not_start(&command, &error, "Run `cargo xtask serve` again."))
}

#[cfg(not(unix))]
fn become_station(mut command: Command) -> Outcome {
    crate::run::run(&mut command, "The station's own words are above.")
}

/// Finds out before the long build, not after it, that the address cannot be had.
fn free(listen: &str) -> Outcome<SocketAddr> {
    let fault = |cause: String| {
        Fault::new(
            cause,
            "The station was not built and not started.",
            "Stop what uses the address, or choose another: `cargo xtask serve --listen 127.0.0.1:8090`.",
        )
    };
    let wanted: SocketAddr =
        listen.parse().map_err(|_| fault(format!("`{listen}` is not an address such as 127.0.0.1:8080.")))?;
    TcpListener::bind(wanted).map_err(|error| fault(format!("{listen} cannot be listened on: {error}.")))?;
    Ok(wanted)
}

/// What a browser on this machine types.
fn base_url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

/// Whether somebody has worked with this data folder: nobody has before the first entry. Until then every start offers
/// a link, because the last one may have expired unused; who is enrolled the station's command line does not tell.
fn has_worker(binary: &Path, data: &Path) -> bool {
    let mut command = Command::new(binary);
    command.args(["entries", "--json", "--data"]).arg(data);
    let Ok(mut listing) = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else { return true };
    // The first byte is enough. A station that has more to list stops when nobody reads on.
    let mut first = [0];
    let listed = listing.stdout.take().is_some_and(|mut lines| lines.read_exact(&mut first).is_ok());
    let code = listing.wait().ok().and_then(|status| status.code());
    in_use(listed, code, data.join("station.sqlite").exists())
}

/// What to make of the listing. A folder that cannot be read is the station's to explain; enrolling into it would only
/// hide that. But one without a database is only new, whatever else lies in it: ledgers or villages of one's own.
fn in_use(listed: bool, code: Option<i32>, database: bool) -> bool {
    listed || !(code == Some(0) || (code == Some(UNFIT) && !database))
}

/// The station's exit code for a data folder that it can't use.
const UNFIT: i32 = 3;

fn enrol(binary: &Path, data: &Path, base: &str) -> Outcome<String> {
    let mut command = Command::new(binary);
    command.arg("enrol").args(WORKER).args(["--json", "--base-url", base, "--data"]).arg(data);
    let printed = command.output().map_err(|error| could_not_start(&command, &error, "Build it again."))?;
    let json: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap_or_default();
    json.get("url").and_then(serde_json::Value::as_str).map(str::to_owned).ok_or_else(|| {
        Fault::new(
            format!(
                "The station gave no enrolment link: {}",
                String::from_utf8_lossy(&printed.stderr).trim()
            ),
            "Nobody can enrol, so it was not started.",
            format!("Look at the data folder {}, or take another one with --data.", data.display()),
        )
    })
}

fn short(workspace: &Workspace, binary: &Path) -> String {
    let path: PathBuf = binary.strip_prefix(workspace.root()).unwrap_or(binary).into();
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_the_build() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let listen = taken.local_addr().expect("it is bound").to_string();
        assert!(free(&listen).expect_err("taken").to_string().contains(&listen));
        assert!(free("localhost").is_err());
        drop(taken);
        assert!(free(&listen).is_ok());
    }

    #[test]
    fn a_link_is_offered_until_the_first_entry() {
        assert!(!in_use(false, Some(UNFIT), false), "only villages.json");
        assert!(!in_use(false, Some(0), true), "enrolled at most, nothing sent");
        assert!(in_use(true, Some(0), true), "entries");
        assert!(in_use(true, None, true), "entries, and the listing was cut short");
        assert!(in_use(false, Some(UNFIT), true), "a database that the station can't use");
        assert!(in_use(false, Some(1), false), "a machine that does not allow it");
    }

    #[test]
    fn the_link_is_one_that_a_browser_here_can_open() {
        let base = |text: &str| base_url(text.parse().expect("an address"));
        assert_eq!(base("0.0.0.0:8080"), "http://127.0.0.1:8080");
        assert_eq!(base("192.168.1.2:80"), "http://192.168.1.2:80");
    }
}
