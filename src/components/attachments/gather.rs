//! From a picked file to an attachment that is kept: read at once, drawn anew smaller and without what the camera wrote
//! beside the picture, hashed, and committed with its small copy before the form says so.

use web_sys::File;
use xunji_domain::{
    canonical::Digest,
    media::{is_heic, pixels},
};

use crate::{platform, state::App, words};

/// The longest edge of a kept photo, in pixels: enough for reading a notice on a wall.
const EDGE: u32 = 1600;
/// The longest edge of its small copy: a few kilobytes, sharp enough in a list.
pub(super) const SMALL: u32 = 320;

/// Keeps a picked photo.
///
/// # Errors
/// The sentence for the person; then nothing was kept.
pub async fn keep_photo(app: App, file: &File) -> Result<Digest, String> {
    let unreadable = || words::photo_unreadable().to_owned();
    let bytes = platform::bytes_of(file).await.ok_or_else(unreadable)?;
    if bytes.is_empty() {
        return Err(words::photo_empty().to_owned());
    }
    // Opened, a picture takes four bytes a pixel; more than an eighth of the memory would end the whole app.
    let most = platform::memory() * 1024.0 * 1024.0 * 1024.0 / 8.0;
    if pixels(&bytes).is_some_and(|pixels| pixels as f64 * 4.0 > most) {
        return Err(words::photo_too_large().to_owned());
    }
    match platform::shrink(&bytes, &file.type_(), EDGE, SMALL).await {
        Some((photo, small)) => app.keep_attachment(photo, Some(small)).await,
        None if is_heic(&bytes) => Err(words::photo_heic().to_owned()),
        None => Err(unreadable()),
    }
}
