//! What a broken line costs: an attachment of 5 MB while the line breaks ten times, and what crosses it until the
//! station has it.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use crate::{
    figures::{rounds, tell},
    line::Line,
    outbox::{enrolled_over, fill},
    support::story,
};

/// Bytes of the attachment.
const ATTACHMENT: usize = 5_000_000;
const BREAKS: u64 = 10;
/// After each break the app waits some seconds of its own accord.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long the line is away after a break. When it is back at once, the browser repeats a broken request on its own,
/// with all its bytes and before the app hears of the break; when it is not, the app asks how far the station got.
const AWAY: [(&str, Duration); 2] =
    [("back at once", Duration::ZERO), ("back after a second", Duration::from_secs(1))];

/// Everything that the phone sends counts, from the first request to the last.
#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn bytes() {
    story(async |world| {
        let line = Line::to(&world.station.origin());
        let phone = enrolled_over(&world, &line).await;
        for (name, away) in AWAY {
            let mut samples = Vec::new();
            for _ in 0..rounds(3, 1) {
                fill(&phone, &line, 1, ATTACHMENT).await;
                let before = line.sent();
                line.break_after(anywhere(ATTACHMENT as u64, BREAKS), away);
                line.put_up();
                let online = "window.dispatchEvent(new Event('online'))";
                phone.run(online, vec![]).await.expect("a page hears events");
                phone.sync_becomes_within(PATIENCE, "全部已送达").await;
                assert_eq!(line.breaks_left(), 0, "the line has not broken as often as it should");
                samples.push((line.sent() - before) as f64 / ATTACHMENT as f64);
            }
            tell(&format!("cut upload: {name}"), "times", &samples);
        }
    })
    .await;
}

/// Places below a number, by the only dice that every build has.
fn anywhere(below: u64, how_many: u64) -> Vec<u64> {
    let dice = RandomState::new();
    (0..how_many).map(|throw| dice.hash_one(throw) % below).collect()
}
