//! Chromium, its driver and a Chinese font for the browser tests, from Debian's packages.

use crate::fault::{Fault, Outcome};
use crate::run::{output, run};
use crate::term::in_place;
use crate::tools::on_path;
use std::path::PathBuf;
use std::process::Command;

/// The browser that the tests drive.
pub struct Browser {
    /// The browser itself.
    pub chromium: PathBuf,
    /// Its WebDriver.
    pub driver: PathBuf,
}

/// Finds the browser; installs what is missing when that needs no password.
pub fn ensure() -> Outcome<Browser> {
    let missing = missing();
    if missing.is_empty() {
        in_place("chromium, chromedriver, a Chinese font");
    } else {
        install(&missing)?;
    }
    match (chromium(), driver()) {
        (Some(chromium), Some(driver)) => Ok(Browser { chromium, driver }),
        _ => Err(by_hand(&missing, "The packages were installed, yet the browser is not on PATH.")),
    }
}

fn chromium() -> Option<PathBuf> {
    named("XUNJI_CHROMIUM")
        .or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path))
}

fn driver() -> Option<PathBuf> {
    named("XUNJI_CHROMEDRIVER").or_else(|| named("CHROMEDRIVER")).or_else(|| on_path("chromedriver"))
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|file| file.is_file())
}

/// Without glyphs every Chinese label is a row of boxes, and screenshots and measured widths are worth nothing.
fn has_chinese_font() -> bool {
    output(Command::new("fc-list").args([":lang=zh-cn", "family"])).is_some_and(|fonts| !fonts.is_empty())
}

fn missing() -> Vec<&'static str> {
    let mut packages = Vec::new();
    if chromium().is_none() {
        packages.push("chromium");
    }
    if driver().is_none() {
        packages.push("chromium-driver");
    }
    if !has_chinese_font() {
        packages.push("fonts-noto-cjk");
        if on_path("fc-list").is_none() {
            packages.push("fontconfig");
        }
    }
    packages
}

fn install(packages: &[&str]) -> Outcome {
    if on_path("apt-get").is_none() {
        return Err(by_hand(packages, "The browser tests lack programs, and this system has no apt-get."));
    }
    let root = output(Command::new("id").arg("-u")).as_deref() == Some("0");
    let sudo = !root && output(Command::new("sudo").args(["-n", "true"])).is_some();
    if !root && !sudo {
        return Err(by_hand(
            packages,
            "The browser tests lack programs, and installing them needs a password.",
        ));
    }
    let apt = |words: &[&str]| {
        let mut command = if sudo { Command::new("sudo") } else { Command::new("env") };
        if sudo {
            command.arg("-n").arg("env");
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q"]).args(words);
        command
    };
    let action = "Run `apt-get update` by hand and see what Debian's mirror says.";
    run(&mut apt(&["update"]), action)?;
    run(apt(&["install", "--no-install-recommends"]).args(packages), action)
}

fn by_hand(packages: &[&str], cause: &str) -> Fault {
    Fault::new(cause, "No browser test was run.", format!("Run this once: {}", line(packages)))
}

fn line(packages: &[&str]) -> String {
    format!("sudo apt-get install -y --no-install-recommends {}", packages.join(" "))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_line_to_run_names_the_packages() {
        let said = super::by_hand(&["chromium", "fonts-noto-cjk"], "Missing.").to_string();
        assert!(
            said.contains("sudo apt-get install -y --no-install-recommends chromium fonts-noto-cjk"),
            "{said}"
        );
    }
}
