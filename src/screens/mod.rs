//! The screens, one file each.

mod autosave;
mod backup;
mod drill;
mod enrol;
mod form;
mod ledger;
mod me;
mod not_found;
mod outbox;
mod record;
mod today;

pub use self::{
    drill::Drill,
    enrol::Enrol,
    form::{Form, ReturnToDraft},
    ledger::Ledger,
    me::Me,
    not_found::NotFound,
    outbox::Outbox,
    record::RecordPage,
    today::Today,
};
