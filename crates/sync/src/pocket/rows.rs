//! Lines for lists: what the ledger and the Today screen show of a record without reading all of it.

use serde::Serialize;
use serde_json::Value;
use xunji_domain::{
    entry::{Action, Body, body_of},
    id::{KindId, RecordId, StateId},
    kind::{FieldType, Kind, Kinds},
    reads,
    record::{Record, Standing},
    village::County,
};

use super::{Pocket, decode};
use crate::storage::{Span, Storage, StorageError, Table};

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
    /// All its words in lower case, which a search looks through.
    pub words: String,
}

reads!(Row { record, kind, kind_version, title, village, time, state, badge, contested or default, words });

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

/// What a list is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this ledger.
    pub kind: Option<KindId>,
    /// Only records that contain all of these words.
    pub words: String,
}

/// A part of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Newest first.
    pub rows: Vec<Row>,
    /// Where the rest begins, if there is any.
    pub next: Option<String>,
}

/// How many rows are read from the database at a time.
const STRIDE: usize = 256;

impl<S: Storage> Pocket<S> {
    /// The newest records that pass the filter, at most `most`, from where an earlier call left off.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn rows(&self, filter: &Filter, from: Option<&str>, most: usize) -> Result<Rows, StorageError> {
        let words: Vec<String> = filter.words.split_whitespace().map(fold_case).collect();
        let mut found = Rows::default();
        let mut from = from.map(str::to_owned);
        loop {
            let span = match &from {
                Some(key) => Span::all().after(key),
                None => Span::all(),
            };
            let stride = self.storage.range(Table::Rows, span.limit(STRIDE)).await?;
            let last = stride.len() < STRIDE;
            for (key, bytes) in stride {
                let row: Row = decode(&key, &bytes)?;
                let wanted = filter.kind.as_ref().is_none_or(|kind| row.kind == *kind);
                if wanted && words.iter().all(|word| row.words.contains(word)) {
                    if found.rows.len() == most {
                        found.next = from;
                        return Ok(found);
                    }
                    found.rows.push(row);
                }
                from = Some(key);
            }
            if last {
                return Ok(found);
            }
        }
    }

    /// One record's line.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn row(&self, id: RecordId) -> Result<Option<Row>, StorageError> {
        let record = self.record(id).await?;
        Ok(record.map(|record| row(&self.kinds(), &self.county(), &record)))
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

pub(super) fn row(kinds: &Kinds, county: &County, record: &Record) -> Row {
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
        words: words(kind, county, &body),
    }
}

fn badge(record: &Record) -> Badge {
    let replaced = |id| record.entries.iter().any(|known| known.entry.content.replaces == Some(id));
    let mut badge = Badge::Delivered;
    for known in &record.entries {
        match known.standing {
            Standing::Accepted { .. } => {}
            Standing::Pending => badge = Badge::Waiting,
            Standing::Parked { .. } | Standing::Refused { .. } if replaced(known.entry.content.id) => {}
            Standing::Parked { .. } | Standing::Refused { .. } => return Badge::Returned,
        }
    }
    badge
}

fn words(kind: Option<&Kind>, county: &County, body: &Body) -> String {
    let mut words = kind.map_or_else(String::new, |kind| kind.name.zh.clone());
    for (id, value) in body {
        let field = kind.and_then(|kind| kind.field(id));
        let listed = field.zip(kind).map_or(&[][..], |(field, kind)| kind.codes(field));
        collect(value, &mut |text| {
            words.push('\n');
            match listed.iter().find(|code| code.code == text) {
                Some(code) => words.push_str(&code.label.zh),
                None if field.is_some_and(|field| field.form == FieldType::Village) => {
                    match county.find(text) {
                        Some((town, village)) => words.extend([town.name.as_str(), village.name.as_str()]),
                        None => words.push_str(text),
                    }
                }
                None => words.push_str(text),
            }
        });
    }
    fold_case(&words)
}

fn collect(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Number(number) => take(&number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, take)),
        Value::Object(parts) => parts.values().for_each(|part| collect(part, take)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Latin letters in lower case (no other script in use here has cases), and full-width forms as the half-width ones
/// that they stand for.
pub fn fold_case(text: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    text.chars().map(|c| half(c).to_ascii_lowercase()).collect()
}
