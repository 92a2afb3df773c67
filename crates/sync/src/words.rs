//! Words as a search compares them: what of a record is searched, what is typed, and which characters are marked.
//!
//! Everything is compared folded: Latin letters in lower case, full-width forms as half-width ones, control characters
//! as spaces. Of short texts the first letters of the pinyin are kept beside the text: 张三 is found by `zs`.

use std::{collections::BTreeMap, ops::Range};

use serde_json::Value;
use xunji_domain::{
    entry::Action,
    id::{EntryId, FieldId},
    kind::{Field, FieldType, Kind, Kinds, Label},
    record::Record,
    village::County,
};

use crate::pocket::Draft;

/// The first letters of a character's readings in pinyin, in lower case, at most two; 0 where there is none. The
/// browser knows them, so the app hands this in.
pub type Pinyin = fn(char) -> [u8; 2];

/// For whoever has no pinyin: only what is written is found.
pub const fn no_pinyin(_: char) -> [u8; 2] {
    [0, 0]
}

/// Of a text that has several characters with two readings so many are tried both ways.
const AMBIGUOUS: usize = 2;
/// The longest text that is found by its pinyin, in characters.
const SHORT: usize = 40;

/// A text as searches compare it. One character stays one character.
pub fn fold(text: &str) -> String {
    text.chars().map(folded).collect()
}

fn folded(c: char) -> char {
    let half = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    half.to_ascii_lowercase()
}

/// Where in a record a text stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// The ledger's name.
    Kind,
    /// A field.
    Field(FieldId),
    /// A remark.
    Note,
    /// Why something was corrected or handed over.
    Reason,
    /// What the bearer of a slip said.
    Answer,
}

/// One searchable text of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Where it stands.
    pub at: Where,
    /// The words as people read them.
    pub text: String,
    /// Whether it is found by its pinyin too.
    pub short: bool,
}

/// All that a search looks through of a record.
pub fn said(kinds: &Kinds, county: &County, record: &Record) -> Vec<Said> {
    let kind = kinds.nearest(&record.kind, record.kind_version);
    let mut all = filled_in(kind, county, record.fields.iter().map(|(id, held)| (id, &held.value)));
    // By their ids: a receipt may change the order of the entries, and what is searched must stay the same.
    let mut said: BTreeMap<EntryId, (Where, &String)> = BTreeMap::new();
    for known in &record.entries {
        let told = match &known.entry.content.action {
            Action::Note { text } | Action::Ask { text, .. } | Action::Explain { text, .. } => {
                (Where::Note, text)
            }
            Action::Amend { reason, .. } | Action::HandOver { reason, .. } => (Where::Reason, reason),
            Action::Answer { text, .. } => (Where::Answer, text),
            _ => continue,
        };
        said.insert(known.entry.content.id, told);
    }
    all.extend(said.into_values().map(|(at, text)| Said { at, text: text.clone(), short: false }));
    all
}

/// The same of what is being written.
pub fn said_in_draft(kinds: &Kinds, county: &County, draft: &Draft) -> Vec<Said> {
    let mut all = filled_in(kinds.nearest(&draft.kind, draft.kind_version), county, draft.body.iter());
    let text = draft.adds.as_ref().map(|adds| adds.text.clone());
    all.extend(text.map(|text| Said { at: Where::Note, text, short: false }));
    all
}

/// A ledger's name and the values of its fields.
fn filled_in<'a>(
    kind: Option<&Kind>,
    county: &County,
    values: impl Iterator<Item = (&'a FieldId, &'a Value)>,
) -> Vec<Said> {
    let mut all = Vec::new();
    if let Some(kind) = kind {
        named(&kind.name, &mut |text, short| all.push(Said { at: Where::Kind, text, short }));
    }
    for (id, value) in values {
        let field = kind.and_then(|kind| kind.field(id));
        let wordless = [FieldType::Attachments, FieldType::Place, FieldType::Record];
        if field.is_some_and(|field| wordless.contains(&field.form)) {
            continue;
        }
        let mut take = |text: String, short: bool| {
            let short = short && text.chars().count() <= SHORT;
            all.push(Said { at: Where::Field(id.clone()), text, short });
        };
        collect(kind, field, county, value, "", &mut take);
    }
    all
}

/// A label in all languages: people search by what they read.
fn named(label: &Label, take: &mut impl FnMut(String, bool)) {
    take(label.zh.clone(), true);
    label.more.values().chain([&label.en]).for_each(|text| take(text.clone(), false));
}

