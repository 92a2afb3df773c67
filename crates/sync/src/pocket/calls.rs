//! What is called for: the open cases that somebody has to do something about, by whom they wait for and by when, so
//! that the first screen says so without reading every record.
//!
//! ```text
//! call/<whom it waits for>/<day>/<record>   the row's key, and why
//! called/<record>                           the keys of its calls
//! ```
//!
//! The day is the one from which on a case is due soon, so that what is red or orange comes before all else. Like lines
//! and folds they can be made anew from the entries.

use std::collections::BTreeMap;

use serde::Serialize;
use xunji_domain::{
    deadline::{Timing, timing},
    id::RecordId,
    kind::Kinds,
    reads,
    recipient::Recipient,
    record::{Partner, Record},
};

use super::{Pocket, Row, batch::Batch, decode, rows::row_key};
use crate::storage::{Ask, Span, Storage, StorageError, Table};

/// Comes before every day.
const DANGER: &str = "0000-00-00";
const ASKED: &str = "0000-00-01";
/// Comes after every day.
const SOME_DAY: &str = "9999-99-99";

/// A case that waits for somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Called {
    /// Its line.
    pub row: Row,
    /// Whether it was handed to them, or they were asked to take part; it is their own otherwise.
    pub handed: bool,
}

/// An open case.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenCase {
    /// Its line.
    pub row: Row,
    /// Whom it waits for.
    pub whom: Vec<Recipient>,
    /// Whom it is with, among them: the others are asked for their part only.
    pub with: Option<Recipient>,
}

/// The calls of one record together, in the order of what is most urgent.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waits {
    day: String,
    row: String,
    whom: Vec<Recipient>,
    with: Option<Recipient>,
}

#[derive(Serialize)]
pub(crate) struct Call {
    row: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    handed: bool,
    /// Whether it is with them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    with: bool,
}

reads!(Call { row, handed or default, with or default });

impl<S: Storage> Pocket<S> {
    /// The cases that wait for any of these, most urgent first: danger, what was given back for correction, then by the
    /// day from which on they are due soon. At most `most`.
    ///
    /// # Errors
    /// [`StorageError`]. What can't be read is passed over.
    pub async fn called(&self, whom: &[Recipient], most: usize) -> Result<Vec<Called>, StorageError> {
        let span =
            |whom: &Recipient| Ask::Span(Table::Meta, Span::prefix(&format!("call/{whom}/")).limit(most));
        let found = self.storage.read(whom.iter().map(span).collect()).await?;
        let mut by_day: BTreeMap<String, Call> = BTreeMap::new();
        for (key, value) in found.into_iter().flatten() {
            let call = value.and_then(|value| decode::<Call>(&key, &value).ok());
            // Without whom it waits for: the day and the record.
            let place = key.splitn(3, '/').nth(2).map(str::to_owned);
            if let Some((place, call)) = place.zip(call) {
                by_day.insert(place, call);
            }
        }
        let mut keys: Vec<String> = Vec::new();
        let mut handed = Vec::new();
        for call in by_day.into_values() {
            if keys.len() < most && !keys.contains(&call.row) {
                keys.push(call.row);
                handed.push(call.handed);
            }
        }
        let rows = self.rows_of(&keys).await?;
        let called = |(row, handed): (Option<Row>, bool)| Some(Called { row: row?, handed });
        Ok(rows.into_iter().zip(handed).filter_map(called).collect())
    }

