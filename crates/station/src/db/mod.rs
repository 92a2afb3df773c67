//! The database: one SQLite file, opened so that what is committed survives a power cut.
//!
//! One connection writes ([`crate::ingest::writer`] owns it inside `serve`), a small pool reads. The commands `enrol`
//! and `entries` open connections of their own beside a running `serve`; WAL lets them.
//!
//! Invariants: `synchronous = FULL` is never lowered; a file that isn't ours, is broken or is newer than this program
//! is named and left alone ([`check`]).

pub mod check;
pub mod schema;

use std::{
    path::Path,
    str::FromStr,
    time::{Duration, Instant},
};

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use sqlx::{
    ConnectOptions, Row, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};
use xunji_domain::canonical::Digest;

/// What can go wrong with the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The file is not what this program can use. Nothing was touched.
    #[error(transparent)]
    Unfit(#[from] check::Unfit),
    /// SQLite says no.
    #[error("the database says: {0}")]
    Sql(#[from] sqlx::Error),
    /// Written by an older version, and only to be read.
    #[error("the database was written by an older version; `xunji-station serve` will bring it up to date")]
    Older,
    /// A stored value can't be read back. A fault of this program or of the disk.
    #[error("the stored {0} can't be read")]
    Stored(&'static str),
}

impl DbError {
    /// Whether the disk, or the room set for the database, is full.
    pub fn is_full(&self) -> bool {
        const SQLITE_FULL: &str = "13";
        match self {
            Self::Sql(sqlx::Error::Database(error)) => error.code().as_deref() == Some(SQLITE_FULL),
            _ => false,
        }
    }

    /// Whether what is stored has suffered, rather than that it can't be got at.
    pub fn is_damage(&self) -> bool {
        // SQLITE_CORRUPT and SQLITE_NOTADB, whose extended codes end with them.
        const DAMAGE: [u32; 2] = [11, 26];
        match self {
            Self::Sql(sqlx::Error::Database(error)) => {
                let code = error.code().and_then(|code| code.parse::<u32>().ok());
                code.is_some_and(|code| DAMAGE.contains(&(code & 0xFF)))
            }
            Self::Sql(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) | Self::Stored(_) => true,
            Self::Sql(_) | Self::Unfit(_) | Self::Older => false,
        }
    }
}

/// How long another process may hold what this one waits for.
const PATIENCE: Duration = Duration::from_secs(10);

fn is_busy(error: &sqlx::Error) -> bool {
    const SQLITE_BUSY: u32 = 5;
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xFF == SQLITE_BUSY)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).disable_statement_logging()
}

/// Opens the connection that writes, and brings the schema up to date.
///
/// # Errors
/// When the file can't be used.
pub async fn open_writer(path: &Path) -> Result<SqliteConnection, DbError> {
    check::unclaimed(path).await?;
    let options = options(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    // A new file changes to the write-ahead log once, alone; when several processes begin at the same time, SQLite
    // refuses that at once instead of waiting as it does for every other lock.
    let began = Instant::now();
    let mut connection = loop {
        match options.connect().await {
            Err(error) if is_busy(&error) && began.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            connected => break connected?,
        }
    };
    schema::migrate(&mut connection, path).await?;
    Ok(connection)
}

/// Opens a few connections that only read. The writer must have been opened before.
///
/// # Errors
/// When the file can't be opened.
pub async fn open_readers(path: &Path) -> Result<SqlitePool, DbError> {
    // A local file doesn't go away: asking a connection whether it is still alive would only cost time.
    let pool = SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire(false);
    Ok(pool.connect_with(options(path).read_only(true)).await?)
}

/// Opens one connection that only reads, for a command beside a running station.
///
/// # Errors
/// When the file can't be used.
pub async fn open_reader(path: &Path) -> Result<SqliteConnection, DbError> {
    check::header(path)?;
    let mut connection = options(path).read_only(true).connect().await?;
    schema::known(&mut connection, path).await?;
    Ok(connection)
}

/// The present instant, to the millisecond that the tables keep, so that a stored receipt reads back as it was sent.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

/// An instant as the tables keep it.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads a column that is kept as text and has a type of its own.
///
/// # Errors
/// When it can't be read, which is a fault.
pub fn parsed<T: FromStr>(row: &SqliteRow, column: &'static str) -> Result<T, DbError> {
    row.try_get::<&str, _>(column)?.parse().map_err(|_| DbError::Stored(column))
}

/// Reads a digest.
///
/// # Errors
/// When it can't be read, which is a fault.
pub fn digest(row: &SqliteRow, column: &'static str) -> Result<Digest, DbError> {
    let bytes = row.try_get::<&[u8], _>(column)?;
    bytes.try_into().map(Digest::new).map_err(|_| DbError::Stored(column))
}

/// Reads a number that is never negative.
///
/// # Errors
/// When it can't be read, which is a fault.
pub fn count(row: &SqliteRow, column: &'static str) -> Result<u64, DbError> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(|_| DbError::Stored(column))
}

#[cfg(test)]
mod tests {
    use sqlx::Executor;

    use super::*;

    #[tokio::test]
    async fn a_new_file_that_another_process_is_writing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("station.sqlite");
        let mut other = options(&path).create_if_missing(true).connect().await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        let mut opening = tokio::spawn(async move { open_writer(&path).await });
        let early = tokio::time::timeout(Duration::from_millis(200), &mut opening).await;
        assert!(early.is_err(), "it was refused instead of waiting: {early:?}");
        other.execute("ROLLBACK").await.unwrap();
        opening.await.unwrap().unwrap();
    }
}
