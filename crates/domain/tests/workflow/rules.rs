//! Who may take which step, and when.

use serde_json::json;
use uuid::Uuid;
use xunji_domain::{
    desk::{Desk, DeskKind},
    entry::Action,
    id::RecordId,
    kind::Kinds,
    person::Role,
    recipient::Recipient,
    record::Record,
    validate::{Fault, Problem},
    wire::MergeFault,
    workflow::{self, Obstacle},
};

use crate::case::*;

#[test]
fn only_whoever_answers_for_a_case_closes_it() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let leader = Person::new(3, Role::Coordinator);
    let mut case = Case::dispute(&mediator);
    case.take(&desk, "lead", json!({ "leader": leader.named() }), "leader");
    case.take(&leader, "agree", json!({ "agreement_form": "written", "agreement": "各退半米" }), "agreed");
    for other in [&mediator, &desk] {
        case.refused(other, "close", json!({}), &Obstacle::NotYours);
    }
    case.take(&leader, "close", json!({}), "closed");
}

#[test]
fn what_is_returned_goes_back_to_whom_it_came_from_with_a_reason_and_is_counted() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let county = Person::at(3, DeskKind::CountyCentre, "513322");
    let worker = Person::new(4, Role::GridWorker);
    let mut case = Case::dispute(&mediator);
    case.take(&mediator, "escalate", json!({ "escalation_reason": "x" }), "escalated");
    case.take(&desk, "escalate_county", json!({ "escalation_reason": "y" }), "escalated");
    case.refused(&desk, "return", json!({ "return_reason": "z" }), &Obstacle::NotYours);
    assert!(matches!(case.judge(&county, "return", &json!({})), Err(Obstacle::Incomplete { .. })));
    case.take(&county, "return", json!({ "return_reason": "镇里先办" }), "returned");
    case.take(&desk, "assign", json!({ "assignee": worker.named() }), "assigned");
    case.take(&worker, "return", json!({ "return_reason": "不在本网格" }), "returned");
    assert_eq!(case.record().with(), Some(Recipient::Level(DeskKind::TownshipCentre)));
    assert_eq!(case.record().taken.get("return"), Some(&2));
}

/// What the station would park is not offered: the county acts on what was handed up to it, or was with it before.
#[test]
fn whoever_only_oversees_a_record_takes_no_step() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let county = Person::at(3, DeskKind::CountyCentre, "513322");
    let worker = Person::new(4, Role::GridWorker);
    let open = |case: &Case, who: &Person| {
        let record = case.record();
        let steps = workflow::open_steps(case.kind(), &record, who.actor());
        steps.map(|step| step.id.to_string()).collect::<Vec<_>>()
    };
    let may_add = |case: &Case, who: &Person| workflow::may_add(case.kind(), &case.record(), who.actor());
    let finding = json!({ "village": VILLAGE, "finding": "found" });
    let mut patrol = Case::open("patrol", &mediator, finding);
    patrol.take(&mediator, "report", json!({}), "reported");
    assert_eq!(open(&patrol, &county), Vec::<String>::new());
    let mut case = Case::dispute(&mediator);
    assert_eq!(open(&case, &county), Vec::<String>::new());
    let assign = json!({ "assignee": worker.named() });
    case.refused(&county, "assign", assign.clone(), &Obstacle::NotYours);
    case.take(&mediator, "escalate", json!({ "escalation_reason": "x" }), "escalated");
    assert_eq!((open(&case, &county), may_add(&case, &county)), (Vec::new(), false));
    case.take(&desk, "escalate_county", json!({ "escalation_reason": "y" }), "escalated");
    assert!(open(&case, &county).contains(&"assign".to_owned()) && may_add(&case, &county));
    case.take(&county, "assign", assign.clone(), "assigned");
    // It may give it to somebody else, and nothing more: whoever has it goes on.
    assert_eq!(
        (open(&case, &county), may_add(&case, &county)),
        (["assign", "lead", "join"].map(String::from).to_vec(), false)
    );
    let other = Person::new(5, Role::GridWorker);
    case.take(&county, "assign", json!({ "assignee": other.named() }), "assigned");
    case.take(&other, "return", json!({ "return_reason": "x" }), "returned");
    assert!(
        may_add(&case, &worker) && !may_add(&case, &other) && open(&case, &other).is_empty(),
        "given back"
    );
}

