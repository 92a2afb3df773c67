//! Which file answers which path, in which encoding, and how long it may be kept. Pure.

use std::collections::BTreeMap;

use axum::http::{HeaderName, StatusCode, header};
use sha2::{Digest as _, Sha256};

use crate::reply::{accepts, matches};

/// One file of the app.
#[derive(Clone, Copy, Debug)]
pub struct AppFile {
    /// Its path below the root, with slashes.
    pub path: &'static str,
    /// Its bytes.
    pub identity: &'static [u8],
    /// Compressed with brotli.
    pub br: Option<&'static [u8]>,
    /// Compressed with gzip.
    pub gzip: Option<&'static [u8]>,
}

/// All files of the app, by path.
#[derive(Debug)]
pub struct Table(BTreeMap<&'static str, (AppFile, String)>);

/// What to answer.
#[derive(Debug)]
pub struct Served {
    /// The status.
    pub status: StatusCode,
    /// The headers that depend on the file.
    pub headers: Vec<(HeaderName, String)>,
    /// The body.
    pub body: &'static [u8],
}

impl Served {
    /// A header's value.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: b"" }
    }
}

impl Table {
    /// Takes the files and names each by its content.
    pub fn new(files: &[AppFile]) -> Self {
        let tag =
            |bytes: &[u8]| Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self(files.iter().map(|file| (file.path, (*file, tag(file.identity)))).collect())
    }

    /// Decides.
    pub fn answer(&self, path: &str, accept_encoding: &str, if_none_match: &str) -> Served {
        let path = path.trim_start_matches('/');
        let name = if self.0.contains_key(path) || has_extension(path) { path } else { "index.html" };
        let Some((file, tag)) = self.0.get(name) else {
            return Served::empty(StatusCode::NOT_FOUND);
        };
        let (encoding, body) = match (file.br, file.gzip) {
            (Some(br), _) if accepts(accept_encoding, "br") => (Some("br"), br),
            (_, Some(gzip)) if accepts(accept_encoding, "gzip") => (Some("gzip"), gzip),
            _ => (None, file.identity),
        };
        // Each encoding is a representation of its own, so it has a tag of its own.
        let tag =
            format!("\"{tag}{}{}\"", if encoding.is_some() { "-" } else { "" }, encoding.unwrap_or_default());
        let keep = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut headers = vec![
            (header::CACHE_CONTROL, keep.to_owned()),
            (header::VARY, "accept-encoding".to_owned()),
            (header::ETAG, tag.clone()),
        ];
        if matches(if_none_match, &tag) {
            return Served { status: StatusCode::NOT_MODIFIED, headers, body: b"" };
        }
        headers.push((header::CONTENT_TYPE, content_type(name).to_owned()));
        if let Some(encoding) = encoding {
            headers.push((header::CONTENT_ENCODING, encoding.to_owned()));
        }
        Served { status: StatusCode::OK, headers, body }
    }
}

/// A path that names a file, not a screen of the app.
fn has_extension(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// Whether some part of the path carries a hash of the content, as Trunk writes it: `name-0123456789abcdef`, followed
/// by nothing, a dot or an underscore.
fn is_hashed(path: &str) -> bool {
    path.split('/').any(|part| {
        part.match_indices('-').any(|(at, _)| {
            let rest = &part.as_bytes()[at + 1..];
            let digits = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
            digits == 16 && matches!(rest.get(16), None | Some(b'.' | b'_'))
        })
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
