//! What was done to the phones and the station, and what came of it, as numbers.

use std::{collections::BTreeMap, ops::AddAssign};

/// A sort of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A request never reached the station.
    RequestLost,
    /// The station did what it was asked; its answer was lost.
    AnswerLost,
    /// A request reached the station a second time, later.
    RequestRepeated,
    /// A request or answer was overtaken by later ones, beyond the phone's patience.
    Overtaken,
    /// An answer lost its last items on the way.
    AnswerShortened,
    /// The items of an answer came in another order.
    AnswerMixed,
    /// The text of an answer was cut.
    AnswerCut,
    /// A captive portal answered.
    Portal,
    /// 429, 502 or 503, before or after the station did what it was asked.
    Busy,
    /// 401 from somebody on the way.
    StrangeUnauthorised,
    /// 413 from somebody on the way.
    StrangeTooLarge,
    /// The station no longer takes a phone's token.
    Revoked,
    /// A tab was killed.
    TabKilled,
    /// All tabs of a phone were killed at once.
    PhoneKilled,
    /// A commit that the page heard nothing of, or an error about.
    CommitUnheard,
    /// The disk was full at a commit.
    DiskFull,
    /// The connection to the database was lost before a commit.
    ConnectionLost,
    /// A second tab took itself for the leader.
    TwoLeaders,
    /// The whole database was evicted.
    Evicted,
    /// The phone's wall clock jumped.
    WallClockJumped,
    /// The phone slept: its tabs' clock jumped ahead, its timers came late.
    Slept,
    /// The station was restored from an older backup.
    Restored,
    /// A phone was copied, database and all.
    Copied,
    /// The bytes of an attachment were gone or changed.
    BlobSpoiled,
    /// The station got a newer definition of a ledger.
    Redefined,
    /// Somebody lost their seat at a desk for a while.
    Unseated,
}

/// Numbers of one or many scenarios.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Scenarios played.
    pub scenarios: u64,
    /// Faults by their sort.
    pub faults: BTreeMap<Fault, u64>,
    /// What the stations took into records in the end, by the name of what was done.
    pub taken: BTreeMap<String, u64>,
    /// What they parked, in the same way.
    pub returned: BTreeMap<String, u64>,
    /// Entries that a screen called saved.
    pub entries: u64,
    /// Of these: part of their record at the station.
    pub accepted: u64,
    /// Of these: kept at the station for repair, or repaired.
    pub parked: u64,
    /// Of these: on the phone with a reason that its person can see.
    pub refused: u64,
    /// Of these: evicted with their phone before they were sent, which the phone said.
    pub evicted: u64,
    /// Of these: nowhere. Anything but 0 is a broken promise.
    pub lost: u64,
    /// Rows that the station has twice. Anything but 0 is a broken promise.
    pub doubled: u64,
    /// Receipts that a restored station no longer knows of, and that the phone could not notice.
    pub unnoticed: u64,
}

impl Tally {
    pub(super) fn fault(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// All faults together.
    pub fn faults_in_all(&self) -> u64 {
        self.faults.values().sum()
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        for (fault, number) in &other.faults {
            *self.faults.entry(*fault).or_default() += number;
        }
        for (mine, more) in [(&mut self.taken, &other.taken), (&mut self.returned, &other.returned)] {
            for (done, number) in more {
                *mine.entry(done.clone()).or_default() += number;
            }
        }
        for (mine, more) in [
            (&mut self.scenarios, other.scenarios),
            (&mut self.entries, other.entries),
            (&mut self.accepted, other.accepted),
            (&mut self.parked, other.parked),
            (&mut self.refused, other.refused),
            (&mut self.evicted, other.evicted),
            (&mut self.lost, other.lost),
            (&mut self.doubled, other.doubled),
            (&mut self.unnoticed, other.unnoticed),
        ] {
            *mine += more;
        }
    }
}
