//! One file to copy to a server.

use crate::fault::{AtPath, Outcome};
use crate::station;
use crate::term::timed;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// Leaves `target/dist/xunji-station`.
pub fn dist(workspace: &Workspace) -> Outcome {
    let binary = station::with_app(workspace)?;
    let packed = timed("Pack", || copy_into(&binary, &workspace.target().join("dist")))?;
    let size = std::fs::metadata(&packed).at("read", &packed)?.len();
    println!(
        "\n{} ({:.1} MB) holds station and app; copy it to a server and run:",
        packed.display(),
        size as f64 / 1e6
    );
    println!("  ./xunji-station serve --listen 127.0.0.1:8080 --data ./data");
    Ok(())
}

/// Copies a program into a folder, also over one that is running: the old file is unlinked, not overwritten.
pub fn copy_into(program: &Path, folder: &Path) -> Outcome<PathBuf> {
    std::fs::create_dir_all(folder).at("create", folder)?;
    let to = folder.join(program.file_name().unwrap_or_default());
    if to.exists() {
        std::fs::remove_file(&to).at("replace", &to)?;
    }
    std::fs::copy(program, &to).at("write", &to)?;
    Ok(to)
}
