//! Workers and their installations as the database keeps them, and who a request comes from.

use std::str::FromStr;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::{Row, SqliteConnection, SqlitePool, sqlite::SqliteRow};
use xunji_domain::{
    area::Area,
    desk::DeskKind,
    id::{InstallationId, WorkerId},
    person::{Role, Worker},
    village::VillageCode,
};

use crate::{
    db::{self, DbError, parsed},
    desks,
    problem::Problem,
};

/// Who sends a request: a person and the phone that was enrolled for them.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The person.
    pub worker: Worker,
    /// The phone's database.
    pub installation: InstallationId,
    /// Whether it is the station itself, on behalf of the office.
    pub office: bool,
    /// Since when the phone is revoked or its person suspended, while the office lets it send what was noted before.
    pub released: Option<DateTime<Utc>>,
}

/// A bearer token: 32 random bytes, of which only the hash is kept.
pub struct Token([u8; 32]);

impl Token {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn draw() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// What the phone sends from now on.
    pub fn secret(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the station keeps.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.secret())
    }
}

/// What the station keeps of a secret.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// The columns that [`worker`] reads, of the table `workers` under the name `w`.
pub const COLUMNS: &str = "w.id, w.name, w.village, w.suspended_at,
     (SELECT group_concat(role, ' ' ORDER BY place) FROM worker_roles WHERE worker = w.id) AS roles,
     (SELECT group_concat(area, ' ' ORDER BY area) FROM worker_areas WHERE worker = w.id) AS areas";

/// Finds who holds the token of a request.
///
/// # Errors
/// [`Problem::Unauthorized`] without a token that is in force, [`Problem::Revoked`] and [`Problem::Suspended`] when the
/// office has said so.
pub async fn authenticate(readers: &SqlitePool, headers: &HeaderMap) -> Result<Caller, Problem> {
    let (caller, barred) = look_up(readers, headers).await?;
    barred.map_or(Ok(caller), Err)
}

/// The same for calls that only send: a phone that the office has released may make them, too ([`Caller::released`]).
///
/// # Errors
/// Those of [`authenticate`].
pub async fn authenticate_sender(readers: &SqlitePool, headers: &HeaderMap) -> Result<Caller, Problem> {
    let (caller, barred) = look_up(readers, headers).await?;
    barred.filter(|_| caller.released.is_none()).map_or(Ok(caller), Err)
}

/// Who holds the token of a request, and why they are not let in, if they aren't.
async fn look_up(readers: &SqlitePool, headers: &HeaderMap) -> Result<(Caller, Option<Problem>), Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .ok_or(Problem::Unauthorized)?
        .1;
    let query = format!(
        "SELECT i.id AS installation, i.revoked_at, i.sends_until, {COLUMNS}
         FROM installations i JOIN workers w ON w.id = i.worker WHERE i.token_hash = ?"
    );
    let row = sqlx::query(&query)
        .bind(&hash(token.trim())[..])
        .fetch_optional(readers)
        .await?
        .ok_or(Problem::Unauthorized)?;
    let (revoked, suspended) = (moment(&row, "revoked_at")?, moment(&row, "suspended_at")?);
    let since = [revoked, suspended].into_iter().flatten().min();
    let sends = moment(&row, "sends_until")?.is_some_and(|until| db::now() < until);
    let caller = Caller {
        worker: worker(&row)?,
        installation: parsed(&row, "installation")?,
        office: false,
        released: since.filter(|_| sends),
    };
    let barred = match (revoked, suspended) {
        (Some(_), _) => Some(Problem::Revoked),
        (None, Some(_)) => Some(Problem::Suspended),
        (None, None) => None,
    };
    if revoked.is_some() && !sends {
        tracing::warn!(installation = %caller.installation, "a revoked phone asked to be let in");
    }
    Ok((caller, barred))
}

fn moment(row: &SqliteRow, column: &'static str) -> Result<Option<DateTime<Utc>>, DbError> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| DbError::Stored(column))).transpose()
}

