//! Answers: JSON, compressed when it is worth it, and entity tags.

use std::io::Write;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};

use crate::problem::Problem;

/// Smaller answers fit one packet anyway.
const WORTH_IT: usize = 1024;

/// Answers with JSON, compressed for those who say that they read gzip.
///
/// # Errors
/// None in practice: compression writes to memory.
pub fn json(headers: &HeaderMap, json: Bytes) -> Result<Response, Problem> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let kind = [(header::CONTENT_TYPE, "application/json"), (header::VARY, "accept-encoding")];
    if json.len() < WORTH_IT || !accepts(accepted.unwrap_or_default(), "gzip") {
        return Ok((kind, json).into_response());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(5));
    let packed = encoder.write_all(&json).and_then(|()| encoder.finish());
    let packed = packed.map_err(|_| Problem::StorageUnavailable)?;
    Ok((kind, [(header::CONTENT_ENCODING, "gzip")], packed).into_response())
}

/// Adds an entity tag.
pub fn tagged(mut response: Response, tag: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

/// Says that what the asker has is still right.
pub fn not_modified(tag: &str) -> Response {
    tagged(StatusCode::NOT_MODIFIED.into_response(), tag)
}

/// Whether an `If-None-Match` names this tag.
pub fn matches(if_none_match: &str, tag: &str) -> bool {
    let tags = if_none_match.split(',').map(str::trim);
    tags.map(|known| known.strip_prefix("W/").unwrap_or(known)).any(|known| known == tag || known == "*")
}

/// Whether an `Accept-Encoding` allows this encoding.
pub fn accepts(accept_encoding: &str, encoding: &str) -> bool {
    accept_encoding.split(',').any(|choice| {
        let (name, parameters) = choice.split_once(';').unwrap_or((choice, ""));
        let weight = parameters.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && weight.is_none_or(|weight| weight > 0.0)
    })
}
