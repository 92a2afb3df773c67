//! A whole outbox to the station, and a whole mailbox to a new phone; the same over the same line by a bare client.

use std::time::Duration;

use serde_json::json;

use crate::{
    bare::Bare,
    figures::{rounds, tell_pace},
    line::Line,
    outbox::{comes_to, enrolled_over, fill},
    support::{LUQIAO_GUBAO, PIN, World, story},
    throttle::milliseconds,
};

const BATCHES: &str = concat!(include_str!("entries.js"), include_str!("batches.js"));

/// To a station next door.
#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn at_0_ms() {
    story(async |world| both_ways(&world, 0).await).await;
}

/// To one on the other side of a mobile network.
#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn at_150_ms() {
    story(async |world| both_ways(&world, 150).await).await;
}

async fn both_ways(world: &World, round_trip: u64) {
    let entries = rounds(10_000, 1_000);
    let named = |way: &str| format!("{way}: {round_trip} ms round trip");
    let line = Line::to(&world.station.origin());
    let phone = enrolled_over(world, &line).await;
    let worker = fill(&phone, &line, entries, 0).await;
    let worker = worker.as_str().expect("a person's id is a text");

    line.set_round_trip(Duration::from_millis(round_trip));
    line.put_up();
    phone.run(include_str!("push.js"), vec![]).await.expect("the page can be watched");
    let push = milliseconds(Ok(comes_to(&phone, "benchPushed").await));
    assert_eq!(world.station.entries().len(), entries, "the station lacks some");
    tell_pace(&named("push"), entries, seconds(push));

    // What the bare client sends is somebody else's, so that it adds nothing to the mailbox that is read below.
    let installation = "0b5c7a1e-52c1-4c0e-9d0e-6a7a2f9d7c11";
    let code = world.station.enrol("李四", "grid_worker", LUQIAO_GUBAO).code;
    let mut bare = Bare::enrol(&line.origin(), &code, installation);
    let details = vec![json!(entries), json!(installation), json!(bare.worker)];
    let batches = phone.run(BATCHES, details).await.expect("the page can make batches");
    phone.close().await;
    let batches: Vec<String> = serde_json::from_value(batches).expect("batches are texts");
    tell_pace(&named("bare push"), entries, bare.push(&batches));

    let phone = world.phone_at("second", line.origin()).await;
    let code = world.station.enrol_again(worker);
    phone.open(&code.url.replace(&world.station.origin(), &line.origin())).await;
    // The app's own files are not the mailbox.
    phone.keeps_the_app().await;
    phone.set_pin(PIN, PIN).await;
    phone.run(include_str!("pull.js"), vec![json!(entries)]).await.expect("the page can be watched");
    let pull = milliseconds(Ok(comes_to(&phone, "benchPulled").await));
    tell_pace(&named("pull"), entries, seconds(pull));
    phone.close().await;

    let code = world.station.enrol_again(worker).code;
    let mut bare = Bare::enrol(&line.origin(), &code, "5f0b7a52-3a0c-4b52-8f0e-1d2c3b4a5968");
    let (items, took) = bare.pull();
    assert_eq!(items, entries, "the mailbox has others");
    tell_pace(&named("bare pull"), entries, took);
}

fn seconds(milliseconds: f64) -> Duration {
    Duration::from_secs_f64(milliseconds / 1000.0)
}
