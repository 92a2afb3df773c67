//! A storage whose values are sealed before they reach the storage below it.
//!
//! Keys of rows and the generation stay in clear: they are names that every phone has, opaque ids, positions and
//! moments. Every value is sealed by itself, bound to its table and key, so that rows can't be moved or swapped. What a
//! seal can't tell is that a whole database was put back to an earlier day, or that a row is gone.
//!
//! ```text
//! no vault yet (Clear) ── seal_with ─► some rows sealed (Half) ── seal_rest, as often as it takes ─► Whole
//! ```
//!
//! Sealing takes a foreign wait, so it happens before a commit and after a read, never inside a transaction.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use crate::{
    storage::{Ask, Commit, Generation, Lying, Span, Storage, StorageError, Table, Write},
    vault::HEADER,
};

/// What every sealed value begins with, so that it is never taken for a plain one: JSON and pictures begin otherwise.
const MARK: &[u8] = b"\0XJ1";
/// How many rows are sealed in one commit when a database of earlier days is closed up: photos are among them.
const STRIDE: usize = 32;

/// Some bytes and where they lie: `table/key`. A seal holds only for that place.
pub struct Placed {
    /// Table and key.
    pub place: String,
    /// The value, plain or sealed.
    pub bytes: Vec<u8>,
}

/// Seals and opens values. A clone is the same key.
#[allow(async_fn_in_trait, reason = "Only ever used with a concrete cipher on one thread.")]
pub trait Cipher: Clone {
    /// Seals each value for its place, in order.
    ///
    /// # Errors
    /// [`StorageError::Failed`] when the platform can't.
    async fn seal(&self, plain: Vec<Placed>) -> Result<Vec<Vec<u8>>, StorageError>;

    /// Opens each value, in order; nothing for what this key did not seal for that place.
    ///
    /// # Errors
    /// [`StorageError::Failed`] when the platform can't.
    async fn open(&self, sealed: Vec<Placed>) -> Result<Vec<Option<Vec<u8>>>, StorageError>;
}

/// How much of a database is sealed.
#[derive(Clone)]
enum Mode<C> {
    /// Nothing: nobody has set a PIN yet.
    Clear,
    /// Whatever has been written since the PIN was set, and perhaps more.
    Half(C),
    /// All of it.
    Whole(C),
}

/// A storage over another one. Clones share the key.
#[derive(Clone)]
pub struct Sealed<S, C> {
    storage: S,
    mode: Rc<RefCell<Mode<C>>>,
}

impl<S: Storage, C: Cipher> Sealed<S, C> {
    /// Over a database without a vault: values go through as they are.
    pub fn clear(storage: S) -> Self {
        Self { storage, mode: Rc::new(RefCell::new(Mode::Clear)) }
    }

    /// Over a database with a vault. `half` when plain rows may be left; see [`Sealed::seal_rest`].
    pub fn with(storage: S, cipher: C, half: bool) -> Self {
        let mode = if half { Mode::Half(cipher) } else { Mode::Whole(cipher) };
        Self { storage, mode: Rc::new(RefCell::new(mode)) }
    }

    /// The storage below, for what has to stay in clear.
    pub const fn bare(&self) -> &S {
        &self.storage
    }

    /// The key, if there is one.
    pub fn cipher(&self) -> Option<C> {
        match &*self.mode.borrow() {
            Mode::Clear => None,
            Mode::Half(cipher) | Mode::Whole(cipher) => Some(cipher.clone()),
        }
    }

    /// From now on everything that is written is sealed. The header has been written before.
    pub fn seal_with(&self, cipher: C) {
        self.mode.replace(Mode::Half(cipher));
    }

    /// Seals what is still plain, some rows in each commit. When it is cut off, the next call goes on.
    ///
    /// # Errors
    /// [`StorageError`]; what was sealed until then stays sealed, and the rest stays readable.
    pub async fn seal_rest(&self) -> Result<(), StorageError> {
        let Some(cipher) = self.cipher() else { return Ok(()) };
        for table in Table::ALL {
            let mut span = Span::all();
            loop {
                let read = self.storage.generation().await?;
                let rows = self.storage.range(table, span.clone().limit(STRIDE)).await?;
                let Some((last, _)) = rows.last() else { break };
                let next = Span::all().after(last);
                let plain = rows.into_iter().filter(|(key, value)| {
                    let done = value.starts_with(MARK);
                    let header = table == Table::Meta && key == HEADER;
                    !done && !header
                });
                let writes = plain.map(|(key, value)| Write::Put(table, key, value)).collect::<Vec<_>>();
                let stale = !writes.is_empty() && {
                    let writes = seal(&cipher, writes).await?;
                    self.storage.commit(read, writes).await? == Commit::Stale
                };
                if !stale {
                    span = next;
                }
            }
        }
        self.mode.replace(Mode::Whole(cipher));
        Ok(())
    }

    async fn open(&self, rows: Vec<Shut>) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        let sealed = |row: &Shut| row.value.as_ref().is_some_and(|value| value.starts_with(MARK));
        let mode = self.mode.borrow().clone();
        match mode {
            // A vault that another tab has made meanwhile.
            Mode::Clear if rows.iter().any(sealed) => Err(StorageError::Newer),
            Mode::Clear => Ok(rows.into_iter().map(|row| row.value).collect()),
            // Plain ones are taken as they are, until the last is sealed.
            Mode::Half(cipher) => open(&cipher, rows, true).await,
            Mode::Whole(cipher) => open(&cipher, rows, false).await,
        }
    }
}

