//! Every sentence of the interface, in the person's language: one function each, made from `locales/*.toml` when the
//! app is built. Words of the ledgers themselves come from their kinds; see [`label`].

use std::cell::Cell;

use xunji_domain::kind::Label;

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 简体中文.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// The language's BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language of a tag; Chinese when it is another.
    pub fn of(tag: Option<&str>) -> Self {
        if tag == Some("en") { Self::English } else { Self::Chinese }
    }
}

thread_local! {
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::Chinese) };
}

/// Sets the language for everything that is drawn from now on; whoever calls it draws the app anew.
pub fn speak(language: Language) {
    LANGUAGE.set(language);
}

/// The language in use.
pub fn language() -> Language {
    LANGUAGE.get()
}

/// A ledger's own word in the person's language.
pub fn label(label: &Label) -> &str {
    match language() {
        Language::Chinese => &label.zh,
        Language::English => &label.en,
    }
}

/// The name of a day of the week, counted from Sunday.
pub fn weekday(from_sunday: u32) -> &'static str {
    match from_sunday {
        0 => weekday_0(),
        1 => weekday_1(),
        2 => weekday_2(),
        3 => weekday_3(),
        4 => weekday_4(),
        5 => weekday_5(),
        _ => weekday_6(),
    }
}

fn pick(zh: &'static str, en: &'static str) -> &'static str {
    match language() {
        Language::Chinese => zh,
        Language::English => en,
    }
}

/// Fills the blanks in one pass, because what fills one may itself hold curly brackets.
fn fill(sentence: &str, blanks: &[(&str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        if let Some((_, value)) = blanks.iter().find(|(blank, _)| *blank == name) {
            filled.push_str(value);
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

include!(concat!(env!("OUT_DIR"), "/words.rs"));
