//! The file behind 导出备份 and 导入备份: a few plain bytes that say what it is, then everything else sealed by a
//! passphrase.
//!
//! Inside: the length of the JSON (8 bytes, big-endian), the JSON of [`Backup`], then each attachment's length and bytes
//! in the order that the JSON lists them.

use leptos::prelude::*;
use xunji_domain::{canonical::Digest, json};
use xunji_sync::pocket::{BACKUP_VERSION, Backup, Restored};

use crate::{
    platform,
    state::{App, storage_sentence},
    words,
};

/// What every backup file begins with; the digit is the version of the sealing.
const MAGIC: &[u8] = b"XUNJI-BACKUP-1\n";
/// The shortest passphrase: enough that guessing takes longer than a lost phone stays interesting.
pub const SHORTEST: usize = 8;

/// Makes the file and hands it to the browser's downloads. Gives how many entries can't be read and are not in it.
///
/// # Errors
/// A sentence.
pub async fn export(app: App, passphrase: String) -> Result<usize, String> {
    let Some(me) = app.signals.me.get_untracked() else { return Err(words::not_enrolled().to_owned()) };
    let kept = app.pocket().back_up(me.id).await;
    let (backup, blobs, unreadable) = kept.map_err(|error| storage_sentence(&error))?;
    let text = serde_json::to_vec(&backup).map_err(|_| words::not_saved_strange().to_owned())?;
    let mut plain = Vec::new();
    for part in std::iter::once(&text).chain(&blobs) {
        plain.extend((part.len() as u64).to_be_bytes());
        plain.extend(part);
    }
    let sealed = platform::seal(&passphrase, &plain).await.ok_or_else(|| words::needs_https().to_owned())?;
    let file = [MAGIC, &sealed].concat();
    // No name and no village: the file may lie in a shared folder.
    platform::download(&file, &format!("xunji-{}.backup", platform::today()));
    Ok(unreadable)
}

/// Opens a file and puts back what is not here.
///
/// # Errors
/// A sentence; what is on the phone stays as it is.
pub async fn import(app: App, file: Vec<u8>, passphrase: String) -> Result<Restored, String> {
    let Some(me) = app.signals.me.get_untracked() else { return Err(words::not_enrolled().to_owned()) };
    let sealed = file.strip_prefix(MAGIC).ok_or_else(|| words::backup_not_one().to_owned())?;
    let plain =
        platform::unseal(&passphrase, sealed).await.ok_or_else(|| words::backup_wont_open().to_owned())?;
    let (backup, blobs) = unpack(&plain).await.ok_or_else(|| words::backup_damaged().to_owned())?;
    if backup.version > BACKUP_VERSION {
        return Err(words::backup_newer().to_owned());
    }
    if backup.worker != me.id {
        return Err(words::backup_of_another().to_owned());
    }
    let restored = app.pocket().restore(&backup, &blobs).await.map_err(|error| match error {
        xunji_sync::pocket::Rejected::Storage(error) => storage_sentence(&error),
        _ => words::backup_damaged().to_owned(),
    })?;
    app.changed();
    app.notify(xunji_sync::engine::Event::Saved);
    Ok(restored)
}

async fn unpack(plain: &[u8]) -> Option<(Backup, Vec<(Digest, Vec<u8>)>)> {
    let mut rest = plain;
    let backup: Backup = json::read(take(&mut rest)?).ok()?;
    let mut blobs = Vec::new();
    for digest in &backup.blobs {
        let bytes = take(&mut rest)?;
        // The seal tells a damaged file. Bytes that are wrong all the same were spoiled on the phone, before they were
        // put away, and must not keep the others from coming back.
        if platform::digest_of(bytes).await? == *digest {
            blobs.push((*digest, bytes.to_vec()));
        }
    }
    for known in &backup.entries {
        let bytes = known.entry.content.canonical_bytes().ok()?;
        if platform::digest_of(&bytes).await? != known.entry.digest {
            return None;
        }
    }
    rest.is_empty().then_some((backup, blobs))
}

/// The next part, after its length.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<8>()?;
    let (part, after) = after.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
    *rest = after;
    Some(part)
}
