//! `worker`: the people, their roles and areas, their phones, and who takes over from whom.

use std::{
    io::{self, Write},
    path::Path,
};

use chrono::TimeDelta;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::{Connection, Row, SqliteConnection};
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    id::{InstallationId, WorkerId},
    person::{Role, Worker},
    village::VillageCode,
};

use super::{CliError, Office, installation, name, recover, role, village, worker};
use crate::{
    audit,
    data::DataFolder,
    db::{self, DbError, parsed},
    definitions::Definitions,
    desks,
    enrolment::{self, code::Code},
    handover::{self, HandOver},
    people, receipt_key,
};

#[derive(Debug, Args)]
pub(super) struct WorkerArgs {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    office: Office,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists everybody with their roles, areas and desks.
    List,
    /// Adds somebody. `enrol --worker` then makes a code for their phone.
    Add(Add),
    /// Gives somebody other roles or areas. What is not named stays as it is.
    Change(Change),
    /// Lets somebody in no longer, on none of their phones. What waits on the phones stays there, sealed.
    Suspend(One),
    /// Lets somebody in again.
    Resume(One),
    /// Lists somebody's phones.
    Phones(One),
    /// Lets one phone in no longer, as when it is lost. A new code of `enrol --worker` lets it in again.
    Revoke(Revoke),
    /// Lets a revoked phone, or a suspended person's, send once more what was noted on it before that. Prints a code for
    /// that phone alone.
    Release(Release),
    /// Hands an area over to a successor, with all that is open there.
    HandOver(HandOverArgs),
}

#[derive(Debug, Args)]
struct Add {
    /// The person's name.
    #[arg(long, value_parser = name)]
    name: String,
    /// What the person does; several times for several roles, the main one first: grid_worker, legal_adviser, mediator,
    /// coordinator, justice_officer or partner.
    #[arg(long = "role", value_name = "ROLE", value_parser = role, required = true)]
    roles: Vec<Role>,
    /// The 12-digit code of the village that the person's forms begin with.
    #[arg(long, value_name = "CODE", value_parser = village)]
    village: VillageCode,
    /// What the person is responsible for; several times for several areas: a county (6 digits), township (9), village
    /// (12) or grid (15). Without it: the village, a coordinator's township, a justice officer's county.
    #[arg(long = "area", value_name = "CODE", value_parser = area)]
    areas: Vec<Area>,
}

#[derive(Debug, Args)]
struct Change {
    #[command(flatten)]
    one: One,
    /// What the person does from now on.
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Role>,
    /// What the person is responsible for from now on.
    #[arg(long = "area", value_name = "CODE", value_parser = area)]
    areas: Vec<Area>,
}

#[derive(Debug, Args)]
struct One {
    /// The person's id, as `worker list` gives it.
    #[arg(long, value_name = "ID", value_parser = worker)]
    worker: WorkerId,
}

#[derive(Debug, Args)]
struct Revoke {
    /// The phone's id (本机编号): the beginning, of at least eight characters, is enough.
    #[arg(long, value_name = "ID", value_parser = installation)]
    installation: String,
}

#[derive(Debug, Args)]
struct Release {
    #[command(flatten)]
    phone: Revoke,
    /// How long the code is good for, and how long the phone may send.
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=720))]
    valid_hours: u32,
}

#[derive(Debug, Args)]
struct HandOverArgs {
    /// Who has it.
    #[arg(long, value_name = "ID", value_parser = worker)]
    from: WorkerId,
    /// Who gets it.
    #[arg(long, value_name = "ID", value_parser = worker)]
    to: WorkerId,
    /// The village, or a larger or smaller area.
    #[arg(long, value_name = "CODE", value_parser = area)]
    area: Area,
    /// Why, as the history of every record will say.
    #[arg(long, default_value = "工作交接", value_parser = name)]
    reason: String,
}

