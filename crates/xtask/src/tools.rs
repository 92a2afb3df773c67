//! The pinned build tools: the wasm32 target, Trunk, wasm-bindgen and wasm-opt.
//!
//! Each is looked for first, in the version that is needed, and installed only when it is not there. Trunk downloads
//! a tool from the internet when PATH holds none of the right version, and such a build breaks where that is closed;
//! so PATH is arranged here, and Trunk finds what it asks for.

use crate::digest;
use crate::fault::{AtPath, Fault, Outcome};
use crate::run::{cargo, output, run};
use crate::term::in_place;
use crate::workspace::Workspace;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const WASM: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";
/// Trunk.toml asks for `version_123`.
const BINARYEN: &str = "123";
const AXE: &str = "4.11.0";
/// The SHA-256 of its `axe.min.js`.
const AXE_DIGEST: &str = "e9e5863c33a874f09bc01acd9234b7e3c871479f5eef8802fa582544465e6d01";

/// The tools, as the PATH under which they are found.
pub struct Tools {
    path: OsString,
}

impl Tools {
    /// Lets a command find the tools.
    pub fn on<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("PATH", &self.path)
    }
}

/// What building the app needs.
pub fn for_app(workspace: &Workspace) -> Outcome<Tools> {
    wasm_target(workspace)?;
    let bindgen = wasm_bindgen_version(workspace)?;
    let folders = [
        cargo_tool(workspace, "trunk", "trunk", TRUNK, true)?,
        // Its own lock file names a crate version that the registry no longer serves: hence not `--locked`.
        cargo_tool(workspace, "wasm-bindgen", "wasm-bindgen-cli", &bindgen, false)?,
        wasm_opt(workspace)?,
    ];
    Ok(Tools { path: path_with(&folders) })
}

/// What compiling and testing for the browser needs: the target, and wasm-bindgen's test runner.
pub fn for_wasm_tests(workspace: &Workspace) -> Outcome<Tools> {
    wasm_target(workspace)?;
    let bindgen = wasm_bindgen_version(workspace)?;
    let folder = cargo_tool(workspace, "wasm-bindgen", "wasm-bindgen-cli", &bindgen, false)?;
    Ok(Tools { path: path_with(&[folder]) })
}

/// The compiler's target alone.
pub fn wasm_target(workspace: &Workspace) -> Outcome {
    let mut libraries = Command::new("rustc");
    libraries.args(["--print=target-libdir", "--target", WASM]).current_dir(workspace.root());
    let has = |folder: &str| {
        std::fs::read_dir(folder).is_ok_and(|items| {
            items.flatten().any(|item| item.file_name().to_string_lossy().starts_with("libstd"))
        })
    };
    if output(&mut libraries).is_some_and(|folder| has(&folder)) {
        in_place(WASM);
        return Ok(());
    }
    // A rust-toolchain.toml alone installs no target where RUSTUP_AUTO_INSTALL is 0.
    run(
        Command::new("rustup").args(["target", "add", WASM]).current_dir(workspace.root()),
        "Install rustup's Rust 1.95 (https://rustup.rs) and see that it reaches the network.",
    )
}

/// Formatter and linter, which a minimal toolchain lacks.
pub fn components(workspace: &Workspace) -> Outcome {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if output(cargo().args([tool, "--version"]).current_dir(workspace.root())).is_some() {
            in_place(component);
            continue;
        }
        run(
            Command::new("rustup").args(["component", "add", component]).current_dir(workspace.root()),
            "Install rustup's Rust 1.95 (https://rustup.rs) and see that it reaches the network.",
        )?;
    }
    Ok(())
}

/// Where this project keeps tools that have no usual place. Not in `target`, which build servers empty.
pub fn cache() -> Outcome<PathBuf> {
    std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .map(|folder| folder.join("xunji/tools"))
        .ok_or_else(|| {
            Fault::new(
                "Neither HOME nor XDG_CACHE_HOME is set.",
                "There is no place for the build tools.",
                "Set HOME and run the command again.",
            )
        })
}

/// The first program of that name on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let program = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|folder| folder.join(&program)).find(|file| file.is_file())
}

fn wasm_bindgen_version(workspace: &Workspace) -> Outcome<String> {
    let path = workspace.root().join("Cargo.lock");
    let lock = std::fs::read_to_string(&path).at("read", &path)?;
    crate::lockfile::version_of(&lock, "wasm-bindgen").ok_or_else(|| {
        Fault::new(
            "Cargo.lock names no wasm-bindgen.",
            "It is unclear which wasm-bindgen-cli the app needs.",
            "Restore the committed Cargo.lock (`git checkout Cargo.lock`).",
        )
    })
}

