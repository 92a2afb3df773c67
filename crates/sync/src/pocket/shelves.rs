//! Shelves: the searchable words of many records in one value, so that a search through everything opens a thousand
//! values instead of a hundred thousand.
//!
//! ```text
//! a shelf: under the key of its oldest record's row (or `~` for the last one) the lines of some records, newest first
//! a line:  row key, tab, ledger, tab, the texts folded and apart by U+001F, then the letters of the short ones, newline
//! ```
//!
//! Shelves cover the whole order of rows without gaps: a record stands on the first one whose key is not smaller than
//! its row's key, so nothing has to remember where. They are a cache. [`Shelving::frontier`] says how far they have
//! been made, for a database that has none yet; whatever is changed before the frontier is changed on its shelf, in the
//! same commit, and whatever lies behind it waits for its turn.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use serde::Serialize;
use xunji_domain::{json, reads, record::Record};

use super::{Pocket, batch::Batch, decode, rows::row_key};
use crate::{
    index::{Wanted, kind_word},
    storage::{Ask, Generation, Span, Storage, StorageError, Table},
    words::{said, searchable},
};

/// One shelf, as it is read.
pub struct Shelf {
    pub(crate) key: String,
    pub(crate) text: String,
}

/// A part of the shelves, for an index.
pub struct Shelved {
    /// Whether the index has to begin anew.
    pub(crate) anew: bool,
    pub(crate) shelves: Vec<Shelf>,
    /// What the index has to ask for next.
    pub(crate) then: Wanted,
    /// What to do next.
    pub next: Next,
}

/// What there is to do for an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask for more.
    Ask,
    /// Make more shelves first: [`Pocket::shelve`].
    Make,
    /// Nothing, until something is changed.
    Nothing,
}

/// How the shelves stand.
#[derive(Clone, Serialize)]
pub(super) struct Shelving {
    /// Grows when a line would be written in another way; then all are made anew.
    version: u32,
    /// Rows up to this key are on shelves.
    frontier: String,
    /// What codes were called when the lines were written; see [`Pocket::names`].
    names: u64,
    /// How many times a shelf was changed.
    changes: u64,
    /// The last shelves that were, the newest change last.
    changed: Vec<String>,
}

reads!(Shelving { version, frontier, names, changes, changed });

pub(super) const SHELVING: &str = "shelving";
/// 2: reasons, parties' answers, labels in every language.
const VERSION: u32 = 2;
/// The key of the last shelf, and the frontier when all are made: behind the key of every row.
const END: &str = "~";
/// A shelf with more records is split.
const MOST: usize = 128;
/// What a shelf has that nothing is expected to be added to.
const USUAL: usize = 96;
/// So many changes are remembered; a reader that lags further behind begins anew.
const REMEMBERED: usize = 32;
/// How many shelves are read at a time.
const STRIDE: usize = 16;

impl Shelving {
    /// Of a database in which there is nothing to put on shelves.
    pub(super) fn of_nothing(names: u64) -> Self {
        Self { version: VERSION, frontier: END.to_owned(), names, changes: 0, changed: Vec::new() }
    }

    /// Nothing is on shelves, whatever was before: no reader may go on from where it was. The number of changes is one
    /// that there has not been yet, even when the row that counted them is gone.
    fn anew(generation: Generation) -> Self {
        Self {
            version: VERSION,
            frontier: String::new(),
            names: 0,
            changes: generation.0 << 16,
            changed: Vec::new(),
        }
    }

    fn note(&mut self, key: &str) {
        self.changes += 1;
        self.changed.push(key.to_owned());
        let over = self.changed.len().saturating_sub(REMEMBERED);
        self.changed.drain(..over);
    }

    /// The shelves that were changed since; nothing when nobody remembers.
    fn since(&self, seen: u64) -> Option<BTreeSet<&String>> {
        let missed = usize::try_from(self.changes.checked_sub(seen)?).ok()?;
        let from = self.changed.len().checked_sub(missed)?;
        Some(self.changed[from..].iter().collect())
    }
}

/// What a commit does to the shelves, by the key of the row: the line that stands there, or that there is none.
pub(super) type Moves = BTreeMap<String, Option<String>>;

impl<S: Storage> Pocket<S> {
    /// A record's line. It needs no other record, so that a shelf says the same however it has come about.
    fn line(&self, record: &Record) -> String {
        let text = searchable(&said(&self.kinds(), &self.county(), record), self.pinyin());
        format!("{}\t{}\t{text}\n", row_key(record), kind_word(record.kind.as_str()))
    }

