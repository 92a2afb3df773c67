//! A station, phones that talk to it, and a look into its database.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection, Row};
use tempfile::TempDir;
use uuid::Uuid;
use xunji_domain::{
    canonical,
    desk::{Desk, DeskKind},
    id::{InstallationId, WorkerId},
    person::{Role, Worker},
    wire::{Answer, Answers, Enrolment, Outcome, Reason, Receipt, Refusal},
};
use xunji_station::{
    connections::Limits,
    db, desks,
    enrolment::{self, code::Code},
    people,
    server::{self, Config, Running},
};

pub use crate::http::*;

pub const VILLAGE: &str = "513322100201";
pub const ELSEWHERE: &str = "513322103201";
pub const CENTRE: &str = "township_centre:513322100";
pub const COUNTY: &str = "county_centre:513322";
pub const JUSTICE: &str = "justice_office:513322";

/// Takes a database back to the days before schema 5.
pub const UNDO_0005: &str = "ALTER TABLE codes DROP COLUMN releases;
    ALTER TABLE installations DROP COLUMN sends_until; DROP TABLE slips; DROP INDEX records_by_merged_into;
    ALTER TABLE records DROP COLUMN merged_into; DROP TABLE audit; DROP TABLE seats; DROP TABLE desks; DROP TABLE worker_areas;
    DROP TABLE worker_roles; DROP INDEX workers_by_code; DROP INDEX records_by_keeper;
    ALTER TABLE workers DROP COLUMN code; ALTER TABLE workers DROP COLUMN suspended_at;
    ALTER TABLE installations DROP COLUMN revoked_at; ALTER TABLE records DROP COLUMN keeper;
    ALTER TABLE records DROP COLUMN home; ALTER TABLE records DROP COLUMN holder;
    ALTER TABLE records DROP COLUMN handed_on; ALTER TABLE records DROP COLUMN partners";

/// A running station with a folder of its own.
pub struct Station {
    running: Option<Running>,
    folder: TempDir,
    pub address: SocketAddr,
}

impl Station {
    pub async fn spawn() -> Self {
        Self::spawn_with(|_| ()).await
    }

    /// Starts one after a change to its folder.
    pub async fn spawn_on(prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let running = server::start(config(folder.path())).await.unwrap();
        Self { address: running.address(), running: Some(running), folder }
    }

    pub async fn spawn_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        change(&mut config);
        let running = server::start(config).await.unwrap();
        Self { address: running.address(), running: Some(running), folder }
    }

    /// Stops it and leaves its folder.
    pub async fn into_folder(mut self) -> TempDir {
        self.stop().await;
        self.folder
    }

    pub async fn stop(&mut self) {
        self.running.take().unwrap().stop().await.unwrap();
    }

    pub async fn start(&mut self) {
        let running = server::start(config(self.folder.path())).await.unwrap();
        self.address = running.address();
        self.running = Some(running);
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    pub fn database(&self) -> PathBuf {
        self.data().join("station.sqlite")
    }

    /// Makes a code as `enrol` does.
    pub async fn code_for(&self, worker: WorkerId, valid: TimeDelta) -> String {
        let mut connection = db::open_writer(&self.database()).await.unwrap();
        let code = Code::draw().unwrap();
        enrolment::issue(&mut connection, worker, &code, valid).await.unwrap();
        connection.close().await.unwrap();
        code.to_string()
    }

    pub async fn add_worker(&self, role: Role, village: &str) -> Worker {
        self.add_worker_of(role, village, village).await
    }

    /// Somebody who is responsible for an area.
    pub async fn add_worker_of(&self, role: Role, village: &str, area: &str) -> Worker {
        let id = WorkerId::new(Uuid::now_v7());
        let village = village.parse().unwrap();
        let worker = Worker::new(id, "张三".to_owned(), &[role], village, vec![area.parse().unwrap()]);
        let mut connection = db::open_writer(&self.database()).await.unwrap();
        people::add(&mut connection, &worker).await.unwrap();
        connection.close().await.unwrap();
        worker
    }

    /// A new person with a new phone.
    pub async fn phone(&self, role: Role, village: &str) -> Phone {
        let worker = self.add_worker(role, village).await;
        self.phone_of(&worker).await
    }

    /// Adds a desk, as `desk add` does.
    pub async fn add_desk(&self, id: &str, kind: DeskKind, area: &str) {
        let desk = Desk { id: id.into(), kind, name: id.to_owned(), area: area.parse().unwrap() };
        let mut connection = db::open_writer(&self.database()).await.unwrap();
        desks::insert(&mut connection, &desk).await.unwrap();
        desks::fill(&mut connection, &desk).await.unwrap();
        connection.close().await.unwrap();
    }

    /// A new person who sits at a desk, with a phone.
    pub async fn sitting_at(&self, desk: &str, role: Role) -> Phone {
        let worker = self.add_worker_of(role, VILLAGE, "513322").await;
        let phone = self.phone_of(&worker).await;
        let mut connection = db::open_writer(&self.database()).await.unwrap();
        desks::seat(&mut connection, &desk.into(), phone.worker.id).await.unwrap();
        connection.close().await.unwrap();
        phone
    }

    /// A grid worker's phone.
    pub async fn any_phone(&self) -> Phone {
        self.phone(Role::GridWorker, VILLAGE).await
    }

    /// One more phone for a person.
    pub async fn phone_of(&self, worker: &Worker) -> Phone {
        let code = self.code_for(worker.id, TimeDelta::hours(1)).await;
        let installation = InstallationId::new(Uuid::new_v4());
        let reply = self.redeem(&code, installation).await;
        assert_eq!(reply.status, 201);
        let Enrolment { token, worker, receipt_key, recovery_key, .. } = reply.json();
        Phone { address: self.address, worker, token, receipt_key, recovery_key, installation, seq: 0 }
    }

    pub async fn redeem(&self, code: &str, installation: InstallationId) -> Reply {
        let body = json!({ "code": code, "installation": installation }).to_string();
        request(self.address, "POST", "/api/v1/enrolments", &[], body).await
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        request(self.address, "GET", path, headers, "").await
    }

    /// The rows of a query, each as its columns' texts joined by a bar.
    pub async fn rows(&self, query: &str) -> Vec<String> {
        rows(&self.database(), query).await
    }

    pub async fn count(&self, table: &str) -> usize {
        self.rows(&format!("SELECT count(*) FROM {table}")).await[0].parse().unwrap()
    }
}

