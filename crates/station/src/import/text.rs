//! From a file's bytes to text, whichever program of whichever decade has written it.

use encoding_rs::GBK;
use serde::Serialize;

/// How a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// With or without the mark at its beginning.
    #[serde(rename = "utf-8")]
    Utf8,
    /// What Chinese versions of Excel save as "CSV".
    Gbk,
}

/// Why a file is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoText {
    /// UTF-16, which "Unicode text" means in Excel.
    #[error("the file is UTF-16. Save it as \"CSV UTF-8 (comma delimited)\", then import it again")]
    Utf16,
    /// A spreadsheet, not a list.
    #[error(
        "the file is a spreadsheet (.xlsx or .xls). Save it as \"CSV UTF-8 (comma delimited)\", then import it again"
    )]
    Spreadsheet,
    /// Neither of the two.
    #[error(
        "the file is neither UTF-8 nor GBK, or is damaged. Save it as \"CSV UTF-8 (comma delimited)\", then import it again"
    )]
    Neither,
}

/// Reads a file.
///
/// # Errors
/// When it is no text that can be told for certain.
pub fn read(bytes: &[u8]) -> Result<(String, Encoding), NoText> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(NoText::Utf16);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(NoText::Spreadsheet);
    }
    let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if plain.contains(&0) {
        return Err(NoText::Neither);
    }
    if let Ok(text) = std::str::from_utf8(plain) {
        return Ok((text.to_owned(), Encoding::Utf8));
    }
    // A file that says it is UTF-8 and isn't has been damaged: GBK would make other words of it.
    let marked = plain.len() != bytes.len() || is_damaged_utf_8(plain);
    match GBK.decode_without_bom_handling_and_without_replacement(plain) {
        Some(text) if !marked && is_chinese(&text) => Ok((text.into_owned(), Encoding::Gbk)),
        _ => Err(NoText::Neither),
    }
}

/// Whether more of it is whole Chinese characters in UTF-8 than not: then it was cut off or changed, and GBK would make
/// other, equally Chinese words of it.
fn is_damaged_utf_8(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let count = |wanted: fn(char) -> bool| text.chars().filter(|c| wanted(*c)).count();
    count(|c| matches!(c, '\u{4E00}'..='\u{9FFF}')) > count(|c| c == char::REPLACEMENT_CHARACTER)
}

/// Whether the text beyond ASCII is what Chinese people write. What another encoding makes of it may still look so; the
/// headings, which are known, tell it then.
fn is_chinese(text: &str) -> bool {
    text.chars().filter(|c| !c.is_ascii()).all(|c| {
        matches!(c,
            '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}'
            | '\u{2010}'..='\u{2026}' | '·')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_with_and_without_its_mark_and_gbk_are_read() {
        assert_eq!(read("姓名,王五".as_bytes()), Ok(("姓名,王五".to_owned(), Encoding::Utf8)));
        assert_eq!(read("\u{feff}姓名".as_bytes()), Ok(("姓名".to_owned(), Encoding::Utf8)));
        let (gbk, _, _) = GBK.encode("姓名,王五·扎西，泸桥镇");
        assert_eq!(read(&gbk), Ok(("姓名,王五·扎西，泸桥镇".to_owned(), Encoding::Gbk)));
        assert_eq!(read(b"name"), Ok(("name".to_owned(), Encoding::Utf8)));
    }

    #[test]
    fn what_is_no_text_for_certain_is_not_guessed_at() {
        assert_eq!(read(b"\xFF\xFE\x41\x00"), Err(NoText::Utf16));
        assert_eq!(read(b"PK\x03\x04rest"), Err(NoText::Spreadsheet));
        assert_eq!(read(b"a\0b"), Err(NoText::Neither));
        // Cut in the middle of a character, and with a mark that promised UTF-8.
        assert_eq!(read(&"姓名".as_bytes()[..5]), Err(NoText::Neither));
        assert_eq!(read(&[&b"\xEF\xBB\xBF"[..], &GBK.encode("姓名").0].concat()), Err(NoText::Neither));
    }
}
