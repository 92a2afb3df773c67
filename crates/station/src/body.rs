//! Reads request bodies with an end to everything: bytes before and after decompression, and time.

use std::{io::Read, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use xunji_domain::wire::{BATCH_BYTES, BODY_BYTES};

use crate::problem::Problem;

/// The longest silence within a body.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest time for a whole batch: 512 KiB over a 2G connection.
const WHOLE: Duration = Duration::from_secs(300);

/// Reads a batch: at most twice [`BATCH_BYTES`] as sent, [`BODY_BYTES`] after decompression.
///
/// # Errors
/// When it is too large, too slow or damaged.
pub async fn batch(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let gzip = match headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
        None => false,
        Some(name) if name.eq_ignore_ascii_case(b"identity") => false,
        Some(name) if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => true,
        Some(_) => return Err(Problem::EncodingUnsupported),
    };
    let bytes = small(body, BATCH_BYTES * 2).await?;
    if gzip { unpack(&bytes, BODY_BYTES).map(Bytes::from) } else { Ok(bytes) }
}

/// Reads a body of at most `most` bytes.
///
/// # Errors
/// When it is too large, too slow or cut off.
pub async fn small(body: Body, most: usize) -> Result<Bytes, Problem> {
    let whole = async {
        let mut frames = Frames::new(body);
        let mut bytes = Vec::new();
        while let Some(data) = frames.next().await? {
            if bytes.len() + data.len() > most {
                return Err(Problem::BodyTooLarge);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Bytes::from(bytes))
    };
    tokio::time::timeout(WHOLE, whole).await.map_err(|_| Problem::Timeout)?
}

/// Decompresses gzip to at most `most` bytes.
///
/// # Errors
/// When it is damaged or a bomb.
pub fn unpack(bytes: &[u8], most: usize) -> Result<Vec<u8>, Problem> {
    let mut unpacked = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(bytes).take(limit).read_to_end(&mut unpacked).map_err(|_| Problem::BodyUnreadable)?;
    if unpacked.len() > most { Err(Problem::BodyTooLarge) } else { Ok(unpacked) }
}

/// A body's pieces as they arrive, none of them awaited for ever.
pub struct Frames(Body);

impl Frames {
    /// Begins to read.
    pub const fn new(body: Body) -> Self {
        Self(body)
    }

    /// The next piece.
    ///
    /// # Errors
    /// When the sender hung up or has been silent for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = tokio::time::timeout(SILENCE, self.0.frame()).await.map_err(|_| Problem::Timeout)?;
            let Some(frame) = frame else { return Ok(None) };
            if let Ok(data) = frame.map_err(|_| Problem::BodyUnreadable)?.into_data() {
                return Ok(Some(data));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body that says one thing and then nothing more.
    struct Silent(bool);

    impl hyper::body::Body for Silent {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            if std::mem::replace(&mut self.0, true) {
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(Bytes::from_static(b"{")))))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_falls_silent_is_given_up() {
        let began = tokio::time::Instant::now();
        assert_eq!(small(Body::new(Silent(false)), 100).await, Err(Problem::Timeout));
        assert!(began.elapsed() >= SILENCE && began.elapsed() < WHOLE);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &[0; 100_000]).unwrap();
        let bomb = encoder.finish().unwrap();
        assert_eq!(unpack(&bomb, 100_000).map(|bytes| bytes.len()), Ok(100_000));
        assert_eq!(unpack(&bomb, 99_999), Err(Problem::BodyTooLarge));
    }
}
