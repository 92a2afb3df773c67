//! The vault of this phone: a random key seals everything before it enters the database; a PIN opens it.
//!
//! ```text
//! open ─► no header: plain, until a PIN is set (make) ─┐
//!      ├► another tab is unlocked and hands its key over ├─► App
//!      └► Locked ─ PIN (unlock) or 找回码 (recover) ─────┘
//! lock: forms are kept, the page is loaded anew, and nothing of what was read is left in memory
//! ```
//!
//! While it is locked nothing can be sent: the entries and the token are sealed as everything else is.

use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    id::InstallationId,
    json,
    wire::{ProblemDetails, Recovery, RecoveryRequest, from_base64url},
};
use xunji_sync::{
    pin::{BadPin, Pin},
    pocket::Pocket,
    sealed::Sealed,
    storage::{Span, Storage, StorageError, Table},
    vault::{self, Header, IDLE_MINUTES, Tries, Try, VERSION},
};

use crate::{
    platform::{self, DataKey, HttpAnswer},
    state::storage_sentence,
    storage::IndexedDb,
    words,
};

/// The phone's database, sealed as soon as there is a PIN.
pub type AppStorage = Sealed<IndexedDb, DataKey>;

/// What was found when the app was started.
pub enum Opened {
    /// A database that can be read: not sealed yet, or unlocked in another tab.
    Open(AppStorage),
    /// A database that waits for a PIN.
    Locked(Locked),
}

/// A vault that is locked.
#[derive(Clone)]
pub struct Locked {
    bare: IndexedDb,
    /// The opaque id of this phone's database.
    pub installation: InstallationId,
    /// How many entries wait for being sent or repaired.
    pub waiting: usize,
    /// Whether the office can help when the PIN is forgotten.
    pub recoverable: bool,
    /// Whether the phone's own authenticator opens it as well.
    pub passkey: bool,
}

/// Opens a database of this phone.
///
/// # Errors
/// [`StorageError`].
pub async fn open(name: &str) -> Result<Opened, StorageError> {
    let bare = IndexedDb::open(name).await?;
    let Some(header) = vault::header(&bare).await? else { return Ok(Opened::Open(Sealed::clear(bare))) };
    if let Some(key) = DataKey::of_another_tab(name).await {
        return unlocked(bare, &header, key).await.map(Opened::Open);
    }
    let waiting = bare.count(Table::Outbox).await?;
    let (recoverable, passkey) = (header.copy.is_some(), header.passkey.is_some());
    Ok(Opened::Locked(Locked { bare, installation: header.installation, waiting, recoverable, passkey }))
}

/// Goes on with sealing where it was cut off, and hands the key to tabs that are opened later.
async fn unlocked(bare: IndexedDb, header: &Header, key: DataKey) -> Result<AppStorage, StorageError> {
    key.offer(bare.name());
    let storage = Sealed::with(bare, key, header.half);
    if header.half {
        finish(&storage).await?;
    }
    Ok(storage)
}

async fn finish(storage: &AppStorage) -> Result<(), StorageError> {
    storage.seal_rest().await?;
    vault::change(storage.bare(), |header| header.half = false).await.map(|_| ())
}

/// Unlocks by a PIN.
///
/// # Errors
/// A sentence: the PIN is wrong, or has to wait.
pub async fn unlock(locked: &Locked, typed: &str) -> Result<AppStorage, String> {
    let pin = Pin::parse(typed).map_err(bad_pin)?;
    let bare = &locked.bare;
    let header = begin_try(bare).await?;
    let key = DataKey::unwrap(&header.pin, &pin).await.ok_or_else(|| wrong(&header))?;
    vault::right(bare).await.map_err(sentence)?;
    let storage = unlocked(bare.clone(), &header, key).await.map_err(sentence)?;
    // Nobody waits for it: it takes as long as the PIN did.
    spawn_local(renew_copy(storage.clone(), header, pin));
    Ok(storage)
}

/// Makes a copy of the data key for the key that the station has told last, where the one that lies here is for another
/// key: the office had none then, or has changed it. What doesn't work is tried again at the next unlocking.
async fn renew_copy(storage: AppStorage, header: Header, pin: Pin) {
    let Ok(Some(point)) = Pocket::recovery_key(&storage).await else { return };
    if header.copy.is_some() && header.copy_for.as_ref() == Some(&point) {
        return;
    }
    let info = copy_info(header.installation);
    let Some(copy) = DataKey::copy_for(&point, &info, &header.pin, &pin).await else { return };
    let change = vault::change(storage.bare(), |header| {
        (header.copy, header.copy_for) = (Some(copy.clone()), Some(point.clone()));
    });
    drop(change.await);
}

