//! Forgotten PINs: with a single-use, short-lived code a phone gets its own data key back.
//!
//! The phone keeps a copy of its data key that only this station can open ([`crate::recovery_key`]). A coordinator, or
//! the office, makes sure who asks and makes a code for that installation ([`issue`]); the phone sends code and copy, and
//! the station answers with what is in the copy, once ([`post`], [`redeem`]). The station learns the data key only then,
//! and keeps nothing of it.
//!
//! Invariants: codes are kept as hashes only; a code opens one installation's copy, once; who released it stays written
//! down.

use std::net::SocketAddr;

use axum::{Extension, Json, body::Body, extract::State};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::{Row, SqliteConnection};
use xunji_domain::{
    id::{InstallationId, WorkerId},
    wire::{Recovery, RecoveryRequest, base64url, from_base64url},
};

use crate::{
    audit, body,
    db::{self, DbError, instant, parsed},
    enrolment::code::Code,
    problem::Problem,
    state::Station,
};

/// The most bytes of a request's body.
const REQUEST_BYTES: usize = 4096;

/// `POST /recoveries`.
///
/// # Errors
/// When the code is unknown, used up or too old, the copy is not one that this station can open, or too many wrong
/// codes came before it.
pub async fn post(
    State(station): State<Station>,
    Extension(peer): Extension<SocketAddr>,
    body: Body,
) -> Result<Json<Recovery>, Problem> {
    let bytes = body::small(body, REQUEST_BYTES).await?;
    let request: RecoveryRequest = serde_json::from_slice(&bytes).map_err(|_| Problem::BodyUnreadable)?;
    let key = station.attempts.guard(peer.ip(), open(&station, &request)).await?;
    tracing::info!(installation = %request.installation, "a data key was given back for a forgotten PIN");
    Ok(Json(Recovery { key }))
}

async fn open(station: &Station, request: &RecoveryRequest) -> Result<String, Problem> {
    let code = Code::parse(&request.code).ok_or(Problem::RecoveryUnknown)?;
    // Opened before the code is used up: a copy that is of no use costs nobody a code.
    let copy = from_base64url(&request.copy).ok_or(Problem::RecoveryUnreadable)?;
    let key = station.recovery_key.as_ref().ok_or(Problem::RecoveryUnreadable)?;
    let opened = key.open(&copy, request.installation).ok_or(Problem::RecoveryUnreadable)?;
    station.writer.recover(code.hash(), request.installation).await?;
    Ok(base64url(&opened))
}

/// Makes a code for an installation of this person, and writes down who released it, also in the audit trail. To be
/// called inside a transaction.
///
/// # Errors
/// When the database fails.
pub async fn issue(
    connection: &mut SqliteConnection,
    installation: InstallationId,
    worker: WorkerId,
    code: &Code,
    by: &str,
    valid: TimeDelta,
) -> Result<(), DbError> {
    let now = db::now();
    sqlx::query(
        "INSERT INTO recoveries (hash, installation, released_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(&code.hash()[..])
    .bind(installation.to_string())
    .bind(by)
    .bind(instant(now))
    .bind(instant(now + valid))
    .execute(&mut *connection)
    .await?;
    let what = json!({ "act": "recover", "by": by, "worker": worker, "installation": installation });
    audit::note(connection, &what).await
}

/// Uses up a code, inside the writer's transaction.
///
/// # Errors
/// The outer one when the database fails, the inner one when the code is not good for it.
pub async fn redeem(
    connection: &mut SqliteConnection,
    code: &[u8; 32],
    installation: InstallationId,
) -> Result<Result<(), Problem>, DbError> {
    let row = sqlx::query("SELECT expires_at, used_at FROM recoveries WHERE hash = ? AND installation = ?")
        .bind(&code[..])
        .bind(installation.to_string())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(Err(Problem::RecoveryUnknown)) };
    if row.try_get::<Option<String>, _>("used_at")?.is_some() {
        return Ok(Err(Problem::RecoveryUsed));
    }
    if parsed::<DateTime<Utc>>(&row, "expires_at")? <= db::now() {
        return Ok(Err(Problem::RecoveryExpired));
    }
    sqlx::query("UPDATE recoveries SET used_at = ? WHERE hash = ?")
        .bind(instant(db::now()))
        .bind(&code[..])
        .execute(connection)
        .await?;
    Ok(Ok(()))
}
