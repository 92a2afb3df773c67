//! How many entries a second the station takes, each with a receipt for a durable commit; how soon desks see what phones
//! send, with a township's and a county's phones; what a hundred thousand entries weigh; what back-filling costs.
//!
//! ```text
//! cargo run --profile station -p xunji-station --example load -- [entries|desk] [SECONDS] [FOLDER]
//! ```
//!
//! Starts a station on a new folder inside FOLDER (the system's temporary one without it; choose one on the disk that
//! matters), enrols phones, and has them send over connections of their own, each waiting for its receipts before it
//! sends again. Prints one JSON object a line; nothing here passes or fails. Client and station share the machine.
//! SECONDS is how long each load lasts, a steady one seven times as long; from 3 on a hundred thousand entries are
//! weighed, fewer below that. `entries` measures only how many are taken, `desk` only the rest. What takes much longer
//! than it should is given up, with an error.

mod back_fill;
mod fan_out;
mod phone;
mod weight;

use std::{
    error::Error,
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use phone::{Phone, Until};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use xunji_station::{
    connections::Limits,
    server::{self, Config, Running},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Clients at once, and entries a request.
const RUNS: [(usize, usize); 4] = [(1, 1), (64, 1), (1, 50), (64, 50)];

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    // The weighing starts this program a second time, so that only the station is weighed.
    if arguments.next_if(|first| first == weight::SERVE).is_some() {
        return weight::serve(Path::new(&arguments.next().ok_or("no folder")?)).await;
    }
    let entries = arguments.next_if_eq("entries").is_some();
    let desk = arguments.next_if_eq("desk").is_some();
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let base = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    println!("{}", json!({ "measure": "flushes of a 4 KiB file", "a_second": flushes(&base)? }));
    let time = Duration::from_secs(seconds);
    for (clients, entries) in RUNS.into_iter().filter(|_| !desk) {
        println!("{}", bounded(time, run(&base, clients, entries, time)).await?);
    }
    if entries {
        return Ok(());
    }
    for load in fan_out::LOADS {
        println!("{}", bounded(load.time(time), fan_out::run(&base, &load, time)).await?);
    }
    println!("{}", bounded(time, back_fill::run(&base)).await?);
    println!("{}", bounded(time, weight::run(&base, time)).await?);
    Ok(())
}

/// Gives a measurement its time, and as long again and a few minutes for what comes before it.
async fn bounded(time: Duration, measured: impl Future<Output = Outcome<Value>>) -> Outcome<Value> {
    const MORE: Duration = Duration::from_secs(180);
    tokio::time::timeout(time * 2 + MORE, measured)
        .await
        .map_err(|_| "it takes too long; nothing was measured")?
}

/// What the disk can do, to set the rest beside.
fn flushes(base: &Path) -> Outcome<usize> {
    let mut file = tempfile::tempfile_in(base)?;
    let began = Instant::now();
    let mut done = 0;
    while began.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0; 4096])?;
        File::sync_data(&file)?;
        done += 1;
    }
    Ok(done)
}

async fn run(base: &Path, clients: usize, entries: usize, time: Duration) -> Outcome<Value> {
    let folder = tempfile::tempdir_in(base)?;
    let station = start(folder.path()).await?;
    let mut phones = Vec::new();
    for _ in 0..clients {
        phones.push(Phone::enrol(station.address(), folder.path()).await?);
    }
    let began = Instant::now();
    let mut sending = JoinSet::new();
    for phone in phones {
        sending.spawn(phone.send(entries, Until::Time(began + time)));
    }
    let mut waits = Vec::new();
    while let Some(sent) = sending.join_next().await {
        waits.extend(sent??);
    }
    let took = began.elapsed().as_secs_f64();
    station.stop().await?;
    Ok(json!({
        "measure": "entries accepted", "clients": clients, "entries_a_request": entries,
        "a_second": ((waits.len() * entries) as f64 / took).round(), "p50_ms": ms(&mut waits, 0.5), "p95_ms": ms(&mut waits, 0.95),
    }))
}

async fn start(data: &Path) -> Outcome<Running> {
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: data.to_owned(),
        name: "load".to_owned(),
        behind_proxy: Vec::new(),
        base_url: None,
        max_pages: None,
        limits: Limits::default(),
    };
    Ok(server::start(config).await?)
}

/// The wait that this share of all waits doesn't exceed, in milliseconds.
fn ms(waits: &mut [Duration], share: f64) -> f64 {
    waits.sort_unstable();
    let at = (waits.len().saturating_sub(1) as f64 * share) as usize;
    waits.get(at).map_or(0.0, |wait| (wait.as_secs_f64() * 10_000.0).round() / 10.0)
}