/// Finds or installs a tool of Cargo's; returns the folder that it lies in.
fn cargo_tool(
    workspace: &Workspace,
    tool: &str,
    package: &str,
    version: &str,
    locked: bool,
) -> Outcome<PathBuf> {
    let own = cache()?.join(format!("{tool}-{version}"));
    let usual = cargo_home().map(|home| home.join("bin"));
    let mut other = false;
    let program = format!("{tool}{}", std::env::consts::EXE_SUFFIX);
    let known = [Some(own.join("bin")), usual.clone(), on_path(tool).and_then(parent)];
    for folder in known.into_iter().flatten() {
        if let Some(said) = output(Command::new(folder.join(&program)).arg("--version")) {
            if says_version(&said, version) {
                in_place(&format!("{tool} {version}"));
                return Ok(folder);
            }
            other = true;
        }
    }
    println!("    {tool} {version} is compiled once on this machine; that takes some minutes.");
    let mut install = cargo();
    install.args(["install", package, "--version", version]).current_dir(workspace.root());
    // The checkout's own target folder is no place for a tool's build.
    install.env_remove("CARGO_TARGET_DIR");
    if locked {
        install.arg("--locked");
    }
    // A version that another project may need is left alone.
    let folder = match usual {
        Some(folder) if !other => folder,
        _ => {
            install.arg("--root").arg(&own);
            own.join("bin")
        }
    };
    run(
        &mut install,
        "See that Cargo reaches its registry and that a C compiler is there (Debian: `apt-get install build-essential`).",
    )?;
    Ok(folder)
}

fn wasm_opt(workspace: &Workspace) -> Outcome<PathBuf> {
    let fits = |program: &Path| {
        output(Command::new(program).arg("--version")).is_some_and(|said| says_version(&said, BINARYEN))
    };
    let own = cache()?;
    let known = [Some(own.join("node_modules/.bin/wasm-opt")), on_path("wasm-opt")];
    if let Some(program) = known.into_iter().flatten().find(|program| fits(program)) {
        in_place(&format!("wasm-opt {BINARYEN}"));
        return parent(program).ok_or_else(|| unusable("wasm-opt"));
    }
    npm(
        workspace,
        &own,
        &format!("binaryen@{BINARYEN}.0.0"),
        "see that npm reaches its registry; or put a wasm-opt of version 123 on PATH",
    )?;
    let folder = own.join("node_modules/.bin");
    if fits(&folder.join("wasm-opt")) { Ok(folder) } else { Err(unusable("wasm-opt")) }
}

/// axe-core, which the stories inject into the app to look for what people can't read or reach. A test tool under
/// MPL-2.0: no part of it comes into the app.
pub fn axe(workspace: &Workspace) -> Outcome<PathBuf> {
    let own = cache()?;
    let script = own.join("node_modules/axe-core/axe.min.js");
    let fits = || std::fs::read(&script).is_ok_and(|bytes| digest::hex(&bytes) == AXE_DIGEST);
    if fits() {
        in_place(&format!("axe-core {AXE}"));
        return Ok(script);
    }
    npm(workspace, &own, &format!("axe-core@{AXE}"), "see that npm reaches its registry")?;
    if fits() { Ok(script) } else { Err(unusable("axe-core")) }
}

fn npm(workspace: &Workspace, own: &Path, package: &str, or: &str) -> Outcome {
    std::fs::create_dir_all(own).at("create", own)?;
    run(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--prefix"])
            .arg(own)
            .arg(package)
            .current_dir(workspace.root()),
        &format!("Install Node with npm (Debian: `apt-get install nodejs npm`) and {or}."),
    )
}

fn unusable(tool: &str) -> Fault {
    Fault::new(
        format!("The {tool} that was just installed is not what it should be."),
        "The step that needs it was not done.",
        format!("Remove {tool} from the folder named above and run the command again."),
    )
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_INSTALL_ROOT")
        .or_else(|| std::env::var_os("CARGO_HOME"))
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

fn parent(file: PathBuf) -> Option<PathBuf> {
    file.parent().map(Path::to_owned)
}

fn path_with(folders: &[PathBuf]) -> OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&old));
    // A folder with a colon in its name cannot stand on PATH at all.
    std::env::join_paths(all).unwrap_or(old)
}

/// Whether `trunk 0.21.14` or `wasm-opt version 123 (version_123)` names exactly this version.
fn says_version(said: &str, version: &str) -> bool {
    said.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_match_as_whole_words() {
        assert!(says_version("trunk 0.21.14", TRUNK));
        assert!(says_version("wasm-opt version 123 (version_123)", BINARYEN));
        assert!(!says_version("wasm-bindgen 0.2.130", "0.2.13"));
        assert!(!says_version("wasm-opt version 1230", BINARYEN));
    }

    #[test]
    fn new_folders_come_first() {
        let path = path_with(&[PathBuf::from("/first")]);
        assert_eq!(std::env::split_paths(&path).next(), Some(PathBuf::from("/first")));
    }
}
