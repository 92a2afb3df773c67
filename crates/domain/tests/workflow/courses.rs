//! The ledgers, each from its beginning to its end.

use proptest::prelude::*;
use serde_json::json;
use xunji_domain::{
    desk::DeskKind,
    entry::Action,
    kind::Kinds,
    person::Role,
    recipient::Recipient,
    record::Record,
    workflow::{self, Obstacle},
};

use crate::case::*;

/// A camera of a neighbour: two attempts in the village, the township's desk, police, court and lawyer, an agreement.
#[test]
fn a_dispute_goes_up_is_mediated_jointly_and_is_carried_to_the_end() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let police = Person::at(3, DeskKind::Police, "513322100");
    let lawyer = Person::at(4, DeskKind::LawFirm, "513322");
    let stranger = Person::at(5, DeskKind::TownshipCentre, "513322103");
    let mut case = Case::dispute(&mediator);
    case.take(&mediator, "mediate", json!({}), "mediating");
    case.take(&mediator, "attempt", json!({ "attempt": "甲方不肯移" }), "mediating");
    case.take(&mediator, "attempt", json!({ "attempt": "乙方不肯等" }), "mediating");
    assert_eq!(case.record().taken.get("attempt"), Some(&2));
    case.refused(&stranger, "attempt", json!({ "attempt": "x" }), &Obstacle::NotYours);
    assert!(matches!(case.judge(&mediator, "escalate", &json!({})), Err(Obstacle::Incomplete { .. })));
    case.take(&mediator, "escalate", json!({ "escalation_reason": "两次调解无果" }), "escalated");
    assert_eq!(case.record().with(), Some(Recipient::Level(DeskKind::TownshipCentre)));

    case.refused(&mediator, "mediate", json!({}), &Obstacle::NotYours);
    case.refused(&stranger, "mediate", json!({}), &Obstacle::NotYours);
    let partners = json!({ "partners": ["desk:police:513322100", "desk:law_firm:513322"] });
    case.take(&desk, "join", partners.clone(), "joint");
    case.take(&desk, "join", partners, "joint");
    assert_eq!(case.record().partners.len(), 2, "asked twice is asked once");
    let part = json!({ "part_of": "desk:police:513322100", "part": "画面不涉公共区域" });
    case.refused(&lawyer, "part", part.clone(), &Obstacle::NotYours);
    case.refused(&mediator, "part", part.clone(), &Obstacle::NotYours);
    case.take(&police, "part", part, "joint");
    let parts: Vec<_> = case.record().partners.iter().map(|partner| partner.part.is_some()).collect();
    assert_eq!(parts, [true, false]);
    case.take(
        &desk,
        "agree",
        json!({ "agreement_form": "written", "agreement": "镜头转向自家院内" }),
        "agreed",
    );
    case.take(&desk, "perform", json!({}), "performing");
    case.take(&desk, "close", json!({ "performance": "已转向" }), "closed");
    case.take(
        &mediator,
        "follow_up",
        json!({ "follow_up": "双方无异议", "satisfaction": "5" }),
        "followed_up",
    );
    case.take(&desk, "archive", json!({}), "archived");
    case.refused(&desk, "close", json!({}), &in_state("archived"));
    case.take(&mediator, "reopen", json!({ "reopen_reason": "又转回去了" }), "accepted");
}

#[test]
fn failing_declining_and_deferring_need_their_words() {
    let mediator = Person::new(1, Role::Mediator);
    let mut case = Case::dispute(&mediator);
    case.take(&mediator, "mediate", json!({}), "mediating");
    // 人民调解法 art. 26: a failed mediation notes which other remedies the parties were told of.
    for (step, asks) in [("fail", 1), ("decline", 1), ("defer", 2)] {
        let judged = case.judge(&mediator, step, &json!({}));
        assert!(matches!(judged, Err(Obstacle::Incomplete { problems }) if problems.len() == asks), "{step}");
    }
    case.take(&mediator, "defer", json!({ "explanation": "等评估", "review_on": "2026-12-01" }), "deferred");
    case.take(&mediator, "emergency", json!({ "emergency_note": "持械" }), "emergency");
    case.take(&mediator, "resume", json!({}), "mediating");
    case.take(&mediator, "fail", json!({ "advice_given": "可向人民法院起诉" }), "failed");
}

