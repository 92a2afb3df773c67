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
use crate::{
    audit, db::DbError, entitled::MailboxId, mailbox::IS_THEIRS, people, problem::Problem, state::Station,
};

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
    if !entry.is_theirs {
        let what = json!({ "act": "read_attachment", "record": entry.record, "attachment": digest });
        station.writer.audit(vec![audit::reading(&caller, entry.desk.as_deref(), what)]).await?;
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
pub(super) struct Readable {
    record: String,
    /// The desk whose mailbox it is in, unless it is in the reader's own.
    desk: Option<String>,
    /// Whether the reader finds it in their own mailbox and the record is, or was, theirs by name.
    is_theirs: bool,
}

/// The entry through which somebody may read an attachment, also one of their own that is parked.
///
/// # Errors
/// When the database fails.
pub(super) async fn readable(
    readers: &SqlitePool,
    worker: WorkerId,
    digest: &Digest,
) -> Result<Option<Readable>, DbError> {
    let query = format!(
        "SELECT e.record, s.desk, s.desk IS NULL AND {IS_THEIRS} AS is_theirs FROM attachments a
         JOIN entries e ON e.position = a.entry
         JOIN mailbox_items m ON m.entry = a.entry
         LEFT JOIN seats s ON m.mailbox = 'desk:' || s.desk AND s.worker = ?1
         WHERE a.digest = ?2 AND (m.mailbox = ?3 OR s.desk IS NOT NULL)
         ORDER BY is_theirs DESC, s.desk IS NULL LIMIT 1"
    );
    let row = sqlx::query(&query)
        .bind(worker.to_string())
        .bind(&digest.as_bytes()[..])
        .bind(MailboxId::Worker(worker).to_string())
        .fetch_optional(readers)
        .await?;
    let read = |row: SqliteRow| {
        Ok(Readable {
            record: row.try_get("record")?,
            desk: row.try_get("desk")?,
            is_theirs: row.try_get("is_theirs")?,
        })
    };
    row.map(read).transpose()
}
