//! The service worker's list: which files it keeps, and the version that names them.

use crate::digest;
use crate::fault::{AtPath, Outcome};
use std::path::Path;

/// A file that the service worker keeps.
#[derive(Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its address on the station.
    pub address: String,
    /// Its name in the folder.
    pub file: String,
    /// The first digits of its content's digest.
    pub digest: String,
}

/// Everything that the app needs without a network.
pub fn list(folder: &Path) -> Outcome<Vec<Kept>> {
    let mut kept = Vec::new();
    for (file, path) in digest::files(folder)? {
        if let Some(address) = address_of(&file) {
            let digest = digest::short(&std::fs::read(&path).at("read", &path)?);
            kept.push(Kept { address, file, digest });
        }
    }
    Ok(kept)
}

/// The address under which a built file is kept; `None` when it is not kept.
fn address_of(file: &str) -> Option<String> {
    match file {
        // The worker itself is the browser's to keep; in its own list it could never be replaced.
        "sw.js" => None,
        "index.html" => Some("/".into()),
        // Browsers look at the manifest's first icon at every start, without a network too.
        "icons/icon-192.png" => Some(format!("/{file}")),
        // Read by the system while installing, with a network; the app shows its icons as inline SVG.
        _ if file.ends_with(".png") && (file.starts_with("icons/") || file.starts_with("screenshots/")) => {
            None
        }
        // Long, and read by few, with a network.
        crate::licences::FILE => None,
        // Made by the build for the station, not asked for by a browser.
        _ if file.ends_with(".br") || file.ends_with(".gz") => None,
        _ => Some(format!("/{file}")),
    }
}

/// Names the list: another file, or another content of one, makes another version.
pub fn version(kept: &[Kept]) -> String {
    let lines: String = kept.iter().map(|file| format!("{} {}\n", file.address, file.digest)).collect();
    digest::short(lines.as_bytes())
}

/// Writes version and list into the worker's text; the error is a sentence.
pub fn fill(worker: &str, kept: &[Kept]) -> Result<String, String> {
    let pairs: Vec<_> = kept.iter().map(|file| (&file.address, &file.digest)).collect();
    let pairs =
        serde_json::to_string(&pairs).map_err(|error| format!("could not be given its list: {error}"))?;
    let filled =
        once(worker, "const VERSION = \"development\";", &format!("const VERSION = \"{}\";", version(kept)))?;
    once(&filled, "const FILES = [];", &format!("const FILES = {pairs};"))
}

fn once(text: &str, from: &str, to: &str) -> Result<String, String> {
    match text.matches(from).count() {
        1 => Ok(text.replacen(from, to, 1)),
        count => Err(format!("has the line `{from}` {count} times instead of once")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(address: &str, digest: &str) -> Kept {
        Kept { address: address.into(), file: String::new(), digest: digest.into() }
    }

    #[test]
    fn what_is_kept_and_what_is_not() {
        for (file, address) in [
            ("index.html", Some("/")),
            ("sw.js", None),
            ("icons/icon-512.png", None),
            ("licences.txt", None),
            ("icons/icon-192.png", Some("/icons/icon-192.png")),
            ("icons/icon.svg", Some("/icons/icon.svg")),
            ("xunji-0123456789abcdef_bg.wasm", Some("/xunji-0123456789abcdef_bg.wasm")),
            ("xunji-0123456789abcdef_bg.wasm.br", None),
            ("snippets-0123456789abcdef/x/inline0.js", Some("/snippets-0123456789abcdef/x/inline0.js")),
        ] {
            assert_eq!(address_of(file).as_deref(), address, "{file}");
        }
    }

    #[test]
    fn the_version_follows_names_and_contents() {
        let one = version(&[kept("/", "aa"), kept("/a.js", "bb")]);
        assert_eq!(one, version(&[kept("/", "aa"), kept("/a.js", "bb")]));
        assert_ne!(one, version(&[kept("/", "aa"), kept("/a.js", "cc")]));
        assert_ne!(one, version(&[kept("/", "aa"), kept("/b.js", "bb")]));
    }

    #[test]
    fn fills_the_real_worker() {
        let worker = include_str!("../../../public/sw.js");
        let filled = fill(worker, &[kept("/", "aa")]).expect("the worker has both lines once");
        assert!(filled.contains("const FILES = [[\"/\",\"aa\"]];"));
        assert!(!filled.contains("\"development\""));
        assert!(fill(&filled, &[]).is_err(), "a filled worker is not filled twice");
    }
}
