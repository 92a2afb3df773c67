//! Reads and the writes decided from them, which see each other before they are committed.

use std::{collections::BTreeMap, pin::Pin};

use serde::Serialize;
use xunji_domain::json::FromJson;

use super::{decode, shelves::Moves};
use crate::storage::{Ask, Lying, Span, Storage, StorageError, Table, Write};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + 'a>>;

/// Writes that are being decided on.
pub(super) struct Batch<'a, S> {
    storage: &'a S,
    writes: BTreeMap<(Table, String), Option<Vec<u8>>>,
    /// What was fetched ahead: rows by their keys, and all rows of a prefix by the prefix, which ends in a slash.
    fetched: BTreeMap<(Table, String), Vec<Lying>>,
    /// What is to happen on the shelves.
    pub(super) moves: Moves,
    /// By how many the entries that a person has to look at grow.
    pub(super) returned: i64,
}

impl<'a, S: Storage> Batch<'a, S> {
    pub(super) fn new(storage: &'a S) -> Self {
        Self { storage, writes: BTreeMap::new(), fetched: BTreeMap::new(), moves: Moves::new(), returned: 0 }
    }

    /// Reads together what will be asked for one by one: rows, and all rows of a prefix that ends in a slash. Nothing is
    /// wrong when something is left out, or not asked for.
    pub(super) async fn fetch(&mut self, places: Vec<(Table, String)>) -> Result<(), StorageError> {
        let ask = |(table, key): &(Table, String)| match key.ends_with('/') {
            true => Ask::Span(*table, Span::prefix(key)),
            false => Ask::Row(*table, key.clone()),
        };
        let found = self.storage.read(places.iter().map(ask).collect()).await?;
        for (place, rows) in places.into_iter().zip(found) {
            self.fetched.insert(place, rows);
        }
        Ok(())
    }

    /// The value of a row, as it will be after this batch.
    async fn value(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let place = (table, key.to_owned());
        if let Some(written) = self.writes.get(&place) {
            return Ok(written.clone());
        }
        let prefix = key.split_once('/').map(|(first, _)| (table, format!("{first}/")));
        let all = self.fetched.get(&place).or_else(|| self.fetched.get(&prefix?));
        let row = match all {
            Some(rows) => rows.iter().find(|(stored, _)| stored == key).cloned(),
            None => {
                let found = self.storage.read(vec![Ask::Row(table, key.to_owned())]).await?;
                found.into_iter().flatten().next()
            }
        };
        match row {
            Some((_, None)) => Err(StorageError::Damaged(key.to_owned())),
            row => Ok(row.and_then(|(_, value)| value)),
        }
    }

    pub(super) async fn get<T: FromJson>(&self, table: Table, key: &str) -> Result<Option<T>, StorageError> {
        // Boxed, so that what reading needs between two waits is not made anew for every type that is read.
        let value: Boxed<'_, Option<Vec<u8>>> = Box::pin(self.value(table, key));
        value.await?.map(|bytes| decode(key, &bytes)).transpose()
    }

    /// A row that can be made anew: one that can't be read is as good as none.
    pub(super) async fn lying<T: FromJson>(
        &self,
        table: Table,
        key: &str,
    ) -> Result<Option<T>, StorageError> {
        match self.get(table, key).await {
            Err(StorageError::Damaged(_)) => Ok(None),
            found => found,
        }
    }

    pub(super) async fn prefix<T: FromJson>(
        &self,
        table: Table,
        prefix: &str,
    ) -> Result<Vec<T>, StorageError> {
        let rows: Boxed<'_, Vec<Lying>> = Box::pin(self.rows(table, prefix));
        let mut values = Vec::new();
        for (key, value) in rows.await? {
            let value = value.ok_or_else(|| StorageError::Damaged(key.clone()))?;
            values.push(decode(&key, &value)?);
        }
        Ok(values)
    }

    /// The rows of a prefix, as they will be after this batch.
    pub(super) async fn rows(&self, table: Table, prefix: &str) -> Result<Vec<Lying>, StorageError> {
        let span = Span::prefix(prefix);
        let mut rows = match self.fetched.get(&(table, prefix.to_owned())) {
            Some(rows) => rows.clone(),
            None => {
                let found = self.storage.read(vec![Ask::Span(table, span.clone())]).await?;
                found.into_iter().flatten().collect()
            }
        };
        for ((of, key), value) in &self.writes {
            if *of == table && span.contains(key) {
                match (rows.binary_search_by(|(stored, _)| stored.cmp(key)), value) {
                    (Ok(place), Some(value)) => rows[place].1 = Some(value.clone()),
                    (Err(place), Some(value)) => rows.insert(place, (key.clone(), Some(value.clone()))),
                    (Ok(place), None) => drop(rows.remove(place)),
                    (Err(_), None) => {}
                }
            }
        }
        Ok(rows)
    }

    /// Fails only for a value that can't be JSON, which would be a defect of this crate.
    pub(super) fn put<T: Serialize>(
        &mut self,
        table: Table,
        key: &str,
        value: &T,
    ) -> Result<(), StorageError> {
        let bytes = serde_json::to_vec(value).map_err(|error| StorageError::Failed(error.to_string()))?;
        self.put_bytes(table, key, bytes);
        Ok(())
    }

    pub(super) fn put_bytes(&mut self, table: Table, key: &str, bytes: Vec<u8>) {
        self.writes.insert((table, key.to_owned()), Some(bytes));
    }

    pub(super) fn delete(&mut self, table: Table, key: &str) {
        self.writes.insert((table, key.to_owned()), None);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    pub(super) fn into_writes(self) -> Vec<Write> {
        let write = |((table, key), value)| match value {
            Some(value) => Write::Put(table, key, value),
            None => Write::Delete(table, key),
        };
        self.writes.into_iter().map(write).collect()
    }
}
