//! The fold: laws that hold for any history, and the stories behind them.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    deadline::{Calendar, timing},
    entry::{Action, Body, Content, Entry},
    id::{EntryId, InstallationId, RecordId, Revision, Seq, WorkerId},
    kind::Kinds,
    record::{Known, Record, Standing},
    slip::Verdict,
    wire::{Reason, Refusal},
};

fn known(number: u128, action: Action, standing: Standing) -> Known {
    let content = Content {
        id: EntryId::new(Uuid::from_u128(number)),
        record: RecordId::new(Uuid::from_u128(1)),
        kind: "dispute".into(),
        kind_version: 1,
        author: WorkerId::new(Uuid::from_u128(1)),
        noted_at: DateTime::UNIX_EPOCH.fixed_offset(),
        basis: Revision(0),
        replaces: None,
        action,
        attachments: Vec::new(),
    };
    let installation = InstallationId::new(Uuid::from_u128(1));
    let digest = Digest::new([number as u8; 32]);
    Known::new(Entry { installation, seq: Seq(number as u64), digest, content }, standing)
}

fn accepted(revision: u64) -> Standing {
    Standing::Accepted { revision: Revision(revision), received_at: DateTime::UNIX_EPOCH, signature: None }
}

fn parked() -> Standing {
    Standing::Parked { reason: Reason::UnknownKind, received_at: DateTime::UNIX_EPOCH }
}

fn open(title: &str) -> Action {
    Action::Open { body: [("title".into(), json!(title)), ("people_count".into(), json!(2))].into() }
}

fn amend(from: Value, to: Value) -> Action {
    Action::Amend { field: "people_count".into(), from, to, reason: "核实".into() }
}

fn step(step: &str) -> Action {
    Action::Step { step: step.into(), body: Default::default() }
}

fn fold(entries: impl IntoIterator<Item = Known>) -> Record {
    Record::fold(&Kinds::default(), entries).unwrap()
}

#[test]
fn accepted_entries_come_by_revision_and_pending_ones_after_them() {
    let record = fold([
        known(9, amend(json!(4), json!(5)), Standing::Pending),
        known(3, amend(json!(3), json!(4)), accepted(3)),
        known(2, amend(json!(2), json!(3)), accepted(2)),
        known(1, open("甲"), accepted(1)),
    ]);
    assert_eq!(record.body()["people_count"], json!(5));
    assert_eq!((record.revision, record.is_contested()), (Revision(3), false));
    let order: Vec<_> = record.entries.iter().map(|known| known.entry.seq.0).collect();
    assert_eq!(order, [1, 2, 3, 9]);
}

/// Invariant 7: both versions are kept, and the record says so until a person settles it.
#[test]
fn two_amendments_of_what_both_saw_as_two_are_both_kept() {
    let first = known(2, amend(json!(2), json!(4)), accepted(2));
    let second = known(3, amend(json!(2), json!(5)), accepted(3));
    let record = fold([known(1, open("甲"), accepted(1)), first.clone(), second.clone()]);
    let held = &record.fields["people_count"];
    assert_eq!((&held.value, &held.rivals[0].value), (&json!(5), &json!(4)));
    assert!(record.is_contested());
    let settled = known(4, amend(json!(5), json!(4)), accepted(4));
    let record = fold([known(1, open("甲"), accepted(1)), first, second, settled]);
    assert_eq!((&record.body()["people_count"], record.is_contested()), (&json!(4), false));
}

