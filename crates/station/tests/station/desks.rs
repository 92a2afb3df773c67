//! Desks: who sees what of a record that goes up, sideways and back, what is withheld, and who read it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    desk::DeskKind,
    person::Role,
    wire::{Reason, RecipientFault},
    workflow::Obstacle,
};

use crate::support::*;

/// The mailboxes that have anything of a record.
async fn mailboxes(station: &Station, record: Uuid) -> BTreeSet<String> {
    let query = format!(
        "SELECT DISTINCT m.mailbox FROM mailbox_items m JOIN entries e ON e.position = m.entry
         WHERE e.record = '{record}' AND e.revision IS NOT NULL"
    );
    station.rows(&query).await.into_iter().collect()
}

fn named(phone: &Phone) -> String {
    format!("worker:{}", phone.worker.id)
}

fn set<const N: usize>(names: [String; N]) -> BTreeSet<String> {
    names.into()
}

/// What each relation finds in its mailbox: own, own area, other area, other desk. Those who get a record are in
/// `courses`.
#[tokio::test]
async fn for_every_ledger_and_relation_exactly_those_entitled_receive_an_entry() {
    for kind in ["patrol", "dispute", "consultation", "legal_aid", "complaint"] {
        let station = Station::spawn().await;
        station.add_desk("police:luqiao", DeskKind::Police, "513322100").await;
        let (partner, far) = (Role::Partner, "513322103201");
        let mut everybody = BTreeMap::new();
        for role in Role::ALL {
            everybody.insert(format!("{role:?} of the village"), station.phone(role, VILLAGE).await);
            everybody.insert(format!("{role:?} elsewhere"), station.phone(role, far).await);
        }
        everybody.insert("county".to_owned(), station.sitting_at(COUNTY, Role::Coordinator).await);
        everybody.insert("police".to_owned(), station.sitting_at("police:luqiao", partner).await);
        let mut author = station.phone(Role::LegalAdviser, VILLAGE).await;
        let record = Uuid::new_v4();
        let mut content = author.content(kind, record, json!({ "type": "open", "body": form(kind) }));
        content["kind_version"] = json!(if matches!(kind, "complaint" | "legal_aid") { 1 } else { 2 });
        let entry = author.seal(&content);
        revision(&author.deliver(std::slice::from_ref(&entry)).await[0]);
        let expected = match kind {
            "consultation" | "legal_aid" => set([named(&author), format!("desk:{JUSTICE}")]),
            "complaint" => set([named(&author), format!("desk:{COUNTY}")]),
            _ => set([named(&author), format!("desk:{CENTRE}"), format!("oversight:{COUNTY}")]),
        };
        assert_eq!(mailboxes(&station, record).await, expected, "{kind}");
        // And what each of them really gets to read, wherever they may look.
        for (who, phone) in &everybody {
            assert_eq!(phone.received().await, Vec::<String>::new(), "{kind}: {who}");
            for desk in [CENTRE, COUNTY, JUSTICE, "police:luqiao", "township_centre:513322103"] {
                for oversight in ["", "&oversight=true"] {
                    let reply = phone.desk(&format!("desk={desk}{oversight}")).await;
                    let sits = station
                        .rows(&format!(
                            "SELECT 1 FROM seats WHERE desk = '{desk}' AND worker = '{}'",
                            phone.worker.id
                        ))
                        .await;
                    if sits.is_empty() {
                        assert_eq!((reply.status, reply.problem().as_str()), (404, "/problems/not-found"));
                        continue;
                    }
                    let page: Value = reply.json();
                    let mailbox =
                        format!("{}:{desk}", if oversight.is_empty() { "desk" } else { "oversight" });
                    let is_there = !items(&page).is_empty();
                    assert_eq!(is_there, expected.contains(&mailbox), "{kind}: {who} at {mailbox}");
                    for item in items(&page) {
                        let whole = item["entry"]["content"] == entry["content"];
                        // A patrol without a finding has nothing to withhold.
                        assert_eq!(
                            whole,
                            oversight.is_empty() || kind == "patrol",
                            "{kind}: {who} at {mailbox}"
                        );
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_is_assigned_a_case_who_is_suspended_or_works_elsewhere_or_is_unknown() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = crate::staff::coordinator(&station, VILLAGE).await;
    let worker = station.add_worker(Role::GridWorker, VILLAGE).await;
    let far = station.add_worker(Role::GridWorker, "513322103201").await;
    let record = mediator.begin("dispute").await;
    let suspended = |suspended: bool| json!({ "suspended": suspended }).to_string();
    let path = format!("/api/v1/people/{}", worker.id);
    assert_eq!(centre.call("PATCH", &path, &[], suspended(true)).await.status, 200);
    for (to, fault) in [
        (worker.id.to_string(), RecipientFault::Suspended),
        (far.id.to_string(), RecipientFault::OutsideArea),
        (Uuid::new_v4().to_string(), RecipientFault::Unknown),
    ] {
        let assigned =
            centre.step("dispute", record, "assign", json!({ "assignee": format!("worker:{to}") })).await;
        assert_eq!(reason(&assigned), Reason::Recipient { fault });
    }
    // The case is where it was, and can be handed to whoever is back.
    assert_eq!(centre.call("PATCH", &path, &[], suspended(false)).await.status, 200);
    let to = json!({ "assignee": format!("worker:{}", worker.id) });
    assert_eq!(revision(&centre.step("dispute", record, "assign", to).await), 2);
}

#[tokio::test]
async fn a_record_that_goes_up_sideways_and_back_is_followed_by_those_it_concerns() {
    let station = Station::spawn().await;
    station.add_desk("police:luqiao", DeskKind::Police, "513322100").await;
    station.add_desk("court:far", DeskKind::Court, "513322103").await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let mut county = station.sitting_at(COUNTY, Role::Coordinator).await;
    let mut police = station.sitting_at("police:luqiao", Role::Partner).await;
    let mut worker = station.any_phone().await;
    let record = mediator.begin("dispute").await;
    let always = || set([named(&mediator), format!("desk:{CENTRE}"), format!("oversight:{COUNTY}")]);
    let keeper = always();
    revision(&mediator.step("dispute", record, "escalate", json!({ "escalation_reason": "两次无果" })).await);
    assert_eq!(newest(&station, record).await, keeper, "the centre has it anyway");

    revision(
        &centre.step("dispute", record, "escalate_county", json!({ "escalation_reason": "跨镇" })).await,
    );
    let with_county = |mut of: BTreeSet<String>, author: &Phone| {
        of.extend([format!("desk:{COUNTY}"), named(author)]);
        of
    };
    assert_eq!(newest(&station, record).await, with_county(keeper.clone(), &centre));
    let page: Value = county.desk(&format!("desk={COUNTY}")).await.json();
    assert_eq!(items(&page).len(), 3, "the whole history, not masked");
    assert!(
        page.to_string().contains("王五") && items(&page).iter().all(|item| item.get("masked").is_none())
    );
    // What the county did not hold it can't do; what it holds it returns.
    revision(&county.step("dispute", record, "return", json!({ "return_reason": "镇里先办" })).await);
    revision(&centre.step("dispute", record, "join", json!({ "partners": ["desk:police:luqiao"] })).await);
    assert!(newest(&station, record).await.contains("desk:police:luqiao"));
    assert!(
        !newest(&station, record).await.contains(&format!("desk:{COUNTY}")),
        "returned is no longer theirs"
    );
    let far = centre.step("dispute", record, "join", json!({ "partners": ["desk:court:far"] })).await;
    assert_eq!(reason(&far), Reason::Recipient { fault: RecipientFault::OutsideArea });

    let part = json!({ "part_of": "desk:police:luqiao", "part": "不涉公共区域" });
    revision(&police.step("dispute", record, "part", part.clone()).await);
    let mut more = part;
    more["title"] = json!("别的标题");
    let Reason::Step { obstacle: Obstacle::Incomplete { problems } } =
        reason(&police.step("dispute", record, "part", more).await)
    else {
        panic!("nothing but its part")
    };
    assert_eq!((problems.len(), problems[0].field.as_str()), (1, "title"));
    let amend = json!({ "type": "amend", "field": "title", "from": "宅基地边界", "to": "x", "reason": "x" });
    let amend = police.act("dispute", record, amend);
    assert_eq!(reason(&police.deliver(&[amend]).await[0]), Reason::NotEntitled);

    let body = json!({ "assignee": named(&worker) });
    revision(&centre.step("dispute", record, "assign", body.clone()).await);
    assert_eq!(worker.received().await.len(), 7, "whoever is assigned gets all of it");
    let refused = worker.step("dispute", record, "lead", json!({ "leader": named(&worker) })).await;
    assert_eq!(reason(&refused), Reason::Step { obstacle: Obstacle::NotYours });
    revision(&worker.step("dispute", record, "return", json!({ "return_reason": "不在本网格" })).await);
    let before = worker.received().await.len();
    let note = mediator.act("dispute", record, json!({ "type": "note", "text": "后续" }));
    revision(&mediator.deliver(&[note]).await[0]);
    assert_eq!(worker.received().await.len(), before, "it is theirs no longer");
    let late = worker.act("dispute", record, json!({ "type": "note", "text": "迟到" }));
    assert_eq!(reason(&worker.deliver(&[late]).await[0]), Reason::NotEntitled);
}

/// The evaluator that offers steps on the county's screens is the one that judges them here.
#[tokio::test]
async fn a_county_acts_on_what_came_up_to_it_and_not_on_what_it_only_oversees() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let mut county = station.sitting_at(COUNTY, Role::Coordinator).await;
    let (worker, other) = (station.any_phone().await, station.any_phone().await);
    let record = mediator.begin("dispute").await;
    let to = |phone: &Phone| json!({ "assignee": named(phone) });
    for (step, body) in [("assign", to(&worker)), ("lead", json!({ "leader": named(&worker) }))] {
        let parked = county.step("dispute", record, step, body).await;
        assert_eq!(reason(&parked), Reason::NotEntitled, "{step}");
    }
    let up = json!({ "escalation_reason": "跨镇" });
    revision(&mediator.step("dispute", record, "escalate", up.clone()).await);
    revision(&centre.step("dispute", record, "escalate_county", up).await);
    revision(&county.step("dispute", record, "assign", to(&worker)).await);
    // It was with the county, which may still give it to somebody else; whoever has it goes on.
    revision(&county.step("dispute", record, "assign", to(&other)).await);
    let note = county.act("dispute", record, json!({ "type": "note", "text": "请抓紧" }));
    assert_eq!(reason(&county.deliver(&[note]).await[0]), Reason::NotEntitled);
    let deferred = json!({ "explanation": "等评估", "review_on": "2026-12-01" });
    let parked = county.step("dispute", record, "defer", deferred).await;
    assert_eq!(reason(&parked), Reason::Step { obstacle: Obstacle::NotYours });
}

/// What was noted before a record went to somebody else belongs to it; what was noted knowing that does not.
#[tokio::test]
async fn a_remark_written_offline_before_a_record_went_on_arrives_all_the_same() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let (mut worker, other) = (station.any_phone().await, station.any_phone().await);
    let mut stranger = station.any_phone().await;
    let record = mediator.begin("dispute").await;
    let to = |phone: &Phone| json!({ "assignee": named(phone) });
    revision(&centre.step("dispute", record, "assign", to(&worker)).await);
    revision(&centre.step("dispute", record, "assign", to(&other)).await);
    let note = json!({ "type": "note", "text": "昨天去看过了" });
    let amend = json!({ "type": "amend", "field": "title", "from": "宅基地边界", "to": "x", "reason": "x" });
    let mediate = json!({ "type": "step", "step": "mediate", "body": {} });
    let send = async |phone: &mut Phone, basis: u64, action: &Value| {
        let mut content = phone.content("dispute", record, action.clone());
        (content["kind_version"], content["basis"]) = (json!(2), json!(basis));
        let entry = phone.seal(&content);
        (id(&entry), phone.deliver(&[entry]).await.remove(0))
    };
    // Before it was theirs; when it was; since it is somebody else's.
    assert_eq!(reason(&send(&mut worker, 1, &note).await.1), Reason::NotEntitled);
    assert_eq!(reason(&send(&mut worker, 3, &note).await.1), Reason::NotEntitled);
    let (noted, receipt) = send(&mut worker, 2, &note).await;
    assert_eq!(revision(&receipt), 4);
    assert!(other.received().await.contains(&noted), "whoever has it by now hears of it");
    // Where it goes and what it says is its holder's matter.
    assert_eq!(reason(&send(&mut worker, 2, &amend).await.1), Reason::NotEntitled);
    let not_yours = Reason::Step { obstacle: Obstacle::NotYours };
    assert_eq!(reason(&send(&mut worker, 2, &mediate).await.1), not_yours);
    // Their phone has seen the fourth by now.
    assert_eq!(reason(&send(&mut worker, 4, &note).await.1), Reason::NotEntitled);
    for basis in [0, 1, 2, 99] {
        assert_eq!(reason(&send(&mut stranger, basis, &note).await.1), Reason::UnknownRecord);
    }
    // The same for whoever carried it on.
    let over =
        json!({ "type": "hand_over", "from": mediator.worker.id, "to": other.worker.id, "reason": "调岗" });
    let (_, receipt) = send(&mut centre, 4, &over).await;
    let handed = revision(&receipt);
    assert_eq!(reason(&send(&mut mediator, handed, &note).await.1), Reason::NotEntitled);
    assert_eq!(revision(&send(&mut mediator, handed - 1, &note).await.1), handed + 1);
}

#[tokio::test]
async fn whoever_returns_a_third_time_gets_it_back_with_the_reason_and_may_hand_it_up() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let mut worker = station.any_phone().await;
    let record = mediator.begin("dispute").await;
    let back = json!({ "return_reason": "不在本网格" });
    for _ in 0..2 {
        revision(&centre.step("dispute", record, "assign", json!({ "assignee": named(&worker) })).await);
        revision(&worker.step("dispute", record, "return", back.clone()).await);
    }
    revision(&centre.step("dispute", record, "assign", json!({ "assignee": named(&worker) })).await);
    let refused = worker.step("dispute", record, "return", back).await;
    assert_eq!(reason(&refused), Reason::Step { obstacle: Obstacle::TooOften { most: 2 } });
    revision(&worker.step("dispute", record, "hand_up", json!({ "escalation_reason": "已两次退回" })).await);
    let late = worker.step("dispute", record, "mediate", json!({})).await;
    let not_yours = Reason::Step { obstacle: Obstacle::NotYours };
    assert_eq!(reason(&late), not_yours, "it is theirs no longer");
}

#[tokio::test]
async fn nothing_secret_is_assigned_to_whoever_is_not_bound_to_secrecy() {
    let station = Station::spawn().await;
    station.add_desk("law_firm:a", DeskKind::LawFirm, "513322").await;
    let mut adviser = station.phone(Role::LegalAdviser, VILLAGE).await;
    let mut justice = station.phone(Role::JusticeOfficer, VILLAGE).await;
    let other = station.phone(Role::LegalAdviser, VILLAGE).await;
    let worker = station.any_phone().await;
    let record = adviser.begin("consultation").await;
    let mut assign =
        async |to: String| justice.step("consultation", record, "assign", json!({ "assignee": to })).await;
    for to in [
        named(&worker),
        format!("desk:{CENTRE}"),
        "desk:law_firm:a".to_owned(),
        "level:county_centre".to_owned(),
    ] {
        let fault = RecipientFault::Confidential;
        assert_eq!(reason(&assign(to.clone()).await), Reason::Recipient { fault }, "{to}");
    }
    let fault = RecipientFault::Unknown;
    assert_eq!(reason(&assign("desk:nowhere".to_owned()).await), Reason::Recipient { fault });
    revision(&assign(named(&other)).await);
    let expected = set([named(&adviser), named(&justice), named(&other), format!("desk:{JUSTICE}")]);
    let received = mailboxes(&station, record).await;
    assert!(received.is_subset(&expected) && received.contains(&named(&other)), "{received:?}");
}

/// 退回补正: who may ask, who may explain, what has to be said; and both ways reach those whom it concerns.
#[tokio::test]
async fn a_record_is_given_back_for_correction_by_its_desk_and_explained_by_its_keeper_only() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let mut centre = station.phone(Role::Coordinator, VILLAGE).await;
    let mut stranger = station.phone(Role::Coordinator, ELSEWHERE).await;
    let record = mediator.begin("dispute").await;
    let ask = |text: &str| json!({ "type": "ask", "field": "amount", "text": text });
    for (phone, action, why) in [
        (&mut mediator, ask("写清金额"), Reason::NotEntitled),
        (&mut stranger, ask("写清金额"), Reason::UnknownRecord),
        (&mut centre, json!({ "type": "explain", "ask": Uuid::nil(), "text": "x" }), Reason::NotEntitled),
    ] {
        let entry = phone.act("dispute", record, action);
        assert_eq!(reason(&phone.deliver(&[entry]).await[0]), why);
    }
    let nothing = json!({ "type": "explain", "ask": Uuid::nil(), "text": "x" });
    let entry = mediator.act("dispute", record, nothing);
    assert_eq!(reason(&mediator.deliver(&[entry]).await[0]), Reason::UnknownAction);
    for text in [" \n".to_owned(), "长".repeat(10_001)] {
        let entry = centre.act("dispute", record, ask(&text));
        let Reason::Invalid { problems } = reason(&centre.deliver(&[entry]).await[0]) else { panic!() };
        assert_eq!(problems[0].field.as_str(), "amount");
    }
    let asked = centre.act("dispute", record, ask("写清金额"));
    revision(&centre.deliver(std::slice::from_ref(&asked)).await[0]);
    assert!(mediator.received().await.contains(&id(&asked)), "its keeper hears of it");
    let explain = json!({ "type": "explain", "ask": id(&asked), "text": "当事人不愿说" });
    let explained = mediator.act("dispute", record, explain);
    revision(&mediator.deliver(std::slice::from_ref(&explained)).await[0]);
    let page: Value = centre.desk(&format!("desk={CENTRE}")).await.json();
    assert!(items(&page).iter().any(|item| item["entry"]["content"]["id"] == explained["content"]["id"]));
    // The county oversees it without what was said.
    let county = station.sitting_at(COUNTY, Role::Coordinator).await;
    let overseen = county.desk(&format!("desk={COUNTY}&oversight=true")).await.text();
    assert!(overseen.contains(r#""ask""#) && overseen.contains(r#""explain""#), "{overseen}");
    assert!(!overseen.contains("写清金额") && !overseen.contains("当事人不愿说"), "{overseen}");
}

/// One tap settles a disagreement, also for the value that is shown: an amendment of a value to itself.
#[tokio::test]
async fn an_amendment_that_confirms_what_is_shown_is_accepted() {
    let station = Station::spawn().await;
    let mut mediator = station.phone(Role::Mediator, VILLAGE).await;
    let record = mediator.begin("dispute").await;
    let amend = json!({ "type": "amend", "field": "people_count", "from": 2, "to": 2, "reason": "核实" });
    let entry = mediator.act("dispute", record, amend);
    assert_eq!(revision(&mediator.deliver(&[entry]).await[0]), 2);
}