/// Sets another PIN. Whoever found the phone unlocked can't, without the old one.
///
/// # Errors
/// A sentence; then the old PIN is still the one.
pub async fn change_pin(storage: &AppStorage, old: &str, next: &Pin) -> Result<(), String> {
    let old = Pin::parse(old).map_err(bad_pin)?;
    let bare = storage.bare();
    let header = begin_try(bare).await?;
    let wrapped = DataKey::rewrap(&header.pin, &old, next).await.ok_or_else(|| wrong(&header))?;
    let change = vault::change(bare, |header| {
        header.pin = wrapped.clone();
        header.tries = Tries::default();
    });
    change.await.map(|_| ()).map_err(sentence)
}

/// Unlocks by the phone's own authenticator.
///
/// # Errors
/// A sentence; the PIN opens it all the same.
pub async fn unlock_by_passkey(locked: &Locked) -> Result<AppStorage, String> {
    let bare = &locked.bare;
    let refused = || words::passkey_refused().to_owned();
    let header = vault::header(bare).await.map_err(sentence)?.ok_or_else(refused)?;
    let passkey = header.passkey.as_ref().ok_or_else(refused)?;
    let key = DataKey::by_passkey(passkey).await.ok_or_else(refused)?;
    vault::right(bare).await.map_err(sentence)?;
    unlocked(bare.clone(), &header, key).await.map_err(sentence)
}

/// Has the phone's own authenticator open the vault from now on, besides the PIN.
///
/// # Errors
/// A sentence; then the PIN opens it as before.
pub async fn add_passkey(storage: &AppStorage, typed: &str) -> Result<(), String> {
    let pin = Pin::parse(typed).map_err(bad_pin)?;
    let bare = storage.bare();
    let header = begin_try(bare).await?;
    if DataKey::unwrap(&header.pin, &pin).await.is_none() {
        return Err(wrong(&header));
    }
    vault::right(bare).await.map_err(sentence)?;
    let passkey = DataKey::make_passkey(&header.pin, &pin).await;
    let passkey = passkey.ok_or_else(|| words::passkey_refused().to_owned())?;
    let change = vault::change(bare, |header| header.passkey = Some(passkey.clone()));
    change.await.map(|_| ()).map_err(sentence)
}

/// From now on only the PIN opens the vault.
///
/// # Errors
/// A sentence.
pub async fn remove_passkey(storage: &AppStorage) -> Result<(), String> {
    let change = vault::change(storage.bare(), |header| header.passkey = None);
    change.await.map(|_| ()).map_err(sentence)
}

/// Whether the phone's own authenticator opens the vault.
pub async fn has_passkey(storage: &AppStorage) -> bool {
    let header = vault::header(storage.bare()).await.ok().flatten();
    header.is_some_and(|header| header.passkey.is_some())
}

async fn begin_try(bare: &IndexedDb) -> Result<Header, String> {
    match vault::begin_try(bare, platform::moment()).await.map_err(sentence)? {
        Try::Wait(left) => Err(words::pin_too_early(duration(left))),
        Try::Now(header) => Ok(*header),
    }
}

fn wrong(header: &Header) -> String {
    let wrong = header.tries.wrong;
    match Tries::delay(wrong) {
        0 => words::pin_wrong().to_owned(),
        delay => words::pin_wrong_often(wrong, duration(delay)),
    }
}

fn sentence(error: StorageError) -> String {
    storage_sentence(&error)
}

/// Makes the vault of a database that has none, and seals what lies in it already.
///
/// # Errors
/// A sentence. When it was cut off half-way, everything is readable with the PIN, and the next start goes on.
pub async fn make(
    storage: &AppStorage,
    installation: InstallationId,
    pin: &Pin,
    station: Option<&str>,
) -> Result<(), String> {
    let insecure = || words::needs_https().to_owned();
    let wrapped = DataKey::wrap(&[], pin).await.ok_or_else(insecure)?;
    let copy = match station {
        Some(point) => DataKey::copy_for(point, &copy_info(installation), &wrapped, pin).await,
        None => None,
    };
    let key = DataKey::unwrap(&wrapped, pin).await.ok_or_else(insecure)?;
    let header = Header {
        version: VERSION,
        installation,
        pin: wrapped,
        passkey: None,
        copy_for: copy.as_ref().and_then(|_| station.map(str::to_owned)),
        copy,
        half: true,
        tries: Tries::default(),
        idle_minutes: IDLE_MINUTES,
    };
    if !vault::make(storage.bare(), &header).await.map_err(sentence)? {
        return Err(sentence(StorageError::Newer));
    }
    key.offer(storage.bare().name());
    storage.seal_with(key);
    finish(storage).await.map_err(sentence)
}