/// A row as it lies in the storage below.
struct Shut {
    place: String,
    value: Option<Vec<u8>>,
}

fn place(table: Table, key: &str) -> String {
    format!("{}/{key}", table.name())
}

/// Opens each value, in order; nothing for what can't be read. `plain`: what is not sealed is taken as it is.
async fn open<C: Cipher>(
    cipher: &C,
    rows: Vec<Shut>,
    plain: bool,
) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
    let (mut opened, mut at, mut sealed) = (Vec::with_capacity(rows.len()), Vec::new(), Vec::new());
    for Shut { place, value } in rows {
        let bytes = value.as_ref().and_then(|value| value.strip_prefix(MARK)).map(<[u8]>::to_vec);
        match bytes {
            Some(bytes) => {
                at.push(opened.len());
                sealed.push(Placed { place, bytes });
                opened.push(None);
            }
            None => opened.push(value.filter(|_| plain)),
        }
    }
    let values = cipher.open(sealed).await?;
    if values.len() != at.len() {
        return Err(StorageError::Failed("a seal is missing".to_owned()));
    }
    for (at, value) in at.into_iter().zip(values) {
        opened[at] = value;
    }
    Ok(opened)
}

async fn seal<C: Cipher>(cipher: &C, writes: Vec<Write>) -> Result<Vec<Write>, StorageError> {
    let (mut done, mut places, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for write in writes {
        match write {
            Write::Put(table, key, bytes) => {
                plain.push(Placed { place: place(table, &key), bytes });
                places.push((table, key));
            }
            delete @ Write::Delete(..) => done.push(delete),
        }
    }
    let sealed = cipher.seal(plain).await?;
    // Pairing must not drop a row silently.
    if sealed.len() != places.len() {
        return Err(StorageError::Failed("a seal is missing".to_owned()));
    }
    done.extend(
        places
            .into_iter()
            .zip(sealed)
            .map(|((table, key), sealed)| Write::Put(table, key, [MARK, &sealed].concat())),
    );
    Ok(done)
}

type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + 'a>>;

/// Each call is one boxed future. Otherwise every future of the pocket would hold all that sealing and the storage
/// below need between two waits, and move it about: a tenth of the app.
impl<S: Storage, C: Cipher> Storage for Sealed<S, C> {
    async fn generation(&self) -> Result<Generation, StorageError> {
        let asked: Asked<'_, _> = Box::pin(self.do_generation());
        asked.await
    }

    async fn read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError> {
        let asked: Asked<'_, _> = Box::pin(self.do_read(asks));
        asked.await
    }

    async fn keys(&self, table: Table) -> Result<Vec<String>, StorageError> {
        let asked: Asked<'_, _> = Box::pin(self.do_keys(table));
        asked.await
    }

    async fn count(&self, table: Table) -> Result<usize, StorageError> {
        let asked: Asked<'_, _> = Box::pin(self.do_count(table));
        asked.await
    }

    async fn commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError> {
        let asked: Asked<'_, _> = Box::pin(self.do_commit(read, writes));
        asked.await
    }
}

/// What the contract asks for, as it is done.
impl<S: Storage, C: Cipher> Sealed<S, C> {
    async fn do_generation(&self) -> Result<Generation, StorageError> {
        let read = self.storage.generation().await?;
        // Looked at after the generation was read: a vault that is made later makes it an old one, and nothing plain
        // gets past it.
        if matches!(&*self.mode.borrow(), Mode::Whole(_) | Mode::Half(_)) {
            return Ok(read);
        }
        match self.storage.get(Table::Meta, HEADER).await? {
            Some(_) if matches!(&*self.mode.borrow(), Mode::Clear) => Err(StorageError::Newer),
            _ => Ok(read),
        }
    }

    async fn do_read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError> {
        let tables: Vec<(Table, bool)> =
            asks.iter().map(|ask| (ask.table(), matches!(ask, Ask::Span(..)))).collect();
        let mut found = self.storage.read(asks).await?;
        let mut shut = Vec::new();
        for ((table, span), rows) in tables.into_iter().zip(&mut found) {
            if span && table == Table::Meta {
                rows.retain(|(key, _)| key != HEADER);
            }
            for (key, value) in rows {
                shut.push(Shut { place: place(table, key), value: value.take() });
            }
        }
        let opened = self.open(shut).await?;
        for ((_, value), opened) in found.iter_mut().flatten().zip(opened) {
            *value = opened;
        }
        Ok(found)
    }

    async fn do_keys(&self, table: Table) -> Result<Vec<String>, StorageError> {
        let mut keys = self.storage.keys(table).await?;
        if table == Table::Meta {
            keys.retain(|key| key != HEADER);
        }
        Ok(keys)
    }

    async fn do_count(&self, table: Table) -> Result<usize, StorageError> {
        let count = self.storage.count(table).await?;
        if table != Table::Meta {
            return Ok(count);
        }
        let header = self.storage.get(Table::Meta, HEADER).await?.is_some();
        Ok(count - usize::from(header))
    }

    async fn do_commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError> {
        match self.cipher() {
            None => self.storage.commit(read, writes).await,
            Some(cipher) => self.storage.commit(read, seal(&cipher, writes).await?).await,
        }
    }
}
