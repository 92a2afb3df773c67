//! Everything that a phone holds, written once over any [`Storage`].
//!
//! A form becomes a [`Draft`], which is kept at every change. [`Pocket::save`] turns its content into an entry: one
//! commit holds the entry, its place in the outbox, its attachments and the new fold of its record, and takes the
//! draft away. [`Pocket::next_batch`] says what to send; [`Pocket::acknowledge`] takes a row out of the outbox only
//! for a receipt that names that entry and its digest; [`Pocket::receive`] takes in what the mailbox brings.
//!
//! Invariants: a row leaves the outbox only with a receipt (or when a repaired entry takes its place), sequence numbers
//! have no gaps, and every commit leaves the folds true to the entries.

mod backup;
mod batch;
mod blobs;
mod calls;
mod cursors;
mod drafts;
mod mailbox;
mod outbox;
mod recent;
mod rows;
mod save;
mod shelves;
mod slips;
mod standing;

use std::{cell::RefCell, pin::Pin, rc::Rc};

use serde::Serialize;
use xunji_domain::{
    deadline::Calendar,
    entry::Body,
    id::{InstallationId, KindId, RecordId, Seq},
    json::{self, FromJson},
    kind::Kinds,
    person::Worker,
    reads,
    record::Record,
    village::County,
    wire::{Definitions, Enrolment},
};

use self::{
    batch::Batch,
    shelves::{SHELVING, Shelving},
};
use crate::{
    storage::{Commit, Generation, Span, Storage, StorageError, Table},
    words::{Pinyin, no_pinyin},
};

#[cfg(feature = "simulation")]
pub(crate) use self::calls::{Calls, calls};
pub use self::{
    backup::{BACKUP_VERSION, Backup, Restored},
    calls::{Called, OpenCase},
    cursors::{Cursor, Mailbox},
    drafts::{Addition, Doing, Draft, Source},
    outbox::{Counts, Outgoing, Waiting, WaitingState},
    rows::{Badge, Row, Rows},
    save::{Rejected, Unsent},
    shelves::{Next, Shelf, Shelved},
};

/// What a phone holds. Clones share it.
pub struct Pocket<S> {
    storage: S,
    shared: Rc<RefCell<Shared>>,
}

impl<S: Clone> Clone for Pocket<S> {
    fn clone(&self) -> Self {
        Self { storage: self.storage.clone(), shared: Rc::clone(&self.shared) }
    }
}

struct Shared {
    installation: InstallationId,
    /// The last generation of the database that was seen here.
    seen: Generation,
    kinds: Rc<Kinds>,
    county: Rc<County>,
    calendar: Rc<Calendar>,
    names: u64,
    pinyin: Pinyin,
}

/// What was found when the database was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An empty database: a new phone, or one whose data is gone.
    Empty,
    /// The database of earlier days.
    Whole,
    /// A database without its canary row: a part of it is gone.
    CanaryGone,
}

#[derive(Serialize)]
struct Profile {
    installation: InstallationId,
}

reads!(Profile { installation });

const PROFILE: &str = "profile";
const CANARY: &str = "canary";
const ENROLMENT: &str = "enrolment";
const DEFINITIONS: &str = "definitions";
const DEFINITIONS_TAG: &str = "definitions_tag";
const PEOPLE: &str = "people";
const SEQ: &str = "seq";
/// How many rows of the outbox wait for a person.
const RETURNED: &str = "returned";

