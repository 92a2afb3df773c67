//! `enrol`.

use std::io::{self, Write};

use chrono::TimeDelta;
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use uuid::Uuid;
use xunji_domain::{id::WorkerId, person::Worker};

use super::{CliError, EnrolArgs, complain};
use crate::{
    audit,
    data::DataFolder,
    db::{self, DbError},
    definitions::Definitions,
    enrolment::{self, code::Code},
    people,
};

pub(super) async fn run(args: EnrolArgs) -> Result<(), CliError> {
    let data = DataFolder::create(&args.data)?;
    let county = Definitions::load(&data)?.county;
    let mut connection = db::open_writer(&data.database()).await?;
    let base_url = match args.base_url.clone() {
        Some(given) => given,
        None => last_served(&mut connection).await?,
    };
    let code = Code::draw()?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(DbError::from)?;
    let worker = find_or_add(&mut transaction, &args).await?;
    let valid = TimeDelta::hours(args.valid_hours.into());
    enrolment::issue(&mut transaction, worker.id, &code, valid).await?;
    let what = json!({ "act": "code", "by": args.by, "worker": worker.id });
    audit::note(&mut transaction, &what).await?;
    transaction.commit().await.map_err(DbError::from)?;
    connection.close().await.map_err(DbError::from)?;
    if county.find(worker.village.as_str()).is_none() {
        complain(&format!(
            "the village {} is not in the list of {}; the person was enrolled all the same. Put a complete list \
             into villages.json in the data folder, or check the code",
            worker.village, county.name
        ));
    }
    let url = format!("{base_url}/enrol?code={code}");
    let mut out = io::stdout();
    if args.json {
        writeln!(out, "{}", json!({ "code": code.to_string(), "url": url, "worker": worker }))?;
    } else {
        writeln!(out, "code    {code}\nlink    {url}\nworker  {}\n", worker.id)?;
        writeln!(out, "Good once, for {} hours.", args.valid_hours)?;
    }
    Ok(())
}

async fn find_or_add(connection: &mut SqliteConnection, args: &EnrolArgs) -> Result<Worker, CliError> {
    if let (Some(name), Some(role), Some(village)) = (&args.name, args.role, &args.village) {
        let id = WorkerId::new(Uuid::now_v7());
        let areas = people::usual_areas(&[role], village);
        let worker = Worker::new(id, name.clone(), &[role], village.clone(), areas);
        people::add(connection, &worker).await?;
        audit::note(connection, &json!({ "act": "add_worker", "by": args.by, "worker": id })).await?;
        return Ok(worker);
    }
    // The arguments' rules leave only this one.
    let id = args.worker.unwrap_or(WorkerId::new(Uuid::nil()));
    let person = people::find(connection, id).await?.ok_or(CliError::UnknownWorker(id))?;
    if person.suspended { Err(CliError::SuspendedWorker(id)) } else { Ok(person.worker) }
}

async fn last_served(connection: &mut SqliteConnection) -> Result<String, DbError> {
    let stored: Option<String> = sqlx::query_scalar("SELECT value FROM settings WHERE name = 'base_url'")
        .fetch_optional(connection)
        .await?;
    Ok(stored.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned()))
}
