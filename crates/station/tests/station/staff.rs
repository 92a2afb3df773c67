//! People managed over HTTP: by whom, within which area, and what is nobody's to give.

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    id::InstallationId,
    person::Role,
    wire::{Enrolment, Me},
};

use crate::{
    people::{Office, json_lines},
    recovery::copy_for,
    support::*,
};

pub const TOWNSHIP: &str = "513322100";
pub const COUNTY: &str = "513322";

/// Somebody who coordinates a village's township.
pub async fn coordinator(station: &Station, village: &str) -> Phone {
    let worker = station.add_worker_of(Role::Coordinator, village, &village[..9]).await;
    station.phone_of(&worker).await
}

/// Somebody at the county's justice office.
pub async fn officer(station: &Station) -> Phone {
    let worker = station.add_worker_of(Role::JusticeOfficer, VILLAGE, COUNTY).await;
    station.phone_of(&worker).await
}

pub async fn post(phone: &Phone, path: &str, body: Value) -> Reply {
    phone.call("POST", &format!("/api/v1{path}"), &[], body.to_string()).await
}

async fn patch(phone: &Phone, id: &str, body: Value) -> Reply {
    phone.call("PATCH", &format!("/api/v1/people/{id}"), &[], body.to_string()).await
}

/// Adds somebody who must be added, and gives their id.
async fn added(phone: &Phone, role: Role) -> String {
    let reply = post(phone, "/people", json!({ "name": "李四", "roles": [role], "village": VILLAGE })).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json::<Value>()["id"].as_str().unwrap().to_owned()
}

#[track_caller]
pub fn refused(reply: &Reply, status: u16, problem: &str) {
    assert_eq!((reply.status, reply.problem()), (status, format!("/problems/{problem}")));
}

pub async fn acts(station: &Station) -> Vec<Value> {
    let rows = station.rows("SELECT what FROM audit ORDER BY place").await;
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

#[tokio::test]
async fn a_coordinator_adds_somebody_and_enrols_suspends_and_resumes_them() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let id = added(&centre, Role::GridWorker).await;
    let made: Value = post(&centre, &format!("/people/{id}/codes"), json!({})).await.json();
    let enrolled = station
        .redeem(made["code"].as_str().unwrap(), xunji_domain::id::InstallationId::new(Uuid::new_v4()))
        .await;
    assert_eq!(enrolled.status, 201);
    let mut phone = centre.clone();
    phone.token = enrolled.json::<Enrolment>().token;
    let me = async |phone: &Phone| phone.call("GET", "/api/v1/me", &[], "").await;
    assert_eq!(me(&phone).await.json::<Me>().worker.id.to_string(), id);

    let listed: Value = centre.call("GET", "/api/v1/people", &[], "").await.json();
    let person =
        listed["people"].as_array().unwrap().iter().find(|person| person["id"] == json!(id)).unwrap();
    assert_eq!((&person["roles"], &person["suspended"]), (&json!(["grid_worker"]), &json!(false)));
    let installation = person["phones"][0]["installation"].as_str().unwrap().to_owned();

    assert_eq!(patch(&centre, &id, json!({ "suspended": true })).await.status, 200);
    refused(&me(&phone).await, 401, "suspended");
    refused(&post(&centre, &format!("/people/{id}/codes"), json!({})).await, 409, "not-yours");
    assert_eq!(patch(&centre, &id, json!({ "suspended": false })).await.status, 200);
    assert_eq!(me(&phone).await.status, 200);
    let path = format!("/api/v1/installations/{installation}");
    for _ in 0..2 {
        assert_eq!(centre.call("DELETE", &path, &[], "").await.status, 204);
    }
    refused(&me(&phone).await, 401, "revoked");
    let released = post(&centre, &format!("/people/{id}/codes"), json!({ "releases": installation })).await;
    assert_eq!(released.status, 201);
    let said: Vec<_> = acts(&station).await;
    let names: Vec<_> = said.iter().map(|what| what["act"].as_str().unwrap()).collect();
    assert_eq!(names, ["add_worker", "code", "suspend", "resume", "revoke", "release"]);
    assert!(said.iter().all(|what| what["by"] == json!(centre.worker.id) && what["worker"] == json!(id)));
}

