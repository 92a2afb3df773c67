//! The screens, one file each.

mod enrol;
mod form;
mod ledger;
mod me;
mod not_found;
mod outbox;
mod record;
mod today;

pub use self::{
    enrol::Enrol,
    form::{Form, ReturnToDraft},
    ledger::{Ledger, NoRecord},
    me::Me,
    not_found::NotFound,
    outbox::Outbox,
    record::RecordPage,
    today::Today,
};
