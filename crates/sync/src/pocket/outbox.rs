//! What still has to be sent, and what becomes of it.

use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Entry},
    id::{EntryId, KindId, RecordId, Seq},
    reads,
    record::{Known, Standing},
    wire::{Answer, Outcome, Reason, Refusal},
};

use super::{
    Pocket, RETURNED,
    batch::Batch,
    decode,
    save::{entry_key, places_of},
};
use crate::storage::{Ask, Span, Storage, StorageError, Table};

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waiting {
    /// The entry.
    pub entry: EntryId,
    /// Its record.
    pub record: RecordId,
    /// Its ledger.
    pub kind: KindId,
    /// When it was saved, by the phone's clock.
    pub since: DateTime<FixedOffset>,
    /// Its size as JSON.
    pub bytes: usize,
    /// What it waits for.
    pub state: WaitingState,
}

reads!(Waiting { entry, record, kind, since, bytes, state });

/// What a row of the outbox waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum WaitingState {
    /// To be sent.
    Unsent,
    /// The station has the words; these attachments are still to be sent.
    Attachments {
        /// By SHA-256.
        missing: Vec<Digest>,
    },
    /// For its author to repair it.
    Parked {
        /// The station's reason.
        reason: Reason,
    },
    /// For somebody to look at what is wrong with the phone. Sending is tried again when a person asks for it.
    Refused {
        /// The station's reason.
        refusal: Refusal,
    },
}

reads!(WaitingState by "state" {
    "unsent" => Unsent {},
    "attachments" => Attachments { missing },
    "parked" => Parked { reason },
    "refused" => Refused { refusal },
});

impl WaitingState {
    /// Whether a person has to look at it.
    const fn is_returned(&self) -> bool {
        matches!(self, Self::Parked { .. } | Self::Refused { .. })
    }
}

/// How much there is in the outbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that will be sent without anybody's doing.
    pub waiting: usize,
    /// Entries that a person has to look at.
    pub returned: usize,
}

/// What to send next.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    /// In the order of their sequence numbers.
    pub entries: Vec<Entry>,
    /// How many rows come after them, at most.
    pub remaining: usize,
}

