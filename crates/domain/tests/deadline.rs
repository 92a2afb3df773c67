//! Deadlines and colours: laws that hold for any day, and the stories behind them.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    deadline::{Calendar, Card, Clock, Colour, clock, since},
    desk::DeskKind,
    entry::{Action, Content, Entry},
    id::{EntryId, InstallationId, RecordId, Revision, Seq, WorkerId},
    kind::Kinds,
    recipient::Recipient,
    record::{Known, Record, Standing},
    slip::Objection,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The National Day of 2026 with the Saturday that is worked for it.
fn calendar() -> Calendar {
    let off = ["2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06", "2026-10-07"].map(day).to_vec();
    Calendar { off, worked: vec![day("2026-10-10")] }
}

fn none() -> BTreeSet<NaiveDate> {
    BTreeSet::new()
}

#[test]
fn weekends_and_holidays_are_off_and_some_weekends_are_worked() {
    let calendar = calendar();
    for (text, working) in [
        ("2026-09-30", true),
        ("2026-10-01", false),
        ("2026-10-03", false),
        ("2026-10-08", true),
        ("2026-10-10", true),
    ] {
        assert_eq!(calendar.is_working(day(text)), working, "{text}");
    }
    // The day on which it begins doesn't count: 1 October is off, 8, 9 and 10 October are worked.
    assert_eq!(calendar.last_day(day("2026-09-30"), 3, true, &none()), day("2026-10-10"));
    // Seven calendar days end on a day off: the next working day.
    assert_eq!(calendar.last_day(day("2026-09-25"), 7, false, &none()), day("2026-10-08"));
    assert_eq!(calendar.working_days_between(day("2026-09-30"), day("2026-10-08")), 1);
}

/// Whatever is named that would be so anyway is a slip of the pen.
#[test]
fn the_built_in_table_names_only_what_differs_from_the_week() {
    let calendar = Calendar::built_in();
    let weekend = |day: &NaiveDate| day.weekday().num_days_from_monday() > 4;
    assert!(!calendar.off.is_empty() && calendar.off.iter().all(|day| !weekend(day)));
    assert!(!calendar.worked.is_empty() && calendar.worked.iter().all(weekend));
}

#[test]
fn cards_grow_with_the_days_overdue() {
    let cards: Vec<_> = [0, 1, 2, 3, 6, 7, 100].map(Card::of).to_vec();
    use Card::{Plain, Red, Yellow};
    assert_eq!(cards, [None, Some(Plain), Some(Plain), Some(Yellow), Some(Yellow), Some(Red), Some(Red)]);
}

/// A dispute with steps on given days.
fn dispute(steps: &[(&str, &str, Value)]) -> Record {
    case("dispute", 2, steps)
}

/// A record with steps on given days.
fn case(kind: &str, kind_version: u32, steps: &[(&str, &str, Value)]) -> Record {
    let opened =
        ("2026-11-02", Action::Open { body: serde_json::from_value(json!({ "title": "x" })).unwrap() });
    let steps = steps.iter().map(|(at, step, body)| {
        (*at, Action::Step { step: (*step).into(), body: serde_json::from_value(body.clone()).unwrap() })
    });
    let entries = std::iter::once(opened).chain(steps).zip(1u64..).map(|((at, action), number)| {
        let received_at = DateTime::parse_from_rfc3339(&format!("{at}T09:00:00+08:00")).unwrap();
        let content = Content {
            id: EntryId::new(Uuid::from_u128(number.into())),
            record: RecordId::new(Uuid::from_u128(1)),
            kind: kind.into(),
            kind_version,
            author: WorkerId::new(Uuid::from_u128(1)),
            noted_at: received_at,
            basis: Revision(number - 1),
            replaces: None,
            action,
            attachments: Vec::new(),
        };
        let installation = InstallationId::new(Uuid::from_u128(1));
        let standing = Standing::Accepted {
            revision: Revision(number),
            received_at: received_at.to_utc(),
            signature: None,
        };
        Known::new(Entry { installation, seq: Seq(number), digest: Digest::new([1; 32]), content }, standing)
    });
    Record::fold(&Kinds::default(), entries.collect::<Vec<_>>()).unwrap()
}

