//! What is called for: the open cases that somebody has to do something about, whom they wait for and by when, so that
//! the first screen and a desk say so without reading every record.
//!
//! ```text
//! call/<record>   whom it waits for, and what says how urgent it is on any day
//! ```
//!
//! The key is all that lies in clear, so whom and by when stand in the value. They are read together and put in order
//! here: the most urgent colour first, then by the last day, then by age, the oldest first. Like lines and folds they can be
//! made anew from the entries.

use std::{cmp::Reverse, collections::BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;
use xunji_domain::{
    deadline::{Colour, Timing, begun, timing},
    desk::Desk,
    id::{RecordId, WorkerId},
    kind::Kinds,
    reads,
    recipient::Recipient,
    record::{Partner, Record},
    village::VillageCode,
};

use super::{Pocket, Row, Waiting, batch::Batch, decode, rows::row_key};
use crate::storage::{Ask, Span, Storage, StorageError, Table};

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
    /// Whom it is with, among them: the others are asked for their part, or to correct something.
    pub with: Option<Recipient>,
    /// The day from which on it has been a case.
    pub since: Option<NaiveDate>,
}

/// The calls of one record, and what puts it in its place among others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Calls {
    row: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    village: Option<String>,
    timing: Timing,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<NaiveDate>,
    calls: Vec<Call>,
}

reads!(Calls { row, village, timing, since, calls });

/// Somebody whom a record waits for.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Call {
    whom: Recipient,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    handed: bool,
    /// Whether it is with them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    with: bool,
    /// Whether they were asked to correct something or to explain it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    asked: bool,
}

reads!(Call { whom, handed or default, with or default, asked or default });

impl Calls {
    /// The calls of these for somebody who sits at these desks.
    fn of(&self, me: WorkerId, seats: &[Desk]) -> Vec<&Call> {
        let village: Option<VillageCode> = self.village.as_ref().and_then(|code| code.parse().ok());
        self.calls.iter().filter(|call| call.whom.means(me, seats, village.as_ref())).collect()
    }
}

/// A record that calls, as it stands on a day.
struct Case {
    urgency: Colour,
    handed: bool,
    calls: Calls,
}

impl Case {
    /// Its place among others: colour, last day, age. The row's key is newest first.
    fn place(&self) -> (Colour, NaiveDate, NaiveDate, Reverse<&str>) {
        let (calls, last) = (&self.calls, NaiveDate::MAX);
        (self.urgency, calls.timing.due.unwrap_or(last), calls.since.unwrap_or(last), Reverse(&calls.row))
    }
}

impl<S: Storage> Pocket<S> {
    /// The cases that wait for somebody who sits at these desks, as they stand on a day in China: the most urgent colour
    /// first, what was given back for correction with what is due soon, then by the last day, then the oldest. At most
    /// `most`.
    ///
    /// # Errors
    /// [`StorageError`]. What can't be read is passed over.
    pub async fn called(
        &self,
        me: WorkerId,
        seats: &[Desk],
        today: NaiveDate,
        most: usize,
    ) -> Result<Vec<Called>, StorageError> {
        let mut cases = Vec::new();
        for calls in self.all_calls().await? {
            let mine = calls.of(me, seats);
            let asked = mine.iter().any(|call| call.asked);
            // Whoever was asked to correct something finds it as their own.
            let handed = !asked && mine.iter().any(|call| call.handed);
            let colour = calls.timing.on(&self.calendar(), today).colour;
            let urgency = if asked { colour.min(Colour::Orange) } else { colour };
            if !mine.is_empty() {
                cases.push(Case { urgency, handed, calls });
            }
        }
        let cases = self.in_order(cases, most).await?;
        let called = |(row, case): (Row, Case)| Called { row, handed: case.handed };
        Ok(cases.into_iter().map(called).collect())
    }

    /// All open cases that have a last day or were handed on, as they stand on a day in China, in the same order, at most
    /// `most`, each with those whom it waits for: what a desk looks over.
    ///
    /// # Errors
    /// [`StorageError`]. What can't be read is passed over.
    pub async fn open_cases(&self, today: NaiveDate, most: usize) -> Result<Vec<OpenCase>, StorageError> {
        let case = |calls: Calls| {
            let urgency = calls.timing.on(&self.calendar(), today).colour;
            Case { urgency, handed: false, calls }
        };
        let cases = self.all_calls().await?.into_iter().map(case).collect();
        let case = |(row, Case { calls, .. }): (Row, Case)| {
            let with = calls.calls.iter().find(|call| call.with).map(|call| call.whom.clone());
            let whom = calls.calls.into_iter().map(|call| call.whom).collect();
            OpenCase { row, whom, with, since: calls.since }
        };
        Ok(self.in_order(cases, most).await?.into_iter().map(case).collect())
    }