/// What a step doesn't ask for is nobody's to slip in, not even its holder's.
#[test]
fn a_step_sets_nothing_but_what_it_asks_for() {
    let mediator = Person::new(1, Role::Mediator);
    let case = Case::dispute(&mediator);
    for (step, given, stray) in [
        ("mediate", json!({ "village": "x" }), "village"),
        ("escalate", json!({ "escalation_reason": "x", "assignee": mediator.named() }), "assignee"),
        ("escalate", json!({ "escalation_reason": "x", "drone": 1 }), "drone"),
    ] {
        let problem = Problem { field: stray.into(), item: None, part: None, fault: Fault::WrongShape };
        case.refused(&mediator, step, given, &Obstacle::Incomplete { problems: vec![problem] });
    }
}

/// A phone that was offline for weeks opens records by the definition that it has. Its steps name nobody: whoever carries
/// the record on takes them, and its desk, as ever; nobody else because of that.
#[test]
fn a_definition_of_earlier_days_opens_its_steps_to_keeper_and_desk_only() {
    let mediator = Person::new(1, Role::Mediator);
    let [desk, county, police, stranger] = [
        (DeskKind::TownshipCentre, "513322100"),
        (DeskKind::CountyCentre, "513322"),
        (DeskKind::Police, "513322100"),
        (DeskKind::TownshipCentre, "513322103"),
    ]
    .map(|(kind, area)| Person::at(2, kind, area));
    let another = Person::new(3, Role::Mediator);
    let mut case = Case { kinds: Kinds::default(), entries: Vec::new() };
    case.push("dispute", &mediator, Action::Open { body: body(json!({ "village": VILLAGE })) });
    case.entries[0].entry.content.kind_version = 1;
    assert!(case.kind().workflow.steps.iter().all(|step| step.who.is_empty()));
    case.refused(&another, "mediate", json!({}), &Obstacle::NotYours);
    case.take(&mediator, "mediate", json!({}), "mediating");
    case.take(&mediator, "agree", json!({ "agreement": "各退半米" }), "agreed");
    for other in [&county, &police, &stranger] {
        case.refused(other, "close", json!({}), &Obstacle::NotYours);
    }
    case.take(&desk, "close", json!({}), "closed");
}

#[test]
fn the_right_state_and_the_right_role_are_asked_for() {
    let mut adviser = Person::new(1, Role::LegalAdviser);
    let case = Case::dispute(&adviser);
    case.refused(&adviser, "fly", json!({}), &Obstacle::UnknownStep);
    case.refused(&adviser, "close", json!({}), &in_state("found"));
    assert_eq!(
        case.judge(&adviser, "escalate", &json!({ "escalation_reason": "x" })),
        Ok("escalated".into())
    );
    adviser.1 = vec![Role::Coordinator];
    case.refused(&adviser, "escalate", json!({ "escalation_reason": "x" }), &Obstacle::WrongRole);
    adviser.1.push(Role::Mediator);
    assert_eq!(
        case.judge(&adviser, "escalate", &json!({ "escalation_reason": "x" })),
        Ok("escalated".into())
    );
}

#[test]
fn a_step_may_have_to_come_after_others() {
    let mediator = Person::new(1, Role::Mediator);
    let mut kind = Kinds::default().newest(&"dispute".into()).unwrap().clone();
    kind.version = 9;
    let escalate = kind.workflow.steps.iter_mut().find(|step| step.id == "escalate".into()).unwrap();
    escalate.after = Some(serde_json::from_value(json!({ "step": "attempt", "times": 1 })).unwrap());
    let mut kinds = Kinds::default();
    kinds.extend([kind]);
    let mut case = Case { kinds, entries: Vec::new() };
    case.push("dispute", &mediator, Action::Open { body: body(json!({ "village": VILLAGE })) });
    case.take(&mediator, "mediate", json!({}), "mediating");
    let early = Obstacle::TooEarly { step: "attempt".into(), times: 1 };
    case.refused(&mediator, "escalate", json!({ "escalation_reason": "x" }), &early);
    case.take(&mediator, "attempt", json!({ "attempt": "x" }), "mediating");
    case.take(&mediator, "escalate", json!({ "escalation_reason": "x" }), "escalated");
}

