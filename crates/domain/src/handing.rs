//! What a step does besides changing the state: who may take it by their relation to the record, and to whom it hands
//! the record. Data of the ledger's definition, beside what the first phones know.

use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{
    desk::DeskKind,
    id::{FieldId, StepId},
    reads,
};

/// Who may take a step, by their relation to the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Who carries the record on: its opener, or whoever it was handed over to.
    Keeper,
    /// Whom it is with: whoever it was handed to last, or else its keeper.
    Holder,
    /// Whoever sits at the desk that its ledger belongs to.
    Home,
    /// Whoever was asked to take part (联调).
    Partner,
    /// Whoever sits at a desk of this kind around its village, if the record came to that desk.
    Desk(DeskKind),
    /// Somebody that a newer version knows: nobody here.
    Unknown,
}

impl Who {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Keeper => "keeper",
            Self::Holder => "holder",
            Self::Home => "home",
            Self::Partner => "partner",
            Self::Desk(kind) => kind.as_str(),
            Self::Unknown => "unknown",
        }
    }
}

impl FromStr for Who {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = [Self::Keeper, Self::Holder, Self::Home, Self::Partner];
        let word = words.into_iter().find(|who| who.as_str() == text);
        Ok(word.or_else(|| DeskKind::parse(text).map(Self::Desk)).unwrap_or(Self::Unknown))
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

reads!(Who from text);

/// To whom a step hands the record. Exactly one of the parts says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hands {
    /// To whomever this field of the step names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<FieldId>,
    /// To the nearest desk of this kind: 上报.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<DeskKind>,
    /// Back to whom it was with before (退回), which is counted.
    #[serde(skip_serializing_if = "is_false")]
    pub back: bool,
    /// Back to its keeper, and nobody takes part any more.
    #[serde(skip_serializing_if = "is_false")]
    pub home: bool,
}

reads!(Hands { to, level, back or default, home or default });

#[expect(clippy::trivially_copy_pass_by_ref, reason = "As serde calls it.")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A step can be taken only after another one was, so many times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct After {
    /// The other one.
    pub step: StepId,
    /// How often.
    pub times: u32,
}

reads!(After { step, times });
