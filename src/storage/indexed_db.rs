//! The storage contract over IndexedDB.
//!
//! - Values are bytes, keys are text: nothing but opaque bytes lies in the database.
//! - A commit is one transaction: compare the generation, issue every request without waiting in between, commit, wait
//!   for the browser's word. Nothing foreign is awaited inside it, because that would end it early.
//! - Every writing transaction is strict; see `insistOnStrictDurability` in `platform/shim.js`.
//! - A connection that another tab or a sleeping phone has closed is opened again once.

use std::{cell::RefCell, ops::Bound, rc::Rc};

use js_sys::Uint8Array;
use rexie::{KeyRange, ObjectStore, Rexie, Transaction, TransactionMode};
use wasm_bindgen::{JsCast, JsValue};
use xunji_sync::storage::{Ask, Commit, Generation, Lying, Span, Storage, StorageError, Table, Write};

use crate::platform;

/// The database's name.
pub const DATABASE: &str = "xunji";

/// Grows by one with every table that is added, and with everything else that an older app must not write beside.
/// Tables are never renamed or taken away: opening deletes what a version does not list.
///
/// 2: values are sealed once there is a PIN; an app of version 1 would write plain ones.
/// 3: shelves; an app of version 2 would save records without their words.
const VERSION: u32 = 3;

/// A connection to the database. Clones share it.
#[derive(Clone)]
pub struct IndexedDb {
    name: String,
    version: u32,
    tables: Vec<String>,
    connection: Rc<RefCell<Option<Rc<Connection>>>>,
}

/// Closed when nobody holds it any more: one that is open without anybody to hear that a newer version of the app has
/// come would stand in its way for ever.
struct Connection(Option<Rexie>);

impl Connection {
    fn begin(&self, tables: &[&str], mode: TransactionMode) -> Option<Transaction> {
        self.0.as_ref()?.transaction(tables, mode).ok()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.close();
        }
    }
}

impl IndexedDb {
    /// Opens the database, making or upgrading it where needed.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn open(name: &str) -> Result<Self, StorageError> {
        Self::open_as(name, VERSION, &Table::ALL.map(Table::name)).await
    }

    /// Opens the database as a version of the app with these tables would, so that tests can be an older or a newer one.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn open_as(name: &str, version: u32, tables: &[&str]) -> Result<Self, StorageError> {
        platform::insist_on_strict_durability();
        let tables = tables.iter().map(|&table| table.to_owned()).collect();
        let storage = Self { name: name.to_owned(), version, tables, connection: Rc::default() };
        storage.connected().await?;
        Ok(storage)
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn connected(&self) -> Result<Rc<Connection>, StorageError> {
        if let Some(connection) = self.connection.borrow().as_ref() {
            return Ok(Rc::clone(connection));
        }
        let builder = Rexie::builder(&self.name).version(self.version);
        let builder = self
            .tables
            .iter()
            .fold(builder, |builder, table| builder.add_object_store(ObjectStore::new(table)));
        let opened = Rc::new(Connection(Some(builder.build().await.map_err(|error| explain(&error))?)));
        // Somebody else may have been quicker.
        Ok(Rc::clone(self.connection.borrow_mut().get_or_insert(opened)))
    }

    async fn begin(&self, tables: &[&str], mode: TransactionMode) -> Result<Transaction, StorageError> {
        let connection = self.connected().await?;
        if let Some(transaction) = connection.begin(tables, mode) {
            return Ok(transaction);
        }
        // Unless somebody has put a new one in its place meanwhile.
        self.connection.borrow_mut().take_if(|held| Rc::ptr_eq(held, &connection));
        self.connected().await?.begin(tables, mode).ok_or(StorageError::Lost)
    }
}

const GENERATION: &str = "generation";

impl Storage for IndexedDb {
    async fn generation(&self) -> Result<Generation, StorageError> {
        let bytes = self.get(Table::Meta, GENERATION).await?;
        bytes.map_or(Ok(Generation(0)), |bytes| generation(&bytes))
    }

    async fn read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError> {
        if asks.is_empty() {
            return Ok(Vec::new());
        }
        let asked = |table: &Table| asks.iter().any(|ask| ask.table() == *table);
        let tables: Vec<&str> = Table::ALL.into_iter().filter(asked).map(Table::name).collect();
        let transaction = self.begin(&tables, TransactionMode::ReadOnly).await?;
        // All requests are issued before the first is answered, and see the same moment.
        let answers = asks.into_iter().map(|ask| answer(&transaction, ask));
        futures_util::future::join_all(answers).await.into_iter().collect()
    }

    async fn keys(&self, table: Table) -> Result<Vec<String>, StorageError> {
        let transaction = self.begin(&[table.name()], TransactionMode::ReadOnly).await?;
        let store = transaction.store(table.name()).map_err(|error| explain(&error))?;
        let keys = store.get_all_keys(None, None).await.map_err(|error| explain(&error))?;
        let keys = keys.into_iter().filter_map(|key| key.as_string());
        Ok(keys.filter(|key| !(table == Table::Meta && key == GENERATION)).collect())
    }

    async fn count(&self, table: Table) -> Result<usize, StorageError> {
        let transaction = self.begin(&[table.name()], TransactionMode::ReadOnly).await?;
        let store = transaction.store(table.name()).map_err(|error| explain(&error))?;
        let count = store.count(None).await.map_err(|error| explain(&error))? as usize;
        if table != Table::Meta {
            return Ok(count);
        }
        let own = store.key_exists(GENERATION.into()).await.map_err(|error| explain(&error))?;
        Ok(count - usize::from(own))
    }