    /// Notes what a change of a record does to its line. Most changes are receipts, which say nothing new.
    pub(super) fn move_line(&self, batch: &mut Batch<'_, S>, old: Option<&Record>, new: &Record) {
        let key = row_key(new);
        // Remarks come to light when a whole entry takes the place of a masked one.
        let masked = |record: &Record| record.entries.iter().filter(|known| known.masked).count();
        if let Some(old) = old {
            let before = row_key(old);
            let same = before == key
                && old.fields == new.fields
                && old.entries.len() == new.entries.len()
                && masked(old) == masked(new)
                && (&old.kind, old.kind_version) == (&new.kind, new.kind_version);
            if same {
                return;
            }
            if before != key {
                batch.moves.insert(before, None);
            }
        }
        batch.moves.insert(key, Some(self.line(new)));
    }

    /// Does on the shelves what a commit has noted, with one read and at most one write for each shelf.
    pub(super) async fn shelve_moves(&self, batch: &mut Batch<'_, S>) -> Result<(), StorageError> {
        let mut moves = std::mem::take(&mut batch.moves);
        if moves.is_empty() {
            return Ok(());
        }
        let Some(mut shelving) = current(batch).await? else { return Ok(()) };
        if shelving.names != self.names() {
            // Another tab has got definitions since this one was opened, or this one before all others.
            self.reload_definitions().await?;
            return self.clear_shelves(batch).await;
        }
        // What lies behind the frontier comes later.
        drop(moves.split_off(&(shelving.frontier.clone() + "\0")));
        if moves.is_empty() {
            return Ok(());
        }
        while let Some((first, _)) = moves.first_key_value() {
            let span = Span { from: Bound::Included(first.clone()), to: None, limit: 1 };
            let found = self.storage.read(vec![Ask::Span(Table::Shelves, span)]).await?;
            let (key, lines) = match found.into_iter().flatten().next() {
                None => (END.to_owned(), Some(BTreeMap::new())),
                Some((key, value)) => (key, value.and_then(lines)),
            };
            let Some(mut lines) = lines else {
                // It is a cache: one that can't be read is made anew, with all the others.
                return self.clear_shelves(batch).await;
            };
            let later = moves.split_off(&(key.clone() + "\0"));
            for (row, line) in std::mem::replace(&mut moves, later) {
                match line {
                    Some(line) => drop(lines.insert(row, line)),
                    None => drop(lines.remove(&row)),
                }
            }
            put_shelves(batch, &mut shelving, &key, lines);
        }
        batch.put(Table::Meta, SHELVING, &shelving)
    }

    /// Puts the words of some more records on shelves, newest first, for a database that has none or only some. Gives
    /// whether there are more.
    ///
    /// # Errors
    /// [`StorageError`]. Records that can't be read are passed over.
    pub async fn shelve(&self) -> Result<bool, StorageError> {
        self.mutate(async |batch| {
            let stored = batch.lying::<Shelving>(Table::Meta, SHELVING).await?;
            let known = stored.filter(|shelving| {
                shelving.version == VERSION
                    && (shelving.frontier.is_empty() || shelving.names == self.names())
            });
            let mut shelving = match known {
                Some(shelving) => shelving,
                None => Shelving::anew(self.storage.generation().await?),
            };
            if shelving.frontier == END {
                return Ok(false);
            }
            if shelving.frontier.is_empty() {
                // Whoever makes them goes by the newest definitions.
                self.reload_definitions().await?;
                shelving.names = self.names();
                for key in self.storage.keys(Table::Shelves).await? {
                    batch.delete(Table::Shelves, &key);
                }
            }
            let span = Span::all().after(&shelving.frontier).limit(USUAL);
            let rows = self.storage.read(vec![Ask::Span(Table::Rows, span)]).await?;
            let keys: Vec<String> = rows.into_iter().flatten().map(|(key, _)| key).collect();
            let records = keys.iter().filter_map(|key| Some(key.split_once('/')?.1.to_owned()));
            let asks = records.map(|id| Ask::Row(Table::Records, id)).collect();
            let mut lines = BTreeMap::new();
            for (_, value) in self.storage.read(asks).await?.into_iter().flatten() {
                let record: Option<Record> = value.and_then(|value| json::read(&value).ok());
                if let Some(record) = record {
                    lines.insert(row_key(&record), self.line(&record));
                }
            }
            match keys.last() {
                Some(last) if keys.len() == USUAL => {
                    batch.put_bytes(Table::Shelves, last, bytes(lines));
                    shelving.frontier.clone_from(last);
                }
                _ => {
                    batch.put_bytes(Table::Shelves, END, bytes(lines));
                    END.clone_into(&mut shelving.frontier);
                }
            }
            batch.put(Table::Meta, SHELVING, &shelving)?;
            Ok(shelving.frontier != END)
        })
        .await
    }

    /// What labels mean has changed: all shelves are made anew.
    pub(super) async fn clear_shelves(&self, batch: &mut Batch<'_, S>) -> Result<(), StorageError> {
        let now = self.storage.generation().await?;
        batch.put(Table::Meta, SHELVING, &Shelving::anew(now))
    }

