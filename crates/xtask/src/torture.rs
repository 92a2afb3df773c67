//! The simulation of `crates/sync`, for as long as one likes.

use crate::fault::Outcome;
use crate::run::{cargo, run};
use crate::workspace::Workspace;

/// Plays scenarios for so many minutes and prints what came of them; fails as soon as a promise is broken.
pub fn torture(workspace: &Workspace, minutes: u32, seed: Option<u64>) -> Outcome {
    let mut command = cargo();
    // Optimised it plays five times as many.
    command.args(["run", "--quiet", "--profile", "station", "--package", "xunji-sync"]);
    command.args(["--features", "simulation", "--example", "torture", "--"]);
    command.args(["--minutes", &minutes.to_string()]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    run(
        command.current_dir(workspace.root()),
        "Replay the seed that is named above: XUNJI_SEED=… cargo test -p xunji-sync --test simulation -- --nocapture",
    )
}
