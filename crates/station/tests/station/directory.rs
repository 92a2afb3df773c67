//! Whom a step may name, and who learns of whom.

use std::collections::BTreeSet;

use sqlx::Connection;
use uuid::Uuid;
use xunji_domain::{
    desk::DeskKind,
    id::WorkerId,
    person::{Role, Worker},
    wire::Directory,
};
use xunji_station::{db, desks, people};

use crate::support::*;

async fn somebody(station: &Station, name: &str, role: Role, village: &str, area: &str) -> Worker {
    let (id, area) = (WorkerId::new(Uuid::now_v7()), area.parse().unwrap());
    let worker = Worker::new(id, name.to_owned(), &[role], village.parse().unwrap(), vec![area]);
    let mut connection = db::open_writer(&station.database()).await.unwrap();
    people::add(&mut connection, &worker).await.unwrap();
    connection.close().await.unwrap();
    worker
}

async fn directory(phone: &Phone) -> Directory {
    let reply = phone.call("GET", "/api/v1/directory", &[], "").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

async fn names(phone: &Phone) -> BTreeSet<String> {
    directory(phone).await.people.into_iter().map(|worker| worker.name).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn everybody_learns_of_those_they_work_with_and_of_nobody_else() {
    let station = Station::spawn().await;
    let next = "513322100202";
    let village = somebody(&station, "村", Role::Mediator, VILLAGE, VILLAGE).await;
    somebody(&station, "邻村", Role::GridWorker, next, "513322100202003").await;
    let township = somebody(&station, "乡镇", Role::Coordinator, VILLAGE, "513322100").await;
    let county = somebody(&station, "县", Role::Coordinator, VILLAGE, "513322").await;
    let justice = somebody(&station, "司法", Role::JusticeOfficer, ELSEWHERE, "513322").await;
    let far = somebody(&station, "远", Role::Mediator, ELSEWHERE, ELSEWHERE).await;
    somebody(&station, "外县", Role::Mediator, "513323100201", "513323100201").await;
    let gone = somebody(&station, "停", Role::Mediator, VILLAGE, VILLAGE).await;
    let idle = somebody(&station, "交清", Role::Mediator, VILLAGE, VILLAGE).await;
    let mut connection = db::open_writer(&station.database()).await.unwrap();
    people::suspend(&mut connection, gone.id, true).await.unwrap();
    people::set_areas(&mut connection, idle.id, &[]).await.unwrap();
    connection.close().await.unwrap();

    let near = set(&["村", "邻村", "乡镇", "县", "司法"]);
    for worker in [&village, &township] {
        assert_eq!(names(&station.phone_of(worker).await).await, near, "{}", worker.name);
    }
    let all: BTreeSet<_> = near.union(&set(&["远"])).cloned().collect();
    for worker in [&county, &justice] {
        assert_eq!(names(&station.phone_of(worker).await).await, all, "{}", worker.name);
    }
    let far = station.phone_of(&far).await;
    assert_eq!(names(&far).await, set(&["县", "司法", "远"]));

    // A seat opens the desk's area, and leaving it closes that again.
    station.add_desk("police:luqiao", DeskKind::Police, "513322100").await;
    let mut connection = db::open_writer(&station.database()).await.unwrap();
    desks::seat(&mut connection, &"police:luqiao".into(), far.worker.id).await.unwrap();
    assert_eq!(names(&far).await, all);
    desks::unseat(&mut connection, &"police:luqiao".into(), far.worker.id).await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(names(&far).await, set(&["县", "司法", "远"]));

    let found = directory(&far).await;
    let kinds: BTreeSet<_> = found.desks.iter().map(|desk| desk.kind).collect();
    assert!(kinds.contains(&DeskKind::Police) && kinds.contains(&DeskKind::CountyCentre), "{kinds:?}");
    assert!(station.get("/api/v1/directory", &[]).await.status == 401);
}

#[tokio::test]
async fn a_directory_that_is_still_right_is_not_sent_again() {
    let station = Station::spawn().await;
    let phone = station.any_phone().await;
    let first = directory(&phone).await;
    let tag = format!("\"{}\"", first.tag);
    let again = phone.call("GET", "/api/v1/directory", &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()));
    somebody(&station, "新", Role::Mediator, VILLAGE, VILLAGE).await;
    let again = phone.call("GET", "/api/v1/directory", &[("if-none-match", &tag)], "").await;
    let changed: Directory = again.json();
    assert_ne!(changed.tag, first.tag);
    assert_eq!(changed.people.len(), first.people.len() + 1);
}
