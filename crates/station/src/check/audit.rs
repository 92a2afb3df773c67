//! Follows the audit trail's chain from its first row to its last.

use sqlx::SqliteConnection;

use super::finding::Finding;
use crate::{
    audit::{self, Line},
    db::DbError,
};

/// Rows read at once.
const PAGE: i64 = 500;

/// What is wrong with the chain: at most one finding, because all after a broken link is of no worth.
pub(super) async fn check(connection: &mut SqliteConnection) -> Result<Vec<Finding>, DbError> {
    let mut last: Option<Line> = None;
    loop {
        let rows = sqlx::query("SELECT * FROM audit WHERE place > ? ORDER BY place LIMIT ?")
            .bind(last.as_ref().map_or(0, |line| line.place))
            .bind(PAGE)
            .fetch_all(&mut *connection)
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let line = Line::read(row)?;
            let expected = last.as_ref().map_or(1, |line| line.place + 1);
            if line.place != expected || !line.follows(last.as_ref().map(|line| &line.hash)) {
                return Ok(vec![Finding::Audit { place: expected }]);
            }
            last = Some(line);
        }
    }
    let end = last.as_ref().map(|line| audit::head(line.place, &line.hash));
    let broken = end != audit::known_head(connection).await?;
    Ok(broken.then(|| Finding::Audit { place: last.map_or(1, |line| line.place + 1) }).into_iter().collect())
}