    async fn commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError> {
        let touched =
            |table: &Table| *table == Table::Meta || writes.iter().any(|write| write.table() == *table);
        let tables: Vec<&str> = Table::ALL.into_iter().filter(touched).map(Table::name).collect();
        let transaction = self.begin(&tables, TransactionMode::ReadWrite).await?;
        match write_all(&transaction, read, &writes).await {
            Ok(Commit::Done) => {
                transaction.commit().await.map_err(|error| explain(&error))?;
                Ok(Commit::Done)
            }
            // Dropping a transaction would commit what has been put so far.
            Ok(Commit::Stale) => {
                transaction.abort().await.map_err(|error| explain(&error))?;
                Ok(Commit::Stale)
            }
            Err(error) => {
                // It may have ended by itself already, which is what is wanted.
                drop(transaction.abort().await);
                Err(error)
            }
        }
    }
}

async fn answer(transaction: &Transaction, ask: Ask) -> Result<Vec<Lying>, StorageError> {
    let table = ask.table();
    let store = transaction.store(table.name()).map_err(|error| explain(&error))?;
    let span = match ask {
        Ask::Row(_, key) => {
            let value = store.get(key.as_str().into()).await.map_err(|error| explain(&error))?;
            return Ok(value.map(|value| (key, bytes_of(value))).into_iter().collect());
        }
        Ask::Span(_, span) => span,
    };
    let Some(range) = key_range(&span)? else { return Ok(Vec::new()) };
    let limit = u32::try_from(span.limit).ok();
    // Two requests of one transaction see the same rows in the same order.
    let (keys, values) =
        futures_util::future::join(store.get_all_keys(range.clone(), limit), store.get_all(range, limit))
            .await;
    let (keys, values) = (keys.map_err(|error| explain(&error))?, values.map_err(|error| explain(&error))?);
    let hidden = |key: &String| !(table == Table::Meta && key == GENERATION);
    let keys = keys.into_iter().map(|key| key.as_string().unwrap_or_default());
    let rows = keys.zip(values).filter(|(key, _)| hidden(key));
    Ok(rows.map(|(key, value)| (key, bytes_of(value))).collect())
}

async fn write_all(
    transaction: &Transaction,
    read: Generation,
    writes: &[Write],
) -> Result<Commit, StorageError> {
    let meta = transaction.store(Table::Meta.name()).map_err(|error| explain(&error))?;
    let current = meta.get(GENERATION.into()).await.map_err(|error| explain(&error))?;
    let current = match current {
        Some(value) => generation(&bytes_of(value).unwrap_or_default())?,
        None => Generation(0),
    };
    if current != read {
        return Ok(Commit::Stale);
    }
    for table in Table::ALL {
        let mut deletes = Vec::new();
        let mut puts = Vec::new();
        for write in writes.iter().filter(|write| write.table() == table) {
            match write {
                Write::Put(_, key, value) => {
                    puts.push((Uint8Array::from(value.as_slice()).into(), Some(JsValue::from_str(key))));
                }
                Write::Delete(_, key) => deletes.push(JsValue::from_str(key)),
            }
        }
        if table == Table::Meta {
            let next = (read.0 + 1).to_be_bytes();
            puts.push((Uint8Array::from(next.as_slice()).into(), Some(GENERATION.into())));
        }
        if deletes.is_empty() && puts.is_empty() {
            continue;
        }
        let store = transaction.store(table.name()).map_err(|error| explain(&error))?;
        let deletes = deletes.into_iter().map(|key| store.delete(key));
        let puts = store.put_all(puts.into_iter());
        let (deleted, put) = futures_util::future::join(futures_util::future::join_all(deletes), puts).await;
        put.and(deleted.into_iter().collect::<Result<(), _>>()).map_err(|error| explain(&error))?;
    }
    Ok(Commit::Done)
}

/// `None` for a span that nothing can lie in: IndexedDB takes such a range for an error.
fn key_range(span: &Span) -> Result<Option<Option<KeyRange>>, StorageError> {
    let upper = span.to.as_ref().map(|to| JsValue::from_str(to));
    let lower = match &span.from {
        Bound::Unbounded => None,
        Bound::Included(from) => Some((from, false)),
        Bound::Excluded(from) => Some((from, true)),
    };
    let range = match (lower, upper) {
        (None, None) => return Ok(Some(None)),
        (None, Some(to)) => KeyRange::upper_bound(&to, Some(true)),
        (Some((from, open)), None) => KeyRange::lower_bound(&from.into(), Some(open)),
        (Some((from, _)), Some(_)) if span.to.as_ref().is_some_and(|to| from >= to) => return Ok(None),
        (Some((from, open)), Some(to)) => KeyRange::bound(&from.into(), &to, Some(open), Some(true)),
    };
    range.map(|range| Some(Some(range))).map_err(|error| explain(&error.into()))
}

/// Nothing for what is no bytes.
fn bytes_of(value: JsValue) -> Option<Vec<u8>> {
    value.dyn_into().ok().map(|array: Uint8Array| array.to_vec())
}

fn generation(bytes: &[u8]) -> Result<Generation, StorageError> {
    let bytes = bytes.try_into().map_err(|_| StorageError::Damaged(GENERATION.to_owned()))?;
    Ok(Generation(u64::from_be_bytes(bytes)))
}

/// Browsers tell errors apart by name only, and name and message are all that the bindings keep.
fn explain(error: &rexie::Error) -> StorageError {
    let text = match error {
        rexie::Error::IdbError(error) => error.to_string(),
        rexie::Error::TransactioncommitFailed => platform::why_aborted(),
        other => other.to_string(),
    };
    match &text {
        text if text.contains("QuotaExceeded") => StorageError::Full,
        text if text.contains("VersionError") => StorageError::Newer,
        text if text.contains("InvalidState") => StorageError::Lost,
        _ => StorageError::Failed(text),
    }
}
