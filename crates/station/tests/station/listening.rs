//! One request that waits for everything that somebody reads.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Connection;
use xunji_domain::{
    id::{DeskId, Position},
    person::Role,
    wire::{Arrived, MailboxPlace},
};
use xunji_station::{db, desks};

use crate::support::*;

fn place(desk: Option<&str>, oversight: bool, position: u64) -> MailboxPlace {
    MailboxPlace { desk: desk.map(DeskId::new), oversight, position: Position(position) }
}

async fn ask(phone: &Phone, mailboxes: &[MailboxPlace], wait: u64) -> Reply {
    let body = json!({ "mailboxes": mailboxes, "wait": wait }).to_string();
    phone.call("POST", "/api/v1/arrivals", &[], body).await
}

async fn arrived(phone: &Phone, mailboxes: &[MailboxPlace], wait: u64) -> Arrived {
    let asked = ask(phone, mailboxes, wait);
    let reply = tokio::time::timeout(Duration::from_secs(30), asked).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn whoever_listens_hears_in_which_mailbox_there_is_more() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let centre = station.phone(Role::Coordinator, VILLAGE).await;
    let county = station.sitting_at(COUNTY, Role::Coordinator).await;
    let own = [place(None, false, 0)];
    let of_centre = [place(None, false, 0), place(Some(CENTRE), false, 0)];
    let of_county = [place(None, false, 0), place(Some(COUNTY), false, 0), place(Some(COUNTY), true, 0)];
    let nothing = Arrived { mailboxes: Vec::new(), seated: true };
    for (phone, all) in [(&mediator, &own[..]), (&centre, &of_centre), (&county, &of_county)] {
        assert_eq!(arrived(phone, all, 0).await, nothing);
    }
    // All of them wait, and one dispute reaches each of them in another mailbox.
    let waiting = [(centre.clone(), of_centre.to_vec()), (county, of_county.to_vec())]
        .map(|(phone, all)| tokio::spawn(async move { arrived(&phone, &all, 50).await.mailboxes }));
    let record = mediator.begin("dispute").await;
    let [by_centre, by_county] = waiting;
    assert_eq!(by_centre.await.unwrap(), [place(Some(CENTRE), false, 1)]);
    assert_eq!(by_county.await.unwrap(), [place(Some(COUNTY), true, 1)]);
    assert_eq!(arrived(&mediator, &own, 50).await.mailboxes, [place(None, false, 1)]);
    let note = mediator.note("dispute", record, "又吵了");
    mediator.deliver(&[note]).await;
    let read_one = [place(None, false, 0), place(Some(CENTRE), false, 1)];
    assert_eq!(arrived(&centre, &read_one, 50).await.mailboxes, [place(Some(CENTRE), false, 2)]);
    // A station that was put back to an older day has less than was read.
    let ahead = [place(None, false, 7)];
    assert_eq!(arrived(&mediator, &ahead, 50).await.mailboxes, [place(None, false, 2)]);
    assert_eq!(
        station.rows("SELECT * FROM audit WHERE what LIKE '%\"read\"%'").await.len(),
        0,
        "positions say nothing"
    );
}

#[tokio::test]
async fn another_seat_is_told_at_once_and_another_desk_tells_nothing() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let centre = station.phone(Role::Coordinator, VILLAGE).await;
    mediator.begin("dispute").await;
    let elsewhere = [place(None, false, 0), place(Some(COUNTY), true, 0)];
    let told = arrived(&mediator, &elsewhere, 50).await;
    assert_eq!(
        (told.seated, told.mailboxes),
        (false, vec![place(None, false, 1)]),
        "nothing of the county's"
    );
    let told = arrived(&centre, &[place(None, false, 0)], 50).await;
    assert_eq!((told.seated, told.mailboxes), (false, Vec::new()), "a seat that the phone doesn't know of");
    let mut connection = db::open_writer(&station.database()).await.unwrap();
    desks::unseat(&mut connection, &CENTRE.into(), centre.worker.id).await.unwrap();
    connection.close().await.unwrap();
    let told = arrived(&centre, &[place(None, false, 0), place(Some(CENTRE), false, 0)], 50).await;
    assert_eq!((told.seated, told.mailboxes), (false, Vec::new()), "a seat that was lost");
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    for wrong in ["", "[]", "{}", r#"{"mailboxes":[{"desk":"a"}]}"#, r#"{"mailboxes":[{"position":-1}]}"#] {
        let reply = phone.call("POST", "/api/v1/arrivals", &[], wrong).await;
        assert_eq!((reply.status, reply.problem().as_str()), (400, "/problems/body-unreadable"), "{wrong}");
    }
    let huge = Value::from("x".repeat(20_000)).to_string();
    assert_eq!(phone.call("POST", "/api/v1/arrivals", &[], huge).await.status, 413);
    let body = json!({ "mailboxes": [] }).to_string();
    assert_eq!(request(station.address, "POST", "/api/v1/arrivals", &[], body).await.status, 401);
}
