//! Starts a station, takes connections, and stops without losing anything.
//!
//! Start: folder → lock → look at the database → definitions → bind → open → receipt key → writer → accept. Stop: no new connection →
//! running requests finish → writer drains its queue, checkpoints and closes.
//!
//! Against slow or hostile clients: limits of connections, of the time for heads and of the time for answers in
//! [`crate::connections`], and limits of bytes and silence for bodies in [`crate::body`].

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    http::{HeaderMap, header},
};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use sqlx::{Executor, SqliteConnection, SqlitePool};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::{JoinHandle, JoinSet},
};

use crate::{
    abandoned,
    arrivals::Arrivals,
    blobs::Blobs,
    connections::{Limits, Patient, Seat, Seats},
    data::{DataError, DataFolder, ServeLock},
    db::{self, DbError},
    definitions::{DefinitionError, Definitions},
    desks,
    enrolment::limit::Attempts,
    gaps,
    ingest::writer::Writer,
    receipt_key::{self, KeyError},
    recovery_key, routes,
    state::Station,
};

/// The most connections that wait for a seat.
const DOOR: usize = 32;
/// Where web servers write whose requests they pass on.
const FORWARDED: &str = "x-forwarded-for";
/// How long running requests may take when the station stops.
const FAREWELL: Duration = Duration::from_secs(20);

/// How to run a station.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// The station's name, for people.
    pub name: String,
    /// The addresses from which web servers in front of it connect. Whose requests come from there is what they say
    /// (`X-Forwarded-For`); nobody else is believed that.
    pub behind_proxy: Vec<IpAddr>,
    /// The address that people reach it under, when it isn't the one that it listens on.
    pub base_url: Option<String>,
    /// The most pages that the database may have: for tests of a full disk.
    pub max_pages: Option<u32>,
    /// What is done about those who are slow.
    pub limits: Limits,
}

/// Why a station did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The key that signs receipts.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The ledgers or villages.
    #[error(transparent)]
    Definitions(#[from] DefinitionError),
    /// The address.
    #[error(
        "the station can't listen on {address}: {source}. Stop the program that uses the address, or give another one with --listen"
    )]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The writer ended although the station is to run.
    #[error(
        "the database can't be written to any more, so the station stopped. Look at the log above, then start it again"
    )]
    WriterEnded,
}

/// A station that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    /// The address that it really listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it: finishes requests, checkpoints, closes.
    ///
    /// # Errors
    /// When something went wrong on the way.
    pub async fn stop(mut self) -> Result<(), ServeError> {
        self.stop.take();
        self.task.await.unwrap_or(Err(ServeError::WriterEnded))
    }

    /// Waits until it ends by itself, which it does only for an error.
    ///
    /// # Errors
    /// The reason.
    pub async fn ended(&mut self) -> Result<(), ServeError> {
        (&mut self.task).await.unwrap_or(Err(ServeError::WriterEnded))
    }
}

/// Starts a station.
///
/// # Errors
/// When the folder, the database, the definitions or the address can't be used.
pub async fn start(config: Config) -> Result<Running, ServeError> {
    let data = DataFolder::create(&config.data)?;
    let lock = data.lock()?;
    db::check::pages(&data.database()).await?;
    let definitions = Definitions::load(&data)?;
    let bind = |source| ServeError::Bind { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let mut connection = db::open_writer(&data.database()).await?;
    if let Some(pages) = config.max_pages {
        connection
            .execute(format!("PRAGMA max_page_count = {pages}").as_str())
            .await
            .map_err(DbError::from)?;
    }
    let key = receipt_key::open(&data, &mut connection).await?;
    let recovery_key = recovery_key::open(&data, &mut connection).await?;
    remember(&mut connection, config.base_url.unwrap_or_else(|| local(address))).await?;
    for gap in gaps::gaps(&mut connection).await? {
        tracing::warn!(
            installation = %gap.installation, from = gap.from.0, to = gap.to.0,
            "entries of an installation have not arrived although later ones have; ask its worker to open the app"
        );
    }
    desks::provide(&mut connection, &definitions.county).await?;
    let readers = db::open_readers(&data.database()).await?;
    let arrivals = Arrivals::new();
    let receipt_key = key.public().text().into();
    let (writer, writing) = Writer::start(connection, definitions.kinds.clone(), key, arrivals.clone());
    let blobs = Blobs::new(data.blobs());
    let sweeping = tokio::spawn(abandoned::sweep_daily(blobs.clone(), SystemTime::now));
    let station = Station {
        name: config.name.into(),
        receipt_key,
        recovery_key,
        readers: readers.clone(),
        writer,
        definitions: Arc::new(definitions),
        blobs,
        attempts: Arc::new(Attempts::at_codes()),
        strangers: Arc::new(Attempts::at_codes()),
        guesses: Arc::new(Attempts::at_secrets()),
        arrivals: arrivals.clone(),
    };
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "the station runs");
    let (stop, stopped) = oneshot::channel();
    let stopped = async move {
        stopped.await.ok();
        arrivals.close();
    };
    let (router, proxies) = (routes::router(station), config.behind_proxy.into());
    let front = Front { router, proxies, limits: config.limits };
    let running = run(listener, front, readers, writing, stopped, lock);
    let task = tokio::spawn(async move {
        let ended = running.await;
        sweeping.abort();
        ended
    });
    Ok(Running { address, stop: Some(stop), task })
}