#[test]
fn a_hand_over_puts_the_successor_wherever_the_predecessor_was() {
    let (first, second) = (Person::new(1, Role::Mediator), Person::new(2, Role::Mediator));
    let desk = Person::at(3, DeskKind::TownshipCentre, "513322100");
    let third = Person::new(4, Role::Mediator);
    let mut case = Case::dispute(&first);
    case.take(&desk, "assign", json!({ "assignee": second.named() }), "assigned");
    let over =
        |from: &Person, to: &Person| Action::HandOver { from: from.id(), to: to.id(), reason: "x".into() };
    case.push("dispute", &desk, over(&second, &third));
    let record = case.record();
    assert_eq!((record.keeper, record.with()), (Some(first.id()), Some(Recipient::Worker(third.id()))));
    case.push("dispute", &desk, over(&first, &second));
    assert_eq!(case.record().keeper, Some(second.id()));
    case.refused(&first, "reopen", json!({ "reopen_reason": "x" }), &in_state("assigned"));
    case.take(&third, "mediate", json!({}), "mediating");
}

/// 推诿扯皮: nobody sends a case round in circles.
#[test]
fn a_case_is_returned_twice_at_most_and_then_carried_on_or_handed_up() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let (one, other) = (Person::new(3, Role::GridWorker), Person::new(4, Role::Partner));
    let mut case = Case::dispute(&mediator);
    for worker in [&one, &other] {
        case.take(&desk, "assign", json!({ "assignee": worker.named() }), "assigned");
        let reason = json!({ "escalation_reason": "x" });
        case.refused(worker, "hand_up", reason, &Obstacle::TooEarly { step: "return".into(), times: 2 });
        case.take(worker, "return", json!({ "return_reason": "不在本网格" }), "returned");
    }
    case.take(&desk, "assign", json!({ "assignee": one.named() }), "assigned");
    case.refused(&one, "return", json!({ "return_reason": "x" }), &Obstacle::TooOften { most: 2 });
    let record = case.record();
    let open: Vec<_> =
        workflow::open_steps(case.kind(), &record, one.actor()).map(|step| step.id.as_str()).collect();
    assert!(open.contains(&"mediate") && open.contains(&"hand_up") && !open.contains(&"return"), "{open:?}");
    assert!(
        matches!(case.judge(&one, "hand_up", &json!({})), Err(Obstacle::Incomplete { .. })),
        "with a reason"
    );
    case.take(&one, "hand_up", json!({ "escalation_reason": "两次退回" }), "escalated");
    assert_eq!(case.record().with(), Some(Recipient::Level(DeskKind::TownshipCentre)));
    case.refused(&desk, "return", json!({ "return_reason": "x" }), &Obstacle::TooOften { most: 2 });
    case.take(&desk, "mediate", json!({}), "mediating");
}

#[test]
fn only_the_desk_of_both_merges_and_neither_chains_nor_circles_come_about() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let county = Person::at(3, DeskKind::CountyCentre, "513322");
    let case = Case::dispute(&mediator);
    let record = case.record();
    let other = |change: &dyn Fn(&mut Record)| {
        let mut other = Case::dispute(&mediator).record();
        other.id = RecordId::new(Uuid::from_u128(2));
        change(&mut other);
        other
    };
    let judge = |record: &Record, into: &Record, doubles, who: &Person| {
        workflow::merge(&case.kinds, record, into, doubles, who.actor())
    };
    let into = other(&|_| ());
    assert_eq!(judge(&record, &into, false, &desk), Ok(()));
    assert_eq!(judge(&record, &into, true, &desk), Err(MergeFault::Chain), "it has doubles itself");
    assert_eq!(judge(&record, &record, false, &desk), Err(MergeFault::Itself));
    for who in [&mediator, &county] {
        assert_eq!(judge(&record, &into, false, who), Err(MergeFault::NotYours));
    }
    let merged = other(&|other| other.merged_into = Some(RecordId::new(Uuid::from_u128(3))));
    assert_eq!(judge(&record, &merged, false, &desk), Err(MergeFault::Chain));
    assert_eq!(judge(&merged, &record, false, &desk), Err(MergeFault::Already));
    let patrol = other(&|other| other.kind = "patrol".into());
    assert_eq!(judge(&record, &patrol, false, &desk), Err(MergeFault::OtherKind));
    let elsewhere = Case::open("dispute", &mediator, json!({ "village": "513322103201", "title": "x" }));
    let elsewhere = Record { id: into.id, ..elsewhere.record() };
    assert_eq!(judge(&record, &elsewhere, false, &desk), Err(MergeFault::NotYours));
    let adviser = Person::new(4, Role::LegalAdviser);
    let secret = Case::open("consultation", &adviser, json!({ "village": VILLAGE })).record();
    let justice = Person::at(5, DeskKind::JusticeOffice, "513322");
    let other_secret = Record { id: into.id, ..secret.clone() };
    assert_eq!(judge(&secret, &other_secret, false, &justice), Err(MergeFault::Confidential));

    let mut case = case;
    case.push("dispute", &desk, Action::Merge { into: into.id });
    case.refused(&mediator, "mediate", json!({}), &Obstacle::Merged);
    assert_eq!(workflow::open_steps(case.kind(), &case.record(), mediator.actor()).count(), 0);
    case.push("dispute", &desk, Action::Unmerge {});
    case.take(&mediator, "mediate", json!({}), "mediating");
}

