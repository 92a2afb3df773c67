//! What travels between phone and station under `/api/v1`, as JSON.
//!
//! Frozen: old phones speak it for years. Add optional fields, never rename or take away; the snapshots in
//! `tests/wire.rs` hold it to that.

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    area::Area,
    canonical::{self, Digest},
    deadline::Calendar,
    desk::Desk,
    entry::Entry,
    id::{DeskId, EntryId, InstallationId, KindId, Position, Revision},
    kind::Kind,
    person::Worker,
    reads,
    validate::Problem,
    village::County,
    workflow::Obstacle,
};

/// The most entries in one batch.
pub const BATCH_ENTRIES: usize = 200;
/// The most bytes of JSON that a phone puts into one batch.
pub const BATCH_BYTES: usize = 256 * 1024;
/// The most bytes of one batch after decompression; a little more than a phone sends, against bombs.
pub const BODY_BYTES: usize = 1024 * 1024;
/// The most bytes of one entry, so that it always fits a batch.
pub const ENTRY_BYTES: usize = 200 * 1024;
/// The most items in one mailbox page.
pub const PAGE_ITEMS: usize = 200;
/// The most bytes of one attachment.
pub const BLOB_BYTES: u64 = 20 * 1024 * 1024;
/// The most seconds that `GET /mailbox` waits for something new: less than what proxies and mobile networks allow.
pub const WAIT_SECONDS: u64 = 50;
/// What `GET /healthz` says, so that a captive portal is not taken for the station.
pub const HEALTHY: &str = "xunji-station";

/// `POST /enrolments`: a single-use code becomes an installation.
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrolmentRequest {
    /// The code that the office gave out.
    pub code: String,
    /// The random id that this phone gave its database. Asking again with the same one, after an answer was lost on
    /// the way, succeeds.
    pub installation: InstallationId,
}

/// The answer to [`EnrolmentRequest`].
#[derive(Clone, Serialize)]
pub struct Enrolment {
    /// Sent as `Authorization: Bearer …` from now on. The station keeps only its hash.
    pub token: String,
    /// Whom the phone works for.
    pub worker: Worker,
    /// The name of the station, for people.
    pub station: String,
    /// The public key of the station's receipts, which the phone keeps and checks every [`Signature`] with: the 65 bytes
    /// of the uncompressed P-256 point, in [`base64url`]. WebCrypto imports the bytes as `raw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_key: Option<String>,
    /// The public key to which the phone seals a copy of its data key, so that the office can help when the PIN is
    /// forgotten: the 65 bytes of the uncompressed P-256 point, in [`base64url`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_key: Option<String>,
}

reads!(Enrolment { token, worker, station, receipt_key, recovery_key });

/// `POST /recoveries`: a single-use code of the office opens the copy of its data key that this phone has kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct RecoveryRequest {
    /// The code that the office gave out.
    pub code: String,
    /// Whose copy it is.
    pub installation: InstallationId,
    /// The copy, sealed to [`Enrolment::recovery_key`], in [`base64url`].
    pub copy: String,
}

/// The answer to [`RecoveryRequest`].
#[derive(Clone, Serialize)]
pub struct Recovery {
    /// The 32 bytes of the data key, in [`base64url`].
    pub key: String,
}

reads!(Recovery { key });

/// `GET /me`: whom the phone works for, as the office has it today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Me {
    /// The person.
    pub worker: Worker,
    /// The desks at which they sit, whose mailboxes they may read.
    pub desks: Vec<Desk>,
}

reads!(Me { worker, desks });

/// `GET /directory`: whom a step may name, as far as the asker works with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Directory {
    /// Another one whenever anything else here is: what `If-None-Match` names, in quotes.
    pub tag: String,
    /// All desks of the county, by area.
    pub desks: Vec<Desk>,
    /// The people who may be given work in the townships that the asker works in, by village and name.
    pub people: Vec<Worker>,
}

reads!(Directory { tag, desks, people });

/// `GET /counts`: how many records of secret ledgers there are, for desks that may know no more of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// One a ledger, township and month.
    pub counts: Vec<Count>,
}

reads!(Counts { counts });

/// How many records of a ledger a township has opened in a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The ledger.
    pub kind: KindId,
    /// The township.
    pub area: Area,
    /// `2026-11`, by the station's clock and the time of China.
    pub month: String,
    /// How many.
    pub records: u64,
}

reads!(Count { kind, area, month, records });

/// `GET /installations/{id}`: what the station has of an installation, for a phone whose database is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Received {
    /// How many of its sequence numbers have arrived.
    pub entries: u64,
    /// How many numbers before the last one have not: what was saved there is lost with the phone's database.
    pub missing: u64,
    /// The phone's clock when the last one that arrived was saved.
    pub last_noted_at: Option<DateTime<FixedOffset>>,
}

reads!(Received { entries, missing, last_noted_at });

/// `POST /entries`: what phones send. The station reads `entries` one by one, so that one it can't read doesn't stop
/// the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batch<E = Entry> {
    /// In the order of their sequence numbers, at most [`BATCH_ENTRIES`].
    pub entries: Vec<E>,
}

