//! Attachments: their bytes, small copies for showing them, and when the bytes may go.
//!
//! Bytes are kept before anything names them (a photo is committed when it is picked), so what nothing names is not
//! thrown away at once: only what was found unnamed a day ago and still is. Bytes of delivered attachments go when
//! space is short and a small copy stays; of anything else they never go.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use xunji_domain::{
    canonical::Digest,
    id::{EntryId, Seq},
    reads,
    record::{Known, Standing},
    wire::Refusal,
};

use super::{
    Draft, Pocket, Waiting, WaitingState,
    batch::Batch,
    outbox::{outbox_key, put_waiting, seq_of},
};
use crate::storage::{Span, Storage, StorageError, Table};

/// What nothing named, and when that was found.
#[derive(Serialize)]
struct Orphans {
    since: DateTime<Utc>,
    digests: Vec<Digest>,
}

reads!(Orphans { since, digests });

const ORPHANS: &str = "orphans";
const STRIDE: usize = 256;

impl<S: Storage> Pocket<S> {
    /// The next attachment to send, with the sequence number of the entry that it belongs to.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn next_blob(&self) -> Result<Option<(Seq, Digest)>, StorageError> {
        for (key, waiting) in self.scan::<Waiting>(Table::Outbox, Span::all()).await? {
            if let WaitingState::Attachments { missing } = &waiting.state
                && let (Some(digest), Some(seq)) = (missing.first(), seq_of(&key))
            {
                return Ok(Some((seq, *digest)));
            }
        }
        Ok(None)
    }

    /// The bytes of an attachment, if they are on this phone. Those that can't be unsealed are as good as gone.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StorageError> {
        self.whole(&digest.to_string()).await
    }

    async fn whole(&self, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        match self.storage.get(Table::Blobs, key).await {
            Err(StorageError::Damaged(_)) => Ok(None),
            found => found,
        }
    }

    /// Keeps the bytes of an attachment, as soon as they are picked, and a small copy if it is a picture.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn put_blob(
        &self,
        digest: Digest,
        bytes: Vec<u8>,
        small: Option<Vec<u8>>,
    ) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            if let Some(small) = &small {
                batch.put_bytes(Table::Blobs, &small_key(digest), small.clone());
            }
            batch.put_bytes(Table::Blobs, &digest.to_string(), bytes.clone());
            Ok(())
        })
        .await
    }

    /// The small copy of a picture, or the attachment itself where there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn small_blob(&self, digest: Digest) -> Result<Option<Vec<u8>>, StorageError> {
        match self.whole(&small_key(digest)).await? {
            Some(small) => Ok(Some(small)),
            None => self.blob(digest).await,
        }
    }

    /// An attachment can't be sent: its bytes are gone, or are not what they should be. The entry's other ones have
    /// their turn before the entry is refused.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn refuse_attachment(&self, seq: Seq, digest: Digest) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            let key = outbox_key(seq);
            let Some(old) = batch.get::<Waiting>(Table::Outbox, &key).await? else { return Ok(()) };
            let mut waiting = old.clone();
            let WaitingState::Attachments { missing } = &mut waiting.state else { return Ok(()) };
            missing.retain(|other| *other != digest);
            // They are tried in their order, and what fails goes to the end: what is smaller has had its turn.
            if missing.iter().any(|other| *other > digest) {
                missing.push(digest);
            } else {
                waiting.state = WaitingState::Refused { refusal: Refusal::Damaged };
            }
            put_waiting(batch, &key, Some(&old), Some(&waiting))
        })
        .await
    }

    /// An entry can't be sent for what is wrong with the phone. The others go on.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn refuse_attachments(&self, seq: Seq, refusal: Refusal) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            let key = outbox_key(seq);
            let Some(waiting) = batch.get::<Waiting>(Table::Outbox, &key).await? else { return Ok(()) };
            let state = WaitingState::Refused { refusal: refusal.clone() };
            let next = Waiting { state, ..waiting.clone() };
            put_waiting(batch, &key, Some(&waiting), Some(&next))
        })
        .await
    }

    /// The station has verified an attachment. With its last one an entry is delivered and leaves the outbox.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn blob_delivered(&self, seq: Seq, digest: Digest) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            let key = outbox_key(seq);
            let Some(old) = batch.get::<Waiting>(Table::Outbox, &key).await? else { return Ok(()) };
            let mut waiting = old.clone();
            let WaitingState::Attachments { missing } = &mut waiting.state else { return Ok(()) };
            missing.retain(|other| *other != digest);
            let left = (!missing.is_empty()).then_some(&waiting);
            put_waiting(batch, &key, Some(&old), left)
        })
        .await
    }

    /// Makes space: of attachments that the station has verified only the small copies stay. Gives how many were
    /// thinned. An attachment without a small copy stays whole.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn thin(&self) -> Result<usize, StorageError> {
        self.mutate(async |batch| {
            let waiting: BTreeSet<EntryId> = batch
                .prefix::<Waiting>(Table::Outbox, "")
                .await?
                .iter()
                .map(|waiting| waiting.entry)
                .collect();
            let mut delivered = BTreeSet::new();
            let mut kept = self.named_by_drafts(batch).await?;
            self.each_entry(|known| {
                let accepted = matches!(known.standing, Standing::Accepted { .. });
                let whole = accepted && !waiting.contains(&known.entry.content.id);
                let set = if whole { &mut delivered } else { &mut kept };
                set.extend(&known.entry.content.attachments);
            })
            .await?;
            let keys: BTreeSet<String> = self.storage.keys(Table::Blobs).await?.into_iter().collect();
            let mut thinned = 0;
            for digest in delivered.difference(&kept) {
                if keys.contains(&digest.to_string()) && keys.contains(&small_key(*digest)) {
                    batch.delete(Table::Blobs, &digest.to_string());
                    thinned += 1;
                }
            }
            Ok(thinned)
        })
        .await
    }

    /// Throws away the attachments that nothing named a day ago and nothing names now: photos that were taken out of
    /// a form again, or whose form a crash kept from being saved. Gives how many.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<usize, StorageError> {
        self.mutate(async |batch| {
            let before = batch.get::<Orphans>(Table::Meta, ORPHANS).await?;
            // A clock that went back must not keep them for ever.
            let recent =
                |orphans: &Orphans| (TimeDelta::zero()..TimeDelta::days(1)).contains(&(now - orphans.since));
            if before.as_ref().is_some_and(recent) {
                return Ok(0);
            }
            let keys = self.storage.keys(Table::Blobs).await?;
            let all: BTreeSet<Digest> = keys.iter().filter_map(|key| key.parse().ok()).collect();
            let mut orphans = Vec::new();
            if !all.is_empty() {
                let mut named = self.named_by_drafts(batch).await?;
                self.each_entry(|known| named.extend(&known.entry.content.attachments)).await?;
                orphans.extend(all.difference(&named).copied());
            }
            let before = before.map(|orphans| orphans.digests).unwrap_or_default();
            let (gone, young): (Vec<_>, Vec<_>) =
                orphans.into_iter().partition(|digest| before.contains(digest));
            for digest in &gone {
                forget(batch, *digest);
            }
            batch.put(Table::Meta, ORPHANS, &Orphans { since: now, digests: young })?;
            Ok(gone.len())
        })
        .await
    }

    /// Throws away what only this draft named.
    pub(super) async fn forget_with(
        &self,
        batch: &mut Batch<'_, S>,
        draft: &Draft,
    ) -> Result<(), StorageError> {
        let mut own = self.named_by(draft);
        if own.is_empty() {
            return Ok(());
        }
        let others = self.named_by_drafts(batch).await?;
        own.retain(|digest| !others.contains(digest));
        self.each_entry(|known| own.retain(|digest| !known.entry.content.attachments.contains(digest)))
            .await?;
        own.into_iter().for_each(|digest| forget(batch, digest));
        Ok(())
    }

    fn named_by(&self, draft: &Draft) -> Vec<Digest> {
        let kinds = self.kinds();
        let kind = kinds.nearest(&draft.kind, draft.kind_version);
        let mut named = kind.map(|kind| kind.attachments(&draft.body)).unwrap_or_default();
        named.extend(draft.adds.iter().flat_map(|adds| &adds.attached));
        named
    }

    async fn named_by_drafts(&self, batch: &Batch<'_, S>) -> Result<BTreeSet<Digest>, StorageError> {
        let drafts: Vec<Draft> = batch.prefix(Table::Drafts, "").await?;
        Ok(drafts.iter().flat_map(|draft| self.named_by(draft)).collect())
    }

    /// Looks at every entry, a stride at a time, because there may be very many. What can't be read stays, with
    /// whatever it names.
    async fn each_entry(&self, mut look: impl FnMut(&Known)) -> Result<(), StorageError> {
        let mut span = Span::all().limit(STRIDE);
        loop {
            let entries = self.scan::<Known>(Table::Entries, span.clone()).await?;
            entries.iter().for_each(|(_, known)| look(known));
            match entries.last() {
                Some((last, _)) if entries.len() == STRIDE => span = span.after(last),
                _ => return Ok(()),
            }
        }
    }
}

fn forget<S: Storage>(batch: &mut Batch<'_, S>, digest: Digest) {
    batch.delete(Table::Blobs, &digest.to_string());
    batch.delete(Table::Blobs, &small_key(digest));
}

fn small_key(digest: Digest) -> String {
    format!("{digest}.small")
}