/// The rows of a query over a database, each as its columns' texts joined by a bar.
pub async fn rows(database: &Path, query: &str) -> Vec<String> {
    let mut connection = db::open_reader(database).await.unwrap();
    let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let cell = |row: &sqlx::sqlite::SqliteRow, at: usize| {
        row.try_get_unchecked::<Option<String>, _>(at).unwrap().unwrap_or_default()
    };
    rows.iter().map(|row| (0..row.len()).map(|at| cell(row, at)).collect::<Vec<_>>().join("|")).collect()
}

pub fn config(data: &Path) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: data.to_owned(),
        name: "泸定县站点".to_owned(),
        behind_proxy: Vec::new(),
        base_url: None,
        max_pages: None,
        limits: Limits::default(),
    }
}

/// An enrolled phone.
#[derive(Clone)]
pub struct Phone {
    pub address: SocketAddr,
    pub worker: Worker,
    pub token: String,
    pub receipt_key: Option<String>,
    pub recovery_key: Option<String>,
    pub installation: InstallationId,
    pub seq: u64,
}

impl Phone {
    /// The next entry: seals what `content` says, with this phone's number and installation.
    pub fn seal(&mut self, content: &Value) -> Value {
        self.seq += 1;
        self.seal_as(self.seq, content)
    }

    pub fn seal_as(&self, seq: u64, content: &Value) -> Value {
        json!({ "installation": self.installation, "seq": seq, "digest": digest(content), "content": content })
    }

    /// A patrol's opening.
    pub fn open(&mut self) -> Value {
        let content = self.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
        self.seal(&content)
    }

    /// Content of any kind by this phone's worker.
    pub fn content(&self, kind: &str, record: Uuid, action: Value) -> Value {
        json!({
            "id": Uuid::now_v7(), "record": record, "kind": kind, "kind_version": 1, "author": self.worker.id,
            "noted_at": "2026-11-22T09:30:00+08:00", "basis": 0, "action": action,
        })
    }

    /// The next entry on a record of version 2 of its ledger.
    pub fn act(&mut self, kind: &str, record: Uuid, action: Value) -> Value {
        let mut content = self.content(kind, record, action);
        content["kind_version"] = json!(2);
        self.seal(&content)
    }

    /// Takes a step of version 2 and gives its receipt.
    pub async fn step(&mut self, kind: &str, record: Uuid, step: &str, body: Value) -> Receipt {
        let entry = self.act(kind, record, json!({ "type": "step", "step": step, "body": body }));
        self.deliver(&[entry]).await.remove(0)
    }

    /// Opens a record of version 2.
    pub async fn begin(&mut self, kind: &str) -> Uuid {
        let record = Uuid::new_v4();
        let entry = self.act(kind, record, json!({ "type": "open", "body": form(kind) }));
        revision(&self.deliver(&[entry]).await[0]);
        record
    }

    /// What is in the mailbox of a desk.
    pub async fn desk(&self, query: &str) -> Reply {
        self.call("GET", &format!("/api/v1/mailbox?{query}"), &[], "").await
    }

    pub fn note(&mut self, kind: &str, record: Uuid, text: &str) -> Value {
        let content = self.content(kind, record, json!({ "type": "note", "text": text }));
        self.seal(&content)
    }

    /// Sends entries and gives their answers.
    pub async fn send(&self, entries: &[Value]) -> Vec<Answer> {
        let reply = self.try_send(entries).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json::<Answers>().answers
    }

