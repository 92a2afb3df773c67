//! Random moments that can be had again.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

/// The same numbers for the same seed. `XUNJI_SEED` repeats a run that was printed.
pub struct Random(u64);

impl Random {
    /// Numbers of their own for each story of a file.
    pub fn new(number: u64) -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |age| age.as_secs());
        let seed = env::var("XUNJI_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(now);
        println!("XUNJI_SEED={seed}");
        Self(seed.wrapping_mul(4).wrapping_add(number))
    }

    /// Any number below this one, by SplitMix64.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
