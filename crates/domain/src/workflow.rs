//! Which steps somebody may take, decided the same way on the phone and at the station.

use serde::Serialize;

use crate::{
    entry::Body,
    id::{StateId, StepId},
    kind::{Kind, Step},
    person::Role,
    reads,
    validate::{self, Problem},
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
}

reads!(Obstacle by "why" {
    "unknown_step" => UnknownStep {},
    "wrong_state" => WrongState { state },
    "wrong_role" => WrongRole {},
    "incomplete" => Incomplete { problems },
});

/// The steps that a person with this role may take in this state, in the order of the definition.
pub fn open_steps<'a>(kind: &'a Kind, state: &'a StateId, role: Role) -> impl Iterator<Item = &'a Step> {
    kind.workflow.steps.iter().filter(move |step| {
        step.from.contains(state) && (step.roles.is_empty() || step.roles.contains(&role))
    })
}

/// Judges one step and gives the state that it leads to.
///
/// # Errors
/// The first [`Obstacle`] in the way.
pub fn take(
    kind: &Kind,
    state: &StateId,
    role: Role,
    step: &StepId,
    body: &Body,
) -> Result<StateId, Obstacle> {
    let step = kind.workflow.steps.iter().find(|known| known.id == *step).ok_or(Obstacle::UnknownStep)?;
    if !step.from.contains(state) {
        return Err(Obstacle::WrongState { state: state.clone() });
    }
    if !step.roles.is_empty() && !step.roles.contains(&role) {
        return Err(Obstacle::WrongRole);
    }
    match validate::asked(kind, &step.asks, body) {
        problems if problems.is_empty() => Ok(step.to.clone()),
        problems => Err(Obstacle::Incomplete { problems }),
    }
}
