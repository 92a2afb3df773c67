//! Workers and their installations as the database keeps them, and who a request comes from.

use axum::http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};
use xunji_domain::{
    id::{InstallationId, WorkerId},
    person::{Role, Worker},
};

use crate::{
    db::{self, DbError, parsed},
    problem::Problem,
};

/// Who sends a request: a person and the phone that was enrolled for them.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub worker: Worker,
    /// The phone's database.
    pub installation: InstallationId,
}

/// A bearer token: 32 random bytes, of which only the hash is kept.
pub struct Token([u8; 32]);

impl Token {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// What the phone sends from now on.
    pub fn secret(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the station keeps.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.secret())
    }
}

/// What the station keeps of a secret.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Finds who holds the token of a request.
///
/// # Errors
/// [`Problem::Unauthorized`] without a token that is in force.
pub async fn authenticate(readers: &SqlitePool, headers: &HeaderMap) -> Result<Caller, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .ok_or(Problem::Unauthorized)?
        .1;
    let row = sqlx::query(
        "SELECT i.id AS installation, w.id, w.name, w.role, w.village
         FROM installations i JOIN workers w ON w.id = i.worker WHERE i.token_hash = ?",
    )
    .bind(&hash(token.trim())[..])
    .fetch_optional(readers)
    .await?
    .ok_or(Problem::Unauthorized)?;
    Ok(Caller { worker: worker(&row)?, installation: parsed(&row, "installation")? })
}

/// Adds a person.
///
/// # Errors
/// When the database fails.
pub async fn add(connection: &mut SqliteConnection, worker: &Worker) -> Result<(), DbError> {
    sqlx::query("INSERT INTO workers (id, name, role, village, created_at) VALUES (?, ?, ?, ?, ?)")
        .bind(worker.id.to_string())
        .bind(&worker.name)
        .bind(worker.role.as_str())
        .bind(worker.village.as_str())
        .bind(db::instant(db::now()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Finds a person.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut SqliteConnection, id: WorkerId) -> Result<Option<Worker>, DbError> {
    let row = sqlx::query("SELECT id, name, role, village FROM workers WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(worker).transpose()
}

/// Reads a row's columns `id`, `name`, `role` and `village`.
///
/// # Errors
/// When one can't be read, which is a fault.
pub fn worker(row: &SqliteRow) -> Result<Worker, DbError> {
    Ok(Worker {
        id: parsed(row, "id")?,
        name: row.try_get("name")?,
        role: Role::parse(row.try_get("role")?).ok_or(DbError::Stored("role"))?,
        village: parsed(row, "village")?,
    })
}
