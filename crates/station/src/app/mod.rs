//! The app's files, which the station carries inside itself when it was built with the feature `embed`.
//!
//! Deciding what to answer is a pure function over the table of files ([`table::Table::answer`]); here it only becomes
//! a response. Every answer carries the security headers; nothing but our own origin is ever loaded.

pub mod table;

use std::sync::OnceLock;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use table::{AppFile, Table};

#[cfg(feature = "embed")]
const FILES: &[AppFile] = include!(concat!(env!("OUT_DIR"), "/app.rs"));

#[cfg(not(feature = "embed"))]
const FILES: &[AppFile] =
    &[AppFile { path: "index.html", identity: include_bytes!("not_embedded.html"), br: None, gzip: None }];

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' blob: data:; media-src blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

const SECURITY: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(self), geolocation=(self), microphone=(self), payment=(), usb=(), serial=(), hid=(), \
         midi=(), display-capture=(), accelerometer=(), gyroscope=(), magnetometer=(), browsing-topics=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Where phones post photos that another app shares. The app's service worker takes them on the phone; when it is not
/// there yet, the page asks for them once more, and what came here is not read.
const SHARE: &str = "/share";

/// Answers a request for anything but the interface.
pub fn get(method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    static TABLE: OnceLock<Table> = OnceLock::new();
    if method == Method::POST && uri.path() == SHARE {
        return (StatusCode::SEE_OTHER, SECURITY, [(header::LOCATION, SHARE)]).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let allowed = [(header::ALLOW, "GET, HEAD")];
        return (StatusCode::METHOD_NOT_ALLOWED, SECURITY, allowed).into_response();
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let table = TABLE.get_or_init(|| Table::new(FILES));
    let answer = table.answer(uri.path(), text(header::ACCEPT_ENCODING), text(header::IF_NONE_MATCH));
    // Not a bare slice: that would bring a content type of its own.
    (answer.status, SECURITY, AppendHeaders(answer.headers), Body::from(answer.body)).into_response()
}
