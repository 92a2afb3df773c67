//! Desks and who sits there, over HTTP: what `desk` does, for those who manage people.
//!
//! | desk | coordinator | justice officer |
//! |---|---|---|
//! | centre of a township or the county | names it, seats coordinators | – |
//! | 司法所 | – | adds and names it, seats justice officers |
//! | 派出所, 人民法庭 | adds and names it, seats people | – |
//! | 律师事务所, 基层法律服务所 | adds and names it, seats people | the same |
//!
//! All of it within their own area, and only people whom they manage in all respects. Centres come with the county's list
//! of villages: a further one would take from the first what is reported to it, so only the office adds one. Whoever is
//! seated gets the desk's mailbox, so that a seat is worth as much as the role that belongs to it.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use xunji_domain::{
    area::Area,
    desk::{Desk, DeskKind},
    id::{DeskId, WorkerId},
    person::Role,
};

use super::{Boss, Order, send};
use crate::{audit, db::DbError, desks, people, problem::Problem, reply, state::Station};

/// A desk that is not there yet.
#[derive(Clone, Debug, Deserialize)]
pub struct NewDesk {
    kind: DeskKind,
    name: String,
    area: Area,
}

/// What a desk is to be called.
#[derive(Clone, Debug, Deserialize)]
pub struct NewName {
    name: String,
}

/// Somebody's seat.
#[derive(Clone, Debug)]
pub struct Seat {
    desk: DeskId,
    pub(super) worker: WorkerId,
}

/// `GET /desks`.
///
/// # Errors
/// [`Problem::NotFound`] for whoever manages nobody.
pub async fn list(State(station): State<Station>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let mut connection = station.readers.acquire().await?;
    let boss = Boss::find(&mut connection, caller.worker.id).await?.ok_or(Problem::NotFound)?;
    let mut said = Vec::new();
    for desk in desks::all(&mut connection).await? {
        if boss.covers(&desk.area) {
            said.push(boss.described_desk(&mut connection, &desk).await?);
        }
    }
    let adds: Vec<_> = DeskKind::ALL.into_iter().filter(|kind| boss.adds(*kind)).collect();
    reply::json(&headers, json!({ "desks": said, "adds": adds }).to_string().into())
}

/// `POST /desks`.
///
/// # Errors
/// Those of [`super::obey`].
pub async fn add(
    State(station): State<Station>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    send(&station, &headers, body, Order::AddDesk, StatusCode::CREATED).await
}

/// `PATCH /desks/{desk}`.
///
/// # Errors
/// Those of [`super::obey`].
pub async fn rename(
    State(station): State<Station>,
    Path(desk): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let order = |name| Order::RenameDesk(DeskId::new(desk), name);
    send(&station, &headers, body, order, StatusCode::OK).await
}

/// `PUT /desks/{desk}/seats/{worker}`.
///
/// # Errors
/// Those of [`super::obey`].
pub async fn seat(
    State(station): State<Station>,
    Path(place): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    turn(&station, &headers, place, true).await
}

/// `DELETE /desks/{desk}/seats/{worker}`.
///
/// # Errors
/// Those of [`super::obey`].
pub async fn unseat(
    State(station): State<Station>,
    Path(place): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    turn(&station, &headers, place, false).await
}