pub(super) async fn run(args: WorkerArgs) -> Result<(), CliError> {
    let data = DataFolder::existing(&args.office.data)?;
    let mut connection = db::open_writer(&data.database()).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(DbError::from)?;
    let lines = match &args.what {
        What::List => list(&mut transaction).await?,
        What::Add(add) => self::add(&mut transaction, add, &args.office.by).await?,
        What::Change(change) => self::change(&mut transaction, change, &args.office.by).await?,
        What::Suspend(one) => suspend(&mut transaction, one.worker, true, &args.office.by).await?,
        What::Resume(one) => suspend(&mut transaction, one.worker, false, &args.office.by).await?,
        What::Phones(one) => phones(&mut transaction, one.worker).await?,
        What::Revoke(phone) => revoke(&mut transaction, &phone.installation, &args.office.by).await?,
        What::Release(order) => release(&mut transaction, order, &args.office.by).await?,
        What::HandOver(order) => hand_over(&data, &mut transaction, order, &args.office.by).await?,
    };
    transaction.commit().await.map_err(DbError::from)?;
    connection.close().await.map_err(DbError::from)?;
    print(args.office.json, &lines)
}

/// Prints lines for a program or for a person.
pub(super) fn print(as_json: bool, lines: &[(Value, String)]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    for (value, sentence) in lines {
        if as_json { writeln!(out, "{value}")? } else { writeln!(out, "{sentence}")? }
    }
    Ok(())
}

pub(super) fn area(text: &str) -> Result<Area, String> {
    text.parse().map_err(|error: xunji_domain::area::InvalidArea| error.to_string())
}

type Lines = Vec<(Value, String)>;

async fn list(connection: &mut SqliteConnection) -> Result<Lines, CliError> {
    let mut lines = Vec::new();
    for person in people::all(connection).await? {
        let worker = &person.worker;
        let seats: Vec<_> = desks::of(connection, worker.id).await?.into_iter().map(|desk| desk.id).collect();
        let roles = worker.roles().iter().map(|role| role.as_str()).collect::<Vec<_>>();
        let areas = person.areas.iter().map(Area::as_str).collect::<Vec<_>>();
        let state = if person.suspended { "suspended" } else { "enrolled" };
        let sentence = format!(
            "{}  {state:<9}  {}  {}  {}  {}",
            worker.id,
            worker.name,
            roles.join(" "),
            areas.join(" "),
            seats.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ")
        );
        let value = json!({
            "id": worker.id, "name": worker.name, "roles": roles, "village": worker.village, "areas": areas,
            "desks": seats, "state": state,
        });
        lines.push((value, sentence));
    }
    Ok(lines)
}

async fn add(connection: &mut SqliteConnection, add: &Add, by: &str) -> Result<Lines, CliError> {
    let areas = match add.areas.is_empty() {
        true => people::usual_areas(&add.roles, &add.village),
        false => add.areas.clone(),
    };
    let id = WorkerId::new(Uuid::now_v7());
    let worker = Worker::new(id, add.name.clone(), &add.roles, add.village.clone(), areas);
    people::add(connection, &worker).await?;
    audit::note(connection, &json!({ "act": "add_worker", "by": by, "worker": id })).await?;
    Ok(vec![(json!({ "worker": worker }), id.to_string())])
}

async fn change(connection: &mut SqliteConnection, change: &Change, by: &str) -> Result<Lines, CliError> {
    let id = change.one.worker;
    known(connection, id).await?;
    let named = |given: bool| given.then_some(());
    let roles = named(!change.roles.is_empty()).map(|()| change.roles.as_slice());
    let areas = named(!change.areas.is_empty()).map(|()| change.areas.as_slice());
    people::change(connection, id, roles, areas).await?;
    let what = json!({ "act": "change_worker", "by": by, "worker": id, "roles": change.roles, "areas": change.areas });
    audit::note(connection, &what).await?;
    let worker = known(connection, id).await?.worker;
    let roles = worker.roles().iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ");
    let areas = worker.areas().iter().map(Area::to_string).collect::<Vec<_>>().join(" ");
    Ok(vec![(json!({ "worker": worker }), format!("{id} is now {roles} in {areas}."))])
}

