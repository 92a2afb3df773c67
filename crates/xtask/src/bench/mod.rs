//! Sizes and speeds as a table, for people; nothing here passes or fails.
//!
//! Everything is measured in one run, each figure beside what the same machine does without the app: a bare page, a
//! bare commit, a bare flush, a bare client. A ratio means something on another machine too; a number alone does not.
//! [`measure`] runs what prints the samples, [`listen`] hears them, [`spread`] reckons, [`rows`] says what stands beside
//! what, [`report`] writes it down.

pub mod first_load;
mod hello;
mod listen;
mod machine;
mod measure;
mod parts;
mod report;
mod rows;
mod spread;

pub use parts::Part;

use crate::fault::{AtPath, Fault, Outcome};
use crate::term::{span, timed};
use crate::workspace::Workspace;
use crate::{app, browser};
use machine::Machine;
use measure::Bench;
use std::path::PathBuf;
use std::time::Instant;

/// Builds everything and measures it; `quick` only shows that every part runs.
pub fn bench(workspace: &Workspace, quick: bool, only: &[Part]) -> Outcome {
    let start = Instant::now();
    let chosen = |part: &Part| only.is_empty() || only.contains(part);
    let parts: Vec<_> = Part::ALL.into_iter().filter(chosen).collect();
    let in_browser = parts.iter().any(|part| part.needs_browser());
    let with_station = parts.iter().any(|part| part.needs_station());

    let folder = workspace.target().join("bench");
    std::fs::create_dir_all(folder.join("tmp")).at("create", &folder)?;
    let own = std::env::var_os("XUNJI_STATION").map(PathBuf::from);
    let station = match own {
        Some(station) if with_station => Some(station),
        None if with_station => Some(timed("Build the app, a hello-world page and the station", || {
            hello::station_with_hello(workspace)
        })?),
        _ => {
            if chosen(&Part::Bytes) {
                timed("Build the app", || app::build(workspace))?;
            }
            None
        }
    };
    let browser = if in_browser { Some(browser::ensure()?) } else { None };
    let machine = Machine::look(browser.as_ref());
    let bench = Bench { workspace, quick, folder: folder.clone(), station, browser };

    let mut report = report::Report::new(workspace, machine, quick);
    let mut failed = Vec::new();
    for &part in &parts {
        match timed(part.title(), || bench.measure(part)) {
            Ok(measured) => report.take(measured),
            Err(fault) => {
                eprintln!("{fault}");
                failed.push(part.name());
            }
        }
    }
    if failed.len() < parts.len() {
        print!("{}", report.for_terminal());
        println!("\nAs Markdown:\n\n{}", report.as_markdown());
    }
    let file = folder.join("report.json");
    std::fs::write(&file, format!("{:#}\n", report.as_json())).at("write", &file)?;
    println!("{} has every sample. All of it took {}.", file.display(), span(start.elapsed()));
    if failed.is_empty() {
        return Ok(());
    }
    Err(Fault::new(
        format!("Not everything could be measured: {}.", failed.join(", ")),
        "The table lacks these rows.",
        format!(
            "See what is said above, then measure that alone: cargo xtask bench --only {}",
            failed.join(",")
        ),
    ))
}