    /// The shelves that an index wants next: those that were changed since it looked last, then more of the rest.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn shelves(&self, wanted: &Wanted) -> Result<Shelved, StorageError> {
        let read = self.storage.read(vec![Ask::Row(Table::Meta, SHELVING.to_owned())]).await?;
        let value = read.into_iter().flatten().next().and_then(|(_, value)| value);
        let shelving = value.and_then(|value| decode::<Shelving>(SHELVING, &value).ok());
        let shelving =
            shelving.filter(|shelving| shelving.version == VERSION && !shelving.frontier.is_empty());
        let Some(shelving) = shelving else {
            let then = Wanted::default();
            return Ok(Shelved { anew: true, shelves: Vec::new(), then, next: Next::Make });
        };
        let seen = Some(shelving.changes);
        let changed = wanted.seen.and_then(|seen| shelving.since(seen));
        let anew = changed.is_none();
        let after = wanted.after.clone().filter(|_| !anew);
        let read_already = |key: &&&String| after.as_ref().is_some_and(|after| **key <= after);
        let again: Vec<&String> =
            changed.iter().flatten().copied().filter(|key| read_already(&key) || wanted.whole).collect();
        if !again.is_empty() {
            let asks = again.iter().map(|key| Ask::Row(Table::Shelves, (*key).clone())).collect();
            let Some(shelves) = texts(self.storage.read(asks).await?) else { return self.spoiled().await };
            // It may have come to its end before.
            let then = Wanted { seen, after, whole: wanted.whole && !anew };
            return Ok(Shelved { anew, shelves, then, next: Next::Ask });
        }
        if wanted.whole && !anew {
            let then = Wanted { seen, ..wanted.clone() };
            return Ok(Shelved { anew, shelves: Vec::new(), then, next: Next::Nothing });
        }
        let span = match &after {
            Some(after) => Span::all().after(after),
            None => Span::all(),
        };
        let asks = vec![Ask::Span(Table::Shelves, span.limit(STRIDE))];
        let Some(shelves) = texts(self.storage.read(asks).await?) else { return self.spoiled().await };
        let last = shelves.len() < STRIDE;
        let made = shelving.frontier == END;
        let after = shelves.last().map(|shelf| shelf.key.clone()).or(after);
        let next = match (last, made) {
            (true, false) => Next::Make,
            _ => Next::Ask,
        };
        Ok(Shelved { anew, shelves, then: Wanted { seen, after, whole: last && made }, next })
    }

    /// A shelf can't be read: all are made anew.
    async fn spoiled(&self) -> Result<Shelved, StorageError> {
        self.mutate(async |batch| self.clear_shelves(batch).await).await?;
        Ok(Shelved { anew: true, shelves: Vec::new(), then: Wanted::default(), next: Next::Make })
    }
}

async fn current<S: Storage>(batch: &Batch<'_, S>) -> Result<Option<Shelving>, StorageError> {
    let shelving = batch.lying::<Shelving>(Table::Meta, SHELVING).await?;
    Ok(shelving.filter(|shelving| shelving.version == VERSION && !shelving.frontier.is_empty()))
}

/// The lines of a shelf by their row's key; nothing when it can't be read.
fn lines(value: Vec<u8>) -> Option<BTreeMap<String, String>> {
    let text = String::from_utf8(value).ok()?;
    let line = |line: &str| Some((line.split('\t').next()?.to_owned(), line.to_owned()));
    text.split_inclusive('\n').map(line).collect()
}

fn bytes(lines: BTreeMap<String, String>) -> Vec<u8> {
    lines.into_values().collect::<String>().into_bytes()
}

/// Puts lines on the shelf of this key, and on more before it when they are many. Records are added at the newest end,
/// so the older part is left nearly full and the newest shelf gets the space.
fn put_shelves<S: Storage>(
    batch: &mut Batch<'_, S>,
    shelving: &mut Shelving,
    key: &str,
    mut lines: BTreeMap<String, String>,
) {
    let mut key = key.to_owned();
    while lines.len() > MOST {
        let Some(first) = lines.keys().nth(lines.len() - USUAL).cloned() else { break };
        let older = lines.split_off(&first);
        shelving.note(&key);
        batch.put_bytes(Table::Shelves, &key, bytes(older));
        let Some((last, _)) = lines.last_key_value() else { return };
        key.clone_from(last);
    }
    shelving.note(&key);
    batch.put_bytes(Table::Shelves, &key, bytes(lines));
}

fn texts(found: Vec<Vec<(String, Option<Vec<u8>>)>>) -> Option<Vec<Shelf>> {
    let shelf =
        |(key, value): (String, Option<Vec<u8>>)| Some(Shelf { key, text: String::from_utf8(value?).ok()? });
    found.into_iter().flatten().map(shelf).collect()
}
