//! From `locales/*.toml` to the code of `src/words.rs`: a list of the languages and one function a sentence.
//!
//! Chinese and English are complete, or the build fails. A further language is one more file, named by its BCP 47 tag:
//! `language = { name = "…", direction = "rtl" }` and as many sentences as there are yet; the others are Chinese until
//! somebody has translated them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// The tags of the languages in which no sentence may be missing. The first one stands in for the others.
const COMPLETE: [&str; 2] = ["zh-CN", "en"];

/// One language's file.
#[derive(Debug)]
pub struct Locale {
    /// The file's name, a BCP 47 tag.
    pub tag: String,
    /// What its speakers call it.
    pub name: String,
    /// Where its lines begin: `ltr` or `rtl`.
    pub direction: String,
    sentences: BTreeMap<String, String>,
}

impl Locale {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence for whoever translates.
    pub fn read(tag: &str, text: &str) -> Result<Self, String> {
        let mut table: toml::Table = toml::from_str(text).map_err(|error| format!("{tag}: {error}"))?;
        let language = table.remove("language").ok_or_else(|| format!("{tag} doesn't say its `language`"))?;
        let part = |key: &str| {
            let text = language.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            text.ok_or_else(|| format!("the `language` of {tag} has no {key}"))
        };
        let (name, direction) = (part("name")?, part("direction")?);
        if direction != "ltr" && direction != "rtl" {
            return Err(format!("the direction of {tag} is neither ltr nor rtl"));
        }
        let sentences = table.into_iter().map(|(key, value)| match value {
            toml::Value::String(sentence) => Ok((key, sentence)),
            _ => Err(format!("`{key}` of {tag} is no sentence")),
        });
        Ok(Self { tag: tag.to_owned(), name, direction, sentences: sentences.collect::<Result<_, _>>()? })
    }
}

/// The code of all languages, Chinese and English first.
///
/// # Errors
/// A sentence for whoever translates.
pub fn code(mut locales: Vec<Locale>) -> Result<String, String> {
    let place =
        |locale: &Locale| COMPLETE.iter().position(|tag| *tag == locale.tag).unwrap_or(COMPLETE.len());
    locales.sort_by(|one, other| (place(one), &one.tag).cmp(&(place(other), &other.tag)));
    let complete: Vec<_> = locales.iter().take(COMPLETE.len()).map(|locale| &*locale.tag).collect();
    if complete != COMPLETE {
        return Err(format!("{COMPLETE:?} must all be there"));
    }
    let mut code =
        String::from("/// All languages of the interface.\npub static LANGUAGES: &[Language] = &[\n");
    for Locale { tag, name, direction, .. } in &locales {
        let _ = writeln!(code, "Language {{ tag: {tag:?}, name: {name:?}, direction: {direction:?} }},");
    }
    code.push_str("];\n");
    // What only the boot script says is no part of the app.
    let keys =
        locales.iter().flat_map(|locale| locale.sentences.keys()).filter(|key| !key.starts_with("boot_"));
    let keys: BTreeSet<_> = keys.map(String::as_str).collect();
    let mut texts = vec![Text::default(); locales.len()];
    for (place, key) in keys.into_iter().enumerate() {
        let said = in_all_languages(key, &locales)?;
        function(&mut code, place, key, &said[0]);
        for (text, said) in texts.iter_mut().zip(&said) {
            text.push(key, said)?;
        }
    }
    code.push_str("static TEXTS: &[(&str, &[u16])] = &[\n");
    for Text { all, lengths } in texts {
        let _ = writeln!(code, "({all:?}, &{lengths:?}),");
    }
    code.push_str("];\n");
    Ok(code)
}

/// All sentences of a language one after the other, and how many bytes each has: a third of what a pointer to each would
/// weigh in the download.
#[derive(Clone, Default)]
struct Text {
    all: String,
    lengths: Vec<u16>,
}

impl Text {
    fn push(&mut self, key: &str, sentence: &str) -> Result<(), String> {
        let length = sentence.len().try_into();
        self.lengths.push(length.map_err(|_| format!("the sentence `{key}` has more than 64 kB"))?);
        self.all.push_str(sentence);
        Ok(())
    }
}

/// A sentence in every language, in the order of the languages.
fn in_all_languages(key: &str, locales: &[Locale]) -> Result<Vec<String>, String> {
    let mut all = Vec::<String>::new();
    for (place, locale) in locales.iter().enumerate() {
        let said = match (locale.sentences.get(key), all.first()) {
            (Some(said), _) => said.clone(),
            (None, Some(chinese)) if place >= COMPLETE.len() => chinese.clone(),
            (None, _) => return Err(format!("the sentence `{key}` is missing in {}", locale.tag)),
        };
        let wanted = blanks(all.first().unwrap_or(&said));
        if blanks(&said).iter().collect::<BTreeSet<_>>() != wanted.iter().collect() {
            return Err(format!("the sentence `{key}` has other blanks in {} than in Chinese", locale.tag));
        }
        all.push(said);
    }
    Ok(all)
}

fn function(code: &mut String, place: usize, key: &str, chinese: &str) {
    // A function takes its blanks in the order of the Chinese sentence.
    let blanks = blanks(chinese);
    let _ = writeln!(code, "#[doc = {chinese:?}]");
    let _ = if blanks.is_empty() {
        writeln!(code, "pub fn {key}() -> &'static str {{ said({place}) }}")
    } else {
        let takes: Vec<_> = blanks.iter().map(|blank| format!("{blank}: impl std::fmt::Display")).collect();
        let gives: Vec<_> = blanks.iter().map(|blank| format!("({blank:?}, {blank}.to_string())")).collect();
        let (takes, gives) = (takes.join(", "), gives.join(", "));
        writeln!(code, "pub fn {key}({takes}) -> String {{ fill(said({place}), &[{gives}]) }}")
    };
}

/// The names in curly brackets, each once, in the order of the sentence.
fn blanks(sentence: &str) -> Vec<&str> {
    let mut blanks = Vec::new();
    for (blank, _) in sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
        if !blanks.contains(&blank) {
            blanks.push(blank);
        }
    }
    blanks
}
