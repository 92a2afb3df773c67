//! One request that waits for all of somebody's mailboxes at once, and tells in which there is more.
//!
//! Nothing is read by it but positions: what has arrived is fetched by `GET /mailbox`, which writes down what of it was
//! sensitive.

use std::time::Duration;

use axum::{body::Body, extract::State, http::HeaderMap, response::Response};
use xunji_domain::{
    id::{Position, WorkerId},
    wire::{Arrived, Listening, MailboxPlace, WAIT_SECONDS},
};

use crate::{
    body, db::DbError, desks, entitled::MailboxId, mailbox, people, problem::Problem, reply, state::Station,
};

/// The most bytes of a request: a hundred desks.
const MOST: usize = 16 * 1024;

/// `POST /arrivals`.
///
/// # Errors
/// Those of [`people::authenticate`]; [`Problem::BodyUnreadable`] for anything else than a [`Listening`].
pub async fn post(
    State(station): State<Station>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let body = body::small(body, MOST).await?;
    let asked: Listening = serde_json::from_slice(&body).map_err(|_| Problem::BodyUnreadable)?;
    let wait = Duration::from_secs(asked.wait.min(WAIT_SECONDS));
    let all = mailboxes(&station, caller.worker.id).await?.into_iter().map(|(_, id)| id).collect();
    let listener = if wait.is_zero() { None } else { station.arrivals.listen(all) };
    let look = || look(&station, &headers, &asked);
    let arrived = match listener {
        Some(listener) => {
            let nothing = |arrived: &Arrived| arrived.seated && arrived.mailboxes.is_empty();
            listener.look(wait, nothing, look).await?
        }
        None => look().await?,
    };
    let json = serde_json::to_vec(&arrived).map_err(|_| Problem::StorageUnavailable)?;
    reply::json(&headers, json.into())
}

/// Compares. Each time with a new look at who asks and where they sit.
async fn look(station: &Station, headers: &HeaderMap, asked: &Listening) -> Result<Arrived, Problem> {
    let caller = people::authenticate(&station.readers, headers).await?;
    let theirs = mailboxes(station, caller.worker.id).await?;
    let same = |a: &MailboxPlace, b: &MailboxPlace| (&a.desk, a.oversight) == (&b.desk, b.oversight);
    let named = |place: &MailboxPlace| asked.mailboxes.iter().find(|named| same(named, place));
    let seated = asked.mailboxes.iter().all(|named| theirs.iter().any(|(place, _)| same(named, place)))
        && theirs.iter().all(|(place, _)| named(place).is_some());
    let mut arrived = Vec::new();
    let mut connection = station.readers.acquire().await?;
    for (place, id) in theirs {
        let position = mailbox::head(&mut connection, &id).await?;
        if named(&place).is_some_and(|named| named.position != position) {
            arrived.push(MailboxPlace { position, ..place });
        }
    }
    Ok(Arrived { mailboxes: arrived, seated })
}

/// All mailboxes that somebody may read: their own, and of each desk at which they sit its own and, where it oversees,
/// what it oversees.
async fn mailboxes(station: &Station, worker: WorkerId) -> Result<Vec<(MailboxPlace, MailboxId)>, DbError> {
    let mut connection = station.readers.acquire().await?;
    let seats = desks::of(&mut connection, worker).await?;
    let place = |desk, oversight| MailboxPlace { desk, oversight, position: Position(0) };
    let mut all = vec![(place(None, false), MailboxId::Worker(worker))];
    for desk in seats {
        if desk.kind.oversees() {
            all.push((place(Some(desk.id.clone()), true), MailboxId::Oversight(desk.id.clone())));
        }
        all.push((place(Some(desk.id.clone()), false), MailboxId::Desk(desk.id)));
    }
    Ok(all)
}
