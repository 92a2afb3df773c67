//! People, desks and areas: who is let in, who sits where, and who takes over from whom.

use std::{fs, path::Path};

use serde_json::{Value, json};
use sqlx::Connection;
use tempfile::TempDir;
use uuid::Uuid;
use xunji_domain::{
    id::InstallationId,
    person::Role,
    wire::{Enrolment, Me, Reason, RecipientFault},
};
use xunji_station::db;

use crate::{program::*, support::*};

/// Runs a command that must succeed, and gives the lines of its JSON.
pub fn json_lines(args: &[&str], data: &Path) -> Vec<Value> {
    let args = [args, &["--json"]].concat();
    printed(&run(&args, data)).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The rows of the audit trail, as what was done.
fn audited(data: &Path) -> Vec<Value> {
    json_lines(&["audit"], data).into_iter().map(|line| line["what"].clone()).collect()
}

async fn me(phone: &Phone) -> Me {
    phone.call("GET", "/api/v1/me", &[], "").await.json()
}

/// A station in a process of its own, as the commands beside it find it.
pub struct Office {
    pub served: Served,
    folder: TempDir,
}

impl Office {
    pub fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { served: Served::start(folder.path()), folder }
    }

    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    pub async fn phone(&self, role: Role, village: &str) -> Phone {
        let args = ["enrol", "--name", "张三", "--role", role.as_str(), "--village", village, "--json"];
        enrolled(&self.served, &run(&args, self.data())).await.0
    }

    pub async fn phone_of(&self, worker: &str) -> Phone {
        enrolled(&self.served, &run(&["enrol", "--worker", worker, "--json"], self.data())).await.0
    }

    pub fn code_for(&self, worker: &str) -> String {
        json_lines(&["enrol", "--worker", worker], self.data())[0]["code"].as_str().unwrap().to_owned()
    }

    pub async fn redeem(&self, code: &str, installation: InstallationId) -> Reply {
        let body = json!({ "code": code, "installation": installation }).to_string();
        request(self.served.address, "POST", "/api/v1/enrolments", &[], body).await
    }

    pub async fn rows(&self, query: &str) -> Vec<String> {
        rows(&self.data().join("station.sqlite"), query).await
    }
}

fn add(data: &Path, args: &[&str]) -> String {
    let args = [&["worker", "add", "--name", "李四", "--village", VILLAGE], args].concat();
    json_lines(&args, data)[0]["worker"]["id"].as_str().unwrap().to_owned()
}

fn open_dispute(phone: &mut Phone) -> Value {
    let content = phone.content("dispute", Uuid::new_v4(), json!({ "type": "open", "body": dispute() }));
    phone.seal(&content)
}

#[tokio::test]
async fn somebody_with_two_roles_sits_at_both_desks_and_the_phone_hears_of_it() {
    let station = Office::open();
    let data = station.data();
    let id = add(data, &["--role", "mediator", "--role", "justice_officer", "--area", "513322100000"]);
    let phone = station.phone_of(&id).await;
    let found = me(&phone).await;
    assert_eq!(found.worker.roles(), [Role::Mediator, Role::JusticeOfficer]);
    assert_eq!(found.worker.role, Role::Mediator, "what the first phones read");
    assert_eq!(found.worker.areas()[0].as_str(), "513322100");
    assert_eq!(found.desks.iter().map(|desk| desk.name.as_str()).collect::<Vec<_>>(), ["泸定县司法局"]);

    run(
        &[
            "desk",
            "add",
            "--desk",
            "police:luqiao",
            "--kind",
            "police",
            "--name",
            "泸桥派出所",
            "--area",
            "513322100",
        ],
        data,
    );
    let again = run(
        &["desk", "add", "--desk", "police:luqiao", "--kind", "court", "--name", "法庭", "--area", "513322"],
        data,
    );
    assert_eq!(again.status.code(), Some(2), "{}", said(&again));
    json_lines(&["desk", "rename", "--desk", "police:luqiao", "--name", "泸桥中心派出所"], data);
    json_lines(&["desk", "seat", "--desk", "police:luqiao", "--worker", &id], data);
    assert!(me(&phone).await.desks.iter().any(|desk| desk.name == "泸桥中心派出所"));
    json_lines(&["desk", "unseat", "--desk", "police:luqiao", "--worker", &id], data);
    assert_eq!(me(&phone).await.desks.len(), 1);
    let acts: Vec<_> = audited(data).into_iter().map(|what| what["act"].clone()).collect();
    assert_eq!(acts, ["add_worker", "code", "add_desk", "rename_desk", "seat", "unseat"]);
    let listed = json_lines(&["worker", "list"], data);
    let listed = listed.iter().find(|line| line["id"] == id).unwrap();
    assert_eq!(
        (&listed["state"], &listed["roles"]),
        (&json!("enrolled"), &json!(["mediator", "justice_officer"]))
    );
}

