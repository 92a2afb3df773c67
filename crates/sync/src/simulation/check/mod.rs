//! The ten invariants, checked when everything has settled. Nothing here relies on the code that it checks, except to
//! read what is stored and to fold entries.

mod laws;
mod replica;
mod shelves;
mod truth;

use super::{Broken, Invariant, world::World};
use replica::Replica;

/// Checks everything.
///
/// # Errors
/// The first broken invariant.
pub(super) fn all(world: &World) -> Result<(), Broken> {
    truth::station(&world.env)?;
    truth::gaps(&world.env)?;
    for phone in &world.phones {
        let replica = Replica::read(phone)?;
        replica.check(&world.env)?;
    }
    truth::count(world)
}

fn must(holds: bool, invariant: Invariant, what: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { invariant, what: what() }) }
}
