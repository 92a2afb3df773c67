//! The courses that records take, told at the station: who may do what in which order, and who reads of it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    person::Role,
    wire::{Reason, Receipt, RecipientFault},
    workflow::Obstacle,
};

use crate::support::*;

fn named(phone: &Phone) -> String {
    format!("worker:{}", phone.worker.id)
}

fn not_yours() -> Reason {
    Reason::Step { obstacle: Obstacle::NotYours }
}

fn in_state(state: &str) -> Reason {
    Reason::Step { obstacle: Obstacle::WrongState { state: state.into() } }
}

/// A patrol with a finding.
fn finding() -> Value {
    let mut form = patrol();
    for (field, value) in [
        ("finding", "found"),
        ("finding_category", "fire"),
        ("description", "楼道堆着柴火"),
        ("on_site_result", "reported"),
    ] {
        form[field] = json!(value);
    }
    form
}

/// The version in force.
const fn version(kind: &str) -> u32 {
    match kind.as_bytes() {
        b"legal_aid" | b"complaint" => 1,
        _ => 2,
    }
}

async fn act(phone: &mut Phone, kind: &str, record: Uuid, action: Value) -> Receipt {
    let mut content = phone.content(kind, record, action);
    content["kind_version"] = json!(version(kind));
    let entry = phone.seal(&content);
    phone.deliver(&[entry]).await.remove(0)
}

async fn open(phone: &mut Phone, kind: &str) -> Uuid {
    let record = Uuid::new_v4();
    let body = if kind == "patrol" { finding() } else { form(kind) };
    revision(&act(phone, kind, record, json!({ "type": "open", "body": body })).await);
    record
}

/// How many of a record's entries somebody finds in their own mailbox.
async fn heard(station: &Station, phone: &Phone, record: Uuid) -> usize {
    let query = format!(
        "SELECT count(*) FROM mailbox_items m JOIN entries e ON e.position = m.entry
         WHERE m.mailbox = '{}' AND e.record = '{record}' AND e.revision IS NOT NULL",
        named(phone)
    );
    station.rows(&query).await[0].parse().unwrap()
}

/// The mailboxes that the newest entry of a record is in.
async fn newest(station: &Station, record: Uuid) -> BTreeSet<String> {
    let query = format!(
        "SELECT m.mailbox FROM mailbox_items m JOIN entries e ON e.position = m.entry
         WHERE e.record = '{record}' AND e.revision = (SELECT revision FROM records WHERE id = '{record}')"
    );
    station.rows(&query).await.into_iter().collect()
}

/// The desks that hear of every record of a ledger.
fn desks(kind: &str) -> BTreeSet<String> {
    match kind {
        "consultation" | "legal_aid" => [format!("desk:{JUSTICE}")].into(),
        "complaint" => [format!("desk:{COUNTY}")].into(),
        _ => [format!("desk:{CENTRE}"), format!("oversight:{COUNTY}")].into(),
    }
}

