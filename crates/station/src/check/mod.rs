//! Looks at everything that a station keeps and says what is not as it was given out receipts for.
//!
//! ```text
//! pages, rules and references (SQLite) → key → each entry: digest, columns, signature
//!   → revisions → mailboxes → audit trail → gaps, alarms, what is awaited → each attachment's bytes
//! ```
//!
//! It only reads, beside a running station in one snapshot. Whatever can't be read for damage is a finding itself, and
//! the rest is looked at all the same.

mod audit;
mod entries;
pub mod finding;

use std::{io, path::Path};

use sqlx::{Row, SqliteConnection};
use uuid::Uuid;
use xunji_domain::canonical::Digest;

use crate::{
    blobs,
    data::DataFolder,
    db::{self, DbError, digest},
    gaps,
    receipt_key::{self, KeyError, PublicKey, ReceiptKey},
};
use finding::{Counts, Finding, Report};

/// Checks a data folder.
///
/// # Errors
/// When it can't be looked at, for other reasons than damage.
pub async fn check(data: &DataFolder) -> Result<Report, DbError> {
    let mut report = Report::default();
    let connection = db::open_reader(&data.database()).await;
    let Some(mut connection) = report.keep("the database", connection)? else { return Ok(report) };
    let found = database(&mut connection).await;
    report.extend("the pages", found)?;
    // One moment for all that follows; what a running station adds meanwhile is for the next check.
    sqlx::query("BEGIN").execute(&mut connection).await?;
    let known = receipt_key::known(&mut connection).await;
    let known = report.keep("settings", known)?.flatten();
    let public = report.key(data, known.as_deref());
    entries::check(&mut connection, public.as_ref(), known.is_none(), &mut report).await?;
    let found = revisions(&mut connection).await;
    report.extend("records", found)?;
    let found = mailboxes(&mut connection).await;
    report.extend("mailboxes", found)?;
    let found = audit::check(&mut connection).await;
    report.extend("the audit trail", found)?;
    let found = news(&mut connection).await;
    report.extend("installations", found)?;
    let found = counts(&mut connection).await;
    report.counts =
        Counts { entries: report.counts.entries, ..report.keep("tables", found)?.unwrap_or_default() };
    let verified = attachments(&mut connection).await;
    let verified = report.keep("attachments", verified)?.unwrap_or_default();
    // Attachments never go away, so their long reading needs no snapshot.
    sqlx::query("COMMIT").execute(&mut connection).await.ok();
    for (name, bytes) in verified {
        let path = data.blob(&name);
        let looked = tokio::task::spawn_blocking(move || fault(&path, name, bytes)).await;
        if let Some(fault) = looked.unwrap_or(Some("unreadable")) {
            report.findings.push(Finding::Attachment { sha256: name.to_string(), fault });
        }
    }
    Ok(report)
}

impl Report {
    /// Turns what can't be read for damage into a finding.
    fn keep<T>(&mut self, what: &str, found: Result<T, DbError>) -> Result<Option<T>, DbError> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_damage() => {
                self.findings.push(Finding::Database { detail: format!("{what} can't be read: {error}") });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn extend(&mut self, what: &str, found: Result<Vec<Finding>, DbError>) -> Result<(), DbError> {
        let found = self.keep(what, found)?;
        self.findings.extend(found.into_iter().flatten());
        Ok(())
    }

    /// The key to verify with, after a look at the file of the one that signs.
    fn key(&mut self, data: &DataFolder, known: Option<&str>) -> Option<PublicKey> {
        let known = known?;
        let public = PublicKey::parse(known);
        let fault = match ReceiptKey::read(data) {
            Ok(key) if Some(key.public()) == public => None,
            Ok(_) => Some("another"),
            Err(KeyError::Missing(_)) => Some("missing"),
            Err(KeyError::Broken(_)) => Some("broken"),
            Err(_) => Some("unreadable"),
        };
        self.findings.extend(fault.map(|fault| Finding::ReceiptKey { fault }));
        public
    }
}

/// Pages, indexes, rules and references, as SQLite sees them.
async fn database(connection: &mut SqliteConnection) -> Result<Vec<Finding>, DbError> {
    let said: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *connection).await?;
    let faults = said.into_iter().filter(|line| line != "ok");
    let mut findings: Vec<_> = faults.map(|detail| Finding::Database { detail }).collect();
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await? {
        let (table, parent): (String, String) = (row.try_get(0)?, row.try_get(2)?);
        let detail = format!("a row of {table} refers to a row of {parent} that is not there");
        findings.push(Finding::Database { detail });
    }
    Ok(findings)
}