/// The answer to a [`Batch`]: always one per entry, in the same order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// One per entry.
    pub answers: Vec<Answer>,
}

reads!(Answers { answers });

/// What became of one entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It is durably stored.
    Receipt {
        /// The proof.
        receipt: Receipt,
        /// Attachments that the station doesn't have yet. The entry counts as delivered when there are none.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        missing: Vec<Digest>,
    },
    /// It is not stored, and sending the same again won't help.
    Refused {
        /// The entry, if that much could be read.
        entry: Option<EntryId>,
        /// Why.
        refusal: Refusal,
    },
}

reads!(Answer by "answer" {
    "receipt" => Receipt { receipt, missing or default },
    "refused" => Refused { entry, refusal },
});

/// The station's word that an entry is durably stored. Sent only after its transaction has been committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The entry.
    pub entry: EntryId,
    /// Its digest.
    pub digest: Digest,
    /// The station's clock.
    pub received_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: Outcome,
    /// The station's signature over [`Receipt::signed_bytes`]. Stations that had no key yet gave none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

reads!(Receipt { entry, digest, received_at, outcome, signature });

impl Receipt {
    /// The bytes that [`Receipt::signature`] signs: the canonical JSON of all members but the signature itself.
    ///
    /// Frozen, and with it what is signed: a receipt and its known outcomes and reasons never gain a member that older
    /// phones would leave out here. What has to be added gets a name of its own, which they keep whole
    /// ([`Reason::Other`]).
    ///
    /// # Errors
    /// Only when a value can't be written as JSON, which none that was read from JSON can cause.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        if let Some(members) = value.as_object_mut() {
            members.remove("signature");
        }
        Ok(canonical::bytes(&value))
    }
}

/// A signature by the station: ECDSA over P-256 with SHA-256, the 64 bytes of r and s one after the other, in
/// [`base64url`]. That is the form which WebCrypto verifies.
///
/// Any text is kept: a receipt with a forged one must be readable, so that it can be refused and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Signature(String);

reads!(Signature from String);

impl Signature {
    /// Takes r and s.
    pub fn new(bytes: &[u8; 64]) -> Self {
        Self(base64url(bytes))
    }

    /// r and s, unless the text stands for something else.
    pub fn bytes(&self) -> Option<[u8; 64]> {
        from_base64url(&self.0)?.try_into().ok()
    }

    /// The bare text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Writes bytes as base64url without padding (RFC 4648, section 5).
pub fn base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..=three.len() {
            text.push(char::from(BASE64URL[bits >> (18 - 6 * place) & 63]));
        }
    }
    text
}

/// Reads base64url without padding. Every sequence of bytes has exactly one text, so nothing else is taken.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for four in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for letter in four {
            bits = bits << 6 | BASE64URL.iter().position(|known| known == letter)? as u32;
        }
        let [_, whole @ ..] = (bits << (6 * (4 - four.len()))).to_be_bytes();
        let (taken, left) = whole.split_at(four.len() - 1);
        if four.len() == 1 || left.iter().any(|byte| *byte != 0) {
            return None;
        }
        bytes.extend_from_slice(taken);
    }
    Some(bytes)
}

/// What became of a stored entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It is part of its record.
    Accepted {
        /// Its place in the record.
        revision: Revision,
    },
    /// It is kept, but its author has to repair it.
    Parked {
        /// What is wrong with it.
        reason: Reason,
    },
}

reads!(Outcome by "outcome" {
    "accepted" => Accepted { revision },
    "parked" => Parked { reason },
});

/// What is wrong with the content of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// The station doesn't have this ledger, or not in this version.
    UnknownKind,
    /// The station doesn't know what was done.
    UnknownAction,
    /// The form is incomplete or wrong.
    Invalid {
        /// What is wrong.
        problems: Vec<Problem>,
    },
    /// The step can't be taken.
    Step {
        /// What is in the way.
        obstacle: Obstacle,
    },
    /// The record that it adds to is not at the station.
    UnknownRecord,
    /// The record had been opened already.
    AlreadyOpen,
    /// The author may not add to this record.
    NotEntitled,
    /// The author is not the person that the phone is enrolled for.
    WrongAuthor,
    /// Whoever it hands the record to can't take it.
    Recipient {
        /// Why not.
        fault: RecipientFault,
    },
    /// The records can't be merged, or this one is not.
    Merge {
        /// Why not.
        fault: MergeFault,
    },
    /// The slip's token is in use already.
    SlipTaken,
    /// The phone may only send what was noted before it was revoked or its person suspended.
    AfterRevocation,
    /// Something that a newer station says.
    #[serde(untagged)]
    Other(Value),
}

reads!(Reason by "reason" {
    "unknown_kind" => UnknownKind {},
    "unknown_action" => UnknownAction {},
    "invalid" => Invalid { problems },
    "step" => Step { obstacle },
    "unknown_record" => UnknownRecord {},
    "already_open" => AlreadyOpen {},
    "not_entitled" => NotEntitled {},
    "wrong_author" => WrongAuthor {},
    "recipient" => Recipient { fault },
    "merge" => Merge { fault },
    "slip_taken" => SlipTaken {},
    "after_revocation" => AfterRevocation {},
} else Other(whole));