#[tokio::test]
async fn a_partner_passes_for_a_mediator_where_only_first_phones_look() {
    let station = Office::open();
    let phone = station.phone(Role::Partner, VILLAGE).await;
    let reply: Value = phone.call("GET", "/api/v1/me", &[], "").await.json();
    assert_eq!(
        (&reply["worker"]["role"], &reply["worker"]["roles"]),
        (&json!("mediator"), &json!(["partner"]))
    );
}

#[tokio::test]
async fn a_suspended_person_is_not_let_in_until_resumed() {
    let station = Office::open();
    let mut phone = station.phone(Role::GridWorker, VILLAGE).await;
    let id = phone.worker.id.to_string();
    json_lines(&["worker", "suspend", "--worker", &id], station.data());
    let waiting = phone.open();
    let reply = phone.try_send(std::slice::from_ref(&waiting)).await;
    assert_eq!((reply.status, reply.problem().as_str()), (401, "/problems/suspended"));
    let refused = run(&["enrol", "--worker", &id], station.data());
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("worker resume"), "{}", said(&refused));
    json_lines(&["worker", "resume", "--worker", &id], station.data());
    revision(&phone.deliver(&[waiting]).await[0]);
    let acts: Vec<_> = audited(station.data()).into_iter().map(|what| what["act"].clone()).collect();
    assert_eq!(acts, ["add_worker", "code", "suspend", "resume"]);
    let nobody = run(&["worker", "suspend", "--worker", &Uuid::new_v4().to_string()], station.data());
    assert_eq!(nobody.status.code(), Some(2));
}

#[tokio::test]
async fn a_code_made_before_somebody_was_suspended_lets_no_phone_in() {
    let station = Office::open();
    let worker = add(station.data(), &["--role", "grid_worker"]);
    let code = station.code_for(&worker);
    json_lines(&["worker", "suspend", "--worker", &worker], station.data());
    let reply = station.redeem(&code, InstallationId::new(Uuid::new_v4())).await;
    assert_eq!((reply.status, reply.problem().as_str()), (401, "/problems/suspended"));
}

/// What a lost phone still holds is neither taken from whoever found it, nor lost.
#[tokio::test]
async fn a_revoked_phone_is_shut_out_and_its_unsent_entries_come_once_it_is_enrolled_again() {
    let station = Office::open();
    let mut phone = station.phone(Role::GridWorker, VILLAGE).await;
    let (sent, unsent) = (phone.open(), phone.open());
    phone.deliver(&[sent]).await;
    let beginning = &phone.installation.to_string()[..8];
    json_lines(&["worker", "revoke", "--installation", beginning], station.data());
    for (method, path, body) in [
        ("POST", "/api/v1/entries", json!({ "entries": [unsent] }).to_string()),
        ("GET", "/api/v1/mailbox", String::new()),
        ("GET", "/api/v1/me", String::new()),
    ] {
        let reply = phone.call(method, path, &[], body).await;
        assert_eq!((reply.status, reply.problem().as_str()), (401, "/problems/revoked"), "{method} {path}");
    }
    assert_eq!(station.rows("SELECT id FROM entries").await.len(), 1);
    let phones = json_lines(&["worker", "phones", "--worker", &phone.worker.id.to_string()], station.data());
    assert!(phones[0]["revoked_at"].is_string());

    let code = station.code_for(&phone.worker.id.to_string());
    let replayed = phone.token.clone();
    let enrolment: Enrolment = station.redeem(&code, phone.installation).await.json();
    phone.token = enrolment.token;
    revision(&phone.deliver(&[unsent]).await[0]);
    phone.token = replayed;
    let reply = phone.call("GET", "/api/v1/mailbox", &[], "").await;
    assert_eq!(
        (reply.status, reply.problem().as_str()),
        (401, "/problems/unauthorized"),
        "the old token is dead"
    );
}

