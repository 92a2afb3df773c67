//! `recover`.

use std::io::{self, Write};

use chrono::TimeDelta;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use xunji_domain::{id::InstallationId, person::Worker};

use super::{CliError, RecoverArgs};
use crate::{
    data::DataFolder,
    db::{self, DbError, parsed},
    enrolment::code::Code,
    people, recovery,
};

pub(super) async fn run(args: RecoverArgs) -> Result<(), CliError> {
    let data = DataFolder::existing(&args.data)?;
    let mut connection = db::open_writer(&data.database()).await?;
    let (installation, worker) = find(&mut connection, &args.installation).await?;
    let code = Code::draw()?;
    let valid = TimeDelta::minutes(args.valid_minutes.into());
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(DbError::from)?;
    recovery::issue(&mut transaction, installation, worker.id, &code, &args.by, valid).await?;
    transaction.commit().await.map_err(DbError::from)?;
    connection.close().await.map_err(DbError::from)?;
    let mut out = io::stdout();
    if args.json {
        let said = json!({ "code": code.to_string(), "installation": installation, "worker": worker });
        writeln!(out, "{said}")?;
    } else {
        writeln!(out, "code          {code}\ninstallation  {installation}")?;
        writeln!(out, "worker        {} ({})\n", worker.name, worker.id)?;
        writeln!(out, "Good once, for {} minutes, on this person's phone only.", args.valid_minutes)?;
        writeln!(
            out,
            "Give it to nobody but this person: whoever has code and phone reads all that is on it."
        )?;
    }
    Ok(())
}

/// The one installation whose id begins like this, and whose it is.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    beginning: &str,
) -> Result<(InstallationId, Worker), CliError> {
    let query = format!(
        "SELECT i.id AS installation, {} FROM installations i JOIN workers w ON w.id = i.worker
         WHERE i.id LIKE ? || '%' LIMIT 2",
        people::COLUMNS
    );
    let rows = sqlx::query(&query).bind(beginning).fetch_all(connection).await.map_err(DbError::from)?;
    match &rows[..] {
        [row] => Ok((parsed(row, "installation")?, people::worker(row)?)),
        [] => Err(CliError::UnknownInstallation(beginning.to_owned())),
        _ => Err(CliError::AmbiguousInstallation(beginning.to_owned())),
    }
}
