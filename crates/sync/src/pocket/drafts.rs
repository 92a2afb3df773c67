//! Forms that are being filled in. The entry's id is fixed here already, so that saving twice can't make two.

use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use xunji_domain::{
    entry::{Action, Body},
    id::{EntryId, KindId, RecordId},
    order::sort_few,
    reads,
    record::Known,
};

use super::Pocket;
use crate::storage::{Span, Storage, StorageError, Table};

/// A form that is being filled in.
#[derive(Clone, PartialEq, Serialize)]
pub struct Draft {
    /// The entry that it will become.
    pub id: EntryId,
    /// The record that it will open.
    pub record: RecordId,
    /// The ledger.
    pub kind: KindId,
    /// The version of its definition.
    pub kind_version: u32,
    /// The values so far. Unfinished ones are kept as they were typed.
    pub body: Body,
    /// The parked entry that it repairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<EntryId>,
    /// When it was last changed.
    pub changed_at: DateTime<FixedOffset>,
}

reads!(Draft { id, record, kind, kind_version, body, replaces, changed_at });

impl Draft {
    /// A form for what a parked opening entry should have said. Other entries have no form; they are sent again.
    pub fn repairing(parked: &Known, id: EntryId, now: DateTime<FixedOffset>) -> Option<Self> {
        let content = &parked.entry.content;
        let Action::Open { body } = &content.action else { return None };
        Some(Self {
            id,
            record: content.record,
            kind: content.kind.clone(),
            kind_version: content.kind_version,
            body: body.clone(),
            replaces: Some(content.id),
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
