//! The secrets of the slips that were given out here: a slip can be shown and printed again, on this phone only.

use xunji_domain::{id::EntryId, slip::SlipToken};

use super::Pocket;
use crate::storage::{Storage, StorageError, Table};

impl<S: Storage> Pocket<S> {
    /// Keeps the token of a slip, by the entry that it is given out with.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn keep_slip(&self, entry: EntryId, token: &SlipToken) -> Result<(), StorageError> {
        self.mutate(async |batch| batch.put(Table::Meta, &slip_key(entry), &token.as_str())).await
    }

    /// The token of a slip; nothing when it was given out elsewhere.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn slip_token(&self, entry: EntryId) -> Result<Option<SlipToken>, StorageError> {
        let token: Option<String> = self.read(Table::Meta, &slip_key(entry)).await?;
        Ok(token.and_then(|token| token.parse().ok()))
    }
}

fn slip_key(entry: EntryId) -> String {
    format!("slip/{entry}")
}