/// The other half of the table of `entitled`: for every ledger and role whoever is assigned, was assigned before, takes
/// part, carries it on by now, and whoever of the same role works elsewhere.
#[tokio::test]
async fn for_every_ledger_and_role_those_who_get_a_record_receive_all_of_it_and_nobody_else() {
    for kind in ["patrol", "dispute", "consultation", "legal_aid", "complaint"] {
        let station = Station::spawn().await;
        let mut opener = station.phone(Role::LegalAdviser, VILLAGE).await;
        let next = station.phone(Role::LegalAdviser, VILLAGE).await;
        let mut home = match kind {
            "consultation" | "legal_aid" => station.phone(Role::JusticeOfficer, VILLAGE).await,
            "complaint" => station.sitting_at(COUNTY, Role::Coordinator).await,
            _ => station.phone(Role::Coordinator, VILLAGE).await,
        };
        let is_secret = !matches!(kind, "patrol" | "dispute");
        // Legal aid and complaints are handed to nobody by a step; their desk puts somebody else in the keeper's place.
        let assigns = !matches!(kind, "legal_aid" | "complaint");
        let from = opener.worker.id;
        let hand_to = |phone: &Phone| match (kind, assigns) {
            (_, false) => {
                json!({ "type": "hand_over", "from": from, "to": phone.worker.id, "reason": "调岗" })
            }
            ("patrol", _) => {
                json!({ "type": "step", "step": "dispatch", "body": { "assignee": named(phone) } })
            }
            _ => json!({ "type": "step", "step": "assign", "body": { "assignee": named(phone) } }),
        };
        for role in Role::ALL {
            let what = format!("{kind}: {role:?}");
            let (mut own, far) = (station.phone(role, VILLAGE).await, station.phone(role, ELSEWHERE).await);
            let record = open(&mut opener, kind).await;
            if kind == "patrol" {
                revision(&act(&mut opener, kind, record, json!({ "type": "step", "step": "report" })).await);
            }
            let is_bound = !is_secret || matches!(role, Role::LegalAdviser | Role::JusticeOfficer);
            let fault = if is_bound { RecipientFault::OutsideArea } else { RecipientFault::Confidential };
            let refused = act(&mut home, kind, record, hand_to(&far)).await;
            assert_eq!(reason(&refused), Reason::Recipient { fault }, "{what} elsewhere");
            let handed = act(&mut home, kind, record, hand_to(&own)).await;
            if !is_bound {
                assert_eq!(reason(&handed), Reason::Recipient { fault }, "{what}");
                assert_eq!(heard(&station, &own, record).await, 0, "{what}");
                continue;
            }
            let all = revision(&handed) as usize;
            assert_eq!(heard(&station, &own, record).await, all, "{what}: assigned, with the whole history");
            let note = json!({ "type": "note", "text": "又来电" });
            revision(&act(&mut own, kind, record, note.clone()).await);
            let mut expected = desks(kind);
            expected.insert(named(&own));
            if assigns {
                expected.insert(named(&opener));
                assert_eq!(newest(&station, record).await, expected, "{what}: assigned");
                // What is passed on stays with whoever has it until they have done something about it.
                let done = match kind {
                    "patrol" => Some(("handle", json!({ "handling_result": "已清理" }))),
                    "consultation" => Some(("answer", json!({ "reply": "可申请劳动仲裁" }))),
                    _ => None,
                };
                if let Some((step, body)) = done {
                    revision(&own.step(kind, record, step, body).await);
                }
                revision(&act(&mut home, kind, record, hand_to(&next)).await);
                let all = revision(&act(&mut opener, kind, record, note).await) as usize;
                expected.insert(named(&next));
                assert_eq!(newest(&station, record).await, expected, "{what}: before");
                assert_eq!(heard(&station, &next, record).await, all, "{what}");
            } else {
                assert_eq!(
                    newest(&station, record).await,
                    expected,
                    "{what}: keeper, and no longer its opener"
                );
            }
            assert_eq!(heard(&station, &far, record).await, 0, "{what} elsewhere");
            if kind == "dispute" {
                let record = open(&mut opener, kind).await;
                revision(&home.step(kind, record, "accept", json!({})).await);
                let join = |phone: &Phone| json!({ "partners": [named(phone)] });
                let refused = home.step(kind, record, "join", join(&far)).await;
                assert_eq!(reason(&refused), Reason::Recipient { fault }, "{what} elsewhere");
                revision(&home.step(kind, record, "join", join(&own)).await);
                assert_eq!(heard(&station, &own, record).await, 3, "{what}: partner");
                let part = json!({ "part_of": named(&own), "part": "不涉公共区域" });
                revision(&own.step(kind, record, "part", part).await);
                let mut expected = desks(kind);
                expected.extend([named(&opener), named(&own)]);
                assert_eq!(newest(&station, record).await, expected, "{what}: partner");
                assert_eq!(heard(&station, &far, record).await, 0, "{what} elsewhere");
            }
        }
    }
}