/// Settling is an amendment like any other, so that a second thought undoes it, and different fields never meet.
#[test]
fn a_settled_disagreement_can_be_unsettled_and_different_fields_merge_silently() {
    let opened = known(1, open("甲"), accepted(1));
    let first = known(2, amend(json!(2), json!(4)), accepted(2));
    let second = known(3, amend(json!(2), json!(5)), accepted(3));
    let settled = known(4, amend(json!(5), json!(4)), accepted(4));
    let undone = known(5, amend(json!(4), json!(5)), accepted(5));
    let record = fold([opened.clone(), first.clone(), second, settled, undone]);
    assert_eq!((&record.body()["people_count"], record.is_contested()), (&json!(5), false));
    assert_eq!(record.entries.len(), 5, "and all of it stays in the history");
    let title =
        Action::Amend {
            field: "title".into(), from: json!("甲"), to: json!("乙"), reason: "核实".into()
        };
    let record = fold([opened, first, known(3, title, accepted(3))]);
    assert_eq!((&record.body()["people_count"], &record.body()["title"]), (&json!(4), &json!("乙")));
    assert!(!record.is_contested());
}

/// One tap settles it also when the value that is shown is the right one.
#[test]
fn whoever_confirms_the_value_that_is_shown_settles_the_disagreement_too() {
    let history = [
        known(1, open("甲"), accepted(1)),
        known(2, amend(json!(2), json!(4)), accepted(2)),
        known(3, amend(json!(2), json!(5)), accepted(3)),
        known(4, amend(json!(5), json!(5)), accepted(4)),
    ];
    let record = fold(history.clone());
    assert_eq!((&record.body()["people_count"], record.is_contested()), (&json!(5), false));
    let id = |number| EntryId::new(Uuid::from_u128(number));
    let settled = |record: &Record, number| record.settled(&Kinds::default(), id(number));
    assert_eq!(settled(&record, 4), Some(vec![json!(5), json!(4)]));
    assert_eq!(settled(&record, 3), None, "an amendment that nobody disagrees with any more");
    // A second thought names the other value, and the disagreement is back.
    let undone = fold(history.into_iter().chain([known(5, amend(json!(4), json!(4)), accepted(5))]));
    let held = &undone.fields["people_count"];
    assert_eq!((&held.value, held.rivals.len(), &held.rivals[0].value), (&json!(4), 1, &json!(5)));
    assert_eq!(settled(&undone, 4), None);
    let said = |value| undone.said(&"people_count".into(), &value).map(|entry| entry.content.id);
    assert_eq!(
        [said(json!(2)), said(json!(4)), said(json!(5)), said(json!(6))],
        [1, 2, 3, 0].map(|number| { (number > 0).then(|| id(number)) })
    );
}

fn ask(field: &str) -> Action {
    Action::Ask { field: field.into(), text: "写清楚".into() }
}

/// An entry by somebody else, who had seen this revision of the record.
fn by_another(mut known: Known, basis: u64) -> Known {
    known.entry.content.author = WorkerId::new(Uuid::from_u128(2));
    known.entry.content.basis = Revision(basis);
    known
}

#[test]
fn a_question_stays_open_until_its_field_is_amended_by_somebody_who_knows_of_it_or_explained() {
    let opened = known(1, open("甲"), accepted(1));
    let asked = known(2, ask("people_count"), accepted(2));
    let fields = |entries: &[Known]| {
        fold(entries.to_vec())
            .asked
            .iter()
            .map(|(field, asked)| (field.to_string(), asked.len()))
            .collect::<Vec<_>>()
    };
    let open_still = vec![("people_count".to_owned(), 1)];
    assert_eq!(fields(&[opened.clone(), asked.clone()]), open_still);
    // Made offline, before the question had come.
    let unaware = by_another(known(3, amend(json!(2), json!(3)), accepted(3)), 1);
    assert_eq!(fields(&[opened.clone(), asked.clone(), unaware]), open_still);
    let other =
        Action::Amend { field: "title".into(), from: json!("甲"), to: json!("乙"), reason: "x".into() };
    let other = by_another(known(3, other, accepted(3)), 2);
    assert_eq!(fields(&[opened.clone(), asked.clone(), other]), open_still);
    let aware = by_another(known(3, amend(json!(2), json!(3)), Standing::Pending), 2);
    assert_eq!(fields(&[opened.clone(), asked.clone(), aware]), []);
    let explain =
        |number| Action::Explain { ask: EntryId::new(Uuid::from_u128(number)), text: "没错".into() };
    assert_eq!(fields(&[opened.clone(), asked.clone(), known(3, explain(1), accepted(3))]), open_still);
    assert_eq!(fields(&[opened.clone(), asked.clone(), known(3, explain(2), accepted(3))]), []);
    // Two questions about one field, only one of them explained; and whoever asks knows of it offline, too.
    let twice =
        [opened, asked, known(3, ask("people_count"), accepted(3)), known(4, explain(2), accepted(4))];
    assert_eq!(fields(&twice), open_still);
    let amended = known(5, amend(json!(2), json!(3)), Standing::Pending);
    assert_eq!(fields(&[&twice[..], &[amended]].concat()), []);
}

