//! The audit trail: who did what about people, phones and desks, and which desk read what, in an unbroken chain.
//!
//! ```text
//! hash(n) = SHA-256( hash(n − 1) ‖ canonical {at, place, what} )     hash(0) = 32 zero bytes
//! ```
//!
//! Each row is written in the transaction of what it tells of. `xunji-station check` follows the chain and compares its
//! end with the setting `audit_head`, so that a changed, missing or cut-off row is noticed. Whoever can write the whole
//! database can make a new chain: a copy of an earlier `audit_head`, kept elsewhere, tells that as well.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use xunji_domain::canonical::{self, Digest};

use crate::{
    db::{self, DbError, digest, instant},
    people::Caller,
};

/// The setting that names the last row.
const HEAD: &str = "audit_head";

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 1, 2, 3 …
    pub place: i64,
    /// When.
    pub at: String,
    /// What was done, as canonical JSON: identifiers and counts, nothing that people wrote in a record.
    pub what: String,
    /// Covers this row and all before it.
    pub hash: Digest,
}

impl Line {
    /// Reads a row.
    ///
    /// # Errors
    /// When it can't be read, which is a fault.
    pub fn read(row: &SqliteRow) -> Result<Self, DbError> {
        Ok(Self {
            place: row.try_get("place")?,
            at: row.try_get("at")?,
            what: row.try_get("what")?,
            hash: digest(row, "hash")?,
        })
    }

    /// Whether it follows from the one before it.
    pub fn follows(&self, previous: Option<&Digest>) -> bool {
        hash(previous, self.place, &self.at, &self.what) == self.hash
    }
}

fn hash(previous: Option<&Digest>, place: i64, at: &str, what: &str) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(previous.map_or(&[0; 32], Digest::as_bytes));
    hasher.update(canonical::bytes(&json!({ "at": at, "place": place, "what": what })));
    Digest::new(hasher.finalize().into())
}

/// Adds a row, inside the caller's transaction.
///
/// # Errors
/// When the database fails.
pub async fn note(connection: &mut SqliteConnection, what: &Value) -> Result<(), DbError> {
    let last = sqlx::query("SELECT * FROM audit ORDER BY place DESC LIMIT 1")
        .fetch_optional(&mut *connection)
        .await?;
    let last = last.as_ref().map(Line::read).transpose()?;
    let (place, at) = (last.as_ref().map_or(1, |line| line.place + 1), instant(db::now()));
    let what = String::from_utf8(canonical::bytes(what)).map_err(|_| DbError::Stored("what"))?;
    let hash = hash(last.as_ref().map(|line| &line.hash), place, &at, &what);
    sqlx::query("INSERT INTO audit (place, at, what, hash) VALUES (?, ?, ?, ?)")
        .bind(place)
        .bind(at)
        .bind(what)
        .bind(&hash.as_bytes()[..])
        .execute(&mut *connection)
        .await?;
    let set =
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value";
    sqlx::query(set).bind(HEAD).bind(head(place, &hash)).execute(connection).await?;
    Ok(())
}

/// What was read, with who read it, and for which desk if it was not for themselves.
pub fn reading(caller: &Caller, desk: Option<&str>, mut what: Value) -> Value {
    what["worker"] = json!(caller.worker.id);
    what["installation"] = json!(caller.installation);
    if let Some(desk) = desk {
        what["desk"] = json!(desk);
    }
    what
}

/// The end of the chain as the setting names it.
pub fn head(place: i64, hash: &Digest) -> String {
    format!("{place} {hash}")
}

/// What the setting says.
///
/// # Errors
/// When the database fails.
pub async fn known_head(connection: &mut SqliteConnection) -> Result<Option<String>, DbError> {
    let query = "SELECT value FROM settings WHERE name = ?";
    Ok(sqlx::query_scalar(query).bind(HEAD).fetch_optional(connection).await?)
}
