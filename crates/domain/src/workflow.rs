//! Which steps somebody may take, decided the same way on the phone and at the station.
//!
//! A step asks in this order: is it in the workflow; does the record's state allow it; has what must come before been
//! done; is it the actor's by role and by relation to the record, which whoever only oversees it doesn't have; are its
//! fields filled in. Whatever was lawful on an offline phone is asked again at the station, and parked with the first
//! [`Obstacle`] when it no longer is.

use serde::Serialize;

use crate::{
    desk::{Desk, DeskKind},
    entry::Body,
    handing::Who,
    id::{StateId, StepId, WorkerId},
    kind::{Kind, Kinds, Step},
    person::{Role, Worker},
    reads,
    recipient::{Recipient, sits_at_level},
    record::Record,
    validate::{self, Problem},
    wire::MergeFault,
};

/// Why a step can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Obstacle {
    /// The workflow has no such step.
    UnknownStep,
    /// Not in the record's present state.
    WrongState {
        /// The present state.
        state: StateId,
    },
    /// Not by somebody with this role.
    WrongRole,
    /// Something that it asks for is missing or wrong.
    Incomplete {
        /// What is wrong.
        problems: Vec<Problem>,
    },
    /// Somebody else's: the record is with another person or desk.
    NotYours,
    /// Another step has to be taken first, or more often.
    TooEarly {
        /// The other step.
        step: StepId,
        /// How often it has to be taken.
        times: u32,
    },
    /// Another record is carried on instead of this one.
    Merged,
    /// It was taken as often as it may be.
    TooOften {
        /// How often that is.
        most: u32,
    },
}

reads!(Obstacle by "why" {
    "unknown_step" => UnknownStep {},
    "wrong_state" => WrongState { state },
    "wrong_role" => WrongRole {},
    "incomplete" => Incomplete { problems },
    "not_yours" => NotYours {},
    "too_early" => TooEarly { step, times },
    "merged" => Merged {},
    "too_often" => TooOften { most },
});

/// Somebody who takes steps.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// The person.
    pub id: WorkerId,
    /// What they do.
    pub roles: &'a [Role],
    /// The desks at which they sit.
    pub desks: &'a [Desk],
}

impl<'a> Actor<'a> {
    /// A person who sits at these desks.
    pub fn new(worker: &'a Worker, desks: &'a [Desk]) -> Self {
        Self { id: worker.id, roles: worker.roles(), desks }
    }

    /// Whether a role of theirs is among these. None named means everyone.
    fn has_role(&self, roles: &[Role]) -> bool {
        roles.is_empty() || self.roles.iter().any(|role| roles.contains(role))
    }

    /// Whether they stand in this relation to a record.
    pub fn is(&self, who: Who, kind: &Kind, record: &Record) -> bool {
        let village = record.village(kind);
        let meant = |recipient: &Recipient| recipient.means(self.id, self.desks, village.as_ref());
        match who {
            Who::Keeper => record.keeper == Some(self.id),
            Who::Holder => record.with().as_ref().is_some_and(meant),
            Who::Home => {
                DeskKind::of(kind).is_some_and(|home| sits_at_level(home, self.desks, village.as_ref()))
            }
            // Nobody takes part in what is secret.
            Who::Partner => {
                !kind.confidential && record.partners.iter().any(|partner| meant(&partner.recipient))
            }
            Who::Desk(kind) => sits_at_level(kind, self.desks, village.as_ref()),
            Who::Unknown => false,
        }
    }

    /// Whether they have, or had, anything to do with a record. Whoever only oversees one has not.
    pub fn is_involved(&self, kind: &Kind, record: &Record) -> bool {
        let village = record.village(kind);
        may_add(kind, record, *self)
            || record.handed_on.iter().any(|before| before.means(self.id, self.desks, village.as_ref()))
    }
}

/// The steps that somebody may take now, in the order of the definition.
pub fn open_steps<'a>(
    kind: &'a Kind,
    record: &'a Record,
    actor: Actor<'a>,
) -> impl Iterator<Item = &'a Step> {
    kind.workflow.steps.iter().filter(move |step| hinders(kind, record, actor, step).is_none())
}

/// The kind of the next desk over whoever a record is with, which is told of overdue work (督办). Over a person, and over a
/// partner's desk, that is the desk that the ledger belongs to (`home`); over a township's centre the county's. `known` are
/// the desks that there are; one that isn't among them passes for a partner's.
pub fn next_desk<'a>(
    home: Option<DeskKind>,
    with: Option<&Recipient>,
    known: impl IntoIterator<Item = &'a Desk>,
) -> Option<DeskKind> {
    let holding = match with {
        Some(Recipient::Level(kind)) => Some(*kind),
        Some(Recipient::Desk(id)) => known.into_iter().find(|desk| desk.id == *id).map(|desk| desk.kind),
        Some(Recipient::Worker(_)) | None => None,
    };
    match holding {
        Some(DeskKind::CountyCentre) => None,
        Some(DeskKind::TownshipCentre) => Some(DeskKind::CountyCentre),
        Some(desk) if Some(desk) == home => None,
        _ => home,
    }
}

/// Whether somebody sits at the [`next_desk`] over whoever a record is with. `known` are the desks that there are.
pub fn oversees(kind: &Kind, record: &Record, actor: Actor<'_>, known: &[Desk]) -> bool {
    let next = next_desk(DeskKind::of(kind), record.with().as_ref(), known.iter().chain(actor.desks));
    next.is_some_and(|next| actor.is(Who::Desk(next), kind, record))
}

