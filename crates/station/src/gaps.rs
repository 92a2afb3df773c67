//! Gaps in the installations' sequences: entries that were saved on a phone before others which have arrived
//! (invariant 9). A phone numbers what it saves 1, 2, 3 …, so a gap that stays means a loss that a person must see.

use sqlx::{Row, SqliteConnection, SqlitePool};
use xunji_domain::{
    id::{InstallationId, Seq, WorkerId},
    wire::Received,
};

use crate::db::{DbError, count, parsed};

/// Sequence numbers that are missing although later ones are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The phone.
    pub installation: InstallationId,
    /// The first one that is missing.
    pub from: Seq,
    /// The last one that is missing.
    pub to: Seq,
}

/// All gaps, by installation.
///
/// # Errors
/// When the database fails.
pub async fn gaps(connection: &mut SqliteConnection) -> Result<Vec<Gap>, DbError> {
    let rows = sqlx::query(
        "WITH taken AS (
             SELECT installation, seq FROM entries UNION SELECT installation, seq FROM repeats
         ), neighbours AS (
             SELECT installation, seq, lag(seq, 1, 0) OVER (PARTITION BY installation ORDER BY seq) AS previous FROM taken
         )
         SELECT installation, previous + 1 AS first, seq - 1 AS last FROM neighbours
         WHERE seq > previous + 1 ORDER BY installation, seq",
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Gap {
                installation: parsed(row, "installation")?,
                from: Seq(count(row, "first")?),
                to: Seq(count(row, "last")?),
            })
        })
        .collect()
}

/// What the station has of a person's installation; nothing when it isn't theirs.
///
/// # Errors
/// When the database fails.
pub async fn received(
    readers: &SqlitePool,
    worker: WorkerId,
    installation: InstallationId,
) -> Result<Option<Received>, DbError> {
    let row = sqlx::query(
        "WITH taken AS (
             SELECT seq, noted_at FROM entries WHERE installation = ?1
             UNION SELECT r.seq, e.noted_at FROM repeats r JOIN entries e ON e.position = r.entry
                   WHERE r.installation = ?1
         )
         SELECT (SELECT count(*) FROM taken) AS entries,
                (SELECT coalesce(max(seq), 0) - count(*) FROM taken) AS missing,
                (SELECT noted_at FROM taken ORDER BY seq DESC LIMIT 1) AS last_noted_at
         FROM installations WHERE id = ?1 AND worker = ?2",
    )
    .bind(installation.to_string())
    .bind(worker.to_string())
    .fetch_optional(readers)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let noted = row.try_get::<Option<String>, _>("last_noted_at")?;
    Ok(Some(Received {
        entries: count(&row, "entries")?,
        missing: count(&row, "missing")?,
        last_noted_at: noted.map(|_| parsed(&row, "last_noted_at")).transpose()?,
    }))
}