    /// All open cases that have a last day or were handed on, most urgent first, at most `most`, each with those whom it
    /// waits for: what a desk looks over.
    ///
    /// # Errors
    /// [`StorageError`]. What can't be read is passed over.
    pub async fn open_cases(&self, most: usize) -> Result<Vec<OpenCase>, StorageError> {
        let found = self.storage.read(vec![Ask::Span(Table::Meta, Span::prefix("call/"))]).await?;
        let mut by_record = BTreeMap::<String, Waits>::new();
        for (key, value) in found.into_iter().flatten() {
            let call = value.and_then(|value| decode::<Call>(&key, &value).ok());
            let mut parts = key.splitn(4, '/').skip(1);
            let whom = parts.next().and_then(|whom| whom.parse().ok());
            let Some(((whom, (day, record)), call)) = whom.zip(parts.next().zip(parts.next())).zip(call)
            else {
                continue;
            };
            let first = Waits { day: day.to_owned(), row: call.row, whom: Vec::new(), with: None };
            let case = by_record.entry(record.to_owned()).or_insert(first);
            if day < case.day.as_str() {
                case.day = day.to_owned();
            }
            if call.with {
                case.with = Some(Recipient::clone(&whom));
            }
            if !case.whom.contains(&whom) {
                case.whom.push(whom);
            }
        }
        let mut cases: Vec<_> = by_record.into_values().collect();
        cases.sort_unstable();
        cases.truncate(most);
        let keys: Vec<String> = cases.iter().map(|case| case.row.clone()).collect();
        let rows = self.rows_of(&keys).await?;
        let case =
            |(row, Waits { whom, with, .. }): (Option<Row>, Waits)| Some(OpenCase { row: row?, whom, with });
        Ok(rows.into_iter().zip(cases).filter_map(case).collect())
    }

    /// Puts a record's calls in the place of those that it had.
    pub(super) async fn call(&self, batch: &mut Batch<'_, S>, record: &Record) -> Result<(), StorageError> {
        let list = called_key(record.id);
        let before = batch.lying::<Vec<String>>(Table::Meta, &list).await?.unwrap_or_default();
        let now = calls(record, &timing(&self.kinds(), &self.calendar(), record), &self.kinds());
        for key in before.iter().filter(|key| !now.contains_key(*key)) {
            batch.delete(Table::Meta, key);
        }
        for (key, call) in &now {
            batch.put(Table::Meta, key, call)?;
        }
        let keys: Vec<&String> = now.keys().collect();
        match (keys.is_empty(), before.is_empty()) {
            (true, true) => {}
            (true, false) => batch.delete(Table::Meta, &list),
            (false, _) => batch.put(Table::Meta, &list, &keys)?,
        }
        Ok(())
    }

    /// The records that have calls.
    pub(super) async fn with_calls(&self, batch: &Batch<'_, S>) -> Result<Vec<RecordId>, StorageError> {
        let all = batch.prefix::<Vec<String>>(Table::Meta, "called/").await?;
        let record = |keys: Vec<String>| keys.first()?.rsplit('/').next()?.parse().ok();
        Ok(all.into_iter().filter_map(record).collect())
    }
}

pub(super) fn called_key(record: RecordId) -> String {
    format!("called/{record}")
}

/// A record's calls by their keys.
pub(crate) fn calls(record: &Record, timing: &Timing, kinds: &Kinds) -> BTreeMap<String, Call> {
    let mut calls = BTreeMap::new();
    let mut call = |whom: &Recipient, day: &str, handed: bool, with: bool| {
        let key = format!("call/{whom}/{day}/{}", record.id);
        calls.insert(key, Call { row: row_key(record), handed, with });
    };
    if let Some(keeper) = record.keeper.filter(|_| !record.asked.is_empty() && record.merged_into.is_none()) {
        call(&Recipient::Worker(keeper), ASKED, false, false);
    }
    if timing.closed {
        return calls;
    }
    let day = match timing.soon {
        _ if timing.danger => DANGER.to_owned(),
        // As serde writes days.
        Some(soon) => format!("{soon:?}"),
        None => SOME_DAY.to_owned(),
    };
    let handed = record.holder.is_some();
    if let Some(with) = record.with().filter(|_| handed || day != SOME_DAY) {
        call(&with, &day, handed, true);
    }
    let kind = kinds.nearest(&record.kind, record.kind_version);
    let mut steps = kind.into_iter().flat_map(|kind| &kind.workflow.steps);
    if steps.any(|step| step.part.is_some() && step.from.contains(&record.state)) {
        // Who has the record is called for it already.
        let with = record.with();
        let asked = |partner: &&Partner| partner.part.is_none() && with.as_ref() != Some(&partner.recipient);
        for partner in record.partners.iter().filter(asked) {
            call(&partner.recipient, &day, true, false);
        }
    }
    calls
}
