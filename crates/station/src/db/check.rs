//! Looks at a database before anything opens it for writing.
//!
//! The first look reads a hundred bytes of the file itself, because SQLite would already create files beside it. The
//! second, for `serve` only, has SQLite check every page without writing one.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, Row};

use super::{DbError, options, schema};

/// "Xunj", which marks the file as a station's database.
pub const APPLICATION_ID: u32 = 0x5875_6E6A;

/// Why a file can't be used as this station's database. Nothing was touched.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// No SQLite file.
    #[error("{} is not a database, so the station did not start and changed nothing. Move the file away, or name another folder with --data", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Some other program's database.
    #[error("{} is the database of another program, so the station did not start and changed nothing. Name another folder with --data", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Written by a newer version.
    #[error("{} was written by a newer xunji-station (schema {found}; this one knows {known}), so this one did not start and changed nothing. Start the newer version", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema that this program knows.
        known: u32,
    },
    /// Damaged.
    #[error("{} is damaged ({fault}), so the station did not start and changed nothing. Put back the last backup of the data folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found first.
        fault: String,
    },
    /// Can't be read.
    #[error("{} can't be read: {source}. Check its permissions", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Looks at the file's header. A missing or empty file is fit: it will be filled.
///
/// # Errors
/// When it isn't a station's database of a known schema.
pub fn header(path: &Path) -> Result<(), Unfit> {
    numbers(path)?.map_or(Ok(()), |(application, version)| fit(path, application, version))
}

/// The application and the schema version that a file's header names; nothing for a missing or empty file.
fn numbers(path: &Path) -> Result<Option<(u32, u32)>, Unfit> {
    let mut head = Vec::with_capacity(100);
    match File::open(path).and_then(|file| file.take(100).read_to_end(&mut head)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Unfit::Unreadable { path: path.to_owned(), source }),
        Ok(0) => return Ok(None),
        Ok(_) => {}
    }
    if head.len() < 100 || !head.starts_with(b"SQLite format 3\0") {
        return Err(Unfit::NotADatabase { path: path.to_owned() });
    }
    // The file format documents these places: user version at 60, application id at 68, both big-endian.
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    Ok(Some((number(68), number(60))))
}

/// Judges what a database says of itself. An empty one says nothing yet.
///
/// # Errors
/// When it isn't a station's database of a known schema.
pub fn fit(path: &Path, application: u32, version: u32) -> Result<(), Unfit> {
    match (application, version) {
        // A first start that was cut off has left a database without tables: its schema commits with these two.
        (0, 0) => Ok(()),
        (APPLICATION_ID, found) if found > schema::newest() => {
            Err(Unfit::Newer { path: path.to_owned(), found, known: schema::newest() })
        }
        (APPLICATION_ID, _) => Ok(()),
        _ => Err(Unfit::Foreign { path: path.to_owned() }),
    }
}

/// Makes sure that a database which names no application has no tables of somebody else.
pub(super) async fn unclaimed(path: &Path) -> Result<(), DbError> {
    header(path)?;
    let is_unnamed = || numbers(path).map(|found| found.is_some_and(|(application, _)| application == 0));
    while is_unnamed()? {
        let log = has_log(path);
        let looked = has_foreign_tables(path, !log).await;
        if matches!(looked, Ok(false)) {
            break;
        }
        // An `immutable` look takes no lock: another process may be making the station's tables just now. Then there
        // is a log by now, or the header has its name.
        if log || (!has_log(path) && is_unnamed()?) {
            looked.map_err(|error| Unfit::Damaged { path: path.to_owned(), fault: error.to_string() })?;
            return Err(Unfit::Foreign { path: path.to_owned() }.into());
        }
    }
    Ok(())
}

async fn has_foreign_tables(path: &Path, immutable: bool) -> Result<bool, sqlx::Error> {
    let mut connection = options(path).read_only(true).immutable(immutable).connect().await?;
    // In one transaction both parts see the same moment.
    let mut moment = connection.begin().await?;
    let look =
        "SELECT application_id = 0 AND EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_application_id";
    let foreign = sqlx::query(look).fetch_one(&mut *moment).await?.try_get(0)?;
    moment.rollback().await?;
    connection.close().await.ok();
    Ok(foreign)
}

/// Whether a write-ahead log with something in it lies beside the file. Without one the file is all there is, and
/// `immutable` keeps SQLite from making one.
fn has_log(path: &Path) -> bool {
    path.with_extension("sqlite-wal").metadata().is_ok_and(|file| file.len() > 0)
}

/// Has SQLite read every page.
///
/// # Errors
/// When a page is damaged.
pub async fn pages(path: &Path) -> Result<(), DbError> {
    const LOOKS: u32 = 3;
    header(path)?;
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    for look in 1.. {
        let fault = match quick_check(path).await {
            Ok(fine) if fine == "ok" => break,
            Ok(fault) => fault,
            Err(error) => error.to_string(),
        };
        if look == LOOKS {
            return Err(Unfit::Damaged { path: path.to_owned(), fault }.into());
        }
        // `enrol` may have written under an `immutable` look. What is really damaged stays so.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

async fn quick_check(path: &Path) -> Result<String, sqlx::Error> {
    let mut connection = options(path).read_only(true).immutable(!has_log(path)).connect().await?;
    let found = sqlx::query("PRAGMA quick_check(1)").fetch_one(&mut connection).await;
    connection.close().await.ok();
    found?.try_get(0)
}
