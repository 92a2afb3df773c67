//! Where things lie, whatever folder the command was called from.

use std::path::{Path, PathBuf};

/// The checkout's folders.
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the checkout that this program was built from.
    pub fn find() -> Self {
        // What Cargo says now outweighs what it said at compile time: the checkout may have been moved.
        let own = std::env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .filter(|folder| folder.ends_with("crates/xtask"))
            .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = own.ancestors().nth(2).unwrap_or(&own).to_owned();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .and_then(|folder| std::path::absolute(folder).ok())
            .unwrap_or_else(|| root.join("target"));
        Self { root, target }
    }

    /// The folder of the root Cargo.toml.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The finished app with its compressed copies, as the station embeds it.
    pub fn app(&self) -> PathBuf {
        self.target.join("app")
    }
}