fn at(record: &Record, today: &str) -> Clock {
    clock(&Kinds::default(), &Calendar::default(), record, day(today))
}

#[test]
fn a_dispute_turns_yellow_orange_red_and_green() {
    let open = dispute(&[]);
    // 30 days from 2 November end on Wednesday, 2 December.
    for (today, colour) in [
        ("2026-11-02", Colour::Yellow),
        ("2026-11-26", Colour::Yellow),
        ("2026-11-27", Colour::Orange),
        ("2026-12-02", Colour::Orange),
        ("2026-12-03", Colour::Red),
    ] {
        assert_eq!(at(&open, today).colour, colour, "{today}");
    }
    assert_eq!(at(&open, "2026-11-02").due, Some(day("2026-12-02")));
    let cards = ["2026-12-02", "2026-12-03", "2026-12-07", "2026-12-11"].map(|today| at(&open, today).card);
    assert_eq!(cards, [None, Some(Card::Plain), Some(Card::Yellow), Some(Card::Red)]);
    let closed = dispute(&[("2026-11-03", "resolve_on_spot", json!({ "on_spot_result": "x" }))]);
    assert_eq!(at(&closed, "2027-11-02"), Clock { colour: Colour::Green, due: None, card: None });
}

/// 法律援助法 art. 43, 49: seven days for the review without what the applicant takes for the papers, three for the
/// assignment, five for an objection.
#[test]
fn legal_aid_has_seven_three_and_five_days_and_the_applicants_time_is_counted_out() {
    let aid = |steps: &[(&str, &str, Value)]| case("legal_aid", 1, steps);
    let due = |record: &Record, today: &str| (at(record, today).due, at(record, today).colour);
    // From Monday, 2 November; the day of receipt doesn't count.
    let mut steps = vec![("2026-11-02", "forward", json!({})), ("2026-11-03", "receive", json!({}))];
    assert_eq!(due(&aid(&steps), "2026-11-03"), (Some(day("2026-11-10")), Colour::Yellow));
    let mut whole = steps.clone();
    whole.push(("2026-11-05", "review", json!({})));
    assert_eq!(
        at(&aid(&whole), "2026-11-05").due,
        Some(day("2026-11-10")),
        "the review began with the receipt"
    );
    steps.push(("2026-11-05", "supplement", json!({ "missing_papers": "x" })));
    assert_eq!(
        due(&aid(&steps), "2026-11-30"),
        (None, Colour::Blue),
        "the applicant's time is not the office's"
    );
    steps.push(("2026-11-10", "supply", json!({ "supplied": "x" })));
    // The 4th counted, 5 to 9 November did not: six are left from the 10th on, and the 15th is a Sunday.
    assert_eq!(at(&aid(&steps), "2026-11-10").due, Some(day("2026-11-16")));
    assert_eq!(at(&aid(&steps), "2026-11-17").colour, Colour::Red);
    let mut granted = steps.clone();
    granted.push(("2026-11-16", "grant", json!({ "decision": "x" })));
    assert_eq!(due(&aid(&granted), "2026-11-16"), (Some(day("2026-11-19")), Colour::Yellow));
    steps.push(("2026-11-16", "refuse", json!({ "decision": "x" })));
    assert_eq!(due(&aid(&steps), "2026-12-30"), (None, Colour::Green));
    steps.push(("2026-11-17", "object", json!({ "objection": "x" })));
    // The fifth day is a Sunday.
    assert_eq!(at(&aid(&steps), "2026-11-17").due, Some(day("2026-11-23")));
}

#[test]
fn what_is_merged_is_green_and_a_contested_result_is_not() {
    let mut double = dispute(&[]);
    double.merged_into = Some(RecordId::new(Uuid::from_u128(2)));
    assert_eq!(at(&double, "2027-11-02"), Clock { colour: Colour::Green, due: None, card: None });
    let mut closed = dispute(&[("2026-11-03", "resolve_on_spot", json!({ "on_spot_result": "x" }))]);
    let by = EntryId::new(Uuid::from_u128(7));
    closed.objections = vec![Objection { by, at: Revision(3) }];
    assert_eq!(at(&closed, "2026-11-04").colour, Colour::Orange);
}