/// The address that a browser on this machine reaches the station under.
fn local(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("http://127.0.0.1:{}", address.port()),
        false => format!("http://{address}"),
    }
}

/// Leaves the address for `enrol`, so that its links lead here.
async fn remember(connection: &mut SqliteConnection, base_url: String) -> Result<(), DbError> {
    sqlx::query("INSERT INTO settings (name, value) VALUES ('base_url', ?) ON CONFLICT DO UPDATE SET value = excluded.value")
        .bind(base_url.trim_end_matches('/'))
        .execute(connection)
        .await?;
    Ok(())
}

/// What every connection is served with.
#[derive(Clone)]
struct Front {
    router: Router,
    proxies: Arc<[IpAddr]>,
    limits: Limits,
}

async fn run(
    listener: TcpListener,
    front: Front,
    readers: SqlitePool,
    mut writing: JoinHandle<Result<(), DbError>>,
    stopped: impl Future<Output = ()>,
    _lock: ServeLock,
) -> Result<(), ServeError> {
    let mut stopped = pin!(stopped);
    let graceful = GracefulShutdown::new();
    let (door, seats) = (Arc::new(Semaphore::new(DOOR)), Seats::new(&front.limits));
    let mut connections = JoinSet::new();
    let failed = loop {
        tokio::select! {
            _ = &mut stopped => break false,
            _ = &mut writing => break true,
            Some(_) = connections.join_next() => {}
            (stream, peer, place) = accept(&listener, &door) => {
                let (front, seats, watcher) = (front.clone(), seats.clone(), graceful.watcher());
                connections.spawn(async move {
                    let seat = seats.take().await;
                    drop(place);
                    serve(stream, peer, front, seat, watcher).await;
                });
            }
        }
    };
    drop((listener, front));
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests took too long to finish and were cut off; phones send them again");
    }
    connections.shutdown().await;
    readers.close().await;
    if failed {
        return Err(ServeError::WriterEnded);
    }
    let written = (&mut writing).await;
    tracing::info!("the station has stopped");
    Ok(written.unwrap_or(Err(DbError::Stored("writer")))?)
}

async fn accept(
    listener: &TcpListener,
    door: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let place = door.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                // Out of files, or the other side was gone already: neither ends the station.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, front: Front, seat: Seat, watcher: Watcher) {
    // Receipts are small: they must not wait for a full packet.
    stream.set_nodelay(true).ok();
    let Front { router, proxies, limits } = front;
    let router = TowerToHyperService::new(router);
    let guest = seat.guest().clone();
    let service = service_fn(|mut request: Request<Incoming>| {
        let from = sender(peer, &proxies, request.headers());
        request.extensions_mut().insert(from);
        let served = is_of_a_phone(&request).then(|| guest.serve());
        let answering = router.call(request);
        async move {
            let answer = answering.await;
            drop(served);
            answer
        }
    });
    let stream = Patient::new(stream, seat.guest().clone(), limits.reading);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        ended = watcher.watch(connection) => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke off");
            }
        }
        () = seat.dismissed() => tracing::debug!("a connection made room for another"),
    }
}

/// Where a request comes from: the other end of the connection, or whom a web server in front names last, which is the
/// one that it has seen itself. An IPv4 address in IPv6 clothes is that IPv4 address.
fn sender(peer: SocketAddr, proxies: &[IpAddr], headers: &HeaderMap) -> SocketAddr {
    let ip = peer.ip().to_canonical();
    let is_proxy = proxies.iter().any(|proxy| proxy.to_canonical() == ip);
    let named = || {
        let last = headers.get_all(FORWARDED).iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
        // Some web servers add the port.
        let address = last.parse::<SocketAddr>().map(|address| address.ip());
        address.or_else(|_| last.trim_matches(['[', ']']).parse()).ok()
    };
    let ip = is_proxy.then(named).flatten().map_or(ip, |ip: IpAddr| ip.to_canonical());
    SocketAddr::new(ip, peer.port())
}

/// Whether somebody with a token, which is looked at before anything else, is being waited for. Enrolling phones have
/// none yet, and nothing about them can be believed before their body is there.
fn is_of_a_phone(request: &Request<Incoming>) -> bool {
    request.headers().contains_key(header::AUTHORIZATION) && !request.uri().path().ends_with("/enrolments")
}
