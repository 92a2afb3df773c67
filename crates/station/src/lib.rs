//! The receiving station: takes entries from phones exactly once, gives receipts only for what is durably stored,
//! puts each entry into the mailboxes of those who may see it, and serves the app.
//!
//! One binary, one data folder, SQLite. [`server`] starts and stops it, [`routes`] lists what it answers, [`ingest`]
//! is the way in, [`mailbox`] the way out, [`entitled`] the table of who sees what.

pub mod abandoned;
pub mod app;
pub mod arrivals;
pub mod audit;
pub mod blobs;
pub mod body;
pub mod check;
pub mod cli;
pub mod connections;
pub mod data;
pub mod db;
pub mod definitions;
pub mod desks;
pub mod directory;
pub mod enrolment;
pub mod entitled;
pub mod gaps;
pub mod handover;
pub mod health;
pub mod import;
pub mod ingest;
pub mod listening;
pub mod mailbox;
pub mod masked;
pub mod office;
pub mod people;
pub mod problem;
pub mod receipt_key;
pub mod recovery;
pub mod recovery_key;
pub mod reply;
pub mod routes;
pub mod server;
pub mod slips;
pub mod staff;
pub mod state;
