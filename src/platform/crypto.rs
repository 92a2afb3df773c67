//! Hashing and randomness, both the browser's own.

use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    id::{EntryId, InstallationId, RecordId, WorkerId},
};

use super::shim;

/// The SHA-256 of some bytes; nothing when the browser has no WebCrypto, as on an insecure address.
pub async fn digest_of(bytes: &[u8]) -> Option<Digest> {
    let hash = shim::bytes(shim::sha256_js(bytes)).await?;
    hash.try_into().ok().map(Digest::new)
}

/// A new entry's id. Version 7 begins with the clock, so that new rows lie together in a database.
pub fn new_entry_id() -> EntryId {
    EntryId::new(Uuid::now_v7())
}

/// A new record's id.
pub fn new_record_id() -> RecordId {
    RecordId::new(Uuid::now_v7())
}

/// A new installation's id, without a trace of when it was made.
pub fn new_installation_id() -> InstallationId {
    InstallationId::new(Uuid::new_v4())
}

/// A new person's id.
pub fn new_worker_id() -> WorkerId {
    WorkerId::new(Uuid::now_v7())
}

/// 128 random bits, fit for a secret.
pub fn random_bits() -> [u8; 16] {
    let mut bits = [0; 16];
    shim::random_bits_js(16).copy_to(&mut bits);
    bits
}

/// Any number.
pub fn dice() -> u64 {
    (js_sys::Math::random() * 9_007_199_254_740_992.0) as u64
}
