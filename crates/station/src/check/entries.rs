//! Checks every entry with its receipt: digest over the content as it is stored, columns against the content,
//! attachments against the content, signature over the receipt as it would be given again.

use sha2::{Digest as _, Sha256};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;
use xunji_domain::{canonical::Digest, entry::Content};

use super::finding::{Finding, Report};
use crate::{
    db::{DbError, digest},
    ingest::{read, store},
    receipt_key::PublicKey,
};

/// Entries read at once.
const PAGE: i64 = 500;

/// Adds what is wrong with entries to the report. `before_key`: the station has never had a key to sign with.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    key: Option<&PublicKey>,
    before_key: bool,
    report: &mut Report,
) -> Result<(), DbError> {
    let (mut after, mut unsigned) = (0, 0);
    loop {
        let rows = page(connection, after).await;
        let what = format!("entries after the place {after}");
        let Some((rows, attached)) = report.keep(&what, rows)? else { break };
        let Some(last) = rows.last() else { break };
        let mut attached = attached.as_slice();
        for row in &rows {
            let position: i64 = row.try_get("position")?;
            let mine = attached.iter().take_while(|(entry, _)| *entry == position).count();
            let (mine, others) = attached.split_at(mine);
            attached = others;
            let name = name(row, position);
            report.findings.extend(faults(row, mine).into_iter().map(|fault| match fault {
                None => Finding::Digest { entry: name.clone() },
                Some(column) => Finding::Column { entry: name.clone(), column },
            }));
            if before_key {
                unsigned += 1;
            } else if !store::receipt(row).is_ok_and(|receipt| key.is_some_and(|key| key.verifies(&receipt)))
            {
                report.findings.push(Finding::Signature { entry: name });
            }
            report.counts.entries += 1;
        }
        after = last.try_get("position")?;
    }
    if unsigned > 0 {
        report.findings.push(Finding::Unsigned { receipts: unsigned });
    }
    Ok(())
}

type Attached = Vec<(i64, Vec<u8>)>;

async fn page(connection: &mut SqliteConnection, after: i64) -> Result<(Vec<SqliteRow>, Attached), DbError> {
    let rows = sqlx::query("SELECT * FROM entries WHERE position > ? ORDER BY position LIMIT ?")
        .bind(after)
        .bind(PAGE)
        .fetch_all(&mut *connection)
        .await?;
    let Some(last) = rows.last() else { return Ok((rows, Vec::new())) };
    // What belongs to an entry that is gone is found by its broken reference.
    let query = "SELECT a.entry, a.digest FROM attachments a JOIN entries e ON e.position = a.entry
                 WHERE a.entry > ? AND a.entry <= ? ORDER BY a.entry, a.place";
    let attached: Attached = sqlx::query_as(query)
        .bind(after)
        .bind(last.try_get::<i64, _>("position")?)
        .fetch_all(connection)
        .await?;
    Ok((rows, attached))
}

/// An entry's id, or its place when the id is damaged: whatever stands there then is not for printing.
fn name(row: &SqliteRow, position: i64) -> String {
    let id = row.try_get::<&str, _>("id").ok().and_then(|id| Uuid::try_parse(id).ok());
    id.map_or_else(|| format!("at place {position}"), |id| id.to_string())
}

/// The columns that don't fit the content; nothing in place of a name for the digest itself.
fn faults(row: &SqliteRow, attached: &[(i64, Vec<u8>)]) -> Vec<Option<&'static str>> {
    let Ok(text) = row.try_get::<&str, _>("content") else { return vec![Some("content")] };
    let found = Digest::new(Sha256::digest(text.as_bytes()).into());
    if digest(row, "digest").ok() != Some(found) {
        // Which of the two is wrong can't be told, and the columns would only repeat it.
        return vec![None];
    }
    let Ok(content) = read::stored(text) else { return vec![Some("content")] };
    columns(row, &content, attached).into_iter().map(Some).collect()
}

fn columns(row: &SqliteRow, content: &Content, attached: &[(i64, Vec<u8>)]) -> Vec<&'static str> {
    let is = |column, expected: String| row.try_get::<&str, _>(column).is_ok_and(|held| held == expected);
    let noted_at = row.try_get::<&str, _>("noted_at").ok();
    let noted_at = noted_at.and_then(|held| chrono::DateTime::parse_from_rfc3339(held).ok());
    let named = content.attachments.iter().map(|name| &name.as_bytes()[..]);
    [
        ("id", is("id", content.id.to_string())),
        ("record", is("record", content.record.to_string())),
        ("kind", is("kind", content.kind.to_string())),
        ("author", is("author", content.author.to_string())),
        ("noted_at", noted_at == Some(content.noted_at)),
        ("attachments", attached.iter().map(|(_, name)| &name[..]).eq(named)),
    ]
    .into_iter()
    .filter_map(|(column, fits)| (!fits).then_some(column))
    .collect()
}
