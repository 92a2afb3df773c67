//! A row of the ledger, with what was searched for marked in it.

use leptos::prelude::*;
use xunji_domain::kind::Kinds;
use xunji_sync::{
    pocket::Row,
    words::{Said, Where, Words, places},
};

use crate::{
    components::{Sign, badge, icon, mark, marks, pieces, row_time, row_title, urgency, view, village_name},
    platform::pinyin,
    state::{AppPocket, use_app},
    words,
};

/// What a row shows.
#[derive(Clone, PartialEq)]
pub(super) struct Cell {
    /// The record's line; nothing when it can't be read.
    pub row: Option<Row>,
    /// What was searched for.
    pub words: Words,
    /// Where in the record it stands, when neither the title nor the village has it.
    pub snippet: Option<Snippet>,
    /// Whether the record is the one that is open.
    pub open: bool,
    /// Whether the sending goes on.
    pub sending: bool,
}

/// A piece of a record, with what was searched for in it.
#[derive(Clone, PartialEq)]
pub(super) struct Snippet {
    label: String,
    pieces: Vec<(String, bool)>,
}

/// How many characters stand before and behind what was found.
const BEFORE: usize = 4;
const BEHIND: usize = 24;

/// What a row is called and where it was, as it stands in the list.
fn shown(pocket: &AppPocket, row: &Row) -> (String, String) {
    let (kinds, county) = (pocket.kinds(), pocket.county());
    let village = row.village.as_str().map(|code| village_name(&county, code)).unwrap_or_default();
    (row_title(&kinds, &county, row), village)
}

/// The words that neither the title nor the village of a row shows.
pub(super) fn missing(pocket: &AppPocket, row: &Row, words: &Words) -> Vec<String> {
    let (title, village) = shown(pocket, row);
    let (_, mut missing) = marks(&title, words);
    let (_, elsewhere) = marks(&village, words);
    missing.retain(|word| elsewhere.contains(word));
    missing
}

/// Where the first of these words stands in a record. Of what is masked in the record nothing is shown but what the
/// person has typed anyway.
pub(super) fn snippet(kinds: &Kinds, row: &Row, said: &[Said], words: &[String]) -> Option<Snippet> {
    let kind = kinds.nearest(&row.kind, row.kind_version);
    for word in words {
        for one in said {
            let found = places(&one.text, word, pinyin, one.short);
            let Some(first) = found.first() else { continue };
            let (label, sensitive) = match &one.at {
                Where::Kind => (words::ledger().to_owned(), false),
                Where::Note => (words::add_note().to_owned(), false),
                Where::Reason => (words::amend_reason().to_owned(), false),
                Where::Answer => (words::party_answer().to_owned(), false),
                Where::Field(id) => match kind.and_then(|kind| kind.field(id)) {
                    Some(field) => (words::label(&field.label).to_owned(), field.sensitive),
                    None => (id.to_string(), true),
                },
            };
            let all: Vec<char> = one.text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            let hit = (all[first.clone()].iter().collect::<String>(), true);
            if sensitive {
                return Some(Snippet { label, pieces: vec![hit] });
            }
            let (from, to) = (first.start.saturating_sub(BEFORE), (first.end + BEHIND).min(all.len()));
            let mut before: String = all[from..first.start].iter().collect();
            if from > 0 {
                before.insert(0, '…');
            }
            let behind: String = all[first.end..to].iter().collect();
            return Some(Snippet { label, pieces: vec![(before, false), hit, (behind, false)] });
        }
    }
    None
}

/// Draws a row.
pub(super) fn cell(cell: &Cell) -> AnyView {
    let Some(row) = &cell.row else {
        return view! { <p class="cell"><span class="cell-title">{icon("warning")}{words::row_unreadable()}</span></p> };
    };
    let (title, village) = shown(&use_app().pocket(), row);
    let (in_title, _) = marks(&title, &cell.words);
    let (in_village, _) = marks(&village, &cell.words);
    let snippet = cell.snippet.clone().map(|Snippet { label, pieces }| {
        let piece = |(piece, mark): (String, bool)| match mark {
            true => view! { <mark>{piece}</mark> },
            false => piece.into_any(),
        };
        let pieces = pieces.into_iter().map(piece).collect_view();
        view! { <span class="cell-hit">{words::found_in(label)}{pieces}</span> }
    });
    view! {
        <a
            href=format!("/records/{}", row.record)
            class="cell"
            aria-current=cell.open.then_some("true")
        >
            {mark(row.kind.as_str())}
            <span class="cell-title">{pieces(&title, in_title)}</span>
            <span class="cell-meta">
                <span class="clip">{pieces(&village, in_village)}</span>
                <time>{row_time(row)}</time>
                {urgency(&use_app().pocket(), row)}
                {badge(Sign::of(row, cell.sending))}
            </span>
            {snippet}
        </a>
    }
}
