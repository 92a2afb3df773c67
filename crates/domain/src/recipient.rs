//! Whom a step hands a record to: a person, a desk, or whichever desk of a kind is responsible for the record's village.
//!
//! Kept in a record's fields as text: `worker:<id>`, `desk:<id>`, `level:<kind of desk>`. A phone that is offline need
//! not know the county's desk to hand something up to it.

use std::{fmt, str::FromStr};

use serde::{Serialize, Serializer};

use crate::{
    area::Area,
    desk::{Desk, DeskKind},
    id::{DeskId, WorkerId},
    person::Role,
    reads,
    village::VillageCode,
    wire::RecipientFault,
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

/// Whether somebody with these roles and areas can carry on a record of this village: what is secret only who is bound to
/// secrecy, too. Phones offer nobody else, and the station judges by it.
///
/// # Errors
/// Why not.
pub fn may_receive(
    roles: &[Role],
    areas: &[Area],
    confidential: bool,
    village: &VillageCode,
) -> Result<(), RecipientFault> {
    if confidential && !roles.iter().any(|role| role.is_bound()) {
        Err(RecipientFault::Confidential)
    } else if areas.iter().any(|area| area.reaches(village)) {
        Ok(())
    } else {
        Err(RecipientFault::OutsideArea)
    }
}

/// Whether a desk can carry on a record of this village, or take part in it. Its area is not known where only the kind
/// is named.
///
/// # Errors
/// Why not.
pub fn may_hold(
    kind: DeskKind,
    area: Option<&Area>,
    confidential: bool,
    village: &VillageCode,
) -> Result<(), RecipientFault> {
    if confidential && kind != DeskKind::JusticeOffice {
        Err(RecipientFault::Confidential)
    } else if kind == DeskKind::Unknown {
        Err(RecipientFault::Unknown)
    } else if area.is_some_and(|area| !area.covers(village)) {
        Err(RecipientFault::OutsideArea)
    } else {
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_can_take_a_record_depends_on_area_and_secrecy() {
        use RecipientFault::{Confidential, OutsideArea, Unknown};
        let village: VillageCode = "513322100201".parse().expect("a code");
        let areas = |area: &str| vec![area.parse::<Area>().expect("an area")];
        for (role, area, open, secret) in [
            (Role::Mediator, "513322100201", Ok(()), Err(Confidential)),
            (Role::GridWorker, "513322100201003", Ok(()), Err(Confidential)),
            (Role::LegalAdviser, "513322100", Ok(()), Ok(())),
            (Role::JusticeOfficer, "513322", Ok(()), Ok(())),
            (Role::JusticeOfficer, "513322103", Err(OutsideArea), Err(OutsideArea)),
        ] {
            let may = |confidential| may_receive(&[role], &areas(area), confidential, &village);
            assert_eq!((may(false), may(true)), (open, secret), "{role:?} of {area}");
        }
        assert_eq!(may_receive(&[Role::Mediator], &[], false, &village), Err(OutsideArea));
        for (kind, area, open, secret) in [
            (DeskKind::Police, Some("513322100"), Ok(()), Err(Confidential)),
            (DeskKind::Court, Some("513322103"), Err(OutsideArea), Err(Confidential)),
            (DeskKind::JusticeOffice, Some("513322"), Ok(()), Ok(())),
            (DeskKind::CountyCentre, None, Ok(()), Err(Confidential)),
            (DeskKind::Unknown, None, Err(Unknown), Err(Confidential)),
        ] {
            let area = area.map(|area| areas(area).remove(0));
            let may = |confidential| may_hold(kind, area.as_ref(), confidential, &village);
            assert_eq!((may(false), may(true)), (open, secret), "{kind:?}");
        }
    }
}
