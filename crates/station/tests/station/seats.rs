//! Desks and seats managed over HTTP: by whom, where, and what comes of a seat.

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{person::Role, wire::Me};

use crate::{
    staff::{COUNTY, TOWNSHIP, acts, coordinator, officer, post, refused},
    support::*,
};

async fn desks(phone: &Phone) -> Value {
    phone.call("GET", "/api/v1/desks", &[], "").await.json()
}

async fn turn(phone: &Phone, method: &str, desk: &str, worker: impl ToString) -> Reply {
    let path = format!("/api/v1/desks/{desk}/seats/{}", worker.to_string());
    phone.call(method, &path, &[], "").await
}

fn new(kind: &str, name: &str, area: &str) -> Value {
    json!({ "kind": kind, "name": name, "area": area })
}

async fn seats(phone: &Phone) -> Vec<String> {
    let me: Me = phone.call("GET", "/api/v1/me", &[], "").await.json();
    me.desks.iter().map(|desk| desk.id.to_string()).collect()
}

#[tokio::test]
async fn a_coordinator_adds_a_police_desk_and_seats_somebody_who_then_reads_its_mailbox() {
    let station = Station::spawn().await;
    let mut centre = coordinator(&station, VILLAGE).await;
    let police = station.phone(Role::Partner, VILLAGE).await;
    for _ in 0..2 {
        let reply = post(&centre, "/desks", new("police", "泸桥派出所", TOWNSHIP)).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert_eq!(reply.json::<Value>()["id"], json!("police:513322100"), "asked for twice, added once");
    }
    let second = post(&centre, "/desks", new("police", "桥东警务室", TOWNSHIP)).await.json::<Value>();
    assert_eq!(second["id"], json!("police:513322100-2"));
    for _ in 0..2 {
        assert_eq!(turn(&centre, "PUT", "police:513322100", police.worker.id).await.status, 204);
    }
    assert_eq!(seats(&police).await, ["police:513322100"]);
    let record = centre.begin("dispute").await;
    revision(&centre.step("dispute", record, "assign", json!({ "assignee": "desk:police:513322100" })).await);
    let page: Value = police.desk("desk=police:513322100").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);

    let said = desks(&centre).await;
    let of =
        |id: &str| said["desks"].as_array().unwrap().iter().find(|desk| desk["id"] == id).unwrap().clone();
    assert_eq!(
        of("police:513322100")["members"],
        json!([{ "id": police.worker.id, "name": "张三", "yours": true }])
    );
    let own = json!([{ "id": centre.worker.id, "name": "张三", "yours": false }]);
    assert_eq!(of("township_centre:513322100")["members"], own);
    assert_eq!(said["adds"], json!(["police", "court", "law_firm", "legal_service_office"]));
    assert!(said["desks"].as_array().unwrap().iter().all(|desk| desk["area"] == TOWNSHIP), "{said:#}");

    for _ in 0..2 {
        assert_eq!(turn(&centre, "DELETE", "police:513322100", police.worker.id).await.status, 204);
    }
    assert_eq!(seats(&police).await, [""; 0]);
    assert_eq!(police.desk("desk=police:513322100").await.status, 404);
    let said = acts(&station).await;
    let names = said.iter().map(|what| what["act"].as_str().unwrap()).filter(|act| *act != "read");
    let names: Vec<_> = names.collect();
    assert_eq!(names, ["add_desk", "add_desk", "seat", "unseat"]);
    assert!(
        said.iter().filter(|what| what["act"] != "read").all(|what| what["by"] == json!(centre.worker.id))
    );
}

#[tokio::test]
async fn only_those_who_manage_people_find_desks_and_only_in_their_own_area() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let far = coordinator(&station, ELSEWHERE).await;
    let county = station.add_worker_of(Role::Coordinator, VILLAGE, COUNTY).await;
    let county = station.phone_of(&county).await;
    let worker = station.any_phone().await;
    post(&centre, "/desks", new("police", "泸桥派出所", TOWNSHIP)).await;
    for role in [Role::GridWorker, Role::Mediator, Role::LegalAdviser, Role::Partner] {
        let phone = station.phone(role, VILLAGE).await;
        refused(&phone.call("GET", "/api/v1/desks", &[], "").await, 404, "not-found");
        refused(&post(&phone, "/desks", new("police", "x", TOWNSHIP)).await, 404, "not-found");
        for method in ["PUT", "DELETE"] {
            let reply = turn(&phone, method, "police:513322100", phone.worker.id).await;
            refused(&reply, 404, "not-found");
        }
    }
    // Outside looks like not there.
    for method in ["PUT", "DELETE"] {
        refused(&turn(&far, method, "police:513322100", far.worker.id).await, 404, "not-found");
        refused(&turn(&centre, method, "police:513322100", far.worker.id).await, 404, "not-found");
        refused(&turn(&centre, method, "police:513322100", Uuid::new_v4()).await, 404, "not-found");
        refused(&turn(&centre, method, "police:513322100", "x").await, 404, "not-found");
        refused(&turn(&centre, method, "county_centre:513322", worker.worker.id).await, 404, "not-found");
        refused(&turn(&centre, method, "nowhere", worker.worker.id).await, 404, "not-found");
    }
    assert!(!desks(&far).await.to_string().contains("泸桥"));
    for area in [COUNTY, &ELSEWHERE[..9], "513322100201003"] {
        refused(&post(&centre, "/desks", new("police", "x", area)).await, 409, "outside-area");
    }
    assert_eq!(post(&county, "/desks", new("court", "泸定县人民法院", COUNTY)).await.status, 201);
    for broken in ["", "[]", "{}", r#"{"kind":"police","name":" ","area":"513322100"}"#] {
        refused(&centre.call("POST", "/api/v1/desks", &[], broken).await, 400, "body-unreadable");
    }
    refused(&post(&centre, "/desks", new("palace", "x", TOWNSHIP)).await, 409, "not-yours");
}

