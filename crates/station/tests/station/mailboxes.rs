//! The way out: positions without gaps, and invariant 10: who may not see an entry never receives it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    person::Role,
    wire::{MailboxPage, Reason},
};

use crate::support::*;

#[tokio::test]
async fn a_phone_receives_its_own_entries_in_order_with_receipts_and_people() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries: Vec<_> = (0..5).map(|_| phone.open()).collect();
    let receipts = phone.deliver(&entries).await;
    let page: MailboxPage = serde_json::from_value(phone.mailbox(0).await).unwrap();
    assert_eq!(page.items.iter().map(|item| item.position.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(page.items.iter().map(|item| item.receipt.clone()).collect::<Vec<_>>(), receipts);
    assert_eq!((page.people.as_slice(), page.head.0, page.reset), (&[phone.worker.clone()][..], 5, false));
    for (item, entry) in page.items.iter().zip(&entries) {
        assert_eq!(serde_json::to_value(&item.entry).unwrap()["content"], entry["content"]);
    }
    let rest: MailboxPage = serde_json::from_value(phone.mailbox(3).await).unwrap();
    assert_eq!(rest.items.iter().map(|item| item.position.0).collect::<Vec<_>>(), [4, 5]);
}

#[tokio::test]
async fn pages_are_limited_and_a_cursor_from_another_time_is_reset() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries: Vec<_> = (0..4).map(|_| phone.open()).collect();
    phone.deliver(&entries).await;
    let page: Value = phone.call("GET", "/api/v1/mailbox?after=1&limit=2", &[], "").await.json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["head"]), (2, &json!(4)));
    let end = phone.mailbox(4).await;
    assert_eq!((end["items"].as_array().unwrap().len(), &end["reset"]), (0, &json!(false)));
    let beyond = phone.mailbox(5).await;
    assert_eq!((&beyond["reset"], &beyond["head"]), (&json!(true), &json!(4)));
    for wrong in ["after=-1", "after=x", "limit=many", "after=99999999999999999999"] {
        let reply = phone.call("GET", &format!("/api/v1/mailbox?{wrong}"), &[], "").await;
        assert_eq!((reply.status, reply.problem().as_str()), (400, "/problems/request-invalid"), "{wrong}");
    }
    let huge = phone.call("GET", "/api/v1/mailbox?after=18446744073709551615&limit=100000", &[], "").await;
    assert_eq!(huge.json::<Value>()["reset"], true);
}

/// A station that was put back to an older backup may have grown past a phone's cursor again before the phone asks. The
/// phone must begin anew all the same, or what the station lost would never be sent again (invariant 9).
#[tokio::test]
async fn a_cursor_at_which_another_entry_is_now_is_reset() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let entries: Vec<_> = (0..3).map(|_| phone.open()).collect();
    phone.deliver(&entries).await;
    let read = async |last: String| -> Value {
        phone.call("GET", &format!("/api/v1/mailbox?after=2&last={last}"), &[], "").await.json()
    };
    let same = read(id(&entries[1])).await;
    assert_eq!((same["items"].as_array().unwrap().len(), &same["reset"]), (1, &json!(false)));
    let other = read(id(&entries[0])).await;
    assert_eq!((other["items"].as_array().unwrap().len(), &other["reset"]), (0, &json!(true)));
    let reply = phone.call("GET", "/api/v1/mailbox?after=2&last=x", &[], "").await;
    assert_eq!((reply.status, reply.problem().as_str()), (400, "/problems/request-invalid"));
}

#[tokio::test]
async fn a_long_mailbox_comes_in_pages_that_a_slow_network_gets_through() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let open = phone.open();
    phone.deliver(std::slice::from_ref(&open)).await;
    for _ in 0..8 {
        let note = phone.note("patrol", record(&open), &"长".repeat(50_000));
        phone.deliver(&[note]).await;
    }
    let (mut after, mut pages) = (0, 0);
    loop {
        let reply = phone.call("GET", &format!("/api/v1/mailbox?after={after}"), &[], "").await;
        assert!(reply.body.len() < 1_000_000);
        let page: MailboxPage = reply.json();
        let Some(last) = page.items.last() else { break };
        assert_eq!(page.items[0].position.0, after + 1);
        (after, pages) = (last.position.0, pages + 1);
    }
    assert_eq!(after, 9);
    assert!(pages > 1);
}

