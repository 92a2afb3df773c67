//! What every request's handler has at hand.

use std::sync::Arc;

use sqlx::SqlitePool;

use crate::{
    arrivals::Arrivals, blobs::Blobs, definitions::Definitions, enrolment::limit::Attempts,
    ingest::writer::Writer, recovery_key::RecoveryKey,
};

/// One running station. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Station {
    /// Its name, for people.
    pub name: Arc<str>,
    /// What its receipts can be verified with, as phones get it.
    pub receipt_key: Arc<str>,
    /// Opens the copies of data keys that phones keep, unless its file is gone.
    pub recovery_key: Option<RecoveryKey>,
    /// Reads the database.
    pub readers: SqlitePool,
    /// Changes it.
    pub writer: Writer,
    /// The ledgers and villages in force.
    pub definitions: Arc<Definitions>,
    /// The attachments.
    pub blobs: Blobs,
    /// Wrong enrolment codes of late.
    pub attempts: Arc<Attempts>,
    /// Wrong slips of late.
    pub strangers: Arc<Attempts>,
    /// Tokens and names of late that are nobody's.
    pub guesses: Arc<Attempts>,
    /// Those who wait for something new.
    pub arrivals: Arc<Arrivals>,
}
