//! What stands beside what: figures become rows.

use super::listen::Figures;
use super::spread::{Better, Spread};
use serde_json::{Value, json};
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

/// The rows of what the browser tests and the storage test print: samples, each measure once.
pub fn in_browser(figures: &Figures) -> Vec<Row> {
    let mut series = Series::new();
    for figure in figures {
        let samples = figure["samples"].as_array().into_iter().flatten().filter_map(Value::as_f64);
        series.entry(text(figure, "measure")).or_default().extend(samples);
    }
    let lines: Vec<_> = series.keys().filter_map(|name| name.strip_prefix("cold start: ")).collect();
    let cold = lines.iter().flat_map(|line| {
        let app = format!("cold start to Today, 4× CPU, {line}");
        let bare = Some((format!("cold bare page: {line}"), "a bare page"));
        let bytes = format!("bytes until then, {line}");
        [
            (format!("cold start: {line}"), app, "ms", bare),
            (format!("cold start bytes: {line}"), bytes, "bytes", None),
        ]
    });
    let others = [
        ("warm start", "warm start to Today, 4× CPU, station stopped", "warm bare page", "a bare page"),
        ("save", "awaited save of one entry", "bare put", "a bare strict put"),
        ("press", "from pressing Save to \"saved\" on the screen", "press bare put", "a bare strict put"),
    ];
    let others = others.map(|(measure, what, bare, words)| {
        (measure.to_owned(), what.to_owned(), "ms", Some((bare.to_owned(), words)))
    });
    let of = |measure: &str| Spread::of(series.get(measure)?, Better::Less);
    let row = |(measure, what, unit, bare): (String, String, &str, Option<(String, &str)>)| {
        let beside = bare.and_then(|(bare, words)| Some((words.to_owned(), of(&bare)?)));
        Some(Row { what, unit: unit.to_owned(), own: of(&measure)?, beside })
    };
    cold.chain(others).filter_map(row).collect()
}

/// The rows of what the station's load example prints, run several times: a rate and a wait for each of its loads.
pub fn of_station(figures: &Figures) -> Vec<Row> {
    let (mut flushes, mut rates, mut waits) = (Vec::new(), Series::new(), Series::new());
    let mut loads = Vec::new();
    for figure in figures {
        let number = |key: &str| figure[key].as_f64();
        let (Some(clients), Some(entries)) =
            (figure["clients"].as_u64(), figure["entries_a_request"].as_u64())
        else {
            flushes.extend(number("a_second"));
            continue;
        };
        let clients = if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") };
        let load = format!("{clients}, {entries} a request");
        rates.entry(load.clone()).or_default().extend(number("a_second"));
        waits.entry(load.clone()).or_default().extend(number("p95_ms"));
        if !loads.contains(&load) {
            loads.push(load);
        }
    }
    let bare = Spread::of(&flushes, Better::More).map(|bare| ("flushed appends of 4 KiB".to_owned(), bare));
    let mut rows = Vec::new();
    for load in loads {
        let rate = rates.get(&load).and_then(|samples| Spread::of(samples, Better::More));
        rows.extend(rate.map(|own| Row {
            what: format!("entries accepted, {load}"),
            unit: "a second".into(),
            own,
            beside: bare.clone(),
        }));
        let wait = waits.get(&load).and_then(|samples| Spread::of(samples, Better::Less));
        rows.extend(wait.map(|own| Row {
            what: format!("95 % of the receipts within, {load}"),
            unit: "ms".into(),
            own,
            beside: None,
        }));
    }
    rows
}

/// How slow the slowed-down page really was, as a sentence.
pub fn slowdown(figures: &Figures) -> Option<String> {
    let figure = figures.iter().find(|figure| figure["measure"] == json!("cpu slowdown"))?;
    let samples: Vec<_> = figure["samples"].as_array()?.iter().filter_map(Value::as_f64).collect();
    let times = Spread::of(&samples, Better::Less)?.median;
    Some(format!("Starts: a page slowed down to a quarter by the browser computed {times:.1} times slower."))
}

fn text(figure: &Value, key: &str) -> String {
    figure[key].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_stands_beside_a_bare_page_on_the_same_line() {
        let figures = vec![
            json!({ "measure": "cold start: slow", "samples": [30.0, 10.0, 20.0] }),
            json!({ "measure": "cold bare page: slow", "samples": [4.0, 5.0, 6.0] }),
            json!({ "measure": "cold start bytes: slow", "samples": [9.0] }),
            json!({ "measure": "save", "samples": [1.0] }),
            json!({ "measure": "cpu slowdown", "samples": [3.96] }),
        ];
        let rows = in_browser(&figures);
        let told: Vec<_> = rows.iter().map(|row| (row.what.as_str(), row.own.median, row.ratio())).collect();
        let wanted = [
            ("cold start to Today, 4× CPU, slow", 20.0, Some(4.0)),
            ("bytes until then, slow", 9.0, None),
            ("awaited save of one entry", 1.0, None),
        ];
        assert_eq!(told, wanted);
        assert!(slowdown(&figures).expect("a sentence").contains("4.0 times"));
    }

    #[test]
    fn runs_of_the_station_come_together() {
        let run = |rate: u64| json!({ "measure": "entries accepted", "clients": 64, "entries_a_request": 1, "a_second": rate, "p50_ms": 1.0, "p95_ms": 2.5 });
        let flush = |rate: u64| json!({ "measure": "flushes of a 4 KiB file", "a_second": rate });
        let rows = of_station(&vec![flush(90), run(400), flush(110), run(500), flush(100), run(300)]);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].what, "entries accepted, 64 clients, 1 a request");
        assert_eq!((rows[0].own.median, rows[0].own.worst, rows[0].ratio()), (400.0, 300.0, Some(4.0)));
        assert_eq!((rows[1].own.n, rows[1].own.median), (3, 2.5));
    }
}
