//! Desks as the database keeps them, and who sits there.
//!
//! Every township of the county has a centre, and the county a centre and a justice office, whether or not somebody
//! sits there yet: nothing that arrives is nobody's. Other desks are added by the office.
//!
//! Which kind of desk a record belongs to is its ledger's matter ([`DeskKind::of`]).

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use xunji_domain::{
    area::Area,
    desk::{Desk, DeskKind},
    id::{DeskId, WorkerId},
    person::{Role, Worker},
    village::{County, VillageCode},
};

use crate::db::{self, DbError, instant, parsed};

/// Makes sure that the county's own desks are there, by the names of the list of villages.
///
/// # Errors
/// When the database fails.
pub async fn provide(connection: &mut SqliteConnection, county: &County) -> Result<(), DbError> {
    let Ok(area) = county.code.parse::<Area>() else { return Ok(()) };
    let mut desks = vec![
        usual(DeskKind::CountyCentre, area.clone(), &county.name),
        usual(DeskKind::JusticeOffice, area, &county.name),
    ];
    for township in &county.townships {
        let area = township.code.parse::<Area>();
        desks.extend(area.map(|area| usual(DeskKind::TownshipCentre, area, &township.name)));
    }
    for desk in desks {
        let unnamed = format!("%{}%", desk.area);
        insert(connection, &desk).await?;
        // An upgraded database knows the place by its digits only.
        sqlx::query("UPDATE desks SET name = ? WHERE id = ? AND name LIKE ?")
            .bind(&desk.name)
            .bind(desk.id.as_str())
            .bind(unnamed)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// A desk that every such area has.
fn usual(kind: DeskKind, area: Area, place: &str) -> Desk {
    let what = match kind {
        DeskKind::JusticeOffice if area.as_str().len() == 6 => "司法局",
        DeskKind::JusticeOffice => "司法所",
        _ => "综治中心",
    };
    let id = DeskId::new(format!("{}:{area}", kind.as_str()));
    Desk { id, kind, name: format!("{place}{what}"), area }
}

/// Adds a desk, unless its id is taken.
///
/// # Errors
/// When the database fails.
pub async fn insert(connection: &mut SqliteConnection, desk: &Desk) -> Result<bool, DbError> {
    let added =
        sqlx::query("INSERT OR IGNORE INTO desks (id, kind, name, area, created_at) VALUES (?, ?, ?, ?, ?)")
            .bind(desk.id.as_str())
            .bind(desk.kind.as_str())
            .bind(&desk.name)
            .bind(desk.area.as_str())
            .bind(instant(db::now()))
            .execute(connection)
            .await?;
    Ok(added.rows_affected() == 1)
}

/// The desk of a kind that is responsible for a village: the one with the smallest area around it. One that is missing
/// is made.
///
/// # Errors
/// When the database fails.
pub async fn responsible(
    connection: &mut SqliteConnection,
    kind: DeskKind,
    village: &VillageCode,
) -> Result<DeskId, DbError> {
    if let Some(desk) = nearest(connection, kind, village).await? {
        return Ok(desk.id);
    }
    let is_local = kind == DeskKind::TownshipCentre;
    let area = if is_local { Area::township_of(village) } else { Area::county_of(village) };
    let desk = usual(kind, area.clone(), &format!("{area} "));
    insert(connection, &desk).await?;
    Ok(desk.id)
}

/// The desk of a kind with the smallest area around a village.
///
/// # Errors
/// When the database fails.
pub async fn nearest(
    connection: &mut SqliteConnection,
    kind: DeskKind,
    village: &VillageCode,
) -> Result<Option<Desk>, DbError> {
    let row = sqlx::query(
        "SELECT id, kind, name, area FROM desks WHERE kind = ? AND area IN (?, ?, ?)
         ORDER BY length(area) DESC, id LIMIT 1",
    )
    .bind(kind.as_str())
    .bind(village.county())
    .bind(village.township())
    .bind(village.as_str())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(desk).transpose()
}

/// Finds a desk.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut SqliteConnection, id: &DeskId) -> Result<Option<Desk>, DbError> {
    let row = sqlx::query("SELECT id, kind, name, area FROM desks WHERE id = ?")
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(desk).transpose()
}

/// All desks, by area.
///
/// # Errors
/// When the database fails.
pub async fn all(connection: &mut SqliteConnection) -> Result<Vec<Desk>, DbError> {
    let rows = sqlx::query("SELECT id, kind, name, area FROM desks ORDER BY area, kind, id")
        .fetch_all(connection)
        .await?;
    rows.iter().map(desk).collect()
}

/// The desks at which somebody sits.
///
/// # Errors
/// When the database fails.
pub async fn of(connection: &mut SqliteConnection, worker: WorkerId) -> Result<Vec<Desk>, DbError> {
    let rows = sqlx::query(
        "SELECT d.id, d.kind, d.name, d.area FROM seats s JOIN desks d ON d.id = s.desk
         WHERE s.worker = ? ORDER BY d.area, d.kind, d.id",
    )
    .bind(worker.to_string())
    .fetch_all(connection)
    .await?;
    rows.iter().map(desk).collect()
}

/// Seats somebody at a desk. False when they sat there already.
///
/// # Errors
/// When the database fails.
pub async fn seat(
    connection: &mut SqliteConnection,
    desk: &DeskId,
    worker: WorkerId,
) -> Result<bool, DbError> {
    let seated = sqlx::query("INSERT OR IGNORE INTO seats (desk, worker, since) VALUES (?, ?, ?)")
        .bind(desk.as_str())
        .bind(worker.to_string())
        .bind(instant(db::now()))
        .execute(connection)
        .await?;
    Ok(seated.rows_affected() == 1)
}

/// Takes somebody's seat away. False when they had none.
///
/// # Errors
/// When the database fails.
pub async fn unseat(
    connection: &mut SqliteConnection,
    desk: &DeskId,
    worker: WorkerId,
) -> Result<bool, DbError> {
    let left = sqlx::query("DELETE FROM seats WHERE desk = ? AND worker = ?")
        .bind(desk.as_str())
        .bind(worker.to_string())
        .execute(connection)
        .await?;
    Ok(left.rows_affected() == 1)
}

/// Gives somebody the seats that come with their roles: coordinators sit at the centre and justice officers at the
/// justice office around their village.
///
/// # Errors
/// When the database fails.
pub async fn seat_by_role(connection: &mut SqliteConnection, worker: &Worker) -> Result<(), DbError> {
    for (role, kind) in
        [(Role::Coordinator, DeskKind::TownshipCentre), (Role::JusticeOfficer, DeskKind::JusticeOffice)]
    {
        if worker.is(role) {
            let desk = responsible(connection, kind, &worker.village).await?;
            seat(connection, &desk, worker.id).await?;
        }
    }
    Ok(())
}

fn desk(row: &SqliteRow) -> Result<Desk, DbError> {
    Ok(Desk {
        id: DeskId::new(row.try_get::<String, _>("id")?),
        kind: DeskKind::parse(row.try_get("kind")?).unwrap_or(DeskKind::Unknown),
        name: row.try_get("name")?,
        area: parsed(row, "area")?,
    })
}
