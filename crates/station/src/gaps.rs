//! Gaps in the installations' sequences: entries that were saved on a phone before others which have arrived
//! (invariant 9). A phone numbers what it saves 1, 2, 3 …, so a gap that stays means a loss that a person must see.

use sqlx::SqliteConnection;
use xunji_domain::id::{InstallationId, Seq};

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