#[tokio::test]
async fn a_desk_is_given_another_name_by_those_who_fill_it() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let far = coordinator(&station, ELSEWHERE).await;
    let justice = officer(&station).await;
    post(&centre, "/desks", new("police", "泸桥派出所", TOWNSHIP)).await;
    let rename = async |phone: &Phone, desk: &str, name: &str| {
        let path = format!("/api/v1/desks/{desk}");
        phone.call("PATCH", &path, &[], json!({ "name": name }).to_string()).await
    };
    for _ in 0..2 {
        let reply = rename(&centre, "police:513322100", " 泸桥中心派出所 ").await;
        assert_eq!((reply.status, reply.json::<Value>()["name"].clone()), (200, json!("泸桥中心派出所")));
    }
    let directory: Value = centre.call("GET", "/api/v1/directory", &[], "").await.json();
    assert!(directory["desks"].to_string().contains("泸桥中心派出所"), "{directory:#}");
    refused(&rename(&far, "police:513322100", "x").await, 404, "not-found");
    refused(&rename(&centre, "nowhere", "x").await, 404, "not-found");
    refused(&rename(&justice, "police:513322100", "x").await, 409, "not-yours");
    refused(&rename(&centre, "police:513322100", " ").await, 400, "body-unreadable");
    let said = acts(&station).await;
    let renamed: Vec<_> = said.iter().filter(|what| what["act"] == "rename_desk").collect();
    assert_eq!(renamed.len(), 1, "called so already, nothing was done: {said:#?}");
    assert_eq!((&renamed[0]["from"], &renamed[0]["to"]), (&json!("泸桥派出所"), &json!("泸桥中心派出所")));
}

#[tokio::test]
async fn whoever_is_seated_hears_of_it_at_once() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let police = station.phone(Role::Partner, VILLAGE).await;
    post(&centre, "/desks", new("police", "泸桥派出所", TOWNSHIP)).await;
    let (phone, listening) = (police.clone(), json!({ "mailboxes": [{ "position": 0 }], "wait": 50 }));
    let waiting = tokio::spawn(async move { post(&phone, "/arrivals", listening).await.json::<Value>() });
    assert_eq!(turn(&centre, "PUT", "police:513322100", police.worker.id).await.status, 204);
    let told = tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await.unwrap().unwrap();
    assert_eq!(told["seated"], json!(false), "GET /me says where");
}

/// A seat is worth as much as a role: nobody gets at what is secret, or reported about them, by one.
#[tokio::test]
async fn nobody_gives_a_seat_that_reaches_further_than_their_own() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let county = station.add_worker_of(Role::Coordinator, VILLAGE, COUNTY).await;
    let county = station.phone_of(&county).await;
    let justice = officer(&station).await;
    let worker = station.any_phone().await.worker.id;
    let adviser = station.phone(Role::LegalAdviser, VILLAGE).await.worker.id;
    let colleague = station.add_worker_of(Role::Coordinator, VILLAGE, TOWNSHIP).await.id;
    let other = station.add_worker_of(Role::JusticeOfficer, VILLAGE, TOWNSHIP).await.id;
    post(&centre, "/desks", new("police", "泸桥派出所", TOWNSHIP)).await;
    // Complaints about a centre go to the county's; consultations are the justice office's.
    for kind in ["township_centre", "county_centre", "justice_office"] {
        refused(&post(&centre, "/desks", new(kind, "x", TOWNSHIP)).await, 409, "not-yours");
    }
    for (boss, desk, who) in [
        (&centre, "police:513322100", centre.worker.id),
        (&centre, "police:513322100", adviser),
        (&centre, "township_centre:513322100", worker),
        (&county, "justice_office:513322", worker),
        (&county, "justice_office:513322", other),
        (&county, "county_centre:513322", worker),
        (&justice, "county_centre:513322", colleague),
        (&justice, "police:513322100", worker),
        (&justice, "justice_office:513322", justice.worker.id),
        (&justice, "justice_office:513322", adviser),
    ] {
        refused(&turn(boss, "PUT", desk, who).await, 409, "not-yours");
    }
    assert_eq!(turn(&centre, "DELETE", "township_centre:513322100", colleague).await.status, 204);
    assert_eq!(turn(&centre, "PUT", "township_centre:513322100", colleague).await.status, 204);
    let office = post(&justice, "/desks", new("justice_office", "泸桥司法所", TOWNSHIP)).await;
    assert_eq!(office.status, 201, "{}", office.text());
    assert_eq!(turn(&justice, "PUT", "justice_office:513322100", other).await.status, 204);
    assert_eq!(post(&justice, "/desks", new("law_firm", "大渡河律师事务所", COUNTY)).await.status, 201);
    assert_eq!(turn(&justice, "PUT", "law_firm:513322", adviser).await.status, 204);
    let path = format!("/api/v1/people/{colleague}");
    centre.call("PATCH", &path, &[], json!({ "suspended": true }).to_string()).await;
    refused(&turn(&centre, "PUT", "police:513322100", colleague).await, 409, "not-yours");
}
