//! Identifiers as types of their own, so that one can't be passed for another.
//!
//! Random ones are UUIDs, version 7 where the order of creation helps a database. Names that people write into a
//! ledger's definition ([`KindId`], [`FieldId`], …) are short ASCII words.

use std::{fmt, str::FromStr};

use serde::Serialize;
use uuid::Uuid;

use crate::reads;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes an identifier that was drawn elsewhere: this crate has no source of randomness.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        reads!($name from text);
    };
}

macro_rules! word_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes any text: a name that this version does not know is kept, not refused.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The bare text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        reads!($name from String);
    };
}

uuid_id! {
    /// One thing that somebody did. UUIDv7, fixed already in the draft, so that saving twice can't make two.
    EntryId
}
uuid_id! {
    /// One record: all entries about one patrol, consultation or dispute.
    RecordId
}
uuid_id! {
    /// One enrolled browser profile on one phone. Random; a wiped phone gets a new one.
    InstallationId
}
uuid_id! {
    /// One person who works with Xunji. Names may change or repeat; this doesn't.
    WorkerId
}

word_id! {
    /// One ledger: `patrol`, `consultation`, `dispute`, or one that a county adds.
    KindId
}
word_id! {
    /// One field of a ledger.
    FieldId
}
word_id! {
    /// One state of a workflow.
    StateId
}
word_id! {
    /// One step of a workflow.
    StepId
}
word_id! {
    /// One code list of a ledger.
    ListId
}
word_id! {
    /// One desk: `township_centre:513322100`, or a name that the office gives.
    DeskId
}

/// The text is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct InvalidId;

/// Place of an entry among all that one installation has saved: 1, 2, 3 … without gaps, so that a gap shows a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

reads!(Seq from u64);

/// Place of an accepted entry within its record: 1, 2, 3 …, given by the station. 0 means "nothing yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

reads!(Revision from u64);

/// Place of an item in one mailbox: 1, 2, 3 … without gaps. 0 means "from the beginning".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Position(pub u64);

reads!(Position from u64);