impl<S: Storage> Pocket<S> {
    /// Opens what the phone holds. An empty database becomes this new installation's.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn open(storage: S, new: InstallationId) -> Result<(Self, Found), StorageError> {
        let county = Rc::new(County::built_in().clone());
        let kinds = Rc::<Kinds>::default();
        let shared = Shared {
            installation: new,
            seen: Generation(0),
            names: names(&kinds, &county),
            kinds,
            county,
            calendar: Rc::new(Calendar::built_in().clone()),
            pinyin: no_pinyin,
        };
        let names_now = shared.names;
        let pocket = Self { storage, shared: Rc::new(RefCell::new(shared)) };
        let (installation, found) = pocket
            .mutate(async |batch| {
                let canary = batch.get::<InstallationId>(Table::Meta, CANARY).await?;
                match batch.get::<Profile>(Table::Meta, PROFILE).await? {
                    Some(Profile { installation }) => {
                        outbox::count_returned(batch).await?;
                        let whole = canary == Some(installation);
                        Ok((installation, if whole { Found::Whole } else { Found::CanaryGone }))
                    }
                    None if canary.is_some() => Ok((new, Found::CanaryGone)),
                    None => {
                        batch.put(Table::Meta, PROFILE, &Profile { installation: new })?;
                        batch.put(Table::Meta, CANARY, &new)?;
                        batch.put(Table::Meta, SHELVING, &Shelving::of_nothing(names_now))?;
                        batch.put(Table::Meta, RETURNED, &0_u64)?;
                        Ok((new, Found::Empty))
                    }
                }
            })
            .await?;
        pocket.shared.borrow_mut().installation = installation;
        pocket.reload_definitions().await?;
        pocket.call_anew().await?;
        Ok((pocket, found))
    }

    /// From now on the records that are saved are found by their pinyin too.
    pub fn with_pinyin(self, pinyin: Pinyin) -> Self {
        self.shared.borrow_mut().pinyin = pinyin;
        self
    }

    /// How characters are read.
    pub fn pinyin(&self) -> Pinyin {
        self.shared.borrow().pinyin
    }

    /// The random id of this database.
    pub fn installation(&self) -> InstallationId {
        self.shared.borrow().installation
    }

    /// The ledgers' definitions in force.
    pub fn kinds(&self) -> Rc<Kinds> {
        Rc::clone(&self.shared.borrow().kinds)
    }

    /// The county's villages.
    pub fn county(&self) -> Rc<County> {
        Rc::clone(&self.shared.borrow().county)
    }

    /// Which days are worked.
    pub fn calendar(&self) -> Rc<Calendar> {
        Rc::clone(&self.shared.borrow().calendar)
    }

    /// Whom the phone works for, and its token, once it is enrolled.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn enrolment(&self) -> Result<Option<Enrolment>, StorageError> {
        self.read(Table::Meta, ENROLMENT).await
    }

    /// The office's key, as the station told it at the last enrolment, of a storage that no pocket is open over yet.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn recovery_key(storage: &S) -> Result<Option<String>, StorageError> {
        let row = storage.get(Table::Meta, ENROLMENT).await?;
        let enrolment = row.map(|row| decode::<Enrolment>(ENROLMENT, &row)).transpose()?;
        Ok(enrolment.and_then(|enrolment| enrolment.recovery_key))
    }

    /// Keeps the answer to an enrolment.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn enrol(&self, enrolment: &Enrolment) -> Result<(), StorageError> {
        self.mutate(async |batch| batch.put(Table::Meta, ENROLMENT, enrolment)).await
    }

    /// Takes over the definitions that the station serves. Known versions of a kind stay as they are; records of a kind
    /// with a new version are folded again, for they may have come before it. `tag` is what the station calls them.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn define(&self, definitions: &Definitions, tag: Option<&str>) -> Result<(), StorageError> {
        self.mutate(async |batch| {
            let mut all = Kinds::default();
            // What is stored, not what this tab knows: it may be behind, or have tried this before.
            let mut county = County::built_in().clone();
            let mut calendar = Calendar::default();
            if let Some(kept) = batch.get::<Definitions>(Table::Meta, DEFINITIONS).await? {
                all.extend(kept.kinds);
                county = kept.county;
                calendar = kept.calendar;
            }
            let known = all.all().len();
            all.extend(definitions.kinds.iter().cloned());
            let added: Vec<KindId> = all.all()[known..].iter().map(|kind| kind.id.clone()).collect();
            let kept = Definitions {
                kinds: all.all().to_vec(),
                county: definitions.county.clone(),
                calendar: definitions.calendar.clone(),
            };
            let other_names = county != kept.county;
            let other_days = calendar != kept.calendar;
            batch.put(Table::Meta, DEFINITIONS, &kept)?;
            match tag {
                Some(tag) => batch.put(Table::Meta, DEFINITIONS_TAG, &tag)?,
                None => batch.delete(Table::Meta, DEFINITIONS_TAG),
            }
            self.take_over(kept);
            if !added.is_empty() {
                let records: Vec<Record> = batch.prefix(Table::Records, "").await?;
                for record in records.iter().filter(|record| added.contains(&record.kind)) {
                    self.refold(batch, record.id).await?;
                }
            }
            if other_days {
                for record in self.with_calls(batch).await? {
                    self.refold(batch, record).await?;
                }
            }
            // What was found by another name before is found by the one that is shown.
            if other_names || !added.is_empty() {
                batch.moves.clear();
                self.clear_shelves(batch).await?;
            }
            Ok(())
        })
        .await
    }

    /// What the station calls the definitions that were kept last: while it does, they need not come again.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn definitions_tag(&self) -> Result<Option<String>, StorageError> {
        self.read(Table::Meta, DEFINITIONS_TAG).await
    }

    fn take_over(&self, kept: Definitions) {
        let mut kinds = Kinds::default();
        kinds.extend(kept.kinds);
        let mut shared = self.shared.borrow_mut();
        shared.names = names(&kinds, &kept.county);
        shared.kinds = Rc::new(kinds);
        shared.county = Rc::new(kept.county);
        // Stations of earlier days have no table of their own.
        let own = !kept.calendar.is_empty();
        shared.calendar = Rc::new(if own { kept.calendar } else { Calendar::built_in().clone() });
    }

    /// What codes are called in this tab, as a number that is another one when that changes.
    fn names(&self) -> u64 {
        self.shared.borrow().names
    }

    async fn reload_definitions(&self) -> Result<(), StorageError> {
        if let Some(kept) = self.read::<Definitions>(Table::Meta, DEFINITIONS).await? {
            self.take_over(kept);
        }
        Ok(())
    }

    /// The people that entries on this phone name.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn people(&self) -> Result<Vec<Worker>, StorageError> {
        Ok(self.read(Table::Meta, PEOPLE).await?.unwrap_or_default())
    }

    /// A record with its history.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn record(&self, id: RecordId) -> Result<Option<Record>, StorageError> {
        self.read(Table::Records, &id.to_string()).await
    }

    /// What was entered last time in this ledger.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn last(&self, kind: &KindId) -> Result<Option<Body>, StorageError> {
        self.read(Table::Meta, &last_key(kind)).await
    }

    /// The last sequence number that was given.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn seq(&self) -> Result<Seq, StorageError> {
        Ok(self.read(Table::Meta, SEQ).await?.unwrap_or(Seq(0)))
    }

    async fn read<T: FromJson>(&self, table: Table, key: &str) -> Result<Option<T>, StorageError> {
        self.storage.get(table, key).await?.map(|bytes| decode(key, &bytes)).transpose()
    }

    async fn scan<T: FromJson>(&self, table: Table, span: Span) -> Result<Vec<(String, T)>, StorageError> {
        let rows = self.storage.range(table, span).await?;
        rows.into_iter().map(|(key, bytes)| decode(&key, &bytes).map(|value| (key, value))).collect()
    }

    /// Reads, decides and commits, again from the start whenever another tab was quicker.
    ///
    /// Generations only ever grow. Before an older one it is made sure that this is still the same database: what is
    /// decided here, for this installation and with the next of its numbers, must not go into another one.
    async fn mutate<T, E: From<StorageError>>(
        &self,
        decide: impl AsyncFn(&mut Batch<'_, S>) -> Result<T, E>,
    ) -> Result<T, E> {
        loop {
            let begun: Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(self.begin());
            let read = begun.await?;
            let mut batch = Batch::new(&self.storage);
            let decided = decide(&mut batch).await?;
            let done: Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(self.finish(read, batch));
            if done.await? == Commit::Done {
                return Ok(decided);
            }
        }
    }

    /// The generation that is read now.
    async fn begin(&self) -> Result<Generation, StorageError> {
        let seen = self.shared.borrow().seen;
        let read = self.storage.generation().await?;
        if read < seen {
            let profile: Option<Profile> = self.read(Table::Meta, PROFILE).await?;
            if profile.is_none_or(|profile| profile.installation != self.installation()) {
                return Err(StorageError::Gone);
            }
        }
        Ok(read)
    }

    /// Adds what goes along with every change, and commits.
    async fn finish(&self, read: Generation, mut batch: Batch<'_, S>) -> Result<Commit, StorageError> {
        if batch.is_empty() {
            return Ok(Commit::Done);
        }
        self.shelve_moves(&mut batch).await?;
        outbox::note_returned(&mut batch).await?;
        let commit = self.storage.commit(read, batch.into_writes()).await?;
        if commit == Commit::Done {
            self.shared.borrow_mut().seen = Generation(read.0 + 1);
        }
        Ok(commit)
    }
}

/// FNV-1a over the county's names and the versions of the ledgers, which say the same for ever: equal in every tab and
/// after every start.
fn names(kinds: &Kinds, county: &County) -> u64 {
    let kinds: Vec<_> = kinds.all().iter().map(|kind| (&kind.id, kind.version)).collect();
    // Nothing in it can't be written as JSON.
    let said = serde_json::to_vec(&(kinds, county)).unwrap_or_default();
    said.into_iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn decode<T: FromJson>(key: &str, bytes: &[u8]) -> Result<T, StorageError> {
    json::read(bytes).map_err(|_| StorageError::Damaged(key.to_owned()))
}

fn last_key(kind: &KindId) -> String {
    format!("last/{kind}")
}
