//! `desk`: the desks and who sits there.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};
use xunji_domain::{
    area::Area,
    desk::{Desk, DeskKind},
    id::{DeskId, WorkerId},
};

use super::{
    CliError, Office, name, worker,
    worker::{area, open, print},
};
use crate::{audit, db::DbError, desks, people};

#[derive(Debug, Args)]
pub(super) struct DeskArgs {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    office: Office,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Lists every desk with those who sit there.
    List,
    /// Adds a desk.
    Add(Add),
    /// Gives a desk another name. Its id stays.
    Rename(Rename),
    /// Seats somebody at a desk: from then on they read its mailbox.
    Seat(Seat),
    /// Takes somebody's seat away.
    Unseat(Seat),
}

#[derive(Debug, Args)]
struct Add {
    /// A short name of letters, digits, `-`, `_` and `:` that never changes, such as police:luqiao.
    #[arg(long, value_name = "ID", value_parser = id)]
    desk: DeskId,
    /// What it is: township_centre, county_centre, justice_office, police, court, law_firm or legal_service_office.
    #[arg(long, value_parser = kind)]
    kind: DeskKind,
    /// Its name, such as 泸桥派出所.
    #[arg(long, value_parser = name)]
    name: String,
    /// What it is responsible for: a county (6 digits), a township (9) or a village (12).
    #[arg(long, value_name = "CODE", value_parser = area)]
    area: Area,
}

#[derive(Debug, Args)]
struct Rename {
    /// The desk.
    #[arg(long, value_name = "ID", value_parser = id)]
    desk: DeskId,
    /// What it is to be called.
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: String,
}

#[derive(Debug, Args)]
struct Seat {
    /// The desk.
    #[arg(long, value_name = "ID", value_parser = id)]
    desk: DeskId,
    /// The person.
    #[arg(long, value_name = "ID", value_parser = worker)]
    worker: WorkerId,
}

pub(super) async fn run(args: DeskArgs) -> Result<(), CliError> {
    let mut connection = open(&args.office.data).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(DbError::from)?;
    let lines = match &args.what {
        What::List => list(&mut transaction).await?,
        What::Add(add) => vec![self::add(&mut transaction, add, &args.office.by).await?],
        What::Rename(rename) => vec![self::rename(&mut transaction, rename, &args.office.by).await?],
        What::Seat(seat) => vec![self::seat(&mut transaction, seat, true, &args.office.by).await?],
        What::Unseat(seat) => vec![self::seat(&mut transaction, seat, false, &args.office.by).await?],
    };
    transaction.commit().await.map_err(DbError::from)?;
    connection.close().await.map_err(DbError::from)?;
    print(args.office.json, &lines)
}

async fn list(connection: &mut SqliteConnection) -> Result<Vec<(Value, String)>, CliError> {
    let mut lines = Vec::new();
    for desk in desks::all(connection).await? {
        let members = desks::members(connection, &desk.id).await?;
        let members: Vec<String> = members.iter().map(WorkerId::to_string).collect();
        let Desk { id, kind, name, area } = &desk;
        let sentence = format!("{id}  {}  {name}  {area}  {}", kind.as_str(), members.join(" "));
        let value = json!({ "id": id, "kind": kind, "name": name, "area": area, "members": members });
        lines.push((value, sentence));
    }
    Ok(lines)
}

async fn add(connection: &mut SqliteConnection, add: &Add, by: &str) -> Result<(Value, String), CliError> {
    let Add { desk: id, kind, name, area } = add;
    let desk = Desk { id: id.clone(), kind: *kind, name: name.clone(), area: area.clone() };
    if !desks::insert(connection, &desk).await? {
        return Err(CliError::DeskExists(id.clone()));
    }
    let filled = desks::fill(connection, &desk).await?;
    audit::note(connection, &json!({ "act": "add_desk", "by": by, "desk": desk })).await?;
    let sentence = format!("{id} is there now, with {filled} records. `desk seat` seats people.");
    Ok((json!({ "desk": desk, "records": filled }), sentence))
}

async fn rename(
    connection: &mut SqliteConnection,
    rename: &Rename,
    by: &str,
) -> Result<(Value, String), CliError> {
    let Rename { desk: id, name } = rename;
    let unknown = || CliError::UnknownDesk(id.clone());
    let desk = desks::find(connection, id).await?.ok_or_else(unknown)?;
    if desks::rename(connection, id, name).await? {
        let what = json!({ "act": "rename_desk", "by": by, "desk": id, "from": desk.name, "to": name });
        audit::note(connection, &what).await?;
    }
    Ok((json!({ "desk": id, "name": name }), format!("{id} is called {name}.")))
}

async fn seat(
    connection: &mut SqliteConnection,
    seat: &Seat,
    seated: bool,
    by: &str,
) -> Result<(Value, String), CliError> {
    let Seat { desk, worker } = seat;
    desks::find(connection, desk).await?.ok_or_else(|| CliError::UnknownDesk(desk.clone()))?;
    people::find(connection, *worker).await?.ok_or(CliError::UnknownWorker(*worker))?;
    let (act, changed) = match seated {
        true => ("seat", desks::seat(connection, desk, *worker).await?),
        false => ("unseat", desks::unseat(connection, desk, *worker).await?),
    };
    if changed {
        audit::note(connection, &json!({ "act": act, "by": by, "desk": desk, "worker": worker })).await?;
    }
    let now = if seated { "sits at" } else { "has no seat at" };
    let already = if changed { "" } else { ", as before" };
    Ok((
        json!({ "desk": desk, "worker": worker, "seated": seated }),
        format!("{worker} {now} {desk}{already}."),
    ))
}

fn id(text: &str) -> Result<DeskId, String> {
    let right = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte);
    match (1..=60).contains(&text.len()) && text.bytes().all(right) {
        true => Ok(DeskId::new(text)),
        false => Err("a desk's id has up to 60 letters, digits, - _ or :".to_owned()),
    }
}

fn kind(text: &str) -> Result<DeskKind, String> {
    let known = DeskKind::ALL.map(DeskKind::as_str).join(", ");
    DeskKind::parse(text).ok_or_else(|| format!("the kinds of desks are {known}"))
}
