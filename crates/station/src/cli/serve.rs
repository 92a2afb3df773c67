//! `serve`.

use std::io::{self, Write};

use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, ServeArgs};
use crate::{
    connections::Limits,
    server::{self, Config},
};

pub(super) async fn run(args: ServeArgs) -> Result<(), CliError> {
    tracing_subscriber::fmt().json().flatten_event(true).with_target(false).with_writer(io::stderr).init();
    // Before the station is reachable, so that no signal finds it unprepared.
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let ServeArgs { listen, data, name, base_url, behind_proxy } = args;
    let limits = Limits::default();
    let config = Config { listen, data, name, behind_proxy, base_url, max_pages: None, limits };
    let mut station = server::start(config).await?;
    let mut out = io::stdout();
    writeln!(out, "listening on http://{}", station.address())?;
    out.flush()?;
    tokio::select! {
        ended = station.ended() => return Ok(ended?),
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    tracing::info!("stopping");
    Ok(station.stop().await?)
}
