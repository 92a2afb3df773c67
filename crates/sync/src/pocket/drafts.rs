//! What is being written: forms, and what is added to a record. The entry's id is fixed here already, so that saving
//! twice can't make two.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Body},
    id::{EntryId, FieldId, KindId, RecordId, StepId},
    order::sort_few,
    reads,
    record::Known,
};

use super::Pocket;
use crate::storage::{Span, Storage, StorageError, Table};

/// What somebody has begun to add to a record that is there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Doing {
    /// A remark, photos, a recording.
    Note,
    /// The correction of a field.
    Amend,
    /// A step of its workflow.
    Step {
        /// Which.
        step: StepId,
    },
    /// A question to its keeper about a field.
    Ask,
    /// The keeper's answer where a field stays as it is.
    Explain {
        /// The entry that asks.
        ask: EntryId,
    },
}

reads!(Doing by "type" {
    "note" => Note {},
    "amend" => Amend {},
    "step" => Step { step },
    "ask" => Ask {},
    "explain" => Explain { ask },
});

/// What is added to a record, beside the fields that it asks for.
#[derive(Clone, PartialEq, Serialize)]
pub struct Addition {
    /// What it is.
    pub doing: Doing,
    /// The remark, or the reason.
    pub text: String,
    /// The field that is corrected, or asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldId>,
    /// What goes with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attached: Vec<Digest>,
}

reads!(Addition { doing, text, field, attached or default });

/// Where a value that nobody typed comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// What the same person entered last time.
    LastTime,
    /// An earlier record of the same ledger.
    Copied,
    /// The record that this one comes from.
    Carried,
}

reads!(Source from word { "last_time" => LastTime, "copied" => Copied, "carried" => Carried });

/// A form that is being filled in.
#[derive(Clone, PartialEq, Serialize)]
pub struct Draft {
    /// The entry that it will become.
    pub id: EntryId,
    /// The record that it will open, or be added to.
    pub record: RecordId,
    /// The ledger.
    pub kind: KindId,
    /// The version of its definition.
    pub kind_version: u32,
    /// The values so far. Unfinished ones are kept as they were typed.
    pub body: Body,
    /// The fields that were filled in beforehand and not touched since.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<FieldId, Source>,
    /// The parked entry that it repairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<EntryId>,
    /// What it adds; without it, it opens the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adds: Option<Addition>,
    /// When it was last changed.
    pub changed_at: DateTime<FixedOffset>,
}

reads!(Draft { id, record, kind, kind_version, body, given or default, replaces, adds, changed_at });

impl Draft {
    /// What a parked entry should have said, with what was typed, as the form or sheet that it came from shows it. Entries
    /// that nothing was typed for have none; they are sent again.
    pub fn repairing(parked: &Known, id: EntryId, now: DateTime<FixedOffset>) -> Option<Self> {
        let content = &parked.entry.content;
        let adding = |doing, text: &str, field: Option<&FieldId>| {
            let attached = content.attachments.clone();
            Some(Addition { doing, text: text.to_owned(), field: field.cloned(), attached })
        };
        let (body, adds) = match &content.action {
            Action::Open { body } => (body.clone(), None),
            Action::Step { step, body } => {
                (body.clone(), adding(Doing::Step { step: step.clone() }, "", None))
            }
            Action::Amend { field, to, reason, .. } => {
                ([(field.clone(), to.clone())].into(), adding(Doing::Amend, reason, Some(field)))
            }
            Action::Note { text } => (Body::new(), adding(Doing::Note, text, None)),
            Action::Attach {} => (Body::new(), adding(Doing::Note, "", None)),
            Action::Ask { field, text } => (Body::new(), adding(Doing::Ask, text, Some(field))),
            Action::Explain { ask, text } => (Body::new(), adding(Doing::Explain { ask: *ask }, text, None)),
            _ => return None,
        };
        Some(Self {
            id,
            record: content.record,
            kind: content.kind.clone(),
            kind_version: content.kind_version,
            body,
            given: BTreeMap::new(),
            replaces: Some(content.id),
            adds,
            changed_at: now,
        })
    }
}

impl<S: Storage> Pocket<S> {
    /// Keeps a draft as it is now.
    ///
    /// A draft that has meanwhile been saved as an entry, perhaps in another tab, does not come back to life.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn put_draft(&self, draft: &Draft) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            let saved = super::save::entry_key(draft.record, draft.id);
            match batch.get::<Known>(Table::Entries, &saved).await? {
                Some(_) => Ok(()),
                None => batch.put(Table::Drafts, &draft.id.to_string(), draft),
            }
        })
        .await
    }

    /// One draft.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn draft(&self, id: EntryId) -> Result<Option<Draft>, StorageError> {
        self.read(Table::Drafts, &id.to_string()).await
    }

    /// All drafts, the one changed last first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn drafts(&self) -> Result<Vec<Draft>, StorageError> {
        let rows = self.scan::<Draft>(Table::Drafts, Span::all()).await?;
        let mut drafts: Vec<_> = rows.into_iter().map(|(_, draft)| draft).collect();
        sort_few(&mut drafts, |draft| std::cmp::Reverse(draft.changed_at));
        Ok(drafts)
    }

    /// What has been begun to be added to a record.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn addition(&self, record: RecordId, doing: &Doing) -> Result<Option<Draft>, StorageError> {
        let begun = |draft: &Draft| {
            draft.record == record && draft.adds.as_ref().is_some_and(|adds| adds.doing == *doing)
        };
        Ok(self.drafts().await?.into_iter().find(begun))
    }

    /// Throws a draft away, and the photos that nothing else names.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn delete_draft(&self, id: EntryId) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            let key = id.to_string();
            let Some(draft) = batch.get::<Draft>(Table::Drafts, &key).await? else { return Ok(()) };
            batch.delete(Table::Drafts, &key);
            self.forget_with(batch, &draft).await
        })
        .await
    }
}