async fn revisions(connection: &mut SqliteConnection) -> Result<Vec<Finding>, DbError> {
    // No two entries share a revision, so that as many as the counter says, from 1 up to it, have no gap.
    let rows = sqlx::query(
        "SELECT r.id, r.revision AS counter, count(DISTINCT e.revision) AS stored
         FROM records r LEFT JOIN entries e ON e.record = r.id AND e.revision IS NOT NULL
         GROUP BY r.id HAVING stored != counter OR min(e.revision) != 1 OR max(e.revision) != counter OR counter < 1
         UNION ALL
         SELECT e.record, 0, count(*) FROM entries e LEFT JOIN records r ON r.id = e.record
         WHERE e.revision IS NOT NULL AND r.id IS NULL GROUP BY e.record",
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let (counter, stored) = (row.try_get("counter")?, row.try_get("stored")?);
            Ok(Finding::Revisions { record: id(row.try_get("id")?), counter, stored })
        })
        .collect()
}

async fn mailboxes(connection: &mut SqliteConnection) -> Result<Vec<Finding>, DbError> {
    let rows = sqlx::query(
        "SELECT m.id, m.head AS counter, count(i.position) AS stored
         FROM mailboxes m LEFT JOIN mailbox_items i ON i.mailbox = m.id
         GROUP BY m.id HAVING stored != counter OR min(i.position) != 1 OR max(i.position) != counter",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut findings = Vec::new();
    for row in &rows {
        let (counter, stored) = (row.try_get("counter")?, row.try_get("stored")?);
        let mailbox: String = row.try_get("id")?;
        let mailbox =
            mailbox.strip_prefix("worker:").map_or(mailbox.clone(), |of| format!("worker:{}", id(of)));
        findings.push(Finding::Mailbox { mailbox, counter, stored });
    }
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM entries e WHERE NOT EXISTS (
             SELECT 1 FROM mailbox_items i WHERE i.mailbox = 'worker:' || e.worker AND i.entry = e.position
         ) AND e.installation NOT IN (SELECT value FROM settings WHERE name = 'office') ORDER BY position",
    )
    .fetch_all(connection)
    .await?;
    findings.extend(rows.iter().map(|entry| Finding::Undelivered { entry: id(entry) }));
    Ok(findings)
}

async fn news(connection: &mut SqliteConnection) -> Result<Vec<Finding>, DbError> {
    let gaps = gaps::gaps(&mut *connection).await?.into_iter().map(|gap| Finding::Gap {
        installation: gap.installation.to_string(),
        from: gap.from.0,
        to: gap.to.0,
    });
    let mut findings: Vec<_> = gaps.collect();
    let rows = sqlx::query("SELECT installation, seq, entry, raised_at FROM alarms ORDER BY id")
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        findings.push(Finding::Alarm {
            installation: id(row.try_get("installation")?),
            seq: row.try_get("seq")?,
            entry: id(row.try_get("entry")?),
            raised_at: row.try_get("raised_at")?,
        });
    }
    let rows = sqlx::query(
        "SELECT e.installation, count(DISTINCT a.digest) AS attachments
         FROM attachments a JOIN entries e ON e.position = a.entry LEFT JOIN blobs b ON b.digest = a.digest
         WHERE b.digest IS NULL GROUP BY e.installation ORDER BY e.installation",
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in &rows {
        let (installation, attachments) = (id(row.try_get("installation")?), row.try_get("attachments")?);
        findings.push(Finding::Awaited { installation, attachments });
    }
    let query = "SELECT installation, created_at, used_at FROM recoveries ORDER BY created_at, hash";
    for row in &sqlx::query(query).fetch_all(connection).await? {
        findings.push(Finding::Recovery {
            installation: id(row.try_get("installation")?),
            released_at: row.try_get("created_at")?,
            used_at: row.try_get("used_at")?,
        });
    }
    Ok(findings)
}

async fn counts(connection: &mut SqliteConnection) -> Result<Counts, DbError> {
    let mut count = async |table: &str| -> Result<u64, DbError> {
        let query = format!("SELECT count(*) FROM {table}");
        Ok(sqlx::query_scalar::<_, i64>(&query).fetch_one(&mut *connection).await?.unsigned_abs())
    };
    Ok(Counts {
        entries: 0,
        attachments: count("blobs").await?,
        records: count("records").await?,
        mailboxes: count("mailboxes").await?,
        installations: count("installations").await?,
    })
}

async fn attachments(connection: &mut SqliteConnection) -> Result<Vec<(Digest, i64)>, DbError> {
    let rows = sqlx::query("SELECT digest, bytes FROM blobs ORDER BY digest").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((digest(row, "digest")?, row.try_get("bytes")?))).collect()
}

/// An identifier for printing. Whatever a damaged one has become stays unsaid.
fn id(text: &str) -> String {
    Uuid::try_parse(text).map_or_else(|_| "whose id is damaged".to_owned(), |id| id.to_string())
}

/// What is wrong with the file of an attachment.
fn fault(path: &Path, name: Digest, bytes: i64) -> Option<&'static str> {
    match blobs::sha256(path) {
        Ok((found, length)) if found == name && i64::try_from(length) == Ok(bytes) => None,
        Ok(_) => Some("changed"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some("missing"),
        Err(_) => Some("unreadable"),
    }
}
