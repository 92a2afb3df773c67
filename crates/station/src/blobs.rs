//! Attachments: uploads that go on where they broke off, and count only when their SHA-256 is right (invariant 6).
//!
//! ```text
//! HEAD → how far am I?   PUT → all of it   PATCH + Upload-Offset, Upload-Length → the rest of it   GET → read it
//! bytes → blobs/<aa>/<sha>.part → flushed → read back and hashed → renamed to <sha>, folder flushed → row in `blobs`
//! ```
//!
//! A `.part` that has not grown for seven days is removed ([`crate::abandoned`]); its phone begins again.
//!
//! A file without its row (the power failed between the two) is hashed again and recorded when somebody next asks.

mod read;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Path as UrlPath, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;
use tokio::io::AsyncWriteExt;
use xunji_domain::{canonical::Digest, wire::BLOB_BYTES};

use crate::{
    body::Frames,
    db::{self, DbError, instant},
    people,
    problem::Problem,
    state::Station,
};

pub use self::read::get;

/// How long an upload waits for another one of the same bytes.
const PATIENCE: Duration = Duration::from_secs(5);

/// The folder of the attachments, and which of them are being written to.
#[derive(Clone, Debug)]
pub struct Blobs {
    folder: Arc<Path>,
    busy: Arc<Mutex<BTreeSet<Digest>>>,
}

impl Blobs {
    /// Attachments in this folder, which is made when the first one comes.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder: folder.into(), busy: Arc::default() }
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.folder.join(&name[..2]).join(name)
    }

    fn part(&self, digest: &Digest) -> PathBuf {
        self.path(digest).with_extension("part")
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The right to write to one attachment, unless somebody else has it.
    pub fn try_claim(&self, digest: Digest) -> Option<Claim> {
        let free = self.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(digest);
        free.then(|| Claim { busy: self.busy.clone(), digest })
    }

    async fn claim(&self, digest: Digest) -> Result<Claim, Problem> {
        let waiting = async {
            loop {
                match self.try_claim(digest) {
                    Some(claim) => return claim,
                    None => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| Problem::UploadBusy)
    }
}

/// The right to write to one attachment, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    busy: Arc<Mutex<BTreeSet<Digest>>>,
    digest: Digest,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.digest);
    }
}

/// `HEAD /blobs/{sha256}`.
///
/// # Errors
/// [`Problem::NotFound`] when nothing of it is there, or for somebody who has sent no entry that names it and may see
/// none. Phones send the entry first.
pub async fn head(
    State(station): State<Station>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = people::authenticate_sender(&station.readers, &headers).await?;
    let digest = name.parse().map_err(|_| Problem::RequestInvalid)?;
    read::readable(&station.readers, caller.worker.id, &digest).await?.ok_or(Problem::NotFound)?;
    if let Some(bytes) = verified(&station, &digest).await? {
        return Ok(progress(StatusCode::OK, bytes, true));
    }
    match length(&station.blobs.part(&digest))? {
        Some(bytes) => Ok(progress(StatusCode::OK, bytes, false)),
        None => Err(Problem::NotFound),
    }
}

/// `PUT /blobs/{sha256}`: all of it, from the beginning.
///
/// # Errors
/// When it is too large, breaks off, or has another SHA-256.
pub async fn put(
    State(station): State<Station>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    people::authenticate_sender(&station.readers, &headers).await?;
    let digest: Digest = name.parse().map_err(|_| Problem::RequestInvalid)?;
    let total = number(&headers, &header::CONTENT_LENGTH)?;
    if total.is_some_and(|total| total > BLOB_BYTES) {
        return Err(Problem::BodyTooLarge);
    }
    let _claim = station.blobs.claim(digest).await?;
    if let Some(bytes) = verified(&station, &digest).await? {
        drain(body).await?;
        return Ok(progress(StatusCode::NO_CONTENT, bytes, true));
    }
    append(&station.blobs.part(&digest), 0, total.unwrap_or(BLOB_BYTES), body).await?;
    let bytes = finish(&station, digest).await?;
    Ok(progress(StatusCode::CREATED, bytes, true))
}

/// `PATCH /blobs/{sha256}`: the next bytes of it.
///
/// # Errors
/// When the offset is not where the upload is, it is too large, breaks off, or ends with another SHA-256.
pub async fn patch(
    State(station): State<Station>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    people::authenticate_sender(&station.readers, &headers).await?;
    let digest: Digest = name.parse().map_err(|_| Problem::RequestInvalid)?;
    let wanted = |name: HeaderName| number(&headers, &name)?.ok_or(Problem::RequestInvalid);
    let offset = wanted(HeaderName::from_static("upload-offset"))?;
    let total = wanted(HeaderName::from_static("upload-length"))?;
    if total > BLOB_BYTES {
        return Err(Problem::BodyTooLarge);
    }
    let _claim = station.blobs.claim(digest).await?;
    if let Some(bytes) = verified(&station, &digest).await? {
        drain(body).await?;
        return match offset == bytes {
            true => Ok(progress(StatusCode::NO_CONTENT, bytes, true)),
            false => Err(Problem::UploadOffset(bytes)),
        };
    }
    let part = station.blobs.part(&digest);
    let present = length(&part)?.unwrap_or(0);
    if offset != present {
        return Err(Problem::UploadOffset(present));
    }
    let bytes = append(&part, offset, total, body).await?;
    if bytes < total {
        return Ok(progress(StatusCode::NO_CONTENT, bytes, false));
    }
    let bytes = finish(&station, digest).await?;
    Ok(progress(StatusCode::NO_CONTENT, bytes, true))
}

