//! How soon a desk sees what phones send, at a steady rate and in a burst, with all the phones of a township or county.
//!
//! Each township's centre waits at its mailbox as an open desk does, and so does the county's centre, which gets outlines;
//! some phones have the app open and listen for what is for them. What is measured is the time from the beginning of a
//! phone's request to the moment at which its township's centre has the entry.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet};
use xunji_domain::person::Role;

use crate::{
    Outcome, ms,
    phone::{Line, Person, deliver},
    start,
};

/// So many phones in so many townships send so many entries a second altogether.
pub struct Load {
    who: &'static str,
    phones: usize,
    /// How many of them have the app open.
    listening: usize,
    townships: usize,
    a_second: u32,
    /// So many times as long as the other measurements.
    lasts: u32,
}

impl Load {
    /// How long it takes.
    pub fn time(&self, time: Duration) -> Duration {
        time * self.lasts
    }
}

pub const LOADS: [Load; 4] = [
    Load { who: "township", phones: 122, listening: 40, townships: 1, a_second: 16, lasts: 7 },
    Load { who: "township", phones: 122, listening: 40, townships: 1, a_second: 160, lasts: 1 },
    Load { who: "county", phones: 1_600, listening: 200, townships: 13, a_second: 16, lasts: 7 },
    Load { who: "county", phones: 1_600, listening: 200, townships: 13, a_second: 160, lasts: 1 },
];

/// Connections that the phones share: each request is another phone's.
const LINES: usize = 32;

type Sent = Arc<Mutex<HashMap<String, Instant>>>;

pub async fn run(base: &Path, load: &Load, time: Duration) -> Outcome<Value> {
    let folder = tempfile::tempdir_in(base)?;
    let station = start(folder.path()).await?;
    let township = |at: usize| format!("513322{}", 100 + at % load.townships);
    let phones: Vec<_> = (0..load.phones)
        .map(|at| (Role::GridWorker, format!("{}201", township(at)), format!("{}201", township(at))))
        .collect();
    let desks: Vec<_> = (0..load.townships)
        .map(|at| (Role::Coordinator, format!("{}201", township(at)), township(at)))
        .collect();
    let county = (Role::Coordinator, format!("{}201", township(0)), "513322".to_owned());
    let phones = Person::enrol_all(folder.path(), &phones).await?;
    let desks = Person::enrol_all(folder.path(), &desks).await?;
    let county = Person::enrol_all(folder.path(), &[county]).await?;

    let total = load.a_second as usize * usize::try_from(load.time(time).as_secs().max(1))?;
    let (sent, seen) = (Sent::default(), Arc::new(AtomicUsize::new(0)));
    let (mut watching, mut listening) = (JoinSet::new(), JoinSet::new());
    for desk in desks {
        let id = format!("township_centre:{}", &desk.village[..9]);
        watching.spawn(watch(station.address(), desk, id, sent.clone(), seen.clone(), total));
    }
    let address = station.address();
    for desk in county {
        let id = "county_centre:513322".to_owned();
        // What it sees is not what is measured.
        let watched = watch(address, desk, id, Sent::default(), Arc::default(), usize::MAX);
        listening.spawn(async move { watched.await.map(drop) });
    }
    for phone in phones.iter().rev().take(load.listening) {
        listening.spawn(listen(address, phone.token.clone()));
    }
    let began = Instant::now();
    send(station.address(), phones, load.a_second, total, &sent).await?;
    let took = began.elapsed().as_secs_f64();
    let mut waits = Vec::new();
    while let Some(watched) = watching.join_next().await {
        waits.extend(watched??);
    }
    if let Some(ended) = listening.try_join_next() {
        ended??;
    }
    listening.shutdown().await;
    station.stop().await?;
    Ok(json!({
        "measure": "fan-out", "who": load.who, "phones": load.phones, "listening": load.listening, "wanted_a_second": load.a_second,
        "a_second": (total as f64 / took).round(), "entries": waits.len(), "p50_ms": ms(&mut waits, 0.5),
        "p95_ms": ms(&mut waits, 0.95),
    }))
}

/// Sends one entry after the other at a steady rate, each by the next phone.
async fn send(
    address: SocketAddr,
    phones: Vec<Person>,
    a_second: u32,
    total: usize,
    sent: &Sent,
) -> Outcome<()> {
    let mut lines = Vec::new();
    let mut sending = JoinSet::new();
    for _ in 0..LINES {
        let (order, mut orders) = mpsc::unbounded_channel::<(String, Value)>();
        let mut line = Line::open(address).await?;
        sending.spawn(async move {
            while let Some((token, entry)) = orders.recv().await {
                deliver(&mut line, &token, &[entry]).await?;
            }
            Outcome::Ok(())
        });
        lines.push(order);
    }
    let mut phones = phones;
    let mut beat = tokio::time::interval(Duration::from_secs(1) / a_second);
    for at in 0..total {
        beat.tick().await;
        let place = at % phones.len();
        let phone = &mut phones[place];
        let entry = phone.patrol();
        let id = entry["content"]["id"].as_str().unwrap_or_default().to_owned();
        sent.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Instant::now());
        lines[at % LINES].send((phone.token.clone(), entry))?;
    }
    drop(lines);
    while let Some(done) = sending.join_next().await {
        done??;
    }
    Ok(())
}

/// Reads a centre's mailbox, waiting at it, until all desks together have seen all entries.
async fn watch(
    address: SocketAddr,
    desk: Person,
    id: String,
    sent: Sent,
    seen: Arc<AtomicUsize>,
    total: usize,
) -> Outcome<Vec<Duration>> {
    let mut line = Line::open(address).await?;
    let (mut after, mut waits) = (0, Vec::new());
    while seen.load(Ordering::SeqCst) < total {
        let path = format!("/api/v1/mailbox?desk={id}&after={after}&wait=1");
        let page = line.call("GET", &path, &desk.token, String::new()).await?;
        let now = Instant::now();
        let page: Value = serde_json::from_slice(&page)?;
        for item in page["items"].as_array().into_iter().flatten() {
            after = item["position"].as_u64().unwrap_or(after);
            let id = item["entry"]["content"]["id"].as_str().unwrap_or_default();
            let began = sent.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
            waits.extend(began.map(|began| now.duration_since(began)));
            seen.fetch_add(1, Ordering::SeqCst);
        }
    }
    Ok(waits)
}

/// Listens as an open app does, and asks for what has come.
async fn listen(address: SocketAddr, token: String) -> Outcome<()> {
    let mut line = Line::open(address).await?;
    let mut after = 0;
    loop {
        let asked = json!({ "mailboxes": [{ "position": after }], "wait": 50 });
        let told = line.call("POST", "/api/v1/arrivals", &token, asked.to_string()).await?;
        let told: Value = serde_json::from_slice(&told)?;
        if let Some(position) = told["mailboxes"][0]["position"].as_u64() {
            line.call("GET", &format!("/api/v1/mailbox?after={after}"), &token, String::new()).await?;
            after = position;
        }
    }
}
