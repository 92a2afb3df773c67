//! The header of a vault: what has to be known before anything can be opened.
//!
//! One row in clear beside the sealed ones. The data key lies in it only sealed: by the PIN, and for the office, which
//! can give it back to somebody who has forgotten the PIN. The delays slow down a finger on the screen; whoever has
//! copied the database tries without them.

use std::cell::Cell;

use serde::Serialize;
use xunji_domain::{id::InstallationId, json, reads};

use crate::storage::{Commit, Storage, StorageError, Table, Write};

/// The header's key among the single rows.
pub const HEADER: &str = "vault";
/// The form of the header that this version writes.
pub const VERSION: u32 = 1;
/// Rounds of PBKDF2-SHA256 between a PIN and its key.
pub const ROUNDS: u32 = 600_000;
/// After how many minutes without a touch a new vault locks itself.
pub const IDLE_MINUTES: u32 = 10;

/// A moment of the phone's clock, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

reads!(Moment from u64);

/// What has to be known before anything can be opened. Do not rename: it lies on phones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// The form of this struct.
    pub version: u32,
    /// Whose database this is, as an opaque id.
    pub installation: InstallationId,
    /// The data key, sealed by the PIN.
    pub pin: Wrapped,
    /// The data key, sealed by what the phone's own authenticator (fingerprint, face) makes, where the person wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passkey: Option<Passkey>,
    /// The data key, sealed to the station's public key; none when the station had no such key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// The public key that the copy is sealed to; none for a copy of the days before this was noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_for: Option<String>,
    /// Whether rows that were there before the vault may still be plain.
    pub half: bool,
    /// Wrong PINs in a row.
    pub tries: Tries,
    /// After how many minutes without a touch it locks itself.
    pub idle_minutes: u32,
}

reads!(Header { version, installation, pin, passkey, copy, copy_for, half, tries, idle_minutes });

/// The data key under a key that only the phone's authenticator makes again, for this credential and this salt (the PRF
/// extension of WebAuthn). Bytes are in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passkey {
    /// The credential's id.
    pub credential: String,
    /// 32 random bytes.
    pub salt: String,
    /// AES-GCM: nonce (12 bytes), then the sealed key with its tag.
    pub key: String,
}

reads!(Passkey { credential, salt, key });

/// The data key under a key that is made from a PIN by PBKDF2-SHA256. Bytes are in base64url.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrapped {
    /// 16 random bytes.
    pub salt: String,
    /// Rounds.
    pub rounds: u32,
    /// AES-GCM: nonce (12 bytes), then the sealed key with its tag.
    pub key: String,
}

reads!(Wrapped { salt, rounds, key });

/// Wrong PINs since the last right one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tries {
    /// How many.
    pub wrong: u32,
    /// Before this moment the next one is not looked at.
    pub until: Moment,
}

reads!(Tries { wrong, until });

impl Tries {
    /// How long a person waits after so many wrong PINs, in milliseconds: not at all after the first four, an hour
    /// each time in the end. Nothing is ever wiped.
    pub const fn delay(wrong: u32) -> u64 {
        match wrong {
            0..=4 => 0,
            5 => 30_000,
            6 => 60_000,
            7 => 5 * 60_000,
            8 => 15 * 60_000,
            _ => 60 * 60_000,
        }
    }

    /// How long is left to wait, in milliseconds. Never longer than the whole delay: behind that, a clock was set back.
    pub fn left(self, now: Moment) -> u64 {
        self.until.0.saturating_sub(now.0).min(Self::delay(self.wrong))
    }
}

/// Whether a PIN may be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Try {
    /// Yes. It counts as wrong already, until [`right`] is called: whoever closes the page meanwhile gains nothing.
    Now(Box<Header>),
    /// Not for so many milliseconds.
    Wait(u64),
}

/// The header of a database, if it has a vault.
///
/// # Errors
/// [`StorageError`].
pub async fn header<S: Storage>(bare: &S) -> Result<Option<Header>, StorageError> {
    let bytes = bare.get(Table::Meta, HEADER).await?;
    let header = bytes.map(|bytes| json::read::<Header>(&bytes)).transpose();
    let header = header.map_err(|_| StorageError::Damaged(HEADER.to_owned()))?;
    match header {
        Some(header) if header.version > VERSION => Err(StorageError::Newer),
        header => Ok(header),
    }
}

/// Writes the header of a database that has none yet; from then on no tab writes anything plain. Answers whether this
/// was the one that made it.
///
/// # Errors
/// [`StorageError`].
pub async fn make<S: Storage>(bare: &S, header: &Header) -> Result<bool, StorageError> {
    loop {
        let read = bare.generation().await?;
        if self::header(bare).await?.is_some() {
            return Ok(false);
        }
        if bare.commit(read, vec![write(header)?]).await? == Commit::Done {
            return Ok(true);
        }
    }
}

/// Changes the header, again from the start whenever another tab was quicker. Answers the header as it is then.
///
/// # Errors
/// [`StorageError`].
pub async fn change<S: Storage>(bare: &S, change: impl Fn(&mut Header)) -> Result<Header, StorageError> {
    loop {
        let read = bare.generation().await?;
        let found = self::header(bare).await?;
        let before = found.ok_or_else(|| StorageError::Damaged(HEADER.to_owned()))?;
        let mut header = before.clone();
        change(&mut header);
        if header == before || bare.commit(read, vec![write(&header)?]).await? == Commit::Done {
            return Ok(header);
        }
    }
}

/// Asks whether a PIN may be tried now, and counts the try. Who waits waits for one delay at most from here on, however
/// far the phone's clock was set back.
///
/// # Errors
/// [`StorageError`].
pub async fn begin_try<S: Storage>(bare: &S, now: Moment) -> Result<Try, StorageError> {
    let counted = Cell::new(false);
    let header = change(bare, |header| {
        let left = header.tries.left(now);
        counted.set(left == 0);
        // What is left of it runs by the clock as it is now, also when that was set back.
        header.tries.until = Moment(now.0.saturating_add(left));
        if left == 0 {
            let wrong = header.tries.wrong.saturating_add(1);
            header.tries = Tries { wrong, until: Moment(now.0.saturating_add(Tries::delay(wrong))) };
        }
    })
    .await?;
    Ok(if counted.get() { Try::Now(Box::new(header)) } else { Try::Wait(header.tries.left(now)) })
}

/// The PIN was right: nothing counts against it any more.
///
/// # Errors
/// [`StorageError`].
pub async fn right<S: Storage>(bare: &S) -> Result<Header, StorageError> {
    change(bare, |header| header.tries = Tries::default()).await
}

fn write(header: &Header) -> Result<Write, StorageError> {
    let bytes = serde_json::to_vec(header).map_err(|error| StorageError::Failed(error.to_string()))?;
    Ok(Write::Put(Table::Meta, HEADER.to_owned(), bytes))
}
