//! Hands an area over to a successor with its open work, on behalf of the office.
//!
//! Each open record gets an entry of the station itself ([`Action::HandOver`]), so that its history says so on every
//! phone, and the successor's mailbox gets the whole history with it. What is closed stays with whoever closed it.
//!
//! Invariant: everything or nothing. The caller has begun a transaction and rolls it back on every error.

use chrono::{FixedOffset, Utc};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    canonical::{self, Digest},
    entry::{Action, Content, Entry},
    id::{EntryId, InstallationId, KindId, RecordId, Revision, Seq, WorkerId},
    kind::Kinds,
    person::{Role, Worker},
    record::Record,
    village::VillageCode,
    wire::{Answer, Outcome, Reason, RecipientFault},
};

use crate::{
    audit,
    db::{self, DbError, count, instant, parsed},
    ingest::{read::Sound, store},
    people::{self, Caller, Person},
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

/// Hands an area over, and gives the records that went with it.
///
/// # Errors
/// When any of it is not possible; then none of it may be committed.
pub async fn hand_over(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    order: &HandOver,
) -> Result<Vec<RecordId>, HandOverError> {
    let from = people::find(connection, order.from).await?.ok_or(HandOverError::Unknown(order.from))?;
    let to = people::find(connection, order.to).await?.ok_or(HandOverError::Unknown(order.to))?;
    if to.suspended {
        return Err(HandOverError::Suspended);
    }
    move_areas(connection, &from, &to, &order.area).await?;
    let office = office(connection, &from.worker.village).await?;
    let mut moved = Vec::new();
    for open in open_records(connection, kinds, order).await? {
        let record = open.record;
        let sound = seal(connection, &office, order, &open).await?;
        let answers = store::take(connection, kinds, key, &office, &[Ok(sound)]).await?.answers.answers;
        match answers.first() {
            Some(Answer::Receipt { receipt, .. }) => match &receipt.outcome {
                Outcome::Accepted { .. } => moved.push(record),
                Outcome::Parked { reason: Reason::Recipient { fault } } => {
                    return Err(HandOverError::Unfit { record, kind: open.kind, fault: *fault });
                }
                Outcome::Parked { .. } => return Err(HandOverError::NotTaken(record)),
            },
            _ => return Err(HandOverError::NotTaken(record)),
        }
    }
    let what = json!({
        "act": "hand_over", "by": order.by, "from": order.from, "to": order.to, "area": order.area,
        "records": moved.len(),
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

struct Open {
    record: RecordId,
    kind: KindId,
    kind_version: u32,
    revision: Revision,
}

/// The records of the area that the predecessor carries on or has been handed, and that are not at their end.
async fn open_records(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    order: &HandOver,
) -> Result<Vec<Open>, DbError> {
    let rows = sqlx::query(
        "SELECT id, kind, kind_version, revision FROM records
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
            kind.and_then(|kind| kind.state(&record.state)).is_some_and(|state| state.closed)
        });
        if !is_closed {
            open.push(Open {
                record,
                kind: KindId::new(row.try_get::<String, _>("kind")?),
                kind_version: u32::try_from(count(row, "kind_version")?)
                    .map_err(|_| DbError::Stored("kind_version"))?,
                revision: Revision(count(row, "revision")?),
            });
        }
    }
    Ok(open)
}

async fn seal(
    connection: &mut SqliteConnection,
    office: &Caller,
    order: &HandOver,
    open: &Open,
) -> Result<Sound, DbError> {
    let last: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM entries WHERE installation = ?")
        .bind(office.installation.to_string())
        .fetch_one(connection)
        .await?;
    let beijing = FixedOffset::east_opt(8 * 3600).ok_or(DbError::Stored("offset"))?;
    let content = Content {
        id: EntryId::new(Uuid::now_v7()),
        record: open.record,
        kind: open.kind.clone(),
        kind_version: open.kind_version,
        author: office.worker.id,
        noted_at: Utc::now().with_timezone(&beijing),
        basis: open.revision,
        replaces: None,
        action: Action::HandOver { from: order.from, to: order.to, reason: order.reason.clone() },
        attachments: Vec::new(),
    };
    let written = serde_json::to_value(&content).map_err(|_| DbError::Stored("content"))?;
    let noted_at = written["noted_at"].as_str().unwrap_or_default().to_owned();
    let bytes = canonical::bytes(&written);
    let digest = Digest::new(Sha256::digest(&bytes).into());
    let canonical = String::from_utf8(bytes).map_err(|_| DbError::Stored("content"))?;
    let seq = Seq(last.unwrap_or(0).unsigned_abs() + 1);
    Ok(Sound {
        entry: Entry { installation: office.installation, seq, digest, content },
        canonical,
        noted_at,
    })
}

/// The station itself, as the author of what the office does. Made when it is first needed; nobody can log in as it.
async fn office(connection: &mut SqliteConnection, village: &VillageCode) -> Result<Caller, DbError> {
    let known: Option<String> = sqlx::query_scalar("SELECT value FROM settings WHERE name = 'office'")
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(known) = known {
        let installation: InstallationId = known.parse().map_err(|_| DbError::Stored("office"))?;
        let query = format!(
            "SELECT {} FROM installations i JOIN workers w ON w.id = i.worker WHERE i.id = ?",
            people::COLUMNS
        );
        let row = sqlx::query(&query).bind(known).fetch_one(connection).await?;
        return Ok(Caller { worker: people::worker(&row)?, installation, office: true });
    }
    let id = WorkerId::new(Uuid::now_v7());
    let worker = Worker::new(id, "站点".to_owned(), &[Role::Coordinator], village.clone(), Vec::new());
    let installation = InstallationId::new(Uuid::new_v4());
    people::add(connection, &worker).await?;
    sqlx::query("DELETE FROM seats WHERE worker = ?").bind(id.to_string()).execute(&mut *connection).await?;
    people::set_areas(connection, id, &[]).await?;
    people::suspend(connection, id, true).await?;
    // A hash that no token has: it would have to be found for these 32 bytes first.
    let nobodys = Sha256::digest(Uuid::new_v4().as_bytes());
    sqlx::query("INSERT INTO installations (id, worker, token_hash, enrolled_at) VALUES (?, ?, ?, ?)")
        .bind(installation.to_string())
        .bind(id.to_string())
        .bind(&nobodys[..])
        .bind(instant(db::now()))
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO settings (name, value) VALUES ('office', ?)")
        .bind(installation.to_string())
        .execute(connection)
        .await?;
    Ok(Caller { worker, installation, office: true })
}
