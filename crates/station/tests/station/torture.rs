//! The real program, killed and starved: what has a receipt is there, once, and nothing is half-written.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet, time::timeout};
use uuid::Uuid;
use xunji_domain::wire::{Answers, Receipt};

use crate::{program::*, support::*};

const KILLS: usize = 15;
/// Against a test that hangs; nothing depends on how long something takes.
const AT_MOST: Duration = Duration::from_secs(120);
/// How long a phone waits for an answer before it asks again: a killed station's port may belong to somebody else by now,
/// who says nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// What goes on while the station is killed again and again.
struct Storm {
    address: watch::Receiver<std::net::SocketAddr>,
    answered: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Storm {
    /// Sends a batch until it is answered, as a phone does.
    async fn deliver(&mut self, phone: &mut Phone, batch: &[Value]) -> Vec<Receipt> {
        loop {
            phone.address = *self.address.borrow_and_update();
            if let Ok(Some(reply)) = timeout(PATIENCE, phone.attempt(batch)).await {
                let answers = reply.json::<Answers>().answers;
                self.answered.fetch_add(answers.len(), Ordering::Relaxed);
                return answers.iter().map(receipt).collect();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Uploads a photo in pieces, going on wherever the station says.
    async fn upload(&mut self, phone: &mut Phone, photo: &[u8]) {
        let path = format!("/api/v1/blobs/{}", sha256(photo));
        let total = photo.len().to_string();
        loop {
            phone.address = *self.address.borrow_and_update();
            let offset = match timeout(PATIENCE, phone.try_call("HEAD", &path, &[], "")).await {
                Ok(Some(reply)) if reply.header("upload-complete") == "?1" => return,
                Ok(Some(reply)) => reply.header("upload-offset").parse().unwrap_or(0),
                Ok(None) | Err(_) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
            };
            let piece = photo[offset..].chunks(20_000).next().unwrap_or_default().to_vec();
            let headers = [("upload-offset", offset.to_string()), ("upload-length", total.clone())];
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            timeout(PATIENCE, phone.try_call("PATCH", &path, &headers, piece)).await.ok();
        }
    }

    /// One phone's life. Gives all that it sent and every receipt that it ever got.
    async fn live(mut self, mut phone: Phone, with_photos: bool) -> (Phone, Vec<Value>, Vec<Receipt>) {
        let (mut sent, mut receipts) = (Vec::new(), Vec::new());
        while !self.over.load(Ordering::Relaxed) {
            let mut batch = vec![phone.open(), phone.open()];
            if with_photos {
                let photo: Vec<u8> = Uuid::new_v4().as_bytes().repeat(3000);
                let mut content =
                    phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
                content["attachments"] = json!([sha256(&photo)]);
                batch.push(phone.seal(&content));
                receipts.extend(self.deliver(&mut phone, &batch).await);
                self.upload(&mut phone, &photo).await;
            } else {
                receipts.extend(self.deliver(&mut phone, &batch).await);
            }
            sent.extend(batch);
        }
        (phone, sent, receipts)
    }
}

/// How often `entries --json` lists each id.
fn stored(listed: &Output) -> BTreeMap<String, usize> {
    let mut stored = BTreeMap::new();
    for line in printed(listed).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        *stored.entry(line["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    stored
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_keeps_every_receipt_and_doubles_nothing() {
    timeout(AT_MOST, killed_again_and_again()).await.expect("phones get their answers between the kills");
}

async fn killed_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let mut served = Served::start(data);
    let (tell, address) = watch::channel(served.address);
    let (answered, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut lives = JoinSet::new();
    for number in 0..3 {
        let (phone, _) = phone(&served, data).await;
        let storm = Storm { address: address.clone(), answered: answered.clone(), over: over.clone() };
        lives.spawn(storm.live(phone, number == 0));
    }
    for kill in 0..KILLS {
        // At another moment of the stream each time: after so many more answers, and a little into the next batch.
        let until = answered.load(Ordering::Relaxed) + 1 + kill * 7 % 20;
        while answered.load(Ordering::Relaxed) < until {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(700 * (kill as u64 % 7))).await;
        served.signal("-KILL");
        served.ended();
        served = tokio::task::block_in_place(|| Served::start(data));
        tell.send(served.address).unwrap();
    }
    over.store(true, Ordering::Relaxed);
    let lives = lives.join_all().await;

    let stored = stored(&run(&["entries", "--json"], data));
    let sent: BTreeSet<_> = lives.iter().flat_map(|(_, sent, _)| sent.iter().map(id)).collect();
    assert_eq!(stored.keys().cloned().collect::<BTreeSet<_>>(), sent, "all that was sent, nothing else");
    assert!(stored.values().all(|times| *times == 1), "nothing twice");
    for (mut phone, sent, receipts) in lives {
        phone.address = served.address;
        assert_eq!(receipts.len(), sent.len());
        for (some, first) in sent.chunks(100).zip(receipts.chunks(100)) {
            assert_eq!(
                phone.deliver(some).await,
                first,
                "asked again, each receipt is the same to the letter"
            );
        }
    }
    let checked = printed(&run(&["check"], data));
    assert!(checked.lines().count() == 1 && checked.contains("no damage"), "no gap either: {checked}");
    served.signal("-TERM");
    assert_eq!(served.ended().0, Some(0));
    assert!(printed(&run(&["check"], data)).contains("no damage"));
}

/// A `serve` on a real file system of 3 MB that only it sees, where the system lets an ordinary user make one.
#[cfg(target_os = "linux")]
fn on_a_small_disk(data: &Path) -> Option<Served> {
    const MOUNT: &str = r#"mount -t tmpfs -o size=3m,mode=700 tmpfs "$0" && exec "$@""#;
    let mounted = |args: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT]).arg(data).args(args);
        command
    };
    let may = mounted(&["true"]).output().is_ok_and(|output| output.status.success());
    may.then(|| {
        let mut command = mounted(&[env!("CARGO_BIN_EXE_xunji-station"), "serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(data);
        Served::spawn(command)
    })
}

/// Runs a command on what only that station sees.
#[cfg(target_os = "linux")]
fn beside(served: &Served, args: &[&str], data: &Path) -> Output {
    let mut command = Command::new("nsenter");
    command.args(["--user", "--mount", "--preserve-credentials", "--target", &served.child.id().to_string()]);
    command.arg(env!("CARGO_BIN_EXE_xunji-station")).args(args).arg("--data").arg(data).output().unwrap()
}

/// With `max_page_count`, which needs no file system of its own, `durability` shows the same.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_full_disk_it_says_so_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let Some(served) = on_a_small_disk(folder.path()) else {
        eprintln!("this system lets nobody mount a small disk: not tested");
        return;
    };
    let (mut phone, _) = enrolled(&served, &beside(&served, &ENROL, folder.path())).await;
    let photo = vec![7; 1_000_000];
    let path = format!("/api/v1/blobs/{}", sha256(&photo));
    let (mut receipts, mut refused) = (Vec::new(), 0);
    while refused < 3 {
        let batch: Vec<_> = (0..20).map(|_| phone.open()).collect();
        let reply = phone.try_send(&batch).await;
        if reply.status == 200 {
            receipts.extend(
                reply.json::<Answers>().answers.iter().map(|answer| receipt(answer).entry.to_string()),
            );
        } else {
            assert_eq!((reply.status, reply.problem().as_str()), (507, "/problems/storage-full"));
            refused += 1;
        }
        assert!(receipts.len() < 20_000, "the disk never fills");
    }
    let reply = phone.call("PUT", &path, &[], photo).await;
    assert_eq!((reply.status, reply.problem().as_str()), (507, "/problems/storage-full"));
    assert_eq!(request(served.address, "GET", "/healthz", &[], "").await.status, 200, "it still answers");
    assert!(!receipts.is_empty());
    let stored = stored(&beside(&served, &["entries", "--json"], folder.path()));
    assert_eq!(stored.len(), receipts.len(), "whole requests or nothing of them");
    assert!(receipts.iter().all(|id| stored[id] == 1));
    assert!(printed(&beside(&served, &["check"], folder.path())).contains("no damage"));
    served.signal("-KILL");
}
