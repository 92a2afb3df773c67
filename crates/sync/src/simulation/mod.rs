//! Torture of the pure engine and the pocket: several phones with several tabs and a model station, in a world whose
//! every accident follows from one seed.
//!
//! ```text
//! seed → dice → a plan (who saves what when, what breaks when) → played in virtual time, one small turn at a time:
//!   tab (engine, driver's jobs) ── disk (memory that fails) ─┐
//!        └── network (loses, repeats, overtakes, cuts) ── model station
//! → peace: no more faults, people look at their phones → everything settles → the ten invariants are checked
//! ```
//!
//! The tabs run the same [`engine`](crate::engine) and [`pocket`](crate::pocket) as the app; only the driver and its
//! jobs are mirrored here, line by line, because the app's need a browser. A job is a future that is polled by hand:
//! the dice choose who goes next wherever one waits for the disk, the network or the time, and a crash drops it there.
//!
//! Equal seeds give equal runs. A [`Sabotage`] breaks one promise on purpose, so that the tests can show that the
//! checker would notice.

mod check;
mod dealings;
mod dice;
mod disk;
mod env;
mod http;
mod jobs;
mod ledger;
mod person;
mod phone;
mod plan;
mod sabotage;
mod station;
mod tab;
mod tally;
mod trouble;
mod world;

pub use self::{
    sabotage::Sabotage,
    tally::{Fault, Tally},
};

/// The promises of Xunji's design, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// 1. Saved means saved.
    SavedMeansSaved = 1,
    /// 2. Nothing leaves the outbox without a receipt.
    NothingLeavesUnreceipted,
    /// 3. Exactly once.
    ExactlyOnce,
    /// 4. A receipt is the truth.
    ReceiptsAreTrue,
    /// 5. One bad entry never blocks another, and the queue drains.
    NothingBlocks,
    /// 6. Delivered includes the photos.
    PhotosToo,
    /// 7. Both versions are kept.
    BothVersions,
    /// 8. Replicas converge.
    ReplicasConverge,
    /// 9. Loss is detectable.
    LossShows,
    /// 10. Who may not see it never receives it.
    Secrecy,
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant {} ({invariant:?}) is broken: {what}", *invariant as u8)]
pub struct Broken {
    /// Which one.
    pub invariant: Invariant,
    /// How it shows.
    pub what: String,
}

/// Plays the scenario of a seed and checks every invariant.
///
/// # Errors
/// The first invariant that is broken. The same seed breaks it again.
pub fn play(seed: u64, sabotage: Option<Sabotage>) -> (Tally, Result<(), Broken>) {
    let (tally, _, result) = world::play(seed, sabotage, false);
    (tally, result)
}

/// Plays the scenario of a seed and tells it, a line for each thing that happens.
///
/// # Errors
/// Like [`play`].
pub fn tell(seed: u64, sabotage: Option<Sabotage>) -> (Vec<String>, Result<(), Broken>) {
    let (_, story, result) = world::play(seed, sabotage, true);
    (story, result)
}
