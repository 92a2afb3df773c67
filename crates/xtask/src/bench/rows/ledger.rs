//! The rows of a ledger of years: each measure for each number of records.

use super::{Row, text};
use crate::bench::listen::Figures;
use crate::bench::spread::{Better, Spread};
use serde_json::Value;

/// What stands beside a measure, and its name in the table.
enum Beside {
    Measure(&'static str, &'static str),
    Aim(f64, &'static str),
}

/// The rows of what the ledger's tests print.
pub fn of_ledger(figures: &Figures) -> Vec<Row> {
    use Beside::{Aim, Measure};
    let rows = [
        (
            "start",
            "from opening to the lock screen, 4× CPU, station stopped",
            Measure("start bare", "a bare page"),
        ),
        (
            "unlock to Today",
            "from the PIN to Today, 4× CPU, station stopped",
            Measure("unlock rounds", "the PIN's rounds alone"),
        ),
        ("longest task of a start", "longest task of that start", Aim(50.0, "the aim")),
        ("search", "95 % of searches answered in full within, 4× CPU", Measure("search bare", "one indexOf")),
        ("longest task of typing", "longest task while typing, 4× CPU", Aim(50.0, "the aim")),
        ("longest task of a fling", "longest task of a fling, 4× CPU", Aim(50.0, "the aim")),
        ("longest frame of a fling", "longest frame of a fling, 4× CPU", Aim(1_000.0, "a second")),
        ("longest task of dragging", "longest task while dragging through all, 4× CPU", Aim(50.0, "the aim")),
        (
            "longest frame of dragging",
            "longest frame while dragging through all, 4× CPU",
            Aim(1_000.0, "a second"),
        ),
        ("memory", "memory of the tab, searched once", Measure("memory bare", "a tab with a picture")),
    ];
    let mut found = Vec::new();
    for (measure, what, beside) in &rows {
        for figure in figures {
            let name = text(figure, "measure");
            let Some(records) = name.strip_prefix(measure).and_then(|rest| rest.strip_prefix(": ")) else {
                continue;
            };
            // The wait that hardly anybody exceeds, not the one in the middle.
            let own = if *measure == "search" { percentile_95(figure) } else { spread(figure) };
            let beside = match beside {
                Aim(aim, words) => Spread::of(&[*aim], Better::Less).map(|aim| (words.to_string(), aim)),
                Measure(other, words) => {
                    let other = format!("{other}: {records}");
                    let other = figures.iter().find(|figure| text(figure, "measure") == other);
                    other.and_then(spread).map(|spread| (words.to_string(), spread))
                }
            };
            let unit = text(figure, "unit");
            found.extend(own.map(|own| Row { what: format!("{what}, {records}"), unit, own, beside }));
        }
    }
    found
}

fn samples(figure: &Value) -> Vec<f64> {
    figure["samples"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

fn spread(figure: &Value) -> Option<Spread> {
    Spread::of(&samples(figure), Better::Less)
}

fn percentile_95(figure: &Value) -> Option<Spread> {
    let mut samples = samples(figure);
    samples.sort_by(f64::total_cmp);
    let at = (samples.len() * 95).div_ceil(100).checked_sub(1)?;
    Spread::of(&[samples[at]], Better::Less)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_search_is_told_by_what_hardly_anybody_waits_for() {
        let waits: Vec<f64> = (1..=20).map(f64::from).collect();
        let figures = vec![
            json!({ "measure": "search: 10000 records", "unit": "ms", "samples": waits }),
            json!({ "measure": "search bare: 10000 records", "unit": "ms", "samples": [2.0] }),
            json!({ "measure": "longest task of typing: 10000 records", "unit": "ms", "samples": [0.0] }),
        ];
        let rows = of_ledger(&figures);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].own.median, rows[0].ratio()), (19.0, Some(9.5)));
        assert_eq!(rows[1].ratio(), Some(0.0));
    }
}
