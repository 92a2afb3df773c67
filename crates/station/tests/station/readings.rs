//! What a desk reads: what is withheld from it, what it only counts, and who read what.

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    desk::DeskKind,
    person::Role,
    wire::{Counts, MailboxPage, Reason},
};
use xunji_station::entitled::MailboxId;

use crate::support::*;

fn reads(what: &[String]) -> Vec<Value> {
    what.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn audited(station: &Station) -> Vec<Value> {
    reads(&station.rows("SELECT what FROM audit ORDER BY place").await)
}

#[tokio::test]
async fn an_overseer_sees_no_sensitive_value_and_the_receipt_still_holds() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let county = station.sitting_at(COUNTY, Role::Coordinator).await;
    let record = mediator.begin("dispute").await;
    let note = mediator.act("dispute", record, json!({ "type": "note", "text": "王五又来了" }));
    let receipts = mediator.deliver(std::slice::from_ref(&note)).await;
    let page: Value = county.desk(&format!("desk={COUNTY}&oversight=true")).await.json();
    assert!(!page.to_string().contains("王五") && !page.to_string().contains("一道墙"), "{page}");
    assert!(items(&page).iter().all(|item| item["masked"] == true));
    assert_eq!(items(&page)[0]["entry"]["content"]["action"]["body"]["category"], "0902");
    let read: MailboxPage = serde_json::from_value(page).unwrap();
    assert_eq!(read.items[1].receipt, receipts[0]);
    assert_eq!(read.items[1].entry.digest.to_string(), note["digest"].as_str().unwrap());
    assert_eq!(audited(&station).await, Vec::<Value>::new(), "nothing sensitive was read");
    // What a desk only oversees it can't touch.
    let mut county = county;
    let note = county.act("dispute", record, json!({ "type": "note", "text": "x" }));
    assert_eq!(reason(&county.deliver(&[note]).await[0]), Reason::NotEntitled);
}

#[tokio::test]
async fn every_reading_of_a_sensitive_record_by_a_desk_is_written_down() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let patrol = mediator.begin("patrol").await;
    let dispute = mediator.begin("dispute").await;
    let own = centre.begin("dispute").await;
    let page: Value = centre.desk(&format!("desk={CENTRE}")).await.json();
    assert_eq!(items(&page).len(), 3);
    let read = audited(&station).await;
    assert_eq!(
        read.len(),
        1,
        "not the patrol {patrol} without a name in it, nor the own one {own}: {read:?}"
    );
    let expected = json!({
        "act": "read", "worker": centre.worker.id, "installation": centre.installation, "desk": CENTRE,
        "record": dispute, "entries": [items(&page)[1]["entry"]["content"]["id"]],
    });
    assert_eq!(read[0], expected);
    centre.desk(&format!("desk={CENTRE}&after=1&limit=1")).await;
    assert_eq!(audited(&station).await.len(), 2, "once more is once more");
    mediator.received().await;
    assert_eq!(audited(&station).await.len(), 2, "one's own mailbox is no desk's");
}

#[tokio::test]
async fn a_desks_photos_are_read_by_those_who_sit_there_and_that_is_written_down() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let centre = station.phone(Role::Coordinator, VILLAGE).await;
    let county = station.sitting_at(COUNTY, Role::Coordinator).await;
    let photo = b"\xFF\xD8\xFF\xE0 a wall".to_vec();
    let name = sha256(&photo).to_string();
    let mut content =
        mediator.content("dispute", Uuid::new_v4(), json!({ "type": "open", "body": dispute() }));
    content["attachments"] = json!([name]);
    let entry = mediator.seal(&content);
    mediator.deliver(&[entry]).await;
    let path = format!("/api/v1/blobs/{name}");
    assert_eq!(mediator.call("PUT", &path, &[], photo.clone()).await.status / 100, 2);
    assert_eq!(centre.call("GET", &path, &[], "").await.body, photo);
    assert_eq!(county.call("GET", &path, &[], "").await.status, 404, "overseeing shows no photos");
    let read = audited(&station).await;
    assert_eq!(
        (read.len(), &read[0]["act"], &read[0]["attachment"]),
        (1, &json!("read_attachment"), &json!(name))
    );
}