impl<S: Storage> Pocket<S> {
    /// All rows of the outbox, oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn outbox(&self) -> Result<Vec<Waiting>, StorageError> {
        let rows = self.scan(Table::Outbox, Span::all()).await?;
        Ok(rows.into_iter().map(|(_, waiting)| waiting).collect())
    }

    /// How much there is in the outbox.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn counts(&self) -> Result<Counts, StorageError> {
        // A long outbox is counted after every batch, and not read for it.
        let asks = vec![Ask::Row(Table::Meta, RETURNED.to_owned())];
        let noted = self.storage.read(asks).await?.into_iter().flatten().next().and_then(|(_, value)| value);
        if let Some(returned) = noted.and_then(|value| decode::<u64>(RETURNED, &value).ok()) {
            let all = self.storage.count(Table::Outbox).await?;
            let returned = usize::try_from(returned).unwrap_or(all).min(all);
            return Ok(Counts { waiting: all - returned, returned });
        }
        let outbox = self.outbox().await?;
        let returned = outbox.iter().filter(|waiting| waiting.state.is_returned()).count();
        Ok(Counts { waiting: outbox.len() - returned, returned })
    }

    /// The oldest unsent entries, as many as fit. Parked ones are passed over: none blocks another.
    ///
    /// Reads no more rows than it needs, because a long outbox is met again with every batch.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn next_batch(&self, most: usize, bytes: usize) -> Result<Outgoing, StorageError> {
        const STRIDE: usize = 256;
        let mut entries: Vec<Entry> = Vec::new();
        let (mut size, mut passed_over) = (0, 0);
        let mut spoiled: Vec<Seq> = Vec::new();
        let mut span = Span::all();
        loop {
            let rows = self.scan::<Waiting>(Table::Outbox, span.clone().limit(STRIDE)).await?;
            let Some((last, _)) = rows.last() else { break };
            span = Span::all().after(last);
            let (mut chosen, mut full) = (Vec::new(), false);
            for (place, waiting) in &rows {
                if waiting.state != WaitingState::Unsent {
                    passed_over += 1;
                    continue;
                }
                // What surrounds the content on the wire is well below 512 bytes.
                let cost = waiting.bytes + 512;
                let some = entries.len() + chosen.len();
                full = some == most || (size + cost > bytes && some > 0);
                if full {
                    break;
                }
                size += cost;
                chosen.push((place, entry_key(waiting.record, waiting.entry), cost));
            }
            let asks = chosen.iter().map(|(_, key, _)| Ask::Row(Table::Entries, key.clone())).collect();
            for ((place, key, cost), found) in chosen.iter().zip(self.storage.read(asks).await?) {
                let value = found.into_iter().next().and_then(|(_, value)| value);
                match value.and_then(|value| decode::<Known>(key, &value).ok()) {
                    Some(known) => entries.push(known.entry),
                    None => {
                        size -= cost;
                        passed_over += 1;
                        spoiled.extend(seq_of(place));
                    }
                }
            }
            if full {
                break;
            }
        }
        // What can't be read any more is shown, and holds nothing else up.
        for seq in spoiled {
            self.refuse_attachments(seq, Refusal::Damaged).await?;
        }
        let remaining = self.storage.count(Table::Outbox).await?.saturating_sub(entries.len() + passed_over);
        Ok(Outgoing { entries, remaining })
    }

    /// Takes in the station's answers to a batch, in one commit. Only a receipt that names an entry of the batch and
    /// its digest changes anything; the number of such answers is returned, so that a station that talks nonsense is
    /// noticed.
    ///
    /// # Errors
    /// [`StorageError`]; then the entries stay in the outbox and are sent again.
    pub async fn acknowledge(&self, sent: &[Entry], answers: &[Answer]) -> Result<usize, StorageError> {
        self.mutate(async |batch| {
            let mut settled = 0;
            let mut touched = std::collections::BTreeSet::new();
            let mut places = places_of(sent.iter().map(|entry| entry.content.record));
            places.extend(sent.iter().map(|entry| (Table::Outbox, outbox_key(entry.seq))));
            batch.fetch(places).await?;
            for (entry, answer) in sent.iter().zip(answers) {
                let (standing, state) = match answer {
                    Answer::Receipt { receipt, missing }
                        if receipt.entry == entry.content.id && receipt.digest == entry.digest =>
                    {
                        let state = match &receipt.outcome {
                            Outcome::Accepted { .. } if missing.is_empty() => None,
                            Outcome::Accepted { .. } => {
                                let mut missing = missing.clone();
                                missing.sort_unstable();
                                Some(WaitingState::Attachments { missing })
                            }
                            Outcome::Parked { reason } => {
                                Some(WaitingState::Parked { reason: reason.clone() })
                            }
                        };
                        (Standing::from(receipt), state)
                    }
                    Answer::Refused { entry: named, refusal }
                        if named.is_none_or(|id| id == entry.content.id) =>
                    {
                        let refusal = refusal.clone();
                        // A refusal that comes late takes no receipt back.
                        let key = entry_key(entry.content.record, entry.content.id);
                        let known =
                            batch.get::<Known>(Table::Entries, &key).await?.map(|known| known.standing);
                        let standing = match known {
                            Some(kept @ (Standing::Accepted { .. } | Standing::Parked { .. })) => kept,
                            _ => Standing::Refused { refusal: refusal.clone() },
                        };
                        (standing, Some(WaitingState::Refused { refusal }))
                    }
                    Answer::Receipt { .. } | Answer::Refused { .. } => continue,
                };
                settled += 1;
                touched.insert(entry.content.record);
                settle(batch, entry, standing, state).await?;
            }
            for record in touched {
                self.refold(batch, record).await?;
            }
            Ok(settled)
        })
        .await
    }

    /// Marks an entry that the station can't even read, so that it stops holding up the others.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn refuse(&self, entry: &Entry, refusal: Refusal) -> Result<(), StorageError> {
        let answer = Answer::Refused { entry: Some(entry.content.id), refusal };
        self.acknowledge(std::slice::from_ref(entry), &[answer]).await.map(|_| ())
    }

    /// Its author does without what the station has parked, or not any longer (`gone` is false). It keeps its place in the
    /// history, with its reason; it counts no more and waits for nobody. Says whether that could be done: an opening is
    /// mended, and what the station has not answered is not decided on.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn let_go(&self, record: RecordId, entry: EntryId, gone: bool) -> Result<bool, StorageError> {
        self.mutate(async |batch| {
            let place = entry_key(record, entry);
            let Some(known) = batch.get::<Known>(Table::Entries, &place).await? else { return Ok(false) };
            let Standing::Parked { reason, .. } = &known.standing else { return Ok(false) };
            if matches!(known.entry.content.action, Action::Open { .. })
                || known.entry.installation != self.installation()
            {
                return Ok(false);
            }
            let key = outbox_key(known.entry.seq);
            let row = batch.get::<Waiting>(Table::Outbox, &key).await?;
            match row {
                // Sent again to a station that had lost it: first that is answered.
                Some(row) if row.entry != entry || !matches!(row.state, WaitingState::Parked { .. }) => {
                    return Ok(false);
                }
                Some(row) if gone => put_waiting(batch, &key, Some(&row), None)?,
                None if !gone && !is_mended(batch, &known.entry).await? => {
                    wait_for(batch, &known.entry, None, WaitingState::Parked { reason: reason.clone() })?;
                }
                _ => {}
            }
            batch.put(Table::Entries, &place, &Known { let_go: gone, ..known })?;
            self.refold(batch, record).await?;
            Ok(true)
        })
        .await
    }

    /// Puts refused entries back into the line, because a person asked for it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn retry_refused(&self) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            let rows = self.scan::<Waiting>(Table::Outbox, Span::all()).await?;
            for (key, waiting) in rows {
                if matches!(waiting.state, WaitingState::Refused { .. }) {
                    let again = Waiting { state: WaitingState::Unsent, ..waiting.clone() };
                    put_waiting(batch, &key, Some(&waiting), Some(&again))?;
                }
            }
            Ok::<_, StorageError>(())
        })
        .await
    }
}

