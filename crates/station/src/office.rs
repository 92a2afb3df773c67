//! The station itself as an author: what the office does to records, and what people without an account answer, becomes
//! an entry like any other, signed, in everybody's history and mailbox.

use chrono::{FixedOffset, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::SqliteConnection;
use uuid::Uuid;
use xunji_domain::{
    canonical::{self, Digest},
    entry::{Action, Content, Entry},
    id::{EntryId, InstallationId, RecordId, Seq, WorkerId},
    kind::Kinds,
    person::{Role, Worker},
    village::VillageCode,
};

use crate::{
    db::{self, DbError, instant},
    ingest::{
        judge::Opened,
        read::Sound,
        store::{self, Taken},
    },
    people::{self, Caller},
    receipt_key::ReceiptKey,
};

/// Adds an entry of the station to a record. It is judged like all others, so look at the answer.
///
/// # Errors
/// When the database fails.
pub async fn write(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    record: RecordId,
    opened: &Opened,
    action: Action,
) -> Result<Taken, DbError> {
    let office = office(connection, &opened.village).await?;
    let sound = seal(connection, &office, record, opened, action).await?;
    store::take(connection, kinds, key, &office, &[Ok(sound)]).await
}

async fn seal(
    connection: &mut SqliteConnection,
    office: &Caller,
    record: RecordId,
    opened: &Opened,
    action: Action,
) -> Result<Sound, DbError> {
    let last: Option<i64> = sqlx::query_scalar("SELECT max(seq) FROM entries WHERE installation = ?")
        .bind(office.installation.to_string())
        .fetch_one(connection)
        .await?;
    let beijing = FixedOffset::east_opt(8 * 3600).ok_or(DbError::Stored("offset"))?;
    let content = Content {
        id: EntryId::new(Uuid::now_v7()),
        record,
        kind: opened.kind.clone(),
        kind_version: opened.kind_version,
        author: office.worker.id,
        noted_at: Utc::now().with_timezone(&beijing),
        basis: opened.revision,
        replaces: None,
        action,
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
        return Ok(Caller { worker: people::worker(&row)?, installation, office: true, released: None });
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
    Ok(Caller { worker, installation, office: true, released: None })
}
