//! What a first visit loads, file by file.

use super::rows::Row;
use super::spread::{Better, Spread};
use crate::fault::{AtPath, Fault, Outcome};
use crate::precache::{self, Kept};
use crate::term::{grouped, table};
use serde_json::{Value, json};
use std::path::Path;

/// The aim for everything that a first visit loads, in bytes.
const AIM: u64 = 200_000;
/// What it may weigh today, in bytes: an app that has grown beyond this is not built until somebody has raised it, and
/// said in the commit what the growth is worth.
const MOST: u64 = 640_000;

/// A file with its sizes: plain, gzip, brotli.
type File = (String, [u64; 3]);

/// The files, largest first.
pub struct FirstLoad(Vec<File>);

impl FirstLoad {
    /// Weighs everything that the service worker keeps.
    pub fn weigh(app: &Path) -> Outcome<Self> {
        let mut files = Vec::new();
        for Kept { file, .. } in precache::list(app)? {
            let path = app.join(&file);
            let plain = std::fs::metadata(&path).at("read", &path)?.len();
            // Where compressing wins nothing the file itself is sent.
            let size = |ending: &str| {
                std::fs::metadata(app.join(format!("{file}.{ending}"))).map_or(plain, |m| m.len())
            };
            let sizes = [plain, size("gz"), size("br")];
            files.push((file, sizes));
        }
        files.sort_by_key(|(_, sizes)| std::cmp::Reverse(sizes[2]));
        Ok(Self(files))
    }

    fn sums(&self) -> [u64; 3] {
        self.0.iter().fold([0; 3], |sums, (_, sizes)| [0, 1, 2].map(|at| sums[at] + sizes[at]))
    }

    /// Refuses an app that has grown too much.
    pub fn check(&self) -> Outcome {
        let [.., sum] = self.sums();
        if sum <= MOST {
            return Ok(());
        }
        Err(Fault::new(
            format!(
                "A first visit would load {} bytes, {} more than it may.",
                grouped(sum),
                grouped(sum - MOST)
            ),
            "The app was not built: each kilobyte has to earn its place on a small phone.",
            "Find what has grown with `cargo xtask bench --only bytes`, or raise MOST in crates/xtask/src/bench/first_load.rs.",
        ))
    }

    /// A line a file, their sum, and the aim.
    pub fn for_terminal(&self) -> String {
        let mut lines = vec![["file", "plain", "gzip", "brotli"].map(str::to_owned).to_vec()];
        lines.extend(self.0.iter().map(|(file, sizes)| line(file, *sizes)));
        lines.push(line("sum", self.sums()));
        lines.push(vec!["aim".into(), String::new(), String::new(), grouped(AIM)]);
        table(&lines)
    }

    /// The sum beside the aim.
    pub fn row(&self) -> Option<Row> {
        let bytes = |number: u64| Spread::of(&[number as f64], Better::Less);
        Some(Row {
            what: "first load, brotli".into(),
            unit: "bytes".into(),
            own: bytes(self.sums()[2])?,
            beside: Some(("the aim".into(), bytes(AIM)?)),
        })
    }

    /// For `report.json`.
    pub fn as_json(&self) -> Value {
        let file = |(file, [plain, gzip, brotli]): &File| json!({ "file": file, "plain": plain, "gzip": gzip, "brotli": brotli });
        self.0.iter().map(file).collect()
    }
}

fn line(name: &str, sizes: [u64; 3]) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(sizes.map(grouped)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_stands_beside_the_aim() {
        let load = FirstLoad(vec![("a.wasm".into(), [900, 500, 300]), ("b.js".into(), [20, 15, 10])]);
        assert_eq!(load.sums(), [920, 515, 310]);
        let row = load.row().expect("two files have a sum");
        assert_eq!((row.own.median, row.beside.map(|(_, aim)| aim.median)), (310.0, Some(200_000.0)));
        assert!(load.for_terminal().contains("200,000"));
    }

    #[test]
    fn an_app_that_has_grown_too_much_is_refused() {
        let load = |size: u64| FirstLoad(vec![("a.wasm".into(), [2 * MOST, MOST, size])]);
        assert!(load(MOST).check().is_ok());
        let refused = load(MOST + 1).check().expect_err("a byte too many").to_string();
        assert!(refused.contains("640,001") && refused.contains("bench --only bytes"), "{refused}");
    }
}
