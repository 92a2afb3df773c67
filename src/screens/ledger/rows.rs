//! The rows of the ledger near the screen: read when they come near, and drawn.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use gloo::events::{EventListener, EventListenerOptions, EventListenerPhase};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlElement;
use xunji_domain::id::RecordId;
use xunji_sync::{engine::Phase, pocket::Row, words::Words};

use super::hit::{self, Snippet};
use crate::{
    components::{Line, Strip},
    library::Search,
    platform,
    state::{App, use_app},
};

/// So many rows are read ahead of those that are drawn, and what lies further off is forgotten.
const AHEAD: usize = 24;
/// How long rows that go by stay unread, in milliseconds: less than somebody notices who has stopped.
const REST: u32 = 80;

/// The rows of one list. Clones are the same.
#[derive(Clone)]
pub(super) struct Rows(Rc<Inner>);

struct Inner {
    app: App,
    search: Search,
    open: Memo<Option<String>>,
    /// How many rows near the screen can't be read.
    unreadable: RwSignal<usize>,
    strip: RefCell<Strip<hit::Cell>>,
    read: RefCell<BTreeMap<String, Read>>,
    asked: RefCell<u32>,
    due: Cell<Option<Due>>,
    /// Where the screen was when it was looked at last.
    looked: Cell<Option<Sight>>,
}

/// What is to be done as soon as the page has done what it is at: asking where things lie makes the browser lay out
/// what has just been drawn, and all of it together would hold up a finger on a slow phone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Draw what is near the screen now, and read what is not here yet.
    Show,
    /// Read all that is near the screen anew.
    Renew,
}

/// The first row near the screen and the one after the last.
type Sight = (usize, usize);

/// A row as it was read, no row when it can't be; what it shows of its record besides; and what was searched for then.
type Read = (Option<Row>, Option<Snippet>, Words);

impl Rows {
    /// Over an empty list element, until it is taken from the page.
    pub(super) fn new(
        list: HtmlElement,
        search: Search,
        open: Memo<Option<String>>,
        unreadable: RwSignal<usize>,
    ) -> Self {
        let strip = RefCell::new(Strip::new(list, hit::cell));
        let (read, asked, due, looked) =
            (RefCell::default(), RefCell::new(0), Cell::new(None), Cell::new(None));
        let app = use_app();
        let rows = Self(Rc::new(Inner { app, search, open, unreadable, strip, read, asked, due, looked }));
        let window = window();
        // Whatever is scrolled: the page, or the list in its own frame on a wide screen.
        let early = EventListenerOptions { phase: EventListenerPhase::Capture, passive: true };
        let scrolled = rows.clone();
        let scroll = EventListener::new_with_options(&window, "scroll", early, move |_| scrolled.show());
        let resized = rows.clone();
        let resize = EventListener::new(&window, "resize", move |_| {
            resized.0.strip.borrow_mut().measure_anew();
            resized.show();
        });
        let listeners = StoredValue::new_local(Some((scroll, resize)));
        on_cleanup(move || drop(listeners.try_update_value(Option::take)));
        rows
    }

    /// Something has been found, or found anew; or a row may say something else now.
    pub(super) fn renew(&self) {
        let Some(count) = self.0.search.found.try_with_untracked(|found| found.places.len()) else { return };
        {
            let mut strip = self.0.strip.borrow_mut();
            strip.set_count(count);
            strip.measure_anew();
        }
        self.soon(Due::Renew);
    }

    /// Draws what is near the screen soon, and reads what is not here yet.
    pub(super) fn show(&self) {
        self.soon(Due::Show);
    }

    fn soon(&self, what: Due) {
        let before = self.0.due.get();
        self.0.due.set(before.max(Some(what)));
        if before.is_some() {
            return;
        }
        let rows = self.clone();
        spawn_local(async move {
            platform::sleep(0).await;
            while rows.go_by() {
                platform::sleep(REST).await;
            }
            let due = rows.0.due.take();
            let Some(sight) = rows.sight() else { return };
            if due == Some(Due::Renew) {
                rows.read(rows.keys(sight, AHEAD));
            } else {
                rows.draw(sight);
                rows.read_ahead(sight);
            }
        });
    }

    /// Whether nothing is on the screen any more that was on it at the last look: where somebody drags through years,
    /// rows are gone before they could be drawn, so they are read where the screen comes to rest.
    fn go_by(&self) -> bool {
        let sight = self.sight();
        let before = self.0.looked.replace(sight);
        let (Some((first, last)), Some(before)) = (sight, before) else { return false };
        self.0.due.get() == Some(Due::Show) && (first >= before.1 || last <= before.0)
    }

