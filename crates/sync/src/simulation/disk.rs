//! A phone's disk: the storage in memory behind every tab's connection, which takes its time and fails.
//!
//! Others may go first before every read and commit, and a tab may be killed there. After a commit it may be killed
//! too, or hear of an error: then the rows are there although nobody was told so.

use std::rc::Rc;

use serde_json::Value;
use xunji_domain::{
    entry::Action,
    id::Seq,
    kind::Kinds,
    record::{Record, Standing},
};

use super::{env::Env, sabotage::Sabotage, tally::Fault};
use crate::{
    memory::Memory,
    storage::{Ask, Commit, Generation, Lying, Span, Storage, StorageError, Table, Write},
};

/// A tab's connection to its phone's disk.
#[derive(Clone)]
pub(super) struct Disk {
    env: Rc<Env>,
    memory: Memory,
}

impl Disk {
    pub(super) const fn new(env: Rc<Env>, memory: Memory) -> Self {
        Self { env, memory }
    }

    fn spoil(&self, write: Write) -> Write {
        match write {
            Write::Put(Table::Records, key, bytes)
                if [Sabotage::ForgetRivals, Sabotage::ForgetQuestions, Sabotage::FollowParked]
                    .iter()
                    .any(|sabotage| self.env.broken(*sabotage)) =>
            {
                let Ok(mut record) = serde_json::from_slice::<Record>(&bytes) else {
                    return Write::Put(Table::Records, key, bytes);
                };
                if self.env.broken(Sabotage::ForgetRivals) {
                    record.fields.values_mut().for_each(|held| held.rivals.clear());
                } else if self.env.broken(Sabotage::ForgetQuestions) {
                    record.asked.clear();
                } else {
                    follow_parked(&mut record);
                }
                Write::Put(Table::Records, key, serde_json::to_vec(&record).unwrap_or(bytes))
            }
            other => other,
        }
    }
}

impl Storage for Disk {
    async fn generation(&self) -> Result<Generation, StorageError> {
        self.env.turn().await;
        self.memory.generation().await
    }

    async fn read(&self, asks: Vec<Ask>) -> Result<Vec<Vec<Lying>>, StorageError> {
        if self.env.dice.comes(200) {
            self.env.turn().await;
        }
        let mut found = self.memory.read(asks).await?;
        for (key, value) in found.iter_mut().flatten() {
            let seq = || serde_json::from_slice::<Seq>(value.as_deref()?).ok();
            if key == "seq" && self.env.breaks(Sabotage::GiveSeqTwice, 100) {
                *value = seq().map(|seq| (seq.0 - 1).to_string().into_bytes());
            } else if key == "seq" && self.env.breaks(Sabotage::SkipSeq, 100) {
                *value = seq().map(|seq| (seq.0 + 1).to_string().into_bytes());
            }
        }
        Ok(found)
    }

    async fn keys(&self, table: Table) -> Result<Vec<String>, StorageError> {
        self.memory.keys(table).await
    }

    async fn count(&self, table: Table) -> Result<usize, StorageError> {
        self.memory.count(table).await
    }

    async fn commit(&self, read: Generation, writes: Vec<Write>) -> Result<Commit, StorageError> {
        self.env.turn().await;
        if self.env.strikes(Fault::DiskFull, 25) {
            if self.env.broken(Sabotage::TearCommit) {
                let half = writes.len() / 2;
                self.memory.commit(read, writes.into_iter().take(half).collect()).await?;
            }
            let swallowed = self.env.broken(Sabotage::SwallowFullDisk);
            return if swallowed { Ok(Commit::Done) } else { Err(StorageError::Full) };
        }
        if self.env.strikes(Fault::ConnectionLost, 15) {
            return Err(StorageError::Lost);
        }
        let mut writes: Vec<_> = writes.into_iter().map(|write| self.spoil(write)).collect();
        if self.env.broken(Sabotage::MixCursors) {
            let mixed: Vec<_> = writes.iter().filter_map(mixed_up).flatten().collect();
            writes.extend(mixed);
        }
        let makes_space = |write: &Write| matches!(write, Write::Delete(Table::Blobs, _));
        if self.env.broken(Sabotage::ThinEverything) && !writes.is_empty() && writes.iter().all(makes_space) {
            let all = self.memory.keys(Table::Blobs).await?;
            writes.extend(all.into_iter().map(|key| Write::Delete(Table::Blobs, key)));
        }
        let commit = self.memory.commit(read, writes).await?;
        if commit == Commit::Done && self.env.strikes(Fault::CommitUnheard, 15) {
            return Err(StorageError::Failed("the connection was closed".to_owned()));
        }
        self.env.turn().await;
        Ok(commit)
    }
}

/// Shows a record where a step would have led that the station has parked.
fn follow_parked(record: &mut Record) {
    let kinds = Kinds::default();
    let Some(kind) = kinds.nearest(&record.kind, record.kind_version) else { return };
    for known in &record.entries {
        if let (Standing::Parked { .. }, Action::Step { step, .. }) =
            (&known.standing, &known.entry.content.action)
            && let Some(step) = kind.workflow.steps.iter().find(|defined| defined.id == *step)
        {
            record.state = step.to.clone();
        }
    }
}

/// What a phone also writes that takes a desk's mailbox for the person's own.
fn mixed_up(write: &Write) -> Option<[Write; 2]> {
    let Write::Put(Table::Meta, key, bytes) = write else { return None };
    let places: Vec<Value> = serde_json::from_slice(bytes).ok().filter(|_| key == "cursors")?;
    let after = places.last()?["after"].to_string().into_bytes();
    let entry = Write::Delete(Table::Meta, "cursor_entry".to_owned());
    Some([Write::Put(Table::Meta, "cursor".to_owned(), after), entry])
}

/// The result of a future that never waits: everything over the bare memory.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Copies a database, as tools do that move everything to a new phone.
pub(super) fn copied(memory: &Memory) -> Memory {
    let copy = Memory::default();
    let mut writes = Vec::new();
    for table in Table::ALL {
        let rows = at_once(memory.range(table, Span::all())).unwrap_or_default();
        writes.extend(rows.into_iter().map(|(key, value)| Write::Put(table, key, value)));
    }
    change(&copy, writes);
    copy
}

/// Changes a database behind its owner's back.
pub(super) fn change(memory: &Memory, writes: Vec<Write>) {
    let read = at_once(memory.generation()).unwrap_or_default();
    drop(at_once(memory.commit(read, writes)));
}

/// What a crash takes along when its promise is broken: the newest row.
pub(super) fn lose_row(env: &Env, memory: &Memory) {
    let table = if env.dice.comes(500) { Table::Outbox } else { Table::Entries };
    let rows = at_once(memory.range(table, Span::all())).unwrap_or_default();
    if let Some((key, _)) = rows.last() {
        change(memory, vec![Write::Delete(table, key.clone())]);
    }
}

/// What is left of an evicted database: nothing, unless that promise is broken.
pub(super) fn evicted(env: &Env, memory: &Memory) -> Memory {
    let left = Memory::default();
    if env.broken(Sabotage::QuietEviction) {
        let rows = at_once(memory.range(Table::Meta, Span::all())).unwrap_or_default();
        change(&left, rows.into_iter().map(|(key, value)| Write::Put(Table::Meta, key, value)).collect());
    }
    left
}