#[test]
fn a_dispute_may_end_at_once_and_begin_again() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    // On the spot, not one of ours (whoever asks is told where to go), declined: each says why, and can be taken up again.
    for (step, words, to) in [
        ("resolve_on_spot", "on_spot_result", "resolved_on_spot"),
        ("not_eligible", "advice_given", "not_eligible"),
        ("decline", "decline_reason", "declined"),
    ] {
        let mut case = Case::dispute(&mediator);
        assert!(
            matches!(case.judge(&mediator, step, &json!({})), Err(Obstacle::Incomplete { .. })),
            "{step}"
        );
        case.take(&mediator, step, json!({ words: "双方都在场" }), to);
        assert!(case.record().is_closed(case.kind()), "{step}");
        case.refused(&mediator, "mediate", json!({}), &in_state(to));
        case.take(&desk, "archive", json!({}), "archived");
        assert!(matches!(case.judge(&desk, "reopen", &json!({})), Err(Obstacle::Incomplete { .. })));
        case.take(&desk, "reopen", json!({ "reopen_reason": "又来了" }), "accepted");
    }
    // Only before anybody has begun to mediate.
    let mut case = Case::dispute(&mediator);
    case.take(&mediator, "mediate", json!({}), "mediating");
    case.refused(&mediator, "resolve_on_spot", json!({ "on_spot_result": "x" }), &in_state("mediating"));
    case.refused(&desk, "not_eligible", json!({ "advice_given": "x" }), &in_state("mediating"));
    // Violence may come at any time, and whoever sees it first says so.
    case.take(&desk, "emergency", json!({ "emergency_note": "持械" }), "emergency");
    assert!(case.kind().state(&"emergency".into()).unwrap().danger);
    case.take(&mediator, "resume", json!({}), "mediating");
}

#[test]
fn a_finding_is_reported_passed_on_handled_answered_closed_and_rated() {
    let worker = Person::new(1, Role::GridWorker);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let handler = Person::new(3, Role::GridWorker);
    let quiet = Case::open("patrol", &worker, json!({ "village": VILLAGE, "finding": "none" }));
    quiet.refused(&worker, "report", json!({}), &in_state("recorded"));
    let mut case = Case::open("patrol", &worker, json!({ "village": VILLAGE, "finding": "found" }));
    case.take(&worker, "report", json!({}), "reported");
    case.take(&desk, "dispatch", json!({ "assignee": handler.named() }), "dispatched");
    case.take(&handler, "return", json!({ "return_reason": "不在本网格" }), "reported");
    case.take(&desk, "dispatch", json!({ "assignee": handler.named() }), "dispatched");
    case.take(&handler, "handle", json!({ "handling_result": "已清理" }), "handled");
    case.take(&handler, "answer", json!({ "feedback": "已告知" }), "answered");
    case.refused(&handler, "close", json!({}), &Obstacle::NotYours);
    case.take(&desk, "close", json!({}), "done");
    case.take(&worker, "rate", json!({ "satisfaction": "4" }), "rated");
}

#[test]
fn a_consultation_is_appointed_answered_closed_and_rated() {
    let adviser = Person::new(1, Role::LegalAdviser);
    let office = Person::at(2, DeskKind::JusticeOffice, "513322");
    let centre = Person::at(3, DeskKind::TownshipCentre, "513322100");
    let other = Person::new(4, Role::LegalAdviser);
    let mut case = Case::open("consultation", &adviser, json!({ "village": VILLAGE }));
    case.take(&adviser, "appoint", json!({ "appointed_on": "2026-12-01" }), "appointed");
    case.refused(&centre, "assign", json!({ "assignee": other.named() }), &Obstacle::NotYours);
    case.take(&office, "assign", json!({ "assignee": other.named() }), "assigned");
    case.take(&other, "answer", json!({ "reply": "可申请仲裁" }), "answered");
    case.take(&other, "close", json!({ "closing": "已答复" }), "closed");
    case.take(&adviser, "rate", json!({ "satisfaction": "5" }), "rated");
}

#[test]
fn a_complaint_is_answered_by_the_countys_desk_and_never_by_whoever_wrote_it() {
    let writer = Person::at(1, DeskKind::TownshipCentre, "513322100");
    let county = Person::at(2, DeskKind::CountyCentre, "513322");
    let mut case = Case::open("complaint", &writer, json!({ "village": VILLAGE, "text": "重复填报" }));
    case.refused(&writer, "answer", json!({ "answer": "很好" }), &Obstacle::NotYours);
    case.take(&county, "answer", json!({ "answer": "已合并两张表" }), "answered");
}

