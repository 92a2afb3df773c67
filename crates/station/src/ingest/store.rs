//! Puts one request's entries into the database, inside the writer's transaction.
//!
//! For each: is it there already → judge → row, record, attachments, mailboxes. Everything or nothing: the caller has
//! begun a savepoint, and every error leads to its rollback.
//!
//! Invariants: an id or a place in a sequence belongs to one content for ever (3); parked entries are kept whole (4);
//! nothing here is answered before the commit.

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use xunji_domain::{
    desk::{Desk, DeskKind},
    entry::{Action, Content, Entry},
    id::{KindId, RecordId, Revision, Seq, WorkerId},
    kind::Kinds,
    recipient::{Recipient, may_hold},
    record::{Known, Record, Standing},
    wire::{Answer, Answers, Outcome, Reason, Receipt, RecipientFault, Refusal, Signature},
    workflow::{self, Actor},
};

use super::{
    judge::{self, Opened, Scene, judge},
    read::{self, Item, Sound},
};
use crate::{
    db::{self, DbError, count, digest, instant, parsed},
    desks,
    entitled::{MailboxId, Sight, circle, may_receive, sight, standing},
    mailbox,
    people::{self, Caller},
    receipt_key::ReceiptKey,
    slips,
};

/// What came of a request.
#[derive(Debug)]
pub struct Taken {
    /// One a request's entry, to be given once it is committed.
    pub answers: Answers,
    /// The mailboxes in which something new is.
    pub reached: Vec<MailboxId>,
}

impl Taken {
    /// Nothing came of it, because there was nothing to do.
    pub const fn nothing() -> Self {
        Self { answers: Answers { answers: Vec::new() }, reached: Vec::new() }
    }
}

/// Takes a request's entries, in their order.
///
/// # Errors
/// When the database fails; then none of them may be committed.
pub async fn take(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    caller: &Caller,
    items: &[Item],
) -> Result<Taken, DbError> {
    let mut answers = Vec::with_capacity(items.len());
    let mut reached = Vec::new();
    for item in items {
        answers.push(match item {
            Ok(sound) => one(connection, kinds, key, caller, sound, &mut reached).await?,
            Err(unsound) => Answer::Refused { entry: unsound.entry, refusal: unsound.refusal.clone() },
        });
    }
    reached.sort();
    reached.dedup();
    Ok(Taken { answers: Answers { answers }, reached })
}

async fn one(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    caller: &Caller,
    sound: &Sound,
    reached: &mut Vec<MailboxId>,
) -> Result<Answer, DbError> {
    if let Some(answer) = known(connection, sound).await? {
        return Ok(answer);
    }
    let content = &sound.entry.content;
    let record = opened(connection, content.record).await?;
    let history = match &record {
        Some(_) if judge::needs_history(&content.action) => history(connection, content.record).await?,
        _ => Vec::new(),
    };
    let scene = scene(connection, kinds, caller, content, record.as_ref()).await?;
    let (outcome, mailboxes) = match judge(&scene, &sound.entry, record.as_ref(), history) {
        Ok(judged) => {
            let record = add_to_record(connection, content, record.is_none(), judged).await?;
            (Outcome::Accepted { revision: record.revision }, mailboxes(connection, &record).await?)
        }
        Err(reason) => (Outcome::Parked { reason }, Vec::new()),
    };
    let (entry, digest) = (content.id, sound.entry.digest);
    let mut receipt = Receipt { entry, digest, received_at: db::now(), outcome, signature: None };
    receipt.signature = Some(key.sign(&receipt)?);
    let position = insert(connection, caller, sound, &receipt).await?;
    if let (Action::Slip { token_hash }, Outcome::Accepted { .. }) = (&content.action, &receipt.outcome) {
        slips::note(connection, token_hash.as_bytes(), content.record, position).await?;
    }
    for mailbox in mailboxes {
        mailbox::deliver_record(connection, &mailbox, content.record).await?;
        reached.push(mailbox);
    }
    // Whoever sent it, not whoever it names: a forged author must not reach that person's phone.
    if !caller.office {
        let sender = MailboxId::Worker(caller.worker.id);
        mailbox::deliver(connection, &sender, position).await?;
        reached.push(sender);
    }
    let missing = mailbox::missing(connection, position).await?;
    Ok(Answer::Receipt { receipt, missing })
}

