//! Mailboxes: what everyone may see, in the order that the station took it in.
//!
//! Written in the entries' own transaction, each mailbox with its own counter: positions have no gaps, and a reader
//! with `position > cursor` never skips a row that commits late.
//!
//! Invariant: an entry is only ever written into a mailbox that [`crate::entitled`] names for it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, value::RawValue};
use sqlx::{Connection, Row, SqliteConnection, SqlitePool};
use xunji_domain::{
    canonical::Digest,
    entry::Action,
    id::{EntryId, InstallationId, Position, RecordId, Seq, WorkerId},
    kind::Kinds,
    person::Worker,
    wire::Receipt,
};

use crate::{
    db::{DbError, count, digest, parsed},
    entitled::MailboxId,
    ingest::{read, store},
    masked::mask,
    people,
};

/// A page ends with the item that brings it past this many bytes, so that a slow network gets through it.
const PAGE_BYTES: i64 = 512 * 1024;

/// Puts one entry into a mailbox.
///
/// # Errors
/// When the database fails.
pub async fn deliver(
    connection: &mut SqliteConnection,
    mailbox: &MailboxId,
    entry: i64,
) -> Result<(), DbError> {
    append(connection, mailbox, "position = ?2", "position", Key::Entry(entry)).await
}

/// Puts whatever of a record's accepted entries a mailbox doesn't have yet into it: usually the newest one, and the
/// whole history when somebody has just become entitled to it.
///
/// # Errors
/// When the database fails.
pub async fn deliver_record(
    connection: &mut SqliteConnection,
    mailbox: &MailboxId,
    record: RecordId,
) -> Result<(), DbError> {
    let which = "record = ?2 AND revision IS NOT NULL";
    append(connection, mailbox, which, "revision", Key::Record(record.to_string())).await
}

enum Key {
    Entry(i64),
    Record(String),
}

async fn append(
    connection: &mut SqliteConnection,
    mailbox: &MailboxId,
    which: &'static str,
    order: &'static str,
    key: Key,
) -> Result<(), DbError> {
    let mailbox = mailbox.to_string();
    sqlx::query("INSERT OR IGNORE INTO mailboxes (id, head) VALUES (?, 0)")
        .bind(&mailbox)
        .execute(&mut *connection)
        .await?;
    let insert = format!(
        "INSERT INTO mailbox_items (mailbox, position, entry)
         SELECT ?1, (SELECT head FROM mailboxes WHERE id = ?1) + row_number() OVER (ORDER BY {order}), position
         FROM entries WHERE {which}
         AND NOT EXISTS (SELECT 1 FROM mailbox_items WHERE mailbox = ?1 AND entry = entries.position)"
    );
    let query = sqlx::query(&insert).bind(&mailbox);
    let query = match key {
        Key::Entry(position) => query.bind(position),
        Key::Record(id) => query.bind(id),
    };
    let added = query.execute(&mut *connection).await?.rows_affected();
    sqlx::query("UPDATE mailboxes SET head = head + ? WHERE id = ?")
        .bind(added as i64)
        .bind(&mailbox)
        .execute(connection)
        .await?;
    Ok(())
}

/// The attachments of a stored entry that have not been verified yet, each once.
///
/// # Errors
/// When the database fails.
pub async fn missing(connection: &mut SqliteConnection, entry: i64) -> Result<Vec<Digest>, DbError> {
    let rows = sqlx::query(
        "SELECT a.digest FROM attachments a LEFT JOIN blobs b ON b.digest = a.digest
         WHERE a.entry = ? AND b.digest IS NULL GROUP BY a.digest ORDER BY min(a.place)",
    )
    .bind(entry)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| digest(row, "digest")).collect()
}

/// Where somebody goes on reading.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    /// The position of the last item that they have.
    pub after: Position,
    /// The entry that they have there.
    pub last: Option<EntryId>,
    /// The most items.
    pub limit: usize,
}

/// [`xunji_domain::wire::MailboxPage`] with the entries' contents as they are stored, so that what this version
/// doesn't know reaches the phones, too.
#[derive(Serialize)]
pub struct Page {
    items: Vec<Item>,
    people: Vec<Worker>,
    head: Position,
    reset: bool,
    #[serde(skip)]
    sensitive: BTreeMap<RecordId, Vec<EntryId>>,
}

impl Page {
    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && !self.reset
    }

    /// The entries on it that have sensitive values and whose reading is written down, by their records: at a desk all
    /// that are not the reader's own; in a person's own mailbox those of records that are not theirs by name.
    pub const fn sensitive(&self) -> &BTreeMap<RecordId, Vec<EntryId>> {
        &self.sensitive
    }

    const fn empty(head: Position, reset: bool) -> Self {
        Self { items: Vec::new(), people: Vec::new(), head, reset, sensitive: BTreeMap::new() }
    }
}

#[derive(Serialize)]
struct Item {
    position: Position,
    entry: Sealed,
    receipt: Receipt,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    masked: bool,
}

#[derive(Serialize)]
struct Sealed {
    installation: InstallationId,
    seq: Seq,
    digest: Digest,
    content: Box<RawValue>,
}

