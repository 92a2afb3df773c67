//! A ledger of years: starting with it, searching it, scrolling it, and what it takes of the phone's memory.

use std::fs;

use serde_json::{Value, json};

use crate::{
    figures::{rounds, tell},
    many::put_many,
    start::{BARE, go, loaded, shown, watch},
    support::{Phone, World, process::family_of, story},
    throttle::{SLOWDOWN, milliseconds, slow_down},
};

const LEDGER: &str = include_str!("ledger.js");

/// Two characters, initials, a word that is nowhere, one that is everywhere, one character, a number.
const TYPED: [&str; 8] = ["天旱", "zs", "没有这样的字", "固包", "水", "第2500号", "王德", "13900000123"];

/// Pixels a frame: as quick as a thumb flings a page, so that every row is read and drawn.
const FLING: u32 = 100;

#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn of_10_000_records() {
    story(async |world| measure(&world, rounds(10_000, 1_000)).await).await;
}

#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn of_100_000_records() {
    story(async |world| measure(&world, rounds(100_000, 2_000)).await).await;
}

async fn measure(world: &World, records: usize) {
    let phone = world.enrolled().await;
    put_many(phone, records).await;
    world.station.stop().await;
    let named = |what: &str| format!("{what}: {records} records");
    let (mut starts, mut bare_starts) = (Vec::new(), Vec::new());
    let (mut unlocks, mut derivations, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds(5, 1) {
        open(phone).await;
        go(phone, world, BARE).await;
        bare_starts.push(loaded(phone).await);
        open(phone).await;
        go(phone, world, "/").await;
        starts.push(shown(phone).await);
        let took = phone.run(include_str!("unlock.js"), vec![json!(crate::support::PIN)]).await;
        let took: [f64; 2] = serde_json::from_value(took.unwrap_or_default()).expect("two figures");
        unlocks.push(took[0]);
        derivations.push(took[1]);
        held.push(longest(phone).await);
    }
    tell(&named("start"), "ms", &starts);
    tell(&named("start bare"), "ms", &bare_starts);
    tell(&named("unlock to Today"), "ms", &unlocks);
    tell(&named("unlock rounds"), "ms", &derivations);
    tell(&named("longest task of a start"), "ms", &held);

    phone.press("台账").await;
    slow_down(phone, 1.0).await;
    ask(phone, json!(["ready"])).await;
    tell(&named("memory"), "bytes", &[memory(phone)]);
    slow_down(phone, SLOWDOWN).await;
    let (mut searches, mut typing, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds(3, 1) {
        let answer = ask(phone, json!(["search", TYPED])).await;
        let (took, task): (Vec<f64>, f64) = serde_json::from_value(answer).expect("figures");
        searches.extend(took);
        typing.push(task);
        let took: Vec<f64> =
            serde_json::from_value(ask(phone, json!(["bare", records])).await).expect("figures");
        bare.extend(took);
    }
    tell(&named("search"), "ms", &searches);
    tell(&named("search bare"), "ms", &bare);
    tell(&named("longest task of typing"), "ms", &typing);
    for (what, pixels) in [("a fling", json!(FLING)), ("dragging", Value::Null)] {
        let (mut tasks, mut frames) = (Vec::new(), Vec::new());
        for _ in 0..rounds(3, 1) {
            let answer = ask(phone, json!(["scroll", 240, pixels])).await;
            let (task, frame): (f64, f64) = serde_json::from_value(answer).expect("figures");
            tasks.push(task);
            frames.push(frame);
        }
        tell(&named(&format!("longest task of {what}")), "ms", &tasks);
        tell(&named(&format!("longest frame of {what}")), "ms", &frames);
    }
    // The bare limit: the same browser with a picture in it.
    let address = format!("{}/icons/icon.svg", world.station.origin());
    phone.close().await;
    phone.reopen().await;
    phone.client().goto(&address).await.expect("a picture opens");
    tell(&named("memory bare"), "bytes", &[memory(phone)]);
}

/// Starts the browser, slow, with watchers for the next page.
async fn open(phone: &Phone) {
    phone.close().await;
    phone.reopen().await;
    watch(phone).await;
    let early = json!({ "source": include_str!("tasks.js") });
    phone.devtools("Page.addScriptToEvaluateOnNewDocument", early).await;
    slow_down(phone, SLOWDOWN).await;
}

async fn ask(phone: &Phone, details: Value) -> Value {
    let details = details.as_array().cloned().unwrap_or_default();
    phone.run(LEDGER, details).await.unwrap_or_else(|error| panic!("the ledger does not answer: {error}"))
}

/// The longest task since the page was opened; 0 when none was as long as 50 ms.
async fn longest(phone: &Phone) -> f64 {
    let script = "return window.benchTasks.reduce((most, task) => Math.max(most, task.took), 0)";
    milliseconds(phone.run(script, vec![]).await)
}

/// What the largest of the browser's page processes holds, in bytes.
fn memory(phone: &Phone) -> f64 {
    let of = |process: &u32| {
        let line = fs::read_to_string(format!("/proc/{process}/cmdline")).ok()?;
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kilobytes: f64 = held.trim().split(' ').next()?.parse().ok()?;
        line.contains("--type=renderer").then_some(kilobytes * 1024.0)
    };
    family_of(&phone.profile()).iter().filter_map(of).fold(0.0, f64::max)
}
