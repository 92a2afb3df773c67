//! What comes down: entries with their receipts, in the order of the mailbox.

use std::collections::{BTreeMap, BTreeSet};

use xunji_domain::{
    id::Position,
    person::Worker,
    record::{Known, Standing},
    wire::MailboxPage,
};

use super::{
    CURSOR, PEOPLE, Pocket,
    outbox::{Waiting, WaitingState, outbox_key, settle},
    save::entry_key,
};
use crate::storage::{Storage, StorageError, Table};

impl<S: Storage> Pocket<S> {
    /// Takes in a page of the mailbox, in one commit. A page that doesn't follow on what has been read is left alone;
    /// whether it was taken is returned.
    ///
    /// The phone's own entries come back here too. When the answer to an upload was lost on the way, their receipts
    /// settle the outbox.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn receive(&self, after: Position, page: &MailboxPage) -> Result<bool, StorageError> {
        self.mutate(async |batch| {
            if batch.get::<Position>(Table::Meta, CURSOR).await?.unwrap_or_default() != after {
                return Ok(false);
            }
            if page.reset {
                batch.put(Table::Meta, CURSOR, &Position(0))?;
                return Ok(true);
            }
            let mut cursor = after;
            let mut touched = BTreeSet::new();
            for item in &page.items {
                if item.position != Position(cursor.0 + 1) {
                    return Ok(false);
                }
                cursor = item.position;
                let entry = &item.entry;
                let content = &entry.content;
                let known: Option<Known> =
                    batch.get(Table::Entries, &entry_key(content.record, content.id)).await?;
                // The same id with another digest is not this entry: what was saved here stays as it is.
                if known.is_some_and(|known| known.entry.digest != entry.digest) {
                    continue;
                }
                let waiting: Option<Waiting> = match entry.installation == self.installation() {
                    true => batch.get(Table::Outbox, &outbox_key(entry.seq)).await?,
                    false => None,
                };
                let standing = Standing::from(&item.receipt);
                let state = match (&standing, waiting.map(|waiting| waiting.state)) {
                    // Which attachments are missing is known only from the answer to sending it again.
                    (_, Some(WaitingState::Unsent)) if !content.attachments.is_empty() => {
                        Some(WaitingState::Unsent)
                    }
                    (_, Some(state @ WaitingState::Attachments { .. })) => Some(state),
                    (Standing::Parked { reason, .. }, Some(_)) => {
                        Some(WaitingState::Parked { reason: reason.clone() })
                    }
                    _ => None,
                };
                if entry.installation == self.installation() {
                    settle(batch, entry, standing, state).await?;
                } else {
                    let known = Known { entry: entry.clone(), standing };
                    batch.put(Table::Entries, &entry_key(content.record, content.id), &known)?;
                }
                touched.insert(content.record);
            }
            for record in touched {
                self.refold(batch, record).await?;
            }
            batch.put(Table::Meta, CURSOR, &cursor)?;
            let known = batch.get::<Vec<Worker>>(Table::Meta, PEOPLE).await?.unwrap_or_default();
            let people: BTreeMap<_, _> =
                known.iter().chain(&page.people).map(|worker| (worker.id, worker.clone())).collect();
            if people.len() != known.len() || !page.people.is_empty() {
                batch.put(Table::Meta, PEOPLE, &people.into_values().collect::<Vec<_>>())?;
            }
            Ok(true)
        })
        .await
    }
}
