//! What a check can find, in the words that people and scripts read.
//!
//! Only identifiers, counts and digests: neither names nor anything that people wrote.

use std::fmt;

use serde::Serialize;

/// One finding. Frozen: scripts read it. Add, never rename.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// SQLite itself finds fault with the file.
    Database {
        /// What it says.
        detail: String,
    },
    /// The key that signs receipts is not what it should be.
    ReceiptKey {
        /// `missing`, `broken`, `another` or `unreadable`.
        fault: &'static str,
    },
    /// An entry's content does not have its digest.
    Digest {
        /// The entry.
        entry: String,
    },
    /// A column says something else than the content that it was taken from.
    Column {
        /// The entry.
        entry: String,
        /// The column, or `attachments`.
        column: &'static str,
    },
    /// A receipt's signature is missing or wrong.
    Signature {
        /// The entry.
        entry: String,
    },
    /// The file of a verified attachment is not what it was.
    Attachment {
        /// Its name.
        sha256: String,
        /// `missing`, `changed` or `unreadable`.
        fault: &'static str,
    },
    /// A record's revisions are not 1, 2, 3 … up to its counter.
    Revisions {
        /// The record.
        record: String,
        /// Its counter.
        counter: i64,
        /// How many there are.
        stored: i64,
    },
    /// A mailbox's positions are not 1, 2, 3 … up to its counter.
    Mailbox {
        /// The mailbox.
        mailbox: String,
        /// Its counter.
        counter: i64,
        /// How many there are.
        stored: i64,
    },
    /// An entry is not in the mailbox of the person whose phone sent it.
    Undelivered {
        /// The entry.
        entry: String,
    },
    /// The audit trail is broken: a row was changed, taken out, put in or cut off.
    Audit {
        /// The first place at which it is.
        place: i64,
    },
    /// News: entries of an installation have not arrived although later ones have.
    Gap {
        /// The phone.
        installation: String,
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// News: an id or a sequence number came again with another content.
    Alarm {
        /// The phone that it came from.
        installation: String,
        /// The number.
        seq: i64,
        /// The id.
        entry: String,
        /// When.
        raised_at: String,
    },
    /// News: attachments that an installation's entries name have not arrived.
    Awaited {
        /// The phone.
        installation: String,
        /// How many.
        attachments: i64,
    },
    /// News: the office has released a forgotten PIN. Who did so is in the table `recoveries`.
    Recovery {
        /// The phone.
        installation: String,
        /// When.
        released_at: String,
        /// When the phone got its key back, if it has.
        used_at: Option<String>,
    },
    /// News: receipts from before the station had a key, which `serve` signs when it makes one.
    Unsigned {
        /// How many.
        receipts: u64,
    },
}

impl Finding {
    /// Whether what the station keeps has suffered. Everything else is news for a person.
    pub const fn is_damage(&self) -> bool {
        !matches!(
            self,
            Self::Gap { .. }
                | Self::Alarm { .. }
                | Self::Awaited { .. }
                | Self::Recovery { .. }
                | Self::Unsigned { .. }
        )
    }

    /// `damage` or `news`.
    pub const fn level(&self) -> &'static str {
        if self.is_damage() { "damage" } else { "news" }
    }
}

/// For a person, in one line.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database { detail } => write!(f, "database: {}", detail.replace('\n', " ")),
            Self::ReceiptKey { fault } => write!(f, "receipt-key.pem: {fault}"),
            Self::Digest { entry } => write!(f, "entry {entry}: its content does not have its digest"),
            Self::Column { entry, column } => {
                write!(f, "entry {entry}: the column {column} is not what its content says")
            }
            Self::Signature { entry } => {
                write!(f, "entry {entry}: its receipt's signature is missing or wrong")
            }
            Self::Attachment { sha256, fault } => write!(f, "attachment {sha256}: its file is {fault}"),
            Self::Revisions { record, counter, stored } => {
                write!(f, "record {record}: {stored} revisions are stored, and its counter says {counter}")
            }
            Self::Mailbox { mailbox, counter, stored } => {
                write!(f, "mailbox {mailbox}: {stored} items are stored, and its counter says {counter}")
            }
            Self::Audit { place } => write!(f, "audit trail: it is broken at the place {place}"),
            Self::Undelivered { entry } => write!(f, "entry {entry}: it is not in its sender's mailbox"),
            Self::Gap { installation, from, to } => write!(
                f,
                "installation {installation}: the entries {from} to {to} have not arrived although later ones have"
            ),
            Self::Alarm { installation, seq, entry, raised_at } => write!(
                f,
                "installation {installation}: number {seq}, entry {entry}, came with another content at {raised_at}"
            ),
            Self::Awaited { installation, attachments } => {
                write!(f, "installation {installation}: {attachments} attachments have not arrived yet")
            }
            Self::Recovery { installation, released_at, used_at: Some(used_at) } => write!(
                f,
                "installation {installation}: a forgotten PIN was released at {released_at} and used at {used_at}"
            ),
            Self::Recovery { installation, released_at, used_at: None } => {
                write!(f, "installation {installation}: a forgotten PIN was released at {released_at}")
            }
            Self::Unsigned { receipts } => {
                write!(f, "{receipts} receipts have no signature yet; `serve` signs them at its next start")
            }
        }
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Entries, each with its receipt.
    pub entries: u64,
    /// Verified attachments.
    pub attachments: u64,
    /// Records.
    pub records: u64,
    /// Mailboxes.
    pub mailboxes: u64,
    /// Enrolled phones.
    pub installations: u64,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order in which they were found.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub counts: Counts,
}

impl Report {
    /// How many findings are damage.
    pub fn damage(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_damage()).count()
    }

    /// How many are news.
    pub fn news(&self) -> usize {
        self.findings.len() - self.damage()
    }
}
