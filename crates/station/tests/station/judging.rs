//! What is accepted and what is parked, why, and that one never blocks another (invariant 5).

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    deadline::{Calendar, clock},
    entry::Entry,
    id::{Revision, Seq},
    person::Role,
    record::{Known, Record, Standing},
    wire::{Reason, Refusal},
    workflow::Obstacle,
};

use crate::support::*;

/// Opens a record of a kind and gives its id.
async fn opened(phone: &mut Phone, kind: &str) -> Uuid {
    let record = Uuid::new_v4();
    let content = phone.content(kind, record, json!({ "type": "open", "body": form(kind) }));
    let entry = phone.seal(&content);
    revision(&phone.deliver(&[entry]).await[0]);
    record
}

async fn judged(phone: &mut Phone, content: &Value) -> xunji_domain::wire::Receipt {
    let entry = phone.seal(content);
    phone.deliver(&[entry]).await.remove(0)
}

#[tokio::test]
async fn one_bad_entry_never_blocks_another() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let before = phone.open();
    let unreadable =
        json!({ "installation": phone.installation, "seq": 2, "content": { "id": Uuid::nil() } });
    let mut damaged = phone.open();
    damaged["content"]["noted_at"] = json!("2026-11-22T09:31:00+08:00");
    let parked = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": {} }));
    let parked = phone.seal(&parked);
    let after = phone.open();
    let answers =
        phone.send(&[before, unreadable, json!(7), damaged, Value::Null, parked, json!("[]"), after]).await;
    assert_eq!(answers.len(), 8);
    revision(&receipt(&answers[0]));
    assert_eq!(refusal(&answers[1]), Refusal::Unreadable);
    assert_eq!(refusal(&answers[2]), Refusal::Unreadable);
    assert_eq!(refusal(&answers[3]), Refusal::Damaged);
    assert_eq!(refusal(&answers[4]), Refusal::Unreadable);
    assert!(matches!(reason(&receipt(&answers[5])), Reason::Invalid { .. }));
    assert_eq!(refusal(&answers[6]), Refusal::Unreadable);
    revision(&receipt(&answers[7]));
    assert_eq!(station.count("entries").await, 3);
}

#[tokio::test]
async fn an_item_that_json_libraries_choke_on_is_alone_refused() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let good = phone.open();
    for bad in [
        "1e999",
        r#""\ud800""#,
        r#"{"content":{"id":"\udc00"}}"#,
        &format!("{}{}", "[".repeat(500), "]".repeat(500)),
    ] {
        let body = format!(r#"{{"entries":[{bad},{good}],"from_a_newer_phone":1}}"#);
        let reply = phone.call("POST", "/api/v1/entries", &[], body).await;
        let answers = reply.json::<xunji_domain::wire::Answers>().answers;
        assert_eq!(refusal(&answers[0]), Refusal::Unreadable, "{}", &bad[..4]);
        revision(&receipt(&answers[1]));
    }
}

#[tokio::test]
async fn a_parked_entry_is_kept_whole_and_its_repair_is_accepted() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let record = Uuid::new_v4();
    let mut body = patrol();
    body["finding"] = json!("found");
    let content = phone.content("patrol", record, json!({ "type": "open", "body": body }));
    let parked = phone.seal(&content);
    let Reason::Invalid { problems } = reason(&phone.deliver(std::slice::from_ref(&parked)).await[0]) else {
        panic!()
    };
    let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["finding_category", "description", "on_site_result"]);
    let rows = station.rows("SELECT outcome, revision, content FROM entries").await;
    assert_eq!(rows, [format!("parked||{}", content)]);
    let mut repair = phone.content("patrol", record, json!({ "type": "open", "body": patrol() }));
    repair["replaces"] = parked["content"]["id"].clone();
    assert_eq!(revision(&judged(&mut phone, &repair).await), 1);
}

