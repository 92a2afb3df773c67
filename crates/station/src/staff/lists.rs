//! Lists of people (CSV) over HTTP: what `import` does, for those who manage people, within what each of them may do to
//! one person.
//!
//! A list is looked over first (`dry_run`, which is what happens unless it is said otherwise) and then taken whole or not
//! at all. The answer names each line of it.

use axum::extract::Query;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::SqliteConnection;
use xunji_domain::area::Area;

use super::{Boss, Order};
use crate::{
    body,
    db::DbError,
    desks,
    import::{self, Fault, LineFault, Listed, text::Encoding},
    people::{self, Caller},
    problem::Problem,
    reply,
    state::Station,
};

/// The most bytes of a list that comes over HTTP.
const LIST_BYTES: usize = 1024 * 1024;
/// The most people of one: the station writes nothing else while it adds them.
const MOST: usize = 2000;

#[derive(Deserialize)]
struct How {
    #[serde(default = "looks_first")]
    dry_run: bool,
}

const fn looks_first() -> bool {
    true
}

/// `POST /people/import`.
///
/// # Errors
/// [`Problem::NotFound`] for whoever manages nobody, [`Problem::BodyTooLarge`]. What is wrong with the list is no problem
/// of these but in the answer.
pub async fn import(
    State(station): State<Station>,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    // Before anything of the body is read, and without holding a connection while it is.
    boss(&station, &caller).await?;
    let Query(How { dry_run }) = Query::try_from_uri(&uri).map_err(|_| Problem::RequestInvalid)?;
    let bytes = body::small(body, LIST_BYTES).await?;
    let said = match import::read(&bytes, &station.definitions.county, MOST) {
        Err(faults) => outcome(None, false, &[], &[], &faults),
        Ok((listed, encoding)) if dry_run => {
            let boss = boss(&station, &caller).await?;
            let mut connection = station.readers.acquire().await?;
            boss.import(&mut connection, &listed, encoding, true).await?
        }
        Ok((listed, encoding)) => {
            station.writer.obey(caller.worker.id, Order::Import(listed, encoding)).await?
        }
    };
    let status = match (dry_run, said["done"] == true) {
        (true, _) => StatusCode::OK,
        (false, true) => StatusCode::CREATED,
        (false, false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = reply::json(&headers, said.to_string().into())?;
    *response.status_mut() = status;
    Ok(response)
}

async fn boss(station: &Station, caller: &Caller) -> Result<Boss, Problem> {
    let mut connection = station.readers.acquire().await?;
    Boss::find(&mut connection, caller.worker.id).await?.ok_or(Problem::NotFound)
}

impl Boss {
    /// Looks a list over, and takes it unless that is all that is wanted or something is wrong with it.
    pub(super) async fn import(
        &self,
        connection: &mut SqliteConnection,
        listed: &[Listed],
        encoding: Encoding,
        dry_run: bool,
    ) -> Result<Value, DbError> {
        let known = import::known(connection).await?;
        let desks = desks::all(connection).await?;
        let (mut added, mut left, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        for line in listed {
            let Some(id) = known.get(&line.code) else {
                added.push(line);
                let worker = &line.worker;
                let inside = self.covers(&Area::from(&worker.village))
                    && worker.areas().iter().all(|area| self.covers(area));
                let mut named = line.desks.iter().filter_map(|word| import::desk(&desks, word));
                let gives = self.gives(&[], worker.roles())
                    && self.manages(worker.roles())
                    && named.all(|desk| self.seats(desk, worker.roles()));
                let fault = match (inside, gives) {
                    (false, _) => Some(Fault::OutsideArea),
                    (true, false) => Some(Fault::NotYours),
                    (true, true) => None,
                };
                faults.extend(fault.map(|fault| LineFault { line: line.line, fault }));
                continue;
            };
            let person = people::find(connection, *id).await?;
            if person.is_some_and(|person| self.has(&person)) {
                left.push(line);
            } else {
                // Whoever is outside looks like who is not there, but no number is given twice.
                faults.push(LineFault { line: line.line, fault: Fault::CodeTaken });
            }
        }
        let only_look = dry_run || !faults.is_empty();
        match import::store(connection, listed, &self.id.to_string(), only_look).await? {
            Ok(_) => {}
            Err(found) => faults.extend(found),
        }
        faults.sort_by_key(|fault| fault.line);
        let done = !dry_run && faults.is_empty();
        Ok(outcome(Some(encoding), done, &added, &left, &faults))
    }
}

fn outcome(
    encoding: Option<Encoding>,
    done: bool,
    added: &[&Listed],
    known: &[&Listed],
    faults: &[LineFault],
) -> Value {
    let lines = |lines: &[&Listed]| -> Vec<Value> {
        lines.iter().map(|line| json!({ "line": line.line, "name": line.worker.name })).collect()
    };
    json!({
        "done": done, "encoding": encoding, "added": lines(added), "known": lines(known), "faults": faults,
    })
}
