//! Every path that the station answers, and what is the same for all of them.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{self, MethodRouter},
};
use serde::Deserialize;
use serde_json::json;
use xunji_domain::{
    desk::Desk,
    id::{InstallationId, Position},
    wire::{Counts, Me, PAGE_ITEMS, WAIT_SECONDS},
};

use crate::{
    app, audit, blobs, definitions, desks, directory, enrolment,
    entitled::MailboxId,
    gaps, health, ingest, listening, mailbox,
    people::{self, Caller},
    problem::Problem,
    recovery, reply, slips, staff,
    state::Station,
};

/// The description of the interface, OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// Every route: method, path, handler. `openapi.json` describes the same ones, which a test makes sure of.
pub fn routes() -> Vec<(&'static str, &'static str, MethodRouter<Station>)> {
    vec![
        ("GET", "/healthz", routing::get(health::get)),
        ("GET", "/api/v1/healthz", routing::get(health::get)),
        ("GET", "/api/v1/openapi.json", routing::get(openapi)),
        ("GET", "/api/v1/kinds", routing::get(definitions::get)),
        ("POST", "/api/v1/enrolments", routing::post(enrolment::post)),
        ("POST", "/api/v1/recoveries", routing::post(recovery::post)),
        ("GET", "/api/v1/me", routing::get(me)),
        ("GET", "/api/v1/directory", routing::get(directory::get)),
        ("GET", "/api/v1/installations/{id}", routing::get(received)),
        ("POST", "/api/v1/entries", routing::post(ingest::post)),
        ("GET", "/api/v1/mailbox", routing::get(page)),
        ("POST", "/api/v1/arrivals", routing::post(listening::post)),
        ("GET", "/api/v1/counts", routing::get(counts)),
        ("GET", "/api/v1/blobs/{sha256}", routing::get(blobs::get)),
        ("HEAD", "/api/v1/blobs/{sha256}", routing::head(blobs::head)),
        ("PUT", "/api/v1/blobs/{sha256}", routing::put(blobs::put)),
        ("PATCH", "/api/v1/blobs/{sha256}", routing::patch(blobs::patch)),
        ("DELETE", "/api/v1/installations/{id}", routing::delete(staff::revoke)),
        ("GET", "/api/v1/people", routing::get(staff::list)),
        ("POST", "/api/v1/people", routing::post(staff::add)),
        ("POST", "/api/v1/people/import", routing::post(staff::lists::import)),
        ("PATCH", "/api/v1/people/{id}", routing::patch(staff::change)),
        ("POST", "/api/v1/people/{id}/codes", routing::post(staff::code)),
        ("GET", "/api/v1/desks", routing::get(staff::seats::list)),
        ("POST", "/api/v1/desks", routing::post(staff::seats::add)),
        ("PATCH", "/api/v1/desks/{desk}", routing::patch(staff::seats::rename)),
        ("PUT", "/api/v1/desks/{desk}/seats/{worker}", routing::put(staff::seats::seat)),
        ("DELETE", "/api/v1/desks/{desk}/seats/{worker}", routing::delete(staff::seats::unseat)),
        ("POST", "/api/v1/handovers", routing::post(staff::hand_over)),
        ("GET", "/p/{token}", routing::get(slips::get)),
        ("POST", "/p/{token}", routing::post(slips::post)),
    ]
}

/// The whole of it, with the app for all other paths.
pub fn router(station: Station) -> Router {
    routes()
        .into_iter()
        .fold(Router::new(), |router, (_, path, handler)| router.route(path, handler))
        .fallback(elsewhere)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(middleware::from_fn_with_state(station.clone(), around))
        .with_state(station)
}