#[tokio::test]
async fn each_thing_that_can_be_wrong_has_its_reason() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let record = opened(&mut phone, "patrol").await;
    let note = json!({ "type": "note", "text": "" });

    let content = phone.content("fishing", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    assert_eq!(reason(&judged(&mut phone, &content).await), Reason::UnknownKind);
    let mut content = phone.content("patrol", Uuid::new_v4(), json!({ "type": "open", "body": patrol() }));
    content["kind_version"] = json!(999);
    assert_eq!(reason(&judged(&mut phone, &content).await), Reason::UnknownKind);
    for action in
        [json!({ "type": "teleport", "to": "拉萨" }), json!({ "type": "note" }), json!(5), json!(null)]
    {
        let content = phone.content("patrol", record, action);
        assert_eq!(reason(&judged(&mut phone, &content).await), Reason::UnknownAction);
    }
    let mut content = phone.content("patrol", record, note.clone());
    content["author"] = json!(Uuid::new_v4());
    assert_eq!(reason(&judged(&mut phone, &content).await), Reason::WrongAuthor);
    let content = phone.content("patrol", record, json!({ "type": "open", "body": patrol() }));
    assert_eq!(reason(&judged(&mut phone, &content).await), Reason::AlreadyOpen);
    for action in [note, json!({ "type": "attach" }), json!({ "type": "step", "step": "close", "body": {} })]
    {
        let content = phone.content("patrol", Uuid::new_v4(), action);
        assert_eq!(reason(&judged(&mut phone, &content).await), Reason::UnknownRecord);
    }
    let amend = |field: &str, to: Value| json!({ "type": "amend", "field": field, "from": null, "to": to, "reason": "笔误" });
    for (field, to) in [("ended_at", json!("昨天")), ("village", json!("51332210")), ("finding", json!(""))]
    {
        let content = phone.content("patrol", record, amend(field, to));
        assert!(matches!(reason(&judged(&mut phone, &content).await), Reason::Invalid { .. }), "{field}");
    }
    // What the form doesn't show may be emptied; what this version doesn't know is kept.
    for (field, to) in
        [("description", json!("")), ("drone", json!({ "x": 1 })), ("patrol_kind", json!("on_horseback"))]
    {
        let content = phone.content("patrol", record, amend(field, to));
        revision(&judged(&mut phone, &content).await);
    }
}

#[tokio::test]
async fn steps_follow_the_workflow_from_the_records_folded_state() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let record = opened(&mut phone, "dispute").await;
    let step = |step: &str, body: Value| json!({ "type": "step", "step": step, "body": body });
    let obstacle = |receipt: &_| match reason(receipt) {
        Reason::Step { obstacle } => obstacle,
        other => panic!("{other:?}"),
    };

    let content = phone.content("dispute", record, step("vanish", json!({})));
    assert_eq!(obstacle(&judged(&mut phone, &content).await), Obstacle::UnknownStep);
    let close = phone.content("dispute", record, step("close", json!({})));
    assert_eq!(obstacle(&judged(&mut phone, &close).await), Obstacle::WrongState { state: "found".into() });
    let content = phone.content("dispute", record, step("agree", json!({})));
    assert!(matches!(obstacle(&judged(&mut phone, &content).await), Obstacle::Incomplete { .. }));
    let mut desk = station.phone(Role::Coordinator, VILLAGE).await;
    let content = desk.content("dispute", record, step("mediate", json!({})));
    assert_eq!(obstacle(&judged(&mut desk, &content).await), Obstacle::WrongRole);

    let content = phone.content("dispute", record, step("mediate", json!({})));
    assert_eq!(revision(&judged(&mut phone, &content).await), 2);
    let content = phone.content("dispute", record, step("agree", json!({ "agreement": "各退半米" })));
    assert_eq!(revision(&judged(&mut phone, &content).await), 3);
    let content = desk.content("dispute", record, step("close", json!({})));
    assert_eq!(revision(&judged(&mut desk, &content).await), 4, "parked steps have not moved the record");

    // Once more, and on a closed record: kept, with the state that it has by now.
    for (step_id, body) in [("close", json!({})), ("agree", json!({ "agreement": "再谈" }))] {
        let content = phone.content("dispute", record, step(step_id, body));
        let late = Obstacle::WrongState { state: "closed".into() };
        assert_eq!(obstacle(&judged(&mut phone, &content).await), late, "{step_id}");
    }
    assert_eq!(station.rows("SELECT id FROM entries WHERE reason IS NOT NULL").await.len(), 6);
}

