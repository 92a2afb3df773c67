//! The phone's database: [`IndexedDb`] is the app's [`Storage`](xunji_sync::storage::Storage).
//!
//! This is the only place that names rexie or its values. Everything it can do is in the contract, and the contract's
//! suite runs over it in a real browser (`tests/storage_browser.rs`).

mod indexed_db;

pub use indexed_db::{DATABASE, IndexedDb};
