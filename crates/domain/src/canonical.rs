//! Canonical bytes and their SHA-256, by which a phone and a station know that they mean the same entry.
//!
//! Canonical JSON here is: object keys sorted by their UTF-8 bytes, no white space, the shortest escapes. It is a
//! subset of RFC 8785 (JCS) for the values that entries hold: field names are ASCII and numbers are integers.
//! The hash itself is computed where a fast one is at hand (WebCrypto on the phone, `sha2` in the station).

use std::{fmt, str::FromStr};

use serde::Serialize;
use serde_json::Value;

use crate::reads;

/// The canonical bytes of a JSON value.
pub fn bytes(value: &Value) -> Vec<u8> {
    // `serde_json::Map` is a sorted map as long as its `preserve_order` feature stays off; a test holds it to that.
    // Not by `to_string`, which would bring along the code that prints prettily.
    serde_json::to_vec(value).expect("a value is JSON")
}

/// A SHA-256 as 64 lower-case hexadecimal digits: of an entry's content, or of an attachment's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes the 32 bytes that a SHA-256 function returned.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 in lower-case hexadecimal")]
pub struct InvalidDigest;

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidDigest);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

fn nibble(digit: u8) -> Result<u8, InvalidDigest> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(InvalidDigest),
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

reads!(Digest from text);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_nothing_is_spaced() {
        let value: Value =
            serde_json::from_str(r#"{ "b": [1, {"z": null, "a": "村 \u0041"}], "a": -3 }"#).unwrap();
        assert_eq!(String::from_utf8(bytes(&value)).unwrap(), r#"{"a":-3,"b":[1,{"a":"村 A","z":null}]}"#);
    }

    #[test]
    fn a_digest_is_64_lower_case_digits() {
        let text = "0123456789abcdef".repeat(4);
        assert_eq!(text.parse::<Digest>().unwrap().to_string(), text);
        for wrong in ["", "00", &text.to_uppercase(), &"g".repeat(64), &"村".repeat(64)] {
            assert_eq!(wrong.parse::<Digest>(), Err(InvalidDigest), "{wrong}");
        }
    }
}
