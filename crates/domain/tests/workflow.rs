//! The workflows of the built-in ledgers, played by the evaluator that phone and station share.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    desk::{Desk, DeskKind},
    entry::{Action, Body, Content, Entry},
    id::{EntryId, InstallationId, RecordId, Revision, Seq, StateId, WorkerId},
    kind::{Kind, Kinds},
    person::Role,
    recipient::Recipient,
    record::{Known, Record, Standing},
    validate::{Fault, Problem},
    wire::MergeFault,
    workflow::{self, Actor, Obstacle},
};

const VILLAGE: &str = "513322100201";

/// Somebody with a role and desks.
struct Person(u128, Vec<Role>, Vec<Desk>);

impl Person {
    fn new(number: u128, role: Role) -> Self {
        Self(number, vec![role], Vec::new())
    }

    fn at(number: u128, kind: DeskKind, area: &str) -> Self {
        let id = format!("{}:{area}", kind.as_str()).as_str().into();
        let desk = Desk { id, kind, name: String::new(), area: area.parse().unwrap() };
        Self(number, vec![Role::Coordinator], vec![desk])
    }

    fn id(&self) -> WorkerId {
        WorkerId::new(Uuid::from_u128(self.0))
    }

    fn actor(&self) -> Actor<'_> {
        Actor { id: self.id(), roles: &self.1, desks: &self.2 }
    }

    fn named(&self) -> String {
        format!("worker:{}", self.id())
    }
}

fn body(value: Value) -> Body {
    serde_json::from_value(value).unwrap()
}

/// A record and all that was done to it.
struct Case {
    kinds: Kinds,
    entries: Vec<Known>,
}

impl Case {
    fn open(kind: &str, opener: &Person, form: Value) -> Self {
        let mut case = Self { kinds: Kinds::default(), entries: Vec::new() };
        case.push(kind, opener, Action::Open { body: body(form) });
        case
    }

    fn dispute(opener: &Person) -> Self {
        Self::open("dispute", opener, json!({ "village": VILLAGE, "title": "摄像头" }))
    }

    fn push(&mut self, kind: &str, author: &Person, action: Action) {
        let number = self.entries.len() as u64 + 1;
        let content = Content {
            id: EntryId::new(Uuid::from_u128(number.into())),
            record: RecordId::new(Uuid::from_u128(1)),
            kind: kind.into(),
            kind_version: self.kinds.newest(&kind.into()).unwrap().version,
            author: author.id(),
            noted_at: DateTime::UNIX_EPOCH.fixed_offset(),
            basis: Revision(number - 1),
            replaces: None,
            action,
            attachments: Vec::new(),
        };
        let installation = InstallationId::new(Uuid::from_u128(1));
        let entry = Entry { installation, seq: Seq(number), digest: Digest::new([1; 32]), content };
        let standing = Standing::Accepted {
            revision: Revision(number),
            received_at: DateTime::UNIX_EPOCH,
            signature: None,
        };
        self.entries.push(Known::new(entry, standing));
    }

    fn record(&self) -> Record {
        Record::fold(&self.kinds, self.entries.clone()).unwrap()
    }

    fn kind(&self) -> &Kind {
        let first = &self.entries[0].entry.content;
        self.kinds.exact(&first.kind, first.kind_version).unwrap()
    }

    fn judge(&self, who: &Person, step: &str, given: &Value) -> Result<StateId, Obstacle> {
        workflow::take(self.kind(), &self.record(), who.actor(), &step.into(), &body(given.clone()))
    }

    /// Takes a step that must be lawful and lead to this state.
    #[track_caller]
    fn take(&mut self, who: &Person, step: &str, given: Value, to: &str) {
        assert_eq!(self.judge(who, step, &given), Ok(to.into()), "{step}");
        let kind = self.kind().id.clone();
        self.push(kind.as_str(), who, Action::Step { step: step.into(), body: body(given) });
        assert_eq!(self.record().state, to.into(), "the fold comes to what was judged");
    }

    #[track_caller]
    fn refused(&self, who: &Person, step: &str, given: Value, why: &Obstacle) {
        assert_eq!(self.judge(who, step, &given).as_ref(), Err(why), "{step}");
    }
}

fn in_state(state: &str) -> Obstacle {
    Obstacle::WrongState { state: state.into() }
}

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