/// Gets the data key back from the office and sets a new PIN. Nothing that lies on the phone changes. The page that the
/// key came into, in clear for once, is left for a new one, which asks for the new PIN: this returns only when it failed.
///
/// # Errors
/// A sentence; then everything is as it was.
pub async fn recover(locked: &Locked, code: &str, pin: &Pin) -> Result<AppStorage, String> {
    let bare = &locked.bare;
    let header = vault::header(bare).await.map_err(sentence)?;
    let copy = header.and_then(|header| header.copy).ok_or_else(|| words::recover_not_here().to_owned())?;
    let request = RecoveryRequest { code: code.to_owned(), installation: locked.installation, copy };
    let body = serde_json::to_string(&request).map_err(|_| words::not_saved_strange().to_owned())?;
    let headers = [("Content-Type", "application/json".to_owned())];
    let answer = platform::ask("POST", "/api/v1/recoveries", &headers, body.as_str().into(), LIMIT).await;
    let answer = answer.map_err(|_| words::recover_no_answer().to_owned())?;
    if answer.status != 200 {
        return Err(refused(&answer));
    }
    let strange = || words::not_the_station().to_owned();
    let recovery: Recovery = json::read(answer.text.as_bytes()).map_err(|_| strange())?;
    let raw = from_base64url(&recovery.key).filter(|raw| raw.len() == 32).ok_or_else(strange)?;
    let wrapped = DataKey::wrap(&raw, pin).await.ok_or_else(strange)?;
    let key = DataKey::unwrap(&wrapped, pin).await.ok_or_else(strange)?;
    // Before anything is changed: a key that opens nothing would lock everything away for good.
    let opens = Sealed::with(bare.clone(), key, true).range(Table::Meta, Span::all()).await;
    opens.map_err(|_| strange())?;
    let header = vault::change(bare, |header| {
        header.pin = wrapped.clone();
        header.tries = Tries::default();
    });
    header.await.map_err(sentence)?;
    platform::reload(&format!("/?{RECOVERED}=yes"));
    std::future::pending().await
}

/// What the address says of a page that is loaded after a PIN was recovered.
pub const RECOVERED: &str = "recovered";

/// How long the station may take, in milliseconds.
const LIMIT: u32 = 30_000;

fn refused(answer: &HttpAnswer) -> String {
    let problem = json::read::<ProblemDetails>(answer.text.as_bytes());
    let kind = problem.map(|problem| problem.kind).unwrap_or_default();
    match (kind.rsplit('/').next().unwrap_or_default(), answer.status) {
        ("recovery-code-unknown", _) => words::recover_unknown(),
        ("recovery-code-used", _) => words::recover_used(),
        ("recovery-code-expired", _) => words::recover_expired(),
        ("recovery-copy-unreadable", _) => words::recover_not_here(),
        (_, 429) => words::enrol_too_often(),
        (_, 500..=599) => words::station_busy(),
        _ => words::not_the_station(),
    }
    .to_owned()
}

/// What a copy of the data key is bound to, so that it is given back to this installation only. Frozen.
fn copy_info(installation: InstallationId) -> String {
    format!("xunji-recovery-1/{installation}")
}

/// After how many minutes without a touch the vault locks itself; nothing when there is no vault.
pub async fn idle_minutes(storage: &AppStorage) -> Option<u32> {
    vault::header(storage.bare()).await.ok().flatten().map(|header| header.idle_minutes)
}

/// Chooses after how many minutes the vault locks itself.
///
/// # Errors
/// [`StorageError`].
pub async fn set_idle_minutes(storage: &AppStorage, minutes: u32) -> Result<(), StorageError> {
    vault::change(storage.bare(), |header| header.idle_minutes = minutes).await.map(|_| ())
}

/// A PIN that was typed twice to be set.
///
/// # Errors
/// A sentence.
pub fn new_pin(first: &str, second: &str) -> Result<Pin, String> {
    let pin = Pin::new(first).map_err(bad_pin)?;
    if Pin::parse(second).as_ref() != Ok(&pin) {
        return Err(words::pin_differs().to_owned());
    }
    Ok(pin)
}

fn bad_pin(bad: BadPin) -> String {
    match bad {
        BadPin::NotSixDigits => words::pin_six_digits().to_owned(),
        BadPin::Weak => words::pin_weak().to_owned(),
    }
}

/// So many milliseconds in words, rounded up.
fn duration(milliseconds: u64) -> String {
    match milliseconds.div_ceil(1000) {
        seconds if seconds <= 90 => words::seconds(seconds),
        seconds => words::minutes(seconds.div_ceil(60)),
    }
}
