//! What entries weigh: the database on the disk and the station in memory, in a process of its own.

use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    Outcome,
    phone::{Phone, Until},
    start,
};

/// The word by which this program is only the station.
pub const SERVE: &str = "serve";

const CLIENTS: usize = 16;
const BATCH: usize = 50;
/// Requests of each client: a hundred thousand entries altogether, and a few thousand where only a look is wanted.
const REQUESTS: [usize; 2] = [125, 5];

/// Runs a station until its standard input is closed.
pub async fn serve(data: &Path) -> Outcome<()> {
    let station = start(data).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", station.address())?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    Ok(station.stop().await?)
}

pub async fn run(base: &Path, time: Duration) -> Outcome<Value> {
    let folder = tempfile::tempdir_in(base)?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg(SERVE)
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let requests = REQUESTS[usize::from(time < Duration::from_secs(3))];
    let weighed = weigh(&mut child, folder.path(), requests).await;
    // Closing its input ends it, whatever came of the weighing; it leaves one file without a log.
    drop(child.stdin.take());
    child.wait()?;
    let Weighed { entries, empty, memory } = weighed?;
    let bytes = size(folder.path())?.saturating_sub(empty);
    Ok(json!({
        "measure": "weight", "entries": entries,
        "database_mb_per_100000": (bytes as f64 * 100_000.0 / entries.max(1) as f64 / 1e6).round(),
        "memory_mb_before": memory[0], "memory_mb": memory[1],
    }))
}

struct Weighed {
    entries: usize,
    /// The bytes of the database before the first entry.
    empty: u64,
    /// Megabytes before the first entry and after the last.
    memory: [Option<f64>; 2],
}

async fn weigh(child: &mut Child, data: &Path, requests: usize) -> Outcome<Weighed> {
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let address: SocketAddr = line.trim().parse()?;
    let mut phones = Vec::new();
    for _ in 0..CLIENTS {
        phones.push(Phone::enrol(address, data).await?);
    }
    let (empty, before) = (size(data)?, memory(child.id()));
    let mut sending = JoinSet::new();
    for phone in phones {
        sending.spawn(phone.send(BATCH, Until::Sent(requests)));
    }
    let mut entries = 0;
    while let Some(sent) = sending.join_next().await {
        entries += sent??.len() * BATCH;
    }
    Ok(Weighed { entries, empty, memory: [before, memory(child.id())] })
}

/// The bytes of the database with its log.
fn size(data: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for name in ["station.sqlite", "station.sqlite-wal"] {
        bytes += std::fs::metadata(data.join(name)).map_or(0, |file| file.len());
    }
    Ok(bytes)
}

/// A process's resident memory in megabytes, where the system tells.
fn memory(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((kilobytes / 1024.0).round())
}
