//! The words of all records in memory, newest first, and a search through them in slices.
//!
//! The index is filled from the pocket's shelves, some at a time ([`Pocket::shelves`](crate::pocket::Pocket::shelves)),
//! and holds their text as it was read. A [`Hunt`] looks through it for as long as it is let, so that nobody waits for
//! it: what it has found so far can be shown while it goes on.

use xunji_domain::{id::KindId, order::sort_few};

use crate::{
    pocket::{Shelf, Shelved},
    words::{Finder, Words},
};

/// The place of a record in an index, as long as the index is of the same edition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    shelf: u32,
    line: u32,
}

/// What an index has to ask the pocket for next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The last change of the shelves that it has taken in.
    pub(crate) seen: Option<u64>,
    /// The last shelf that it has read; nothing before the first.
    pub(crate) after: Option<String>,
    /// Whether it has come to the last shelf.
    pub(crate) whole: bool,
}

/// The words of all records.
#[derive(Default)]
pub struct Index {
    shelves: Vec<Standing>,
    kinds: Vec<String>,
    wanted: Wanted,
    edition: u64,
    records: usize,
}

struct Standing {
    key: String,
    text: String,
    lines: Vec<Line>,
}

/// Where a record's line begins, where its words begin and end, and which of the index's kinds it is.
struct Line {
    start: u32,
    words: u32,
    end: u32,
    kind: u16,
}

impl Index {
    /// What to ask the pocket for next.
    pub fn wanted(&self) -> Wanted {
        self.wanted.clone()
    }

    /// How many records it holds.
    pub const fn records(&self) -> usize {
        self.records
    }

    /// Whether it holds all records.
    pub const fn is_whole(&self) -> bool {
        self.wanted.whole
    }

    /// Grows whenever places that were given before may name other records now.
    pub const fn edition(&self) -> u64 {
        self.edition
    }

    /// Takes in what the pocket has answered.
    pub fn take(&mut self, shelved: Shelved) {
        if shelved.anew {
            self.shelves.clear();
            self.records = 0;
            self.edition += 1;
        }
        for shelf in shelved.shelves {
            self.put(shelf);
        }
        self.wanted = shelved.then;
    }

    fn put(&mut self, shelf: Shelf) {
        let standing = self.parse(shelf);
        let new = standing.lines.len();
        match self.shelves.binary_search_by(|other| other.key.cmp(&standing.key)) {
            Ok(at) => {
                let old = std::mem::replace(&mut self.shelves[at], standing);
                self.records -= old.lines.len();
                self.edition += 1;
            }
            Err(at) => {
                self.edition += u64::from(at < self.shelves.len());
                self.shelves.insert(at, standing);
            }
        }
        self.records += new;
    }

    fn parse(&mut self, Shelf { key, text }: Shelf) -> Standing {
        let mut lines = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let mut parts = line.splitn(3, '\t');
            if let (Some(row), Some(kind), Some(words)) = (parts.next(), parts.next(), parts.next()) {
                let known = self.kinds.iter().position(|known| known == kind);
                let kind_at = known.unwrap_or_else(|| {
                    self.kinds.push(kind.to_owned());
                    self.kinds.len() - 1
                });
                let words_at = start + row.len() + kind.len() + 2;
                let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                lines.push(Line {
                    start: number(start),
                    words: number(words_at),
                    end: number(words_at + words.trim_end_matches('\n').len()),
                    kind: u16::try_from(kind_at).unwrap_or(u16::MAX),
                });
            }
            start += line.len();
        }
        Standing { key, text, lines }
    }

    /// The key of a record's row.
    pub fn row_key(&self, place: Place) -> Option<&str> {
        let shelf = self.shelves.get(place.shelf as usize)?;
        let line = shelf.lines.get(place.line as usize)?;
        // Up to the tab behind it.
        shelf.text.get(line.start as usize..)?.split('\t').next()
    }
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Only this ledger.
    pub kind: Option<KindId>,
    /// Only records that have all of these words.
    pub words: Words,
}

impl Question {
    /// Whether every record is an answer.
    pub fn is_any(&self) -> bool {
        self.kind.is_none() && self.words.is_empty()
    }
}

/// A search that is under way, newest records first.
pub struct Hunt {
    question: Question,
    finders: Vec<Finder>,
    edition: u64,
    shelf: usize,
    found: Vec<Place>,
}

impl Hunt {
    /// A search that begins at the newest record.
    pub fn new(index: &Index, question: Question) -> Self {
        let mut words: Vec<&str> = question.words.each().collect();
        // The longest is the rarest, most of the time, and the one that is gone through quickest.
        sort_few(&mut words, |word| std::cmp::Reverse(word.len()));
        let finders = words.into_iter().map(Finder::new).collect();
        Self { question, finders, edition: index.edition, shelf: 0, found: Vec::new() }
    }

    /// What is looked for.
    pub const fn question(&self) -> &Question {
        &self.question
    }

    /// Whether its places are still those of the index.
    pub const fn is_of(&self, index: &Index) -> bool {
        self.edition == index.edition
    }

    /// What was found so far, newest first.
    pub fn found(&self) -> &[Place] {
        &self.found
    }

    /// Looks through at least so many bytes more, a shelf at a time. Gives whether the index has more; when shelves
    /// are added behind the last one later, it goes on from there.
    pub fn go_on(&mut self, index: &Index, bytes: usize) -> bool {
        let wanted = self.question.kind.as_ref().map(|kind| kind_word(kind.as_str()));
        let wanted = wanted.map(|kind| index.kinds.iter().position(|known| *known == kind));
        let mut looked = 0;
        while looked < bytes {
            let Some(shelf) = index.shelves.get(self.shelf) else { return false };
            for (at, line) in shelf.lines.iter().enumerate() {
                let other = wanted.is_some_and(|wanted| wanted != Some(usize::from(line.kind)));
                if other {
                    continue;
                }
                let words = &shelf.text.as_bytes()[line.words as usize..line.end as usize];
                if self.finders.iter().all(|finder| finder.is_in(words)) {
                    let (shelf, line) = (self.shelf as u32, at as u32);
                    self.found.push(Place { shelf, line });
                }
            }
            looked += if self.finders.is_empty() { shelf.lines.len() } else { shelf.text.len() };
            self.shelf += 1;
        }
        self.shelf < index.shelves.len()
    }
}

/// A ledger's name as it stands in a line: a tab or a line break in it would end it.
pub(crate) fn kind_word(kind: &str) -> String {
    kind.replace(|c: char| c.is_control(), " ")
}
