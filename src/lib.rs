//! The app: what a village adviser, mediator or grid worker holds in the hand.
//!
//! - [`screens`] are what is seen, one file each; [`components`] are their parts.
//! - [`address`] is what the browser's address names.
//! - [`state`] is what screens share, [`signals`] what they hear of the driver. Screens ask it to save and to read; they never touch the storage themselves.
//! - [`driver`] feeds the pure sync engine with events and carries out its effects: the only place with timers, locks
//!   and requests to the station.
//! - [`library`] is the words of everything on the phone, and searches through them.
//! - [`vault`] seals what lies on the phone, and opens it by a PIN; [`vaults`] are those of several
//!   people on one phone.
//! - [`storage`] is the phone's database, [`platform`] everything else that the browser offers.
//! - [`words`] are all sentences of the interface.

#![cfg(target_arch = "wasm32")]

pub mod address;
pub mod app;
pub mod backup;
pub mod components;
pub mod driver;
pub mod library;
pub mod platform;
pub mod screens;
pub mod signals;
pub mod state;
pub mod storage;
pub mod vault;
pub mod vaults;
pub mod words;

pub use app::start;
