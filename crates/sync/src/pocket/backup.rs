//! A copy of everything that matters, for another phone or for the same one after a loss.
//!
//! What is put back keeps its ids and digests, so that uploading it again doubles nothing. What the station had not
//! answered yet is saved anew under this installation and its own sequence; what it had is simply here again.

use std::collections::BTreeSet;

use serde::Serialize;
use xunji_domain::{
    canonical::Digest,
    id::{EntryId, RecordId, WorkerId},
    reads,
    record::{Known, Standing, replaced},
};

use super::{
    Pocket, Rejected, Unsent,
    batch::Batch,
    decode,
    save::{entry_key, places_of},
};
use crate::storage::{Ask, Span, Storage, StorageError, Table};

/// What a backup file holds, before it is sealed.
#[derive(Clone, Serialize)]
pub struct Backup {
    /// Grows when the form of this struct changes.
    pub version: u32,
    /// Whose phone it was.
    pub worker: WorkerId,
    /// Every entry with its standing.
    pub entries: Vec<Known>,
    /// The digests of the attachments whose bytes follow, in the same order.
    pub blobs: Vec<Digest>,
}

reads!(Backup { version, worker, entries, blobs });

/// How many entries are put back in one commit.
const AT_ONCE: usize = 100;

/// The version that this app writes.
pub const BACKUP_VERSION: u32 = 1;

/// What putting a backup back has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Entries that were not here before.
    pub entries: usize,
    /// How many of them still have to be sent.
    pub unsent: usize,
    /// Attachments that were not here before, or not with the right bytes.
    pub blobs: usize,
}

impl<S: Storage> Pocket<S> {
    /// Everything that a backup holds, with the bytes of the attachments; and how many entries can't be read and are
    /// not in it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn back_up(&self, worker: WorkerId) -> Result<(Backup, Vec<Vec<u8>>, usize), StorageError> {
        let found = self.storage.read(vec![Ask::Span(Table::Entries, Span::all())]).await?;
        let (mut entries, mut unreadable) = (Vec::new(), 0);
        for (key, value) in found.into_iter().flatten() {
            match value.and_then(|value| decode(&key, &value).ok()) {
                Some(known) => entries.push(known),
                None => unreadable += 1,
            }
        }
        let (mut blobs, mut bytes) = (Vec::new(), Vec::new());
        // One by one: a spoiled one must not keep the others out of the file.
        for digest in self.storage.keys(Table::Blobs).await?.iter().filter_map(|key| key.parse().ok()) {
            if let Some(value) = self.blob(digest).await? {
                blobs.push(digest);
                bytes.push(value);
            }
        }
        Ok((Backup { version: BACKUP_VERSION, worker, entries, blobs }, bytes, unreadable))
    }

    /// Puts a backup back. What is here already stays as it is, except spoiled bytes; doing it twice does nothing more.
    ///
    /// The caller has made sure that the backup is this person's and that each blob has the digest it is listed under.
    ///
    /// # Errors
    /// [`Rejected`]; what was put back until then stays.
    pub async fn restore(&self, backup: &Backup, blobs: &[(Digest, Vec<u8>)]) -> Result<Restored, Rejected> {
        let mut restored = Restored::default();
        for (digest, bytes) in blobs {
            // What is here may be spoiled, and these bytes are right.
            if self.blob(*digest).await?.as_ref() != Some(bytes) {
                self.put_blob(*digest, bytes.clone(), None).await?;
                restored.blobs += 1;
            }
        }
        let mut entries: Vec<&Known> = backup.entries.iter().collect();
        entries.sort_by_key(|known| (known.entry.installation, known.entry.seq));
        let mended = replaced(&backup.entries);
        for some in entries.chunks(AT_ONCE) {
            let done = self.mutate(async |batch| self.put_back(batch, backup, &mended, some).await).await?;
            restored.entries += done.entries;
            restored.unsent += done.unsent;
        }
        Ok(restored)
    }

    /// Decides on the writes that put some entries back.
    async fn put_back(
        &self,
        batch: &mut Batch<'_, S>,
        backup: &Backup,
        mended: &BTreeSet<EntryId>,
        entries: &[&Known],
    ) -> Result<Restored, Rejected> {
        batch.fetch(places_of(entries.iter().map(|known| known.entry.content.record))).await?;
        let mut restored = Restored::default();
        let mut here: BTreeSet<RecordId> = BTreeSet::new();
        for known in entries {
            let content = &known.entry.content;
            let key = entry_key(content.record, content.id);
            let here_already: Option<Known> = batch.get(Table::Entries, &key).await?;
            // The whole copy takes the place of one without its sensitive values, and of no other.
            let fills =
                |here: &Known| here.masked && !known.masked && here.entry.digest == known.entry.digest;
            if here_already.as_ref().is_some_and(|here| !fills(here)) {
                continue;
            }
            restored.entries += 1;
            // Nobody knows any more whether its photos have arrived; sending it again tells.
            let has_photos = content.attachments.iter().any(|digest| backup.blobs.contains(digest));
            let delivered = match known.standing {
                _ if here_already.is_some() || known.masked => true,
                Standing::Accepted { .. } => content.author != backup.worker || !has_photos,
                // What was mended already, or given up, needs no more doing.
                _ => known.is_let_go() || mended.contains(&content.id),
            };
            if delivered {
                batch.put(Table::Entries, &key, known)?;
                here.insert(content.record);
            } else {
                let unsent =
                    Unsent { content: content.clone(), digest: known.entry.digest, blobs: Vec::new() };
                self.save_into(batch, &unsent).await?;
                restored.unsent += 1;
            }
        }
        for record in here {
            self.refold(batch, record).await?;
        }
        Ok(restored)
    }
}