#[test]
fn two_who_agree_don_t_disagree() {
    let same = |number, revision| known(number, amend(json!(2), json!(4)), accepted(revision));
    let record = fold([known(1, open("甲"), accepted(1)), same(2, 2), same(3, 3)]);
    assert!(!record.is_contested());
}

#[test]
fn a_repaired_entry_takes_the_place_of_the_parked_one() {
    let mut repaired = known(2, open("乙"), Standing::Pending);
    repaired.entry.content.replaces = Some(EntryId::new(Uuid::from_u128(1)));
    let record = fold([known(1, open("甲"), parked()), repaired]);
    assert_eq!(record.body()["title"], json!("乙"));
    assert_eq!(record.entries.len(), 2, "the parked one stays in the history");
}

fn refused() -> Standing {
    Standing::Refused { refusal: Refusal::Damaged }
}

/// Whoever believed that a case is closed would not look at it again.
#[test]
fn a_step_that_the_station_has_not_taken_leads_nowhere_and_stays_in_the_history() {
    let of_version_2 = |number, action, standing| {
        let mut known = known(number, action, standing);
        known.entry.content.kind_version = 2;
        known
    };
    let (from, to) = (WorkerId::new(Uuid::from_u128(1)), WorkerId::new(Uuid::from_u128(2)));
    let body: Body = [("escalation_reason".into(), json!("x"))].into();
    let opened = || of_version_2(1, open("甲"), accepted(1));
    let with = |standing: fn() -> Standing| {
        fold([
            opened(),
            of_version_2(2, Action::Step { step: "escalate".into(), body: body.clone() }, standing()),
            of_version_2(3, slip(3), standing()),
            of_version_2(4, Action::HandOver { from, to, reason: "x".into() }, standing()),
            of_version_2(5, Action::Merge { into: RecordId::new(Uuid::from_u128(8)) }, standing()),
        ])
    };
    let moved = with(|| Standing::Pending);
    assert_eq!((moved.state.as_str(), moved.slips.len(), moved.keeper), ("escalated", 1, Some(to)));
    assert!(moved.merged_into.is_some(), "an offline phone takes it at its word");
    let untouched = fold([opened()]);
    for standing in [parked, refused] {
        let record = with(standing);
        assert_eq!((&record.state, record.with()), (&untouched.state, untouched.with()));
        assert_eq!((record.merged_into, record.slips.len(), record.taken.len()), (None, 0, 0));
        assert_eq!((&record.fields, record.entries.len()), (&untouched.fields, 5));
        let time = |record: &Record| timing(&Kinds::default(), &Calendar::default(), record);
        assert_eq!(time(&record), time(&untouched), "and its time goes on");
        assert!(time(&record).due.is_some());
    }
}

#[test]
fn what_its_author_does_without_counts_no_more_until_the_station_takes_it_after_all() {
    let opened = known(1, open("甲"), accepted(1));
    let amended = |let_go, standing| {
        let known = known(2, amend(json!(2), json!(3)), standing);
        fold([opened.clone(), Known { let_go, ..known }])
    };
    let people = |record: &Record| record.body()["people_count"].clone();
    assert_eq!(people(&amended(false, parked())), json!(3), "a value that waits to be mended");
    let gone = amended(true, parked());
    assert_eq!((people(&gone), gone.entries.len()), (json!(2), 2));
    assert_eq!(people(&amended(true, accepted(2))), json!(3));
    let text = serde_json::to_string(&gone.entries[1]).unwrap();
    assert_eq!(serde_json::from_str::<Known>(&text).unwrap(), gone.entries[1]);
}

