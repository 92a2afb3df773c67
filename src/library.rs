//! The words of everything on the phone, in memory from the first look into the ledger until the page is gone, and
//! searches through them.
//!
//! Everything is done in slices that end before a finger would notice: reading, making shelves for a database that has
//! none, and looking through. What was found so far can be shown while the rest is looked through.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_sync::{
    index::{Hunt, Index, Place, Question},
    pocket::Next,
};

use crate::{platform, state::AppPocket};

/// How much is looked through before the clock is looked at, in bytes.
const BITE: usize = 128 * 1024;

/// The words of everything on the phone. Copies are the same.
#[derive(Clone, Copy)]
pub struct Library {
    index: StoredValue<Index, LocalStorage>,
    reading: StoredValue<Reading>,
    /// Grows whenever more has been read, or something has been read again.
    pub grown: RwSignal<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    No,
    Now,
    /// Something has changed since it began.
    Again,
}

/// What a search has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What was asked.
    pub question: Question,
    /// The places, newest first; good for this edition of the index.
    pub places: Vec<Place>,
    /// The index's edition.
    pub edition: u64,
    /// Whether all was looked through.
    pub whole: bool,
}

impl Library {
    /// Nothing read yet.
    pub fn empty() -> Self {
        Self {
            index: StoredValue::new_local(Index::default()),
            reading: StoredValue::new(Reading::No),
            grown: RwSignal::new(0),
        }
    }

    /// Reads what is new, in the background.
    pub fn read(self, pocket: AppPocket) {
        if self.reading.get_value() != Reading::No {
            return self.reading.set_value(Reading::Again);
        }
        self.reading.set_value(Reading::Now);
        spawn_local(async move {
            loop {
                let wanted = self.index.with_value(Index::wanted);
                // What can't be read now may be the next time that something changes.
                let Ok(shelved) = pocket.shelves(&wanted).await else { break };
                let next = shelved.next;
                self.index.update_value(|index| index.take(shelved));
                self.grown.update(|grown| *grown += 1);
                match next {
                    Next::Ask => {}
                    Next::Make if pocket.shelve().await.is_ok() => {}
                    Next::Nothing if self.reading.get_value() == Reading::Again => {
                        self.reading.set_value(Reading::Now);
                    }
                    Next::Make | Next::Nothing => break,
                }
                platform::sleep(0).await;
            }
            self.reading.set_value(Reading::No);
        });
    }

    /// The keys of some of the rows that were found; nothing when they were found in another edition.
    pub fn row_keys(self, found: &Found, from: usize, to: usize) -> Option<Vec<String>> {
        self.index.with_value(|index| {
            let places = found.places.get(from..to.min(found.places.len()))?;
            let keys = places.iter().filter_map(|place| index.row_key(*place).map(str::to_owned));
            (index.edition() == found.edition).then(|| keys.collect())
        })
    }

    /// Where a row stands among what was found.
    pub fn place_of(self, found: &Found, key: &str) -> Option<usize> {
        self.index.with_value(|index| {
            let same = index.edition() == found.edition;
            same.then(|| found.places.binary_search_by_key(&Some(key), |place| index.row_key(*place)).ok())?
        })
    }
}

/// The search of one list. A newer question ends an older one.
#[derive(Clone, Copy)]
pub struct Search {
    library: Library,
    hunt: StoredValue<Option<Hunt>, LocalStorage>,
    asked: StoredValue<u32>,
    /// What is shown.
    pub found: RwSignal<Found, LocalStorage>,
}

impl Search {
    /// A list that shows nothing yet.
    pub fn new(library: Library) -> Self {
        Self {
            library,
            hunt: StoredValue::new_local(None),
            asked: StoredValue::new(0),
            found: RwSignal::new_local(Found::default()),
        }
    }

    /// Looks for the answers to a question, or goes on looking when more has been read.
    pub fn ask(self, question: Question) {
        let index = self.library.index;
        let goes_on = index.with_value(|index| {
            self.hunt.with_value(|hunt| {
                hunt.as_ref().is_some_and(|hunt| hunt.is_of(index) && *hunt.question() == question)
            })
        });
        if !goes_on {
            self.hunt.set_value(Some(index.with_value(|index| Hunt::new(index, question))));
        }
        self.asked.update_value(|asked| *asked += 1);
        let now = self.asked.get_value();
        spawn_local(async move {
            while self.asked.try_get_value() == Some(now) && self.go_on() {
                platform::sleep(0).await;
            }
        });
    }

    /// Looks through some more and shows what was found. Gives whether there is more.
    fn go_on(self) -> bool {
        let begun = platform::millis();
        let mut more = true;
        let found = self.library.index.with_value(|index| {
            self.hunt.try_update_value(|hunt| {
                let hunt = hunt.as_mut()?;
                while more && platform::millis().0 - begun.0 < platform::GO {
                    more = hunt.go_on(index, BITE);
                }
                let whole = !more && index.is_whole();
                let (question, places) = (hunt.question().clone(), hunt.found().to_vec());
                Some(Found { question, places, edition: index.edition(), whole })
            })
        });
        let Some(found) = found.flatten() else { return false };
        // While the same is looked for once more, what is on the screen stays until all is known.
        let same = self.found.with_untracked(|shown| shown.question == found.question);
        let fewer = self.found.with_untracked(|shown| found.places.len() < shown.places.len());
        if !(same && fewer && !found.whole) {
            self.found.set(found);
        }
        more
    }
}
