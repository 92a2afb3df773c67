//! Who sees what. This is the only place that decides it.
//!
//! | entry | goes to |
//! |---|---|
//! | accepted, of a confidential ledger (consultation) | its author, the record's keeper, the nearest justice office |
//! | accepted, of the county's own ledger (complaint) | its author, the record's keeper, the county's centre |
//! | accepted, of any other ledger | its author, the record's keeper, the centre of the record's township |
//! | parked | the person whose phone sent it, nobody else |
//!
//! A record's keeper is its opener, or whoever it was handed over to; from then on its opener hears no more of it.
//! Consultations are bound by the adviser's duty of secrecy (律师法 art. 38): no governance desk ever receives one.
//!
//! Invariant: confidentiality is that of the definition the record was opened by, whatever a later entry claims.

use std::fmt;

use xunji_domain::{
    desk::Desk,
    id::{DeskId, WorkerId},
    person::Role,
    village::VillageCode,
    wire::RecipientFault,
};

use crate::people::Person;

/// The name of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailboxId {
    /// A person's own.
    Worker(WorkerId),
    /// A desk's, read by all who sit there.
    Desk(DeskId),
}

impl fmt::Display for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(id) => write!(f, "worker:{id}"),
            Self::Desk(id) => write!(f, "desk:{id}"),
        }
    }
}

/// Everyone who receives an accepted entry, each once.
pub fn entitled(desk: Option<DeskId>, keeper: WorkerId, author: Option<WorkerId>) -> Vec<MailboxId> {
    let mut mailboxes = vec![MailboxId::Worker(keeper)];
    mailboxes.extend(desk.map(MailboxId::Desk));
    mailboxes.extend(author.filter(|author| *author != keeper).map(MailboxId::Worker));
    mailboxes
}

/// Whether somebody with these seats sits at a desk.
pub fn sits_at(seats: &[Desk], desk: &DeskId) -> bool {
    seats.iter().any(|seat| seat.id == *desk)
}

/// Whether somebody can carry a record on.
///
/// # Errors
/// Why not.
pub fn may_receive(
    recipient: Option<&Person>,
    confidential: bool,
    village: &VillageCode,
) -> Result<(), RecipientFault> {
    let person = recipient.ok_or(RecipientFault::Unknown)?;
    if person.suspended {
        Err(RecipientFault::Suspended)
    } else if confidential
        && !(person.worker.is(Role::LegalAdviser) || person.worker.is(Role::JusticeOfficer))
    {
        Err(RecipientFault::Confidential)
    } else if person.areas.iter().any(|area| area.reaches(village)) {
        Ok(())
    } else {
        Err(RecipientFault::OutsideArea)
    }
}
