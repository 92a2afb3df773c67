//! How many entries a second the station takes, each with a receipt for a durable commit.
//!
//! ```text
//! cargo run --profile station -p xunji-station --example load -- [SECONDS] [FOLDER]
//! ```
//!
//! Starts a station on a new folder inside FOLDER (the system's temporary one without it; choose one on the disk that
//! matters), enrols phones, and has them send over connections of their own, each waiting for its receipts before it
//! sends again. Prints one JSON object a line; nothing here passes or fails. Client and station share the machine.

use std::{
    error::Error,
    fs::File,
    io::Write,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use axum::body::Bytes;
use chrono::TimeDelta;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpStream, task::JoinSet};
use uuid::Uuid;
use xunji_domain::{
    canonical::{self, Digest},
    id::WorkerId,
    person::{Role, Worker},
    wire::Enrolment,
};
use xunji_station::{
    connections::Limits,
    db,
    enrolment::{self, code::Code},
    people,
    server::{self, Config},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Clients at once, and entries a request.
const RUNS: [(usize, usize); 4] = [(1, 1), (64, 1), (1, 50), (64, 50)];

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let base = arguments.next().map_or_else(std::env::temp_dir, Into::into);
    println!("{}", json!({ "measure": "flushes of a 4 KiB file", "a_second": flushes(&base)? }));
    for (clients, entries) in RUNS {
        println!("{}", run(&base, clients, entries, Duration::from_secs(seconds)).await?);
    }
    Ok(())
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
    let config = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: folder.path().to_owned(),
        name: "load".to_owned(),
        base_url: None,
        max_pages: None,
        limits: Limits::default(),
    };
    let station = server::start(config).await?;
    let mut phones = Vec::new();
    for _ in 0..clients {
        phones.push(Phone::enrol(station.address(), folder.path()).await?);
    }
    let began = Instant::now();
    let mut sending = JoinSet::new();
    for phone in phones {
        sending.spawn(phone.send(entries, began + time));
    }
    let mut waits = Vec::new();
    while let Some(sent) = sending.join_next().await {
        waits.extend(sent??);
    }
    let took = began.elapsed().as_secs_f64();
    station.stop().await?;
    waits.sort_unstable();
    let ms = |share: f64| {
        let at = ((waits.len() - 1) as f64 * share) as usize;
        (waits[at].as_secs_f64() * 10_000.0).round() / 10.0
    };
    Ok(json!({
        "measure": "entries accepted", "clients": clients, "entries_a_request": entries,
        "a_second": ((waits.len() * entries) as f64 / took).round(), "p50_ms": ms(0.5), "p95_ms": ms(0.95),
    }))
}

struct Phone {
    connection: SendRequest<Full<Bytes>>,
    worker: WorkerId,
    installation: Uuid,
    token: String,
    seq: u64,
}

impl Phone {
    async fn enrol(address: SocketAddr, data: &Path) -> Outcome<Self> {
        let worker = WorkerId::new(Uuid::now_v7());
        let code = Code::draw()?;
        let mut database = db::open_writer(&data.join("station.sqlite")).await?;
        let village = "513322100201".parse()?;
        let person = Worker::new(worker, "张三".to_owned(), &[Role::GridWorker], village, Vec::new());
        people::add(&mut database, &person).await?;
        enrolment::issue(&mut database, worker, &code, TimeDelta::hours(1)).await?;
        sqlx::Connection::close(database).await?;

        let (connection, driver) = http1::handshake(TokioIo::new(TcpStream::connect(address).await?)).await?;
        tokio::spawn(driver);
        let installation = Uuid::new_v4();
        let mut phone = Self { connection, worker, installation, token: String::new(), seq: 0 };
        let request = json!({ "code": code.to_string(), "installation": installation });
        let answer = phone.post("/api/v1/enrolments", &request).await?;
        phone.token = serde_json::from_slice::<Enrolment>(&answer)?.token;
        Ok(phone)
    }

    /// Sends until the time is over and gives how long each request waited for its receipts.
    async fn send(mut self, entries: usize, until: Instant) -> Outcome<Vec<Duration>> {
        let mut waits = Vec::new();
        while Instant::now() < until {
            let batch: Vec<_> = (0..entries).map(|_| self.entry()).collect();
            let batch = json!({ "entries": batch });
            let began = Instant::now();
            let answer = self.post("/api/v1/entries", &batch).await?;
            waits.push(began.elapsed());
            let accepted = String::from_utf8_lossy(&answer).matches(r#""outcome":"accepted""#).count();
            if accepted != entries {
                return Err(format!("only {accepted} of {entries} were accepted").into());
            }
        }
        Ok(waits)
    }

    fn entry(&mut self) -> Value {
        self.seq += 1;
        let content = json!({
            "id": Uuid::now_v7(), "record": Uuid::new_v4(), "kind": "patrol", "kind_version": 1, "author": self.worker,
            "noted_at": "2026-11-22T09:30:00+08:00", "basis": 0,
            "action": { "type": "open", "body": {
                "patrol_kind": "grid", "village": "513322100201", "started_at": "2026-11-22T09:30",
                "route": "村委会—后山—小学", "finding": "found", "finding_category": "fire",
                "description": "小卖部门口电线老化,已请店主当天更换,并约定明天上午再来看一次。", "on_site_result": "persuaded",
            } },
        });
        let digest = Digest::new(Sha256::digest(canonical::bytes(&content)).into());
        json!({ "installation": self.installation, "seq": self.seq, "digest": digest, "content": content })
    }

    async fn post(&mut self, path: &str, body: &Value) -> Outcome<Bytes> {
        let request = Request::post(path)
            .header("host", "station")
            .header("authorization", format!("Bearer {}", self.token))
            .body(Full::new(Bytes::from(body.to_string())))?;
        let response = self.connection.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status.is_success() { Ok(body) } else { Err(format!("{status}").into()) }
    }
}
