//! Everything that must hold before a change is taken, in the order in which mistakes are cheapest to find.

use crate::browser::{self, Browser};
use crate::fault::{Fault, Outcome};
use crate::run::{cargo, run};
use crate::station::Profile;
use crate::term::{self, timed};
use crate::workspace::Workspace;
use crate::{app, dist, station, tools};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// One step of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Formatting.
    Format,
    /// Clippy over the crates that run here.
    Lint,
    /// Clippy over the app, as it is compiled for browsers.
    LintApp,
    /// Unit, property and station tests.
    Native,
    /// The storage suite on IndexedDB.
    Storage,
    /// Building the app.
    App,
    /// Building the station around it.
    Station,
    /// The stories, in a browser against the station.
    Stories,
}

impl Step {
    /// All, in order.
    pub const ALL: [Self; 8] = [
        Self::Format,
        Self::Lint,
        Self::LintApp,
        Self::Native,
        Self::Storage,
        Self::App,
        Self::Station,
        Self::Stories,
    ];

    /// Its word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::LintApp => "lint-app",
            Self::Native => "native",
            Self::Storage => "storage",
            Self::App => "app",
            Self::Station => "station",
            Self::Stories => "stories",
        }
    }

    /// The step of that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == word)
    }

    fn title(self) -> &'static str {
        match self {
            Self::Format => "Formatting",
            Self::Lint => "Clippy, the crates that run here",
            Self::LintApp => "Clippy, the app",
            Self::Native => "Unit, property and station tests",
            Self::Storage => "Storage suite in the browser",
            Self::App => "Build the app",
            Self::Station => "Build the station",
            Self::Stories => "Stories in the browser",
        }
    }

    /// What must have succeeded before it, in the same run.
    fn needs(self) -> &'static [Self] {
        match self {
            Self::Station => &[Self::App],
            Self::Stories => &[Self::App, Self::Station],
            _ => &[],
        }
    }
}

/// The chosen steps, or all, with what they need.
fn plan(only: &[Step]) -> Vec<Step> {
    let chosen = |step: &Step| {
        only.is_empty() || only.contains(step) || only.iter().any(|one| one.needs().contains(step))
    };
    Step::ALL.into_iter().filter(chosen).collect()
}

/// Runs the steps; a failed one does not hide what the others have to say.
pub fn test(workspace: &Workspace, only: &[Step]) -> Outcome {
    let start = Instant::now();
    let mut run = Run { workspace, browser: None, station: None };
    let mut results: Vec<(Step, Option<Outcome>, Duration)> = Vec::new();
    for step in plan(only) {
        let broken = |need: &Step| {
            results.iter().any(|(done, outcome, _)| done == need && !matches!(outcome, Some(Ok(()))))
        };
        if step.needs().iter().any(broken) {
            results.push((step, None, Duration::ZERO));
            continue;
        }
        let begun = Instant::now();
        let outcome = timed(step.title(), || run.step(step));
        if let Err(fault) = &outcome {
            eprintln!("{fault}");
        }
        results.push((step, Some(outcome), begun.elapsed()));
    }
    println!("\n{}", summary(&results, start.elapsed()));
    let failed: Vec<_> = results.iter().filter(|(_, outcome, _)| !matches!(outcome, Some(Ok(())))).collect();
    match failed.first() {
        None => Ok(()),
        Some((first, outcome, _)) => {
            let cause = outcome.as_ref().and_then(|outcome| outcome.as_ref().err()).map_or("", Fault::cause);
            Err(Fault::new(
                format!("{} of {} steps did not succeed. {cause}", failed.len(), results.len()),
                "The change is not ready.",
                format!("Mend it and try that step alone: cargo xtask test --only {}", first.name()),
            ))
        }
    }
}

fn summary(results: &[(Step, Option<Outcome>, Duration)], total: Duration) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (step, outcome, time) in results {
        let word = match outcome {
            Some(Ok(())) => "ok",
            Some(Err(_)) => "FAILED",
            None => "not run",
        };
        rows.push(vec![step.title().into(), word.into(), term::span(*time)]);
    }
    rows.push(vec!["Together".into(), String::new(), term::span(total)]);
    term::table(&rows)
}

/// What steps hand on to each other.
struct Run<'a> {
    workspace: &'a Workspace,
    browser: Option<Browser>,
    station: Option<PathBuf>,
}