async fn turn(
    station: &Station,
    headers: &HeaderMap,
    (desk, worker): (String, String),
    seated: bool,
) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, headers).await?;
    let worker = worker.parse().map_err(|_| Problem::NotFound)?;
    let seat = Seat { desk: DeskId::new(desk), worker };
    station.writer.obey(caller.worker.id, Order::Seat(seat, seated)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Boss {
    /// Whether the desks of this kind are theirs to fill.
    const fn runs(&self, kind: DeskKind) -> bool {
        match kind {
            DeskKind::TownshipCentre | DeskKind::CountyCentre | DeskKind::Police | DeskKind::Court => {
                self.coordinates
            }
            DeskKind::JusticeOffice => self.is_justice,
            DeskKind::LawFirm | DeskKind::LegalServiceOffice => self.coordinates || self.is_justice,
            DeskKind::Unknown => false,
        }
    }

    const fn adds(&self, kind: DeskKind) -> bool {
        self.runs(kind) && !kind.governs()
    }

    /// Whether they may seat somebody with these roles at a desk.
    pub(super) fn seats(&self, desk: &Desk, roles: &[Role]) -> bool {
        let fits = match desk.kind {
            DeskKind::JusticeOffice => roles.contains(&Role::JusticeOfficer),
            kind if kind.governs() => roles.contains(&Role::Coordinator),
            _ => true,
        };
        self.runs(desk.kind) && self.covers(&desk.area) && self.manages(roles) && fits
    }

    pub(super) async fn add_desk(
        &self,
        connection: &mut SqliteConnection,
        new: &NewDesk,
    ) -> Result<Result<Value, Problem>, DbError> {
        let NewDesk { kind, name, area } = new;
        let Ok(name) = people::name(name) else { return Ok(Err(Problem::BodyUnreadable)) };
        // Nobody's work comes from a grid alone.
        if !self.covers(area) || area.as_str().len() > 12 {
            return Ok(Err(Problem::OutsideArea));
        }
        if !self.adds(*kind) {
            return Ok(Err(Problem::NotYours));
        }
        let all = desks::all(connection).await?;
        // Asked once more because the answer was lost.
        let same = |desk: &&Desk| desk.kind == *kind && desk.area == *area && desk.name == name;
        if let Some(desk) = all.iter().find(same) {
            return self.described_desk(connection, desk).await.map(Ok);
        }
        let first = format!("{}:{area}", kind.as_str());
        let ids = (1..).map(|place| if place == 1 { first.clone() } else { format!("{first}-{place}") });
        let free = |id: &DeskId| all.iter().all(|desk| desk.id != *id);
        let Some(id) = ids.map(DeskId::new).find(free) else { return Ok(Err(Problem::NotYours)) };
        let desk = Desk { id, kind: *kind, name, area: area.clone() };
        desks::insert(connection, &desk).await?;
        desks::fill(connection, &desk).await?;
        audit::note(connection, &json!({ "act": "add_desk", "by": self.id, "desk": desk })).await?;
        self.described_desk(connection, &desk).await.map(Ok)
    }

    pub(super) async fn rename_desk(
        &self,
        connection: &mut SqliteConnection,
        id: &DeskId,
        new: &NewName,
    ) -> Result<Result<Value, Problem>, DbError> {
        let Ok(name) = people::name(&new.name) else { return Ok(Err(Problem::BodyUnreadable)) };
        let Some(desk) = self.desk(connection, id).await? else { return Ok(Err(Problem::NotFound)) };
        if !self.runs(desk.kind) {
            return Ok(Err(Problem::NotYours));
        }
        if desks::rename(connection, id, &name).await? {
            let what =
                json!({ "act": "rename_desk", "by": self.id, "desk": id, "from": desk.name, "to": name });
            audit::note(connection, &what).await?;
        }
        self.described_desk(connection, &Desk { name, ..desk }).await.map(Ok)
    }

    /// A desk inside their area.
    async fn desk(&self, connection: &mut SqliteConnection, id: &DeskId) -> Result<Option<Desk>, DbError> {
        Ok(desks::find(connection, id).await?.filter(|desk| self.covers(&desk.area)))
    }

    pub(super) async fn turn(
        &self,
        connection: &mut SqliteConnection,
        seat: &Seat,
        seated: bool,
    ) -> Result<Result<Value, Problem>, DbError> {
        let Seat { desk: id, worker } = seat;
        let Some(desk) = self.desk(connection, id).await? else { return Ok(Err(Problem::NotFound)) };
        let person = match self.person(connection, *worker).await? {
            Ok(person) => person,
            Err(problem) => return Ok(Err(problem)),
        };
        let roles = person.worker.roles();
        let may = match seated {
            true => self.seats(&desk, roles) && !person.suspended,
            false => self.runs(desk.kind) && self.manages(roles),
        };
        if !may || *worker == self.id {
            return Ok(Err(Problem::NotYours));
        }
        let (act, changed) = match seated {
            true => ("seat", desks::seat(connection, id, *worker).await?),
            false => ("unseat", desks::unseat(connection, id, *worker).await?),
        };
        if changed {
            audit::note(connection, &json!({ "act": act, "by": self.id, "desk": id, "worker": worker }))
                .await?;
        }
        Ok(Ok(Value::Null))
    }

    /// A desk with those who sit there, and which of them this one may take the seat of.
    async fn described_desk(&self, connection: &mut SqliteConnection, desk: &Desk) -> Result<Value, DbError> {
        let mut members = Vec::new();
        for id in desks::members(connection, &desk.id).await? {
            if let Some(person) = people::find(connection, id).await? {
                let known = self.has(&person);
                members.push(json!({
                    "id": id, "name": person.worker.name,
                    "yours": known && id != self.id && self.runs(desk.kind) && self.manages(person.worker.roles()),
                }));
            }
        }
        let Desk { id, kind, name, area } = desk;
        Ok(json!({
            "id": id, "kind": kind, "name": name, "area": area, "members": members, "yours": self.runs(*kind),
        }))
    }
}
