//! One request to the station, with a time limit.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::shim;

/// What came back, whoever sent it.
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// `Retry-After` in milliseconds.
    pub retry_after: Option<u64>,
    /// How much of an attachment the other side has (`Upload-Offset`).
    pub offset: Option<u64>,
    /// Whether the other side has all of an attachment and has verified it (`Upload-Complete`).
    pub complete: bool,
    /// The name of what came, by which it is told from what comes later (`ETag`).
    pub tag: Option<String>,
    /// The body, if it is text.
    pub text: String,
    /// The body, if it is an attachment.
    pub bytes: Option<Vec<u8>>,
}

/// Nothing came back in time.
pub struct Unanswered;

/// Asks and waits at most so long.
///
/// # Errors
/// [`Unanswered`].
pub async fn ask(
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: JsValue,
    milliseconds: u32,
) -> Result<HttpAnswer, Unanswered> {
    let object = Object::new();
    for (name, value) in headers {
        // Setting a property of a plain object can't fail.
        drop(Reflect::set(&object, &(*name).into(), &value.as_str().into()));
    }
    let answer = JsFuture::from(shim::ask_js(method, path, &object, &body, milliseconds.into())).await;
    let answer = answer.map_err(|_| Unanswered)?;
    let text = |name: &str| Reflect::get(&answer, &name.into()).ok().and_then(|value| value.as_string());
    let status =
        Reflect::get(&answer, &"status".into()).ok().and_then(|status| status.as_f64()).unwrap_or(0.0);
    Ok(HttpAnswer {
        status: status as u16,
        retry_after: text("retryAfter")
            .and_then(|seconds| seconds.trim().parse::<u64>().ok())
            .map(|s| s * 1000),
        offset: text("offset").and_then(|offset| offset.parse().ok()),
        complete: text("complete").is_some_and(|complete| complete == "?1"),
        tag: text("tag"),
        text: text("text").unwrap_or_default(),
        bytes: Reflect::get(&answer, &"bytes".into())
            .ok()
            .and_then(|bytes| Some(bytes.dyn_into::<js_sys::Uint8Array>().ok()?.to_vec())),
    })
}

/// The text as gzip bytes, where the browser can.
pub async fn gzip(text: &str) -> Option<JsValue> {
    let zipped = JsFuture::from(shim::gzip_js(text)).await.ok()?;
    zipped.dyn_ref::<js_sys::Uint8Array>()?;
    Some(zipped)
}
