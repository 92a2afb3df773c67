//! Phones that are shut out and still hold something: kept sealed on the phone, released by the office, sent once, and
//! nothing else.

use serde_json::{Value, json};
use sqlx::Connection;
use uuid::Uuid;
use xunji_domain::{
    id::InstallationId,
    person::Role,
    wire::{Enrolment, Reason},
};
use xunji_station::db;

use crate::{
    people::{Office, json_lines},
    program::*,
    support::*,
};

const BEFORE: &str = "2020-01-01T09:30:00+08:00";
const AFTER: &str = "2999-01-01T09:30:00+08:00";

/// A dispute's next entry, noted at a time of the phone's clock.
fn noted(phone: &mut Phone, record: Uuid, at: &str, action: Value) -> Value {
    let mut content = phone.content("dispute", record, action);
    content["noted_at"] = json!(at);
    phone.seal(&content)
}

fn note(phone: &mut Phone, record: Uuid, at: &str) -> Value {
    noted(phone, record, at, json!({ "type": "note", "text": "还没有送出的" }))
}

/// Runs a command that must succeed and gives its JSON.
fn office(station: &Office, args: &[&str]) -> Value {
    json_lines(&[args, &["--by", "王主任"]].concat(), station.data()).remove(0)
}

fn released(station: &Office, phone: &Phone) -> String {
    let installation = phone.installation.to_string();
    let said = office(station, &["worker", "release", "--installation", &installation]);
    said["code"].as_str().unwrap().to_owned()
}

#[track_caller]
fn shut_out(reply: &Reply, problem: &str) {
    assert_eq!((reply.status, reply.problem()), (401, format!("/problems/{problem}")));
}

#[tokio::test]
async fn a_released_phone_sends_what_was_noted_before_it_was_revoked_and_does_nothing_else() {
    let station = Office::open();
    let mut phone = station.phone(Role::Mediator, VILLAGE).await;
    let record = Uuid::new_v4();
    let opening = noted(&mut phone, record, BEFORE, json!({ "type": "open", "body": dispute() }));
    phone.deliver(&[opening]).await;
    let (early, late) = (note(&mut phone, record, BEFORE), note(&mut phone, record, AFTER));
    office(&station, &["worker", "revoke", "--installation", &phone.installation.to_string()]);
    shut_out(&phone.try_send(std::slice::from_ref(&early)).await, "revoked");

    let code = released(&station, &phone);
    let other = station.redeem(&code, InstallationId::new(Uuid::new_v4())).await;
    assert_eq!(
        (other.status, other.problem().as_str()),
        (409, "/problems/enrolment-code-used"),
        "for this phone only"
    );
    shut_out(&phone.try_send(std::slice::from_ref(&early)).await, "revoked");
    let replayed = phone.token.clone();
    phone.token = station.redeem(&code, phone.installation).await.json::<Enrolment>().token;
    let receipts = phone.deliver(&[early.clone(), late]).await;
    revision(&receipts[0]);
    assert_eq!(reason(&receipts[1]), Reason::AfterRevocation);
    for path in ["/api/v1/mailbox", "/api/v1/me", "/api/v1/directory", "/api/v1/counts?desk=x"] {
        shut_out(&phone.call("GET", path, &[], "").await, "revoked");
    }
    let photo = b"\xFF\xD8\xFF\xE0 a wall".to_vec();
    let path = format!("/api/v1/blobs/{}", sha256(&photo));
    assert_eq!(phone.call("PUT", &path, &[], photo).await.status / 100, 2, "its photos go with it");
    shut_out(&phone.call("GET", &path, &[], "").await, "revoked");

    let dead = Phone { token: replayed, ..phone.clone() };
    shut_out(&dead.try_send(std::slice::from_ref(&early)).await, "unauthorized");
    let mut connection = db::open_writer(&station.data().join("station.sqlite")).await.unwrap();
    sqlx::query("UPDATE installations SET sends_until = '2026-01-01T00:00:00.000Z'")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    shut_out(&phone.try_send(&[early]).await, "revoked");
    let acts = station.rows("SELECT what FROM audit ORDER BY place").await;
    let acts: Vec<Value> = acts.iter().map(|what| serde_json::from_str(what).unwrap()).collect();
    let said: Vec<_> = acts.iter().map(|what| what["act"].as_str().unwrap()).collect();
    assert_eq!(said, ["add_worker", "code", "revoke", "release", "released_phone_came"]);
    assert_eq!(acts[3]["by"], "王主任");
    assert!(printed(&run(&["check"], station.data())).contains("no damage"));
}

/// What was noted while the village was theirs belongs to its records, whoever has them now.
#[tokio::test]
async fn what_a_suspended_persons_phone_holds_reaches_the_successor() {
    let station = Office::open();
    let mut phone = station.phone(Role::Mediator, VILLAGE).await;
    let mut stranger = station.phone(Role::Mediator, VILLAGE).await;
    let successor = station.phone(Role::Mediator, VILLAGE).await;
    let record = Uuid::new_v4();
    let opening = noted(&mut phone, record, BEFORE, json!({ "type": "open", "body": dispute() }));
    phone.deliver(&[opening]).await;
    let other = Uuid::new_v4();
    let opening = noted(&mut stranger, other, BEFORE, json!({ "type": "open", "body": dispute() }));
    stranger.deliver(&[opening]).await;
    let (own, foreign) = (note(&mut phone, record, BEFORE), note(&mut phone, other, BEFORE));
    let step = noted(&mut phone, record, BEFORE, json!({ "type": "step", "step": "mediate", "body": {} }));
    let (from, to) = (phone.worker.id.to_string(), successor.worker.id.to_string());
    office(&station, &["worker", "suspend", "--worker", &from]);
    office(&station, &["worker", "hand-over", "--from", &from, "--to", &to, "--area", VILLAGE]);
    shut_out(&phone.try_send(std::slice::from_ref(&own)).await, "suspended");

    phone.token =
        station.redeem(&released(&station, &phone), phone.installation).await.json::<Enrolment>().token;
    let receipts = phone.deliver(&[own.clone(), foreign, step]).await;
    revision(&receipts[0]);
    assert_eq!(reason(&receipts[1]), Reason::UnknownRecord, "what was never theirs is not theirs now");
    assert_eq!(reason(&receipts[2]), Reason::NotEntitled, "steps are the successor's now");
    assert!(successor.received().await.contains(&id(&own)));
    shut_out(&phone.call("GET", "/api/v1/mailbox", &[], "").await, "suspended");
    // Suspended once more is shut out once more.
    office(&station, &["worker", "resume", "--worker", &from]);
    office(&station, &["worker", "suspend", "--worker", &from]);
    shut_out(&phone.try_send(&[own]).await, "suspended");
}
