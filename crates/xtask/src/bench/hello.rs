//! The app with a hello-world page of the same stack in it, to start the two from one place.

use crate::compress::compress;
use crate::fault::{AtPath, Outcome};
use crate::run::{cargo, run};
use crate::tools;
use crate::workspace::Workspace;
use crate::{app, digest, station};
use std::path::{Path, PathBuf};
use std::process::Command;

const MEND: &str = "Mend what is said above, then measure again.";

/// Builds the app, the page, and the station that serves both; returns the station's program.
pub fn station_with_hello(workspace: &Workspace) -> Outcome<PathBuf> {
    app::build(workspace)?;
    let folder = workspace.target().join("bench");
    let both = folder.join("app");
    let page = build(workspace, &folder.join("hello"))?;
    // What the app is served with already, untouched, and the page beside it.
    for (address, path) in digest::files(&workspace.app())? {
        copy(&path, &both.join(address))?;
    }
    compress(&page, &both.join("hello"), &folder.join("compressed"))?;
    station::around(workspace, &both, station::Profile::Station)
}

/// Built as the app is, with the same optimiser; the folder that it lies in.
fn build(workspace: &Workspace, folder: &Path) -> Outcome<PathBuf> {
    let tools = tools::for_app(workspace)?;
    let mut rust = cargo();
    rust.args(["build", "--release", "--package", "xunji", "--bin", "hello", "--features", "hello"]);
    rust.args(["--target", "wasm32-unknown-unknown"]).current_dir(workspace.root());
    run(&mut rust, MEND)?;
    std::fs::create_dir_all(folder).at("create", folder)?;
    let built = workspace.target().join("wasm32-unknown-unknown/release/hello.wasm");
    let mut bindgen = Command::new("wasm-bindgen");
    bindgen.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(folder).arg(&built);
    run(tools.on(&mut bindgen), MEND)?;
    let code = folder.join("hello_bg.wasm");
    let mut optimiser = Command::new("wasm-opt");
    optimiser.arg("-Oz").arg(&code).arg("-o").arg(&code);
    run(tools.on(&mut optimiser), MEND)?;
    for file in ["index.html", "start.js"] {
        copy(&workspace.root().join("tests/bench/hello").join(file), &folder.join(file))?;
    }
    Ok(folder.to_owned())
}

fn copy(from: &Path, to: &Path) -> Outcome {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).at("create", folder)?;
    }
    std::fs::copy(from, to).map(|_| ()).at("copy", from)
}
