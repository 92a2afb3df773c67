//! Builds the station with the app inside.

use crate::app;
use crate::fault::Outcome;
use crate::run::{cargo, run};
use crate::term::timed;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// How well the station is optimised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, for tests.
    Dev,
    /// For people.
    Station,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Station => "station",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Station => "station",
        }
    }
}

/// Builds it around `target/app` and returns the binary.
pub fn build(workspace: &Workspace, profile: Profile) -> Outcome<PathBuf> {
    around(workspace, &workspace.app(), profile)
}

/// Builds it around a folder and returns the binary.
pub fn around(workspace: &Workspace, folder: &Path, profile: Profile) -> Outcome<PathBuf> {
    run(
        cargo()
            .args(["build", "--package", "xunji-station", "--features", "embed", "--profile", profile.name()])
            .env("XUNJI_APP", folder)
            .current_dir(workspace.root()),
        "Mend what the compiler says above.",
    )?;
    let program = format!("xunji-station{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target().join(profile.folder()).join(program))
}

/// Builds the app and the station that people use, and returns the binary.
pub fn with_app(workspace: &Workspace) -> Outcome<PathBuf> {
    timed("Build the app", || app::build(workspace))?;
    timed("Build the station", || build(workspace, Profile::Station))
}