/// Notes an entry's standing and what is left to do about it.
pub(super) async fn settle<S: Storage>(
    batch: &mut Batch<'_, S>,
    entry: &Entry,
    standing: Standing,
    state: Option<WaitingState>,
) -> Result<(), StorageError> {
    let content = &entry.content;
    let place = entry_key(content.record, content.id);
    // What the person does without is not brought back by an answer that says the same again.
    let let_go = matches!(standing, Standing::Parked { .. })
        && batch.get::<Known>(Table::Entries, &place).await?.is_some_and(|known| known.let_go);
    batch.put(Table::Entries, &place, &Known { let_go, ..Known::new(entry.clone(), standing) })?;
    let key = outbox_key(entry.seq);
    let row = batch.get::<Waiting>(Table::Outbox, &key).await?;
    let is_free = row.is_none();
    // The number may have been given twice, on a phone and on its copy: then the row is not this entry's.
    let waiting = row.filter(|waiting| waiting.entry == content.id);
    let state = match state {
        Some(WaitingState::Parked { .. }) if let_go || is_mended(batch, entry).await? => None,
        state => state,
    };
    match (waiting, state) {
        // What waits for its attachments or its author has been received, and is past refusing.
        (Some(waiting), Some(WaitingState::Refused { .. }))
            if matches!(waiting.state, WaitingState::Attachments { .. } | WaitingState::Parked { .. }) =>
        {
            Ok(())
        }
        (Some(waiting), Some(state)) => {
            let next = Waiting { state, ..waiting.clone() };
            put_waiting(batch, &key, Some(&waiting), Some(&next))
        }
        (Some(waiting), None) => put_waiting(batch, &key, Some(&waiting), None),
        // What was settled before comes back to its author when the station parks it now.
        (None, Some(state @ WaitingState::Parked { .. })) if is_free => wait_for(batch, entry, None, state),
        // Settled before, by an answer that came twice.
        (None, _) => Ok(()),
    }
}

