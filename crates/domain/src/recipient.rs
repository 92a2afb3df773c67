//! Whom a step hands a record to: a person, a desk, or whichever desk of a kind is responsible for the record's village.
//!
//! Kept in a record's fields as text: `worker:<id>`, `desk:<id>`, `level:<kind of desk>`. A phone that is offline need
//! not know the county's desk to hand something up to it.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::{
    desk::{Desk, DeskKind},
    id::{DeskId, WorkerId},
    reads,
    village::VillageCode,
};

/// Whom a record is handed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// A person.
    Worker(WorkerId),
    /// A desk: whoever sits there.
    Desk(DeskId),
    /// The nearest desk of a kind around the record's village.
    Level(DeskKind),
}

/// The text names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither worker:<id> nor desk:<id> nor level:<kind>")]
pub struct InvalidRecipient;

impl Recipient {
    /// Whether somebody is meant: the person, or somebody who sits at the desk.
    pub fn means(&self, worker: WorkerId, desks: &[Desk], village: Option<&VillageCode>) -> bool {
        match self {
            Self::Worker(id) => *id == worker,
            Self::Desk(id) => desks.iter().any(|desk| desk.id == *id),
            Self::Level(kind) => sits_at_level(*kind, desks, village),
        }
    }
}

/// Whether somebody with these seats sits at a desk of this kind around a village.
pub fn sits_at_level(kind: DeskKind, desks: &[Desk], village: Option<&VillageCode>) -> bool {
    let covers = |desk: &Desk| village.is_some_and(|village| desk.area.covers(village));
    desks.iter().any(|desk| desk.kind == kind && covers(desk))
}

impl FromStr for Recipient {
    type Err = InvalidRecipient;

    fn from_str(text: &str) -> Result<Self, InvalidRecipient> {
        match text.split_once(':').ok_or(InvalidRecipient)? {
            ("worker", id) => id.parse().map(Self::Worker).map_err(|_| InvalidRecipient),
            ("desk", id) if !id.is_empty() => Ok(Self::Desk(DeskId::new(id))),
            ("level", kind) => DeskKind::parse(kind).map(Self::Level).ok_or(InvalidRecipient),
            _ => Err(InvalidRecipient),
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Worker(id) => write!(f, "worker:{id}"),
            Self::Desk(id) => write!(f, "desk:{id}"),
            Self::Level(kind) => write!(f, "level:{}", kind.as_str()),
        }
    }
}

impl Serialize for Recipient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

reads!(Recipient from text);