#[tokio::test]
async fn asking_once_more_after_a_lost_answer_adds_nobody_twice() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let id = Uuid::now_v7();
    let newcomer =
        |name: &str| json!({ "id": id, "name": name, "roles": ["grid_worker"], "village": VILLAGE });
    for _ in 0..2 {
        let reply = post(&centre, "/people", newcomer("李四")).await;
        assert_eq!((reply.status, &reply.json::<Value>()["id"]), (201, &json!(id)));
    }
    refused(&post(&centre, "/people", newcomer("王五")).await, 409, "not-yours");
    assert_eq!(station.rows("SELECT name FROM workers WHERE name IN ('李四', '王五')").await, ["李四"]);
    assert_eq!(acts(&station).await.len(), 1);
}

#[tokio::test]
async fn only_those_who_manage_people_find_anything_and_only_in_their_own_area() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let far = coordinator(&station, ELSEWHERE).await;
    let county = station.sitting_at("county_centre:513322", Role::Coordinator).await;
    let worker = station.any_phone().await;
    let id = worker.worker.id.to_string();
    let nobody = Uuid::new_v4().to_string();
    for role in [Role::GridWorker, Role::Mediator, Role::LegalAdviser, Role::Partner] {
        let phone = station.phone(role, VILLAGE).await;
        refused(&phone.call("GET", "/api/v1/people", &[], "").await, 404, "not-found");
        let newcomer = json!({ "name": "x", "roles": ["grid_worker"], "village": VILLAGE });
        refused(&post(&phone, "/people", newcomer).await, 404, "not-found");
        refused(&patch(&phone, &id, json!({ "suspended": true })).await, 404, "not-found");
        refused(&post(&phone, &format!("/people/{id}/codes"), json!({})).await, 404, "not-found");
        let path = format!("/api/v1/installations/{}", worker.installation);
        refused(&phone.call("DELETE", &path, &[], "").await, 404, "not-found");
        let handing = json!({ "from": id, "to": phone.worker.id, "area": VILLAGE });
        refused(&post(&phone, "/handovers", handing).await, 404, "not-found");
    }
    // Outside looks like not there.
    for other in [&id, &nobody, &county.worker.id.to_string()] {
        refused(&patch(&far, other, json!({ "suspended": true })).await, 404, "not-found");
        refused(&post(&far, &format!("/people/{other}/codes"), json!({})).await, 404, "not-found");
    }
    let path = format!("/api/v1/installations/{}", worker.installation);
    refused(&far.call("DELETE", &path, &[], "").await, 404, "not-found");
    refused(&centre.call("DELETE", "/api/v1/installations/x", &[], "").await, 404, "not-found");
    let text = far.call("GET", "/api/v1/people", &[], "").await.text();
    assert!(!text.contains(&id) && text.contains(&far.worker.id.to_string()));
    let newcomer = |village: &str, areas: Value| json!({ "name": "x", "roles": ["grid_worker"], "village": village, "areas": areas });
    for (village, areas) in
        [(ELSEWHERE, json!([])), (VILLAGE, json!([ELSEWHERE])), (VILLAGE, json!([VILLAGE, COUNTY]))]
    {
        refused(&post(&centre, "/people", newcomer(village, areas)).await, 409, "outside-area");
    }
    refused(&patch(&centre, &id, json!({ "areas": [COUNTY] })).await, 409, "outside-area");
    assert_eq!(post(&county, "/people", newcomer(ELSEWHERE, json!([]))).await.status, 201);
    assert_eq!(
        patch(&centre, &id, json!({ "areas": ["513322100202"], "roles": ["mediator"] })).await.status,
        200
    );
    for broken in ["", "[]", "{}", r#"{"name":"\u0007","roles":["mediator"],"village":"513322100201"}"#] {
        let reply = centre.call("POST", "/api/v1/people", &[], broken).await;
        refused(&reply, 400, "body-unreadable");
    }
}

#[tokio::test]
async fn nobody_gives_more_than_they_have_nor_to_themselves() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let own = centre.worker.id.to_string();
    for change in [
        json!({ "roles": ["coordinator", "mediator"] }),
        json!({ "areas": [VILLAGE] }),
        json!({ "suspended": true }),
    ] {
        refused(&patch(&centre, &own, change).await, 409, "not-yours");
    }
    let newcomer = |roles: Value, areas: Value| json!({ "name": "x", "roles": roles, "village": VILLAGE, "areas": areas });
    refused(
        &post(&centre, "/people", newcomer(json!(["coordinator"]), json!([COUNTY]))).await,
        409,
        "outside-area",
    );
    // A justice officer would sit where no governance desk may look, and an adviser hears what clients say.
    for role in ["justice_officer", "legal_adviser"] {
        refused(
            &post(&centre, "/people", newcomer(json!([role]), json!([TOWNSHIP]))).await,
            409,
            "not-yours",
        );
    }
    refused(&post(&centre, "/people", newcomer(json!([]), json!([TOWNSHIP]))).await, 409, "not-yours");
    let colleague =
        post(&centre, "/people", newcomer(json!(["coordinator"]), json!([]))).await.json::<Value>();
    assert_eq!(colleague["desks"], json!(["township_centre:513322100"]));
    let id = colleague["id"].as_str().unwrap();
    let without: Value = patch(&centre, id, json!({ "roles": ["grid_worker"] })).await.json();
    assert_eq!(without["desks"], json!([]), "the seat goes with the role");
}

