//! Randomness from a seed: the same seed throws the same dice on every machine.

use std::cell::Cell;

use uuid::Uuid;

/// SplitMix64 (Steele, Lea and Flood, 2014): small, fast, and good enough to disturb things with.
pub(super) struct Dice(Cell<u64>);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// Any number.
    pub(super) fn any(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.any() % end.max(1)
    }

    /// A place in a list of this length.
    pub(super) fn place(&self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    /// Whether something happens that does so in `in_thousand` of a thousand cases.
    pub(super) fn comes(&self, in_thousand: u64) -> bool {
        self.below(1000) < in_thousand
    }

    /// One of some things.
    pub(super) fn one<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.place(of.len()))
    }

    /// A random identifier.
    pub(super) fn uuid(&self) -> Uuid {
        Uuid::from_u64_pair(self.any(), self.any())
    }
}