/// The village passes it on; the justice office asks once for what is missing; a refusal can be objected to.
#[test]
fn an_application_for_legal_aid_is_passed_on_and_told_once_what_is_missing() {
    let worker = Person::new(1, Role::GridWorker);
    let office = Person::at(2, DeskKind::JusticeOffice, "513322");
    let centre = Person::at(3, DeskKind::TownshipCentre, "513322100");
    let mut case = Case::open("legal_aid", &worker, json!({ "village": VILLAGE }));
    case.refused(&office, "receive", json!({}), &in_state("draft"));
    case.take(&worker, "forward", json!({}), "forwarded");
    assert_eq!(case.record().with(), Some(Recipient::Level(DeskKind::JusticeOffice)));
    for stranger in [&worker, &centre] {
        case.refused(stranger, "receive", json!({}), &Obstacle::NotYours);
    }
    case.take(&office, "receive", json!({}), "received");
    let missing = json!({ "missing_papers": "工资欠条" });
    case.take(&office, "supplement", missing.clone(), "supplement");
    assert_eq!(
        case.record().with(),
        Some(Recipient::Worker(worker.id())),
        "it is the village's to bring them"
    );
    assert_eq!(case.kind().public_state(&"supplement".into()).zh, "等待您补充");
    case.take(&worker, "supply", json!({ "supplied": "工资欠条" }), "review");
    case.refused(&office, "supplement", missing, &Obstacle::TooOften { most: 1 });
    assert!(
        matches!(case.judge(&office, "refuse", &json!({})), Err(Obstacle::Incomplete { .. })),
        "with reasons"
    );
    case.take(&office, "refuse", json!({ "decision": "不属于援助事项" }), "refused");
    case.take(&worker, "object", json!({ "objection": "属于讨薪" }), "objection");
    let mut upheld = Case { kinds: case.kinds.clone(), entries: case.entries.clone() };
    let decision = json!({ "decision": "维持" });
    assert!(matches!(upheld.judge(&office, "uphold", &decision), Err(Obstacle::Incomplete { .. })));
    upheld.take(&office, "uphold", json!({ "decision": "维持", "remedies": "可以复议、起诉" }), "upheld");
    case.take(&office, "grant", json!({ "decision": "应当援助" }), "granted");
    case.take(&office, "assign", json!({ "assigned_to": "某律师事务所" }), "assigned");
    case.take(&office, "close", json!({ "outcome": "工资已发" }), "closed");

    let mut urgent = Case::open("legal_aid", &worker, json!({ "village": VILLAGE }));
    urgent.take(&worker, "forward", json!({}), "forwarded");
    urgent.take(&office, "advance", json!({ "papers_by": "2026-12-01" }), "pre_aid");
    urgent.take(&office, "grant", json!({ "decision": "x" }), "granted");
    let mut silent = Case::open("legal_aid", &worker, json!({ "village": VILLAGE }));
    silent.take(&worker, "forward", json!({}), "forwarded");
    silent.take(&office, "receive", json!({}), "received");
    silent.take(&office, "supplement", json!({ "missing_papers": "x" }), "supplement");
    silent.take(&office, "withdraw", json!({ "withdrawal": "未按要求补充,视为撤回" }), "withdrawn");
}

#[test]
fn every_state_of_every_ledger_can_be_reached_and_left_or_is_an_end() {
    for kind in Kinds::default().all() {
        let steps = &kind.workflow.steps;
        for state in &kind.workflow.states {
            let is_first = state.id == kind.workflow.initial;
            assert!(is_first || steps.iter().any(|step| step.to == state.id), "{:?} {:?}", kind.id, state.id);
            let has_way_out = steps.iter().any(|step| step.from.contains(&state.id));
            assert!(state.closed || has_way_out, "{:?} {:?} is a trap", kind.id, state.id);
        }
        for step in steps {
            let hands = step.hands.as_ref().and_then(|hands| hands.to.as_ref());
            let named = [hands, step.joins.as_ref(), step.part.as_ref()];
            assert!(named.into_iter().flatten().all(|field| step.asks.contains(field)), "{:?}", step.id);
        }
    }
}

proptest! {
    /// Whatever somebody does in whatever order: a step that the evaluator takes leads the fold to the state that it
    /// named, and one that it refuses would have been refused by anybody who folds the same entries.
    #[test]
    fn the_fold_and_the_evaluator_agree(moves in proptest::collection::vec((0usize..4, 0usize..40), 0..25)) {
        let people = [
            Person::new(1, Role::Mediator),
            Person::at(2, DeskKind::TownshipCentre, "513322100"),
            Person::at(3, DeskKind::CountyCentre, "513322"),
            Person::new(4, Role::GridWorker),
        ];
        let mut case = Case::dispute(&people[0]);
        let steps: Vec<_> = case.kind().workflow.steps.iter().map(|step| step.id.clone()).collect();
        for (who, step) in moves {
            let (who, step) = (&people[who], &steps[step % steps.len()]);
            let given = json!({
                "attempt": "x", "agreement_form": "oral", "agreement": "x", "advice_given": "x", "performance": "x", "escalation_reason": "x",
                "assignee": people[3].named(), "return_reason": "x", "leader": people[3].named(),
                "partners": [people[3].named()], "part_of": people[3].named(), "part": "x", "explanation": "x",
                "review_on": "2026-12-01", "emergency_note": "x", "follow_up": "x", "satisfaction": "3",
                "reopen_reason": "x", "decline_reason": "x", "on_spot_result": "x",
            });
            let mut given = body(given);
            let asks = &case.kind().workflow.steps.iter().find(|known| known.id == *step).unwrap().asks;
            given.retain(|field, _| asks.contains(field));
            let given = json!(given);
            let before = case.record();
            let offered = workflow::open_steps(case.kind(), &before, who.actor()).any(|open| open.id == *step);
            match case.judge(who, step.as_str(), &given) {
                Ok(to) => {
                    prop_assert!(offered, "{step} was taken and not offered");
                    case.push("dispute", who, Action::Step { step: step.clone(), body: body(given) });
                    prop_assert_eq!(case.record().state, to);
                }
                Err(Obstacle::NotYours) if offered => prop_assert_eq!(step.as_str(), "part"),
                Err(obstacle) => prop_assert!(!offered, "{step}: {obstacle:?}"),
            }
            let mut shuffled = case.entries.clone();
            shuffled.reverse();
            prop_assert_eq!(Record::fold(&case.kinds, shuffled).unwrap(), case.record());
        }
    }
}
