//! From a desk's reply to its showing on a phone that is on the screen; to a bare client that waits at the same station.
//!
//! A desk is a bare client: what its own screen costs is another row. The phone listens as it always does, and so does the
//! client beside it, which has nothing to fold, to seal or to draw. All read one clock, that of the machine.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    bare::Bare,
    figures::{rounds, tell},
    samples,
    support::{LUQIAO_GUBAO, story, until},
};

const REPLIES: &str = concat!(include_str!("entries.js"), include_str!("replies.js"));
const DISPUTE: &str = include_str!("../../crates/domain/kinds/dispute.toml");
const DESK: &str = "1a6f1d0c-3b52-4f0e-9d0e-2a7a2f9d7c12";
const LISTENER: &str = "2b7f1d0c-3b52-4f0e-9d0e-2a7a2f9d7c13";

/// A desk writes no faster; by then everybody listens again.
const PACE: Duration = Duration::from_secs(1);

#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn replies() {
    story(async |world| {
        let village = world.enrolled_as("张三", "mediator").await;
        let page = samples::dispute().record(village).await;
        village.sync_becomes("全部已送达").await;
        let code = world.station.enrol("王芳", "coordinator", LUQIAO_GUBAO).code;
        let mut desk = Bare::enrol(&world.station.origin(), &code, DESK);
        let code = world.station.enrol_again(&world.station.worker("张三")).code;
        let mut listener = Bare::enrol(&world.station.origin(), &code, LISTENER);

        let count = rounds(40, 5);
        let record = page.trim_start_matches("/records/");
        let kind: toml::Table = toml::from_str(DISPUTE).expect("a definition");
        let version = kind["version"].as_integer().expect("it has a version");
        let details = vec![json!(count), json!(record), json!(version), json!(DESK), json!(desk.worker)];
        let batches = village.run(REPLIES, details).await.expect("the page can make batches");
        let batches: Vec<String> = serde_json::from_value(batches).expect("batches are texts");
        village.run(include_str!("arrived.js"), vec![json!(count)]).await.expect("the page can be watched");

        let (heard, hearing) = mpsc::channel();
        let listening = thread::spawn(move || {
            let mut after = 1;
            for _ in 0..count {
                after = listener.hear(after);
                heard.send(now()).expect("somebody counts");
            }
        });
        let (mut shown, mut bare) = (Vec::new(), Vec::new());
        for (place, batch) in batches.iter().enumerate() {
            tokio::time::sleep(PACE).await;
            let begun = now();
            desk.push(std::slice::from_ref(batch));
            let seen = until("see the reply on the phone", async || {
                let seen = village.run("return window.benchArrived", vec![]).await?;
                seen[place].as_f64().ok_or_else(|| format!("{seen}"))
            })
            .await;
            shown.push(seen - begun);
            bare.push(hearing.recv_timeout(PACE * 10).expect("the bare client hears of it") - begun);
        }
        listening.join().expect("the bare client has heard all");
        let outcomes =
            world.station.entries().iter().map(|entry| entry["outcome"].clone()).collect::<Vec<_>>();
        assert_eq!(outcomes, vec![Value::from("accepted"); count + 1]);
        tell("reply", "ms", &shown);
        tell("reply bare", "ms", &bare);
    })
    .await;
}

/// Milliseconds of the clock on the wall, which the page reads as well.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
}