#[test]
fn residents_are_told_since_when_its_state_is_what_it_is() {
    let kinds = Kinds::default();
    let kind = kinds.newest(&"dispute".into()).unwrap();
    let steps = [("2026-11-06", "mediate", json!({})), ("2026-11-09", "attempt", json!({ "attempt": "x" }))];
    assert_eq!(since(kind, &dispute(&[])), Some(day("2026-11-02")));
    assert_eq!(
        since(kind, &dispute(&steps)),
        Some(day("2026-11-06")),
        "an attempt leaves the state as it is"
    );
}

#[test]
fn a_state_has_its_own_limit_and_waiting_is_blue_and_counted_out() {
    let escalated = dispute(&[("2026-11-06", "escalate", json!({ "escalation_reason": "x" }))]);
    // Two working days from a Friday: Tuesday.
    assert_eq!(at(&escalated, "2026-11-06").due, Some(day("2026-11-10")));
    assert_eq!(at(&escalated, "2026-11-09").colour, Colour::Orange);
    assert_eq!(at(&escalated, "2026-11-11").colour, Colour::Red);

    let defer = ("2026-11-04", "defer", json!({ "explanation": "x", "review_on": "2026-11-20" }));
    let deferred = dispute(std::slice::from_ref(&defer));
    assert_eq!(
        (at(&deferred, "2026-11-10").colour, at(&deferred, "2026-11-10").due),
        (Colour::Blue, Some(day("2026-11-20")))
    );
    assert_eq!(at(&deferred, "2026-11-19").colour, Colour::Orange);
    assert_eq!(at(&deferred, "2026-11-21").colour, Colour::Red, "the review is overdue");
    // 4 to 13 November, ten days, were waited for: 30 days end on 12 December, a Saturday, so on Monday.
    let resumed = dispute(&[defer, ("2026-11-14", "resume", json!({}))]);
    assert_eq!(at(&resumed, "2026-11-14").due, Some(day("2026-12-14")));

    let danger = dispute(&[("2026-11-04", "emergency", json!({ "emergency_note": "x" }))]);
    assert_eq!(at(&danger, "2026-11-04").colour, Colour::Red, "from the first moment on");
    let performing = dispute(&[
        ("2026-11-04", "agree", json!({ "agreement_form": "written", "agreement": "x" })),
        ("2026-11-05", "perform", json!({})),
    ]);
    assert_eq!(at(&performing, "2027-11-04"), Clock { colour: Colour::Blue, due: None, card: None });
}

#[test]
fn what_is_reopened_or_parted_has_the_time_left_that_it_had() {
    let opened = || ("2026-11-02", "accept", json!({}));
    let mut steps = vec![
        opened(),
        ("2026-11-06", "not_eligible", json!({ "advice_given": "x" })),
        ("2027-01-15", "reopen", json!({ "reopen_reason": "x" })),
    ];
    // Three of thirty days had passed, the sixth day still was one of them: 27 more from 15 January on.
    let reopened = dispute(&steps);
    assert_eq!(
        (at(&reopened, "2027-01-15").colour, at(&reopened, "2027-01-15").due),
        (Colour::Yellow, Some(day("2027-02-10")))
    );
    steps.push(("2027-01-20", "archive", json!({})));
    assert_eq!(at(&dispute(&steps), "2027-06-01").colour, Colour::Green);
    let at_once = [
        ("2026-11-06", "resolve_on_spot", json!({ "on_spot_result": "x" })),
        ("2026-11-06", "reopen", json!({ "reopen_reason": "x" })),
    ];
    assert_eq!(at(&dispute(&at_once), "2026-11-06").due, at(&dispute(&[]), "2026-11-06").due);
    let mut parted = dispute(&[opened(), opened(), opened()]);
    for (known, action) in parted.entries[2..]
        .iter_mut()
        .zip([Action::Merge { into: RecordId::new(Uuid::from_u128(2)) }, Action::Unmerge {}])
    {
        known.entry.content.action = action;
    }
    let received = |known: &mut Known, at: &str| {
        if let Standing::Accepted { received_at, .. } = &mut known.standing {
            *received_at = DateTime::parse_from_rfc3339(&format!("{at}T09:00:00+08:00")).unwrap().to_utc();
        }
    };
    received(&mut parted.entries[2], "2026-11-06");
    received(&mut parted.entries[3], "2027-01-15");
    let parted = Record::fold(&Kinds::default(), parted.entries).unwrap();
    assert_eq!(at(&parted, "2027-01-15").due, Some(day("2027-02-10")), "what was merged into another one");
}