#[test]
fn steps_lead_through_the_workflow_and_unknown_things_are_kept() {
    let strange = Action::Unknown(json!({"type": "teleport"}));
    let mut opening = open("甲");
    if let Action::Open { body } = &mut opening {
        body.insert("of_a_later_version".into(), json!([1]));
    }
    let record = fold([
        known(1, opening, accepted(1)),
        known(2, step("mediate"), accepted(2)),
        known(3, strange, accepted(3)),
        known(4, step("of_a_later_version"), accepted(4)),
    ]);
    assert_eq!(record.state, "mediating".into());
    assert_eq!(record.fields["of_a_later_version"].value, json!([1]));
    assert_eq!(record.entries.len(), 4);
    assert_eq!(Record::fold(&Kinds::default(), []), None);
}

fn slip(number: u8) -> Action {
    Action::Slip { token_hash: Digest::new([number; 32]) }
}

fn answer(slip: u128, verdict: Verdict) -> Action {
    let slip = EntryId::new(Uuid::from_u128(slip));
    Action::Answer { slip, state: "found".into(), verdict, text: String::new(), satisfaction: None }
}

/// Based on what was known at a revision.
fn having_seen(revision: u64, mut known: Known) -> Known {
    known.entry.content.basis = Revision(revision);
    known
}

#[test]
fn what_a_party_contests_stands_until_somebody_who_has_seen_it_answers() {
    let contested = known(4, answer(2, Verdict::Contested), accepted(4));
    let history = [
        known(1, open("甲"), accepted(1)),
        known(2, slip(2), accepted(2)),
        known(3, slip(3), accepted(3)),
        contested,
    ];
    let with = |more: Vec<Known>| fold(history.clone().into_iter().chain(more));
    let objected = |record: &Record| record.objections.iter().map(|one| one.by).collect::<Vec<_>>();
    let four = EntryId::new(Uuid::from_u128(4));
    let record = with(Vec::new());
    assert_eq!((objected(&record), record.slips.len()), (vec![four], 2));
    assert_eq!((record.slips[0].answer, record.slips[1].answer), (Some(four), None));
    let note = |basis| having_seen(basis, known(5, Action::Note { text: "已去现场".into() }, accepted(5)));
    assert_eq!(objected(&with(vec![note(3)])), [four], "written before the objection was known");
    assert_eq!(objected(&with(vec![note(4)])), []);
    let other = known(5, answer(3, Verdict::Confirmed), accepted(5));
    assert_eq!(objected(&with(vec![other])), [four], "the other party's word is another one");
    let second_thought = known(5, answer(2, Verdict::Confirmed), accepted(5));
    assert_eq!(objected(&with(vec![second_thought])), []);
    let again = known(5, answer(2, Verdict::Contested), accepted(5));
    assert_eq!(objected(&with(vec![again])).len(), 1, "the last answer over a slip counts");
    let nobodys = known(5, answer(77, Verdict::Contested), accepted(5));
    assert_eq!(objected(&with(vec![nobodys])), [four]);
}

#[test]
fn a_merged_record_keeps_all_it_has_and_can_be_taken_out_again() {
    let into = RecordId::new(Uuid::from_u128(8));
    let kinds = Kinds::default();
    let kind = kinds.exact(&"dispute".into(), 1).unwrap();
    let opened = [known(1, open("甲"), accepted(1)), known(2, step("mediate"), accepted(2))];
    let merged = known(3, Action::Merge { into }, accepted(3));
    let record = fold(opened.clone().into_iter().chain([merged.clone()]));
    assert_eq!(
        (record.merged_into, &record.state, record.is_closed(kind)),
        (Some(into), &"mediating".into(), true)
    );
    assert_eq!((record.entries.len(), record.body()["title"].clone()), (3, json!("甲")));
    let record = fold(opened.into_iter().chain([merged, known(4, Action::Unmerge {}, accepted(4))]));
    assert_eq!((record.merged_into, record.is_closed(kind)), (None, false));
}

