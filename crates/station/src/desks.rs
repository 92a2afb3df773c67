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
    id::{DeskId, KindId, WorkerId},
    person::{Role, Worker},
    village::{County, VillageCode},
    wire::Count,
};

use crate::{
    db::{self, DbError, count, instant, parsed},
    entitled::MailboxId,
    ingest::store,
    mailbox,
};

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

/// Calls a desk something else. False when it is called so already.
///
/// # Errors
/// When the database fails.
pub async fn rename(connection: &mut SqliteConnection, desk: &DeskId, name: &str) -> Result<bool, DbError> {
    let renamed = sqlx::query("UPDATE desks SET name = ?1 WHERE id = ?2 AND name <> ?1")
        .bind(name)
        .bind(desk.as_str())
        .execute(connection)
        .await?;
    Ok(renamed.rows_affected() == 1)
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

/// Who sits at a desk, whoever came first first.
///
/// # Errors
/// When the database fails.
pub async fn members(connection: &mut SqliteConnection, desk: &DeskId) -> Result<Vec<WorkerId>, DbError> {
    let rows = sqlx::query("SELECT worker FROM seats WHERE desk = ? ORDER BY since, worker")
        .bind(desk.as_str())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| parsed(row, "worker")).collect()
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

/// Gives somebody the seats that come with their roles: coordinators sit at the centre, the county's when they are
/// responsible for a county, and justice officers at the justice office around their village.
///
/// # Errors
/// When the database fails.
pub async fn seat_by_role(connection: &mut SqliteConnection, worker: &Worker) -> Result<(), DbError> {
    let of_county = worker.areas().iter().any(|area| area.contains(&Area::county_of(&worker.village)));
    let centre = if of_county { DeskKind::CountyCentre } else { DeskKind::TownshipCentre };
    for (role, kind) in [(Role::Coordinator, centre), (Role::JusticeOfficer, DeskKind::JusticeOffice)] {
        if worker.is(role) {
            let desk = responsible(connection, kind, &worker.village).await?;
            seat(connection, &desk, worker.id).await?;
        }
    }
    Ok(())
}

/// How many secret records of the justice offices there are in a desk's area: all that a governance desk may know of
/// them. By township, so that no single village can be told.
///
/// # Errors
/// When the database fails.
pub async fn counts(connection: &mut SqliteConnection, desk: &Desk) -> Result<Vec<Count>, DbError> {
    let rows = sqlx::query(
        "SELECT r.kind, substr(r.village, 1, 9) AS area, strftime('%Y-%m', e.received_at, '+8 hours') AS month,
                count(*) AS records
         FROM records r JOIN entries e ON e.record = r.id AND e.revision = 1
         WHERE r.confidential AND r.home = 'justice_office' AND r.village LIKE ? || '%'
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    )
    .bind(desk.area.as_str())
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| {
        Ok(Count {
            kind: KindId::new(row.try_get::<String, _>("kind")?),
            area: parsed(row, "area")?,
            month: row.try_get("month")?,
            records: count(row, "records")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Gives a new desk the whole history of every record that belongs to it from now on.
///
/// # Errors
/// When the database fails.
pub async fn fill(connection: &mut SqliteConnection, desk: &Desk) -> Result<u64, DbError> {
    let rows = sqlx::query("SELECT id FROM records WHERE home = ? AND village LIKE ? || '%' ORDER BY id")
        .bind(desk.kind.as_str())
        .bind(desk.area.as_str())
        .fetch_all(&mut *connection)
        .await?;
    let (mailbox, mut filled) = (MailboxId::Desk(desk.id.clone()), 0);
    for row in &rows {
        let id = parsed(row, "id")?;
        let Some(record) = store::opened(connection, id).await? else { continue };
        if store::mailboxes(connection, &record).await?.contains(&mailbox) {
            mailbox::deliver_record(connection, &mailbox, id).await?;
            filled += 1;
        }
    }
    Ok(filled)
}

fn desk(row: &SqliteRow) -> Result<Desk, DbError> {
    Ok(Desk {
        id: DeskId::new(row.try_get::<String, _>("id")?),
        kind: DeskKind::parse(row.try_get("kind")?).unwrap_or(DeskKind::Unknown),
        name: row.try_get("name")?,
        area: parsed(row, "area")?,
    })
}
