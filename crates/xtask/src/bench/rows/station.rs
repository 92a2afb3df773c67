//! The rows of what the station's load example prints.

use super::{Row, Series};
use crate::bench::listen::Figures;
use crate::bench::spread::{Better, Spread};

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
}