#[tokio::test]
async fn a_village_is_handed_over_with_its_open_work() {
    let station = Office::open();
    let mut before = station.phone(Role::Mediator, VILLAGE).await;
    let after = station.phone(Role::Mediator, ELSEWHERE).await;
    let (open, elsewhere, done) = (open_dispute(&mut before), before.open(), before.open());
    before.deliver(&[open.clone(), elsewhere, done]).await;
    let (from, to) = (before.worker.id.to_string(), after.worker.id.to_string());
    let order = [
        "worker",
        "hand-over",
        "--from",
        &from,
        "--to",
        &to,
        "--area",
        VILLAGE,
        "--reason",
        "退休",
        "--by",
        "王主任",
    ];
    let moved = json_lines(&order, station.data());
    assert_eq!(
        moved[0]["records"],
        json!([record(&open)]),
        "patrols are at their end when they are recorded"
    );

    let page = after.mailbox(0).await;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "the whole history and who handed it over");
    assert_eq!(items[0]["entry"]["content"]["id"], open["content"]["id"]);
    let action = &items[1]["entry"]["content"]["action"];
    assert_eq!(
        (&action["type"], &action["to"], &action["reason"]),
        (&json!("hand_over"), &json!(to), &json!("退休"))
    );
    let names: Vec<_> =
        page["people"].as_array().unwrap().iter().map(|worker| worker["name"].clone()).collect();
    assert!(names.contains(&json!("站点")), "{names:?}");

    // The successor carries on, and the predecessor hears no more of it.
    let mut after = after;
    let note = after.note("dispute", record(&open), "已接手");
    revision(&after.deliver(std::slice::from_ref(&note)).await[0]);
    let late = before.note("dispute", record(&open), "补记");
    assert_eq!(reason(&before.deliver(std::slice::from_ref(&late)).await[0]), Reason::NotEntitled);
    let heard = before.received().await;
    assert!(!heard.contains(&id(&note)) && heard.contains(&id(&late)));
    let areas =
        station.rows(&format!("SELECT area FROM worker_areas WHERE worker = '{to}' ORDER BY area")).await;
    assert_eq!(areas, [VILLAGE, ELSEWHERE]);
    assert_eq!(
        station.rows(&format!("SELECT area FROM worker_areas WHERE worker = '{from}'")).await,
        [""; 0]
    );
    let audited = audited(station.data());
    let what = audited.iter().find(|what| what["act"] == "hand_over").unwrap();
    assert_eq!(
        (&what["act"], &what["by"], &what["records"]),
        (&json!("hand_over"), &json!("王主任"), &json!(1))
    );
    assert!(printed(&run(&["check"], station.data())).contains("no damage"));
    // Once more is nothing more.
    assert_eq!(json_lines(&order, station.data())[0]["records"], json!([]));
}

#[tokio::test]
async fn nothing_is_handed_over_to_whoever_may_not_take_all_of_it() {
    let station = Office::open();
    let mut before = station.phone(Role::LegalAdviser, VILLAGE).await;
    let mediator = add(station.data(), &["--role", "mediator"]);
    let secret =
        before.content("consultation", Uuid::new_v4(), json!({ "type": "open", "body": consultation() }));
    let (open, secret) = (open_dispute(&mut before), before.seal(&secret));
    before.deliver(&[open, secret]).await;
    let (from, to) = (before.worker.id.to_string(), mediator);
    let order = ["worker", "hand-over", "--from", &from, "--to", &to, "--area", VILLAGE];
    let refused = run(&order, station.data());
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("consultation") && said(&refused).contains("nothing was handed over"));
    assert_eq!(station.rows("SELECT id FROM entries").await.len(), 2, "not even the dispute");
    assert_eq!(
        station.rows(&format!("SELECT area FROM worker_areas WHERE worker = '{from}'")).await,
        [VILLAGE]
    );
    json_lines(&["worker", "suspend", "--worker", &to], station.data());
    assert!(said(&run(&order, station.data())).contains("suspended"));
}

