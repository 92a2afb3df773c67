//! Hands an area over to a successor with its open work, on behalf of the office.
//!
//! Each open record gets an entry of the station itself ([`Action::HandOver`]), so that its history says so on every
//! phone, and the successor's mailbox gets the whole history with it. What is closed stays with whoever closed it.
//!
//! Invariant: everything or nothing. The caller has begun a transaction and rolls it back on every error.

use serde_json::json;
use sqlx::SqliteConnection;
use xunji_domain::{
    area::Area,
    entry::Action,
    id::{KindId, RecordId, WorkerId},
    kind::Kinds,
    record::Record,
    wire::{Answer, Outcome, Reason, RecipientFault},
};

use crate::{
    audit,
    db::{DbError, parsed},
    entitled::MailboxId,
    ingest::{judge::Opened, store},
    office,
    people::{self, Person},
    receipt_key::ReceiptKey,
};

/// What is handed over, from whom, to whom.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// Who has it.
    pub from: WorkerId,
    /// Who gets it.
    pub to: WorkerId,
    /// All of this.
    pub area: Area,
    /// Why, as every history will say.
    pub reason: String,
    /// Who decided it, for the audit trail.
    pub by: String,
}

/// Why nothing was handed over.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Nobody by this id.
    #[error("this station knows no worker {0}, so nothing was handed over. `worker list` names them all")]
    Unknown(WorkerId),
    /// The successor is suspended.
    #[error(
        "the successor is suspended, so nothing was handed over. Name another one, or `worker resume` first"
    )]
    Suspended,
    /// A record can't go to the successor.
    #[error(
        "the successor may not take the {kind} record {record} ({fault:?}), so nothing was handed over. Name another one, or change the successor's roles first"
    )]
    Unfit {
        /// The record.
        record: RecordId,
        /// Its ledger.
        kind: KindId,
        /// Why not.
        fault: RecipientFault,
    },
    /// The station's own entry was not taken, which is a fault.
    #[error("the record {0} did not take the hand-over, so nothing was handed over. Run `check`")]
    NotTaken(RecordId),
}

/// What went along.
#[derive(Debug)]
pub struct Moved {
    /// The records.
    pub records: Vec<RecordId>,
    /// The mailboxes in which something new is.
    pub reached: Vec<MailboxId>,
}

/// Hands an area over, and gives the records that went with it.
///
/// # Errors
/// When any of it is not possible; then none of it may be committed.
pub async fn hand_over(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    order: &HandOver,
) -> Result<Moved, HandOverError> {
    let from = people::find(connection, order.from).await?.ok_or(HandOverError::Unknown(order.from))?;
    let to = people::find(connection, order.to).await?.ok_or(HandOverError::Unknown(order.to))?;
    if to.suspended {
        return Err(HandOverError::Suspended);
    }
    move_areas(connection, &from, &to, &order.area).await?;
    let mut moved = Moved { records: Vec::new(), reached: Vec::new() };
    for (record, opened) in open_records(connection, kinds, order).await? {
        let action = Action::HandOver { from: order.from, to: order.to, reason: order.reason.clone() };
        let taken = office::write(connection, kinds, key, record, &opened, action).await?;
        match taken.answers.answers.first() {
            Some(Answer::Receipt { receipt, .. }) => match &receipt.outcome {
                Outcome::Accepted { .. } => {
                    moved.records.push(record);
                    moved.reached.extend(taken.reached);
                }
                Outcome::Parked { reason: Reason::Recipient { fault } } => {
                    return Err(HandOverError::Unfit { record, kind: opened.kind, fault: *fault });
                }
                Outcome::Parked { .. } => return Err(HandOverError::NotTaken(record)),
            },
            _ => return Err(HandOverError::NotTaken(record)),
        }
    }
    let what = json!({
        "act": "hand_over", "by": order.by, "from": order.from, "to": order.to, "area": order.area,
        "records": moved.records.len(),
    });
    audit::note(connection, &what).await?;
    Ok(moved)
}

/// The successor gets the area, the predecessor keeps what lies outside it.
async fn move_areas(
    connection: &mut SqliteConnection,
    from: &Person,
    to: &Person,
    area: &Area,
) -> Result<(), DbError> {
    let kept: Vec<_> = from.areas.iter().filter(|own| !area.contains(own)).cloned().collect();
    people::set_areas(connection, from.worker.id, &kept).await?;
    let mut gained = to.areas.clone();
    if !gained.iter().any(|own| own.contains(area)) {
        gained.push(area.clone());
    }
    people::set_areas(connection, to.worker.id, &gained).await
}

/// The records of the area that the predecessor carries on or has been handed, and that are not at their end.
async fn open_records(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    order: &HandOver,
) -> Result<Vec<(RecordId, Opened)>, DbError> {
    let rows = sqlx::query(
        "SELECT id FROM records
         WHERE (keeper = ? OR holder = 'worker:' || ?) AND (village LIKE ? || '%' OR ? LIKE village || '%') ORDER BY id",
    )
    .bind(order.from.to_string())
    .bind(order.from.to_string())
    .bind(order.area.as_str())
    .bind(order.area.as_str())
    .fetch_all(&mut *connection)
    .await?;
    let mut open = Vec::new();
    for row in &rows {
        let record: RecordId = parsed(row, "id")?;
        let folded = Record::fold(kinds, store::history(connection, record).await?);
        let is_closed = folded.is_some_and(|record| {
            let kind = kinds.nearest(&record.kind, record.kind_version);
            kind.is_some_and(|kind| record.is_closed(kind))
        });
        if let Some(opened) = store::opened(connection, record).await?.filter(|_| !is_closed) {
            open.push((record, opened));
        }
    }
    Ok(open)
}
