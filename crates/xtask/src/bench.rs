//! Sizes and speeds as a table, for people; nothing here passes or fails.

use crate::app;
use crate::fault::{AtPath, Outcome};
use crate::precache::{self, Kept};
use crate::term::{table, timed};
use crate::workspace::Workspace;

/// The aim for everything that a first visit loads, in bytes.
const AIM: u64 = 200_000;

/// Builds everything and measures it.
pub fn bench(workspace: &Workspace) -> Outcome {
    timed("Build the app", || app::build(workspace))?;
    println!("\nFirst load: what the service worker keeps, in bytes\n");
    print!("{}", first_load(workspace)?);
    Ok(())
}

fn first_load(workspace: &Workspace) -> Outcome<String> {
    let app = workspace.app();
    let mut rows = Vec::new();
    let mut sums = [0; 3];
    for Kept { file, .. } in precache::list(&app)? {
        let path = app.join(&file);
        let plain = std::fs::metadata(&path).at("read", &path)?.len();
        // Where compressing wins nothing the file itself is sent.
        let size =
            |ending: &str| std::fs::metadata(app.join(format!("{file}.{ending}"))).map_or(plain, |m| m.len());
        let sizes = [plain, size("gz"), size("br")];
        for (sum, size) in sums.iter_mut().zip(sizes) {
            *sum += size;
        }
        rows.push((file, sizes));
    }
    rows.sort_by_key(|(_, sizes)| std::cmp::Reverse(sizes[2]));
    let mut lines = vec![["file", "plain", "gzip", "brotli"].map(str::to_owned).to_vec()];
    lines.extend(rows.into_iter().map(|(file, sizes)| row(file, sizes)));
    lines.push(row("sum".into(), sums));
    lines.push(vec!["aim".into(), String::new(), String::new(), grouped(AIM)]);
    Ok(table(&lines))
}

fn row(name: String, sizes: [u64; 3]) -> Vec<String> {
    std::iter::once(name).chain(sizes.map(grouped)).collect()
}

/// 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for (at, digit) in digits[first..].chars().enumerate() {
        if at % 3 == 0 && !text.is_empty() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(super::grouped(number), text);
        }
    }
}