/// The mailboxes of everybody who may see a record, each once.
///
/// # Errors
/// When the database fails.
pub async fn mailboxes(
    connection: &mut SqliteConnection,
    record: &Opened,
) -> Result<Vec<MailboxId>, DbError> {
    let mut mailboxes = Vec::new();
    for (relation, recipient) in circle(record) {
        let sight = sight(record.confidential, relation);
        if sight == Sight::Nothing {
            continue;
        }
        let desk = match recipient {
            Recipient::Worker(id) => {
                mailboxes.push(MailboxId::Worker(id));
                continue;
            }
            Recipient::Desk(id) => id,
            Recipient::Level(kind) => desks::responsible(connection, kind, &record.village).await?,
        };
        mailboxes.push(if sight == Sight::Full { MailboxId::Desk(desk) } else { MailboxId::Oversight(desk) });
    }
    mailboxes.sort();
    mailboxes.dedup();
    Ok(mailboxes)
}

/// The answer for an entry whose id or place is taken.
async fn known(connection: &mut SqliteConnection, sound: &Sound) -> Result<Option<Answer>, DbError> {
    let entry = &sound.entry;
    let rows = sqlx::query(
        "SELECT position, id, digest, installation, seq, received_at, revision, reason, signature FROM entries
         WHERE position IN (
             SELECT position FROM entries WHERE id = ?1
             UNION SELECT position FROM entries WHERE installation = ?2 AND seq = ?3
             UNION SELECT entry FROM repeats WHERE installation = ?2 AND seq = ?3
         )",
    )
    .bind(entry.content.id.to_string())
    .bind(entry.installation.to_string())
    .bind(entry.seq.0 as i64)
    .fetch_all(&mut *connection)
    .await?;
    for row in &rows {
        let held = digest(row, "digest")?;
        if held != entry.digest {
            alarm(connection, sound, held.as_bytes()).await?;
            return Ok(Some(Answer::Refused { entry: Some(entry.content.id), refusal: Refusal::Conflict }));
        }
    }
    let Some(row) = rows.first() else { return Ok(None) };
    let position: i64 = row.try_get("position")?;
    if row.try_get::<&str, _>("installation")? != entry.installation.to_string()
        || Seq(count(row, "seq")?) != entry.seq
    {
        sqlx::query("INSERT OR IGNORE INTO repeats (installation, seq, entry) VALUES (?, ?, ?)")
            .bind(entry.installation.to_string())
            .bind(entry.seq.0 as i64)
            .bind(position)
            .execute(&mut *connection)
            .await?;
    }
    let missing = mailbox::missing(connection, position).await?;
    Ok(Some(Answer::Receipt { receipt: receipt(row)?, missing }))
}

