//! One more language is one more file: what the build makes of it.

#![cfg(not(target_arch = "wasm32"))]

#[path = "../build/locales.rs"]
mod locales;

use locales::{Locale, code};

const CHINESE: &str =
    "language = { name = \"中文\", direction = \"ltr\" }\nsave = \"保存\"\nwaits = \"{n} 条\"";
const ENGLISH: &str =
    "language = { name = \"English\", direction = \"ltr\" }\nsave = \"Save\"\nwaits = \"{n} wait\"";

/// A made-up language, so that no invented translation lies in `locales`.
fn with(tag: &str, text: &str) -> Result<String, String> {
    let read = |(tag, text)| Locale::read(tag, text);
    let files = [(tag, text), ("en", ENGLISH), ("zh-CN", CHINESE)];
    code(files.into_iter().map(read).collect::<Result<_, _>>()?)
}

#[test]
fn a_language_that_is_not_complete_speaks_chinese_where_it_has_no_words_yet() {
    let made = with("ar-x-test", "language = { name = \"X\", direction = \"rtl\" }\nsave = \"xx\"");
    let made = made.expect("an unfinished language is no error");
    assert!(made.contains("Language { tag: \"ar-x-test\", name: \"X\", direction: \"rtl\" }"), "{made}");
    for text in ["(\"保存{n} 条\", &[6, 7])", "(\"Save{n} wait\", &[4, 8])", "(\"xx{n} 条\", &[2, 7])"] {
        assert!(made.contains(text), "{text} in {made}");
    }
    let places = ["\"zh-CN\"", "\"en\"", "\"ar-x-test\""].map(|tag| made.find(tag));
    assert!(places.is_sorted() && places[0].is_some(), "Chinese stands in for the others: {made}");
}

#[test]
fn what_a_translator_can_get_wrong_is_an_error_with_the_sentences_name() {
    let head = "language = { name = \"X\", direction = \"ltr\" }\n";
    let wrong = [
        ("save = \"x\"".to_owned(), "language"),
        ("language = { name = \"X\", direction = \"up\" }".to_owned(), "direction"),
        (format!("{head}waits = \"{{m}} x\""), "waits"),
        (format!("{head}sent = \"only here\""), "sent"),
        (format!("{head}save = 3"), "save"),
    ];
    for (text, named) in wrong {
        let said = with("bo", &text).expect_err(&text);
        assert!(said.contains(named), "{text}: {said}");
    }
}

/// Tibetan and Mongolian take three bytes a letter.
#[test]
fn a_language_may_have_more_than_64_kb_of_sentences() {
    let long = "བ".repeat(17_000);
    let text = format!(
        "language = {{ name = \"བོད་ཡིག\", direction = \"ltr\" }}\nsave = \"{long}\"\nwaits = \"{{n}}{long}\""
    );
    let made = with("bo", &text).expect("a language of 102 kB");
    assert!(made.contains("&[51000, 51003]"), "where each sentence ends");
    let said = with("bo", &text.replace(&long, &long.repeat(2))).expect_err("one sentence of 102 kB");
    assert!(said.contains("save"), "{said}");
}
