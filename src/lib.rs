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
//! - [`browsers`] knows how browsers differ, [`protection`] whether this one keeps what is stored.
//! - [`words`] are all sentences of the interface.
//!
//! Everything is compiled for browsers only, except for what needs none to be tested.

pub mod browsers;

#[cfg(target_arch = "wasm32")]
pub mod address;
#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod backup;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod driver;
#[cfg(target_arch = "wasm32")]
pub mod library;
#[cfg(target_arch = "wasm32")]
pub mod marks;
#[cfg(target_arch = "wasm32")]
pub mod platform;
#[cfg(target_arch = "wasm32")]
pub mod protection;
#[cfg(target_arch = "wasm32")]
pub mod screens;
#[cfg(target_arch = "wasm32")]
pub mod signals;
#[cfg(target_arch = "wasm32")]
pub mod state;
#[cfg(target_arch = "wasm32")]
pub mod storage;
#[cfg(target_arch = "wasm32")]
pub mod vault;
#[cfg(target_arch = "wasm32")]
pub mod vaults;
#[cfg(target_arch = "wasm32")]
pub mod words;

#[cfg(target_arch = "wasm32")]
pub use app::start;