/// Why somebody, or a desk, can't take a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientFault {
    /// The station knows no such person or desk.
    Unknown,
    /// The person is suspended.
    Suspended,
    /// The record's village is outside the area.
    OutsideArea,
    /// The record is secret, and they are not among those who may see it.
    Confidential,
    /// Something that a newer station says.
    Other,
}

reads!(RecipientFault from word {
    "unknown" => Unknown,
    "suspended" => Suspended,
    "outside_area" => OutsideArea,
    "confidential" => Confidential,
} else Other);

/// Why two records can't be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MergeFault {
    /// It is the same record.
    Itself,
    /// They are of different ledgers.
    OtherKind,
    /// What is secret is never merged.
    Confidential,
    /// Not both belong to a desk at which the author sits, or the other one isn't at the station.
    NotYours,
    /// It has been merged already.
    Already,
    /// It has doubles of its own, or the other one is a double itself.
    Chain,
    /// It is not merged, so that nothing can be taken back.
    NotMerged,
    /// Something that a newer station says.
    Other,
}

reads!(MergeFault from word {
    "itself" => Itself,
    "other_kind" => OtherKind,
    "confidential" => Confidential,
    "not_yours" => NotYours,
    "already" => Already,
    "chain" => Chain,
    "not_merged" => NotMerged,
} else Other);

/// Why an entry was not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It can't be read as an entry, or is larger than [`ENTRY_BYTES`].
    Unreadable,
    /// Its content does not have the digest that it names: it was damaged on the way or on the phone.
    Damaged,
    /// Its id or its sequence number is already taken by an entry with another digest. An alarm.
    Conflict,
    /// It was made by another installation than the one whose token was used.
    WrongInstallation,
    /// Something that a newer station says.
    Other,
}

reads!(Refusal from word {
    "unreadable" => Unreadable,
    "damaged" => Damaged,
    "conflict" => Conflict,
    "wrong_installation" => WrongInstallation,
} else Other);

/// `GET /mailbox?after=N&limit=L`: what is new for the person, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MailboxPage {
    /// Ordered by position, without gaps, beginning right after `after`.
    pub items: Vec<MailboxItem>,
    /// The people that the items' entries name.
    pub people: Vec<Worker>,
    /// The newest position there is.
    pub head: Position,
    /// The cursor is of no use any more: begin again from 0.
    pub reset: bool,
}

reads!(MailboxPage { items, people, head, reset or default });

/// `POST /arrivals`: how far somebody has read their mailboxes, to wait until there is more in one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listening {
    /// The asker's own mailbox and those of the desks at which they sit, as far as they know.
    pub mailboxes: Vec<MailboxPlace>,
    /// The most seconds to wait, up to [`WAIT_SECONDS`]. The station may answer earlier.
    pub wait: u64,
}

reads!(Listening { mailboxes, wait or default });

/// The answer to [`Listening`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Arrived {
    /// The asker's mailboxes whose newest position is another one than they named, with that position.
    pub mailboxes: Vec<MailboxPlace>,
    /// Whether the asker sits at the desks whose mailboxes they named, and at no other: if not, `GET /me` says where.
    pub seated: bool,
}

reads!(Arrived { mailboxes, seated });

/// A place in one of somebody's mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxPlace {
    /// The desk whose mailbox it is; the person's own without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskId>,
    /// Whether it holds what that desk oversees.
    #[serde(skip_serializing_if = "is_false")]
    pub oversight: bool,
    /// The place.
    pub position: Position,
}

reads!(MailboxPlace { desk, oversight or default, position });

/// One item of a mailbox.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MailboxItem {
    /// Its place.
    pub position: Position,
    /// The entry.
    pub entry: Entry,
    /// The station's receipt for it.
    pub receipt: Receipt,
    /// Sensitive values, remarks and attachments are left out of the entry, whose content therefore doesn't have its
    /// digest.
    #[serde(default, skip_serializing_if = "is_false")]
    pub masked: bool,
}

reads!(MailboxItem { position, entry, receipt, masked or default });

#[expect(clippy::trivially_copy_pass_by_ref, reason = "As serde calls it.")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// `GET /kinds`: the definitions in force, with the county's villages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Definitions {
    /// Every version that entries may still come in.
    pub kinds: Vec<Kind>,
    /// The county.
    pub county: County,
    /// Which days are worked. Stations of earlier days don't say.
    #[serde(default, skip_serializing_if = "Calendar::is_empty")]
    pub calendar: Calendar,
}

reads!(Definitions { kinds, county, calendar or default });

/// A problem (RFC 9457), sent as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemDetails {
    /// Stable: `/problems/` and one of the words below.
    #[serde(rename = "type")]
    pub kind: String,
    /// For people who read protocols.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
}

reads!(ProblemDetails { kind as "type", title, status });
