//! How what was saved on a phone reaches the station, without any input or output of its own.
//!
//! - [`storage`] is the contract of a phone's database: read, and commit a batch of writes if nobody wrote meanwhile.
//! - [`memory`] is that contract in memory; the app has one over IndexedDB.
//! - [`sealed`] is the contract over another storage, with every value sealed; [`vault`] is the row that says how, and
//!   [`pin`] what a person types.
//! - [`pocket`] is everything a phone holds, written once over any storage: drafts, saving, the outbox, receipts, the
//!   mailbox, records.
//! - [`words`] is what a search compares and marks; [`index`] holds the words of all records in memory, out of the
//!   pocket's shelves, and is looked through in slices.
//! - [`engine`] decides what to do next: a pure function from state and event to state and effects. The app's driver
//!   carries the effects out; a simulation can do the same with a clock and a network of its own.
//! - [`suite`] is the one test suite for every storage.
//! - `simulation` tortures all of this with several phones and a model station, driven by a seed.

pub mod engine;
pub mod index;
pub mod memory;
pub mod pin;
pub mod pocket;
pub mod sealed;
pub mod storage;
pub mod vault;
pub mod words;

#[cfg(feature = "simulation")]
pub mod simulation;
#[cfg(feature = "suite")]
pub mod suite;