/// Logs each request without what people wrote (no query, no body, no name), counts the guesses, and sets the headers
/// that all answers have.
async fn around(State(station): State<Station>, request: Request<Body>, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let is_api = route.is_some() || is_api(request.uri());
    let peer = request.extensions().get::<SocketAddr>().map(SocketAddr::ip);
    // How far an upload is, phones ask of what isn't there all the time.
    let peer = peer.filter(|_| method != Method::HEAD);
    let mut response = next.run(request).await;
    let is_guess = response.extensions().get().is_some_and(Problem::is_wrong_guess);
    if let Some(peer) = peer.filter(|_| is_guess) {
        if station.guesses.bars(peer) {
            // A right one would have been answered: nobody's guesses keep others out who share their address.
            response = Problem::TooManyAttempts.into_response();
        } else {
            station.guesses.note(peer);
        }
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_api {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let (status, ms) = (response.status().as_u16(), began.elapsed().as_millis() as u64);
    let route = route.unwrap_or_else(|| if is_api { "unknown".to_owned() } else { "app".to_owned() });
    // The app's files and the probes are asked for all the time and say little.
    if is_api && !route.ends_with("/healthz") {
        tracing::info!(%method, route, status, ms, "request");
    } else {
        tracing::debug!(%method, route, status, ms, "request");
    }
    response
}

fn is_api(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}

async fn elsewhere(request: Request<Body>) -> Response {
    if is_api(request.uri()) {
        Problem::NotFound.into_response()
    } else {
        app::get(request.method(), request.uri(), request.headers())
    }
}

async fn openapi(headers: HeaderMap) -> Result<Response, Problem> {
    reply::json(&headers, OPENAPI.into())
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    after: u64,
    last: Option<String>,
    #[serde(default = "most")]
    limit: usize,
    desk: Option<String>,
    #[serde(default)]
    oversight: bool,
    #[serde(default)]
    wait: u64,
}

const fn most() -> usize {
    PAGE_ITEMS
}

/// `GET /me`.
async fn me(State(station): State<Station>, headers: HeaderMap) -> Result<Response, Problem> {
    let Caller { worker, .. } = people::authenticate(&station.readers, &headers).await?;
    let mut connection = station.readers.acquire().await?;
    let desks = desks::of(&mut connection, worker.id).await?;
    let json = serde_json::to_vec(&Me { worker, desks }).map_err(|_| Problem::StorageUnavailable)?;
    reply::json(&headers, json.into())
}

/// `GET /installations/{id}`: for the person whose installation it is; for others there is none.
async fn received(
    State(station): State<Station>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let id: InstallationId = id.parse().map_err(|_| Problem::RequestInvalid)?;
    let received = gaps::received(&station.readers, caller.worker.id, id).await?;
    let received = received.ok_or(Problem::NotFound)?;
    let json = serde_json::to_vec(&received).map_err(|_| Problem::StorageUnavailable)?;
    reply::json(&headers, json.into())
}

/// `GET /mailbox`: a person's own, or that of a desk at which they sit. Whoever doesn't sit there gets the same answer as
/// for a desk that isn't there.
async fn page(State(station): State<Station>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let Query(asked) = Query::<Asked>::try_from_uri(&uri).map_err(|_| Problem::RequestInvalid)?;
    let last = asked.last.as_deref().map(str::parse).transpose().map_err(|_| Problem::RequestInvalid)?;
    let limit = asked.limit.clamp(1, PAGE_ITEMS);
    let cursor = mailbox::Cursor { after: Position(asked.after), last, limit };
    let look = || look(&station, &headers, &asked, cursor);
    let wait = Duration::from_secs(asked.wait.min(WAIT_SECONDS));
    let listener = match wait.is_zero() {
        true => None,
        false => {
            let caller = people::authenticate(&station.readers, &headers).await?;
            station.arrivals.listen(vec![mailbox_of(&station, &caller, &asked).await?])
        }
    };
    let (caller, mailbox, page) = match listener {
        Some(listener) => listener.look(wait, |(_, _, page)| page.is_empty(), look).await?,
        None => look().await?,
    };
    if !matches!(mailbox, MailboxId::Oversight(_)) {
        let readings = page.sensitive().iter().map(|(record, entries)| {
            let desk = if let MailboxId::Desk(desk) = &mailbox { Some(desk.as_str()) } else { None };
            let what = json!({ "act": "read", "record": record, "entries": entries });
            audit::reading(&caller, desk, what)
        });
        let readings: Vec<_> = readings.collect();
        // Before the answer leaves: what can't be written down is not read.
        if !readings.is_empty() {
            station.writer.audit(readings).await?;
        }
    }
    let json = serde_json::to_vec(&page).map_err(|_| Problem::StorageUnavailable)?;
    reply::json(&headers, json.into())
}

/// Reads a page. Each time with a new look at who asks: while somebody waits, they may have lost their seat.
async fn look(
    station: &Station,
    headers: &HeaderMap,
    asked: &Asked,
    cursor: mailbox::Cursor,
) -> Result<(Caller, MailboxId, mailbox::Page), Problem> {
    let caller = people::authenticate(&station.readers, headers).await?;
    let mailbox = mailbox_of(station, &caller, asked).await?;
    let kinds = &station.definitions.kinds;
    let page = mailbox::page(&station.readers, kinds, caller.worker.id, &mailbox, cursor).await?;
    Ok((caller, mailbox, page))
}

async fn mailbox_of(station: &Station, caller: &Caller, asked: &Asked) -> Result<MailboxId, Problem> {
    let Some(desk) = &asked.desk else { return Ok(MailboxId::Worker(caller.worker.id)) };
    let desk = seat(station, caller, desk).await?.id;
    Ok(if asked.oversight { MailboxId::Oversight(desk) } else { MailboxId::Desk(desk) })
}

/// A desk at which the caller sits.
async fn seat(station: &Station, caller: &Caller, desk: &str) -> Result<Desk, Problem> {
    let mut connection = station.readers.acquire().await?;
    let desks = desks::of(&mut connection, caller.worker.id).await?;
    desks.into_iter().find(|seat| seat.id.as_str() == desk).ok_or_else(|| {
        tracing::warn!(installation = %caller.installation, "somebody asked for a desk at which they don't sit");
        Problem::NotFound
    })
}

#[derive(Deserialize)]
struct OfDesk {
    desk: String,
}

/// `GET /counts`: for desks that govern. For others there is nothing, as for those who don't sit there.
async fn counts(State(station): State<Station>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let Query(OfDesk { desk }) = Query::try_from_uri(&uri).map_err(|_| Problem::RequestInvalid)?;
    // Police and law firms learn of secret records only what they are told in person.
    let desk = seat(&station, &caller, &desk).await?;
    if !desk.kind.governs() {
        return Err(Problem::NotFound);
    }
    let mut connection = station.readers.acquire().await?;
    let counts = desks::counts(&mut connection, &desk).await?;
    let json = serde_json::to_vec(&Counts { counts }).map_err(|_| Problem::StorageUnavailable)?;
    reply::json(&headers, json.into())
}