/// What somebody read at a desk stays at the desk: a remark of theirs brings the record to no mailbox that outlives the
/// seat. What earlier stations left in such mailboxes is read by nobody unnoticed.
#[tokio::test]
async fn who_loses_a_seat_keeps_what_they_wrote_there_and_nothing_else() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let record = Uuid::new_v4();
    let photo = b"\xFF\xD8\xFF\xE0 a wall".to_vec();
    let mut content = mediator.content("dispute", record, json!({ "type": "open", "body": dispute() }));
    (content["kind_version"], content["attachments"]) = (json!(2), json!([sha256(&photo).to_string()]));
    let opening = mediator.seal(&content);
    revision(&mediator.deliver(std::slice::from_ref(&opening)).await[0]);
    let photo_path = format!("/api/v1/blobs/{}", sha256(&photo));
    assert_eq!(mediator.call("PUT", &photo_path, &[], photo).await.status / 100, 2);
    let note = centre.act("dispute", record, json!({ "type": "note", "text": "请补充当事人" }));
    revision(&centre.deliver(std::slice::from_ref(&note)).await[0]);
    let accept = centre.act("dispute", record, json!({ "type": "step", "step": "accept", "body": {} }));
    revision(&centre.deliver(std::slice::from_ref(&accept)).await[0]);
    assert_eq!(centre.received().await, [id(&note), id(&accept)]);
    assert_eq!(audited(&station).await, Vec::<Value>::new(), "what they wrote themselves");
    let page: Value = centre.desk(&format!("desk={CENTRE}")).await.json();
    assert_eq!(items(&page).len(), 3);
    let read = audited(&station).await;
    assert_eq!(
        (read.len(), &read[0]["desk"], &read[0]["entries"]),
        (1, &json!(CENTRE), &json!([id(&opening)]))
    );

    let mut connection = xunji_station::db::open_writer(&station.database()).await.unwrap();
    xunji_station::desks::unseat(&mut connection, &CENTRE.into(), centre.worker.id).await.unwrap();
    let second = station.phone_of(&centre.worker).await;
    assert_eq!(second.desk(&format!("desk={CENTRE}")).await.status, 404);
    assert_eq!(second.received().await, [id(&note), id(&accept)]);
    assert_eq!(second.call("GET", &photo_path, &[], "").await.status, 404);
    assert_eq!(audited(&station).await.len(), 1);

    // A copy of earlier days.
    let old = MailboxId::Worker(centre.worker.id);
    xunji_station::mailbox::deliver_record(&mut connection, &old, record.to_string().parse().unwrap())
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    assert_eq!(second.received().await.len(), 3);
    assert_eq!(second.call("GET", &photo_path, &[], "").await.status, 200);
    let read = audited(&station).await;
    assert_eq!(read.len(), 3, "{read:?}");
    let (page, attachment) = (&read[1], &read[2]);
    assert_eq!((&page["act"], &page["entries"]), (&json!("read"), &json!([id(&opening)])));
    assert_eq!((&attachment["act"], &attachment["record"]), (&json!("read_attachment"), &json!(record)));
    assert!(
        read[1..].iter().all(|row| row.get("desk").is_none() && row["worker"] == json!(centre.worker.id))
    );
    // Whose it is by name reads it as before.
    mediator.received().await;
    assert_eq!(mediator.call("GET", &photo_path, &[], "").await.status, 200);
    assert_eq!(audited(&station).await.len(), 3);
}

#[tokio::test]
async fn governance_desks_get_counts_of_what_they_may_not_see() {
    let station = Station::spawn().await;
    let mut adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    adviser.begin("consultation").await;
    adviser.begin("consultation").await;
    adviser.begin("dispute").await;
    let centre = station.phone(Role::Coordinator, VILLAGE).await;
    let far = station.phone(Role::Coordinator, ELSEWHERE).await;
    let counts: Counts = centre.call("GET", &format!("/api/v1/counts?desk={CENTRE}"), &[], "").await.json();
    let found: Vec<_> =
        counts.counts.iter().map(|count| (count.kind.as_str(), count.area.as_str(), count.records)).collect();
    assert_eq!(found, [("consultation", "513322100", 2)]);
    let none: Counts = far.call("GET", "/api/v1/counts?desk=township_centre:513322103", &[], "").await.json();
    assert_eq!(none.counts, []);
    let reply = far.call("GET", &format!("/api/v1/counts?desk={CENTRE}"), &[], "").await;
    assert_eq!((reply.status, reply.problem().as_str()), (404, "/problems/not-found"), "not their desk");
    // Nor for those who only take part, who get what strangers get, nor for the office, which has the records.
    station.add_desk("police:luqiao", DeskKind::Police, "513322100").await;
    station.add_desk("law_firm:a", DeskKind::LawFirm, "513322").await;
    for desk in ["police:luqiao", "law_firm:a", JUSTICE] {
        let there = station.sitting_at(desk, Role::Partner).await;
        assert_eq!(there.desk(&format!("desk={desk}")).await.status, 200);
        let refused = there.call("GET", &format!("/api/v1/counts?desk={desk}"), &[], "").await;
        assert_eq!((refused.status, &refused.body), (404, &reply.body), "{desk}");
    }
    assert_eq!(far.call("GET", "/api/v1/counts", &[], "").await.status, 400);
}

#[tokio::test]
async fn a_new_desk_gets_the_history_of_what_belongs_to_it_and_a_lost_seat_shuts_it_at_once() {
    let station = Station::spawn().await;
    let mut adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    let mut elsewhere = station.phone(Role::LegalAdviser, ELSEWHERE).await;
    let record = adviser.begin("consultation").await;
    let mut content =
        elsewhere.content("consultation", Uuid::new_v4(), json!({ "type": "open", "body": consultation() }));
    content["action"]["body"]["village"] = json!(ELSEWHERE);
    let entry = elsewhere.seal(&content);
    elsewhere.deliver(&[entry]).await;
    station.add_desk("justice:luqiao", DeskKind::JusticeOffice, "513322100").await;
    let officer = station.sitting_at("justice:luqiao", Role::Partner).await;
    let page: Value = officer.desk("desk=justice:luqiao").await.json();
    assert_eq!((items(&page).len(), &items(&page)[0]["entry"]["content"]["record"]), (1, &json!(record)));
    // From now on it is the nearer office's.
    let note = adviser.act("consultation", record, json!({ "type": "note", "text": "又来电" }));
    adviser.deliver(&[note]).await;
    assert!(newest(&station, record).await.contains("desk:justice:luqiao"));
    assert!(!newest(&station, record).await.contains(&format!("desk:{JUSTICE}")));

    let mut connection = xunji_station::db::open_writer(&station.database()).await.unwrap();
    xunji_station::desks::unseat(&mut connection, &"justice:luqiao".into(), officer.worker.id).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    assert_eq!(officer.desk("desk=justice:luqiao").await.status, 404);
}
