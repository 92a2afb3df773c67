//! Enrolment codes: eight characters that a person can read out over a bad line and type with a thumb.
//!
//! The alphabet leaves out everything that is mistaken for something else (0/O, 1/I/L, 2/Z, 5/S, 8/B, G/6, U/V). Its
//! 36 bits are little for a secret, but a code works once, for a few days, and wrong guesses are limited.

use std::fmt;

/// 23 characters.
const ALPHABET: &[u8; 23] = b"ACDEFHJKMNPQRTVWXY34679";
const LENGTH: usize = 8;

/// An enrolment code.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut code = String::with_capacity(LENGTH);
        while code.len() < LENGTH {
            let mut byte = [0];
            getrandom::fill(&mut byte)?;
            // Throwing away keeps every character equally likely.
            if let Some(character) = ALPHABET.get(usize::from(byte[0] & 31)) {
                code.push(char::from(*character));
            }
        }
        Ok(Self(code))
    }

    /// Reads what somebody typed: lower case, spaces, hyphens and full-width forms are all fine.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.chars().map(narrow).filter(|c| !is_filler(*c)).map(|c| c.to_ascii_uppercase());
        let code: String = plain.take(LENGTH + 1).collect();
        let whole = code.len() == LENGTH && code.bytes().all(|byte| ALPHABET.contains(&byte));
        whole.then_some(Self(code))
    }

    /// What the station keeps of it.
    pub fn hash(&self) -> [u8; 32] {
        crate::people::hash(&self.0)
    }
}

/// `ABCD-EFGH`, as it is handed out.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = self.0.split_at(LENGTH / 2);
        write!(f, "{left}-{right}")
    }
}

// A code must not reach a log.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// Full-width forms, which Chinese keyboards give, as their ordinary ones.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

fn is_filler(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '_' | '·' | '\u{2010}'..='\u{2015}' | '\u{200B}'..='\u{200F}' | '\u{2212}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = Code::parse("ACDE-FHJK");
        assert!(code.is_some());
        for typed in ["acdefhjk", " AC DE fh jk ", "ACDE—FHJK", "ACDE－FHJK", "\u{200b}acde\u{3000}fhjk"] {
            assert_eq!(Code::parse(typed), code, "{typed}");
        }
        for wrong in ["", "ACDE-FHJ", "ACDE-FHJKM", "ACDE-FHJ0", "巡记巡记巡记巡记", "ACDE-FHJ\0"] {
            assert_eq!(Code::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn drawn_codes_are_readable_and_differ() {
        let codes: Vec<_> = (0..100).map(|_| Code::draw().unwrap().to_string()).collect();
        for code in &codes {
            assert_eq!(Code::parse(code).unwrap().to_string(), *code);
            assert_eq!((code.len(), &code[4..5]), (9, "-"));
        }
        assert_eq!(codes.iter().collect::<std::collections::BTreeSet<_>>().len(), 100);
    }
}