/// 律师法 art. 38: with a code for an adviser's phone a governance desk would read what clients have said.
#[tokio::test]
async fn whoever_is_bound_to_secrecy_is_managed_by_the_justice_office_and_shut_out_by_either() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let justice = officer(&station).await;
    let adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    let id = adviser.worker.id.to_string();
    refused(&post(&centre, &format!("/people/{id}/codes"), json!({})).await, 409, "not-yours");
    let release = json!({ "releases": adviser.installation });
    refused(&post(&centre, &format!("/people/{id}/codes"), release.clone()).await, 409, "not-yours");
    refused(&patch(&centre, &id, json!({ "roles": ["mediator"] })).await, 409, "not-yours");
    let to = added(&centre, Role::Mediator).await;
    refused(
        &post(&centre, "/handovers", json!({ "from": id, "to": to, "area": VILLAGE })).await,
        409,
        "not-yours",
    );
    assert_eq!(
        patch(&centre, &id, json!({ "suspended": true })).await.status,
        200,
        "a lost phone can't wait"
    );
    assert_eq!(patch(&justice, &id, json!({ "suspended": false })).await.status, 200);
    assert_eq!(post(&justice, &format!("/people/{id}/codes"), json!({})).await.status, 201);
    assert_eq!(post(&justice, &format!("/people/{id}/codes"), release).await.status, 201);
    refused(&post(&justice, &format!("/people/{to}/codes"), json!({})).await, 409, "not-yours");
    let successor = added(&justice, Role::LegalAdviser).await;
    let reply = post(&justice, "/handovers", json!({ "from": id, "to": successor, "area": VILLAGE })).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}

/// A complaint about the township's centre goes to the county; the centre must not get at it with a code.
#[tokio::test]
async fn no_code_opens_what_is_secret_from_whoever_makes_it() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let county = station.add_worker_of(Role::Coordinator, VILLAGE, COUNTY).await;
    let county = station.phone_of(&county).await;
    let justice = officer(&station).await;
    let mut worker = station.any_phone().await;
    let codes = format!("/people/{}/codes", worker.worker.id);
    assert_eq!(post(&centre, &codes, json!({})).await.status, 201);
    let content =
        worker.content("complaint", Uuid::new_v4(), json!({ "type": "open", "body": form("complaint") }));
    let entry = worker.seal(&content);
    revision(&worker.deliver(&[entry]).await[0]);
    refused(&post(&centre, &codes, json!({})).await, 409, "not-yours");
    assert_eq!(post(&county, &codes, json!({})).await.status, 201, "its desk has it anyway");
    let content =
        worker.content("legal_aid", Uuid::new_v4(), json!({ "type": "open", "body": form("legal_aid") }));
    let entry = worker.seal(&content);
    revision(&worker.deliver(&[entry]).await[0]);
    for boss in [&centre, &county, &justice] {
        refused(&post(boss, &codes, json!({})).await, 409, "not-yours");
    }
    let release = json!({ "releases": worker.installation });
    assert_eq!(post(&centre, &codes, release).await.status, 201, "a released phone reads nothing");
}