#[tokio::test]
async fn a_coordinator_hands_a_record_over_and_nobody_else_does() {
    let station = Office::open();
    let mut keeper = station.phone(Role::Mediator, VILLAGE).await;
    let mut coordinator = station.phone(Role::Coordinator, VILLAGE).await;
    let successor = add(station.data(), &["--role", "mediator"]);
    let far = add(station.data(), &["--role", "mediator", "--area", ELSEWHERE]);
    let open = open_dispute(&mut keeper);
    keeper.deliver(std::slice::from_ref(&open)).await;
    let keeper_id = keeper.worker.id;
    let judged = async |phone: &mut Phone, to: String| {
        let action = json!({ "type": "hand_over", "from": keeper_id, "to": to, "reason": "调岗" });
        let content = phone.content("dispute", record(&open), action);
        let entry = phone.seal(&content);
        phone.deliver(&[entry]).await.remove(0)
    };
    assert_eq!(reason(&judged(&mut keeper, successor.clone()).await), Reason::NotEntitled);
    for (to, fault) in
        [(Uuid::new_v4().to_string(), RecipientFault::Unknown), (far, RecipientFault::OutsideArea)]
    {
        assert_eq!(reason(&judged(&mut coordinator, to).await), Reason::Recipient { fault });
    }
    assert_eq!(revision(&judged(&mut coordinator, successor.clone()).await), 2);
}