    fn read_ahead(&self, sight: Sight) {
        let unread = |ahead: usize| {
            let read = self.0.read.borrow();
            let mut keys = self.keys(sight, ahead);
            keys.retain(|key| !read.contains_key(key));
            keys
        };
        let ahead = unread(AHEAD);
        // Not for a single row at the far edge.
        if ahead.len() > AHEAD / 2 || (!ahead.is_empty() && !unread(0).is_empty()) {
            self.read(ahead);
        }
    }

    /// Where the screen is. Nothing while the list is not on it: what is not on the screen stays as it was, until it is
    /// again.
    fn sight(&self) -> Option<Sight> {
        self.0.strip.borrow().in_sight()
    }

    fn keys(&self, sight: Sight, ahead: usize) -> Vec<String> {
        self.near(sight, ahead).into_iter().map(|(_, key)| key).collect()
    }

    /// The keys of the rows near the screen with their places, in order, the one with the focus among them.
    fn near(&self, (first, last): Sight, ahead: usize) -> Vec<(usize, String)> {
        let Inner { search, app, strip, .. } = &*self.0;
        let strip = strip.borrow();
        let near = search.found.try_with_untracked(|found| {
            let last = (last + ahead).min(found.places.len());
            let first = first.saturating_sub(ahead).min(last);
            let keys = app.library.row_keys(found, first, last)?;
            let mut near: Vec<(usize, String)> = (first..).zip(keys).collect();
            // A row that has the focus stays, or the next key would begin at the top of the page.
            if let Some(key) = strip.focused()
                && let Some(at) = app.library.place_of(found, &key)
                && !(first..last).contains(&at)
            {
                let place = if at < first { 0 } else { near.len() };
                near.insert(place, (at, key));
            }
            Some(near)
        });
        near.flatten().unwrap_or_default()
    }

    fn read(&self, keys: Vec<String>) {
        *self.0.asked.borrow_mut() += 1;
        let asked = *self.0.asked.borrow();
        let rows = self.clone();
        spawn_local(async move {
            let Some(words) = rows.words() else { return };
            let pocket = rows.0.app.pocket();
            let Ok(lines) = pocket.rows_of(&keys).await else { return };
            // What of the words neither title nor village shows is looked for in the record.
            let mut hidden: Vec<(&Row, Vec<String>)> = Vec::new();
            if !words.is_empty() {
                hidden.extend(lines.iter().flatten().map(|row| (row, hit::missing(&pocket, row, &words))));
                hidden.retain(|(_, missing)| !missing.is_empty());
            }
            let ids: Vec<RecordId> = hidden.iter().map(|(row, _)| row.record).collect();
            let said = pocket.said_of(&ids).await.unwrap_or_default();
            let mut snippets: Vec<(RecordId, Option<Snippet>)> = Vec::new();
            for ((row, missing), said) in hidden.iter().zip(said) {
                snippets.push((row.record, hit::snippet(&pocket.kinds(), row, &said, missing)));
            }
            if rows.words().as_ref() != Some(&words) {
                return;
            }
            for (key, row) in keys.into_iter().zip(lines) {
                let of_row =
                    |(record, _): &&(RecordId, _)| row.as_ref().is_some_and(|row| row.record == *record);
                let snippet = snippets.iter().find(of_row).and_then(|(_, snippet)| snippet.clone());
                rows.0.read.borrow_mut().insert(key, (row, snippet, words.clone()));
            }
            let Some(sight) = rows.sight() else { return };
            if *rows.0.asked.borrow() == asked {
                let near = rows.near(sight, 2 * AHEAD);
                rows.0.read.borrow_mut().retain(|key, _| near.iter().any(|(_, near)| near == key));
                let unreadable = rows.0.read.borrow().values().filter(|(row, ..)| row.is_none()).count();
                rows.0.unreadable.try_set(unreadable);
            }
            rows.draw(sight);
        });
    }

    fn words(&self) -> Option<Words> {
        self.0.search.found.try_with_untracked(|found| found.question.words.clone())
    }

    fn draw(&self, sight: Sight) {
        let near = self.near(sight, 0);
        let Inner { app, open, read, strip, .. } = &*self.0;
        let Some(open) = open.try_get_untracked() else { return };
        let sending = matches!(app.signals.phase.get_untracked(), Phase::Uploading { .. });
        let read = read.borrow();
        let mut lines = Vec::new();
        for (at, key) in near {
            let Some((row, snippet, words)) = read.get(&key).cloned() else { continue };
            let open = open.is_some() && row.as_ref().map(|row| row.record.to_string()) == open;
            lines.push(Line { at, key, shows: hit::Cell { row, words, snippet, open, sending } });
        }
        let done = strip.borrow_mut().draw(lines);
        if !done {
            self.soon(Due::Show);
        }
    }
}
