//! An entry: one immutable thing somebody did. It is at once the outbox item, the wire message, the station's row and
//! the line in the record's history.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use serde_json::Value;

use crate::{
    canonical::{self, Digest},
    id::{EntryId, FieldId, InstallationId, KindId, RecordId, Revision, Seq, StateId, StepId, WorkerId},
    reads,
    slip::Verdict,
};

/// The values of a form by field. What this version doesn't know is kept as it came.
pub type Body = BTreeMap<FieldId, Value>;

/// Makes a body of its parts, one by one: `collect` would sort them first, with code made anew for every caller.
pub fn body_of(parts: impl IntoIterator<Item = (FieldId, Value)>) -> Body {
    let mut body = Body::new();
    parts.into_iter().for_each(|(field, value)| drop(body.insert(field, value)));
    body
}

/// What was done, sealed by a digest and placed in its installation's sequence.
///
/// Frozen: it is serialised on the wire, on phones and in the station. Add, never rename.
#[derive(Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The phone that saved it.
    pub installation: InstallationId,
    /// Its place among all that this installation saved.
    pub seq: Seq,
    /// SHA-256 of [`Content::canonical_bytes`].
    pub digest: Digest,
    /// Everything that the digest covers.
    pub content: Content,
}

reads!(Entry { installation, seq, digest, content });

/// All of an entry that its author decided: everything but the installation and the sequence number, which are given
/// inside the saving transaction.
#[derive(Clone, PartialEq, Serialize)]
pub struct Content {
    /// Fixed when the draft was begun.
    pub id: EntryId,
    /// The record that it is about.
    pub record: RecordId,
    /// The record's ledger.
    pub kind: KindId,
    /// The version of the ledger's definition that the form was filled in by.
    pub kind_version: u32,
    /// Who did it.
    pub author: WorkerId,
    /// The phone's clock when it was saved. Only data: nothing is ordered or refused by it.
    pub noted_at: DateTime<FixedOffset>,
    /// The last revision of the record that the author had seen.
    pub basis: Revision,
    /// The parked entry that this one repairs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<EntryId>,
    /// What was done.
    pub action: Action,
    /// Photos, sound and signatures, by the SHA-256 of their bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Digest>,
}

reads!(Content {
    id, record, kind, kind_version, author, noted_at, basis or default, replaces, action, attachments or default,
});

/// What was done to the record.
#[derive(Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Opens the record with a filled-in form.
    Open {
        /// The form.
        body: Body,
    },
    /// Corrects one field; both values stay visible.
    Amend {
        /// The field.
        field: FieldId,
        /// What its author saw in it. `null` when it was empty.
        from: Value,
        /// What it should say.
        to: Value,
        /// Why, in the author's words.
        reason: String,
    },
    /// Takes a step of the ledger's workflow.
    Step {
        /// The step.
        step: StepId,
        /// The fields that the step asks for.
        body: Body,
    },
    /// Adds a remark.
    Note {
        /// The remark.
        text: String,
    },
    /// Adds the entry's attachments without further words.
    Attach {},
    /// Puts somebody else in the place of whoever carries the record on, or whom it is with, as when a village gets
    /// another worker.
    HandOver {
        /// The predecessor.
        from: WorkerId,
        /// The successor.
        to: WorkerId,
        /// Why, in the author's words.
        reason: String,
    },
    /// Gives the record back to its keeper, who is to correct a field or to explain it (退回补正).
    Ask {
        /// The field.
        field: FieldId,
        /// What is to be corrected, in the author's words.
        text: String,
    },
    /// Explains why a field stays as it is, to those who asked.
    Explain {
        /// The entry that asked.
        ask: EntryId,
        /// The explanation.
        text: String,
    },
    /// Gives a slip to one of the people whom the record is about ([`crate::slip`]).
    Slip {
        /// SHA-256 of the slip's token. The token itself stays with its bearer.
        token_hash: Digest,
    },
    /// What the bearer of a slip said to the state that it showed. Only the station writes it.
    Answer {
        /// The entry that the slip was given out with.
        slip: EntryId,
        /// The state that it showed.
        state: StateId,
        /// Whether that is right.
        verdict: Verdict,
        /// In their own words, if they said any.
        #[serde(skip_serializing_if = "String::is_empty")]
        text: String,
        /// From 5 (very satisfied) to 1 (very dissatisfied), if they wanted to say.
        #[serde(skip_serializing_if = "Option::is_none")]
        satisfaction: Option<u32>,
    },
    /// Says that this record reports the same as another one, which is carried on instead. Both are kept.
    Merge {
        /// The other one.
        into: RecordId,
    },
    /// Takes that back.
    Unmerge {},
    /// Something that a newer version knows. Kept and shown, never dropped.
    #[serde(untagged)]
    Unknown(Value),
}

reads!(Action by "type" {
    "open" => Open { body },
    "amend" => Amend { field, from, to, reason },
    "step" => Step { step, body or default },
    "note" => Note { text },
    "attach" => Attach {},
    "hand_over" => HandOver { from, to, reason },
    "ask" => Ask { field, text },
    "explain" => Explain { ask, text },
    "slip" => Slip { token_hash },
    "answer" => Answer { slip, state, verdict, text or default, satisfaction },
    "merge" => Merge { into },
    "unmerge" => Unmerge {},
} else Unknown(whole));

impl Action {
    /// Whether it moves its record on or gives it a place, instead of saying something about it: only the station can tell
    /// whether that is lawful.
    pub const fn moves(&self) -> bool {
        matches!(
            self,
            Self::Step { .. }
                | Self::HandOver { .. }
                | Self::Slip { .. }
                | Self::Merge { .. }
                | Self::Unmerge {}
        )
    }
}

impl Content {
    /// The bytes that [`Entry::digest`] is the SHA-256 of.
    ///
    /// # Errors
    /// Only when a value can't be written as JSON, which no value that was read from JSON or a form can cause.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        // Through text, which needs less code than making a value directly.
        Ok(canonical::bytes(&serde_json::from_slice(&serde_json::to_vec(self)?)?))
    }
}

// What people wrote must not reach a log through a careless `{:?}`: only identifiers are printed.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("seq", &self.seq)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content")
            .field("id", &self.id)
            .field("record", &self.record)
            .field("kind", &self.kind)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open { .. } => "Open",
            Self::Amend { .. } => "Amend",
            Self::Step { .. } => "Step",
            Self::Note { .. } => "Note",
            Self::Attach {} => "Attach",
            Self::HandOver { .. } => "HandOver",
            Self::Ask { .. } => "Ask",
            Self::Explain { .. } => "Explain",
            Self::Slip { .. } => "Slip",
            Self::Answer { .. } => "Answer",
            Self::Merge { .. } => "Merge",
            Self::Unmerge {} => "Unmerge",
            Self::Unknown(_) => "Unknown",
        })
    }
}
