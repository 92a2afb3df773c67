//! What comes down: entries with their receipts, in the order of the mailbox.

use std::collections::{BTreeMap, BTreeSet};

use xunji_domain::{
    id::Position,
    person::Worker,
    record::{Known, Standing},
    wire::MailboxPage,
};

use super::{
    PEOPLE, Pocket,
    batch::Batch,
    cursors::{self, Cursor, Mailbox},
    outbox::{Waiting, WaitingState, outbox_key, settle, wait},
    save::{entry_key, places_of},
};
use crate::storage::{Storage, StorageError, Table};

impl<S: Storage> Pocket<S> {
    /// Takes in a page of a mailbox, in one commit. A page that doesn't follow on what has been read of it is left alone;
    /// whether it was taken is returned.
    ///
    /// The phone's own entries come back here too. When the answer to an upload was lost on the way, their receipts
    /// settle the outbox.
    ///
    /// The same entry may come in several mailboxes. Once it is here whole, a masked copy takes nothing of it away.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn receive(
        &self,
        mailbox: &Mailbox,
        after: Position,
        page: &MailboxPage,
    ) -> Result<bool, StorageError> {
        self.mutate(async |batch| {
            let mut cursor = cursors::of(batch, mailbox).await?;
            let mut follow = (after.0 + 1..).map(Position).zip(&page.items);
            if cursor.after != after || !follow.all(|(position, item)| item.position == position) {
                return Ok(false);
            }
            if page.reset {
                // A desk's mailbox says nothing about what the station has of this phone.
                if *mailbox == Mailbox::Own {
                    self.send_again(batch).await?;
                }
                cursors::note(batch, mailbox, Cursor::default()).await?;
                return Ok(true);
            }
            let mut touched = BTreeSet::new();
            let entries = page.items.iter().map(|item| &item.entry);
            let mut places = places_of(entries.clone().map(|entry| entry.content.record));
            let own = entries.filter(|entry| entry.installation == self.installation());
            places.extend(own.map(|entry| (Table::Outbox, outbox_key(entry.seq))));
            places.push((Table::Meta, PEOPLE.to_owned()));
            batch.fetch(places).await?;
            for item in &page.items {
                let entry = &item.entry;
                let content = &entry.content;
                cursor = Cursor { after: item.position, last: Some(content.id) };
                let known: Option<Known> =
                    batch.get(Table::Entries, &entry_key(content.record, content.id)).await?;
                // The same id with another digest is not this entry: what was saved here stays as it is.
                if known.as_ref().is_some_and(|known| known.entry.digest != entry.digest) {
                    continue;
                }
                let standing = Standing::from(&item.receipt);
                let came = Known {
                    entry: entry.clone(),
                    standing: standing.clone(),
                    masked: item.masked,
                    let_go: known.as_ref().is_some_and(|known| known.let_go),
                };
                // What was saved here keeps the number that it was given here, even when the station has it from
                // elsewhere; and a number says nothing about an entry that was not saved here.
                match known {
                    Some(own) if own.entry.installation == self.installation() && !own.masked => {
                        let waiting: Option<Waiting> =
                            batch.get(Table::Outbox, &outbox_key(own.entry.seq)).await?;
                        let waiting = waiting.filter(|waiting| waiting.entry == content.id);
                        // Most come back only after their answer.
                        if waiting.is_none() && own.standing == standing {
                            continue;
                        }
                        let state = match (waiting, &standing) {
                            (Some(waiting), _) => left_to_do(&own, &standing, waiting.state),
                            // The station had accepted it, was put back to an older backup, and parks it now.
                            (None, Standing::Parked { reason, .. }) => {
                                Some(WaitingState::Parked { reason: reason.clone() })
                            }
                            (None, _) => None,
                        };
                        settle(batch, &own.entry, standing, state).await?;
                    }
                    Some(whole) if item.masked && !whole.masked => {
                        if whole.standing == standing {
                            continue;
                        }
                        let key = entry_key(content.record, content.id);
                        batch.put(Table::Entries, &key, &Known { standing, ..whole })?;
                    }
                    Some(other) if other == came => continue,
                    _ => batch.put(Table::Entries, &entry_key(content.record, content.id), &came)?,
                }
                // It may have been repaired on this person's other phone.
                if let Some(parked) = content.replaces {
                    self.take_the_place_of(batch, content.record, parked).await?;
                }
                touched.insert(content.record);
            }
            for record in touched {
                self.refold(batch, record).await?;
            }
            if cursor.after != after {
                cursors::note(batch, mailbox, cursor).await?;
            }
            let known = batch.get::<Vec<Worker>>(Table::Meta, PEOPLE).await?.unwrap_or_default();
            let mut people = BTreeMap::new();
            for worker in known.iter().chain(&page.people) {
                people.insert(worker.id, worker.clone());
            }
            if people.len() != known.len() || !page.people.is_empty() {
                batch.put(Table::Meta, PEOPLE, &people.into_values().collect::<Vec<_>>())?;
            }
            Ok(true)
        })
        .await
    }

    /// The station knows less than it did: it was restored from an older backup. Everything that it had of this phone
    /// goes back into the line, and leaves it again as it comes down; sending it twice doubles nothing.
    async fn send_again(&self, batch: &mut Batch<'_, S>) -> Result<(), StorageError> {
        for Known { entry, standing, masked, .. } in batch.prefix::<Known>(Table::Entries, "").await? {
            let receipted = matches!(standing, Standing::Accepted { .. } | Standing::Parked { .. });
            // What is here without its sensitive values is none of what was saved here.
            if masked || !receipted || entry.installation != self.installation() {
                continue;
            }
            // What stands in the line with this number stays there: it may be another entry, on a copied phone.
            let row = batch.get::<Waiting>(Table::Outbox, &outbox_key(entry.seq)).await?;
            if row.as_ref().is_none_or(|row| row.entry == entry.content.id) {
                wait(batch, &entry, row.as_ref())?;
            }
        }
        Ok(())
    }
}

/// What is left to do about an entry of this phone that comes back with its receipt. Which attachments are missing is
/// known only from the answer to sending it.
fn left_to_do(own: &Known, standing: &Standing, state: WaitingState) -> Option<WaitingState> {
    let attached = !own.entry.content.attachments.is_empty();
    match (standing, state) {
        (_, state @ WaitingState::Attachments { .. }) => Some(state),
        (_, WaitingState::Unsent) if attached => Some(WaitingState::Unsent),
        (Standing::Parked { reason, .. }, _) => Some(WaitingState::Parked { reason: reason.clone() }),
        // Its words had a receipt before: it was the attachments that were refused.
        (_, state @ WaitingState::Refused { .. }) if attached && own.standing == *standing => Some(state),
        (_, WaitingState::Refused { .. }) if attached => Some(WaitingState::Unsent),
        _ => None,
    }
}
