//! `GET /blobs/{sha256}`: an attachment for those who may see an entry that names it.
//!
//! Whoever may not see it, and whoever asks for what isn't there, gets the same answer.

use axum::{
    extract::{Path as UrlPath, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use sqlx::{Row, SqlitePool, sqlite::SqliteRow};
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
    let entry = readable(&station.readers, caller.worker.id, &digest).await?.ok_or(Problem::NotFound)?;
    verified(&station, &digest).await?.ok_or(Problem::NotFound)?;
    if let Some(desk) = entry.desk {
        let what = json!({
            "act": "read_attachment", "worker": caller.worker.id, "installation": caller.installation, "desk": desk,
            "record": entry.record, "attachment": digest,
        });
        station.writer.audit(vec![what]).await?;
    }
    let path = station.blobs.path(&digest);
    let bytes = blocking(move || std::fs::read(path)).await?;
    let headers = [
        // Its bytes came from a phone: no browser is to guess at them, or show them as a page of ours.
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
    ];
    Ok((headers, bytes).into_response())
}

/// An entry through which somebody may read an attachment.
struct Readable {
    record: String,
    /// The desk whose mailbox it is in, unless it is in the reader's own.
    desk: Option<String>,
}

async fn readable(
    readers: &SqlitePool,
    worker: WorkerId,
    digest: &Digest,
) -> Result<Option<Readable>, DbError> {
    let row = sqlx::query(
        "SELECT e.record, s.desk FROM attachments a
         JOIN entries e ON e.position = a.entry
         JOIN mailbox_items m ON m.entry = a.entry
         LEFT JOIN seats s ON m.mailbox = 'desk:' || s.desk AND s.worker = ?2
         WHERE a.digest = ?1 AND (m.mailbox = ?3 OR s.desk IS NOT NULL)
         ORDER BY s.desk IS NOT NULL LIMIT 1",
    )
    .bind(&digest.as_bytes()[..])
    .bind(worker.to_string())
    .bind(MailboxId::Worker(worker).to_string())
    .fetch_optional(readers)
    .await?;
    let read = |row: SqliteRow| Ok(Readable { record: row.try_get("record")?, desk: row.try_get("desk")? });
    row.map(read).transpose()
}