/// The last position of a mailbox; 0 while nothing is in it.
///
/// # Errors
/// When the database fails.
pub async fn head(connection: &mut SqliteConnection, mailbox: &MailboxId) -> Result<Position, DbError> {
    let head: Option<i64> = sqlx::query_scalar("SELECT head FROM mailboxes WHERE id = ?")
        .bind(mailbox.to_string())
        .fetch_optional(connection)
        .await?;
    Ok(Position(head.unwrap_or(0).unsigned_abs()))
}

/// Whether the record of an entry `e` is, or was, a person's (`?1`) by name and not through a desk, or they sent the
/// entry. Earlier stations left whole records in the mailboxes of those who acted for a desk.
pub const IS_THEIRS: &str = "(e.worker = ?1 OR EXISTS (
    SELECT 1 FROM records r WHERE r.id = e.record AND (coalesce(r.keeper, r.opener) = ?1 OR instr(
        coalesce(r.holder, '') || ' ' || coalesce(r.handed_on, '') || ' ' || coalesce(r.partners, ''),
        'worker:' || ?1))))";

/// Reads what follows a cursor in a mailbox. `last` is the entry that the reader got at the cursor: where another one is
/// now, this station was restored from an older backup, and the reader begins again.
///
/// # Errors
/// When the database fails.
pub async fn page(
    readers: &SqlitePool,
    kinds: &Kinds,
    reader: WorkerId,
    mailbox: &MailboxId,
    cursor: Cursor,
) -> Result<Page, DbError> {
    let Cursor { after, last, limit } = cursor;
    let masked = matches!(mailbox, MailboxId::Oversight(_));
    let mut connection = readers.acquire().await?;
    // One snapshot for the head, the items and the people.
    let mut snapshot = connection.begin().await?;
    let head = head(&mut snapshot, mailbox).await?;
    let is_desk = matches!(mailbox, MailboxId::Desk(_));
    let mailbox = mailbox.to_string();
    if after > head || last.is_some() && last != at(&mut snapshot, &mailbox, after).await? {
        return Ok(Page::empty(head, true));
    }
    let query = format!(
        "SELECT * FROM (
             SELECT m.position AS place, e.*, {IS_THEIRS} AS is_theirs,
                    sum(octet_length(e.content)) OVER (ORDER BY m.position) - octet_length(e.content) AS before
             FROM (SELECT position, entry FROM mailbox_items WHERE mailbox = ?2 AND position > ?3
                   ORDER BY position LIMIT ?4) m
             JOIN entries e ON e.position = m.entry
         ) WHERE before < ?5 ORDER BY place"
    );
    let rows = sqlx::query(&query)
        .bind(reader.to_string())
        .bind(&mailbox)
        .bind(after.0 as i64)
        .bind(limit as i64)
        .bind(PAGE_BYTES)
        .fetch_all(&mut *snapshot)
        .await?;
    let mut page = Page::empty(head, false);
    let mut authors = Vec::new();
    for row in &rows {
        let (author, content): (WorkerId, String) = (parsed(row, "author")?, row.try_get("content")?);
        authors.push(author);
        authors.extend(successor(&content));
        let known: Value = serde_json::from_str(&content).map_err(|_| DbError::Stored("content"))?;
        let (without, less) = mask(kinds, &known);
        let is_theirs = author == reader || !is_desk && row.try_get("is_theirs")?;
        if less && !is_theirs {
            page.sensitive.entry(parsed(row, "record")?).or_default().push(parsed(row, "id")?);
        }
        let content = if masked { without.to_string() } else { content };
        page.items.push(Item {
            position: Position(count(row, "place")?),
            entry: Sealed {
                installation: parsed(row, "installation")?,
                seq: Seq(count(row, "seq")?),
                digest: digest(row, "digest")?,
                content: RawValue::from_string(content).map_err(|_| DbError::Stored("content"))?,
            },
            receipt: store::receipt(row)?,
            masked,
        });
    }
    authors.sort();
    authors.dedup();
    for author in authors {
        page.people.extend(people::find(&mut snapshot, author).await?.map(|person| person.worker));
    }
    Ok(page)
}

/// Whom an entry hands its record over to.
fn successor(content: &str) -> Option<WorkerId> {
    // Most entries don't, and need not be read for it.
    let content = content.contains(r#""hand_over""#).then(|| read::stored(content).ok())??;
    match content.action {
        Action::HandOver { to, .. } => Some(to),
        _ => None,
    }
}

/// The entry at a position.
async fn at(
    connection: &mut SqliteConnection,
    mailbox: &str,
    position: Position,
) -> Result<Option<EntryId>, DbError> {
    let row = sqlx::query(
        "SELECT e.id FROM mailbox_items m JOIN entries e ON e.position = m.entry
         WHERE m.mailbox = ? AND m.position = ?",
    )
    .bind(mailbox)
    .bind(position.0 as i64)
    .fetch_optional(connection)
    .await?;
    row.map(|row| parsed(&row, "id")).transpose()
}