#[tokio::test]
async fn a_forgotten_pin_is_released_by_whoever_may_give_the_person_a_phone() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let far = coordinator(&station, ELSEWHERE).await;
    let justice = officer(&station).await;
    let worker = station.any_phone().await;
    let adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    let ask = async |boss: &Phone, of: &Phone, body: Value| {
        post(boss, &format!("/people/{}/codes", of.worker.id), body).await
    };
    let of = |phone: &Phone| json!({ "recovers": phone.installation });
    refused(&ask(&far, &worker, of(&worker)).await, 404, "not-found");
    refused(&ask(&worker, &worker, of(&worker)).await, 404, "not-found");
    refused(&ask(&centre, &worker, of(&adviser)).await, 404, "not-found");
    refused(&ask(&centre, &adviser, of(&adviser)).await, 409, "not-yours");
    let both = json!({ "recovers": worker.installation, "releases": worker.installation });
    refused(&ask(&centre, &worker, both).await, 400, "body-unreadable");
    assert_eq!(station.count("recoveries").await, 0);
    for (boss, phone) in [(&centre, &worker), (&justice, &adviser)] {
        let reply = ask(boss, phone, of(phone)).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let code = reply.json::<Value>()["code"].as_str().unwrap().to_owned();
        let copy = copy_for(phone.recovery_key.as_deref().unwrap(), phone.installation);
        assert_eq!(station.recover(&code, phone.installation, &copy).await.status, 200);
        refused(
            &station.redeem(&code, InstallationId::new(Uuid::new_v4())).await,
            404,
            "enrolment-code-unknown",
        );
    }
    let said = acts(&station).await;
    let released: Vec<_> = said.iter().filter(|what| what["act"] == "recover").collect();
    assert_eq!(released.len(), 2, "{said:#?}");
    assert_eq!(released[0]["by"], json!(centre.worker.id));
    assert_eq!(released[0]["installation"], json!(worker.installation));
}

#[tokio::test]
async fn a_village_is_handed_over_all_of_it_or_nothing() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let mut before = station.phone(Role::Mediator, VILLAGE).await;
    let after = station.phone(Role::Mediator, VILLAGE).await;
    let record = before.begin("dispute").await;
    let handing = |to: &Phone, area: &str| json!({ "from": before.worker.id, "to": to.worker.id, "area": area, "reason": "退休" });
    let far = station.phone(Role::Mediator, ELSEWHERE).await;
    refused(&post(&centre, "/handovers", handing(&far, VILLAGE)).await, 404, "not-found");
    refused(&post(&centre, "/handovers", handing(&after, COUNTY)).await, 409, "outside-area");
    patch(&centre, &after.worker.id.to_string(), json!({ "suspended": true })).await;
    refused(&post(&centre, "/handovers", handing(&after, VILLAGE)).await, 409, "successor-unfit");
    assert_eq!(before.call("GET", "/api/v1/me", &[], "").await.json::<Me>().worker.village.as_str(), VILLAGE);
    patch(&centre, &after.worker.id.to_string(), json!({ "suspended": false })).await;
    let waiting = {
        let after = after.clone();
        tokio::spawn(async move { after.desk("wait=50").await.json::<Value>() })
    };
    let moved: Value = post(&centre, "/handovers", handing(&after, VILLAGE)).await.json();
    assert_eq!(moved, json!({ "records": [record] }));
    let page = tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await.unwrap().unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "and the successor hears of it at once");
    let listed = centre.call("GET", "/api/v1/people", &[], "").await.text();
    assert!(!listed.contains("站点"), "the station itself is nobody's to manage");
    let last = acts(&station).await.pop().unwrap();
    assert_eq!((&last["act"], &last["by"]), (&json!("hand_over"), &json!(centre.worker.id)));
}

/// An order that fails half-way leaves nothing: the records of a secret ledger can't go to a mediator.
#[tokio::test]
async fn what_is_refused_half_way_is_taken_back() {
    let station = Station::spawn().await;
    let centre = coordinator(&station, VILLAGE).await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let after = station.phone(Role::Mediator, VILLAGE).await;
    mediator.begin("dispute").await;
    mediator.begin("consultation").await;
    let handing = json!({ "from": mediator.worker.id, "to": after.worker.id, "area": VILLAGE });
    refused(&post(&centre, "/handovers", handing).await, 409, "successor-unfit");
    let areas = format!("SELECT area FROM worker_areas WHERE worker = '{}'", mediator.worker.id);
    assert_eq!(station.rows(&areas).await, [VILLAGE]);
    let kept = format!("SELECT count(*) FROM records WHERE keeper = '{}'", mediator.worker.id);
    assert_eq!(station.rows(&kept).await, ["2"]);
    assert_eq!(acts(&station).await, Vec::<Value>::new());
}

/// A command beside the station has no bell to ring; the station notices by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_hears_of_a_hand_over_from_the_command_line() {
    let station = Office::open();
    let mut before = station.phone(Role::Mediator, VILLAGE).await;
    let after = station.phone(Role::Mediator, VILLAGE).await;
    before.begin("dispute").await;
    let (from, to) = (before.worker.id.to_string(), after.worker.id.to_string());
    let waiting = tokio::spawn(async move { after.desk("wait=50").await.json::<Value>() });
    json_lines(&["worker", "hand-over", "--from", &from, "--to", &to, "--area", VILLAGE], station.data());
    let page = tokio::time::timeout(std::time::Duration::from_secs(30), waiting).await.unwrap().unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
}