#[tokio::test]
async fn positions_have_no_gaps_however_many_write_at_once() {
    let station = Station::spawn().await;
    let worker = station.add_worker(Role::GridWorker, VILLAGE).await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let mut phone = station.phone_of(&worker).await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..10 {
                let entries = [phone.open(), phone.open()];
                phone.deliver(&entries).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let expected: Vec<_> = (1..=160).map(|position| position.to_string()).collect();
    for mailbox in [format!("worker:{}", worker.id), "desk:township_centre:513322100".to_owned()] {
        let query =
            format!("SELECT position FROM mailbox_items WHERE mailbox = '{mailbox}' ORDER BY position");
        assert_eq!(station.rows(&query).await, expected, "{mailbox}");
    }
}

#[tokio::test]
async fn for_every_role_and_kind_only_those_entitled_receive_an_entry() {
    for kind in ["patrol", "consultation", "dispute", "legal_aid", "complaint"] {
        let station = Station::spawn().await;
        let mut phones = Vec::new();
        for role in Role::ALL {
            for village in [VILLAGE, ELSEWHERE] {
                phones.push(station.phone(role, village).await);
            }
        }
        for at in 0..phones.len() {
            let author = &mut phones[at];
            let record = Uuid::new_v4();
            let content = author.content(kind, record, json!({ "type": "open", "body": form(kind) }));
            let entry = author.seal(&content);
            author.deliver(std::slice::from_ref(&entry)).await;
            let desk = match kind {
                "consultation" | "legal_aid" => "desk:justice_office:513322",
                "complaint" => "desk:county_centre:513322",
                _ => "desk:township_centre:513322100",
            };
            let mut expected = BTreeSet::from([desk.to_owned(), format!("worker:{}", author.worker.id)]);
            if desk.contains("township") {
                expected.insert("oversight:county_centre:513322".to_owned());
            }
            let query = format!(
                "SELECT mailbox FROM mailbox_items m JOIN entries e ON e.position = m.entry WHERE e.id = '{}'",
                id(&entry)
            );
            let found = BTreeSet::from_iter(station.rows(&query).await);
            assert_eq!(found, expected, "{kind} by {:?}", author.worker.role);
            for (other, phone) in phones.iter().enumerate().filter(|(other, _)| *other != at) {
                assert!(!phone.received().await.contains(&id(&entry)), "{kind}, phone {other}");
            }
        }
    }
}

#[tokio::test]
async fn for_every_role_and_kind_only_the_opener_and_the_records_desk_may_add() {
    for kind in ["patrol", "consultation", "dispute", "legal_aid", "complaint"] {
        let station = Station::spawn().await;
        let mut opener = station.any_phone().await;
        let record = Uuid::new_v4();
        let content = opener.content(kind, record, json!({ "type": "open", "body": form(kind) }));
        let open = opener.seal(&content);
        opener.deliver(&[open]).await;
        for role in Role::ALL {
            for village in [VILLAGE, ELSEWHERE] {
                let mut other = station.phone(role, village).await;
                let note = other.note(kind, record, "补充");
                let receipt = &other.deliver(std::slice::from_ref(&note)).await[0];
                let at_desk = match kind {
                    "consultation" | "legal_aid" => role == Role::JusticeOfficer,
                    "complaint" => false,
                    _ => role == Role::Coordinator && village == VILLAGE,
                };
                if at_desk {
                    revision(receipt);
                    assert!(opener.received().await.contains(&id(&note)), "the opener hears of it");
                } else {
                    // As of a record that isn't there: nobody finds out by guessing.
                    let nothing = other.note(kind, Uuid::new_v4(), "补充");
                    let nothing_there = reason(&other.deliver(std::slice::from_ref(&nothing)).await[0]);
                    assert_eq!(reason(receipt), nothing_there, "{kind} {role:?} {village}");
                    assert!(
                        !opener.received().await.contains(&id(&note)),
                        "parked is nobody else's business"
                    );
                    let received = other.received().await;
                    assert_eq!(received, [id(&note), id(&nothing)], "its author can repair it");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_claim_of_another_ledger_does_not_open_a_confidential_record() {
    let station = Station::spawn().await;
    let mut opener = station.any_phone().await;
    let record = Uuid::new_v4();
    let content = opener.content("consultation", record, json!({ "type": "open", "body": consultation() }));
    let open = opener.seal(&content);
    opener.deliver(&[open]).await;
    let mut coordinator = station.phone(Role::Coordinator, VILLAGE).await;
    let note = coordinator.note("patrol", record, "补充");
    assert_eq!(reason(&coordinator.deliver(&[note]).await[0]), Reason::UnknownRecord);
    let leaks = station.rows("SELECT * FROM mailbox_items WHERE mailbox LIKE 'desk:township_centre:%'").await;
    assert_eq!(leaks, Vec::<String>::new());
}

#[tokio::test]
async fn a_parked_entry_under_a_forged_name_does_not_reach_the_person_it_names() {
    let station = Station::spawn().await;
    let victim = station.any_phone().await;
    let mut phone = station.any_phone().await;
    let mut content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    content["author"] = json!(victim.worker.id);
    let entry = phone.seal(&content);
    assert_eq!(reason(&phone.deliver(std::slice::from_ref(&entry)).await[0]), Reason::WrongAuthor);
    assert_eq!(victim.received().await, Vec::<String>::new());
    assert_eq!(phone.received().await, [id(&entry)]);
}

#[tokio::test]
async fn a_record_that_moves_to_another_township_brings_its_history_to_that_desk() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let open = phone.open();
    let note = phone.note("patrol", record(&open), "路上有落石");
    let moved = |to: &str| json!({ "type": "amend", "field": "village", "from": VILLAGE, "to": to, "reason": "选错了村" });
    let content = phone.content("patrol", record(&open), moved(ELSEWHERE));
    let amend = phone.seal(&content);
    let after = phone.note("patrol", record(&open), "已清理");
    phone.deliver(&[open.clone(), note.clone(), amend.clone(), after.clone()]).await;
    let desk = async |township: &str| {
        station
            .rows(&format!(
                "SELECT e.id FROM mailbox_items m JOIN entries e ON e.position = m.entry
                 WHERE m.mailbox = 'desk:township_centre:{township}' ORDER BY m.position"
            ))
            .await
    };
    assert_eq!(desk("513322103").await, [id(&open), id(&note), id(&amend), id(&after)]);
    assert_eq!(desk("513322100").await, [id(&open), id(&note)], "no longer theirs");
}

#[tokio::test]
async fn what_this_version_does_not_know_reaches_the_phones_unchanged() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let mut content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    content["weather"] = json!({ "wind": 1.5, "said": "\u{202e}雪\u{0000}" });
    content["action"]["body"]["drone"] = json!([1, { "x": null }]);
    let entry = phone.seal(&content);
    revision(&phone.deliver(std::slice::from_ref(&entry)).await[0]);
    let item = phone.mailbox(0).await["items"][0]["entry"].clone();
    assert_eq!(item, entry);
    assert_eq!(digest(&item["content"]), entry["digest"].as_str().unwrap(), "the digest still covers it");
}