impl Run<'_> {
    fn step(&mut self, step: Step) -> Outcome {
        match step {
            Step::Format => {
                tools::components(self.workspace)?;
                run(&mut self.cargo("fmt --all --check"), "Run `cargo fmt --all`.")
            }
            Step::Lint => {
                tools::components(self.workspace)?;
                run(
                    &mut self.cargo("clippy --workspace --exclude xunji --all-targets -- -D warnings"),
                    LINTS,
                )?;
                // These are compiled for this machine although they belong to the app.
                run(
                    &mut self.cargo("clippy --package xunji --lib --test locales --test stories --test bench -- -D warnings"),
                    LINTS,
                )
            }
            Step::LintApp => {
                tools::components(self.workspace)?;
                tools::wasm_target(self.workspace)?;
                run(&mut self.wasm_cargo("clippy", "--all-targets -- -D warnings"), LINTS)
            }
            Step::Native => {
                run(&mut self.cargo("test --package xunji --lib --test locales"), TESTS)?;
                // Last, because build servers read the closing lines.
                run(&mut self.cargo("test --workspace --exclude xunji"), TESTS)
            }
            Step::Storage => self.storage(),
            Step::App => app::build(self.workspace),
            Step::Station => {
                let built = station::build(self.workspace, Profile::Dev)?;
                // A copy, because the next `cargo test` puts a station without the app in its place.
                self.station = Some(dist::copy_into(&built, &self.workspace.target().join("stories"))?);
                Ok(())
            }
            Step::Stories => self.stories(),
        }
    }

    fn storage(&mut self) -> Outcome {
        let tools = tools::for_wasm_tests(self.workspace)?;
        let mut command = self.wasm_cargo("test", "--test storage_browser");
        command.env("CHROMEDRIVER", &self.browser()?.driver);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
        // The suite writes thousands of rows durably; the runner's own limits are for quick unit tests.
        command.env("WASM_BINDGEN_TEST_TIMEOUT", "300").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30");
        run(tools.on(&mut command), TESTS)
    }

    fn stories(&mut self) -> Outcome {
        let mut command = self.cargo("test --package xunji --test stories");
        let browser = self.browser()?;
        command.env("XUNJI_CHROMIUM", &browser.chromium).env("XUNJI_CHROMEDRIVER", &browser.driver);
        command.env("XUNJI_AXE", tools::axe(self.workspace)?);
        if let Some(station) = &self.station {
            command.env("XUNJI_STATION", station);
        }
        run(&mut command, TESTS)
    }

    fn browser(&mut self) -> Outcome<&Browser> {
        let browser = match self.browser.take() {
            Some(browser) => browser,
            None => browser::ensure()?,
        };
        Ok(self.browser.insert(browser))
    }

    fn cargo(&self, line: &str) -> Command {
        let mut command = cargo();
        command.args(line.split(' ')).current_dir(self.workspace.root());
        command
    }

    fn wasm_cargo(&self, verb: &str, rest: &str) -> Command {
        self.cargo(&format!("{verb} --package xunji --target wasm32-unknown-unknown {rest}"))
    }
}

const LINTS: &str = "Mend what Clippy says above; warnings count as errors.";
const TESTS: &str = "Mend what the failing test says above; its name is in the closing lines.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for step in Step::ALL {
            assert_eq!(Step::named(step.name()), Some(step));
        }
        assert_eq!(Step::named("all"), None);
    }

    #[test]
    fn a_chosen_step_brings_what_it_needs() {
        assert_eq!(plan(&[]), Step::ALL);
        assert_eq!(plan(&[Step::Lint]), [Step::Lint]);
        assert_eq!(plan(&[Step::Stories]), [Step::App, Step::Station, Step::Stories]);
        assert_eq!(plan(&[Step::Station, Step::Format]), [Step::Format, Step::App, Step::Station]);
    }

    #[test]
    fn the_summary_tells_failed_from_not_run() {
        let fault = Fault::new("c", "f", "a");
        let results = [
            (Step::App, Some(Err(fault)), Duration::from_secs(1)),
            (Step::Stories, None, Duration::ZERO),
            (Step::Format, Some(Ok(())), Duration::from_secs(2)),
        ];
        let text = summary(&results, Duration::from_secs(3));
        for words in [["Build the app", "FAILED"], ["Stories", "not run"], ["Formatting", "ok"]] {
            assert!(text.lines().any(|line| words.iter().all(|word| line.contains(word))), "{text}");
        }
    }
}
