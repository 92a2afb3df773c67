//! The rows of what the station's load example prints.

use super::{Row, Series};
use crate::bench::listen::Figures;
use crate::bench::spread::{Better, Spread};
use serde_json::Value;

/// The rows of what the station's load example prints, run several times.
pub fn of_station(figures: &Figures) -> Vec<Row> {
    let mut rows = accepted(figures);
    rows.extend(fan_out(figures));
    rows.extend(back_fill(figures));
    rows.extend(weight(figures));
    rows
}

/// The samples of one member of all figures of a measure.
fn samples(figures: &[Value], measure: &str, key: &str) -> Vec<f64> {
    let of = figures.iter().filter(|figure| figure["measure"] == measure);
    of.filter_map(|figure| figure[key].as_f64()).collect()
}

fn row(what: String, unit: &str, samples: &[f64]) -> Option<Row> {
    Spread::of(samples, Better::Less).map(|own| Row { what, unit: unit.into(), own, beside: None })
}

/// How soon a desk has what a phone sends.
fn fan_out(figures: &[Value]) -> Vec<Row> {
    let (mut loads, mut waits) = (Vec::new(), [Series::new(), Series::new()]);
    for figure in figures.iter().filter(|figure| figure["measure"] == "fan-out") {
        let (who, phones, rate) = (&figure["who"], &figure["phones"], &figure["wanted_a_second"]);
        let (who, listening) = (who.as_str().unwrap_or_default(), &figure["listening"]);
        let load = format!("{who} of {phones} phones, {listening} of them open, {rate} entries a second");
        for (series, key) in waits.iter_mut().zip(["p50_ms", "p95_ms"]) {
            series.entry(load.clone()).or_default().extend(figure[key].as_f64());
        }
        if !loads.contains(&load) {
            loads.push(load);
        }
    }
    let row = |load: &String, share: &str, series: &Series| {
        row(format!("{share} of the entries at the desk within, {load}"), "ms", series.get(load)?)
    };
    let both = |load: &String| [row(load, "50 %", &waits[0]), row(load, "95 %", &waits[1])];
    loads.iter().flat_map(both).flatten().collect()
}

/// What it costs that a desk becomes entitled to a long record.
fn back_fill(figures: &[Value]) -> Option<Row> {
    let of = |key| samples(figures, "back-fill", key);
    let plain = Spread::of(&of("plain_ms"), Better::Less)?;
    let filled = row("a step that back-fills a record of 200 entries".to_owned(), "ms", &of("filled_ms"))?;
    Some(Row { beside: Some(("one plain entry".to_owned(), plain)), ..filled })
}

/// What entries weigh.
fn weight(figures: &[Value]) -> Vec<Row> {
    let of = |key| samples(figures, "weight", key);
    let entries = of("entries").into_iter().fold(0.0, f64::max);
    let rows = [
        row("database per 100,000 entries".to_owned(), "MB", &of("database_mb_per_100000")),
        row(format!("memory of the station after {entries} entries"), "MB", &of("memory_mb")),
        row("memory of the station at its start".to_owned(), "MB", &of("memory_mb_before")),
    ];
    rows.into_iter().flatten().collect()
}

/// A rate and a wait for each way of sending.
fn accepted(figures: &[Value]) -> Vec<Row> {
    let (mut flushes, mut rates, mut waits) = (Vec::new(), Series::new(), Series::new());
    let mut loads = Vec::new();
    for figure in figures {
        let number = |key: &str| figure[key].as_f64();
        if figure["measure"] == "flushes of a 4 KiB file" {
            flushes.extend(number("a_second"));
        }
        let (Some(clients), Some(entries)) =
            (figure["clients"].as_u64(), figure["entries_a_request"].as_u64())
        else {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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

    #[test]
    fn fan_out_back_fill_and_weight_are_rows_of_their_own() {
        let fan_out = |who: &str, rate: u64, p95: f64| json!({ "measure": "fan-out", "who": who, "phones": 122, "listening": 40, "wanted_a_second": rate, "a_second": rate, "entries": 9, "p50_ms": 1.0, "p95_ms": p95 });
        let back_fill = json!({ "measure": "back-fill", "entries": 200, "records": 20, "plain_ms": 2.0, "filled_ms": 6.0 });
        let weight = json!({ "measure": "weight", "entries": 20_000, "database_mb_per_100000": 90.0, "memory_mb_before": 20.0, "memory_mb": null });
        let rows = of_station(&vec![
            fan_out("township", 16, 3.0),
            fan_out("township", 160, 9.0),
            fan_out("township", 16, 5.0),
            back_fill,
            weight,
        ]);
        let said: Vec<_> = rows.iter().map(|row| (row.what.as_str(), row.own.median)).collect();
        assert_eq!(
            said,
            [
                (
                    "50 % of the entries at the desk within, township of 122 phones, 40 of them open, 16 entries a second",
                    1.0
                ),
                (
                    "95 % of the entries at the desk within, township of 122 phones, 40 of them open, 16 entries a second",
                    3.0
                ),
                (
                    "50 % of the entries at the desk within, township of 122 phones, 40 of them open, 160 entries a second",
                    1.0
                ),
                (
                    "95 % of the entries at the desk within, township of 122 phones, 40 of them open, 160 entries a second",
                    9.0
                ),
                ("a step that back-fills a record of 200 entries", 6.0),
                ("database per 100,000 entries", 90.0),
                ("memory of the station at its start", 20.0),
            ]
        );
        assert_eq!(rows[4].ratio(), Some(3.0));
    }
}
