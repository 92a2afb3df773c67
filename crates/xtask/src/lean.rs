//! Takes out of scripts and style sheets what only their readers need.
//!
//! No minifier: Trunk's fails on what wasm-bindgen writes, and takes the quotes out of the page. Comments and
//! indentation are most of what one would win once the files are compressed.

/// A script without the lines that are only a comment, and without indentation. Text in several lines (a template
/// literal) would lose its indentation too: our two scripts have none.
pub fn script(text: &str) -> String {
    lines(text.lines().filter(|line| !line.trim_start().starts_with("//")))
}

/// A style sheet without comments and indentation.
pub fn style(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    while let Some(letter) = rest.chars().next() {
        if quote.is_none() && rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
            continue;
        }
        quote = match quote {
            Some(open) if open == letter => None,
            None if letter == '"' || letter == '\'' => Some(letter),
            other => other,
        };
        kept.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    lines(kept.lines())
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn scripts_lose_comment_lines_only() {
        let text = "// why\nconst a = \"//\"; // stays\n\n  // more\n  go(a);\n";
        assert_eq!(super::script(text), "const a = \"//\"; // stays\ngo(a);\n");
    }

    #[test]
    fn styles_lose_comments_but_not_text() {
        let text =
            "/* why */\n:root {\n  --a: 1px; /* two\n lines */\n}\np::after { content: \"/* 巡 */\"; }\n";
        assert_eq!(super::style(text), ":root {\n--a: 1px;\n}\np::after { content: \"/* 巡 */\"; }\n");
    }
}
