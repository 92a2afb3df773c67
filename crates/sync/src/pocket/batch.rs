//! Reads and the writes decided from them, which see each other before they are committed.

use std::collections::BTreeMap;

use serde::Serialize;
use xunji_domain::json::FromJson;

use super::decode;
use crate::storage::{Span, Storage, StorageError, Table, Write};

/// Writes that are being decided on.
pub(super) struct Batch<'a, S> {
    storage: &'a S,
    writes: BTreeMap<(Table, String), Option<Vec<u8>>>,
}

impl<'a, S: Storage> Batch<'a, S> {
    pub(super) fn new(storage: &'a S) -> Self {
        Self { storage, writes: BTreeMap::new() }
    }

    pub(super) async fn get<T: FromJson>(&self, table: Table, key: &str) -> Result<Option<T>, StorageError> {
        let stored;
        let bytes = match self.writes.get(&(table, key.to_owned())) {
            Some(written) => written.as_ref(),
            None => {
                stored = self.storage.get(table, key).await?;
                stored.as_ref()
            }
        };
        bytes.map(|bytes| decode(key, bytes)).transpose()
    }

    pub(super) async fn prefix<T: FromJson>(
        &self,
        table: Table,
        prefix: &str,
    ) -> Result<Vec<T>, StorageError> {
        let span = Span::prefix(prefix);
        let mut rows = self.storage.range(table, span.clone()).await?;
        for ((of, key), value) in &self.writes {
            if *of == table && span.contains(key) {
                match (rows.binary_search_by(|(stored, _)| stored.cmp(key)), value) {
                    (Ok(place), Some(value)) => rows[place].1.clone_from(value),
                    (Err(place), Some(value)) => rows.insert(place, (key.clone(), value.clone())),
                    (Ok(place), None) => drop(rows.remove(place)),
                    (Err(_), None) => {}
                }
            }
        }
        rows.iter().map(|(key, bytes)| decode(key, bytes)).collect()
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

    pub(super) fn into_writes(self) -> Vec<Write> {
        let write = |((table, key), value)| match value {
            Some(value) => Write::Put(table, key, value),
            None => Write::Delete(table, key),
        };
        self.writes.into_iter().map(write).collect()
    }
}