/// The same by the version in force, where a step is also somebody's.
#[tokio::test]
async fn steps_of_the_version_in_force_follow_its_workflow_and_are_whose_they_are() {
    let station = Station::spawn().await;
    let mut phone = station.phone(Role::Mediator, VILLAGE).await;
    let mut desk = station.phone(Role::Coordinator, VILLAGE).await;
    let mut worker = station.any_phone().await;
    let record = phone.begin("dispute").await;
    let obstacle = |receipt: xunji_domain::wire::Receipt| match reason(&receipt) {
        Reason::Step { obstacle } => obstacle,
        other => panic!("{other:?}"),
    };
    let found = || Obstacle::WrongState { state: "found".into() };
    assert_eq!(obstacle(phone.step("dispute", record, "vanish", json!({})).await), Obstacle::UnknownStep);
    assert_eq!(obstacle(phone.step("dispute", record, "close", json!({})).await), found());
    assert_eq!(obstacle(phone.step("dispute", record, "part", json!({})).await), found());
    let incomplete = obstacle(phone.step("dispute", record, "agree", json!({})).await);
    assert!(matches!(incomplete, Obstacle::Incomplete { .. }));
    let stray = json!({ "agreement_form": "oral", "agreement": "各退半米", "village": "x" });
    let Obstacle::Incomplete { problems } = obstacle(phone.step("dispute", record, "agree", stray).await)
    else {
        panic!("more than was asked")
    };
    assert_eq!((problems.len(), problems[0].field.as_str()), (1, "village"));
    assert_eq!(obstacle(desk.step("dispute", record, "mediate", json!({})).await), Obstacle::NotYours);
    let own = desk.begin("dispute").await;
    let up = json!({ "escalation_reason": "x" });
    assert_eq!(obstacle(desk.step("dispute", own, "escalate", up).await), Obstacle::WrongRole);

    assert_eq!(revision(&phone.step("dispute", record, "mediate", json!({})).await), 2);
    let to = json!({ "assignee": format!("worker:{}", worker.worker.id) });
    assert_eq!(revision(&desk.step("dispute", record, "assign", to).await), 3);
    let early = Obstacle::TooEarly { step: "return".into(), times: 2 };
    let up = json!({ "escalation_reason": "已两次退回" });
    assert_eq!(obstacle(worker.step("dispute", record, "hand_up", up).await), early);
    assert_eq!(obstacle(phone.step("dispute", record, "mediate", json!({})).await), Obstacle::NotYours);
    assert_eq!(revision(&worker.step("dispute", record, "mediate", json!({})).await), 4);
    let agreement = json!({ "agreement_form": "written", "agreement": "各退半米" });
    assert_eq!(revision(&worker.step("dispute", record, "agree", agreement).await), 5);
    assert_eq!(obstacle(desk.step("dispute", record, "close", json!({})).await), Obstacle::NotYours);
    assert_eq!(revision(&worker.step("dispute", record, "close", json!({})).await), 6);
    // Once more, and on a closed record.
    for (step, body) in [("close", json!({})), ("agree", json!({ "agreement": "再谈" }))] {
        let late = Obstacle::WrongState { state: "closed".into() };
        assert_eq!(obstacle(worker.step("dispute", record, step, body).await), late, "{step}");
    }
}

/// Nobody gets around the checks of a record's definition by naming an older one.
#[tokio::test]
async fn an_entry_is_judged_by_the_definition_that_its_record_was_opened_by() {
    let station = Station::spawn().await;
    let mut phone = station.phone(Role::Mediator, VILLAGE).await;
    let record = phone.begin("dispute").await;
    let amend =
        |to: &str| json!({ "type": "amend", "field": "review_on", "from": null, "to": to, "reason": "x" });
    for version in [1, 2] {
        let mut content = phone.content("dispute", record, amend("soon"));
        content["kind_version"] = json!(version);
        let receipt = judged(&mut phone, &content).await;
        assert!(matches!(reason(&receipt), Reason::Invalid { .. }), "{version}");
    }
    let step = json!({ "type": "step", "step": "escalate", "body": { "escalation_reason": "x" } });
    let content = phone.content("dispute", record, step);
    assert_eq!(content["kind_version"], 1, "which has no such step");
    revision(&judged(&mut phone, &content).await);
}

