//! A second opinion on rival values (invariant 7): which values were displaced by somebody who had not seen them, and
//! have not been settled since.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xunji_domain::{
    entry::Action,
    id::{EntryId, FieldId},
    record::{Record, Standing},
    validate::is_empty,
};

/// The entries whose values should stand beside the present one, by field; fields without any are left out.
pub(super) fn rivals(record: &Record) -> BTreeMap<FieldId, BTreeSet<EntryId>> {
    let replaced: BTreeSet<EntryId> =
        record.entries.iter().filter_map(|known| known.entry.content.replaces).collect();
    let mut present: BTreeMap<&FieldId, (&Value, EntryId)> = BTreeMap::new();
    let mut rivals: BTreeMap<FieldId, BTreeSet<EntryId>> = BTreeMap::new();
    for known in &record.entries {
        let content = &known.entry.content;
        if replaced.contains(&content.id) && !matches!(known.standing, Standing::Accepted { .. }) {
            continue;
        }
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
