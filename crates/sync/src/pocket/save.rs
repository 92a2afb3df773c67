//! Saving: the moment after which the screen may say 已存在本机.

use xunji_domain::{
    canonical::Digest,
    entry::{Action, Content, Entry},
    id::{EntryId, RecordId, Seq},
    record::{Known, Record, Standing},
    wire::ENTRY_BYTES,
};

use super::{
    Pocket, SEQ,
    batch::Batch,
    calls::call_key,
    last_key,
    outbox::{Waiting, WaitingState, outbox_key, put_waiting, wait},
    recent, rows,
    shelves::SHELVING,
};
use crate::storage::{Storage, StorageError, Table};

/// Something that is ready to be saved.
#[derive(Clone)]
pub struct Unsent {
    /// What was done.
    pub content: Content,
    /// The SHA-256 of its canonical bytes, computed by the caller because hashing takes a foreign wait.
    pub digest: Digest,
    /// The bytes of its attachments.
    pub blobs: Vec<(Digest, Vec<u8>)>,
}

/// Why something was not saved. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The database failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An entry with this id but another content has been saved already, in another tab.
    #[error("the draft has been saved with another content")]
    SavedOtherwise,
    /// It has more bytes than the station takes.
    #[error("the entry is too large")]
    TooLarge,
}

impl<S: Storage> Pocket<S> {
    /// Saves an entry for good, in one commit: the entry, its place in the outbox, its attachments, the fold of its
    /// record, without its draft. Saving the same again gives what was saved the first time.
    ///
    /// # Errors
    /// [`Rejected`]; then the draft is still there.
    pub async fn save(&self, unsent: &Unsent) -> Result<Entry, Rejected> {
        let content = &unsent.content;
        let bytes =
            serde_json::to_vec(content).map_err(|error| StorageError::Failed(error.to_string()))?.len();
        if bytes > ENTRY_BYTES {
            return Err(Rejected::TooLarge);
        }
        self.mutate(async |batch| {
            batch.fetch(places_of([content.record])).await?;
            self.save_into(batch, unsent).await
        })
        .await
    }

    /// Decides on the writes that save an entry.
    pub(super) async fn save_into(
        &self,
        batch: &mut Batch<'_, S>,
        unsent: &Unsent,
    ) -> Result<Entry, Rejected> {
        let content = &unsent.content;
        let key = entry_key(content.record, content.id);
        if let Some(Known { entry, .. }) = batch.get::<Known>(Table::Entries, &key).await? {
            let same = entry.digest == unsent.digest;
            return if same { Ok(entry) } else { Err(Rejected::SavedOtherwise) };
        }
        let seq = Seq(batch.get::<Seq>(Table::Meta, SEQ).await?.map_or(1, |last| last.0 + 1));
        let entry =
            Entry { installation: self.installation(), seq, digest: unsent.digest, content: content.clone() };
        batch.put(Table::Meta, SEQ, &seq)?;
        batch.put(Table::Entries, &key, &Known::new(entry.clone(), Standing::Pending))?;
        wait(batch, &entry, None)?;
        for (digest, bytes) in &unsent.blobs {
            batch.put_bytes(Table::Blobs, &digest.to_string(), bytes.clone());
        }
        if let Some(parked) = content.replaces {
            self.take_the_place_of(batch, content.record, parked).await?;
        }
        batch.delete(Table::Drafts, &content.id.to_string());
        if let Action::Open { body } = &content.action {
            batch.put(Table::Meta, &last_key(&content.kind), body)?;
            self.remember(batch, content, body).await?;
        }
        self.refold(batch, content.record).await?;
        Ok(entry)
    }

    /// A parked entry has its receipt already; once a repaired one takes its place, nothing is left to do about it.
    pub(super) async fn take_the_place_of(
        &self,
        batch: &mut Batch<'_, S>,
        record: RecordId,
        parked: EntryId,
    ) -> Result<(), StorageError> {
        let known: Option<Known> = batch.get(Table::Entries, &entry_key(record, parked)).await?;
        let Some(Known { entry, standing: Standing::Parked { .. }, .. }) = known else { return Ok(()) };
        let key = outbox_key(entry.seq);
        // Another phone's number may be in use here as well; and what is in the line goes to the station first.
        let waiting: Option<Waiting> = batch.get(Table::Outbox, &key).await?;
        let idle = |waiting: Waiting| matches!(waiting.state, WaitingState::Parked { .. });
        let waiting = waiting.filter(|waiting| waiting.entry == parked);
        if waiting.clone().is_some_and(idle) {
            put_waiting(batch, &key, waiting.as_ref(), None)?;
        }
        Ok(())
    }

    /// Brings a record and its line in the ledger up to date with its entries.
    pub(super) async fn refold(&self, batch: &mut Batch<'_, S>, id: RecordId) -> Result<(), StorageError> {
        let known: Vec<Known> = batch.prefix(Table::Entries, &format!("{id}/")).await?;
        let defined = |known: &Known| {
            let content = &known.entry.content;
            self.kinds().exact(&content.kind, content.kind_version).is_some()
        };
        // Another tab may have got a definition since this one was opened.
        if !known.iter().all(defined) {
            self.reload_definitions().await?;
        }
        let Some(record) = Record::fold(&self.kinds(), known) else { return Ok(()) };
        recent::link(batch, self.kinds().nearest(&record.kind, record.kind_version), &record)?;
        let key = id.to_string();
        // A fold can be made anew: one that can't be read must not keep its record from being mended.
        let old = batch.lying::<Record>(Table::Records, &key).await?;
        if let Some(old) = &old {
            batch.delete(Table::Rows, &rows::row_key(old));
        }
        recent::double(batch, old.as_ref(), &record)?;
        self.move_line(batch, old.as_ref(), &record);
        let row = rows::row(&self.kinds(), &self.calendar(), &record);
        batch.put(Table::Rows, &rows::row_key(&record), &row)?;
        self.call(batch, &record).await?;
        batch.put(Table::Records, &key, &record)
    }
}

/// What folding these records anew will ask for.
pub(super) fn places_of(records: impl IntoIterator<Item = RecordId>) -> Vec<(Table, String)> {
    let mut places = [SEQ, SHELVING].map(|key| (Table::Meta, key.to_owned())).to_vec();
    for record in records {
        places.push((Table::Records, record.to_string()));
        places.push((Table::Meta, call_key(record)));
        places.push((Table::Entries, format!("{record}/")));
    }
    places
}

pub(super) fn entry_key(record: RecordId, entry: EntryId) -> String {
    format!("{record}/{entry}")
}
