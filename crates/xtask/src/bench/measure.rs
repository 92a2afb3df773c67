//! Each part with the program that measures it.

use super::first_load::FirstLoad;
use super::listen::{Figures, hear, listen};
use super::machine::taken_by_others;
use super::parts::Part;
use super::rows::{self, Row};
use crate::browser::Browser;
use crate::fault::{Fault, Outcome};
use crate::run::{cargo, run};
use crate::tools;
use crate::workspace::Workspace;
use std::path::PathBuf;
use std::process::Command;

/// What the parts have in common.
pub(super) struct Bench<'a> {
    pub workspace: &'a Workspace,
    pub quick: bool,
    /// For everything that is written, on the checkout's own disk: in memory a flush costs nothing.
    pub folder: PathBuf,
    pub station: Option<PathBuf>,
    pub browser: Option<Browser>,
}

/// What a part has to say.
#[derive(Default)]
pub(super) struct Measured {
    pub rows: Vec<Row>,
    pub first_load: Option<FirstLoad>,
    pub notes: Vec<String>,
}

const BROKEN: &str = "Mend what is said above, then measure again.";

impl Bench<'_> {
    /// Measures one part.
    pub fn measure(&self, part: Part) -> Outcome<Measured> {
        match part {
            Part::Bytes => {
                let load = FirstLoad::weigh(&self.workspace.app())?;
                Ok(Measured {
                    rows: load.row().into_iter().collect(),
                    first_load: Some(load),
                    ..Measured::default()
                })
            }
            Part::Start => {
                self.browser_test(&["--no-run"])?;
                let busy = busy(part);
                let figures = self.browser_test(&["start::"])?;
                let notes = busy.into_iter().chain(rows::slowdown(&figures)).collect();
                Ok(Measured { rows: rows::in_browser(&figures), first_load: None, notes })
            }
            Part::Save => {
                let (figures, notes) = self.stored_and_shown(part, "an_awaited_save", "press::")?;
                Ok(Measured { rows: rows::in_browser(&figures), first_load: None, notes })
            }
            Part::Photos => {
                let (figures, notes) = self.stored_and_shown(part, "a_photo", "cuts::")?;
                let rows = rows::in_browser(&figures).into_iter().chain(rows::sent(&figures)).collect();
                Ok(Measured { rows, first_load: None, notes })
            }
            Part::Sync => {
                self.browser_test(&["--no-run"])?;
                let notes = busy(part).into_iter().collect();
                let figures = self.browser_test(&["sync::"])?;
                Ok(Measured { rows: rows::of_pace(&figures), first_load: None, notes })
            }
            Part::Ledger => {
                self.browser_test(&["--no-run"])?;
                let notes = busy(part).into_iter().collect();
                let figures = self.browser_test(&["ledger::"])?;
                Ok(Measured { rows: rows::of_ledger(&figures), first_load: None, notes })
            }
            Part::Desk => {
                self.browser_test(&["--no-run"])?;
                let load = self.load(part, "desk")?;
                let mut rows = rows::in_browser(&self.browser_test(&["replies::"])?);
                rows.extend(load.rows);
                Ok(Measured { rows, ..load })
            }
            Part::Station => self.load(part, "entries"),
            Part::Torture => self.torture(),
        }
    }

    /// What a storage test and a browser test of these names tell, and whether the machine was busy before.
    fn stored_and_shown(&self, part: Part, storage: &str, browser: &str) -> Outcome<(Figures, Vec<String>)> {
        self.storage_test(&["--no-run"])?;
        self.browser_test(&["--no-run"])?;
        let busy = busy(part);
        let mut figures = self.storage_test(&["--", "--nocapture", storage])?;
        figures.extend(self.browser_test(&[browser])?);
        Ok((figures, busy.into_iter().collect()))
    }

    /// The app in a browser against the station: `tests/bench.rs`. The harness itself may be slow, for the page measures.
    fn browser_test(&self, what: &[&str]) -> Outcome<Figures> {
        let mut command = cargo();
        command.args(["test", "--quiet", "--package", "xunji", "--test", "bench"]).args(what);
        command.current_dir(self.workspace.root());
        if what != ["--no-run"] {
            // One at a time, with the machine to itself.
            command.args(["--", "--ignored", "--nocapture", "--test-threads=1"]);
        }
        let browser = self.browser()?;
        command.env("XUNJI_CHROMIUM", &browser.chromium).env("XUNJI_CHROMEDRIVER", &browser.driver);
        if let Some(station) = &self.station {
            command.env("XUNJI_STATION", station);
        }
        if self.quick {
            command.env("XUNJI_BENCH_QUICK", "1");
        }
        listen(&mut command, BROKEN)
    }

    /// The storage alone in a page of its own: `tests/bench_storage.rs`, optimised like the app.
    fn storage_test(&self, what: &[&str]) -> Outcome<Figures> {
        let tools = tools::for_wasm_tests(self.workspace)?;
        let mut command = cargo();
        // Cargo hands --quiet on to the runner, which does not know it.
        command.args(["test", "--release", "--package", "xunji", "--test", "bench_storage"]);
        command.args(["--target", "wasm32-unknown-unknown"]).args(what).current_dir(self.workspace.root());
        command.env("CHROMEDRIVER", &self.browser()?.driver).env("TMPDIR", self.folder.join("tmp"));
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
        command.env("WASM_BINDGEN_TEST_TIMEOUT", "120").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30");
        listen(tools.on(&mut command), BROKEN)
    }

    /// A part of the station's own example, with a bare flush beside each of its runs.
    fn load(&self, part: Part, what: &str) -> Outcome<Measured> {
        const BUILD: [&str; 7] =
            ["build", "--profile", "station", "--package", "xunji-station", "--example", "load"];
        run(cargo().args(BUILD).current_dir(self.workspace.root()), BROKEN)?;
        let program = format!("station/examples/load{}", std::env::consts::EXE_SUFFIX);
        let notes = busy(part).into_iter().collect();
        let (runs, seconds) = if self.quick { (1, "1") } else { (3, "3") };
        let mut figures = Vec::new();
        for _ in 0..runs {
            let mut load = Command::new(self.workspace.target().join(&program));
            figures.extend(listen(load.arg(what).arg(seconds).arg(self.folder.join("tmp")), BROKEN)?);
        }
        Ok(Measured { rows: rows::of_station(&figures), first_load: None, notes })
    }

    /// The simulation, as `cargo xtask torture` plays it, but for a bounded time.
    fn torture(&self) -> Outcome<Measured> {
        const BUILD: [&str; 9] = [
            "build",
            "--profile",
            "station",
            "--package",
            "xunji-sync",
            "--features",
            "simulation",
            "--example",
            "torture",
        ];
        run(cargo().args(BUILD).current_dir(self.workspace.root()), BROKEN)?;
        let notes = busy(Part::Torture).into_iter().collect();
        let (minutes, words) = if self.quick { ("0.1", "6 s") } else { ("1", "1 min") };
        let program =
            self.workspace.target().join(format!("station/examples/torture{}", std::env::consts::EXE_SUFFIX));
        let mut figures = Figures::new();
        hear(Command::new(program).args(["--minutes", minutes]), BROKEN, |said| {
            println!("    {said}");
            figures.extend(rows::count(said));
        })?;
        Ok(Measured { rows: rows::of_torture(&figures, words), first_load: None, notes })
    }

    fn browser(&self) -> Outcome<&Browser> {
        self.browser
            .as_ref()
            .ok_or_else(|| Fault::new("There is no browser.", "Nothing was measured.", BROKEN))
    }
}

/// Says when the machine has other work, because then the figures are the other work's too.
fn busy(part: Part) -> Option<String> {
    let share = taken_by_others().filter(|share| *share >= 10)?;
    Some(format!("{}: other work took {share} % of the processors just before.", part.title()))
}
