//! The rows as a table, as Markdown and as JSON.

use super::first_load::FirstLoad;
use super::machine::Machine;
use super::measure::Measured;
use super::rows::Row;
use crate::run::output;
use crate::term::{grouped, table};
use crate::workspace::Workspace;
use serde_json::{Value, json};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// The words above the columns.
const HEAD: [&str; 8] = ["measured", "unit", "n", "median", "p95", "worst", "beside it", "ratio"];

/// What p95 and worst mean where more is better, and what a ratio is.
const LEGEND: &str =
    "p95: 95 of 100 are no worse. Ratio: median by median, to what this machine does without the app.";

/// Everything that was measured.
pub struct Report {
    machine: Machine,
    commit: Option<String>,
    quick: bool,
    first_load: Option<FirstLoad>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
    /// An empty one.
    pub fn new(workspace: &Workspace, machine: Machine, quick: bool) -> Self {
        let mut git = Command::new("git");
        git.args(["describe", "--always", "--dirty"]).current_dir(workspace.root());
        let mut notes = Vec::new();
        if quick {
            notes.push("A quick run: too few samples to tell anything but that every part runs.".to_owned());
        }
        if let Some(station) = std::env::var_os("XUNJI_STATION") {
            notes.push(format!("The station was not built for this: {}.", station.display()));
        }
        Self { machine, commit: output(&mut git), quick, first_load: None, rows: Vec::new(), notes }
    }

    /// Adds what a part has to say.
    pub fn take(&mut self, measured: Measured) {
        self.rows.extend(measured.rows);
        self.notes.extend(measured.notes);
        self.first_load = measured.first_load.or(self.first_load.take());
    }

    /// For the person who has waited for it.
    pub fn for_terminal(&self) -> String {
        let mut text = String::new();
        if let Some(load) = &self.first_load {
            text.push_str("\nFirst load: what the service worker keeps, in bytes\n\n");
            text.push_str(&load.for_terminal());
        }
        let lines = std::iter::once(HEAD.map(str::to_owned)).chain(self.rows.iter().map(cells));
        text.push_str(&format!("\n{}\n\n", self.machine.sentence()));
        text.push_str(&table(&lines.map(Vec::from).collect::<Vec<_>>()));
        text.push_str(&format!("\n{LEGEND}\n"));
        for note in &self.notes {
            text.push_str(&format!("{note}\n"));
        }
        text
    }

    /// Rows for a README.
    pub fn as_markdown(&self) -> String {
        let line = |cells: [String; 8]| format!("| {} |\n", cells.join(" | "));
        let mut text = line(HEAD.map(str::to_owned));
        text.push_str("|---|---|---:|---:|---:|---:|---|---:|\n");
        text.extend(self.rows.iter().map(|row| line(cells(row))));
        text.push_str(&format!("\n{}; {}. {LEGEND}\n", self.machine.sentence(), self.version()));
        text
    }

    /// With every sample.
    pub fn as_json(&self) -> Value {
        json!({
            "taken_at": SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs()),
            "version": self.commit,
            "quick": self.quick,
            "machine": self.machine.as_json(),
            "notes": self.notes,
            "first_load": self.first_load.as_ref().map(FirstLoad::as_json),
            "rows": self.rows.iter().map(Row::as_json).collect::<Vec<_>>(),
        })
    }

    fn version(&self) -> String {
        self.commit
            .as_deref()
            .map_or_else(|| "an unknown version".into(), |commit| format!("version {commit}"))
    }
}

fn cells(row: &Row) -> [String; 8] {
    let own = &row.own;
    let beside = row.beside.as_ref().map(|(what, spread)| format!("{what}: {}", number(spread.median)));
    let ratio = row.ratio().map(|ratio| format!("{} ×", number(ratio)));
    [
        row.what.clone(),
        row.unit.clone(),
        grouped(own.n as u64),
        number(own.median),
        number(own.p95),
        number(own.worst),
        beside.unwrap_or_default(),
        ratio.unwrap_or_default(),
    ]
}

/// Three digits, and no fewer than there are before the point.
fn number(value: f64) -> String {
    match value.abs() {
        size if size.fract() == 0.0 || size >= 99.95 => grouped(value.round() as u64),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::spread::{Better, Spread};
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (value, text) in
            [(0.512, "0.51"), (9.999, "10.0"), (12.34, "12.3"), (99.96, "100"), (1234.5, "1,235"), (7.0, "7")]
        {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn a_row_says_what_stands_beside_it() {
        let of = |sample| Spread::of(&[sample], Better::Less).expect("a sample");
        let row = Row {
            what: "a save".into(),
            unit: "ms".into(),
            own: of(1.0),
            beside: Some(("a put".into(), of(0.4))),
        };
        assert_eq!(cells(&row), ["a save", "ms", "1", "1", "1", "1", "a put: 0.40", "2.50 ×"]);
    }
}