async fn suspend(
    connection: &mut SqliteConnection,
    id: WorkerId,
    suspended: bool,
    by: &str,
) -> Result<Lines, CliError> {
    known(connection, id).await?;
    let (act, state) = if suspended { ("suspend", "suspended") } else { ("resume", "enrolled") };
    let changed = people::suspend(connection, id, suspended).await?;
    if changed {
        audit::note(connection, &json!({ "act": act, "by": by, "worker": id })).await?;
    }
    let already = if changed { "" } else { ", as before" };
    Ok(vec![(json!({ "worker": id, "state": state }), format!("{id} is {state}{already}."))])
}

async fn phones(connection: &mut SqliteConnection, id: WorkerId) -> Result<Lines, CliError> {
    known(connection, id).await?;
    let rows = sqlx::query(
        "SELECT id, enrolled_at, revoked_at FROM installations WHERE worker = ? ORDER BY enrolled_at",
    )
    .bind(id.to_string())
    .fetch_all(connection)
    .await
    .map_err(DbError::from)?;
    let line = |row| -> Result<_, DbError> {
        let installation: InstallationId = parsed(row, "id")?;
        let (enrolled, revoked): (String, Option<String>) =
            (row.try_get("enrolled_at")?, row.try_get("revoked_at")?);
        let state = revoked.as_ref().map_or_else(|| "in use".to_owned(), |at| format!("revoked {at}"));
        let value = json!({ "installation": installation, "enrolled_at": enrolled, "revoked_at": revoked });
        Ok((value, format!("{installation}  enrolled {enrolled}  {state}")))
    };
    Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
}

async fn revoke(connection: &mut SqliteConnection, beginning: &str, by: &str) -> Result<Lines, CliError> {
    let (installation, worker) = recover::find(connection, beginning).await?;
    let changed = people::revoke(connection, installation).await?;
    if changed {
        let what = json!({ "act": "revoke", "by": by, "worker": worker.id, "installation": installation });
        audit::note(connection, &what).await?;
    }
    let already = if changed { "" } else { ", as before" };
    let sentence = format!(
        "The phone {installation} is revoked{already}. What waits on it stays there, sealed, until `worker release` lets \
         it be sent or the phone is enrolled with a new code."
    );
    Ok(vec![(json!({ "installation": installation, "worker": worker.id, "revoked": true }), sentence)])
}

async fn release(connection: &mut SqliteConnection, args: &Release, by: &str) -> Result<Lines, CliError> {
    let (installation, worker) = recover::find(connection, &args.phone.installation).await?;
    let code = Code::draw()?;
    let valid = TimeDelta::hours(args.valid_hours.into());
    enrolment::release(connection, worker.id, installation, &code, valid).await?;
    let what = json!({ "act": "release", "by": by, "worker": worker.id, "installation": installation });
    audit::note(connection, &what).await?;
    let sentence = format!(
        "code          {code}\ninstallation  {installation}\nworker        {} ({})\n\nTyped in on this phone within {} \
         hours, it sends what was noted before it was shut out, and nothing else.",
        worker.name, worker.id, args.valid_hours
    );
    let value = json!({ "code": code.to_string(), "installation": installation, "worker": worker.id });
    Ok(vec![(value, sentence)])
}

async fn hand_over(
    data: &DataFolder,
    connection: &mut SqliteConnection,
    args: &HandOverArgs,
    by: &str,
) -> Result<Lines, CliError> {
    let kinds = Definitions::load(data)?.kinds;
    let key = receipt_key::ReceiptKey::read(data)?;
    let HandOverArgs { from, to, area, reason } = args;
    let order =
        HandOver { from: *from, to: *to, area: area.clone(), reason: reason.clone(), by: by.to_owned() };
    let moved = handover::hand_over(connection, &kinds, &key, &order).await?;
    let sentence = format!("{area} is handed over, with {} open records.", moved.records.len());
    Ok(vec![(json!({ "area": area, "from": from, "to": to, "records": moved.records }), sentence)])
}

async fn known(connection: &mut SqliteConnection, id: WorkerId) -> Result<people::Person, CliError> {
    people::find(connection, id).await?.ok_or(CliError::UnknownWorker(id))
}

/// Opens the database of a folder for a command that changes it.
pub(super) async fn open(data: &Path) -> Result<SqliteConnection, CliError> {
    Ok(db::open_writer(&DataFolder::existing(data)?.database()).await?)
}
