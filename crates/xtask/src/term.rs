//! What the person at the terminal sees.

use crate::fault::{Fault, Outcome};
use qrcode::{QrCode, render::unicode::Dense1x2};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Says what begins, does it, and says how long it took.
pub fn timed<T>(what: &str, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    println!("==> {what}");
    let start = Instant::now();
    let outcome = work();
    let word = if outcome.is_ok() { "done" } else { "failed" };
    println!("    {word} after {}: {what}", span(start.elapsed()));
    outcome
}

/// One line about something that needed no work.
pub fn in_place(what: &str) {
    println!("    in place: {what}");
}

/// A duration as a person says it.
pub fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

/// Columns as wide as their widest cell; all but the first are numbers and stand right.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::from("   ");
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            let cell = if column == 0 { format!(" {cell:<width$}") } else { format!("  {cell:>width$}") };
            line.push_str(&cell);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// 1234567 as 1,234,567.
pub fn grouped(number: u64) -> String {
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

/// A link as a QR code in block characters, with the quiet zone that cameras need.
pub fn qr(link: &str) -> Outcome<String> {
    let code = QrCode::new(link.as_bytes()).map_err(|error| {
        Fault::new(
            format!("The link does not fit a QR code: {error}."),
            "The link itself is good.",
            format!("Open it by hand: {link}"),
        )
    })?;
    let text = code.render::<Dense1x2>().build();
    if !std::io::stdout().is_terminal() {
        return Ok(text);
    }
    // Black on white, whatever the terminal's own colours are: many cameras do not read the reverse.
    Ok(text.lines().map(|line| format!("\x1b[38;5;16;48;5;231m{line}\x1b[0m\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_readable() {
        assert_eq!(span(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(span(Duration::from_secs(59)), "59 s");
        assert_eq!(span(Duration::from_secs(61)), "1 min 01 s");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn tables_align() {
        let rows = vec![vec!["a".into(), "10".into()], vec!["long".into(), "9".into()]];
        assert_eq!(table(&rows), "    a     10\n    long   9\n");
    }

    #[test]
    fn a_link_becomes_a_code() {
        let code = qr("http://127.0.0.1:8080/enrol?code=ABCD-EFGH").expect("a short link fits");
        assert!(code.lines().count() > 10);
    }
}
