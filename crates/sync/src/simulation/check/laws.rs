//! A second opinion on rival values (invariant 7): which values were displaced by somebody who had not seen them, and
//! have not been settled since. The same of questions and objections, which only those can settle who have seen them; and
//! of doubles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xunji_domain::{
    entry::Action,
    id::{EntryId, FieldId, RecordId, Revision, StateId},
    kind::Kinds,
    record::{Known, Record, Standing},
    slip::Verdict,
    validate::is_empty,
};

/// The entries whose values should stand beside the present one, by field; fields without any are left out.
pub(super) fn rivals(record: &Record) -> BTreeMap<FieldId, BTreeSet<EntryId>> {
    let mut present: BTreeMap<&FieldId, (&Value, EntryId)> = BTreeMap::new();
    let mut rivals: BTreeMap<FieldId, BTreeSet<EntryId>> = BTreeMap::new();
    for known in counting(record) {
        let content = &known.entry.content;
        match &content.action {
            Action::Open { body } | Action::Step { body, .. } => {
                for (field, value) in body {
                    present.insert(field, (value, content.id));
                    rivals.remove(field);
                }
            }
            Action::Amend { field, from, to, .. } => {
                let seen = match present.get(field) {
                    Some((value, _)) => *value == from || (is_empty(value) && is_empty(from)),
                    None => is_empty(from),
                };
                match present.insert(field, (to, content.id)) {
                    _ if seen => drop(rivals.remove(field)),
                    Some((value, by)) if value != to => {
                        rivals.entry(field.clone()).or_default().insert(by);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    rivals
}

/// The rivals that a record shows.
pub(super) fn shown(record: &Record) -> BTreeMap<FieldId, BTreeSet<EntryId>> {
    let shown = record.fields.iter().map(|(field, held)| {
        (field.clone(), held.rivals.iter().map(|rival| rival.by).collect::<BTreeSet<_>>())
    });
    shown.filter(|(_, rivals)| !rivals.is_empty()).collect()
}

/// The entries that count, in the order of the fold.
fn counting(record: &Record) -> Vec<&Known> {
    let replaced: BTreeSet<EntryId> =
        record.entries.iter().filter_map(|known| known.entry.content.replaces).collect();
    let counts = |known: &&Known| match known.standing {
        Standing::Accepted { .. } => true,
        _ if replaced.contains(&known.entry.content.id) => false,
        Standing::Pending => true,
        _ if known.let_go => false,
        // A step that was not taken, and nothing but the station's word makes one.
        _ => matches!(
            known.entry.content.action,
            Action::Open { .. }
                | Action::Amend { .. }
                | Action::Note { .. }
                | Action::Attach {}
                | Action::Ask { .. }
                | Action::Explain { .. }
                | Action::Answer { .. }
                | Action::Unknown(_)
        ),
    };
    record.entries.iter().filter(counts).collect()
}

/// Where the record stands: where the last step led that the station has taken, or has not yet been asked about.
pub(super) fn state(kinds: &Kinds, record: &Record) -> Option<StateId> {
    let kind = kinds.nearest(&record.kind, record.kind_version)?;
    let led = |known: &Known| match &known.entry.content.action {
        Action::Step { step, .. } => {
            kind.workflow.steps.iter().find(|defined| defined.id == *step).map(|step| step.to.clone())
        }
        _ => None,
    };
    let counting = counting(record);
    let opened = counting.iter().find_map(|known| match &known.entry.content.action {
        Action::Open { body } => Some(kind.workflow.begins_in(body).clone()),
        _ => None,
    });
    let last = counting.into_iter().rev().find_map(led).or(opened);
    Some(last.unwrap_or_else(|| kind.workflow.initial.clone()))
}

const fn revision(known: &Known) -> Option<Revision> {
    match known.standing {
        Standing::Accepted { revision, .. } => Some(revision),
        _ => None,
    }
}

/// The questions that nobody has answered who knew of them.
pub(super) fn questions(record: &Record) -> BTreeSet<EntryId> {
    let entries = counting(record);
    let open = |(place, known): (usize, &&Known)| {
        let asking = &known.entry.content;
        let Action::Ask { field: asked, .. } = &asking.action else { return None };
        let answers = |later: &&Known| {
            let content = &later.entry.content;
            match &content.action {
                Action::Explain { ask, .. } => *ask == asking.id,
                Action::Amend { field, .. } => {
                    let knew = content.author == asking.author
                        || revision(known).is_some_and(|revision| revision <= content.basis);
                    field == asked && knew
                }
                _ => false,
            }
        };
        (!entries[place + 1..].iter().any(answers)).then_some(asking.id)
    };
    entries.iter().enumerate().filter_map(open).collect()
}

/// What is contested over slips, and nobody has done or said anything since who knew of it.
pub(super) fn objections(record: &Record) -> BTreeSet<EntryId> {
    let entries = counting(record);
    let stands = |(place, known): (usize, &&Known)| {
        let Action::Answer { slip, verdict: Verdict::Contested, .. } = &known.entry.content.action else {
            return None;
        };
        let settles = |later: &&Known| match &later.entry.content.action {
            Action::Answer { slip: of, .. } => of == slip,
            Action::Step { .. } | Action::Note { .. } => {
                revision(known).is_some_and(|revision| revision <= later.entry.content.basis)
            }
            _ => false,
        };
        // A restored station may have lost the slip, and parked it the second time.
        let given = entries[..place].iter().any(|known| known.entry.content.id == *slip);
        (given && !entries[place + 1..].iter().any(settles)).then_some(known.entry.content.id)
    };
    entries.iter().enumerate().filter_map(stands).collect()
}

/// The record that is carried on instead of this one.
pub(super) fn merged_into(record: &Record) -> Option<RecordId> {
    let last = counting(record).into_iter().rev().find_map(|known| match &known.entry.content.action {
        Action::Merge { into } => Some(Some(*into)),
        Action::Unmerge {} => Some(None),
        _ => None,
    });
    last.flatten()
}
