//! How figures get out: every sample as it was taken. `crates/xtask` reckons and rounds, in one place.

use std::{env, time::Duration};

use serde_json::json;

/// Tells the samples of one measure. A line of its own, although the test's name may stand at its beginning.
pub fn tell(measure: &str, unit: &str, samples: &[f64]) {
    println!("{}", json!({ "measure": measure, "unit": unit, "samples": samples }));
}

/// Tells how long so many entries took.
pub fn tell_pace(measure: &str, entries: usize, took: Duration) {
    let seconds = took.as_secs_f64();
    println!("{}", json!({ "measure": measure, "unit": "s", "samples": [seconds], "entries": entries }));
}

/// How often something is measured; only a few times when it is only to be seen that everything runs.
pub fn rounds(usual: usize, quick: usize) -> usize {
    if env::var_os("XUNJI_BENCH_QUICK").is_some() { quick } else { usual }
}