/// Whether another entry has taken the place of this one.
async fn is_mended<S: Storage>(batch: &Batch<'_, S>, entry: &Entry) -> Result<bool, StorageError> {
    let content = &entry.content;
    let all: Vec<Known> = batch.prefix(Table::Entries, &format!("{}/", content.record)).await?;
    Ok(all.iter().any(|known| known.entry.content.replaces == Some(content.id)))
}

/// Writes a row of the outbox, or takes it away, in the place of what was there.
pub(super) fn put_waiting<S: Storage>(
    batch: &mut Batch<'_, S>,
    key: &str,
    old: Option<&Waiting>,
    new: Option<&Waiting>,
) -> Result<(), StorageError> {
    let returned = |waiting: Option<&Waiting>| i64::from(waiting.is_some_and(|row| row.state.is_returned()));
    batch.returned += returned(new) - returned(old);
    match new {
        Some(waiting) => batch.put(Table::Outbox, key, waiting)?,
        None => batch.delete(Table::Outbox, key),
    }
    Ok(())
}

/// Keeps the number of rows that wait for a person, in the commit that changes it.
pub(super) async fn note_returned<S: Storage>(batch: &mut Batch<'_, S>) -> Result<(), StorageError> {
    if batch.returned == 0 {
        return Ok(());
    }
    // Without a number the rows themselves are counted.
    let Some(number) = batch.lying::<u64>(Table::Meta, RETURNED).await? else { return Ok(()) };
    batch.put(Table::Meta, RETURNED, &number.saturating_add_signed(batch.returned))
}

/// Begins to keep that number in a database of earlier days. Where a row can't be read, nobody can say.
pub(super) async fn count_returned<S: Storage>(batch: &mut Batch<'_, S>) -> Result<(), StorageError> {
    if batch.lying::<u64>(Table::Meta, RETURNED).await?.is_some() {
        return Ok(());
    }
    match batch.prefix::<Waiting>(Table::Outbox, "").await {
        Ok(outbox) => {
            let returned = outbox.iter().filter(|waiting| waiting.state.is_returned()).count();
            batch.put(Table::Meta, RETURNED, &(returned as u64))
        }
        Err(StorageError::Damaged(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Puts an entry into the line, in the place of what was there.
pub(super) fn wait<S: Storage>(
    batch: &mut Batch<'_, S>,
    entry: &Entry,
    old: Option<&Waiting>,
) -> Result<(), StorageError> {
    wait_for(batch, entry, old, WaitingState::Unsent)
}

fn wait_for<S: Storage>(
    batch: &mut Batch<'_, S>,
    entry: &Entry,
    old: Option<&Waiting>,
    state: WaitingState,
) -> Result<(), StorageError> {
    let content = &entry.content;
    let bytes = serde_json::to_vec(content).map_err(|error| StorageError::Failed(error.to_string()))?.len();
    let waiting = Waiting {
        entry: content.id,
        record: content.record,
        kind: content.kind.clone(),
        since: content.noted_at,
        bytes,
        state,
    };
    put_waiting(batch, &outbox_key(entry.seq), old, Some(&waiting))
}

pub(super) fn outbox_key(seq: Seq) -> String {
    format!("{:016x}", seq.0)
}

pub(super) fn seq_of(key: &str) -> Option<Seq> {
    u64::from_str_radix(key, 16).ok().map(Seq)
}
