//! People managed from a desk: what `worker`, `enrol`, `import` ([`lists`]) and `desk` ([`seats`]) do, over HTTP, for
//! coordinators within their own area.
//!
//! | who | may do |
//! |---|---|
//! | coordinator of a township or county | everything about people who work only inside it and are not bound to secrecy; of the others: shut them out and let them in again |
//! | justice officer | the same about legal advisers |
//! | anybody else | nothing; for them there is nothing here |
//!
//! A code lets its bearer read what its person reads, one for a forgotten PIN what is on its phone. Therefore no
//! governance desk gets one for an adviser (律师法 art. 38), nobody gets one for somebody in whose mailbox lies what is
//! secret from them (a consultation, or a complaint about the very desk), and nobody makes a justice officer here: all
//! that is the office's, at the station.
//!
//! Invariants: nobody acts on themselves, outside their area, or gives a role that reaches further than their own; who is
//! outside looks like who is not there; each act is a row of the audit trail, in its own transaction.

pub mod lists;
pub mod seats;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    desk::DeskKind,
    id::{DeskId, InstallationId, WorkerId},
    kind::Kinds,
    person::{Role, Worker},
    village::VillageCode,
};

use crate::{
    audit, body,
    db::{self, DbError, instant, parsed},
    desks,
    enrolment::{self, code::Code},
    entitled::MailboxId,
    handover::{self, HandOver, HandOverError},
    import::{Listed, text::Encoding},
    people::{self, Person},
    problem::Problem,
    receipt_key::ReceiptKey,
    recovery, reply,
    state::Station,
};

use seats::{NewDesk, NewName, Seat};

/// The most bytes of a request's body.
const REQUEST_BYTES: usize = 16 * 1024;
/// How long a code is good for.
const CODE: TimeDelta = TimeDelta::hours(72);
/// How long a code that releases a phone is good for, and the phone may send.
const RELEASE: TimeDelta = TimeDelta::hours(24);
/// How long a code for a forgotten PIN is good for.
const RECOVERY: TimeDelta = TimeDelta::hours(1);

/// Somebody new.
#[derive(Clone, Deserialize)]
pub struct Newcomer {
    /// What the phone has drawn, so that asking once more after a lost answer adds nobody twice.
    id: Option<WorkerId>,
    name: String,
    roles: Vec<Role>,
    village: VillageCode,
    #[serde(default)]
    areas: Vec<Area>,
}

/// What is to be different about somebody.
#[derive(Clone, Debug, Deserialize)]
pub struct Change {
    roles: Option<Vec<Role>>,
    areas: Option<Vec<Area>>,
    suspended: Option<bool>,
}

/// What a code is for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CodeFor {
    /// The phone that may send what was noted before it was shut out.
    releases: Option<InstallationId>,
    /// The phone whose PIN was forgotten. A new phone without either.
    recovers: Option<InstallationId>,
}

/// What is handed over.
#[derive(Clone, Debug, Deserialize)]
pub struct Handing {
    from: WorkerId,
    to: WorkerId,
    area: Area,
    #[serde(default = "usual_reason")]
    reason: String,
}

fn usual_reason() -> String {
    "工作交接".to_owned()
}

/// What somebody wants done.
#[derive(Clone)]
pub enum Order {
    /// Adds somebody.
    Add(Newcomer),
    /// Changes somebody.
    Change(WorkerId, Change),
    /// Makes a code for somebody's phone.
    Code(WorkerId, CodeFor),
    /// Lets a phone in no longer.
    Revoke(InstallationId),
    /// Hands an area over.
    HandOver(Handing),
    /// Takes a list.
    Import(Vec<Listed>, Encoding),
    /// Adds a desk.
    AddDesk(NewDesk),
    /// Gives a desk another name.
    RenameDesk(DeskId, NewName),
    /// Gives somebody a seat, or takes it away.
    Seat(Seat, bool),
}

/// What was done.
#[derive(Debug)]
pub struct Obeyed {
    /// The answer.
    pub said: Value,
    /// The mailboxes in which something new is, or whose readers sit elsewhere now.
    pub reached: Vec<MailboxId>,
}

