//! Texts with what was searched for set off in them.

use std::ops::Range;

use leptos::prelude::*;
use xunji_sync::words::{Words, marked, places};

use super::view;
use crate::platform::pinyin;

/// The places of all words in a short text, and whether every word is there.
pub fn marks(text: &str, words: &Words) -> (Vec<Range<usize>>, Vec<String>) {
    let (mut all, mut missing) = (Vec::new(), Vec::new());
    for word in words.each() {
        let found = places(text, word, pinyin, true);
        if found.is_empty() {
            missing.push(word.to_owned());
        }
        all.extend(found);
    }
    (all, missing)
}

/// A text in pieces, the marked ones as `mark` elements.
pub fn pieces(text: &str, places: Vec<Range<usize>>) -> AnyView {
    if places.is_empty() {
        return text.to_owned().into_any();
    }
    let piece = |(piece, mark): (String, bool)| match mark {
        true => view! { <mark>{piece}</mark> },
        false => piece.into_any(),
    };
    marked(text, &places).into_iter().map(piece).collect_view().into_any()
}