#[test]
fn whoever_carries_a_record_on_or_has_it_gives_slips_out() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let mut case = Case::dispute(&mediator);
    let may = |case: &Case, who: &Person| workflow::may_give_slip(case.kind(), &case.record(), who.actor());
    assert!(may(&case, &mediator) && !may(&case, &desk));
    case.take(&mediator, "escalate", json!({ "escalation_reason": "x" }), "escalated");
    assert!(may(&case, &mediator) && may(&case, &desk) && !may(&case, &Person::new(9, Role::Mediator)));
}

#[test]
fn its_desk_and_whom_it_is_with_give_a_record_back_for_correction_and_never_to_themselves() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let county = Person::at(3, DeskKind::CountyCentre, "513322");
    let police = Person::at(4, DeskKind::Police, "513322100");
    let stranger = Person::at(5, DeskKind::TownshipCentre, "513322103");
    let mut case = Case::dispute(&mediator);
    let may = |case: &Case| {
        [&mediator, &desk, &county, &police, &stranger]
            .map(|who| workflow::may_ask(case.kind(), &case.record(), who.actor()))
    };
    assert_eq!(may(&case), [false, true, false, false, false]);
    case.take(&desk, "assign", json!({ "assignee": "desk:police:513322100" }), "assigned");
    assert_eq!(may(&case), [false, true, false, true, false]);
    let own = Case::dispute(&desk);
    assert_eq!(may(&own), [false; 5], "a keeper's own record is not given back to the keeper");
}

#[test]
fn overdue_work_is_shown_to_the_next_desk_only() {
    let mediator = Person::new(1, Role::Mediator);
    let desk = Person::at(2, DeskKind::TownshipCentre, "513322100");
    let county = Person::at(3, DeskKind::CountyCentre, "513322");
    let police = Person::at(4, DeskKind::Police, "513322100");
    // As the directory names them; ids say nothing about what a desk is.
    let named = |id: &str, kind: DeskKind| Desk { id: id.into(), kind, ..desk.2[0].clone() };
    let known = [
        named("police:513322100", DeskKind::Police),
        named("bridge", DeskKind::TownshipCentre),
        named("township_centre:mill", DeskKind::LawFirm),
        named("top", DeskKind::CountyCentre),
    ];
    let mut case = Case::dispute(&mediator);
    let seen = |case: &Case| {
        [&mediator, &desk, &county, &police]
            .map(|who| workflow::oversees(case.kind(), &case.record(), who.actor(), &known))
    };
    assert_eq!(seen(&case), [false, true, false, false], "with its keeper");
    case.take(&mediator, "escalate", json!({ "escalation_reason": "x" }), "escalated");
    assert_eq!(seen(&case), [false, false, true, false], "with the township");
    case.take(&desk, "assign", json!({ "assignee": "desk:police:513322100" }), "assigned");
    assert_eq!(seen(&case), [false, true, false, false], "with a partner");
    case.take(&desk, "assign", json!({ "assignee": "desk:township_centre:513322100" }), "assigned");
    let by_name =
        |case: &Case, who: &Person| workflow::oversees(case.kind(), &case.record(), who.actor(), &known);
    assert!(!by_name(&case, &desk), "with the township by its name: nobody is over themselves");
    for (id, over) in [
        ("bridge", [false, false, true, false]),
        ("township_centre:mill", [false, true, false, false]),
        ("top", [false; 4]),
        ("unknown", [false, true, false, false]),
    ] {
        case.take(&desk, "assign", json!({ "assignee": format!("desk:{id}") }), "assigned");
        assert_eq!(seen(&case), over, "with {id}");
    }
    let mut case = Case::dispute(&mediator);
    case.take(&mediator, "escalate", json!({ "escalation_reason": "x" }), "escalated");
    case.take(&desk, "escalate_county", json!({ "escalation_reason": "x" }), "escalated");
    assert_eq!(seen(&case), [false; 4], "nobody is over the county");
}
