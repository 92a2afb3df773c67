//! The rows of what the simulation says at its end, in lines of a word and a number.

use super::Row;
use crate::bench::listen::Figures;
use crate::bench::spread::{Better, Spread};
use serde_json::{Value, json};

/// What is told of a run: the simulation's word, the row's words, and whether there should be none.
const COUNTS: [(&str, &str, bool); 5] = [
    ("scenarios", "scenarios played", false),
    ("faults", "faults injected", false),
    ("entries", "entries saved", false),
    ("lost", "entries lost", true),
    ("doubled", "entries doubled", true),
];

/// The figure in a line, if it is one of the counts.
pub fn count(line: &str) -> Option<Value> {
    let mut words = line.split_whitespace();
    let (word, number) = (words.next()?, words.next()?.parse::<u64>().ok()?);
    let known = words.next().is_none() && COUNTS.iter().any(|(name, ..)| *name == word);
    known.then(|| json!({ "measure": word, "samples": [number] }))
}

/// A row for each count of a run that lasted this long.
pub fn of_torture(figures: &Figures, lasted: &str) -> Vec<Row> {
    let row = |(word, what, none): (&str, &str, bool)| {
        let figure = figures.iter().find(|figure| figure["measure"] == json!(word))?;
        let samples: Vec<_> = figure["samples"].as_array()?.iter().filter_map(Value::as_f64).collect();
        let beside =
            if none { Some(("the aim".to_owned(), Spread::of(&[0.0], Better::Less)?)) } else { None };
        let own = Spread::of(&samples, Better::Less)?;
        Some(Row { what: format!("torture: {what}"), unit: format!("in {lasted}"), own, beside })
    };
    COUNTS.into_iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_found_among_what_is_said() {
        let said = "Torture from seed 7 on, for 1 min\nscenarios         1200\nfaults           34567\n        12 Lost\n\
            entries          99001\n     99000 accepted\nlost                 0\ndoubled              2\n";
        let figures: Figures = said.lines().filter_map(count).collect();
        let rows = of_torture(&figures, "1 min");
        let told: Vec<_> = rows.iter().map(|row| (row.what.as_str(), row.own.median)).collect();
        let wanted = [
            ("torture: scenarios played", 1200.0),
            ("torture: faults injected", 34567.0),
            ("torture: entries saved", 99001.0),
            ("torture: entries lost", 0.0),
            ("torture: entries doubled", 2.0),
        ];
        assert_eq!(told, wanted);
        assert!(rows[3].beside.is_some() && rows[2].beside.is_none());
    }
}
