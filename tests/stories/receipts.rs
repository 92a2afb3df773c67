//! Receipts that somebody on the line has changed or given again: the phone believes none of them.

use std::sync::{Arc, Mutex};

use crate::{
    samples::{self, assert_opened},
    support::{World, story, until},
};

const FORGED: &str = "有一份回执不是站点签发的";

#[tokio::test]
async fn a_receipt_with_one_byte_of_its_signature_changed_is_refused() {
    story(async |world| forged(&world, "\"signature\":\"").await).await;
}

#[tokio::test]
async fn a_receipt_with_another_moment_is_refused() {
    // The tens of the seconds.
    story(async |world| forged(&world, "\"received_at\":\"????-??-??T??:??:").await).await;
}

/// The character after this one is another when it arrives.
async fn forged(world: &World, before: &'static str) {
    let (relay, phone) = world.by_relay().await;
    let changed = Arc::new(Mutex::new(0));
    let count = changed.clone();
    relay.meddle(move |asked, answer| {
        if asked != "POST /api/v1/entries" {
            return answer;
        }
        let changed = with_another_character(answer, before.as_bytes());
        *count.lock().expect("nobody panics with the count") += 1;
        changed
    });
    let sample = samples::patrol();
    sample.record(&phone).await;
    phone.is_warned(FORGED).await;
    phone.press("待上传").await;
    phone.heading_becomes("待上传").await;
    phone.sees("网格巡查").await;
    // Asked again, it is refused again.
    let before = *changed.lock().expect("nobody panics with the count");
    phone.press("知道了").await;
    until("see the phone try again", async || {
        phone.press("立即上传").await;
        match *changed.lock().expect("nobody panics with the count") {
            now if now > before => Ok(()),
            now => Err(format!("{now} answers")),
        }
    })
    .await;
    phone.is_warned(FORGED).await;
    phone.press("台账").await;
    let rows = phone.row_count_becomes(1).await;
    assert!(waits(&rows[0]) && !rows[0].contains("已送达"), "{rows:?}");
    // The station has told the truth: it has the entry, once.
    assert_opened(&world.station.entries(), &[&sample]);
    // What the phone does not believe it has not written down either.
    phone.reload().await;
    let rows = phone.row_count_becomes(1).await;
    assert!(waits(&rows[0]), "{rows:?}");

    relay.behave();
    phone.send_now("全部已送达").await;
    phone.press("台账").await;
    let rows = phone.row_count_becomes(1).await;
    assert!(rows[0].contains("已送达"), "{rows:?}");
    assert_opened(&world.station.entries(), &[&sample]);
}

#[tokio::test]
async fn a_receipt_that_is_given_again_for_something_else_is_not_believed() {
    story(async |world| {
        let (relay, phone) = world.by_relay().await;
        let kept: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
        let keep = kept.clone();
        relay.meddle(move |asked, answer| {
            if asked == "POST /api/v1/entries" {
                *keep.lock().expect("nobody panics with the answer") = Some(answer.clone());
            }
            answer
        });
        let first = samples::patrol();
        first.record(&phone).await;
        phone.sync_becomes("全部已送达").await;
        let old = kept.lock().expect("nobody panics with the answer").clone().expect("an answer was kept");

        let given = Arc::new(Mutex::new(0));
        let count = given.clone();
        // Nothing of the second entry reaches the station's answers but this.
        relay.meddle(move |asked, answer| {
            if asked == "POST /api/v1/entries" {
                *count.lock().expect("nobody panics with the count") += 1;
                return old.clone();
            }
            answer
        });
        let second = samples::consultation();
        second.record(&phone).await;
        until("see the old receipt given again", async || match *given.lock().expect("nobody panics") {
            0 => Err("not yet".to_owned()),
            _ => Ok(()),
        })
        .await;
        phone.press("待上传").await;
        phone.sees("回答的不是站点").await;
        phone.sees("民间借贷").await;
        phone.press("台账").await;
        let rows = phone.row_count_becomes(2).await;
        let waits: Vec<_> = rows.iter().filter(|row| self::waits(row)).collect();
        assert!(waits.len() == 1 && waits[0].contains("民间借贷"), "{rows:#?}");

        relay.behave();
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &[&first, &second]);
    })
    .await;
}

/// Whether a row is still to be delivered. It may be tried again at this very moment.
fn waits(row: &str) -> bool {
    row.contains("待上传") || row.contains("上传中")
}

/// The same with another character after every place that fits, in which `?` stands for any.
fn with_another_character(mut answer: Vec<u8>, before: &[u8]) -> Vec<u8> {
    let fits = |window: &[u8]| window.iter().zip(before).all(|(is, like)| *like == b'?' || is == like);
    let places: Vec<_> =
        answer.windows(before.len()).enumerate().filter(|(_, window)| fits(window)).collect();
    let places: Vec<_> = places.into_iter().map(|(at, _)| at + before.len()).collect();
    assert!(!places.is_empty(), "there is no receipt to change in {}", String::from_utf8_lossy(&answer));
    for at in places {
        answer[at] = if answer[at] == b'1' { b'2' } else { b'1' };
    }
    answer
}
