//! Invariant 3: the station holds every entry exactly once; a key that comes with another content is an alarm.

use serde_json::json;
use uuid::Uuid;
use xunji_domain::{
    id::Seq,
    wire::{Received, Refusal},
};
use xunji_station::{db, gaps};

use crate::support::*;

#[tokio::test]
async fn an_entry_gets_a_receipt_and_the_same_entry_gets_the_same_receipt() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entry = phone.open();
    let first = phone.deliver(std::slice::from_ref(&entry)).await;
    assert_eq!(first[0].entry.to_string(), id(&entry));
    assert_eq!(first[0].digest.to_string(), entry["digest"].as_str().unwrap());
    assert_eq!(revision(&first[0]), 1);
    assert_eq!(phone.deliver(std::slice::from_ref(&entry)).await, first, "sent again");
    assert_eq!(
        phone.deliver(&[entry.clone(), entry]).await,
        [first.clone(), first].concat(),
        "twice in one batch"
    );
    assert_eq!((station.count("entries").await, station.count("alarms").await), (1, 0));
}

#[tokio::test]
async fn a_batch_that_is_sent_many_times_at_once_is_stored_once() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries: Vec<_> = (0..20).map(|_| phone.open()).collect();
    let sends: Vec<_> = (0..16)
        .map(|_| {
            let (phone, entries) = (phone.clone(), entries.clone());
            tokio::spawn(async move { phone.deliver(&entries).await })
        })
        .collect();
    let mut all = Vec::new();
    for send in sends {
        all.push(send.await.unwrap());
    }
    assert!(all.iter().all(|receipts| *receipts == all[0]), "every asker got the same receipts");
    assert_eq!(station.count("entries").await, 20);
    assert_eq!(
        station.count("mailbox_items").await,
        60,
        "once for the author, the desk and the county's overseers"
    );
}

#[tokio::test]
async fn the_same_id_with_another_content_is_refused_and_raises_one_alarm() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entry = phone.open();
    let receipts = phone.deliver(std::slice::from_ref(&entry)).await;
    let mut content = entry["content"].clone();
    content["action"]["body"]["route"] = json!("后山");
    let forged = phone.seal(&content);
    for _ in 0..2 {
        assert_eq!(refusal(&phone.send(std::slice::from_ref(&forged)).await[0]), Refusal::Conflict);
    }
    assert_eq!(station.count("alarms").await, 1);
    assert_eq!(phone.deliver(&[entry]).await, receipts, "what is stored stays");
}

#[tokio::test]
async fn the_same_sequence_number_with_another_entry_is_refused_and_raises_an_alarm() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let (entry, other) = (phone.open(), phone.open());
    phone.deliver(&[entry]).await;
    let clash = phone.seal_as(1, &other["content"]);
    assert_eq!(refusal(&phone.send(&[clash]).await[0]), Refusal::Conflict);
    assert_eq!(station.count("alarms").await, 1);
    assert_eq!(revision(&phone.deliver(&[other]).await[0]), 1, "under its own number it is welcome");
}

#[tokio::test]
async fn a_gap_in_an_installations_sequence_shows_until_it_is_filled() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries: Vec<_> = (0..6).map(|_| phone.open()).collect();
    let found = async || {
        let mut connection = db::open_reader(&station.database()).await.unwrap();
        let gaps = gaps::gaps(&mut connection).await.unwrap();
        gaps.into_iter().map(|gap| (gap.installation, gap.from, gap.to)).collect::<Vec<_>>()
    };
    phone.deliver(&[entries[1].clone(), entries[4].clone()]).await;
    let phone_id = phone.installation;
    assert_eq!(found().await, [(phone_id, Seq(1), Seq(1)), (phone_id, Seq(3), Seq(4))]);
    phone.deliver(&entries[..4]).await;
    assert_eq!(found().await, []);
}

#[tokio::test]
async fn an_entry_restored_on_another_phone_is_known_and_leaves_no_gap() {
    let station = Station::spawn().await;
    let mut old = station.any_phone().await;
    let entry = old.open();
    let receipts = old.deliver(std::slice::from_ref(&entry)).await;
    let mut new = station.phone_of(&old.worker).await;
    let restored = new.seal(&entry["content"]);
    let next = new.open();
    assert_eq!(new.deliver(&[restored, next]).await[0], receipts[0]);
    let mut connection = db::open_reader(&station.database()).await.unwrap();
    assert_eq!(gaps::gaps(&mut connection).await.unwrap(), []);
    assert_eq!(station.count("entries").await, 2);
    let content = new.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    let clash = new.seal_as(1, &content);
    assert_eq!(refusal(&new.send(&[clash]).await[0]), Refusal::Conflict, "the number is taken all the same");
}

/// A phone whose database is gone asks what of its earlier installation has arrived (invariant 9).
#[tokio::test]
async fn a_person_learns_what_has_arrived_of_a_lost_installation() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let lost = phone.installation;
    let path = format!("/api/v1/installations/{lost}");
    let empty: Received = phone.call("GET", &path, &[], "").await.json();
    assert_eq!(empty, Received { entries: 0, missing: 0, last_noted_at: None });
    let entries: Vec<_> = (0..4).map(|_| phone.open()).collect();
    phone.deliver(&entries[..1]).await;
    phone.deliver(&entries[2..]).await;
    let again = station.phone_of(&phone.worker).await;
    let received: Received = again.call("GET", &path, &[], "").await.json();
    assert_eq!((received.entries, received.missing), (3, 1));
    assert_eq!(serde_json::json!(received.last_noted_at), entries[3]["content"]["noted_at"]);
    let stranger = station.any_phone().await;
    assert_eq!(stranger.call("GET", &path, &[], "").await.status, 404);
    assert_eq!(stranger.call("GET", "/api/v1/installations/x", &[], "").await.status, 400);
    assert_eq!(station.get(&path, &[]).await.status, 401);
}
