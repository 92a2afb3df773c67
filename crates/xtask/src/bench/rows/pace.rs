//! The rows of how long many entries take, as time and as a rate.

use super::{Row, text};
use crate::bench::listen::Figures;
use crate::bench::spread::{Better, Spread};
use crate::term::grouped;
use serde_json::Value;

/// The ways that entries go, as measures are named.
const WAYS: [&str; 2] = ["push", "pull"];

/// Two rows for each way and line, beside the bare client on the same line.
pub fn of_pace(figures: &Figures) -> Vec<Row> {
    let mut rows = Vec::new();
    for way in WAYS {
        for figure in figures {
            let measure = text(figure, "measure");
            let Some(line) = measure.strip_prefix(&format!("{way}: ")) else { continue };
            let Some(entries) = figure["entries"].as_u64() else { continue };
            let bare = figures.iter().find(|other| text(other, "measure") == format!("bare {measure}"));
            let what = format!("{way} of {} entries, {line}", grouped(entries));
            let row = |unit: &str, better: Better, of: &dyn Fn(f64) -> f64| {
                let beside = bare.and_then(|bare| spread(bare, better, of));
                let beside = beside.map(|spread| ("a bare client".to_owned(), spread));
                Some(Row {
                    what: what.clone(),
                    unit: unit.to_owned(),
                    own: spread(figure, better, of)?,
                    beside,
                })
            };
            rows.extend(row("s", Better::Less, &|seconds| seconds));
            rows.extend(row("a second", Better::More, &|seconds| entries as f64 / seconds));
        }
    }
    rows
}

fn spread(figure: &Value, better: Better, of: &dyn Fn(f64) -> f64) -> Option<Spread> {
    let samples = figure["samples"].as_array()?.iter().filter_map(Value::as_f64);
    Spread::of(&samples.map(of).collect::<Vec<_>>(), better)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn time_and_rate_stand_beside_the_bare_client_on_the_same_line() {
        let figure = |measure: &str, seconds: f64| json!({ "measure": measure, "unit": "s", "samples": [seconds], "entries": 1000 });
        let figures = vec![
            figure("pull: 0 ms", 5.0),
            figure("push: 0 ms", 10.0),
            figure("bare push: 0 ms", 2.0),
            figure("push: 9 ms", 20.0),
        ];
        let rows = of_pace(&figures);
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.what.as_str(), row.unit.as_str(), row.own.median, row.ratio()))
            .collect();
        let wanted = [
            ("push of 1,000 entries, 0 ms", "s", 10.0, Some(5.0)),
            ("push of 1,000 entries, 0 ms", "a second", 100.0, Some(0.2)),
            ("push of 1,000 entries, 9 ms", "s", 20.0, None),
            ("push of 1,000 entries, 9 ms", "a second", 50.0, None),
            ("pull of 1,000 entries, 0 ms", "s", 5.0, None),
            ("pull of 1,000 entries, 0 ms", "a second", 200.0, None),
        ];
        assert_eq!(told, wanted);
    }
}
