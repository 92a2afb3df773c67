//! Mailboxes: who sees what, each in its own gap-free order.

use std::collections::BTreeSet;

use xunji_domain::{
    id::{EntryId, Position, RecordId, WorkerId},
    person::{Role, Worker},
    village::VillageCode,
    wire::{MailboxItem, MailboxPage, Outcome},
};

use super::Station;
use crate::simulation::{env::Env, sabotage::Sabotage};

/// The name of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation) enum MailboxId {
    Worker(WorkerId),
    JusticeDesk,
    CoordinatorDesk(String),
}

pub(super) fn desk(confidential: bool, village: &VillageCode) -> MailboxId {
    if confidential {
        MailboxId::JusticeDesk
    } else {
        MailboxId::CoordinatorDesk(village.township().to_owned())
    }
}

pub(super) fn seat(worker: &Worker) -> Option<MailboxId> {
    match worker.role {
        Role::JusticeOfficer => Some(MailboxId::JusticeDesk),
        Role::Coordinator => Some(MailboxId::CoordinatorDesk(worker.village.township().to_owned())),
        Role::GridWorker | Role::LegalAdviser | Role::Mediator | Role::Partner => None,
    }
}

pub(super) fn entitled(
    confidential: bool,
    village: &VillageCode,
    opener: WorkerId,
    author: WorkerId,
) -> Vec<MailboxId> {
    let mut mailboxes = vec![MailboxId::Worker(opener), desk(confidential, village)];
    if author != opener {
        mailboxes.push(MailboxId::Worker(author));
    }
    mailboxes
}

impl Station {
    pub(super) fn deliver(&mut self, mailbox: MailboxId, place: usize) {
        let items = self.mailboxes.entry(mailbox).or_default();
        if !items.contains(&place) {
            items.push(place);
        }
    }

    /// Whatever of a record a mailbox doesn't have yet, by revision.
    pub(super) fn deliver_record(&mut self, mailbox: MailboxId, record: RecordId) {
        let revision = |place: usize| match self.entries[place].receipt.outcome {
            Outcome::Accepted { revision } if self.entries[place].entry.content.record == record => {
                Some((revision, place))
            }
            _ => None,
        };
        let places: BTreeSet<_> = (0..self.entries.len()).filter_map(revision).collect();
        for (_, place) in places {
            self.deliver(mailbox.clone(), place);
        }
    }

    /// The last position of a person's mailbox.
    pub(in crate::simulation) fn head(&self, worker: WorkerId) -> Position {
        Position(self.mailboxes.get(&MailboxId::Worker(worker)).map_or(0, |items| items.len() as u64))
    }

    pub(super) fn page(
        &self,
        env: &Env,
        worker: WorkerId,
        after: Position,
        last: Option<EntryId>,
    ) -> MailboxPage {
        let head = self.head(worker);
        let there = self.mailboxes.get(&MailboxId::Worker(worker)).and_then(|places| {
            let place = places.get(usize::try_from(after.0.checked_sub(1)?).ok()?)?;
            Some(self.entries[*place].entry.content.id)
        });
        // With its eyes open the station would heal what it skipped.
        let blind = env.broken(Sabotage::SkipPosition);
        let other = last.is_some_and(|last| there.is_some_and(|there| there != last));
        let reset = after > head || (other && !blind);
        let mut page = MailboxPage { items: Vec::new(), people: Vec::new(), head, reset };
        if page.reset {
            return page;
        }
        let Some(places) = self.mailboxes.get(&MailboxId::Worker(worker)) else { return page };
        let from = usize::try_from(after.0).unwrap_or(usize::MAX);
        let most = 1 + env.dice.place(6);
        let mut senders = BTreeSet::new();
        let mut position = after.0;
        for place in places.iter().skip(from).take(most) {
            position += 1;
            // The next item gets this one's number.
            if env.breaks(Sabotage::SkipPosition, 30) && position < head.0 {
                position -= 1;
                continue;
            }
            let stored = &self.entries[*place];
            senders.insert(stored.entry.content.author);
            let entry = stored.entry.clone();
            let receipt = stored.receipt.clone();
            page.items.push(MailboxItem { position: Position(position), entry, receipt, masked: false });
        }
        page.people = senders.iter().filter_map(|sender| self.workers.get(sender).cloned()).collect();
        page
    }
}