fn list(folder: &Path, bytes: &[u8]) -> String {
    let file = folder.join("list.csv");
    fs::write(&file, bytes).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_list_is_imported_once_in_utf_8_or_gbk_and_a_dry_run_changes_nothing() {
    let station = Office::open();
    let folder = tempfile::tempdir().unwrap();
    let text = "工号,姓名,角色,村(社区)代码,区域\r\nA1,扎西,网格员,513322100201,513322100201003\r\n\
                A2,王五,人民调解员；法律顾问,513322100201,\r\n";
    let gbk = encoding_rs::GBK.encode(text).0.into_owned();
    let file = list(folder.path(), &gbk);
    let dry = json_lines(&["import", &file, "--dry-run"], station.data());
    assert_eq!((&dry[0]["added"], &dry[0]["dry_run"]), (&json!(2), &json!(true)));
    assert_eq!(station.rows("SELECT id FROM workers").await, [""; 0]);
    let spoken = printed(&run(&["import", &file], station.data()));
    assert!(spoken.contains("read as GBK") && spoken.contains("2 people added"), "{spoken}");
    let file = list(folder.path(), &[b"\xEF\xBB\xBF", text.as_bytes()].concat());
    let again = json_lines(&["import", &file], station.data());
    assert_eq!((&again[0]["added"], &again[0]["known"]), (&json!(0), &json!(2)));
    let people = station.rows("SELECT w.code, w.name, group_concat(r.role, ',' ORDER BY r.place) FROM workers w JOIN worker_roles r ON r.worker = w.id GROUP BY w.id ORDER BY w.code").await;
    assert_eq!(people, ["A1|扎西|grid_worker", "A2|王五|mediator,legal_adviser"]);
}

#[tokio::test]
async fn a_list_with_a_single_fault_changes_nothing_and_says_where_it_is() {
    let station = Office::open();
    let folder = tempfile::tempdir().unwrap();
    let right = "A1,扎西,网格员,513322100201,,\n";
    for (rest, line, word) in [
        ("A1,王五,网格员,513322100201,,\n", "line 3", "stands on line 2 already"),
        ("A2,=cmd|'/C calc'!A0,网格员,513322100201,,\n", "line 3", "formula"),
        ("A2,王五,市长,513322100201,,\n", "line 3", "role"),
        ("A2,王五,网格员,5.13322E+11,,\n", "line 3", "rounded"),
        ("A2,王五,网格员,513322100000,,\n", "line 3", "village"),
        (",王五,网格员,513322100201,,\n", "line 3", "number"),
        ("A2,,网格员,513322100201,,\n", "line 3", "name"),
        ("A2,王五,网格员,513322100201,51332,\n", "line 3", "area"),
        ("A2,王五,协办单位人员,513322100201,,nowhere\n", "line 3", "desk"),
        ("A2,\"王五,网格员,513322100201,,\n", "line 3", "quotation"),
        ("A2,王五\n", "line 3", "role"),
    ] {
        let file = list(folder.path(), format!("工号,姓名,角色,村,区域,席位\n{right}{rest}").as_bytes());
        let refused = run(&["import", &file], station.data());
        assert_eq!(refused.status.code(), Some(2), "{rest}");
        let said = said(&refused);
        assert!(
            said.contains(line) && said.contains(word) && said.contains("Nothing was imported"),
            "{rest}: {said}"
        );
        assert!(!said.contains("王五"), "names are not for logs");
    }
    for (bytes, word) in [
        (&b""[..], "empty"),
        (b"\xFF\xFE\x41\x00", "UTF-16"),
        (b"PK\x03\x04", "spreadsheet"),
        ("工号,姓名,角色\n".as_bytes(), "no column"),
        ("工号,姓名,姓名,角色,村\n".as_bytes(), "two columns"),
        (&"工号,姓名,角色,村\nA1,扎西".as_bytes()[..33], "neither"),
    ] {
        let file = list(folder.path(), bytes);
        assert!(said(&run(&["import", &file], station.data())).contains(word), "{word}");
    }
    assert_eq!(station.rows("SELECT id FROM workers").await, [""; 0]);
}

/// A station of the days before desks keeps its people's seats and the desks' mailboxes.
#[tokio::test]
async fn an_older_database_gets_its_desks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("station.sqlite");
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut old = sqlx::SqliteConnection::connect(&url).await.unwrap();
    for file in &xunji_station::db::schema::FILES[..4] {
        sqlx::raw_sql(file).execute(&mut old).await.unwrap();
    }
    let coordinator = Uuid::new_v4();
    let rest = format!(
        "INSERT INTO workers VALUES ('{coordinator}', '王主任', 'coordinator', '{VILLAGE}', '2026-01-01T00:00:00.000Z');
         INSERT INTO mailboxes VALUES ('desk:coordinator:513322100', 0), ('desk:justice', 0);
         PRAGMA application_id = {}; PRAGMA user_version = 4;",
        xunji_station::db::check::APPLICATION_ID
    );
    sqlx::raw_sql(&rest).execute(&mut old).await.unwrap();
    old.close().await.unwrap();
    let mut connection = db::open_writer(&path).await.unwrap();
    let mailboxes: Vec<String> =
        sqlx::query_scalar("SELECT id FROM mailboxes ORDER BY id").fetch_all(&mut connection).await.unwrap();
    assert_eq!(mailboxes, ["desk:justice_office:513322", "desk:township_centre:513322100"]);
    let seats: Vec<String> = sqlx::query_scalar("SELECT desk || ' ' || worker FROM seats")
        .fetch_all(&mut connection)
        .await
        .unwrap();
    assert_eq!(seats, [format!("township_centre:513322100 {coordinator}")]);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn no_row_of_the_audit_trail_can_be_changed_or_taken_out_unnoticed() {
    let tampering = [
        ("UPDATE audit SET what = replace(what, 'suspend', 'resume') WHERE place = 2", 2),
        ("UPDATE audit SET at = '2026-01-01T00:00:00.000Z' WHERE place = 1", 1),
        ("UPDATE audit SET hash = zeroblob(32) WHERE place = 3", 3),
        ("DELETE FROM audit WHERE place = 2", 2),
        ("DELETE FROM audit WHERE place = 3", 3),
        ("DELETE FROM audit", 1),
    ];
    for (sql, place) in tampering {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(folder.path());
        let worker = add(folder.path(), &["--role", "mediator"]);
        json_lines(&["worker", "suspend", "--worker", &worker], folder.path());
        json_lines(&["worker", "resume", "--worker", &worker], folder.path());
        served.signal("-TERM");
        assert_eq!(served.ended().0, Some(0));
        assert!(printed(&run(&["check"], folder.path())).contains("no damage"));
        let url = format!("sqlite://{}", folder.path().join("station.sqlite").display());
        let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let found = run(&["check"], folder.path());
        assert_eq!(found.status.code(), Some(5), "{sql}");
        let spoken = String::from_utf8(found.stdout).unwrap();
        assert!(spoken.contains(&format!("broken at the place {place}")), "{sql}: {spoken}");
    }
}
