//! The licences of everything that the app and the station are made of, as one text for the screen 关于.
//!
//! First a table, a line a package: name, version, licence and where it is used, with tabs between. After an empty line
//! the licences' full texts, each once, with the packages under it. Sorted, so that the same sources make the same text.

use crate::fault::{AtPath, Fault, Outcome};
use crate::run::cargo;
use crate::workspace::Workspace;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Its name among the app's files.
pub const FILE: &str = "licences.txt";

/// What is looked through: the package, and the target that it is compiled for; none is this machine's.
const PARTS: [(&str, &str, Option<&str>); 2] =
    [("xunji", "app", Some("wasm32-unknown-unknown")), ("xunji-station", "station", None)];

/// A package of somebody else's, by name and version.
type Package = (String, String);

#[derive(Default)]
struct Used {
    licence: String,
    parts: BTreeSet<&'static str>,
    texts: Vec<String>,
}

/// Writes the text.
pub fn write(workspace: &Workspace, to: &Path) -> Outcome {
    let mut all = BTreeMap::<Package, Used>::new();
    let mut compiler = String::new();
    for (root, part, target) in PARTS {
        let metadata = metadata(workspace, target)?;
        let own =
            metadata["packages"].as_array().into_iter().flatten().find(|package| package["name"] == root);
        compiler = own.and_then(|own| own["rust_version"].as_str()).unwrap_or_default().to_owned();
        for package in reached(&metadata, root).ok_or_else(|| odd("`cargo metadata` has another form"))? {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            let used = all.entry((text("name"), text("version"))).or_default();
            used.licence = text("license");
            used.parts.insert(part);
            if used.texts.is_empty() {
                used.texts = texts(Path::new(package["manifest_path"].as_str().unwrap_or_default()))?;
            }
        }
    }
    // The compiler's own library is in both, and in no list of packages.
    let standard = all.entry(("std".to_owned(), compiler)).or_default();
    standard.licence = "MIT OR Apache-2.0".to_owned();
    standard.parts.extend(PARTS.map(|(_, part, _)| part));
    std::fs::write(to, text(&all)).at("write", to)
}

fn metadata(workspace: &Workspace, target: Option<&str>) -> Outcome<Value> {
    let host = crate::run::output(std::process::Command::new("rustc").arg("-vV")).unwrap_or_default();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned();
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform"]);
    command.arg(target.unwrap_or(&host)).current_dir(workspace.root());
    let said = crate::run::output(&mut command).ok_or_else(|| odd("`cargo metadata --locked` failed"))?;
    serde_json::from_str(&said).map_err(|_| odd("`cargo metadata` says no JSON"))
}

/// The packages that a package of ours is made of, without our own and without what only builds and tests need.
fn reached<'a>(metadata: &'a Value, root: &str) -> Option<Vec<&'a Value>> {
    let packages: BTreeMap<_, _> =
        metadata["packages"].as_array()?.iter().filter_map(|one| Some((one["id"].as_str()?, one))).collect();
    let nodes: BTreeMap<_, _> = metadata["resolve"]["nodes"]
        .as_array()?
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node["deps"].as_array()?)))
        .collect();
    let (first, _) = packages.iter().find(|(_, package)| package["name"] == root)?;
    let (mut seen, mut next) = (BTreeSet::new(), vec![*first]);
    while let Some(id) = next.pop() {
        if !seen.insert(id) {
            continue;
        }
        for dependency in nodes.get(id).into_iter().copied().flatten() {
            let mut kinds = dependency["dep_kinds"].as_array()?.iter();
            if kinds.any(|kind| kind["kind"].is_null()) {
                next.push(dependency["pkg"].as_str()?);
            }
        }
    }
    // Our own have no source.
    Some(
        seen.into_iter()
            .filter_map(|id| packages.get(id).copied())
            .filter(|one| !one["source"].is_null())
            .collect(),
    )
}

/// The texts that lie beside a package's manifest.
fn texts(manifest: &Path) -> Outcome<Vec<String>> {
    let Some(folder) = manifest.parent() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).at("read", folder)? {
        let path = entry.at("read", folder)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_uppercase();
        let is_one = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE", "COPYRIGHT"];
        if path.is_file() && is_one.iter().any(|start| name.starts_with(start)) {
            found.push(path);
        }
    }
    found.sort();
    let read = |path: &std::path::PathBuf| -> Outcome<String> {
        let bytes = std::fs::read(path).at("read", path)?;
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned())
    };
    found.iter().map(read).collect()
}

fn text(all: &BTreeMap<Package, Used>) -> String {
    let mut made = String::new();
    let mut by_text = BTreeMap::<&str, BTreeSet<&str>>::new();
    for ((name, version), used) in all {
        let parts: Vec<_> = used.parts.iter().copied().collect();
        made.push_str(&format!("{name}\t{version}\t{}\t{}\n", used.licence, parts.join(", ")));
        for text in &used.texts {
            by_text.entry(text).or_default().insert(name);
        }
    }
    let mut texts: Vec<_> = by_text.into_iter().map(|(text, names)| (names, text)).collect();
    texts.sort();
    for (names, text) in texts {
        let names: Vec<_> = names.into_iter().collect();
        made.push_str(&format!("\n{}\n\n{text}\n", names.join(", ")));
    }
    made
}

fn odd(cause: &str) -> Fault {
    Fault::new(
        format!("{cause}."),
        "The licences of what the app is made of could not be gathered.",
        "Run `cargo metadata --locked` by hand and mend what it says.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_comes_first_and_each_text_once() {
        let used = |licence: &str, part, text: &str| Used {
            licence: licence.to_owned(),
            parts: [part].into(),
            texts: vec![text.to_owned()],
        };
        let package = |name: &str| (name.to_owned(), "1.0.0".to_owned());
        let all = BTreeMap::from([
            (package("b"), used("MIT", "app", "Be kind.")),
            (package("a"), used("MIT", "station", "Be kind.")),
        ]);
        assert_eq!(text(&all), "a\t1.0.0\tMIT\tstation\nb\t1.0.0\tMIT\tapp\n\na, b\n\nBe kind.\n");
    }

    #[test]
    fn what_only_tests_and_builds_need_is_left_out() {
        let metadata = serde_json::json!({
            "packages": [
                { "id": "x", "name": "xunji", "source": null },
                { "id": "l", "name": "leptos", "source": "registry" },
                { "id": "t", "name": "tester", "source": "registry" },
            ],
            "resolve": { "nodes": [
                { "id": "x", "deps": [
                    { "pkg": "l", "dep_kinds": [{ "kind": null }] },
                    { "pkg": "t", "dep_kinds": [{ "kind": "dev" }, { "kind": "build" }] },
                ] },
                { "id": "l", "deps": [] },
            ] },
        });
        let found = reached(&metadata, "xunji").expect("of the right form");
        assert_eq!(found.iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["leptos"]);
    }
}
