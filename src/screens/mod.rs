//! The screens, one file each.

mod about;
mod adding;
mod autosave;
mod backup;
mod beside;
mod cant_open;
mod desk;
mod drill;
mod enrol;
mod form;
mod install;
mod ledger;
mod lock;
mod locking;
mod me;
mod merging;
mod not_found;
mod onward;
mod outbox;
mod people;
mod pin;
mod record;
mod share;
mod slips;
mod today;

pub use self::{
    about::About,
    cant_open::CantOpen,
    desk::{Desk, Staff},
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
    share::Share,
    today::Today,
};
