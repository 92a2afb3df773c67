//! Who sees what. This is the only place that decides it: [`sight`] is the table.
//!
//! | relation to the record | any other ledger | confidential: 法律咨询, 法律援助申请, 投诉建议 |
//! |---|---|---|
//! | keeper of the record | all | all |
//! | whom it is with, and whom it was with before | all | all; only advisers, justice officers and justice offices can be |
//! | partners (联调) | all | nothing |
//! | its own desk: the township's centre; 法律咨询 and 法律援助申请 the nearest justice office; 投诉建议 the county's centre | all | all |
//! | the county's centre over the township | without sensitive values | nothing; counts of 法律咨询 and 法律援助申请 |
//! | anybody else | nothing | nothing |
//! | whoever sent an entry, also one that is parked | that entry | that entry |
//!
//! A record's keeper is its opener, or whoever it was handed over to; from then on its opener hears no more of it.
//! Consultations are bound by the adviser's duty of secrecy (律师法 art. 38): no governance desk ever receives one.
//!
//! Whoever acts for a desk reads the record in the desk's mailbox, as long as they sit there and audited; their own has
//! what they sent and its receipt, so that it outlives the seat without the rest.
//!
//! Invariant: confidentiality is that of the definition the record was opened by, whatever a later entry claims.

use std::fmt;

use xunji_domain::{
    desk::{Desk, DeskKind},
    id::{DeskId, WorkerId},
    recipient::{self, Recipient, sits_at_level},
    wire::RecipientFault,
};

use crate::{ingest::judge::Opened, people::Person};

/// The name of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailboxId {
    /// A person's own.
    Worker(WorkerId),
    /// A desk's, read by all who sit there.
    Desk(DeskId),
    /// What a desk oversees without being asked to act: the same entries without their sensitive values.
    Oversight(DeskId),
}

impl fmt::Display for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(id) => write!(f, "worker:{id}"),
            Self::Desk(id) => write!(f, "desk:{id}"),
            Self::Oversight(id) => write!(f, "oversight:{id}"),
        }
    }
}

/// What somebody, or a desk, has to do with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Carries the record on.
    Keeper,
    /// Has been handed it.
    Holder,
    /// Had been handed it before: whoever receives hears what became of it.
    Before,
    /// Was asked to take part.
    Partner,
    /// Is the desk that it belongs to.
    Home,
    /// Is the county's centre over the township's, which it belongs to.
    Overseer,
    /// Nothing of all this.
    Outsider,
}

/// How much of an entry somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing, not even that it is there.
    Nothing,
    /// All but sensitive values, remarks and attachments.
    Masked,
    /// All.
    Full,
}

/// The table.
pub const fn sight(confidential: bool, relation: Relation) -> Sight {
    match relation {
        Relation::Keeper | Relation::Holder | Relation::Before | Relation::Home => Sight::Full,
        Relation::Partner if confidential => Sight::Nothing,
        Relation::Partner => Sight::Full,
        Relation::Overseer if confidential => Sight::Nothing,
        Relation::Overseer => Sight::Masked,
        Relation::Outsider => Sight::Nothing,
    }
}

/// Everybody who has something to do with a record, and what.
pub fn circle(record: &Opened) -> Vec<(Relation, Recipient)> {
    let mut circle = vec![(Relation::Keeper, Recipient::Worker(record.keeper))];
    circle.extend(record.home.map(|home| (Relation::Home, Recipient::Level(home))));
    circle.extend(record.holder.iter().map(|holder| (Relation::Holder, holder.clone())));
    circle.extend(record.handed_on.iter().map(|before| (Relation::Before, before.clone())));
    circle.extend(record.partners.iter().map(|partner| (Relation::Partner, partner.clone())));
    if record.home == Some(DeskKind::TownshipCentre) {
        circle.push((Relation::Overseer, Recipient::Level(DeskKind::CountyCentre)));
    }
    circle
}

/// What somebody with these seats may do to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing.
    None,
    /// Had it before: take the steps that name such a desk.
    Before,
    /// Take part: remarks, attachments and their own part.
    Partner,
    /// Carry it on.
    Acting,
    /// Take it from its keeper, too.
    Home,
}

/// Whether somebody carries a record on, or has it: they may give slips out.
pub fn carries(record: &Opened, worker: WorkerId, seats: &[Desk]) -> bool {
    let means = |recipient: &Recipient| recipient.means(worker, seats, Some(&record.village));
    worker == record.keeper || record.holder.as_ref().is_some_and(means)
}

/// Decides what somebody may do to a record.
pub fn standing(record: &Opened, worker: WorkerId, seats: &[Desk]) -> Standing {
    let means = |recipient: &Recipient| recipient.means(worker, seats, Some(&record.village));
    let is_partner = || !record.confidential && record.partners.iter().any(means);
    if record.home.is_some_and(|home| sits_at_level(home, seats, Some(&record.village))) {
        Standing::Home
    } else if carries(record, worker, seats) {
        Standing::Acting
    } else if is_partner() {
        Standing::Partner
    } else if record.handed_on.iter().any(means) {
        Standing::Before
    } else {
        Standing::None
    }
}

/// Whether a person can carry a record on.
///
/// # Errors
/// Why not.
pub fn may_receive(recipient: Option<&Person>, record: &Opened) -> Result<(), RecipientFault> {
    let person = recipient.ok_or(RecipientFault::Unknown)?;
    if person.suspended {
        return Err(RecipientFault::Suspended);
    }
    recipient::may_receive(person.worker.roles(), &person.areas, record.confidential, &record.village)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_this() {
        use Sight::{Full, Masked, Nothing};
        let table = [
            (Relation::Keeper, Full, Full),
            (Relation::Holder, Full, Full),
            (Relation::Before, Full, Full),
            (Relation::Partner, Full, Nothing),
            (Relation::Home, Full, Full),
            (Relation::Overseer, Masked, Nothing),
            (Relation::Outsider, Nothing, Nothing),
        ];
        for (relation, open, confidential) in table {
            assert_eq!((sight(false, relation), sight(true, relation)), (open, confidential), "{relation:?}");
        }
    }
}