    /// Sends entries and gives the receipts that all of them must get.
    pub async fn deliver(&self, entries: &[Value]) -> Vec<Receipt> {
        let answers = self.send(entries).await;
        assert_eq!(answers.len(), entries.len());
        answers.into_iter().map(|answer| receipt(&answer)).collect()
    }

    pub async fn try_send(&self, entries: &[Value]) -> Reply {
        self.call("POST", "/api/v1/entries", &[], json!({ "entries": entries }).to_string()).await
    }

    /// Sends entries; nothing when the connection broke.
    pub async fn attempt(&self, entries: &[Value]) -> Option<Reply> {
        self.try_call("POST", "/api/v1/entries", &[], json!({ "entries": entries }).to_string()).await
    }

    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        self.try_call(method, path, headers, body).await.expect("an answer")
    }

    pub async fn try_call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Option<Reply> {
        let bearer = format!("Bearer {}", self.token);
        let headers: Vec<_> = headers.iter().copied().chain([("authorization", bearer.as_str())]).collect();
        try_request(self.address, method, path, &headers, body).await
    }

    pub async fn mailbox(&self, after: u64) -> Value {
        let reply = self.call("GET", &format!("/api/v1/mailbox?after={after}"), &[], "").await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// The ids of all entries in the mailbox.
    pub async fn received(&self) -> Vec<String> {
        let page = self.mailbox(0).await;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["entry"]["content"]["id"].as_str().unwrap().to_owned()).collect()
    }
}

pub fn sha256(bytes: &[u8]) -> canonical::Digest {
    canonical::Digest::new(Sha256::digest(bytes).into())
}

pub fn digest(content: &Value) -> String {
    sha256(&canonical::bytes(content)).to_string()
}

pub fn id(entry: &Value) -> String {
    entry["content"]["id"].as_str().unwrap().to_owned()
}

pub fn record(entry: &Value) -> Uuid {
    entry["content"]["record"].as_str().unwrap().parse().unwrap()
}

#[track_caller]
pub fn receipt(answer: &Answer) -> Receipt {
    match answer {
        Answer::Receipt { receipt, .. } => receipt.clone(),
        Answer::Refused { refusal, .. } => panic!("refused: {refusal:?}"),
    }
}

#[track_caller]
pub fn refusal(answer: &Answer) -> Refusal {
    match answer {
        Answer::Refused { refusal, .. } => refusal.clone(),
        Answer::Receipt { receipt, .. } => panic!("not refused: {receipt:?}"),
    }
}

#[track_caller]
pub fn revision(receipt: &Receipt) -> u64 {
    match &receipt.outcome {
        Outcome::Accepted { revision } => revision.0,
        Outcome::Parked { reason } => panic!("parked: {reason:?}"),
    }
}

#[track_caller]
pub fn reason(receipt: &Receipt) -> Reason {
    match &receipt.outcome {
        Outcome::Parked { reason } => reason.clone(),
        Outcome::Accepted { .. } => panic!("accepted"),
    }
}

pub fn patrol() -> Value {
    json!({ "patrol_kind": "grid", "village": VILLAGE, "started_at": "2026-11-22T09:30", "finding": "none" })
}

pub fn consultation() -> Value {
    json!({
        "channel": "visit", "village": VILLAGE, "asked_at": "2026-11-22T10:00", "topic": "wages",
        "content": "工资三个月没有发", "advice": "先向劳动监察投诉", "outcome": "answered",
    })
}

pub fn dispute() -> Value {
    json!({
        "title": "宅基地边界", "category": "0902", "village": VILLAGE, "occurred_at": "2026-11-20T08:00",
        "source": "patrol", "people_count": 2, "risk": "ordinary", "parties": [{ "name": "王五" }],
        "summary": "两家争一道墙", "handling": "noted",
    })
}

pub fn form(kind: &str) -> Value {
    match kind {
        "patrol" => patrol(),
        "consultation" => consultation(),
        "dispute" => dispute(),
        "complaint" => {
            json!({ "about": "burden", "text": "一件事填三遍", "village": VILLAGE, "written_at": "2026-11-22T09:30" })
        }
        "legal_aid" => json!({
            "village": VILLAGE, "applied_at": "2026-11-22T09:30", "applicant": "王五", "sex": "1",
            "birth_date": "1949-12-31", "id_number": "11010519491231002X", "phone": "13800138000",
            "address": "老街1号", "aid_form": "labour", "matter": "labour", "facts": "工资三个月没有发",
            "hardship": "promise", "urgent": "none", "papers": "欠条1份",
        }),
        other => panic!("{other}"),
    }
}

/// The entries on a page of a mailbox.
pub fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

/// The mailboxes that have what was done to a record last.
pub async fn newest(station: &Station, record: Uuid) -> BTreeSet<String> {
    let query = format!(
        "SELECT m.mailbox FROM mailbox_items m JOIN entries e ON e.position = m.entry
         WHERE e.record = '{record}' AND e.revision = (SELECT revision FROM records WHERE id = '{record}')"
    );
    station.rows(&query).await.into_iter().collect()
}