async fn alarm(connection: &mut SqliteConnection, sound: &Sound, held: &[u8; 32]) -> Result<(), DbError> {
    let entry = &sound.entry;
    tracing::warn!(
        entry = %entry.content.id, installation = %entry.installation, seq = entry.seq.0,
        "an id or sequence number came again with another content"
    );
    // Once for each: a phone that asks again must not fill the disk.
    sqlx::query(
        "INSERT OR IGNORE INTO alarms (raised_at, installation, seq, entry, digest, held) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(instant(db::now()))
    .bind(entry.installation.to_string())
    .bind(entry.seq.0 as i64)
    .bind(entry.content.id.to_string())
    .bind(&entry.digest.as_bytes()[..])
    .bind(&held[..])
    .execute(connection)
    .await?;
    Ok(())
}

/// Looks up what judging needs to know besides the record.
async fn scene<'a>(
    connection: &mut SqliteConnection,
    kinds: &'a Kinds,
    caller: &'a Caller,
    content: &Content,
    record: Option<&Opened>,
) -> Result<Scene<'a>, DbError> {
    let mut scene = Scene {
        kinds,
        caller,
        seats: Vec::new(),
        fault: None,
        slip_taken: false,
        into: None,
        has_doubles: false,
        had_part: false,
        knows_of_it: false,
    };
    let Some(record) = record else { return Ok(scene) };
    match &content.action {
        Action::Slip { token_hash } => {
            scene.slip_taken = slips::find(connection, token_hash.as_bytes()).await?.is_some();
        }
        Action::Merge { into } => {
            scene.into = Record::fold(kinds, history(connection, *into).await?);
            scene.has_doubles = has_doubles(connection, content.record).await?;
        }
        _ => {}
    }
    scene.seats = desks::of(connection, caller.worker.id).await?;
    let too_little = standing(record, caller.worker.id, &scene.seats) < judge::least(&content.action);
    if too_little && !caller.office {
        scene.had_part = had_part(connection, kinds, caller, &scene.seats, content, record).await?;
        scene.knows_of_it = knows_of(connection, caller.worker.id, content.record).await?;
    }
    for recipient in recipients(kinds, content, record) {
        let fit = match &recipient {
            Recipient::Worker(id) => may_receive(people::find(connection, *id).await?.as_ref(), record),
            Recipient::Desk(id) => match desks::find(connection, id).await? {
                Some(desk) => may_hold(desk.kind, Some(&desk.area), record.confidential, &record.village),
                None => Err(RecipientFault::Unknown),
            },
            Recipient::Level(kind) => may_hold(*kind, None, record.confidential, &record.village),
        };
        scene.fault = scene.fault.or(fit.err());
    }
    Ok(scene)
}

/// Whether what an entry adds was noted while its author had part in the record: a remark whose author had seen no more
/// of it, and whatever a released phone still held.
async fn had_part(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    caller: &Caller,
    seats: &[Desk],
    content: &Content,
    record: &Opened,
) -> Result<bool, DbError> {
    let remarks = matches!(content.action, Action::Note { .. } | Action::Attach {});
    let adds = remarks || matches!(content.action, Action::Amend { .. });
    if caller.released.is_some()
        && adds
        && has_worked_on(connection, caller.worker.id, content.record).await?
    {
        return Ok(true);
    }
    let kind = kinds.nearest(&record.kind, record.kind_version).filter(|_| remarks);
    let Some(kind) = kind else { return Ok(false) };
    let mut seen = history(connection, content.record).await?;
    seen.retain(|known| {
        known.receipt().is_some_and(|receipt| match receipt.outcome {
            Outcome::Accepted { revision } => revision <= content.basis,
            Outcome::Parked { .. } => false,
        })
    });
    let then = Record::fold(kinds, seen);
    Ok(then.is_some_and(|then| workflow::may_add(kind, &then, Actor::new(&caller.worker, seats))))
}

/// Whether anything of a record is in a mailbox that somebody reads.
async fn knows_of(
    connection: &mut SqliteConnection,
    worker: WorkerId,
    record: RecordId,
) -> Result<bool, DbError> {
    let query = sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1 FROM entries e JOIN mailbox_items m ON m.entry = e.position
             WHERE e.record = ?1 AND e.revision IS NOT NULL AND m.mailbox IN (
                 SELECT 'worker:' || ?2 UNION ALL SELECT 'desk:' || desk FROM seats WHERE worker = ?2
                 UNION ALL SELECT 'oversight:' || desk FROM seats WHERE worker = ?2))",
    );
    Ok(query.bind(record.to_string()).bind(worker.to_string()).fetch_one(connection).await?)
}

