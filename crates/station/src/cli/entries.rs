//! `entries`.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::Value;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{CliError, EntriesArgs};
use crate::{
    data::DataFolder,
    db::{self, DbError, count, digest},
};

/// Entries read at once.
const PAGE: i64 = 500;

/// One line of `--json`. Frozen: scripts read it.
#[derive(Serialize)]
struct Line {
    id: String,
    installation: String,
    seq: u64,
    record: String,
    revision: Option<i64>,
    kind: String,
    author: String,
    author_name: Option<String>,
    noted_at: String,
    received_at: String,
    outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Value>,
    action: Value,
    attachments: Value,
    digest: String,
}

pub(super) async fn run(args: EntriesArgs) -> Result<(), CliError> {
    let data = DataFolder::existing(&args.data)?;
    let mut connection = db::open_reader(&data.database()).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut after = 0;
    loop {
        let rows = page(&mut connection, after).await?;
        let Some(last) = rows.last() else { break };
        after = last.try_get("position").map_err(DbError::from)?;
        for row in &rows {
            let line = line(row)?;
            if args.json {
                serde_json::to_writer(&mut out, &line).map_err(io::Error::from)?;
                writeln!(out)?;
            } else {
                writeln!(out, "{}", sentence(&line))?;
            }
        }
    }
    Ok(out.flush()?)
}

async fn page(connection: &mut SqliteConnection, after: i64) -> Result<Vec<SqliteRow>, DbError> {
    Ok(sqlx::query(
        "SELECT e.*, w.name AS author_name FROM entries e LEFT JOIN workers w ON w.id = e.author
         WHERE e.position > ? ORDER BY e.position LIMIT ?",
    )
    .bind(after)
    .bind(PAGE)
    .fetch_all(connection)
    .await?)
}

fn line(row: &SqliteRow) -> Result<Line, DbError> {
    let json = |text: &str, column| serde_json::from_str::<Value>(text).map_err(|_| DbError::Stored(column));
    let mut content = json(row.try_get("content")?, "content")?;
    let reason: Option<&str> = row.try_get("reason")?;
    Ok(Line {
        id: row.try_get("id")?,
        installation: row.try_get("installation")?,
        seq: count(row, "seq")?,
        record: row.try_get("record")?,
        revision: row.try_get("revision")?,
        kind: row.try_get("kind")?,
        author: row.try_get("author")?,
        author_name: row.try_get("author_name")?,
        noted_at: row.try_get("noted_at")?,
        received_at: row.try_get("received_at")?,
        outcome: row.try_get("outcome")?,
        reason: reason.map(|text| json(text, "reason")).transpose()?,
        action: content["action"].take(),
        attachments: content.get_mut("attachments").map_or_else(|| Value::Array(Vec::new()), Value::take),
        digest: digest(row, "digest")?.to_string(),
    })
}

/// For a person: what came when from whom, without what it says.
fn sentence(line: &Line) -> String {
    let outcome = match (&line.revision, &line.reason) {
        (Some(revision), _) => format!("accepted as {revision}"),
        (None, reason) => {
            let why = reason.as_ref().and_then(|reason| reason.get("reason")?.as_str());
            format!("parked, {}", why.unwrap_or("other"))
        }
    };
    let action = line.action.get("type").and_then(Value::as_str).unwrap_or("?");
    let who = line.author_name.as_deref().unwrap_or(&line.author);
    let Line { received_at, kind, record, id, .. } = line;
    format!("{received_at}  {outcome:<12}  {kind} {action}  {who}  record {record}  entry {id}")
}