/// A record that was opened with this form, on 2 November.
fn opened(kind: &str, kind_version: u32, body: Value) -> Record {
    let record = case(kind, kind_version, &[]);
    let mut entries = record.entries;
    entries[0].entry.content.action = Action::Open { body: serde_json::from_value(body).unwrap() };
    Record::fold(&Kinds::default(), entries).unwrap()
}

/// Nobody may believe that something was reported because the form says so.
#[test]
fn what_a_form_promises_is_orange_until_its_step_was_taken() {
    let kinds = Kinds::default();
    let promised = |record: &Record| {
        let kind = kinds.nearest(&record.kind, record.kind_version).unwrap();
        record.promised(kind).map(|step| step.id.to_string())
    };
    for (kind, body, step) in [
        ("dispute", json!({ "handling": "reported" }), "escalate"),
        ("dispute", json!({ "handling": "settled" }), "resolve_on_spot"),
        ("patrol", json!({ "finding": "found", "on_site_result": "reported" }), "report"),
    ] {
        let record = opened(kind, 2, body);
        assert_eq!(promised(&record).as_deref(), Some(step));
        assert_eq!(at(&record, "2026-11-02").colour, Colour::Orange, "{step}");
        let mut entries = record.entries;
        let mut taken = entries[0].clone();
        taken.entry.content.id = EntryId::new(Uuid::from_u128(9));
        taken.entry.content.action = Action::Step { step: step.into(), body: Default::default() };
        taken.standing = Standing::Pending;
        entries.push(taken);
        let record = Record::fold(&kinds, entries.clone()).unwrap();
        assert_eq!(promised(&record), None, "{step}");
        let reason = xunji_domain::wire::Reason::NotEntitled;
        entries[1].standing = Standing::Parked { reason, received_at: DateTime::UNIX_EPOCH };
        let record = Record::fold(&kinds, entries).unwrap();
        assert_eq!(promised(&record).as_deref(), Some(step), "the station has not taken it");
    }
    for body in [json!({ "handling": "noted" }), json!({ "handling": "mediating" }), json!({})] {
        let record = opened("dispute", 2, body);
        assert_eq!((promised(&record), at(&record, "2026-11-02").colour), (None, Colour::Yellow));
    }
}

#[test]
fn a_consultation_begins_where_its_form_says_that_it_is_and_has_a_clock_until_it_is_answered() {
    for (outcome, state, due, colour) in [
        ("answered", "answered", None, Colour::Yellow),
        ("drafting", "answered", None, Colour::Yellow),
        ("legal_aid", "to_aid", None, Colour::Blue),
        ("mediation", "referred", None, Colour::Blue),
        ("other_office", "referred", None, Colour::Blue),
        ("appointed", "open", Some("2026-11-20"), Colour::Yellow),
        ("of a later version", "open", Some("2026-11-11"), Colour::Yellow),
    ] {
        let mut body = json!({ "outcome": outcome });
        if outcome == "appointed" {
            body["due"] = json!("2026-11-20");
        }
        let record = opened("consultation", 2, body);
        let clock = at(&record, "2026-11-02");
        assert_eq!(
            (record.state.as_str(), clock.due, clock.colour),
            (state, due.map(day), colour),
            "{outcome}"
        );
    }
}

