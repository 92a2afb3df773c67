//! A storage in memory, for tests and simulations. It can be told to fail.

use std::{cell::RefCell, collections::BTreeMap, ops::Bound, rc::Rc};

use crate::storage::{Ask, Commit, Generation, Lying, Storage, StorageError, Table, Write};

/// A database in memory. Clones are connections to the same one, as tabs are.
#[derive(Clone, Default)]
pub struct Memory {
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    generation: Generation,
    rows: BTreeMap<(Table, String), Vec<u8>>,
    failures: Vec<StorageError>,
}

impl Memory {
    /// Makes the next commit fail with this error and change nothing.
    pub fn fail_next_commit(&self, error: StorageError) {
        self.inner.borrow_mut().failures.push(error);
    }
}

impl Storage for Memory {
    async fn generation(&self) -> Result<Generation, StorageError> {
        Ok(self.inner.borrow().generation)
    }

    async fn read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError> {
        let inner = self.inner.borrow();
        let answer = |ask: Ask| match ask {
            Ask::Row(table, key) => match inner.rows.get(&(table, key.clone())) {
                Some(value) => vec![(key, Some(value.clone()))],
                None => Vec::new(),
            },
            Ask::Span(table, span) => {
                let from = match &span.from {
                    Bound::Unbounded => Bound::Included((table, String::new())),
                    Bound::Included(from) => Bound::Included((table, from.clone())),
                    Bound::Excluded(from) => Bound::Excluded((table, from.clone())),
                };
                let rows = inner.rows.range((from, Bound::Unbounded));
                let rows = rows.take_while(|((of, key), _)| *of == table && span.contains(key));
                rows.take(span.limit).map(|((_, key), value)| (key.clone(), Some(value.clone()))).collect()
            }
        };
        Ok(asks.into_iter().map(answer).collect())
    }

    async fn keys(&self, table: Table) -> Result<Vec<String>, StorageError> {
        let inner = self.inner.borrow();
        Ok(inner.rows.keys().filter(|(of, _)| *of == table).map(|(_, key)| key.clone()).collect())
    }

    async fn count(&self, table: Table) -> Result<usize, StorageError> {
        Ok(self.inner.borrow().rows.keys().filter(|(of, _)| *of == table).count())
    }

    async fn commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError> {
        let mut inner = self.inner.borrow_mut();
        if let Some(error) = inner.failures.pop() {
            return Err(error);
        }
        if inner.generation != read {
            return Ok(Commit::Stale);
        }
        inner.generation.0 += 1;
        for write in writes {
            match write {
                Write::Put(table, key, value) => inner.rows.insert((table, key), value),
                Write::Delete(table, key) => inner.rows.remove(&(table, key)),
            };
        }
        Ok(Commit::Done)
    }
}
