//! The key that signs receipts: ECDSA over P-256, made at the first start, in the data folder ever since.
//!
//! ```text
//! no file, none known → draw → receipt-key.pem (0600, PKCS#8, flushed with its folder)
//!   → one transaction: sign what was stored before, keep the public key in `settings` → serve
//! ```
//!
//! A phone keeps the public key from its enrolment and checks every receipt with it, so a station must never come to
//! another key by accident: a file that is broken, gone, or not the one the database knows stops the start.
//!
//! Signatures are deterministic (RFC 6979): the same receipt has the same one.

use std::{
    fmt, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use p256::{
    ecdsa::{
        self, SigningKey, VerifyingKey,
        signature::{Signer, Verifier},
    },
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use sqlx::{Connection, Row, SqliteConnection};
use xunji_domain::wire::{Receipt, Signature, base64url, from_base64url};

use crate::{data::DataFolder, db::DbError, ingest::store};

/// The setting that holds the public key.
pub const SETTING: &str = "receipt_key";
/// Receipts signed between two looks at the queue, when older ones are signed.
const STRIDE: i64 = 200;

/// Why the station has no key to sign with. Nothing was replaced.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is something else.
    #[error("{} is not the key that this station signs its receipts with (it is damaged or another file), so the station did not start and replaced nothing. Put it back from the last backup of the data folder", .0.display())]
    Broken(PathBuf),
    /// The file is gone.
    #[error("{} is missing, and phones trust no receipt that another key signed, so the station did not start and made no new one. Put it back from the last backup of the data folder", .0.display())]
    Missing(PathBuf),
    /// The file has another key than the database.
    #[error("{} holds another key than the one that signed this station's receipts, so the station did not start and replaced nothing. Put back the key and the database from the same backup", .0.display())]
    Another(PathBuf),
    /// It can't be read or written.
    #[error("the key {} can't be used: {source}. Change its permissions, or make room on the disk", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gives no random numbers ({0}), so no key can be made. Try again")]
    Random(#[from] getrandom::Error),
    /// The database, which knows the key's public half.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Signs receipts.
#[derive(Clone)]
pub struct ReceiptKey(SigningKey);

// A key must not reach a log.
impl fmt::Debug for ReceiptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReceiptKey(…)")
    }
}

impl ReceiptKey {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        loop {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)?;
            // One in four billion is no number below the curve's order.
            if let Ok(key) = SigningKey::from_slice(&bytes) {
                return Ok(Self(key));
            }
        }
    }

    /// Reads a data folder's key.
    ///
    /// # Errors
    /// [`KeyError::Missing`] when there is none.
    pub fn read(data: &DataFolder) -> Result<Self, KeyError> {
        let path = data.receipt_key();
        match fs::read_to_string(&path) {
            Ok(text) => SigningKey::from_pkcs8_pem(&text).map(Self).map_err(|_| KeyError::Broken(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyError::Missing(path)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(KeyError::Broken(path)),
            Err(source) => Err(KeyError::Unusable { path, source }),
        }
    }

    /// Writes it where none is yet. It is on the disk when this returns.
    fn write(&self, path: &Path) -> Result<(), KeyError> {
        let unusable = |source| KeyError::Unusable { path: path.to_owned(), source };
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        let pem = pem.map_err(|error| unusable(io::Error::other(error.to_string())))?;
        write_secret(path, pem.as_bytes()).map_err(unusable)
    }

    /// Signs a receipt.
    ///
    /// # Errors
    /// None in practice: see [`Receipt::signed_bytes`].
    pub fn sign(&self, receipt: &Receipt) -> Result<Signature, DbError> {
        let bytes = receipt.signed_bytes().map_err(|_| DbError::Stored("receipt"))?;
        let signature: ecdsa::Signature = self.0.sign(&bytes);
        Ok(Signature::new(&signature.to_bytes().into()))
    }

    /// The half that phones keep.
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }
}

/// Writes a file that only its owner reads, whole or not at all. It is on the disk when this returns.
pub(crate) fn write_secret(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let begun = path.with_extension("pem.new");
    let mut options = fs::File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&begun)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&begun, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// Verifies receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads what [`PublicKey::text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = from_base64url(text).filter(|bytes| bytes.len() == 65)?;
        VerifyingKey::from_sec1_bytes(&bytes).ok().map(Self)
    }

    /// The uncompressed point in base64url, as [`xunji_domain::wire::Enrolment`] gives it.
    pub fn text(&self) -> String {
        base64url(self.0.to_sec1_point(false).as_bytes())
    }

    /// Whether this key's other half signed the receipt.
    pub fn verifies(&self, receipt: &Receipt) -> bool {
        let signature = receipt.signature.as_ref().and_then(Signature::bytes);
        let signature = signature.and_then(|bytes| ecdsa::Signature::from_slice(&bytes).ok());
        let bytes = receipt.signed_bytes().ok();
        bytes.zip(signature).is_some_and(|(bytes, signature)| self.0.verify(&bytes, &signature).is_ok())
    }
}

/// The public key that a database knows.
///
/// # Errors
/// When the database fails.
pub async fn known(connection: &mut SqliteConnection) -> Result<Option<String>, DbError> {
    let query = sqlx::query_scalar("SELECT value FROM settings WHERE name = ?");
    Ok(query.bind(SETTING).fetch_optional(connection).await?)
}

/// Gives the key of the data folder, and makes it at the first start. Only the one `serve` of a folder calls this.
///
/// # Errors
/// When the key can't be used, or is not the one that the database knows.
pub async fn open(data: &DataFolder, connection: &mut SqliteConnection) -> Result<ReceiptKey, KeyError> {
    let known = known(connection).await?;
    let path = data.receipt_key();
    let key = match (ReceiptKey::read(data), &known) {
        (Err(KeyError::Missing(_)), None) => {
            let key = ReceiptKey::draw()?;
            key.write(&path)?;
            tracing::info!(path = %path.display(), "a new key for receipts was made; back it up with the database");
            key
        }
        (key, _) => key?,
    };
    match known {
        Some(known) if known == key.public().text() => {}
        Some(_) => return Err(KeyError::Another(path)),
        None => adopt(&key, connection).await?,
    }
    Ok(key)
}

/// Signs everything that was stored before there was a key, and notes the key, in one transaction.
async fn adopt(key: &ReceiptKey, connection: &mut SqliteConnection) -> Result<(), DbError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut after = 0;
    loop {
        let rows = sqlx::query(
            "SELECT position, id, digest, received_at, revision, reason, signature FROM entries
             WHERE position > ? ORDER BY position LIMIT ?",
        )
        .bind(after)
        .bind(STRIDE)
        .fetch_all(&mut *transaction)
        .await?;
        let Some(last) = rows.last() else { break };
        after = last.try_get("position")?;
        for row in &rows {
            let signature = key.sign(&store::receipt(row)?)?;
            let bytes = signature.bytes().ok_or(DbError::Stored("signature"))?;
            sqlx::query("UPDATE entries SET signature = ? WHERE position = ?")
                .bind(&bytes[..])
                .bind(row.try_get::<i64, _>("position")?)
                .execute(&mut *transaction)
                .await?;
        }
        tokio::task::yield_now().await;
    }
    sqlx::query("INSERT INTO settings (name, value) VALUES (?, ?)")
        .bind(SETTING)
        .bind(key.public().text())
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}