#[test]
fn a_complaint_has_fifteen_days_and_what_is_closed_is_looked_back_at_within_thirty() {
    let complaint = opened("complaint", 1, json!({ "about": "app" }));
    assert_eq!(at(&complaint, "2026-11-02").due, Some(day("2026-11-17")));
    let kinds = Kinds::default();
    let kind = kinds.newest(&"complaint".into()).unwrap();
    assert_eq!(complaint.waits_for(kind), Some(Recipient::Level(DeskKind::CountyCentre)));
    assert_eq!(complaint.with(), Some(Recipient::Worker(WorkerId::new(Uuid::from_u128(1)))));
    let mut steps = vec![
        ("2026-11-04", "agree", json!({ "agreement_form": "oral", "agreement": "x" })),
        ("2026-11-05", "close", json!({})),
    ];
    let colours =
        |record: &Record| ["2026-11-05", "2026-11-30", "2026-12-08"].map(|today| at(record, today).colour);
    // Thirty days from the 5th end on a Saturday, so on Monday, 7 December.
    assert_eq!(colours(&dispute(&steps)), [Colour::Green, Colour::Green, Colour::Red]);
    assert_eq!(at(&dispute(&steps), "2026-12-02").colour, Colour::Orange);
    steps.push(("2026-12-03", "follow_up", json!({ "follow_up": "x" })));
    assert_eq!(colours(&dispute(&steps)), [Colour::Green; 3]);
}

#[test]
fn a_note_or_one_more_attempt_does_not_begin_the_time_anew() {
    let attempts = dispute(&[
        ("2026-11-03", "mediate", json!({})),
        ("2026-11-20", "attempt", json!({ "attempt": "x" })),
    ]);
    assert_eq!(at(&attempts, "2026-11-21").due, Some(day("2026-12-02")));
}

fn some_day() -> impl Strategy<Value = NaiveDate> {
    (0u64..4000).prop_map(|days| day("2020-01-01") + Days::new(days))
}

fn some_calendar() -> impl Strategy<Value = Calendar> {
    let days = || proptest::collection::vec(some_day(), 0..60);
    (days(), days()).prop_map(|(off, worked)| Calendar { off, worked })
}

proptest! {
    /// The last day is a working day after the first, and exactly so many days that count lie on the way; giving more
    /// time, or waiting, never brings it nearer.
    #[test]
    fn the_last_day_is_right_for_any_calendar(
        calendar in some_calendar(),
        begins in some_day(),
        days in 1u32..60,
        working in any::<bool>(),
        paused in proptest::collection::btree_set(0u64..100, 0..30),
    ) {
        let paused: BTreeSet<_> = paused.into_iter().map(|after| begins + Days::new(after)).collect();
        let last = calendar.last_day(begins, days, working, &paused);
        prop_assert!(last > begins && calendar.is_working(last));
        if working {
            let counted = begins.iter_days().skip(1).take_while(|day| *day <= last)
                .filter(|day| calendar.is_working(*day) && !paused.contains(day)).count();
            prop_assert!(counted >= days as usize);
            if paused.is_empty() {
                prop_assert_eq!(calendar.working_days_between(begins, last), days);
            }
        }
        prop_assert!(calendar.last_day(begins, days + 1, working, &paused) >= last);
        prop_assert!(calendar.last_day(begins, days, working, &none()) <= last);
        prop_assert!(calendar.last_day(begins, days, false, &paused) <= calendar.last_day(begins, days, true, &paused));
    }

    /// A case never becomes less urgent by mere waiting.
    #[test]
    fn time_makes_no_case_less_urgent(first in 0u64..60, more in 0u64..60) {
        let urgency = |colour| match colour {
            Colour::Red => 3,
            Colour::Orange => 2,
            _ => 1,
        };
        let record = dispute(&[("2026-11-06", "escalate", json!({ "escalation_reason": "x" }))]);
        let on = |days| clock(&Kinds::default(), &calendar(), &record, day("2026-11-06") + Days::new(days));
        prop_assert!(urgency(on(first).colour) <= urgency(on(first + more).colour));
        prop_assert!(on(first).card <= on(first + more).card);
    }
}
