//! Reading while others write: whoever waits hears of what arrives, and whoever reads on misses nothing.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::person::Role;

use crate::support::*;

#[tokio::test]
async fn whoever_waits_hears_of_what_arrives_and_nobody_hears_of_what_is_not_theirs() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let centre = station.phone(Role::Coordinator, VILLAGE).await;
    let other = station.phone(Role::Coordinator, ELSEWHERE).await;
    let mut far = station.phone(Role::Mediator, ELSEWHERE).await;
    let waiting =
        tokio::spawn(async move { centre.desk(&format!("desk={CENTRE}&wait=50")).await.json::<Value>() });
    let patient =
        tokio::spawn(
            async move { other.desk("desk=township_centre:513322103&wait=50").await.json::<Value>() },
        );
    // However the two overtake each other: what is there is answered at once, what comes is told.
    let record = mediator.begin("dispute").await;
    let page = tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap();
    assert_eq!(items(&page)[0]["entry"]["content"]["record"], json!(record));
    // Nothing of it woke the other one, who hears of what is theirs.
    let theirs = Uuid::new_v4();
    let mut form = dispute();
    form["village"] = json!(ELSEWHERE);
    let entry = far.act("dispute", theirs, json!({ "type": "open", "body": form }));
    revision(&far.deliver(&[entry]).await[0]);
    let page = tokio::time::timeout(Duration::from_secs(30), patient).await.unwrap().unwrap();
    let records: Vec<_> = items(&page).iter().map(|item| &item["entry"]["content"]["record"]).collect();
    assert_eq!(records, [&json!(theirs)]);
}

#[tokio::test]
async fn those_who_wait_do_not_keep_the_station_from_stopping() {
    let mut station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    // Whoever was not there yet when the station stopped gets no answer; then they come a little earlier.
    for head_start in (0..12).map(|power| Duration::from_millis(1 << power)) {
        let waiting = {
            let phone = phone.clone();
            tokio::spawn(async move { phone.try_call("GET", "/api/v1/mailbox?wait=50", &[], "").await })
        };
        tokio::time::sleep(head_start).await;
        assert!(!waiting.is_finished(), "there is nothing to tell");
        let began = std::time::Instant::now();
        station.stop().await;
        let answer = waiting.await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(15), "it took {:?}", began.elapsed());
        if let Some(answer) = answer {
            let page: Value = answer.json();
            assert_eq!((answer.status, items(&page).len()), (200, 0), "sent home with an answer");
            return;
        }
        station.start().await;
        phone.address = station.address;
    }
    panic!("nobody was waiting");
}

/// Writers and readers of one desk at once: whoever reads on from where they were never skips a position.
#[tokio::test]
async fn no_position_is_ever_skipped_however_many_write_and_read_at_once() {
    const WRITERS: usize = 8;
    const RECORDS: usize = 12;
    let station = Station::spawn().await;
    let mut writing = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let mut phone = station.phone(Role::Mediator, VILLAGE).await;
        writing.spawn(async move {
            for _ in 0..RECORDS {
                let record = phone.begin("patrol").await;
                let note = phone.act("patrol", record, json!({ "type": "note", "text": "x" }));
                phone.deliver(&[note]).await;
            }
        });
    }
    let total = (WRITERS * RECORDS * 2) as u64;
    let mut reading = tokio::task::JoinSet::new();
    for wait in [0, 0, 5, 5] {
        let centre = station.phone(Role::Coordinator, VILLAGE).await;
        reading.spawn(async move {
            let (mut after, mut seen) = (0, Vec::<String>::new());
            while after < total {
                let last = seen.last().map_or(String::new(), |last| format!("&last={last}"));
                let page: Value = centre
                    .desk(&format!("desk={CENTRE}&after={after}&limit=7&wait={wait}{last}"))
                    .await
                    .json();
                assert_eq!(page["reset"], false);
                for item in items(&page) {
                    assert_eq!(item["position"], after + 1, "without a gap");
                    after += 1;
                    seen.push(item["entry"]["content"]["id"].as_str().unwrap().to_owned());
                }
                tokio::task::yield_now().await;
            }
            seen
        });
    }
    writing.join_all().await;
    let seen = reading.join_all().await;
    assert!(seen.iter().all(|order| *order == seen[0]), "in the same order for all");
    assert_eq!(seen[0].iter().collect::<BTreeSet<_>>().len(), total as usize);
}
