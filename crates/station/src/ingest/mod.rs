//! The way in: from a request's bytes to receipts.
//!
//! ```text
//! POST /entries → body (limits, gzip) → read (each item alone, digest) → writer's queue
//!   writer: BEGIN … for each request: SAVEPOINT, store (known? judge, insert, deliver), RELEASE … COMMIT → answers
//! ```
//!
//! Reading and hashing happen in the requests' own tasks, all writing in one task.

pub mod judge;
pub mod read;
pub mod store;
pub mod writer;

use axum::{Json, body::Body, extract::State, http::HeaderMap};
use xunji_domain::wire::Answers;

use crate::{body, people, problem::Problem, state::Station};

/// `POST /entries`.
///
/// # Errors
/// When the batch as a whole can't be read or nothing can be stored.
pub async fn post(
    State(station): State<Station>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Answers>, Problem> {
    let caller = people::authenticate_sender(&station.readers, &headers).await?;
    let bytes = body::batch(&headers, body).await?;
    let items = read::batch(&bytes, caller.installation)?;
    let sent = items.len();
    let answers = station.writer.entries(caller, items).await?;
    tracing::info!(sent, answered = answers.answers.len(), "batch");
    Ok(Json(answers))
}
