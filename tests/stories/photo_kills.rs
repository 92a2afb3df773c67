//! A browser that is killed again and again while photos are picked, saved and uploaded over a slow line.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    kills::all_there,
    samples::{self, assert_arrived},
    support::{Random, story},
};

const KILLS: u32 = 12;

/// How long a browser lives at most.
const LONGEST: Duration = Duration::from_secs(4);

/// How long a piece of a photo takes on the line, so that an upload lasts longer than many a browser.
const PIECE_TAKES: Duration = Duration::from_millis(300);

/// For each attachment what the station said after each piece.
type Heard = Arc<Mutex<BTreeMap<String, Vec<Said>>>>;

#[derive(Clone, Debug)]
struct Said {
    /// How many bytes it has.
    bytes: u64,
    complete: bool,
    /// The how manieth browser it was said to.
    browser: u32,
}

#[tokio::test]
async fn a_browser_killed_while_photos_are_picked_saved_and_sent_loses_none_and_sends_no_byte_twice() {
    story(async |world| {
        let mut random = Random::new(4);
        let (relay, phone) = world.by_relay().await;
        let heard = Heard::default();
        let browser = Arc::new(AtomicU32::new(1));
        let (note, current) = (heard.clone(), browser.clone());
        relay.meddle(move |asked, answer| {
            if let Some(digest) = asked.strip_prefix("PATCH /api/v1/blobs/") {
                if let Some(said) = accepted(&answer, current.load(Ordering::Relaxed)) {
                    note.lock().expect("nobody panics with it").entry(digest.to_owned()).or_default().push(said);
                }
                thread::sleep(PIECE_TAKES);
            }
            answer
        });
        // The next forms begin with what is the same as last time.
        samples::patrol().record(&phone).await;
        phone.sync_becomes("全部已送达").await;

        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        let mut begun = 0;
        let start = Instant::now();
        for round in 1..=KILLS {
            phone.open("/").await;
            let client = phone.client();
            let moment = Duration::from_millis(random.below(2500));
            let saves = async {
                // Most browsers live to send what they have saved, or a part of it.
                for _ in 0..2 {
                    begun += 1;
                    let route = format!("第 {round} 轮,第 {begun} 条");
                    // Some 100 kB to 1 MB each.
                    let photos = 1 + random.below(2) as usize;
                    let sizes: Vec<_> =
                        (0..photos).map(|_| [500 + random.below(700), 400 + random.below(500)]).collect();
                    match client.execute(samples::SAVE, vec![json!(route), json!(sizes)]).await {
                        Ok(Value::Bool(true)) => told.insert(route, photos),
                        // The browser is dead, and so is this.
                        Err(error) if !phone.is_open() => return error.to_string(),
                        other => panic!("saving {route}: {other:?}"),
                    };
                }
                client.execute("await new Promise(() => {})", vec![]).await.expect_err("it is killed").to_string()
            };
            let end = async {
                let start = Instant::now();
                // Every other one in the middle of a photo, if it comes to that in time.
                while start.elapsed() < moment || (round % 2 == 0 && start.elapsed() < LONGEST) {
                    if round % 2 == 0 && is_sending(&heard, round) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                phone.end().await;
            };
            tokio::join!(saves, end);
            browser.fetch_add(1, Ordering::Relaxed);
            phone.reopen().await;
        }
        let routes: BTreeSet<_> = told.keys().cloned().collect();
        all_there(&phone, &routes).await;
        phone.send_now("全部已送达").await;
        let heard = heard.lock().expect("nobody panics with it").clone();
        let gone_on_with = heard.values().filter(|said| said[0].browser != said[said.len() - 1].browser).count();
        println!(
            "{KILLS} kills in {} s, {begun} forms begun, {} called saved; {} photos sent, {gone_on_with} by more than one browser",
            start.elapsed().as_secs(),
            told.len(),
            heard.len(),
        );

        let entries = world.station.entries();
        assert_arrived(&entries, &routes);
        for entry in &entries {
            let route = entry["action"]["body"]["route"].as_str().expect("a route");
            let attached = entry["attachments"].as_array().map_or(0, Vec::len);
            assert!(told.get(route).is_none_or(|photos| *photos == attached), "{entry:#}");
        }
        // The station has read every attachment again and misses none.
        assert_eq!(world.station.findings(), Vec::<Value>::new());
        for (digest, said) in &heard {
            assert!(said.is_sorted_by(|one, next| one.bytes < next.bytes), "{digest} was sent again: {said:?}");
        }
        assert!(told.len() >= 3, "the browser never lived long enough: {told:?}");
        assert!(gone_on_with > 0, "no upload was ever interrupted");
    })
    .await;
}

/// Whether the station has a part of a photo from this browser.
fn is_sending(heard: &Heard, browser: u32) -> bool {
    let heard = heard.lock().expect("nobody panics with it");
    heard.values().filter_map(|said| said.last()).any(|last| last.browser == browser && !last.complete)
}

/// What the station says when it has taken a piece.
fn accepted(answer: &[u8], browser: u32) -> Option<Said> {
    let head = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let value = |name: &str| head.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
    let bytes = value("upload-offset:")?.parse().ok()?;
    let complete = value("upload-complete:")? == "?1";
    head.starts_with("http/1.1 2").then_some(Said { bytes, complete, browser })
}
