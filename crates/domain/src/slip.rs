//! Slips: what somebody whom a record is about takes home, and what they say over it.
//!
//! The phone draws a token, also without a network, and only its SHA-256 goes into an entry. Whoever has the token sees
//! at the station's public page (`/p/<token>`) how far the record is, and may say whether that is right; nothing else of
//! the record is there to be seen.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{
    canonical::Digest,
    id::{EntryId, Revision},
    reads,
    wire::{base64url, from_base64url},
};

/// The secret of a slip: 128 random bits, as the 22 characters of their base64url.
///
/// What goes into an entry is the SHA-256 of these characters as ASCII ([`crate::entry::Action::Slip`]).
#[derive(Clone, PartialEq, Eq)]
pub struct SlipToken(String);

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the 22 characters of a slip's token")]
pub struct InvalidToken;

impl SlipToken {
    /// Takes bits that were drawn elsewhere: this crate has no source of randomness.
    pub fn new(bits: &[u8; 16]) -> Self {
        Self(base64url(bits))
    }

    /// The characters, which are the secret itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the station shows it, below its own address.
    pub fn path(&self) -> String {
        format!("/p/{}", self.0)
    }
}

impl FromStr for SlipToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let is_one = text.len() == 22 && from_base64url(text).is_some_and(|bits| bits.len() == 16);
        if is_one { Ok(Self(text.to_owned())) } else { Err(InvalidToken) }
    }
}

// A token must not reach a log.
impl fmt::Debug for SlipToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SlipToken(…)")
    }
}

/// The most characters that somebody may say over a slip.
pub const TEXT: usize = 500;
/// How often the same slip may answer the same state: a second thought, and a third.
pub const ANSWERS: usize = 5;

/// What somebody says to the state that their slip shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 属实: it is so.
    Confirmed,
    /// 有异议: it is not.
    Contested,
}

reads!(Verdict from word { "confirmed" => Confirmed, "contested" => Contested });

/// A slip that was given out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Slip {
    /// The entry that it was given out with.
    pub by: EntryId,
    /// What its token is known by.
    pub token_hash: Digest,
    /// The entry with the last answer over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<EntryId>,
}

reads!(Slip { by, token_hash, answer });

/// Somebody contests the state, and nobody who knew has taken a step or said anything since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Objection {
    /// The entry with the answer.
    pub by: EntryId,
    /// Its place in the record.
    pub at: Revision,
}

reads!(Objection { by, at });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_22_characters_and_nothing_else_is_one() {
        let token = SlipToken::new(&[0xfb; 16]);
        assert_eq!((token.as_str().len(), token.as_str().parse()), (22, Ok(token.clone())));
        assert_eq!(token.path(), format!("/p/{}", token.as_str()));
        assert_eq!(format!("{token:?}"), "SlipToken(…)");
        // The last character holds two bits only.
        for wrong in [
            "",
            "AAAAAAAAAAAAAAAAAAAAAB",
            "AAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAA",
            "../../etc/passwd/aaaaa",
            "村村村村村村村a",
        ] {
            assert_eq!(wrong.parse::<SlipToken>(), Err(InvalidToken), "{wrong}");
        }
    }
}
