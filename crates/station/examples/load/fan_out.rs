//! How soon a desk sees what phones send, at a steady rate and in a burst, with all the phones of a township or county.
//!
//! Each township's centre waits at its mailbox as an open desk does; what is measured is the time from the beginning of a
//! phone's request to the moment at which the desk has the entry.

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
    townships: usize,
    a_second: u32,
}

pub const LOADS: [Load; 4] = [
    Load { who: "township", phones: 122, townships: 1, a_second: 16 },
    Load { who: "township", phones: 122, townships: 1, a_second: 160 },
    Load { who: "county", phones: 1_600, townships: 13, a_second: 16 },
    Load { who: "county", phones: 1_600, townships: 13, a_second: 160 },
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
    let phones = Person::enrol_all(folder.path(), &phones).await?;
    let desks = Person::enrol_all(folder.path(), &desks).await?;

    let total = load.a_second as usize * usize::try_from(time.as_secs().max(1))?;
    let (sent, seen) = (Sent::default(), Arc::new(AtomicUsize::new(0)));
    let mut watching = JoinSet::new();
    for desk in desks {
        watching.spawn(watch(station.address(), desk, sent.clone(), seen.clone(), total));
    }
    let began = Instant::now();
    send(station.address(), phones, load.a_second, total, &sent).await?;
    let took = began.elapsed().as_secs_f64();
    let mut waits = Vec::new();
    while let Some(watched) = watching.join_next().await {
        waits.extend(watched??);
    }
    station.stop().await?;
    Ok(json!({
        "measure": "fan-out", "who": load.who, "phones": load.phones, "wanted_a_second": load.a_second,
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
    sent: Sent,
    seen: Arc<AtomicUsize>,
    total: usize,
) -> Outcome<Vec<Duration>> {
    let mut line = Line::open(address).await?;
    let (mut after, mut waits) = (0, Vec::new());
    let id = format!("township_centre:{}", &desk.village[..9]);
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
