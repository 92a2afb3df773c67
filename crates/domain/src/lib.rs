//! What Xunji is about, without any input or output: ledgers, entries, records and what travels on the wire.
//!
//! Three nouns carry everything:
//!
//! - a [`Kind`](kind::Kind) defines one ledger as data,
//! - an [`Entry`](entry::Entry) is one immutable thing that somebody did,
//! - a [`Record`](record::Record) is the fold of a record's entries.
//!
//! The phone and the station run the same [`validate`], [`workflow`] and [`record`] code, so that both come to the
//! same answer from the same entries. Nothing here reads a clock, a file, a network or a random number.

pub mod alarm;
pub mod area;
pub mod becomes;
pub mod canonical;
pub mod deadline;
pub mod desk;
pub mod entry;
pub mod handing;
pub mod id;
pub mod json;
pub mod kind;
pub mod media;
pub mod order;
pub mod person;
pub mod recipient;
pub mod record;
pub mod slip;
pub mod tidy;
pub mod validate;
pub mod village;
pub mod wire;
pub mod workflow;
