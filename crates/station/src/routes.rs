//! Every path that the station answers, and what is the same for all of them.

use std::time::Instant;

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{self, MethodRouter},
};
use serde::Deserialize;
use xunji_domain::{
    id::{EntryId, InstallationId, Position},
    wire::{Me, PAGE_ITEMS},
};

use crate::{
    app, blobs, definitions, desks, enrolment, gaps, health, ingest, mailbox,
    people::{self, Caller},
    problem::Problem,
    recovery, reply,
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
        ("GET", "/api/v1/installations/{id}", routing::get(received)),
        ("POST", "/api/v1/entries", routing::post(ingest::post)),
        ("GET", "/api/v1/mailbox", routing::get(page)),
        ("GET", "/api/v1/blobs/{sha256}", routing::get(blobs::get)),
        ("HEAD", "/api/v1/blobs/{sha256}", routing::head(blobs::head)),
        ("PUT", "/api/v1/blobs/{sha256}", routing::put(blobs::put)),
        ("PATCH", "/api/v1/blobs/{sha256}", routing::patch(blobs::patch)),
    ]
}

/// The whole of it, with the app for all other paths.
pub fn router(station: Station) -> Router {
    routes()
        .into_iter()
        .fold(Router::new(), |router, (_, path, handler)| router.route(path, handler))
        .fallback(elsewhere)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(middleware::from_fn(around))
        .with_state(station)
}

/// Logs each request without what people wrote (no query, no body, no name), and sets the headers that all answers
/// have.
async fn around(request: Request<Body>, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let is_api = route.is_some() || is_api(request.uri());
    let mut response = next.run(request).await;
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
struct Cursor {
    #[serde(default)]
    after: u64,
    last: Option<String>,
    #[serde(default = "most")]
    limit: usize,
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

/// `GET /mailbox`.
async fn page(State(station): State<Station>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let caller = people::authenticate(&station.readers, &headers).await?;
    let Query(cursor) = Query::<Cursor>::try_from_uri(&uri).map_err(|_| Problem::RequestInvalid)?;
    let limit = cursor.limit.clamp(1, PAGE_ITEMS);
    let last = cursor.last.map(|id| id.parse::<EntryId>()).transpose();
    let last = last.map_err(|_| Problem::RequestInvalid)?;
    let after = Position(cursor.after);
    let page = mailbox::page(&station.readers, caller.worker.id, after, last, limit).await?;
    let json = serde_json::to_vec(&page).map_err(|_| Problem::StorageUnavailable)?;
    reply::json(&headers, json.into())
}