/// Whether somebody may give a record back to its keeper for correction (退回补正): its own desk, or whom it is with, but
/// not the keeper.
pub fn may_ask(kind: &Kind, record: &Record, actor: Actor<'_>) -> bool {
    !actor.is(Who::Keeper, kind, record)
        && [Who::Home, Who::Holder].iter().any(|who| actor.is(*who, kind, record))
}

/// Whether somebody may add remarks and attachments to a record: not once they have handed it on or given it back.
pub fn may_add(kind: &Kind, record: &Record, actor: Actor<'_>) -> bool {
    [Who::Keeper, Who::Holder, Who::Home, Who::Partner].iter().any(|who| actor.is(*who, kind, record))
}

/// Whether somebody may correct a record: its keeper, whom it is with, and its own desk. Partners only add to it.
pub fn may_amend(kind: &Kind, record: &Record, actor: Actor<'_>) -> bool {
    [Who::Keeper, Who::Holder, Who::Home].iter().any(|who| actor.is(*who, kind, record))
}

/// Judges one step and gives the state that it leads to.
///
/// # Errors
/// The first [`Obstacle`] in the way.
pub fn take(
    kind: &Kind,
    record: &Record,
    actor: Actor<'_>,
    step: &StepId,
    body: &Body,
) -> Result<StateId, Obstacle> {
    let step = kind.workflow.steps.iter().find(|known| known.id == *step).ok_or(Obstacle::UnknownStep)?;
    if let Some(obstacle) = hinders(kind, record, actor, step) {
        return Err(obstacle);
    }
    if step.part.is_some() {
        let village = record.village(kind);
        let whose = whose_part(step, body).filter(|whose| {
            let asked = record.partners.iter().any(|partner| partner.recipient == *whose);
            asked && whose.means(actor.id, actor.desks, village.as_ref())
        });
        whose.ok_or(Obstacle::NotYours)?;
    }
    match validate::asked(kind, &step.asks, body) {
        problems if problems.is_empty() => Ok(step.to.clone()),
        problems => Err(Obstacle::Incomplete { problems }),
    }
}

/// What keeps somebody from a step, whatever they fill in.
fn hinders(kind: &Kind, record: &Record, actor: Actor<'_>, step: &Step) -> Option<Obstacle> {
    if record.merged_into.is_some() {
        return Some(Obstacle::Merged);
    }
    let applies = step.when.as_ref().is_none_or(|when| when.holds(&record.body()));
    if !step.from.contains(&record.state) || !applies {
        return Some(Obstacle::WrongState { state: record.state.clone() });
    }
    if !actor.has_role(&step.roles) {
        return Some(Obstacle::WrongRole);
    }
    // A desk that a step names takes it only of records that came to it, not of all that it oversees.
    let is_theirs = match &step.who[..] {
        [] => may_add(kind, record, actor),
        who => actor.is_involved(kind, record) && who.iter().any(|who| actor.is(*who, kind, record)),
    };
    if !is_theirs {
        return Some(Obstacle::NotYours);
    }
    let taken = |step: &StepId| record.taken.get(step).copied().unwrap_or(0);
    if let Some(most) = step.most.filter(|most| taken(&step.id) >= *most) {
        return Some(Obstacle::TooOften { most });
    }
    let after = step.after.as_ref()?;
    (taken(&after.step) < after.times)
        .then(|| Obstacle::TooEarly { step: after.step.clone(), times: after.times })
}

/// Whether somebody may give out a slip: whoever carries the record on, or whom it is with.
pub fn may_give_slip(kind: &Kind, record: &Record, actor: Actor<'_>) -> bool {
    actor.is(Who::Keeper, kind, record) || actor.is(Who::Holder, kind, record)
}

/// Whether somebody may say that a record reports the same as another one. Only the desk that both belong to can tell,
/// and only where nothing is secret. `has_doubles` says whether others were merged into the first one: neither chains
/// nor circles come about.
///
/// # Errors
/// What is in the way.
pub fn merge(
    kinds: &Kinds,
    record: &Record,
    into: &Record,
    has_doubles: bool,
    actor: Actor<'_>,
) -> Result<(), MergeFault> {
    let kind = |record: &Record| kinds.nearest(&record.kind, record.kind_version).ok_or(MergeFault::Other);
    if record.id == into.id {
        Err(MergeFault::Itself)
    } else if record.kind != into.kind {
        Err(MergeFault::OtherKind)
    } else if kind(record)?.confidential || kind(into)?.confidential {
        Err(MergeFault::Confidential)
    } else if !actor.is(Who::Home, kind(record)?, record) || !actor.is(Who::Home, kind(into)?, into) {
        Err(MergeFault::NotYours)
    } else if record.merged_into.is_some() {
        Err(MergeFault::Already)
    } else if has_doubles || into.merged_into.is_some() {
        Err(MergeFault::Chain)
    } else {
        Ok(())
    }
}

/// Whose part a step of this body is.
pub fn whose_part(step: &Step, body: &Body) -> Option<Recipient> {
    body.get(step.part.as_ref()?)?.as_str()?.parse().ok()
}

/// Whom a step of this body hands the record to, or asks to take part.
pub fn recipients(step: &Step, body: &Body) -> Vec<Recipient> {
    let named = step.hands.as_ref().and_then(|hands| body.get(hands.to.as_ref()?)?.as_str()?.parse().ok());
    let asked = step.joins.as_ref().and_then(|field| body.get(field)?.as_array());
    let asked = asked.into_iter().flatten().filter_map(|item| item.as_str()?.parse().ok());
    named.into_iter().chain(asked).collect()
}
