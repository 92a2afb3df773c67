//! Reads comma-separated values (RFC 4180): rows of cells, with the line that each begins on.

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the file that it begins on, from 1.
    pub line: usize,
    /// Its cells, without the blanks around them.
    pub cells: Vec<String>,
}

/// A quotation mark is never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the quotation mark on line {line} is never closed. Close it, then import the file again")]
pub struct Unclosed {
    /// The line that it is on.
    pub line: usize,
}

/// Reads a whole file. Rows without a word are left out.
///
/// # Errors
/// When a quotation mark is never closed.
pub fn rows(text: &str) -> Result<Vec<Row>, Unclosed> {
    let mut rows = Vec::new();
    let (mut line, mut row) = (1, Row { line: 1, cells: Vec::new() });
    let mut cell = String::new();
    // The line of the quotation mark that the cell is inside of.
    let mut quoted = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match (letter, quoted) {
            ('"', Some(_)) if letters.peek() == Some(&'"') => cell.extend(letters.next()),
            ('"', Some(_)) => quoted = None,
            (_, Some(_)) => cell.push(letter),
            ('"', None) if cell.trim().is_empty() => {
                cell.clear();
                quoted = Some(line);
            }
            (',', None) => row.cells.push(std::mem::take(&mut cell).trim().to_owned()),
            ('\r', None) if letters.peek() == Some(&'\n') => {}
            ('\n' | '\r', None) => {
                row.cells.push(std::mem::take(&mut cell).trim().to_owned());
                rows.push(std::mem::replace(&mut row, Row { line, cells: Vec::new() }));
            }
            (_, None) => cell.push(letter),
        }
    }
    if let Some(line) = quoted {
        return Err(Unclosed { line });
    }
    row.cells.push(cell.trim().to_owned());
    rows.push(row);
    rows.retain(|row| row.cells.iter().any(|cell| !cell.is_empty()));
    Ok(rows)
}

/// Whether a spreadsheet would run the cell as a formula, once somebody exports it again (CSV injection).
pub fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(usize, Vec<String>)> {
        rows(text).unwrap().into_iter().map(|row| (row.line, row.cells)).collect()
    }

    #[test]
    fn cells_may_be_quoted_and_hold_commas_quotes_and_lines() {
        let read = cells("a, b ,\"c,\"\"d\"\"\ne\"\r\n\r\n,,\nf,g");
        let expected = [(1, vec!["a", "b", "c,\"d\"\ne"]), (5, vec!["f", "g"])];
        assert_eq!(read, expected.map(|(line, cells)| (line, cells.into_iter().map(String::from).collect())));
        assert_eq!(rows("a\nb,\"c\nd"), Err(Unclosed { line: 2 }));
        assert_eq!(cells(""), []);
    }

    #[test]
    fn formulas_are_told_by_how_they_begin() {
        for formula in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "＝1+1"] {
            assert!(is_formula(formula), "{formula}");
        }
        assert!(!is_formula("王五=李四") && !is_formula(""));
    }
}
