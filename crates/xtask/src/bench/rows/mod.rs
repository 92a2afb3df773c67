//! What stands beside what: figures become rows.

mod browser;
mod ledger;
mod pace;
mod station;
mod torture;

pub use browser::{in_browser, sent, slowdown};
pub use ledger::of_ledger;
pub use pace::of_pace;
pub use station::of_station;
pub use torture::{count, of_torture};

use super::spread::Spread;
use serde_json::Value;
use std::collections::BTreeMap;

/// One row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// In what.
    pub unit: String,
    /// The app's or the station's own.
    pub own: Spread,
    /// What the machine does without them.
    pub beside: Option<(String, Spread)>,
}

impl Row {
    /// How many times the bare figure its own is, median by median.
    pub fn ratio(&self) -> Option<f64> {
        let bare = self.beside.as_ref()?.1.median;
        (bare > 0.0).then(|| self.own.median / bare)
    }

    /// For `report.json`.
    pub fn as_json(&self) -> Value {
        let beside = self.beside.as_ref().map(|(what, spread)| {
            let mut json = spread.as_json();
            json["what"] = what.as_str().into();
            json
        });
        let mut json = self.own.as_json();
        json["what"] = self.what.as_str().into();
        json["unit"] = self.unit.as_str().into();
        json["beside"] = beside.into();
        json["ratio"] = self.ratio().into();
        json
    }
}

/// Samples by measure, in the order of the alphabet.
type Series = BTreeMap<String, Vec<f64>>;

fn text(figure: &Value, key: &str) -> String {
    figure[key].as_str().unwrap_or_default().to_owned()
}
