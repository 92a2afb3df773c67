//! The rows of what the browser tests and the storage tests print.

use super::{Row, Series, text};
use crate::bench::listen::Figures;
use crate::bench::spread::{Better, Spread};
use serde_json::{Value, json};

/// The rows of what the browser tests and the storage test print: samples, each measure once.
pub fn in_browser(figures: &Figures) -> Vec<Row> {
    let mut series = Series::new();
    for figure in figures {
        let samples = figure["samples"].as_array().into_iter().flatten().filter_map(Value::as_f64);
        series.entry(text(figure, "measure")).or_default().extend(samples);
    }
    let lines: Vec<_> = series.keys().filter_map(|name| name.strip_prefix("cold start: ")).collect();
    let cold = lines.iter().flat_map(|line| {
        let app = format!("cold start to the lock screen, 4× CPU, {line}");
        let beside = |what: &str, words| Some((format!("{what}: {line}"), words));
        let (bare, hello) = (
            beside("cold bare page", "a bare page"),
            beside("cold hello page", "hello-world of the same stack"),
        );
        let bytes = format!("bytes until then, {line}");
        [
            (format!("cold start: {line}"), app.clone(), "ms", bare),
            (format!("cold start: {line}"), app, "ms", hello),
            (format!("cold start bytes: {line}"), bytes, "bytes", None),
        ]
    });
    let others = [
        (
            "warm start",
            "warm start to the lock screen, 4× CPU, station stopped",
            "warm bare page",
            "a bare page",
        ),
        ("unlock", "from the PIN to Today, 4× CPU", "unlock bare rounds", "the browser's 600,000 rounds"),
        ("save", "awaited save of one entry", "bare put", "a bare strict put"),
        ("press", "from pressing Save to \"saved\" on the screen", "press bare put", "a bare strict put"),
        ("photo save", "awaited save with a photo of 400 kB", "photo bare put", "a bare strict put of it"),
        (
            "photo press",
            "of that, after pressing Save",
            "bare put beside photos",
            "a bare strict put of the entry",
        ),
        (
            "reply",
            "from a desk's reply to its showing on an online phone",
            "reply bare",
            "a bare client that waits",
        ),
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

/// What crosses a line that breaks, as a multiple of the attachment that is sent over it.
pub fn sent(figures: &Figures) -> Vec<Row> {
    let row = |figure: &Value| {
        let measure = text(figure, "measure");
        let line = measure.strip_prefix("cut upload: ")?;
        let samples: Vec<_> = figure["samples"].as_array()?.iter().filter_map(Value::as_f64).collect();
        Some(Row {
            what: format!("bytes sent for an attachment of 5 MB, line cut ten times, {line}"),
            unit: "times".into(),
            own: Spread::of(&samples, Better::Less)?,
            beside: Some(("each byte once".into(), Spread::of(&[1.0], Better::Less)?)),
        })
    };
    figures.iter().filter_map(row).collect()
}

/// How slow the slowed-down page really was, as a sentence.
pub fn slowdown(figures: &Figures) -> Option<String> {
    let figure = figures.iter().find(|figure| figure["measure"] == json!("cpu slowdown"))?;
    let samples: Vec<_> = figure["samples"].as_array()?.iter().filter_map(Value::as_f64).collect();
    let times = Spread::of(&samples, Better::Less)?.median;
    Some(format!("Starts: a page slowed down to a quarter by the browser computed {times:.1} times slower."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_stands_beside_each_byte_once() {
        let figures = vec![
            json!({ "measure": "save", "samples": [1.0] }),
            json!({ "measure": "cut upload: back at once", "samples": [1.5, 1.25, 2.0] }),
        ];
        let rows = sent(&figures);
        assert_eq!((rows.len(), rows[0].ratio()), (1, Some(1.5)));
        assert!(rows[0].what.ends_with("cut ten times, back at once"));
    }

    #[test]
    fn a_start_stands_beside_a_bare_page_on_the_same_line() {
        let figures = vec![
            json!({ "measure": "cold start: slow", "samples": [30.0, 10.0, 20.0] }),
            json!({ "measure": "cold bare page: slow", "samples": [4.0, 5.0, 6.0] }),
            json!({ "measure": "cold hello page: slow", "samples": [10.0] }),
            json!({ "measure": "cold start bytes: slow", "samples": [9.0] }),
            json!({ "measure": "save", "samples": [1.0] }),
            json!({ "measure": "cpu slowdown", "samples": [3.96] }),
        ];
        let rows = in_browser(&figures);
        let told: Vec<_> = rows.iter().map(|row| (row.what.as_str(), row.own.median, row.ratio())).collect();
        let wanted = [
            ("cold start to the lock screen, 4× CPU, slow", 20.0, Some(4.0)),
            ("cold start to the lock screen, 4× CPU, slow", 20.0, Some(2.0)),
            ("bytes until then, slow", 9.0, None),
            ("awaited save of one entry", 1.0, None),
        ];
        assert_eq!(told, wanted);
        assert!(slowdown(&figures).expect("a sentence").contains("4.0 times"));
    }
}
