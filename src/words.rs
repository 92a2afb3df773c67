//! Every sentence of the interface, in the person's language: one function each, made from `locales/*.toml` when the
//! app is built. Words of the ledgers themselves come from their kinds; see [`label`].

use std::cell::Cell;

use xunji_domain::kind::Label;

/// A language of the interface: what its file in `locales` says of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// Its BCP 47 tag.
    pub tag: &'static str,
    /// What its speakers call it.
    pub name: &'static str,
    /// Where its lines begin: `ltr` or `rtl`.
    pub direction: &'static str,
}

thread_local! {
    /// A place in [`LANGUAGES`].
    static LANGUAGE: Cell<usize> = const { Cell::new(0) };
}

/// Sets the language for everything that is drawn from now on, Chinese when there is none of this tag; whoever calls it
/// draws the app anew.
pub fn speak(tag: Option<&str>) -> &'static Language {
    let place = LANGUAGES.iter().position(|language| Some(language.tag) == tag).unwrap_or(0);
    LANGUAGE.set(place);
    language()
}

/// The language in use.
pub fn language() -> &'static Language {
    &LANGUAGES[LANGUAGE.get()]
}

/// A ledger's own word in the person's language.
pub fn label(label: &Label) -> &str {
    label.within(language().tag)
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

/// The sentence at this place of the language's text.
fn said(place: usize) -> &'static str {
    let (text, lengths) = TEXTS[LANGUAGE.get()];
    let start: usize = lengths[..place].iter().map(|length| usize::from(*length)).sum();
    &text[start..start + usize::from(lengths[place])]
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
