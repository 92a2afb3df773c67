//! Mailboxes: who sees what, each in its own gap-free order.

use std::collections::BTreeSet;

use serde_json::Value;
use xunji_domain::{
    desk::{Desk, DeskKind},
    entry::{Action, Entry},
    id::{DeskId, Position, RecordId, WorkerId},
    person::{Role, Worker},
    village::VillageCode,
    wire::{MailboxItem, MailboxPage, Me, Outcome},
};

use super::Station;
use crate::{
    pocket::{Cursor, Mailbox},
    simulation::{env::Env, sabotage::Sabotage},
};

/// The code of the county.
pub(in crate::simulation) const COUNTY: &str = "513322";

/// The name of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation) enum MailboxId {
    Worker(WorkerId),
    JusticeDesk,
    /// Of a township, or of the county, which is handed nothing here.
    CoordinatorDesk(String),
    /// What the county's desk oversees.
    Oversight,
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
        Role::Coordinator => Some(MailboxId::CoordinatorDesk(worker.areas().first()?.township().to_string())),
        Role::GridWorker | Role::LegalAdviser | Role::Mediator | Role::Partner => None,
    }
}

pub(super) fn entitled(confidential: bool, village: &VillageCode, opener: WorkerId) -> Vec<MailboxId> {
    let mut mailboxes = vec![MailboxId::Worker(opener), desk(confidential, village)];
    if !confidential {
        mailboxes.push(MailboxId::Oversight);
    }
    mailboxes
}

/// An entry as the county sees it.
pub(in crate::simulation) fn masked(mut entry: Entry) -> Entry {
    entry.content.attachments.clear();
    match &mut entry.content.action {
        Action::Open { body } | Action::Step { body, .. } => {
            body.retain(|field, _| field.as_str() == "village")
        }
        Action::Amend { field, from, to, reason } => {
            reason.clear();
            if field.as_str() != "village" {
                (*from, *to) = (Value::Null, Value::Null);
            }
        }
        Action::Note { text }
        | Action::Ask { text, .. }
        | Action::Explain { text, .. }
        | Action::Answer { text, .. } => text.clear(),
        _ => {}
    }
    entry
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

    /// Takes somebody's seat away, until all are seated again. Whether they had one.
    pub(in crate::simulation) fn unseat(&mut self, worker: WorkerId) -> bool {
        !self.me(worker).desks.is_empty() && self.unseated.insert(worker)
    }

    /// Gives everybody their seats back.
    pub(in crate::simulation) fn seat_all(&mut self) {
        self.unseated.clear();
    }

    /// Somebody with the desks at which they sit.
    pub(in crate::simulation) fn me(&self, worker: WorkerId) -> Me {
        let seated = !self.unseated.contains(&worker);
        let worker = self.workers[&worker].clone();
        let seat = seat(&worker).filter(|_| seated);
        let desk = seat.and_then(|seat| {
            let (kind, area) = match &seat {
                MailboxId::CoordinatorDesk(area) if area == COUNTY => (DeskKind::CountyCentre, area.as_str()),
                MailboxId::CoordinatorDesk(area) => (DeskKind::TownshipCentre, area.as_str()),
                _ => (DeskKind::JusticeOffice, COUNTY),
            };
            let id = DeskId::new(format!("{}:{area}", kind.as_str()));
            Some(Desk { id, kind, name: String::new(), area: area.parse().ok()? })
        });
        Me { worker, desks: desk.into_iter().collect() }
    }

    /// The mailbox that somebody means, if it is theirs.
    pub(in crate::simulation) fn seated(&self, worker: WorkerId, mailbox: &Mailbox) -> Option<MailboxId> {
        let me = self.me(worker);
        Mailbox::of(&me).contains(mailbox).then(|| match mailbox {
            Mailbox::Own => Some(MailboxId::Worker(worker)),
            Mailbox::Desk(_) => seat(&me.worker),
            Mailbox::Oversight(_) => Some(MailboxId::Oversight),
        })?
    }

    /// The mailboxes that somebody reads, with their last positions.
    pub(in crate::simulation) fn heads(&self, worker: WorkerId) -> Vec<(Mailbox, Position)> {
        let mailboxes = Mailbox::of(&self.me(worker)).into_iter();
        let head = |mailbox: Mailbox| {
            let head = self.seated(worker, &mailbox).map(|id| self.head(&id)).unwrap_or_default();
            (mailbox, head)
        };
        mailboxes.map(head).collect()
    }

    fn head(&self, mailbox: &MailboxId) -> Position {
        Position(self.mailboxes.get(mailbox).map_or(0, |items| items.len() as u64))
    }

    pub(super) fn page(&self, env: &Env, mailbox: &MailboxId, cursor: &Cursor) -> MailboxPage {
        let Cursor { after, last } = *cursor;
        let head = self.head(mailbox);
        let there = self.mailboxes.get(mailbox).and_then(|places| {
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
        let Some(places) = self.mailboxes.get(mailbox) else { return page };
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
            let overseen = *mailbox == MailboxId::Oversight;
            let entry = if overseen { masked(stored.entry.clone()) } else { stored.entry.clone() };
            let receipt = stored.receipt.clone();
            let masked = overseen && !env.broken(Sabotage::UnmarkMasked);
            page.items.push(MailboxItem { position: Position(position), entry, receipt, masked });
        }
        page.people = senders.iter().filter_map(|sender| self.workers.get(sender).cloned()).collect();
        page
    }
}
