//! Who the person is at the station today, and whom their steps may name: the last answers, kept for where there is no
//! network.

use xunji_domain::wire::{Directory, Me};

use super::Pocket;
use crate::storage::{Storage, StorageError, Table};

const ME: &str = "me";
const DIRECTORY: &str = "directory";

impl<S: Storage> Pocket<S> {
    /// The person with their roles, areas and desks, as the station last said; as they were enrolled, without desks,
    /// before it has. Nobody before the phone is enrolled.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn me(&self) -> Result<Option<Me>, StorageError> {
        let Some(enrolment) = self.enrolment().await? else { return Ok(None) };
        let said: Option<Me> = self.read(Table::Meta, ME).await?;
        let said = said.filter(|me| me.worker.id == enrolment.worker.id);
        Ok(Some(said.unwrap_or(Me { worker: enrolment.worker, desks: Vec::new() })))
    }

    /// Keeps what the station says of the person. Returns whether anything about it is new.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn learn(&self, me: &Me) -> Result<bool, StorageError> {
        if self.me().await?.as_ref() == Some(me) {
            return Ok(false);
        }
        self.mutate(async |batch| batch.put(Table::Meta, ME, me)).await.map(|()| true)
    }

    /// The desks and people that a step may name; none before the station has said so.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn directory(&self) -> Result<Directory, StorageError> {
        Ok(self.read(Table::Meta, DIRECTORY).await?.unwrap_or_default())
    }

    /// Keeps the station's directory.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn keep_directory(&self, directory: &Directory) -> Result<(), StorageError> {
        self.mutate(async |batch| batch.put(Table::Meta, DIRECTORY, directory)).await
    }
}
