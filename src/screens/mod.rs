//! The screens, one file each.

mod adding;
mod autosave;
mod backup;
mod drill;
mod enrol;
mod form;
mod ledger;
mod lock;
mod locking;
mod me;
mod not_found;
mod onward;
mod outbox;
mod people;
mod pin;
mod record;
mod today;

pub use self::{
    drill::Drill,
    enrol::Enrol,
    form::{Form, ReturnToDraft},
    ledger::Ledger,
    lock::Lock,
    me::Me,
    not_found::NotFound,
    outbox::Outbox,
    pin::SetPin,
    record::RecordPage,
    today::Today,
};
