//! A phone that sends, and a connection that many share.

use std::{
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
use sqlx::{Connection as _, SqliteConnection};
use tokio::net::TcpStream;
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    canonical::{self, Digest},
    id::{InstallationId, WorkerId},
    person::{Role, Worker},
};
use xunji_station::{
    db,
    enrolment::{self, code::Code},
    people::{self, Token},
};

use crate::Outcome;

pub const VILLAGE: &str = "513322100201";

/// A connection to the station.
pub struct Line(SendRequest<Full<Bytes>>);

impl Line {
    pub async fn open(address: SocketAddr) -> Outcome<Self> {
        let (sender, driver) = http1::handshake(TokioIo::new(TcpStream::connect(address).await?)).await?;
        tokio::spawn(driver);
        Ok(Self(sender))
    }

    pub async fn call(&mut self, method: &str, path: &str, token: &str, body: String) -> Outcome<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "station")
            .header("authorization", format!("Bearer {token}"))
            .body(Full::new(Bytes::from(body)))?;
        self.0.ready().await?;
        let response = self.0.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status.is_success() { Ok(body) } else { Err(format!("{status}").into()) }
    }
}

/// Somebody with an enrolled phone.
#[derive(Clone)]
pub struct Person {
    pub worker: WorkerId,
    pub village: String,
    pub token: String,
    installation: Uuid,
    seq: u64,
}

impl Person {
    /// Adds people with their phones, as fast as one transaction does it.
    pub async fn enrol_all(data: &Path, people: &[(Role, String, String)]) -> Outcome<Vec<Self>> {
        let mut database = db::open_writer(&data.join("station.sqlite")).await?;
        let mut transaction = database.begin().await?;
        let mut enrolled = Vec::with_capacity(people.len());
        for (role, village, area) in people {
            enrolled.push(Self::enrol(&mut transaction, *role, village, area).await?);
        }
        transaction.commit().await?;
        database.close().await?;
        Ok(enrolled)
    }

    async fn enrol(database: &mut SqliteConnection, role: Role, village: &str, area: &str) -> Outcome<Self> {
        let (worker, installation) = (WorkerId::new(Uuid::now_v7()), Uuid::new_v4());
        let areas: Vec<Area> = vec![area.parse()?];
        let person = Worker::new(worker, "张三".to_owned(), &[role], village.parse()?, areas);
        people::add(database, &person).await?;
        let (code, token) = (Code::draw()?, Token::draw()?);
        enrolment::issue(database, worker, &code, TimeDelta::hours(1)).await?;
        let of = InstallationId::new(installation);
        enrolment::redeem(database, &code.hash(), of, &token.hash())
            .await?
            .map_err(|problem| problem.to_string())?;
        Ok(Self { worker, village: village.to_owned(), token: token.secret(), installation, seq: 0 })
    }

    /// The next entry.
    pub fn seal(&mut self, kind: &str, version: u32, record: Uuid, action: &Value) -> Value {
        self.seq += 1;
        let content = json!({
            "id": Uuid::now_v7(), "record": record, "kind": kind, "kind_version": version, "author": self.worker,
            "noted_at": "2026-11-22T09:30:00+08:00", "basis": 0, "action": action,
        });
        let digest = Digest::new(Sha256::digest(canonical::bytes(&content)).into());
        json!({ "installation": self.installation, "seq": self.seq, "digest": digest, "content": content })
    }

    /// A patrol that found something.
    pub fn patrol(&mut self) -> Value {
        let action = json!({ "type": "open", "body": {
            "patrol_kind": "grid", "village": self.village, "started_at": "2026-11-22T09:30",
            "route": "村委会—后山—小学", "finding": "found", "finding_category": "fire",
            "description": "小卖部门口电线老化,已请店主当天更换,并约定明天上午再来看一次。", "on_site_result": "persuaded",
        } });
        self.seal("patrol", 1, Uuid::new_v4(), &action)
    }
}

/// Sends entries, all of which must be accepted.
pub async fn deliver(line: &mut Line, token: &str, entries: &[Value]) -> Outcome<()> {
    let answer =
        line.call("POST", "/api/v1/entries", token, json!({ "entries": entries }).to_string()).await?;
    let accepted = String::from_utf8_lossy(&answer).matches(r#""outcome":"accepted""#).count();
    if accepted == entries.len() {
        return Ok(());
    }
    Err(format!("only {accepted} of {} were accepted", entries.len()).into())
}

/// When a phone has sent enough.
pub enum Until {
    /// At this moment.
    Time(Instant),
    /// After so many requests.
    Sent(usize),
}

impl Until {
    fn goes_on(&self, sent: usize) -> bool {
        match self {
            Self::Time(end) => Instant::now() < *end,
            Self::Sent(enough) => sent < *enough,
        }
    }
}

/// A phone with a connection of its own.
pub struct Phone {
    line: Line,
    person: Person,
}

impl Phone {
    pub async fn enrol(address: SocketAddr, data: &Path) -> Outcome<Self> {
        let one = [(Role::GridWorker, VILLAGE.to_owned(), VILLAGE.to_owned())];
        let person = Person::enrol_all(data, &one).await?.remove(0);
        Ok(Self { line: Line::open(address).await?, person })
    }

    /// Sends so many entries a request and gives how long each request waited for its receipts.
    pub async fn send(mut self, entries: usize, until: Until) -> Outcome<Vec<Duration>> {
        let mut waits = Vec::new();
        while until.goes_on(waits.len()) {
            let batch: Vec<_> = (0..entries).map(|_| self.person.patrol()).collect();
            let began = Instant::now();
            deliver(&mut self.line, &self.person.token, &batch).await?;
            waits.push(began.elapsed());
        }
        Ok(waits)
    }
}
