//! `GET /healthz`: a fixed body, so that a captive portal is not taken for the station.

use axum::{http::header, response::IntoResponse};
use xunji_domain::wire::HEALTHY;

/// Answers as long as the process serves; it says nothing about the disk, which a phone can't do anything about.
pub async fn get() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], HEALTHY)
}