/// Adds a person with the seats that come with their roles.
///
/// # Errors
/// When the database fails.
pub async fn add(connection: &mut SqliteConnection, worker: &Worker) -> Result<(), DbError> {
    sqlx::query("INSERT INTO workers (id, name, role, village, created_at) VALUES (?, ?, ?, ?, ?)")
        .bind(worker.id.to_string())
        .bind(&worker.name)
        .bind(worker.role.as_str())
        .bind(worker.village.as_str())
        .bind(db::instant(db::now()))
        .execute(&mut *connection)
        .await?;
    set_roles(connection, worker.id, worker.roles()).await?;
    set_areas(connection, worker.id, &worker.areas()).await?;
    desks::seat_by_role(connection, worker).await
}

/// Replaces what a person does. The first role counts most.
///
/// # Errors
/// When the database fails.
pub async fn set_roles(
    connection: &mut SqliteConnection,
    id: WorkerId,
    roles: &[Role],
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM worker_roles WHERE worker = ?")
        .bind(id.to_string())
        .execute(&mut *connection)
        .await?;
    for (place, role) in roles.iter().enumerate() {
        sqlx::query("INSERT OR IGNORE INTO worker_roles (worker, place, role) VALUES (?, ?, ?)")
            .bind(id.to_string())
            .bind(place as i64)
            .bind(role.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Replaces what a person is responsible for.
///
/// # Errors
/// When the database fails.
pub async fn set_areas(
    connection: &mut SqliteConnection,
    id: WorkerId,
    areas: &[Area],
) -> Result<(), DbError> {
    sqlx::query("DELETE FROM worker_areas WHERE worker = ?")
        .bind(id.to_string())
        .execute(&mut *connection)
        .await?;
    for area in areas {
        sqlx::query("INSERT OR IGNORE INTO worker_areas (worker, area) VALUES (?, ?)")
            .bind(id.to_string())
            .bind(area.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Gives somebody other roles or areas, and takes the seats away that came with what they had: a coordinator's at centres,
/// a justice officer's at the justice office. What is not named stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn change(
    connection: &mut SqliteConnection,
    id: WorkerId,
    roles: Option<&[Role]>,
    areas: Option<&[Area]>,
) -> Result<(), DbError> {
    let had = find(connection, id).await?;
    if let Some(roles) = roles {
        set_roles(connection, id, roles).await?;
    }
    if let Some(areas) = areas {
        set_areas(connection, id, areas).await?;
    }
    let (Some(had), Some(now)) = (had, find(connection, id).await?) else { return Ok(()) };
    let lost = |role| had.worker.is(role) && !now.worker.is(role);
    for desk in desks::of(connection, id).await? {
        let left = |areas: &[Area]| !areas.iter().any(|area| area.contains(&desk.area));
        let goes = match desk.kind {
            DeskKind::JusticeOffice => lost(Role::JusticeOfficer),
            kind if kind.governs() => lost(Role::Coordinator) || !left(&had.areas) && left(&now.areas),
            _ => false,
        };
        if goes {
            desks::unseat(connection, &desk.id, id).await?;
        }
    }
    desks::seat_by_role(connection, &now.worker).await
}

/// A person's name as it is kept.
///
/// # Errors
/// What is wrong with it.
pub fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a name has at least one character".to_owned()),
        name if name.chars().count() > 80 => Err("a name has at most 80 characters".to_owned()),
        name if name.chars().any(char::is_control) => Err("a name has no control characters".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// Lets a person in no longer, or again. False when it was so already.
///
/// # Errors
/// When the database fails.
pub async fn suspend(
    connection: &mut SqliteConnection,
    id: WorkerId,
    suspended: bool,
) -> Result<bool, DbError> {
    // Whoever was released before is barred from sending, too, until they are released anew.
    sqlx::query("UPDATE installations SET sends_until = NULL WHERE worker = ?")
        .bind(id.to_string())
        .execute(&mut *connection)
        .await?;
    let query = "UPDATE workers SET suspended_at = ? WHERE id = ? AND (suspended_at IS NOT NULL) != ?";
    let changed = sqlx::query(query)
        .bind(suspended.then(|| db::instant(db::now())))
        .bind(id.to_string())
        .bind(suspended)
        .execute(connection)
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// Lets a phone in no longer, until it is enrolled with a new code. False when it was so already.
///
/// # Errors
/// When the database fails.
pub async fn revoke(connection: &mut SqliteConnection, id: InstallationId) -> Result<bool, DbError> {
    let query =
        "UPDATE installations SET revoked_at = ?, sends_until = NULL WHERE id = ? AND revoked_at IS NULL";
    let revoked =
        sqlx::query(query).bind(db::instant(db::now())).bind(id.to_string()).execute(connection).await?;
    Ok(revoked.rows_affected() == 1)
}

/// Somebody as the office knows them.
#[derive(Clone, Debug)]
pub struct Person {
    /// As others may know them.
    pub worker: Worker,
    /// What they may be given work from; nothing once all of it was handed over.
    pub areas: Vec<Area>,
    /// Whether they are not let in.
    pub suspended: bool,
}

/// Finds a person.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut SqliteConnection, id: WorkerId) -> Result<Option<Person>, DbError> {
    let query = format!("SELECT {COLUMNS} FROM workers w WHERE w.id = ?");
    let row = sqlx::query(&query).bind(id.to_string()).fetch_optional(connection).await?;
    row.as_ref().map(person).transpose()
}

/// Everybody, by village and name.
///
/// # Errors
/// When the database fails.
pub async fn all(connection: &mut SqliteConnection) -> Result<Vec<Person>, DbError> {
    let query = format!("SELECT {COLUMNS} FROM workers w ORDER BY w.village, w.name, w.id");
    let rows = sqlx::query(&query).fetch_all(connection).await?;
    rows.iter().map(person).collect()
}

/// Reads a row's [`COLUMNS`].
///
/// # Errors
/// When one can't be read, which is a fault.
pub fn person(row: &SqliteRow) -> Result<Person, DbError> {
    let areas = list(row, "areas")?;
    let roles: Vec<Role> = list::<Word>(row, "roles")?.into_iter().map(|Word(role)| role).collect();
    let village: VillageCode = parsed(row, "village")?;
    let worker = Worker::new(parsed(row, "id")?, row.try_get("name")?, &roles, village, areas.clone());
    Ok(Person { worker, areas, suspended: is_suspended(row)? })
}

/// Reads a row's [`COLUMNS`] as others may know the person.
///
/// # Errors
/// When one can't be read, which is a fault.
pub fn worker(row: &SqliteRow) -> Result<Worker, DbError> {
    Ok(person(row)?.worker)
}

/// Whether the person of a row with [`COLUMNS`] is not let in.
///
/// # Errors
/// When the column can't be read, which is a fault.
pub fn is_suspended(row: &SqliteRow) -> Result<bool, DbError> {
    Ok(row.try_get::<Option<&str>, _>("suspended_at")?.is_some())
}

struct Word(Role);

impl FromStr for Word {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Role::parse(text).map(Self).ok_or(())
    }
}

fn list<T: FromStr>(row: &SqliteRow, column: &'static str) -> Result<Vec<T>, DbError> {
    let joined: Option<&str> = row.try_get(column)?;
    let parts = joined.unwrap_or_default().split_whitespace();
    parts.map(|part| part.parse().map_err(|_| DbError::Stored(column))).collect()
}

/// What people with these roles are responsible for, unless the office says something else: the township around their
/// village for a coordinator, the county for a justice officer, the village for all others.
pub fn usual_areas(roles: &[Role], village: &VillageCode) -> Vec<Area> {
    vec![if roles.contains(&Role::JusticeOfficer) {
        Area::county_of(village)
    } else if roles.contains(&Role::Coordinator) {
        Area::township_of(village)
    } else {
        Area::from(village)
    }]
}
