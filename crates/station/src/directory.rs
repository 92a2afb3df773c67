//! Whom a step may name: the county's desks, and the people whom the asker works with.
//!
//! Phones keep it, so that a record can be handed on where there is no network. Whether somebody may really take a record
//! is judged when the step arrives ([`crate::entitled`]); this only says who is there.
//!
//! Invariant: nobody learns of people outside the townships that they work in, but for those who work in all of the
//! county.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection, SqliteConnection};
use xunji_domain::{area::Area, person::Worker, wire::Directory};

use crate::{
    db::DbError,
    desks,
    people::{self, Caller},
    problem::Problem,
    reply,
    state::Station,
};

/// `GET /directory`.
///
/// # Errors
/// Those of [`people::authenticate`]; [`Problem::StorageUnavailable`] when the database fails.
pub async fn get(State(station): State<Station>, headers: HeaderMap) -> Result<Response, Problem> {
    let Caller { worker, .. } = people::authenticate(&station.readers, &headers).await?;
    let mut connection = station.readers.acquire().await?;
    let directory = for_worker(&mut connection, &worker).await?;
    let tag = format!("\"{}\"", directory.tag);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| reply::matches(known, &tag)) {
        return Ok(reply::not_modified(&tag));
    }
    let json = serde_json::to_vec(&directory).map_err(|_| Problem::StorageUnavailable)?;
    Ok(reply::tagged(reply::json(&headers, json.into())?, &tag))
}

/// All desks; and the people, suspended ones left out, who may be given work from a township that the asker is
/// responsible for, or from the area of a desk at which the asker sits.
async fn for_worker(connection: &mut SqliteConnection, worker: &Worker) -> Result<Directory, DbError> {
    // One snapshot.
    let mut snapshot = connection.begin().await?;
    let seats = desks::of(&mut snapshot, worker.id).await?;
    let desks = desks::all(&mut snapshot).await?;
    let people = people::all(&mut snapshot).await?;
    drop(snapshot);
    let around: Vec<Area> = worker
        .areas()
        .into_iter()
        .chain(seats.into_iter().map(|desk| desk.area))
        .map(|area| area.township())
        .collect();
    let near = |area: &Area| around.iter().any(|around| around.meets(area));
    let people = people.into_iter().filter(|person| !person.suspended && person.areas.iter().any(near));
    let mut directory =
        Directory { tag: String::new(), desks, people: people.map(|person| person.worker).collect() };
    let said = serde_json::to_vec(&directory).map_err(|_| DbError::Stored("people"))?;
    directory.tag = Sha256::digest(said)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(directory)
}
