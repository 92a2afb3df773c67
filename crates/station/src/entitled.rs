//! Who sees what. This is the only place that decides it.
//!
//! | entry | goes to |
//! |---|---|
//! | accepted, of a confidential ledger (consultation) | its author, the record's opener, the justice desk |
//! | accepted, of any other ledger | its author, the record's opener, the coordinators' desk of the record's township |
//! | parked | the person whose phone sent it, nobody else |
//!
//! Consultations are bound by the adviser's duty of secrecy (律师法 art. 38): no governance desk ever receives one.
//!
//! Invariant: confidentiality is that of the definition the record was opened by, whatever a later entry claims.

use std::fmt;

use xunji_domain::{
    id::WorkerId,
    person::{Role, Worker},
    village::VillageCode,
};

/// The name of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MailboxId {
    /// A person's own.
    Worker(WorkerId),
    /// The justice office's.
    JusticeDesk,
    /// The coordinators' of one township, by its nine digits.
    CoordinatorDesk(String),
}

impl fmt::Display for MailboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(id) => write!(f, "worker:{id}"),
            Self::JusticeDesk => f.write_str("desk:justice"),
            Self::CoordinatorDesk(township) => write!(f, "desk:coordinator:{township}"),
        }
    }
}

/// The desk that a record belongs to.
pub fn desk(confidential: bool, village: &VillageCode) -> MailboxId {
    if confidential {
        MailboxId::JusticeDesk
    } else {
        MailboxId::CoordinatorDesk(village.township().to_owned())
    }
}

/// Everyone who receives an accepted entry, each once.
pub fn entitled(
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

/// The desk that a person sits at, if any.
pub fn seat(worker: &Worker) -> Option<MailboxId> {
    match worker.role {
        Role::JusticeOfficer => Some(MailboxId::JusticeDesk),
        Role::Coordinator => Some(MailboxId::CoordinatorDesk(worker.village.township().to_owned())),
        Role::GridWorker | Role::LegalAdviser | Role::Mediator => None,
    }
}

/// Whether a person may add to a record: its opener, and whoever sits at its desk.
pub fn may_add(worker: &Worker, opener: WorkerId, confidential: bool, village: &VillageCode) -> bool {
    worker.id == opener || seat(worker).is_some_and(|seat| seat == desk(confidential, village))
}
