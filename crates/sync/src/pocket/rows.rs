//! Lines for lists: what the ledger and the Today screen show of a record without reading all of it.

use serde::Serialize;
use serde_json::Value;
use xunji_domain::{
    deadline::{Calendar, Timing, timing},
    entry::{Action, Body, body_of},
    id::{KindId, RecordId, StateId},
    kind::Kinds,
    reads,
    record::{Record, Standing},
};

use super::{Pocket, decode};
use crate::{
    storage::{Ask, Lying, Span, Storage, StorageError, Table},
    words::{Said, said},
};

/// A record's line in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The record.
    pub record: RecordId,
    /// Its ledger.
    pub kind: KindId,
    /// The version of its definition.
    pub kind_version: u32,
    /// The values of the fields that its title is made of.
    pub title: Body,
    /// Its village's code, or what stands in its place.
    pub village: Value,
    /// When it happened, as the form says.
    pub time: Value,
    /// Where it stands in its workflow.
    pub state: StateId,
    /// How far it has come on its way to the station.
    pub badge: Badge,
    /// Whether two people disagree about a field.
    pub contested: bool,
    /// What of its deadlines is the same on every day.
    #[serde(default, skip_serializing_if = "is_default")]
    pub timing: Timing,
    /// Whether its keeper was asked to correct or to explain something.
    #[serde(default, skip_serializing_if = "is_default")]
    pub asked: bool,
    /// Whether it is only here without its sensitive values.
    #[serde(default, skip_serializing_if = "is_default")]
    pub masked: bool,
}

reads!(Row {
    record, kind, kind_version, title, village, time, state, badge, contested or default, timing or default,
    asked or default, masked or default,
});

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How far a record, with all its entries, has come on its way to the station.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// Something of it is still to be sent.
    Waiting,
    /// The station has all of it.
    Delivered,
    /// Something of it has come back.
    Returned,
}

reads!(Badge from word { "waiting" => Waiting, "delivered" => Delivered, "returned" => Returned });

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Newest first.
    pub rows: Vec<Row>,
    /// Where the rest begins, if there is any.
    pub next: Option<String>,
    /// How many are there that can't be read.
    pub unreadable: usize,
}

impl<S: Storage> Pocket<S> {
    /// The newest records, at most `most`, from where an earlier call left off. One that can't be read keeps no other
    /// from being shown.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn rows(&self, from: Option<&str>, most: usize) -> Result<Rows, StorageError> {
        let span = match from {
            Some(key) => Span::all().after(key),
            None => Span::all(),
        };
        let found = self.storage.read(vec![Ask::Span(Table::Rows, span.limit(most))]).await?;
        let mut rows = Rows::default();
        for (key, value) in found.into_iter().flatten() {
            match value.and_then(|value| decode(&key, &value).ok()) {
                Some(row) => rows.rows.push(row),
                None => rows.unreadable += 1,
            }
            rows.next = Some(key);
        }
        if rows.rows.len() + rows.unreadable < most {
            rows.next = None;
        }
        Ok(rows)
    }

    /// The rows of these keys, in their order; nothing for one that is gone or can't be read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn rows_of(&self, keys: &[String]) -> Result<Vec<Option<Row>>, StorageError> {
        let asks = keys.iter().map(|key| Ask::Row(Table::Rows, key.clone())).collect();
        let found = self.storage.read(asks).await?;
        let row = |found: Vec<Lying>| {
            let (key, value) = found.into_iter().next()?;
            decode(&key, &value?).ok()
        };
        Ok(found.into_iter().map(row).collect())
    }

    /// What a search looks through of these records; nothing for one that can't be read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn said_of(&self, ids: &[RecordId]) -> Result<Vec<Vec<Said>>, StorageError> {
        let asks = ids.iter().map(|id| Ask::Row(Table::Records, id.to_string())).collect();
        let found = self.storage.read(asks).await?;
        let said = |found: Vec<Lying>| {
            let (key, value) = found.into_iter().next()?;
            let record: Record = decode(&key, &value?).ok()?;
            Some(said(&self.kinds(), &self.county(), &record))
        };
        Ok(found.into_iter().map(|found| said(found).unwrap_or_default()).collect())
    }

    /// One record's line.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn row(&self, id: RecordId) -> Result<Option<Row>, StorageError> {
        let record = self.record(id).await?;
        Ok(record.map(|record| row(&self.kinds(), &self.calendar(), &record)))
    }

    /// How many records there are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn record_count(&self) -> Result<usize, StorageError> {
        self.storage.count(Table::Records).await
    }
}

/// Newest first: the time of the first entry, counted downward.
pub(super) fn row_key(record: &Record) -> String {
    let opened =
        record.entries.iter().find(|known| matches!(known.entry.content.action, Action::Open { .. }));
    let noted =
        opened.or(record.entries.first()).map_or(0, |known| known.entry.content.noted_at.timestamp_millis());
    format!("{:016x}/{}", u64::MAX - u64::try_from(noted).unwrap_or(0), record.id)
}

pub(super) fn row(kinds: &Kinds, calendar: &Calendar, record: &Record) -> Row {
    let kind = kinds.nearest(&record.kind, record.kind_version);
    let body = record.body();
    let value = |id: Option<&_>| id.and_then(|id| body.get(id)).cloned().unwrap_or(Value::Null);
    let title = kind.map_or_else(Body::new, |kind| {
        body_of(kind.title.iter().filter_map(|id| Some((id.clone(), body.get(id)?.clone()))))
    });
    Row {
        record: record.id,
        kind: record.kind.clone(),
        kind_version: record.kind_version,
        title,
        village: value(kind.map(|kind| &kind.village)),
        time: value(kind.map(|kind| &kind.time)),
        state: record.state.clone(),
        badge: badge(record),
        contested: record.is_contested(),
        timing: timing(kinds, calendar, record),
        asked: !record.asked.is_empty(),
        masked: record.is_masked(),
    }
}

fn badge(record: &Record) -> Badge {
    let replaced = |id| record.entries.iter().any(|known| known.entry.content.replaces == Some(id));
    let mut badge = Badge::Delivered;
    for known in &record.entries {
        match known.standing {
            Standing::Accepted { .. } => {}
            Standing::Pending => badge = Badge::Waiting,
            Standing::Parked { .. } | Standing::Refused { .. }
                if known.is_let_go() || replaced(known.entry.content.id) => {}
            Standing::Parked { .. } | Standing::Refused { .. } => return Badge::Returned,
        }
    }
    badge
}
