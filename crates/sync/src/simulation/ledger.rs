//! The truth that the checker measures by: what screens said, what the station said, what was done to them.

use std::collections::{BTreeMap, BTreeSet};

use xunji_domain::{
    canonical::Digest,
    entry::{Content, Entry},
    id::{EntryId, InstallationId, KindId, RecordId, WorkerId},
    slip::SlipToken,
    wire::Receipt,
};

/// The truth.
#[derive(Default)]
pub(super) struct Ledger {
    /// What a screen called saved, with the phone it was on.
    pub(super) saved: Vec<(usize, Entry)>,
    /// What was tried to be saved, and by whom: an error may have come after the commit.
    pub(super) tried: BTreeMap<EntryId, (WorkerId, Vec<Digest>)>,
    /// Every receipt that the station ever gave, whether or not it arrived.
    pub(super) receipts: Vec<Receipt>,
    /// Records that people know of: they may talk about them over the telephone.
    pub(super) records: Vec<(RecordId, KindId)>,
    /// The tokens of the slips that people were given, whether or not the station knows of them.
    pub(super) slips: Vec<SlipToken>,
    /// Installations whose databases are gone, as their phones noticed.
    pub(super) evicted: BTreeSet<InstallationId>,
    /// Installations that live on more than one phone.
    pub(super) copied: BTreeSet<InstallationId>,
    /// When the station was last restored from a backup.
    pub(super) restored: Option<u64>,
    /// When each phone was last told to read its mailbox from the beginning.
    pub(super) resets: BTreeMap<usize, u64>,
    /// Attachments whose bytes were spoiled.
    pub(super) spoiled: BTreeSet<Digest>,
    /// Attachments whose bytes a phone let go of to make space while the station had not verified them.
    pub(super) let_go: BTreeSet<Digest>,
}

impl Ledger {
    /// Somebody presses the button.
    pub(super) fn tries(&mut self, id: EntryId, by: WorkerId, digest: Digest) {
        self.tried.entry(id).or_insert_with(|| (by, Vec::new())).1.push(digest);
    }
}

/// Stands for SHA-256 here: nothing in this crate looks into a digest, and this one costs little.
pub(super) fn seal(bytes: &[u8]) -> Digest {
    let mut lanes =
        [0x243f_6a88_85a3_08d3_u64, 0x1319_8a2e_0370_7344, 0xa409_3822_299f_31d0, 0x082e_fa98_ec4e_6c89];
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let word = u64::from_le_bytes(word) ^ ((chunk.len() as u64) << 59);
        lanes[0] = (lanes[0] ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        lanes[1] = lanes[1].wrapping_add(lanes[0] ^ word.rotate_left(17)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        lanes[2] = (lanes[2] ^ lanes[1]).rotate_left(41).wrapping_mul(0x94d0_49bb_1331_11eb);
        lanes[3] = lanes[3].wrapping_add(lanes[2]) ^ word;
    }
    let mut digest = [0; 32];
    for (place, lane) in digest.chunks_exact_mut(8).zip(lanes) {
        place.copy_from_slice(&lane.to_le_bytes());
    }
    Digest::new(digest)
}

/// The digest of a content.
pub(super) fn sealed(content: &Content) -> Digest {
    seal(&content.canonical_bytes().unwrap_or_default())
}