/// Whether somebody has an accepted entry in a record, or carries it on.
async fn has_worked_on(
    connection: &mut SqliteConnection,
    worker: WorkerId,
    record: RecordId,
) -> Result<bool, DbError> {
    let query =
        "SELECT EXISTS (SELECT 1 FROM entries WHERE record = ? AND author = ? AND revision IS NOT NULL)";
    let query = sqlx::query_scalar(query).bind(record.to_string()).bind(worker.to_string());
    Ok(query.fetch_one(connection).await?)
}

/// Whether others were merged into a record.
async fn has_doubles(connection: &mut SqliteConnection, record: RecordId) -> Result<bool, DbError> {
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM records WHERE merged_into = ?)");
    Ok(query.bind(record.to_string()).fetch_one(connection).await?)
}

/// Everybody whom an entry hands its record to, or asks to take part.
fn recipients(kinds: &Kinds, content: &Content, record: &Opened) -> Vec<Recipient> {
    match &content.action {
        Action::HandOver { to, .. } => vec![Recipient::Worker(*to)],
        Action::Step { step, body } => {
            let kind = kinds.nearest(&record.kind, record.kind_version);
            let step = kind.and_then(|kind| kind.workflow.steps.iter().find(|known| known.id == *step));
            step.map(|step| workflow::recipients(step, body)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// What the station has of a record.
///
/// # Errors
/// When the database fails.
pub async fn opened(connection: &mut SqliteConnection, id: RecordId) -> Result<Option<Opened>, DbError> {
    let row = sqlx::query(
        "SELECT kind, kind_version, confidential, village, coalesce(keeper, opener) AS keeper, home, holder, handed_on,
                partners, merged_into, revision FROM records WHERE id = ?",
    )
    .bind(id.to_string())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Opened {
        kind: KindId::new(row.try_get::<String, _>("kind")?),
        kind_version: u32::try_from(count(&row, "kind_version")?)
            .map_err(|_| DbError::Stored("kind_version"))?,
        confidential: row.try_get("confidential")?,
        home: row.try_get::<Option<&str>, _>("home")?.and_then(DeskKind::parse),
        village: parsed(&row, "village")?,
        keeper: parsed(&row, "keeper")?,
        holder: listed(&row, "holder")?.pop(),
        handed_on: listed(&row, "handed_on")?,
        partners: listed(&row, "partners")?,
        merged_into: match row.try_get::<Option<&str>, _>("merged_into")? {
            Some(into) => Some(into.parse().map_err(|_| DbError::Stored("merged_into"))?),
            None => None,
        },
        revision: Revision(count(&row, "revision")?),
    }))
}

fn listed(row: &SqliteRow, column: &'static str) -> Result<Vec<Recipient>, DbError> {
    let joined: Option<&str> = row.try_get(column)?;
    let parts = joined.unwrap_or_default().split_whitespace();
    parts.map(|part| part.parse().map_err(|_| DbError::Stored(column))).collect()
}

fn joined(recipients: &[Recipient]) -> String {
    recipients.iter().map(Recipient::to_string).collect::<Vec<_>>().join(" ")
}

/// The accepted entries of a record.
///
/// # Errors
/// When the database fails.
pub async fn history(connection: &mut SqliteConnection, id: RecordId) -> Result<Vec<Known>, DbError> {
    let rows = sqlx::query(
        "SELECT installation, seq, digest, revision, received_at, content FROM entries
         WHERE record = ? AND revision IS NOT NULL ORDER BY revision",
    )
    .bind(id.to_string())
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let content = read::stored(row.try_get("content")?).map_err(|_| DbError::Stored("content"))?;
            let entry = Entry {
                installation: parsed(row, "installation")?,
                seq: Seq(count(row, "seq")?),
                digest: digest(row, "digest")?,
                content,
            };
            let standing = Standing::Accepted {
                revision: Revision(count(row, "revision")?),
                received_at: parsed(row, "received_at")?,
                signature: None,
            };
            Ok(Known::new(entry, standing))
        })
        .collect()
}

