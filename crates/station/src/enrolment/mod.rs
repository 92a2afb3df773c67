//! Enrolment: a single-use, short-lived code becomes an installation and its token.
//!
//! The office makes a code for a person ([`issue`]); the phone redeems it ([`post`], [`redeem`]). When the answer is
//! lost on the way, the same phone asks again with the same code and gets a new token; the earlier one ends.
//!
//! Invariants: codes and tokens are kept as hashes only; one code enrols one installation; an installation never
//! changes its person; a code that releases a phone ([`release`]) gives it a token that sends and does nothing else.

pub mod code;
pub mod limit;

use std::net::SocketAddr;

use axum::{Extension, Json, body::Body, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::{Row, SqliteConnection};
use xunji_domain::{
    id::{InstallationId, WorkerId},
    person::Worker,
    wire::{Enrolment, EnrolmentRequest},
};

use crate::{
    audit, body,
    db::{self, DbError, instant, parsed},
    people::{self, Token},
    problem::Problem,
    recovery_key::RecoveryKey,
    state::Station,
};
use code::Code;

/// The most bytes of a request's body.
const REQUEST_BYTES: usize = 4096;

/// `POST /enrolments`.
///
/// # Errors
/// When the code is unknown, used up or too old, or too many wrong ones came before it.
pub async fn post(
    State(station): State<Station>,
    Extension(peer): Extension<SocketAddr>,
    body: Body,
) -> Result<(StatusCode, Json<Enrolment>), Problem> {
    let bytes = body::small(body, REQUEST_BYTES).await?;
    let request: EnrolmentRequest = serde_json::from_slice(&bytes).map_err(|_| Problem::BodyUnreadable)?;
    let trial = redeem_code(&station, &request);
    let (worker, token) = station.attempts.guard(peer.ip(), trial).await?;
    tracing::info!(installation = %request.installation, worker = %worker.id, "enrolled");
    let receipt_key = Some(station.receipt_key.to_string());
    let recovery_key = station.recovery_key.as_ref().map(RecoveryKey::public);
    let enrolment = Enrolment { token, worker, station: station.name.to_string(), receipt_key, recovery_key };
    Ok((StatusCode::CREATED, Json(enrolment)))
}

async fn redeem_code(station: &Station, request: &EnrolmentRequest) -> Result<(Worker, String), Problem> {
    let code = Code::parse(&request.code).ok_or(Problem::CodeUnknown)?;
    let token = Token::draw().map_err(|_| Problem::StorageUnavailable)?;
    let worker = station.writer.enrol(code.hash(), request.installation, token.hash()).await?;
    Ok((worker, token.secret()))
}

/// Makes a code for a person.
///
/// # Errors
/// When the database fails.
pub async fn issue(
    connection: &mut SqliteConnection,
    worker: WorkerId,
    code: &Code,
    valid: TimeDelta,
) -> Result<(), DbError> {
    let now = db::now();
    sqlx::query("INSERT INTO codes (hash, worker, created_at, expires_at) VALUES (?, ?, ?, ?)")
        .bind(&code.hash()[..])
        .bind(worker.to_string())
        .bind(instant(now))
        .bind(instant(now + valid))
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes a code with which a phone that is let in no longer may send what was noted before that, until the code expires.
///
/// # Errors
/// When the database fails.
pub async fn release(
    connection: &mut SqliteConnection,
    worker: WorkerId,
    installation: InstallationId,
    code: &Code,
    valid: TimeDelta,
) -> Result<(), DbError> {
    issue(connection, worker, code, valid).await?;
    sqlx::query("UPDATE codes SET releases = ?, installation = ? WHERE hash = ?")
        .bind(installation.to_string())
        .bind(installation.to_string())
        .bind(&code.hash()[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Redeems a code, inside the writer's transaction.
///
/// # Errors
/// The outer one when the database fails, the inner one when the code is not good for it.
pub async fn redeem(
    connection: &mut SqliteConnection,
    code: &[u8; 32],
    installation: InstallationId,
    token: &[u8; 32],
) -> Result<Result<Worker, Problem>, DbError> {
    let query = format!(
        "SELECT c.expires_at, c.installation, c.releases, c.used_at, {} FROM codes c JOIN workers w ON w.id = c.worker WHERE c.hash = ?",
        people::COLUMNS
    );
    let row = sqlx::query(&query).bind(&code[..]).fetch_optional(&mut *connection).await?;
    let Some(row) = row else { return Ok(Err(Problem::CodeUnknown)) };
    let releases = row.try_get::<Option<String>, _>("releases")?.is_some();
    if people::is_suspended(&row)? && !releases {
        return Ok(Err(Problem::Suspended));
    }
    let worker = people::worker(&row)?;
    let used_by: Option<String> = row.try_get("installation")?;
    if used_by.is_some_and(|other| other != installation.to_string()) {
        return Ok(Err(Problem::CodeUsed));
    }
    if parsed::<DateTime<Utc>>(&row, "expires_at")? <= db::now() {
        return Ok(Err(Problem::CodeExpired));
    }
    if releases {
        let first = row.try_get::<Option<&str>, _>("used_at")?.is_none();
        let until: String = row.try_get("expires_at")?;
        return let_send(connection, code, installation, token, &until, first).await.map(|()| Ok(worker));
    }
    let enrolled = sqlx::query(
        "INSERT INTO installations (id, worker, token_hash, enrolled_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET token_hash = excluded.token_hash, enrolled_at = excluded.enrolled_at,
                                        revoked_at = NULL, sends_until = NULL
         WHERE installations.worker = excluded.worker",
    )
    .bind(installation.to_string())
    .bind(worker.id.to_string())
    .bind(&token[..])
    .bind(instant(db::now()))
    .execute(&mut *connection)
    .await?;
    if enrolled.rows_affected() == 0 {
        return Ok(Err(Problem::InstallationTaken));
    }
    sqlx::query("UPDATE codes SET installation = ?, used_at = coalesce(used_at, ?) WHERE hash = ?")
        .bind(installation.to_string())
        .bind(instant(db::now()))
        .bind(&code[..])
        .execute(connection)
        .await?;
    Ok(Ok(worker))
}

/// Gives a released phone a token, and notes that it came for it.
async fn let_send(
    connection: &mut SqliteConnection,
    code: &[u8; 32],
    installation: InstallationId,
    token: &[u8; 32],
    until: &str,
    first: bool,
) -> Result<(), DbError> {
    sqlx::query("UPDATE installations SET token_hash = ?, sends_until = ? WHERE id = ?")
        .bind(&token[..])
        .bind(until)
        .bind(installation.to_string())
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE codes SET used_at = coalesce(used_at, ?) WHERE hash = ?")
        .bind(instant(db::now()))
        .bind(&code[..])
        .execute(&mut *connection)
        .await?;
    if first {
        audit::note(connection, &json!({ "act": "released_phone_came", "installation": installation }))
            .await?;
    }
    Ok(())
}