/// 包案: whoever answers for a case, and nobody else, brings it to its end.
#[tokio::test]
async fn only_whoever_answers_for_a_case_closes_it() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let mut leader = station.phone(Role::Coordinator, VILLAGE).await;
    let record = mediator.begin("dispute").await;
    let early = centre.step("dispute", record, "lead", json!({})).await;
    assert!(matches!(reason(&early), Reason::Step { obstacle: Obstacle::Incomplete { .. } }), "for nobody");
    revision(&centre.step("dispute", record, "lead", json!({ "leader": named(&leader) })).await);
    assert_eq!(heard(&station, &leader, record).await, 2);
    let agreement = json!({ "agreement_form": "written", "agreement": "各退半米" });
    for other in [&mut mediator, &mut centre] {
        let refused = other.step("dispute", record, "agree", agreement.clone()).await;
        assert_eq!(reason(&refused), not_yours());
    }
    revision(&leader.step("dispute", record, "agree", agreement).await);
    for other in [&mut mediator, &mut centre] {
        assert_eq!(reason(&other.step("dispute", record, "close", json!({})).await), not_yours());
    }
    revision(&leader.step("dispute", record, "close", json!({})).await);
    let again = leader.step("dispute", record, "close", json!({})).await;
    assert_eq!(reason(&again), in_state("closed"));
}

/// 上报 → 分流 → 处置 → 反馈 → 办结 → 评价, each by whose turn it is and by nobody else.
#[tokio::test]
async fn a_finding_goes_round_from_the_grid_to_the_grid() {
    let station = Station::spawn().await;
    let mut finder = station.phone(Role::GridWorker, VILLAGE).await;
    let mut handler = station.phone(Role::GridWorker, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let record = open(&mut finder, "patrol").await;
    let to = json!({ "assignee": named(&handler) });
    let early = centre.step("patrol", record, "dispatch", to.clone()).await;
    assert_eq!(reason(&early), in_state("recorded"), "before it is reported");
    assert_eq!(reason(&centre.step("patrol", record, "report", json!({})).await), not_yours());
    revision(&finder.step("patrol", record, "report", json!({})).await);
    assert_eq!(reason(&finder.step("patrol", record, "dispatch", to.clone()).await), not_yours());
    revision(&centre.step("patrol", record, "dispatch", to).await);
    assert_eq!(heard(&station, &handler, record).await, 3);
    let handled = json!({ "handling_result": "已清理" });
    assert_eq!(reason(&finder.step("patrol", record, "handle", handled.clone()).await), not_yours());
    revision(&handler.step("patrol", record, "handle", handled).await);
    revision(&handler.step("patrol", record, "answer", json!({ "feedback": "已告知" })).await);
    assert_eq!(reason(&handler.step("patrol", record, "close", json!({})).await), not_yours());
    revision(&centre.step("patrol", record, "close", json!({})).await);
    let rating = json!({ "satisfaction": "4" });
    assert_eq!(reason(&handler.step("patrol", record, "rate", rating.clone()).await), not_yours());
    revision(&finder.step("patrol", record, "rate", rating).await);
    assert_eq!(heard(&station, &finder, record).await, 7, "who found it reads all of it");
}

/// Assigned at the justice office, answered, rated; the centres neither read nor touch it.
#[tokio::test]
async fn a_consultation_is_assigned_at_the_justice_office_answered_and_rated() {
    let station = Station::spawn().await;
    let mut village = station.phone(Role::LegalAdviser, VILLAGE).await;
    let mut adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    let mut office = station.phone(Role::JusticeOfficer, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let record = open(&mut village, "consultation").await;
    let to = json!({ "assignee": named(&adviser) });
    let refused = centre.step("consultation", record, "assign", to.clone()).await;
    assert_eq!(reason(&refused), Reason::UnknownRecord, "not even that there is one");
    assert_eq!(reason(&village.step("consultation", record, "assign", to.clone()).await), not_yours());
    revision(&office.step("consultation", record, "assign", to).await);
    let answer = json!({ "reply": "可申请劳动仲裁" });
    assert_eq!(reason(&village.step("consultation", record, "answer", answer.clone()).await), not_yours());
    revision(&adviser.step("consultation", record, "answer", answer).await);
    revision(&adviser.step("consultation", record, "close", json!({ "closing": "已答复" })).await);
    revision(&village.step("consultation", record, "rate", json!({ "satisfaction": "5" })).await);
    for phone in [&village, &adviser] {
        assert_eq!(heard(&station, phone, record).await, 5);
    }
    let leaks = station.rows("SELECT 1 FROM mailbox_items WHERE mailbox LIKE '%_centre:%'").await;
    assert_eq!(leaks, Vec::<String>::new());
    assert_eq!(centre.received().await.len(), 1, "what was sent in vain");
}