fn collect(
    kind: Option<&Kind>,
    field: Option<&Field>,
    county: &County,
    value: &Value,
    part: &str,
    take: &mut impl FnMut(String, bool),
) {
    let form = field.map(|field| field.form);
    match value {
        Value::String(text) => {
            let listed = kind.zip(field).map_or(&[][..], |(kind, field)| kind.codes(field));
            match (form, listed.iter().find(|code| code.code == *text)) {
                (_, Some(code)) => named(&code.label, take),
                (Some(FieldType::Village), None) => match county.find(text) {
                    Some((town, village)) => take(format!("{}{}", town.name, village.name), true),
                    None => take(text.clone(), true),
                },
                (Some(FieldType::Time), None) => take(text.replace('T', " "), false),
                (Some(FieldType::Text), None) => take(text.clone(), true),
                (Some(FieldType::People), None) => take(text.clone(), part == "name"),
                (_, None) => take(text.clone(), false),
            }
        }
        Value::Number(number) => take(number.to_string(), false),
        Value::Array(items) => {
            items.iter().for_each(|item| collect(kind, field, county, item, part, take));
        }
        Value::Object(parts) => {
            parts.iter().for_each(|(part, value)| collect(kind, field, county, value, part, take));
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// The letters that a text is found by beside its own characters, each with the place of its character; nothing for a
/// text without Chinese characters. With characters of two readings there are several.
fn initials(text: &str, pinyin: Pinyin) -> Vec<Vec<(usize, u8)>> {
    let mut letters: Vec<(usize, [u8; 2])> = Vec::new();
    let mut chinese = false;
    for (at, c) in text.chars().map(folded).enumerate() {
        if c.is_ascii_alphanumeric() {
            letters.push((at, [c as u8, 0]));
            continue;
        }
        let read = pinyin(c);
        if read[0] != 0 {
            chinese = true;
            letters.push((at, read));
        }
    }
    if !chinese {
        return Vec::new();
    }
    let ambiguous = letters.iter().filter(|(_, [_, second])| *second != 0).count().min(AMBIGUOUS);
    let way = |way: usize| {
        let mut nth = 0;
        let letter = |&(at, [first, second]): &(usize, [u8; 2])| {
            let mut letter = first;
            if second != 0 {
                if nth < AMBIGUOUS && way >> nth & 1 == 1 {
                    letter = second;
                }
                nth += 1;
            }
            (at, letter)
        };
        letters.iter().map(letter).collect()
    };
    (0..1 << ambiguous).map(way).collect()
}

/// Between two texts of a record: no text holds it, because it is folded to a space.
const BETWEEN: char = '\u{1f}';

/// A record's texts as one, folded, with the letters of the short ones at its end.
pub fn searchable(said: &[Said], pinyin: Pinyin) -> String {
    let mut text = String::new();
    for one in said {
        text.push(BETWEEN);
        text.extend(one.text.chars().map(folded));
    }
    for one in said.iter().filter(|one| one.short) {
        for letters in initials(&one.text, pinyin) {
            text.push(BETWEEN);
            text.extend(letters.into_iter().map(|(_, letter)| letter as char));
        }
    }
    text
}

/// What somebody has typed: words that must all be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Splits and folds what was typed. Every character stands for itself.
    pub fn typed(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in fold(text).split_whitespace() {
            if words.iter().all(|other| other != word) {
                words.push(word.to_owned());
            }
        }
        Self(words)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each word, folded.
    pub fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a short text (a code's label, a village's name) has all of them, written or by its pinyin.
    pub fn fit(&self, text: &str, pinyin: Pinyin) -> bool {
        self.are_in(&[Said { at: Where::Kind, text: text.to_owned(), short: true }], pinyin)
    }

    /// Whether these texts together have all of them.
    pub fn are_in(&self, said: &[Said], pinyin: Pinyin) -> bool {
        let text = searchable(said, pinyin);
        self.each().all(|word| text.contains(word))
    }
}

/// Where a word stands in a text, in characters: where it is written, else the characters whose pinyin it is.
pub fn places(text: &str, word: &str, pinyin: Pinyin, short: bool) -> Vec<Range<usize>> {
    let text_folded: Vec<char> = text.chars().map(folded).collect();
    let word: Vec<char> = word.chars().collect();
    let written = runs(&text_folded, &word);
    if !written.is_empty() || !short {
        return written.into_iter().map(|at| at..at + word.len()).collect();
    }
    for letters in initials(text, pinyin) {
        let plain: Vec<char> = letters.iter().map(|(_, letter)| *letter as char).collect();
        let found = runs(&plain, &word);
        if !found.is_empty() {
            let characters = |at: usize| letters[at].0..letters[at + word.len() - 1].0 + 1;
            return found.into_iter().map(characters).collect();
        }
    }
    Vec::new()
}

fn runs(text: &[char], word: &[char]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while !word.is_empty() && at + word.len() <= text.len() {
        if text[at..].starts_with(word) {
            found.push(at);
            at += word.len();
        } else {
            at += 1;
        }
    }
    found
}

/// A text in pieces: each with whether it is marked.
pub fn marked(text: &str, places: &[Range<usize>]) -> Vec<(String, bool)> {
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (at, c) in text.chars().enumerate() {
        let mark = places.iter().any(|place| place.contains(&at));
        match pieces.last_mut() {
            Some((piece, same)) if *same == mark => piece.push(c),
            _ => pieces.push((c.to_string(), mark)),
        }
    }
    pieces
}

/// Finds one word in many texts, by Horspool's way: what stands under the word's last byte says how far to go on.
pub(crate) struct Finder {
    word: Vec<u8>,
    steps: [u8; 256],
}

impl Finder {
    pub(crate) fn new(word: &str) -> Self {
        let word = word.as_bytes().to_vec();
        let last = word.len().saturating_sub(1);
        let most = u8::try_from(word.len()).unwrap_or(u8::MAX).max(1);
        let mut steps = [most; 256];
        for (at, byte) in word.iter().take(last).enumerate() {
            steps[usize::from(*byte)] = u8::try_from(last - at).unwrap_or(u8::MAX);
        }
        Self { word, steps }
    }

    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let Some((last, _)) = self.word.split_last() else { return true };
        let length = self.word.len();
        let mut end = length;
        while let Some(byte) = text.get(end - 1) {
            if byte == last && text[end - length..end] == self.word[..] {
                return true;
            }
            end += usize::from(self.steps[usize::from(*byte)]);
        }
        false
    }
}