fn progress(status: StatusCode, bytes: u64, complete: bool) -> Response {
    let complete = if complete { "?1" } else { "?0" };
    (status, [("upload-offset", bytes.to_string().as_str()), ("upload-complete", complete)]).into_response()
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or(Problem::RequestInvalid)
}

/// Reads what isn't needed, so that the sender gets to hear the answer.
async fn drain(body: Body) -> Result<(), Problem> {
    let (mut frames, mut left) = (Frames::new(body), BLOB_BYTES);
    while let Some(data) = frames.next().await? {
        left = left.checked_sub(data.len() as u64).ok_or(Problem::BodyTooLarge)?;
    }
    Ok(())
}

/// Writes a body to a part file from `offset` on and gives the file's length. What arrived of a body that breaks off
/// stays there.
async fn append(part: &Path, offset: u64, total: u64, body: Body) -> Result<u64, Problem> {
    if let Some(folder) = part.parent() {
        fs::create_dir_all(folder).map_err(disk)?;
    }
    let file = fs::File::options().create(true).append(true).open(part).map_err(disk)?;
    file.set_len(offset).map_err(disk)?;
    let mut file = tokio::fs::File::from_std(file);
    let (mut frames, mut length) = (Frames::new(body), offset);
    let result = loop {
        match frames.next().await {
            Ok(None) => break Ok(length),
            Ok(Some(data)) if length + data.len() as u64 > total => break Err(Problem::BodyTooLarge),
            Ok(Some(data)) => {
                length += data.len() as u64;
                file.write_all(&data).await.map_err(disk)?;
            }
            Err(problem) => break Err(problem),
        }
    };
    file.flush().await.map_err(disk)?;
    if result == Err(Problem::BodyTooLarge) {
        file.set_len(offset).await.map_err(disk)?;
    }
    result
}

/// Checks a part file that has all its bytes, and makes it count.
async fn finish(station: &Station, digest: Digest) -> Result<u64, Problem> {
    let (part, path) = (station.blobs.part(&digest), station.blobs.path(&digest));
    let moved = blocking(move || {
        let (found, bytes) = hash(&part)?;
        if found != digest {
            fs::remove_file(&part)?;
            return Ok(None);
        }
        fs::rename(&part, &path)?;
        // The file's name, its folder's name and that folder's name.
        for folder in path.ancestors().skip(1).take(3) {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(Some(bytes))
    });
    let bytes = moved.await?.ok_or(Problem::BlobHashMismatch)?;
    station.writer.blob(digest, bytes).await?;
    tracing::info!(%digest, bytes, "attachment verified");
    Ok(bytes)
}

/// The length of an attachment that counts.
async fn verified(station: &Station, digest: &Digest) -> Result<Option<u64>, Problem> {
    let path = station.blobs.path(digest);
    let row: Option<i64> = sqlx::query_scalar("SELECT bytes FROM blobs WHERE digest = ?")
        .bind(&digest.as_bytes()[..])
        .fetch_optional(&station.readers)
        .await?;
    match (length(&path)?, row) {
        (Some(bytes), Some(_)) => Ok(Some(bytes)),
        (Some(_), None) => {
            let (found, bytes) = blocking(move || hash(&path)).await?;
            if found != *digest {
                return Ok(None);
            }
            station.writer.blob(*digest, bytes).await?;
            Ok(Some(bytes))
        }
        (None, Some(_)) => {
            tracing::error!(%digest, "the file of a verified attachment is gone; it can be uploaded again");
            Ok(None)
        }
        (None, None) => Ok(None),
    }
}

/// Notes that an attachment counts, inside the writer's transaction.
///
/// # Errors
/// When the database fails.
pub async fn record(connection: &mut SqliteConnection, digest: Digest, bytes: u64) -> Result<(), DbError> {
    sqlx::query("INSERT OR IGNORE INTO blobs (digest, bytes, verified_at) VALUES (?, ?, ?)")
        .bind(&digest.as_bytes()[..])
        .bind(bytes as i64)
        .bind(instant(db::now()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Flushes a file and hashes what the disk has of it.
fn hash(path: &Path) -> io::Result<(Digest, u64)> {
    fs::File::open(path)?.sync_all()?;
    sha256(path)
}

/// Hashes a file and counts its bytes.
///
/// # Errors
/// When it can't be read.
pub fn sha256(path: &Path) -> io::Result<(Digest, u64)> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        match io::Read::read(&mut file, &mut buffer)? {
            0 => return Ok((Digest::new(hasher.finalize().into()), bytes)),
            read => {
                hasher.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

fn length(path: &Path) -> Result<Option<u64>, Problem> {
    match path.metadata() {
        Ok(file) => Ok(Some(file.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk(error)),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Problem::StorageUnavailable)?.map_err(disk)
}

fn disk(error: io::Error) -> Problem {
    tracing::error!(%error, "the attachments' folder failed");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Problem::StorageFull,
        _ => Problem::StorageUnavailable,
    }
}