/// `GET /people`.
///
/// # Errors
/// [`Problem::NotFound`] for whoever manages nobody.
pub async fn list(State(station): State<Station>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let mut connection = station.readers.acquire().await?;
    let Some(boss) = Boss::find(&mut connection, caller.worker.id).await? else {
        return Err(Problem::NotFound);
    };
    let mut said = Vec::new();
    for person in people::all(&mut connection).await? {
        if boss.has(&person) {
            said.push(described(&mut connection, &person).await?);
        }
    }
    reply::json(&headers, json!({ "people": said }).to_string().into())
}

/// `POST /people`.
///
/// # Errors
/// Those of [`obey`].
pub async fn add(
    State(station): State<Station>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    send(&station, &headers, body, Order::Add, StatusCode::CREATED).await
}

/// `PATCH /people/{id}`.
///
/// # Errors
/// Those of [`obey`].
pub async fn change(
    State(station): State<Station>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    send(&station, &headers, body, |change| Order::Change(id, change), StatusCode::OK).await
}

/// `POST /people/{id}/codes`.
///
/// # Errors
/// Those of [`obey`].
pub async fn code(
    State(station): State<Station>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    send(&station, &headers, body, |of| Order::Code(id, of), StatusCode::CREATED).await
}

/// `DELETE /installations/{id}`.
///
/// # Errors
/// Those of [`obey`].
pub async fn revoke(
    State(station): State<Station>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    station.writer.obey(caller.worker.id, Order::Revoke(id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /handovers`.
///
/// # Errors
/// Those of [`obey`].
pub async fn hand_over(
    State(station): State<Station>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    send(&station, &headers, body, Order::HandOver, StatusCode::CREATED).await
}

async fn send<T: DeserializeOwned>(
    station: &Station,
    headers: &HeaderMap,
    body: Body,
    order: impl FnOnce(T) -> Order,
    status: StatusCode,
) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, headers).await?;
    let bytes = body::small(body, REQUEST_BYTES).await?;
    let asked = serde_json::from_slice(&bytes).map_err(|_| Problem::BodyUnreadable)?;
    let said = station.writer.obey(caller.worker.id, order(asked)).await?;
    let mut response = reply::json(headers, said.to_string().into())?;
    *response.status_mut() = status;
    Ok(response)
}

/// Does what somebody wants done, inside the writer's transaction, which the caller takes back when it is refused.
///
/// # Errors
/// The outer one when the database fails, the inner one when it is not theirs to do.
pub async fn obey(
    connection: &mut SqliteConnection,
    kinds: &Kinds,
    key: &ReceiptKey,
    caller: WorkerId,
    order: &Order,
) -> Result<Result<Obeyed, Problem>, DbError> {
    // Looked at again here: what they may do can have changed since they asked.
    let Some(boss) = Boss::find(connection, caller).await? else { return Ok(Err(Problem::NotFound)) };
    let said = match order {
        Order::Add(newcomer) => boss.add(connection, newcomer).await?,
        Order::Change(id, change) => boss.change(connection, *id, change).await?,
        Order::Code(id, of) => boss.code(connection, *id, of).await?,
        Order::Revoke(id) => boss.revoke(connection, *id).await?,
        Order::HandOver(handing) => return boss.hand_over(connection, kinds, key, handing).await,
        Order::Import(listed, encoding) => Ok(boss.import(connection, listed, *encoding, false).await?),
        Order::AddDesk(desk) => boss.add_desk(connection, desk).await?,
        Order::RenameDesk(id, name) => boss.rename_desk(connection, id, name).await?,
        Order::Seat(seat, seated) => boss.turn(connection, seat, *seated).await?,
    };
    // Whose seats may be others now: their phones hear of it at once.
    let reached = match order {
        Order::Change(id, _) => vec![MailboxId::Worker(*id)],
        Order::Seat(seat, _) => vec![MailboxId::Worker(seat.worker)],
        _ => Vec::new(),
    };
    Ok(said.map(|said| Obeyed { said, reached }))
}

/// Somebody who manages people.
struct Boss {
    id: WorkerId,
    areas: Vec<Area>,
    coordinates: bool,
    is_justice: bool,
    /// The station itself, which is nobody's to manage.
    station: Option<WorkerId>,
}

impl Boss {
    /// Somebody who manages people, if they do.
    async fn find(connection: &mut SqliteConnection, id: WorkerId) -> Result<Option<Self>, DbError> {
        let Some(person) = people::find(connection, id).await? else { return Ok(None) };
        let (coordinates, is_justice) =
            (person.worker.is(Role::Coordinator), person.worker.is(Role::JusticeOfficer));
        if person.suspended || !(coordinates || is_justice) {
            return Ok(None);
        }
        let row = sqlx::query(
            "SELECT worker FROM installations WHERE id = (SELECT value FROM settings WHERE name = 'office')",
        )
        .fetch_optional(connection)
        .await?;
        let station = row.as_ref().map(|row| parsed(row, "worker")).transpose()?;
        // Townships and counties: whoever has a village only, manages nobody there.
        let areas = person.areas.into_iter().filter(|area| area.as_str().len() <= 9).collect();
        Ok(Some(Self { id, areas, coordinates, is_justice, station }))
    }

    fn covers(&self, area: &Area) -> bool {
        self.areas.iter().any(|own| own.contains(area))
    }

    /// Whether somebody works inside this area only.
    fn has(&self, person: &Person) -> bool {
        Some(person.worker.id) != self.station
            && self.covers(&Area::from(&person.worker.village))
            && person.areas.iter().all(|area| self.covers(area))
    }

    /// Whether somebody with these roles is theirs in all respects, and not only to be shut out.
    fn manages(&self, roles: &[Role]) -> bool {
        match Role::manager_of(roles) {
            Role::JusticeOfficer => self.is_justice,
            _ => self.coordinates,
        }
    }

    /// Whether somebody who had some roles may be given these.
    fn gives(&self, had: &[Role], roles: &[Role]) -> bool {
        let may = |role: &Role| match role {
            Role::LegalAdviser => self.is_justice,
            Role::JusticeOfficer => false,
            Role::Coordinator => self.coordinates,
            Role::GridWorker | Role::Mediator | Role::Partner => true,
        };
        !roles.is_empty() && roles.iter().all(|role| had.contains(role) || may(role))
    }

    async fn person(
        &self,
        connection: &mut SqliteConnection,
        id: WorkerId,
    ) -> Result<Result<Person, Problem>, DbError> {
        let person = people::find(connection, id).await?.filter(|person| self.has(person));
        Ok(person.ok_or(Problem::NotFound))
    }

    async fn add(
        &self,
        connection: &mut SqliteConnection,
        newcomer: &Newcomer,
    ) -> Result<Result<Value, Problem>, DbError> {
        let Newcomer { id, name, roles, village, areas } = newcomer;
        let Ok(name) = people::name(name) else { return Ok(Err(Problem::BodyUnreadable)) };
        let areas = if areas.is_empty() { people::usual_areas(roles, village) } else { areas.clone() };
        if !self.covers(&Area::from(village)) || !areas.iter().all(|area| self.covers(area)) {
            return Ok(Err(Problem::OutsideArea));
        }
        if !self.gives(&[], roles) || !self.manages(roles) {
            return Ok(Err(Problem::NotYours));
        }
        let id = id.unwrap_or_else(|| WorkerId::new(Uuid::now_v7()));
        if let Some(known) = people::find(connection, id).await? {
            let same = self.has(&known) && known.worker.name == name && known.worker.village == *village;
            return if same { self.described(connection, id).await } else { Ok(Err(Problem::NotYours)) };
        }
        people::add(connection, &Worker::new(id, name, roles, village.clone(), areas)).await?;
        audit::note(connection, &json!({ "act": "add_worker", "by": self.id, "worker": id })).await?;
        self.described(connection, id).await
    }

    async fn change(
        &self,
        connection: &mut SqliteConnection,
        id: WorkerId,
        change: &Change,
    ) -> Result<Result<Value, Problem>, DbError> {
        let person = match self.person(connection, id).await? {
            Ok(person) if id != self.id => person,
            Ok(_) => return Ok(Err(Problem::NotYours)),
            Err(problem) => return Ok(Err(problem)),
        };
        let Change { roles, areas, suspended } = change;
        if let Some(areas) = areas
            && !areas.iter().all(|area| self.covers(area))
        {
            return Ok(Err(Problem::OutsideArea));
        }
        let had = person.worker.roles();
        let gives = roles.as_ref().is_none_or(|roles| self.gives(had, roles));
        if (roles.is_some() || areas.is_some()) && !(self.manages(had) && gives) {
            return Ok(Err(Problem::NotYours));
        }
        if roles.is_some() || areas.is_some() {
            people::change(connection, id, roles.as_deref(), areas.as_deref()).await?;
            let what = json!({
                "act": "change_worker", "by": self.id, "worker": id, "roles": roles, "areas": areas,
            });
            audit::note(connection, &what).await?;
        }
        if let Some(suspended) = *suspended
            && people::suspend(connection, id, suspended).await?
        {
            let act = if suspended { "suspend" } else { "resume" };
            audit::note(connection, &json!({ "act": act, "by": self.id, "worker": id })).await?;
        }
        self.described(connection, id).await
    }

    async fn code(
        &self,
        connection: &mut SqliteConnection,
        id: WorkerId,
        of: &CodeFor,
    ) -> Result<Result<Value, Problem>, DbError> {
        let person = match self.person(connection, id).await? {
            Ok(person) => person,
            Err(problem) => return Ok(Err(problem)),
        };
        let own = id == self.id;
        if !own && !self.manages(person.worker.roles()) || person.suspended && of.releases.is_none() {
            return Ok(Err(Problem::NotYours));
        }
        let of_phone = match (of.releases, of.recovers) {
            (Some(_), Some(_)) => return Ok(Err(Problem::BodyUnreadable)),
            (releases, recovers) => releases.or(recovers),
        };
        if let Some(installation) = of_phone
            && phone_of(connection, installation).await? != Some(id)
        {
            return Ok(Err(Problem::NotFound));
        }
        let code = Code::draw().map_err(|_| DbError::Stored("randomness"))?;
        let valid = match of.releases {
            Some(installation) => {
                enrolment::release(connection, id, installation, &code, RELEASE).await?;
                let what =
                    json!({ "act": "release", "by": self.id, "worker": id, "installation": installation });
                audit::note(connection, &what).await?;
                RELEASE
            }
            None if !own && !self.may_read_all_of(connection, id).await? => {
                return Ok(Err(Problem::NotYours));
            }
            None if let Some(installation) = of.recovers => {
                recovery::issue(connection, installation, id, &code, &self.id.to_string(), RECOVERY).await?;
                RECOVERY
            }
            None => {
                enrolment::issue(connection, id, &code, CODE).await?;
                audit::note(connection, &json!({ "act": "code", "by": self.id, "worker": id })).await?;
                CODE
            }
        };
        Ok(Ok(json!({ "code": code.to_string(), "expires_at": instant(db::now() + valid) })))
    }

    /// Whether nothing lies in somebody's mailbox that is kept secret from this one: whoever makes a code could use it.
    async fn may_read_all_of(
        &self,
        connection: &mut SqliteConnection,
        id: WorkerId,
    ) -> Result<bool, DbError> {
        let rows = sqlx::query(
            "SELECT DISTINCT r.home FROM mailbox_items m JOIN entries e ON e.position = m.entry
             JOIN records r ON r.id = e.record WHERE m.mailbox = ? AND r.confidential",
        )
        .bind(MailboxId::Worker(id).to_string())
        .fetch_all(connection)
        .await?;
        let of_county = || self.areas.iter().any(|area| area.as_str().len() == 6);
        for row in &rows {
            let may = match row.try_get::<Option<&str>, _>("home")?.and_then(DeskKind::parse) {
                Some(DeskKind::JusticeOffice) => self.is_justice,
                Some(DeskKind::CountyCentre) => self.coordinates && of_county(),
                _ => false,
            };
            if !may {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn revoke(
        &self,
        connection: &mut SqliteConnection,
        installation: InstallationId,
    ) -> Result<Result<Value, Problem>, DbError> {
        let Some(id) = phone_of(connection, installation).await? else { return Ok(Err(Problem::NotFound)) };
        if let Err(problem) = self.person(connection, id).await? {
            return Ok(Err(problem));
        }
        if people::revoke(connection, installation).await? {
            let what = json!({ "act": "revoke", "by": self.id, "worker": id, "installation": installation });
            audit::note(connection, &what).await?;
        }
        Ok(Ok(Value::Null))
    }

    async fn hand_over(
        &self,
        connection: &mut SqliteConnection,
        kinds: &Kinds,
        key: &ReceiptKey,
        handing: &Handing,
    ) -> Result<Result<Obeyed, Problem>, DbError> {
        let Handing { from, to, area, reason } = handing;
        let Ok(reason) = people::name(reason) else { return Ok(Err(Problem::BodyUnreadable)) };
        for id in [*from, *to] {
            match self.person(connection, id).await? {
                Ok(person) if !self.manages(person.worker.roles()) => return Ok(Err(Problem::NotYours)),
                Ok(_) => {}
                Err(problem) => return Ok(Err(problem)),
            }
        }
        if !self.covers(area) {
            return Ok(Err(Problem::OutsideArea));
        }
        let order = HandOver { from: *from, to: *to, area: area.clone(), reason, by: self.id.to_string() };
        match handover::hand_over(connection, kinds, key, &order).await {
            Ok(moved) => Ok(Ok(Obeyed { said: json!({ "records": moved.records }), reached: moved.reached })),
            Err(HandOverError::Db(error)) => Err(error),
            Err(HandOverError::Unknown(_)) => Ok(Err(Problem::NotFound)),
            Err(HandOverError::Suspended | HandOverError::Unfit { .. }) => Ok(Err(Problem::SuccessorUnfit)),
            Err(error @ HandOverError::NotTaken(_)) => {
                tracing::error!(%error, "a hand-over was not taken");
                Ok(Err(Problem::StorageUnavailable))
            }
        }
    }

    async fn described(
        &self,
        connection: &mut SqliteConnection,
        id: WorkerId,
    ) -> Result<Result<Value, Problem>, DbError> {
        match people::find(connection, id).await? {
            Some(person) => Ok(Ok(described(connection, &person).await?)),
            None => Ok(Err(Problem::NotFound)),
        }
    }
}

async fn phone_of(
    connection: &mut SqliteConnection,
    installation: InstallationId,
) -> Result<Option<WorkerId>, DbError> {
    let row = sqlx::query("SELECT worker FROM installations WHERE id = ?")
        .bind(installation.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(|row| parsed(row, "worker")).transpose()
}

/// Somebody with their seats and phones.
async fn described(connection: &mut SqliteConnection, person: &Person) -> Result<Value, DbError> {
    let worker = &person.worker;
    let seats: Vec<_> = desks::of(connection, worker.id).await?.into_iter().map(|desk| desk.id).collect();
    let rows = sqlx::query(
        "SELECT id, enrolled_at, revoked_at FROM installations WHERE worker = ? ORDER BY enrolled_at",
    )
    .bind(worker.id.to_string())
    .fetch_all(connection)
    .await?;
    let phone = |row: &SqliteRow| -> Result<Value, DbError> {
        let (enrolled, revoked): (&str, Option<&str>) =
            (row.try_get("enrolled_at")?, row.try_get("revoked_at")?);
        Ok(json!({
            "installation": parsed::<InstallationId>(row, "id")?, "enrolled_at": enrolled, "revoked_at": revoked,
        }))
    };
    let phones = rows.iter().map(phone).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({
        "id": worker.id, "name": worker.name, "roles": worker.roles(), "village": worker.village,
        "areas": person.areas, "desks": seats, "suspended": person.suspended, "phones": phones,
    }))
}