#[tokio::test]
async fn revisions_of_a_record_count_its_accepted_entries_only() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let open = phone.open();
    let id = record(&open);
    let mut entries = vec![open];
    for at in 0..10 {
        entries.push(phone.note("patrol", if at % 2 == 0 { id } else { Uuid::new_v4() }, "x"));
    }
    phone.deliver(&entries).await;
    let query = format!("SELECT revision FROM entries WHERE record = '{id}' ORDER BY position");
    assert_eq!(station.rows(&query).await, ["1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn a_county_adds_a_ledger_without_a_new_program() {
    let station = Station::spawn_on(|data| {
        let kinds = xunji_domain::kind::Kinds::default();
        let mut kind = serde_json::to_value(kinds.exact(&"consultation".into(), 1).unwrap()).unwrap();
        kind["id"] = json!("river");
        kind["confidential"] = json!(false);
        std::fs::create_dir(data.join("kinds")).unwrap();
        std::fs::write(data.join("kinds/river.json"), kind.to_string()).unwrap();
        std::fs::write(data.join("kinds/read me.txt"), "not a ledger").unwrap();
        std::fs::write(data.join("villages.json"), r#"{"code":"510000","name":"示例县","townships":[]}"#)
            .unwrap();
    })
    .await;
    let mut phone = station.any_phone().await;
    let definitions: xunji_domain::wire::Definitions = station.get("/api/v1/kinds", &[]).await.json();
    assert_eq!(definitions.county.name, "示例县");
    assert!(definitions.kinds.iter().any(|kind| kind.id.as_str() == "river"));
    let content = phone.content("river", Uuid::new_v4(), json!({ "type": "open", "body": consultation() }));
    revision(&judged(&mut phone, &content).await);
}

#[tokio::test]
async fn a_county_has_limits_and_holidays_of_its_own() {
    let built_in = xunji_domain::kind::Kinds::default();
    let dispute = built_in.newest(&"dispute".into()).unwrap();
    let mut kind = serde_json::to_value(dispute).unwrap();
    kind["version"] = json!(dispute.version + 1);
    let states = kind["workflow"]["states"].as_array_mut().unwrap();
    let escalated = states.iter_mut().find(|state| state["id"] == "escalated").unwrap();
    escalated["limit"] = json!({ "days": 5, "working": true });
    let station = Station::spawn_on(|data| {
        std::fs::create_dir(data.join("kinds")).unwrap();
        std::fs::write(data.join("kinds/dispute.json"), kind.to_string()).unwrap();
        // The Tibetan new year is a holiday here.
        let days = json!({ "off": ["2027-02-08", "2027-02-09"], "worked": [] });
        std::fs::write(data.join("calendar.json"), days.to_string()).unwrap();
    })
    .await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let definitions: xunji_domain::wire::Definitions = station.get("/api/v1/kinds", &[]).await.json();
    let mut kinds = built_in;
    kinds.extend(definitions.kinds);
    let record = Uuid::new_v4();
    let on = "2027-02-05T09:00:00+08:00";
    let mut known = Vec::new();
    for action in [
        json!({ "type": "open", "body": form("dispute") }),
        json!({ "type": "step", "step": "escalate", "body": { "escalation_reason": "两次无果" } }),
    ] {
        let mut content = mediator.content("dispute", record, action);
        (content["kind_version"], content["noted_at"]) = (kind["version"].clone(), json!(on));
        let receipt = judged(&mut mediator, &content).await;
        let entry = Entry {
            installation: mediator.installation,
            seq: Seq(mediator.seq),
            digest: receipt.digest,
            content: serde_json::from_value(content).unwrap(),
        };
        let received_at = chrono::DateTime::parse_from_rfc3339(on).unwrap().to_utc();
        let standing =
            Standing::Accepted { revision: Revision(revision(&receipt)), received_at, signature: None };
        known.push(Known::new(entry, standing));
    }
    let record = Record::fold(&kinds, known).unwrap();
    let friday = "2027-02-05".parse().unwrap();
    let due = clock(&kinds, &definitions.calendar, &record, friday).due;
    // Friday; a weekend, two days of the new year, three working days, a weekend, two more.
    assert_eq!(due, Some("2027-02-16".parse().unwrap()));
    assert_ne!(clock(&kinds, Calendar::built_in(), &record, friday).due, due);
}

#[tokio::test]
async fn an_accepted_entry_cannot_be_undone_by_one_that_claims_to_replace_it() {
    let station = Station::spawn().await;
    let mut phone = station.any_phone().await;
    let record = opened(&mut phone, "dispute").await;
    let step = |step: &str| json!({ "type": "step", "step": step, "body": {} });
    let mediate = phone.content("dispute", record, step("mediate"));
    revision(&judged(&mut phone, &mediate).await);
    let mut note = phone.content("dispute", record, json!({ "type": "note", "text": "作废" }));
    note["replaces"] = mediate["id"].clone();
    revision(&judged(&mut phone, &note).await);
    let again = phone.content("dispute", record, step("mediate"));
    let obstacle = Obstacle::WrongState { state: "mediating".into() };
    assert_eq!(reason(&judged(&mut phone, &again).await), Reason::Step { obstacle });
}
