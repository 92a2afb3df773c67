//! Builds the app: Trunk, its hook, the compressed copies.

use crate::bench::first_load::FirstLoad;
use crate::compress::compress;
use crate::digest;
use crate::fault::{AtPath, Outcome};
use crate::run::run;
use crate::term::in_place;
use crate::tools;
use crate::workspace::Workspace;
use std::process::Command;

/// Everything that the built app is made from.
const SOURCES: [&str; 12] = [
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "build",
    "crates/domain",
    "crates/sync",
    "crates/xtask/src",
    "locales",
    "public",
    "rust-toolchain.toml",
    "src",
    "style",
];

/// Leaves the finished app in `target/app`; does nothing when its sources are those of the last build.
pub fn build(workspace: &Workspace) -> Outcome {
    let tools = tools::for_app(workspace)?;
    let sources: Vec<_> = SOURCES.iter().map(|name| workspace.root().join(name)).collect();
    let digest = digest::of_tree(&sources)?;
    let stamp = workspace.target().join("app.stamp");
    let app = workspace.app();
    if app.join("index.html").is_file() && std::fs::read_to_string(&stamp).is_ok_and(|old| old == digest) {
        in_place("target/app");
        return Ok(());
    }
    let built = workspace.target().join("trunk");
    let mut trunk = Command::new("trunk");
    trunk.args(["build", "--release", "--dist"]).arg(&built).current_dir(workspace.root());
    // Trunk takes NO_COLOR=1 for a broken flag: it wants `true` or `false`.
    trunk.env_remove("NO_COLOR");
    // Its backtraces bury the compiler's message.
    trunk.env("RUST_BACKTRACE", "0");
    run(tools.on(&mut trunk), "Mend what Trunk or the compiler says above.")?;
    compress(&built, &app, &workspace.target().join("compressed"))?;
    FirstLoad::weigh(&app)?.check()?;
    std::fs::write(&stamp, digest).at("write", &stamp)
}