    /// The most urgent of some cases, with their lines. What is closed calls for nothing until the day for looking back is
    /// near.
    async fn in_order(&self, mut cases: Vec<Case>, most: usize) -> Result<Vec<(Row, Case)>, StorageError> {
        cases.retain(|case| case.urgency != Colour::Green);
        cases.sort_unstable_by(|one, other| one.place().cmp(&other.place()));
        cases.truncate(most);
        let keys: Vec<String> = cases.iter().map(|case| case.calls.row.clone()).collect();
        let rows = self.rows_of(&keys).await?;
        Ok(rows.into_iter().zip(cases).filter_map(|(row, case)| Some((row?, case))).collect())
    }

    async fn all_calls(&self) -> Result<Vec<Calls>, StorageError> {
        let found = self.storage.read(vec![Ask::Span(Table::Meta, Span::prefix("call/"))]).await?;
        let calls = found.into_iter().flatten();
        Ok(calls.filter_map(|(key, value)| decode::<Calls>(&key, &value?).ok()).collect())
    }

    /// Puts a record's calls in the place of those that it had.
    pub(super) async fn call(&self, batch: &mut Batch<'_, S>, record: &Record) -> Result<(), StorageError> {
        let key = call_key(record.id);
        let timing = timing(&self.kinds(), &self.calendar(), record);
        match calls(record, timing, &self.kinds()) {
            Some(calls) => batch.put(Table::Meta, &key, &calls),
            None => match batch.get::<Calls>(Table::Meta, &key).await {
                Ok(None) => Ok(()),
                // One that can't be read is one, too.
                Ok(Some(_)) | Err(StorageError::Damaged(_)) => {
                    batch.delete(Table::Meta, &key);
                    Ok(())
                }
                Err(error) => Err(error),
            },
        }
    }

    /// The records that have calls.
    pub(super) async fn with_calls(&self, batch: &Batch<'_, S>) -> Result<Vec<RecordId>, StorageError> {
        let rows = batch.rows(Table::Meta, "call/").await?;
        Ok(rows.iter().filter_map(|(key, _)| key.strip_prefix("call/")?.parse().ok()).collect())
    }

    /// Makes the calls of a database of earlier days anew, whose keys said whom a case waits for and by when; and the folds
    /// of what has come back, which steps that the station had not taken used to move. `called/` is what such a database
    /// had and no later one has.
    pub(super) async fn call_anew(&self) -> Result<(), StorageError> {
        const OLD: &str = "called/";
        let first = Ask::Span(Table::Meta, Span::prefix(OLD).limit(1));
        if self.storage.read(vec![first]).await?.iter().all(Vec::is_empty) {
            return Ok(());
        }
        self.mutate(async |batch| {
            let mut records = BTreeSet::new();
            for (key, _) in
                [batch.rows(Table::Meta, OLD).await?, batch.rows(Table::Meta, "call/").await?].concat()
            {
                records.extend(key.rsplit('/').next().and_then(|id| id.parse::<RecordId>().ok()));
                batch.delete(Table::Meta, &key);
            }
            let outbox = self.storage.read(vec![Ask::Span(Table::Outbox, Span::all())]).await?;
            for (key, value) in outbox.into_iter().flatten() {
                let row = value.and_then(|value| decode::<Waiting>(&key, &value).ok());
                records.extend(row.map(|row| row.record));
            }
            for record in records {
                match self.refold(batch, record).await {
                    // What can't be read keeps no other from being called.
                    Ok(()) | Err(StorageError::Damaged(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
        .await
    }
}

pub(super) fn call_key(record: RecordId) -> String {
    format!("call/{record}")
}

/// A record's calls; nothing where it waits for nobody.
pub(crate) fn calls(record: &Record, timing: Timing, kinds: &Kinds) -> Option<Calls> {
    let kind = kinds.nearest(&record.kind, record.kind_version);
    let mut calls = Vec::new();
    let call = |whom: Recipient| Call { whom, handed: false, with: false, asked: false };
    if let Some(keeper) = record.keeper.filter(|_| !record.asked.is_empty() && record.merged_into.is_none()) {
        calls.push(Call { asked: true, ..call(Recipient::Worker(keeper)) });
    }
    // What is closed calls for nobody, unless there is a day for looking back.
    if !timing.closed || timing.due.is_some() {
        let with = kind.map_or_else(|| record.with(), |kind| record.waits_for(kind));
        let handed = record.holder.is_some() || with != record.keeper.map(Recipient::Worker);
        let urgent = handed || timing.danger || timing.soon.is_some();
        if let Some(with) = with.clone().filter(|_| urgent) {
            calls.push(Call { handed, with: true, ..call(with) });
        }
        let mut steps = kind.into_iter().flat_map(|kind| &kind.workflow.steps);
        if steps.any(|step| step.part.is_some() && step.from.contains(&record.state)) {
            // Who has the record is called for it already.
            let asked =
                |partner: &&Partner| partner.part.is_none() && with.as_ref() != Some(&partner.recipient);
            for partner in record.partners.iter().filter(asked) {
                calls.push(Call { handed: true, ..call(partner.recipient.clone()) });
            }
        }
    }
    (!calls.is_empty()).then(|| Calls {
        row: row_key(record),
        village: kind.and_then(|kind| record.village(kind)).map(|village| village.as_str().to_owned()),
        timing,
        since: kind.and_then(|kind| begun(kind, record)),
        calls,
    })
}
