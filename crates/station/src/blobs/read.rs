//! `GET /blobs/{sha256}`: an attachment for those who may see an entry that names it.
//!
//! Whoever may not see it, and whoever asks for what isn't there, gets the same answer.

use axum::{
    extract::{Path as UrlPath, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use sqlx::SqlitePool;
use xunji_domain::{canonical::Digest, id::WorkerId};

use super::{blocking, verified};
use crate::{db::DbError, entitled::MailboxId, people, problem::Problem, state::Station};

/// `GET /blobs/{sha256}`.
///
/// # Errors
/// [`Problem::NotFound`] when it isn't there, not all of it is, or the person may not see it.
pub async fn get(
    State(station): State<Station>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let digest: Digest = name.parse().map_err(|_| Problem::RequestInvalid)?;
    if !may_see(&station.readers, caller.worker.id, &digest).await? {
        return Err(Problem::NotFound);
    }
    verified(&station, &digest).await?.ok_or(Problem::NotFound)?;
    let path = station.blobs.path(&digest);
    let bytes = blocking(move || std::fs::read(path)).await?;
    let headers = [
        // Its bytes came from a phone: no browser is to guess at them, or show them as a page of ours.
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
    ];
    Ok((headers, bytes).into_response())
}

async fn may_see(readers: &SqlitePool, worker: WorkerId, digest: &Digest) -> Result<bool, DbError> {
    let found: Option<i64> = sqlx::query_scalar(
        "SELECT 1 FROM attachments a JOIN mailbox_items m ON m.entry = a.entry
         WHERE a.digest = ? AND m.mailbox = ? LIMIT 1",
    )
    .bind(&digest.as_bytes()[..])
    .bind(MailboxId::Worker(worker).to_string())
    .fetch_optional(readers)
    .await?;
    Ok(found.is_some())
}
