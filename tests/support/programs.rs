//! Where the programs are that a story needs.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The station, with the app inside.
pub fn station() -> PathBuf {
    let beside = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug").join("xunji-station");
    found("XUNJI_STATION", beside.is_file().then_some(beside), "the station")
}

/// The browser.
pub fn chromium() -> PathBuf {
    found("XUNJI_CHROMIUM", on_path("chromium"), "Chromium")
}

/// Its WebDriver.
pub fn chromedriver() -> PathBuf {
    found("XUNJI_CHROMEDRIVER", on_path("chromedriver"), "ChromeDriver")
}

/// The script of axe-core, which looks for what people can't read or reach.
pub fn axe() -> PathBuf {
    found("XUNJI_AXE", None, "axe-core")
}

fn found(variable: &str, default: Option<PathBuf>, what: &str) -> PathBuf {
    let named = env::var_os(variable).map(PathBuf::from);
    let file = named.or(default).filter(|file| file.is_file());
    file.unwrap_or_else(|| {
        panic!("The stories did not find {what}. Run `cargo xtask test --only stories`: it builds or installs what is missing and names it in {variable}.")
    })
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}
