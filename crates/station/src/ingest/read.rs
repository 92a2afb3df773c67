//! Reads a batch: every item alone, so that one which can't be read never spoils the others (invariant 5).
//!
//! Only the frame `{"entries": […]}` has to be sound JSON. An item's text is kept as it came until it is looked at, so
//! that not even a number or an escape that can't be represented reaches its neighbours.
//!
//! The digest is taken over the content as it was sent, not as this version understands it: fields of a newer phone
//! are covered by it and kept.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use sha2::{Digest as _, Sha256};
use xunji_domain::{
    canonical::{self, Digest},
    entry::{Content, Entry},
    id::{EntryId, InstallationId, Seq},
    wire::{BATCH_ENTRIES, ENTRY_BYTES, Refusal},
};

use crate::problem::Problem;

/// An entry that is whole and came from the installation that it names.
#[derive(Debug)]
pub struct Sound {
    /// The entry.
    pub entry: Entry,
    /// All of its content in canonical JSON, also what [`Entry`] doesn't know.
    pub canonical: String,
    /// Its time as it was written.
    pub noted_at: String,
}

/// An entry that can't be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsound {
    /// Its id, if that much can be read.
    pub entry: Option<EntryId>,
    /// Why.
    pub refusal: Refusal,
}

impl Unsound {
    const fn unreadable(entry: Option<EntryId>) -> Self {
        Self { entry, refusal: Refusal::Unreadable }
    }
}

/// One item of a batch.
pub type Item = Result<Sound, Unsound>;

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

/// Reads a batch's body.
///
/// # Errors
/// When the frame itself can't be read or has too many entries.
pub fn batch(body: &[u8], installation: InstallationId) -> Result<Vec<Item>, Problem> {
    let frame: Frame<'_> = serde_json::from_slice(body).map_err(|_| Problem::BodyUnreadable)?;
    if frame.entries.len() > BATCH_ENTRIES {
        return Err(Problem::BatchTooLarge);
    }
    Ok(frame.entries.into_iter().map(|raw| item(raw.get(), installation)).collect())
}

/// Reads one entry.
///
/// # Errors
/// When it can't be stored.
pub fn item(raw: &str, installation: InstallationId) -> Item {
    let value: Value = serde_json::from_str(raw).map_err(|_| Unsound::unreadable(None))?;
    let content = value.get("content");
    let id = content.and_then(|content| content.get("id")?.as_str()?.parse().ok());
    if raw.len() > ENTRY_BYTES {
        return Err(Unsound::unreadable(id));
    }
    let entry = Entry::deserialize(&value).map_err(|_| Unsound::unreadable(id))?;
    // SQLite counts to 2^63 − 1, and a sequence begins with 1.
    if i64::try_from(entry.seq.0).is_err() || entry.seq == Seq(0) {
        return Err(Unsound::unreadable(id));
    }
    let Some(content) = content else { return Err(Unsound::unreadable(id)) };
    let canonical = canonical::bytes(content);
    if Digest::new(Sha256::digest(&canonical).into()) != entry.digest {
        return Err(Unsound { entry: id, refusal: Refusal::Damaged });
    }
    if entry.installation != installation {
        return Err(Unsound { entry: id, refusal: Refusal::WrongInstallation });
    }
    let noted_at = content.get("noted_at").and_then(Value::as_str).unwrap_or_default().to_owned();
    let canonical = String::from_utf8(canonical).map_err(|_| Unsound::unreadable(id))?;
    Ok(Sound { entry, canonical, noted_at })
}

/// Reads back content that was stored.
///
/// # Errors
/// When it can't be read, which is a fault.
pub fn stored(content: &str) -> Result<Content, serde_json::Error> {
    serde_json::from_str(content)
}
