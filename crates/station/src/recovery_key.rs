//! The key for forgotten PINs: phones seal a copy of their data key to its public half when they are enrolled, and keep
//! the copy themselves. ECDH over P-256, made at the first start, in the data folder ever since.
//!
//! ```text
//! copy = point of a key pair made for it (65 bytes), nonce (12 bytes), AES-256-GCM(data key) with its tag
//! key of the seal = HKDF-SHA256(ECDH(point, this key), salt = point, info = "xunji-recovery-1/" + installation)
//! ```
//!
//! Without it phones work as before; only forgotten PINs stay forgotten. So a file that is broken, gone or another one
//! doesn't stop the station, as it would for receipts: it is said in the log, and nothing is replaced.

use std::{fmt, fs, io};

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use p256::{
    PublicKey, SecretKey, ecdh,
    elliptic_curve::sec1::ToSec1Point,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use sha2::Sha256;
use sqlx::SqliteConnection;
use xunji_domain::{id::InstallationId, wire::base64url};

use crate::{
    data::DataFolder,
    db::DbError,
    receipt_key::{self, KeyError},
};

/// The setting that holds the public key.
const SETTING: &str = "recovery_key";
/// A point, uncompressed.
const POINT: usize = 65;
const NONCE: usize = 12;

/// Opens copies of data keys.
#[derive(Clone)]
pub struct RecoveryKey(SecretKey);

// A key must not reach a log.
impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(…)")
    }
}

impl RecoveryKey {
    /// Takes the 32 bytes of a scalar; nothing when they are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        SecretKey::from_slice(bytes).ok().map(Self)
    }

    fn draw() -> Result<Self, getrandom::Error> {
        loop {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)?;
            // One in four billion is no number below the curve's order.
            if let Some(key) = Self::from_bytes(&bytes) {
                return Ok(key);
            }
        }
    }

    /// The half that phones seal to: the uncompressed point in base64url.
    pub fn public(&self) -> String {
        base64url(self.0.public_key().to_sec1_point(false).as_bytes())
    }

    /// The data key in a copy; nothing when it was not sealed to this key by this installation.
    pub fn open(&self, copy: &[u8], installation: InstallationId) -> Option<[u8; 32]> {
        let (point, sealed) = copy.split_at_checked(POINT)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let theirs = PublicKey::from_sec1_bytes(point).ok()?;
        let shared = ecdh::diffie_hellman(self.0.to_nonzero_scalar(), theirs.as_affine());
        let mut key = [0; 32];
        let info = format!("xunji-recovery-1/{installation}");
        shared.extract::<Sha256>(Some(point)).expand(info.as_bytes(), &mut key).ok()?;
        let opened = Aes256Gcm::new(&key.into()).decrypt(&(*nonce).into(), sealed).ok()?;
        opened.try_into().ok()
    }
}

/// Gives the key of the data folder, and makes it at the first start. Nothing when there should be one and isn't.
///
/// # Errors
/// When the database fails.
pub async fn open(
    data: &DataFolder,
    connection: &mut SqliteConnection,
) -> Result<Option<RecoveryKey>, DbError> {
    let known: Option<String> = sqlx::query_scalar("SELECT value FROM settings WHERE name = ?")
        .bind(SETTING)
        .fetch_optional(&mut *connection)
        .await?;
    let key = match read(data) {
        Err(KeyError::Missing(_)) if known.is_none() => make(data),
        read => read,
    };
    let key = match (key, known) {
        (Ok(key), Some(known)) if known == key.public() => key,
        (Ok(_), Some(_)) => {
            return Ok(go_on_without(&KeyError::Another(data.recovery_key())));
        }
        (Ok(key), None) => {
            sqlx::query("INSERT INTO settings (name, value) VALUES (?, ?)")
                .bind(SETTING)
                .bind(key.public())
                .execute(connection)
                .await?;
            key
        }
        (Err(error), _) => return Ok(go_on_without(&error)),
    };
    Ok(Some(key))
}

fn go_on_without(error: &KeyError) -> Option<RecoveryKey> {
    let fault = match error {
        KeyError::Missing(_) => "missing",
        KeyError::Another(_) => "another than the one that phones have sealed to",
        KeyError::Broken(_) => "damaged",
        _ => "not to be used",
    };
    tracing::warn!(
        fault,
        "recovery-key.pem is not as it was: forgotten PINs can't be recovered, and everything else goes on; put it \
         back from the last backup of the data folder"
    );
    None
}

fn read(data: &DataFolder) -> Result<RecoveryKey, KeyError> {
    let path = data.recovery_key();
    match fs::read_to_string(&path) {
        Ok(text) => SecretKey::from_pkcs8_pem(&text).map(RecoveryKey).map_err(|_| KeyError::Broken(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(KeyError::Missing(path)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(KeyError::Broken(path)),
        Err(source) => Err(KeyError::Unusable { path, source }),
    }
}

fn make(data: &DataFolder) -> Result<RecoveryKey, KeyError> {
    let key = RecoveryKey::draw()?;
    let path = data.recovery_key();
    let unusable = |source| KeyError::Unusable { path: path.clone(), source };
    let pem = key.0.to_pkcs8_pem(LineEnding::LF);
    let pem = pem.map_err(|error| unusable(io::Error::other(error.to_string())))?;
    receipt_key::write_secret(&path, pem.as_bytes()).map_err(unusable)?;
    tracing::info!(path = %path.display(), "a new key for forgotten PINs was made; back it up with the database");
    Ok(key)
}

#[cfg(test)]
mod tests {
    use aes_gcm::aead::Payload;
    use uuid::Uuid;

    use super::*;

    /// What a phone does.
    fn copy_for(station: &RecoveryKey, installation: InstallationId, data_key: &[u8; 32]) -> Vec<u8> {
        let own = SecretKey::from_slice(&[7; 32]).unwrap();
        let point = own.public_key().to_sec1_point(false);
        let shared = ecdh::diffie_hellman(own.to_nonzero_scalar(), station.0.public_key().as_affine());
        let mut key = [0; 32];
        let info = format!("xunji-recovery-1/{installation}");
        shared.extract::<Sha256>(Some(point.as_bytes())).expand(info.as_bytes(), &mut key).unwrap();
        let payload = Payload { msg: &data_key[..], aad: b"" };
        let sealed = Aes256Gcm::new(&key.into()).encrypt(&[9; NONCE].into(), payload).unwrap();
        [point.as_bytes(), &[9; NONCE], &sealed].concat()
    }

    #[test]
    fn a_copy_opens_with_its_key_for_its_installation_and_no_other() {
        let installation = |number| InstallationId::new(Uuid::from_u128(number));
        let key = RecoveryKey::from_bytes(&[3; 32]).unwrap();
        let copy = copy_for(&key, installation(1), &[5; 32]);
        assert_eq!(key.open(&copy, installation(1)), Some([5; 32]));
        assert_eq!(key.open(&copy, installation(2)), None);
        assert_eq!(RecoveryKey::from_bytes(&[4; 32]).unwrap().open(&copy, installation(1)), None);
        for length in [0, 1, POINT, POINT + NONCE, copy.len() - 1] {
            assert_eq!(key.open(&copy[..length], installation(1)), None, "{length} bytes");
        }
        let mut changed = copy;
        for at in [0, 1, POINT, POINT + NONCE] {
            changed[at] ^= 1;
            assert_eq!(key.open(&changed, installation(1)), None, "byte {at}");
            changed[at] ^= 1;
        }
    }
}
