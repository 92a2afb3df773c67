//! The contract of a phone's database.
//!
//! A storage knows nothing of entries: it holds bytes by key in a few tables and does two things. It reads, and it
//! commits a batch of writes in one durable transaction, provided that its generation is still the one that the
//! caller had read. So everything that takes time or may fail on the way (folding, serialising, hashing, sealing)
//! happens before the transaction opens, two tabs can't overwrite each other, and a crash leaves all of a batch or
//! nothing.

use std::ops::Bound;

/// What a storage keeps apart. Append-only: names and meanings stay for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Single rows by name: who this phone is, cursors, definitions, the canary.
    Meta,
    /// Every entry with its standing, by record and entry id.
    Entries,
    /// What still has to be sent or repaired, by sequence number.
    Outbox,
    /// The fold of every record, by record id. Can be rebuilt.
    Records,
    /// A line for the ledger per record, newest first. Can be rebuilt.
    Rows,
    /// Forms that are being filled in, by the id of the entry they will become.
    Drafts,
    /// The bytes of attachments, by their SHA-256.
    Blobs,
    /// The searchable words of many records each, newest first. Can be rebuilt.
    Shelves,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 8] = [
        Self::Meta,
        Self::Entries,
        Self::Outbox,
        Self::Records,
        Self::Rows,
        Self::Drafts,
        Self::Blobs,
        Self::Shelves,
    ];

    /// The table's name in a database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Entries => "entries",
            Self::Outbox => "outbox",
            Self::Records => "records",
            Self::Rows => "rows",
            Self::Drafts => "drafts",
            Self::Blobs => "blobs",
            Self::Shelves => "shelves",
        }
    }
}

/// One change of a batch.
#[derive(Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets the value of a key.
    Put(Table, String, Vec<u8>),
    /// Takes a key away, if it is there.
    Delete(Table, String),
}

impl Write {
    /// The table it changes.
    pub const fn table(&self) -> Table {
        match self {
            Self::Put(table, ..) | Self::Delete(table, _) => *table,
        }
    }
}

/// How often a storage has been written. Whoever commits names the one that they read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// All of it is on disk.
    Done,
    /// Somebody else has written since; nothing was changed. Read again and decide again.
    Stale,
}

/// A part of a table, in the order of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub from: Bound<String>,
    /// Where it ends, always excluded.
    pub to: Option<String>,
    /// The most rows.
    pub limit: usize,
}

impl Span {
    /// The whole table.
    pub const fn all() -> Self {
        Self { from: Bound::Unbounded, to: None, limit: usize::MAX }
    }

    /// All keys that begin with this ASCII text.
    pub fn prefix(prefix: &str) -> Self {
        Self {
            from: Bound::Included(prefix.to_owned()),
            to: Some(format!("{prefix}\u{7f}")),
            limit: usize::MAX,
        }
    }

    /// What follows a key.
    pub fn after(mut self, key: &str) -> Self {
        self.from = Bound::Excluded(key.to_owned());
        self
    }

    /// At most this many rows.
    pub const fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Whether a key lies within it, the limit aside.
    pub fn contains(&self, key: &str) -> bool {
        let begun = match &self.from {
            Bound::Unbounded => true,
            Bound::Included(from) => key >= from.as_str(),
            Bound::Excluded(from) => key > from.as_str(),
        };
        begun && self.to.as_ref().is_none_or(|to| key < to.as_str())
    }
}

/// One thing that is asked of a storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The row of a key, if there is one.
    Row(Table, String),
    /// The rows of a span, ordered by their keys.
    Span(Table, Span),
}

impl Ask {
    /// The table that it asks about.
    pub const fn table(&self) -> Table {
        match self {
            Self::Row(table, _) | Self::Span(table, _) => *table,
        }
    }
}

/// A key and its value; no value for a row that is there and can't be read.
pub type Lying = (String, Option<Vec<u8>>);

/// Why a phone's database did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The disk or the browser's allowance is full. Nothing was changed.
    #[error("no space left")]
    Full,
    /// The connection was closed and could not be opened again.
    #[error("the connection to the database is lost")]
    Lost,
    /// A newer version of the app has changed the database in another tab.
    #[error("the database belongs to a newer version")]
    Newer,
    /// The database that was opened has been thrown away, and there is another one in its place.
    #[error("the database has been thrown away")]
    Gone,
    /// A row that can't be read as what it should be.
    #[error("the row {0} can't be read")]
    Damaged(String),
    /// Anything else, in the words of the browser.
    #[error("the database failed: {0}")]
    Failed(String),
}

/// A phone's database.
///
/// Futures are not `Send`: in a browser everything happens on one thread.
#[allow(async_fn_in_trait, reason = "Only ever used with a concrete storage on one thread.")]
pub trait Storage {
    /// How often it has been written.
    ///
    /// # Errors
    /// [`StorageError`], like every other call.
    async fn generation(&self) -> Result<Generation, StorageError>;

    /// Answers everything that is asked, in its order, out of one moment of the database. A wait costs far more than a
    /// row, so whoever needs many rows asks for them together.
    ///
    /// # Errors
    /// [`StorageError`]. A row that can't be read is no error here: it comes without a value.
    async fn read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError>;

    /// The value of a key.
    ///
    /// # Errors
    /// [`StorageError`]; [`StorageError::Damaged`] when it can't be read.
    async fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, StorageError> {
        let found = self.read(vec![Ask::Row(table, key.to_owned())]).await?;
        Ok(whole(found)?.pop().map(|(_, value)| value))
    }

    /// The rows of a span, ordered by their keys.
    ///
    /// # Errors
    /// [`StorageError`]; [`StorageError::Damaged`] when one of them can't be read.
    async fn range(&self, table: Table, span: Span) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
        whole(self.read(vec![Ask::Span(table, span)]).await?)
    }

    /// The keys of a table, in their order, without reading the values.
    ///
    /// # Errors
    /// [`StorageError`].
    async fn keys(&self, table: Table) -> Result<Vec<String>, StorageError>;

    /// How many rows a table has.
    ///
    /// # Errors
    /// [`StorageError`].
    async fn count(&self, table: Table) -> Result<usize, StorageError>;

    /// Commits all writes in one transaction that has reached the disk when this returns, and adds one to the
    /// generation; or none of them.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing was changed, as far as one can know: a transaction can also be committed
    /// without the page hearing of it, so callers repeat only what may be repeated.
    async fn commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError>;
}

fn whole(found: Vec<Vec<Lying>>) -> Result<Vec<(String, Vec<u8>)>, StorageError> {
    let mut rows = Vec::new();
    for (key, value) in found.into_iter().flatten() {
        match value {
            Some(value) => rows.push((key, value)),
            None => return Err(StorageError::Damaged(key)),
        }
    }
    Ok(rows)
}
