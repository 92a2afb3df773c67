//! The schema: numbered files, applied in order, each in one transaction with its number.
//!
//! Append-only. A file that has once been released never changes; a test holds each to its digest.

use std::path::Path;

use sqlx::{Executor, Row, SqliteConnection};

use super::{
    DbError,
    check::{self, APPLICATION_ID},
};

/// All schema files, the first one bringing an empty database to version 1.
pub const FILES: [&str; 8] = [
    include_str!("../../schema/0001.sql"),
    include_str!("../../schema/0002.sql"),
    include_str!("../../schema/0003.sql"),
    include_str!("../../schema/0004.sql"),
    include_str!("../../schema/0005.sql"),
    include_str!("../../schema/0006.sql"),
    include_str!("../../schema/0007.sql"),
    include_str!("../../schema/0008.sql"),
];

/// The newest version that this program knows.
pub const fn newest() -> u32 {
    FILES.len() as u32
}

/// Brings a database up to the newest version.
pub(super) async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), DbError> {
    if version(connection, path).await? == newest() {
        return Ok(());
    }
    connection.execute("BEGIN IMMEDIATE").await?;
    let applied = apply(connection, path).await;
    connection.execute(if applied.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    applied
}

async fn apply(connection: &mut SqliteConnection, path: &Path) -> Result<(), DbError> {
    // Read again: another process may have done it while this one waited for the lock.
    let from = version(connection, path).await?;
    for file in &FILES[from as usize..] {
        connection.execute(*file).await?;
    }
    connection.execute(format!("PRAGMA user_version = {}", newest()).as_str()).await?;
    connection.execute(format!("PRAGMA application_id = {APPLICATION_ID}").as_str()).await?;
    Ok(())
}

/// Makes sure that a database is of the newest version without changing it.
pub(super) async fn known(connection: &mut SqliteConnection, path: &Path) -> Result<(), DbError> {
    match version(connection, path).await? {
        found if found == newest() => Ok(()),
        _ => Err(DbError::Older),
    }
}

async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<u32, DbError> {
    let number = async |connection: &mut SqliteConnection, pragma: &str| -> Result<u32, DbError> {
        let row = sqlx::query(pragma).fetch_one(connection).await?;
        Ok(row.try_get::<i64, _>(0)? as u32)
    };
    // In this order: another process may commit the first schema between the two, and a name without a version only
    // means that it is looked at again.
    let version = number(connection, "PRAGMA user_version").await?;
    let application = number(connection, "PRAGMA application_id").await?;
    check::fit(path, application, version)?;
    Ok(version)
}
