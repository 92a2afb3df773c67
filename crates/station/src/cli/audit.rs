//! `audit`: who did what about people, phones and desks, and which desk read what.

use std::{
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use serde_json::{Value, json};

use super::CliError;
use crate::{
    audit::Line,
    data::DataFolder,
    db::{self, DbError},
};

/// Rows read at once.
const PAGE: i64 = 500;

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    data: PathBuf,
    /// Prints one JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: AuditArgs) -> Result<(), CliError> {
    let data = DataFolder::existing(&args.data)?;
    let mut connection = db::open_reader(&data.database()).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut after = 0;
    loop {
        let rows = sqlx::query("SELECT * FROM audit WHERE place > ? ORDER BY place LIMIT ?")
            .bind(after)
            .bind(PAGE)
            .fetch_all(&mut connection)
            .await
            .map_err(DbError::from)?;
        let Some(last) = rows.last() else { break };
        after = Line::read(last)?.place;
        for row in &rows {
            let Line { place, at, what, hash } = Line::read(row)?;
            if args.json {
                let what: Value = serde_json::from_str(&what).map_err(|_| DbError::Stored("what"))?;
                writeln!(out, "{}", json!({ "place": place, "at": at, "what": what, "hash": hash }))?;
            } else {
                writeln!(out, "{place:>6}  {at}  {what}")?;
            }
        }
    }
    Ok(out.flush()?)
}