async fn add_to_record(
    connection: &mut SqliteConnection,
    content: &Content,
    is_new: bool,
    mut record: Opened,
) -> Result<Opened, DbError> {
    record.revision = Revision(record.revision.0 + 1);
    let query = if is_new {
        sqlx::query(
            "INSERT INTO records (revision, village, keeper, holder, handed_on, partners, merged_into, id, kind,
                                  kind_version, confidential, home, opener)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
    } else {
        sqlx::query(
            "UPDATE records SET revision = ?, village = ?, keeper = ?, holder = ?, handed_on = ?, partners = ?,
                                merged_into = ?
             WHERE id = ?",
        )
    };
    let mut query = query
        .bind(record.revision.0 as i64)
        .bind(record.village.as_str().to_owned())
        .bind(record.keeper.to_string())
        .bind(record.holder.as_ref().map(Recipient::to_string))
        .bind(joined(&record.handed_on))
        .bind(joined(&record.partners))
        .bind(record.merged_into.map(|into| into.to_string()))
        .bind(content.record.to_string());
    if is_new {
        query = query
            .bind(record.kind.as_str().to_owned())
            .bind(record.kind_version)
            .bind(record.confidential)
            .bind(record.home.map(DeskKind::as_str))
            .bind(record.keeper.to_string());
    }
    query.execute(connection).await?;
    Ok(record)
}

async fn insert(
    connection: &mut SqliteConnection,
    caller: &Caller,
    sound: &Sound,
    receipt: &Receipt,
) -> Result<i64, DbError> {
    let entry = &sound.entry;
    let content = &entry.content;
    let (outcome, revision, reason) = match &receipt.outcome {
        Outcome::Accepted { revision } => ("accepted", Some(revision.0 as i64), None),
        Outcome::Parked { reason } => {
            ("parked", None, Some(serde_json::to_string(reason).map_err(|_| DbError::Stored("reason"))?))
        }
    };
    let position: i64 = sqlx::query(
        "INSERT INTO entries (id, installation, seq, worker, author, record, revision, kind, noted_at, received_at,
                              outcome, reason, digest, content, signature)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING position",
    )
    .bind(content.id.to_string())
    .bind(entry.installation.to_string())
    .bind(entry.seq.0 as i64)
    .bind(caller.worker.id.to_string())
    .bind(content.author.to_string())
    .bind(content.record.to_string())
    .bind(revision)
    .bind(content.kind.as_str())
    .bind(&sound.noted_at)
    .bind(instant(receipt.received_at))
    .bind(outcome)
    .bind(reason)
    .bind(&entry.digest.as_bytes()[..])
    .bind(&sound.canonical)
    .bind(receipt.signature.as_ref().and_then(Signature::bytes).map(|bytes| bytes.to_vec()))
    .fetch_one(&mut *connection)
    .await?
    .try_get(0)?;
    for (place, attached) in content.attachments.iter().enumerate() {
        sqlx::query("INSERT INTO attachments (entry, place, digest) VALUES (?, ?, ?)")
            .bind(position)
            .bind(place as i64)
            .bind(&attached.as_bytes()[..])
            .execute(&mut *connection)
            .await?;
    }
    Ok(position)
}

/// Reads the receipt of a stored entry back.
///
/// # Errors
/// When it can't be read, which is a fault.
pub fn receipt(row: &SqliteRow) -> Result<Receipt, DbError> {
    let outcome = match row.try_get::<Option<i64>, _>("revision")? {
        Some(_) => Outcome::Accepted { revision: Revision(count(row, "revision")?) },
        None => {
            let reason: Reason =
                serde_json::from_str(row.try_get("reason")?).map_err(|_| DbError::Stored("reason"))?;
            Outcome::Parked { reason }
        }
    };
    Ok(Receipt {
        entry: parsed(row, "id")?,
        digest: digest(row, "digest")?,
        received_at: parsed(row, "received_at")?,
        outcome,
        signature: match row.try_get::<Option<&[u8]>, _>("signature")? {
            Some(bytes) => Some(Signature::new(bytes.try_into().map_err(|_| DbError::Stored("signature"))?)),
            None => None,
        },
    })
}
