//! Looks at a database before anything opens it for writing.
//!
//! The first look reads a hundred bytes of the file itself, because SQLite would already create files beside it. The
//! second, for `serve` only, has SQLite check every page without writing one.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
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
    let mut head = Vec::with_capacity(100);
    match File::open(path).and_then(|file| file.take(100).read_to_end(&mut head)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(Unfit::Unreadable { path: path.to_owned(), source }),
        Ok(0) => return Ok(()),
        Ok(_) => {}
    }
    if head.len() < 100 || !head.starts_with(b"SQLite format 3\0") {
        return Err(Unfit::NotADatabase { path: path.to_owned() });
    }
    // The file format documents these places: user version at 60, application id at 68, both big-endian.
    let number = |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    fit(path, number(68), number(60))
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
    if !path.metadata().is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let mut connection = options(path).read_only(true).immutable(!has_log(path)).connect().await?;
    let look = "SELECT (SELECT application_id FROM pragma_application_id) = 0 AND EXISTS (SELECT 1 FROM sqlite_master)";
    let foreign: bool = sqlx::query(look).fetch_one(&mut connection).await?.try_get(0)?;
    connection.close().await.ok();
    if foreign { Err(Unfit::Foreign { path: path.to_owned() }.into()) } else { Ok(()) }
}

/// Whether a write-ahead log with something in it lies beside the file. Without one the file is all there is, and
/// `immutable` keeps SQLite from making one.
fn has_log(path: &Path) -> bool {
    path.with_extension("sqlite-wal").metadata().is_ok_and(|file| file.len() > 0)
}

/// Has SQLite read every page. Only while nobody writes, that is under the folder's lock.
///
/// # Errors
/// When a page is damaged.
pub async fn pages(path: &Path) -> Result<(), DbError> {
    header(path)?;
    if !path.is_file() || path.metadata().is_ok_and(|file| file.len() == 0) {
        return Ok(());
    }
    let damaged = |fault: String| Unfit::Damaged { path: path.to_owned(), fault };
    let opened = options(path).read_only(true).immutable(!has_log(path)).connect().await;
    let mut connection = opened.map_err(|error| damaged(error.to_string()))?;
    let found = sqlx::query("PRAGMA quick_check(1)").fetch_one(&mut connection).await;
    let fault = match found.and_then(|row| row.try_get::<String, _>(0)) {
        Ok(fine) if fine == "ok" => None,
        Ok(fault) => Some(fault),
        Err(error) => Some(error.to_string()),
    };
    connection.close().await.ok();
    fault.map_or(Ok(()), |fault| Err(damaged(fault).into()))
}