fn history() -> impl Strategy<Value = Vec<Known>> {
    let action = prop_oneof![
        (0u8..4).prop_map(|n| amend(json!(n), json!(n + 1))),
        (0u8..4).prop_map(|n| amend(json!(2), json!(n))),
        Just(step("mediate")),
        Just(step("agree")),
        Just(ask("people_count")),
        (2u128..8).prop_map(|n| Action::Explain { ask: EntryId::new(Uuid::from_u128(n)), text: "x".into() }),
        Just(Action::Note { text: "补".into() }),
        (1u8..4).prop_map(slip),
        (1u128..8, any::<bool>()).prop_map(|(of, is_so)| {
            answer(of, if is_so { Verdict::Confirmed } else { Verdict::Contested })
        }),
        (5u128..7).prop_map(|into| Action::Merge { into: RecordId::new(Uuid::from_u128(into)) }),
        Just(Action::Unmerge {}),
    ];
    proptest::collection::vec((action, 0u8..3), 0..12).prop_map(|actions| {
        let mut entries = vec![known(1, open("甲"), accepted(1))];
        let mut revision = 1;
        for (number, (action, standing)) in (2..).zip(actions) {
            let standing = match standing {
                0 => Standing::Pending,
                1 => parked(),
                _ => {
                    revision += 1;
                    accepted(revision)
                }
            };
            entries.push(known(number, action, standing));
        }
        entries
    })
}

proptest! {
    /// Whoever amends what they see settles it, whichever value they choose; different fields never meet.
    #[test]
    fn settling_leaves_nothing_contested(history in history(), chosen in 0u8..6) {
        let before = fold(history.clone());
        let accepted_so_far: Vec<_> =
            history.into_iter().filter(|known| matches!(known.standing, Standing::Accepted { .. })).collect();
        let shown = fold(accepted_so_far.clone()).body()["people_count"].clone();
        let last = accepted(accepted_so_far.len() as u64 + 1);
        let settled = known(100, amend(shown, json!(chosen)), last);
        let after = fold(accepted_so_far.into_iter().chain([settled]));
        prop_assert_eq!(&after.fields["people_count"].value, &json!(chosen));
        prop_assert!(after.fields["people_count"].rivals.is_empty());
        prop_assert_eq!(&after.fields["title"], &before.fields["title"]);
    }

    /// Invariant 8: the fold depends on what is known, not on the order in which it came.
    #[test]
    fn replicas_converge(history in history(), seed in any::<u64>()) {
        let mut shuffled = history.clone();
        let mut state = seed | 1;
        for index in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(index, (state >> 33) as usize % (index + 1));
        }
        prop_assert_eq!(fold(history), fold(shuffled));
    }

    /// Invariant 7, as a law: a value that an amendment displaces without having seen it is kept beside the new one.
    #[test]
    fn a_value_that_was_not_seen_is_never_displaced_silently(history in history()) {
        let accepted: Vec<_> =
            history.into_iter().filter(|known| matches!(known.standing, Standing::Accepted { .. })).collect();
        for count in 1..accepted.len() {
            let Action::Amend { from, to, .. } = &accepted[count].entry.content.action else { continue };
            let before = fold(accepted[..count].to_vec()).body()["people_count"].clone();
            let after = fold(accepted[..=count].to_vec());
            let held = &after.fields["people_count"];
            prop_assert_eq!(&held.value, to);
            if before != *from && before != *to {
                prop_assert!(held.rivals.iter().any(|rival| rival.value == before));
            }
        }
    }
}
