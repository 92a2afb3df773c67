//! Waiting for what should happen, by looking again and again. No sleep has a meaning of its own: it is only the pause
//! between two looks.

use std::time::{Duration, Instant};

/// How long a story waits for anything. Generous, because a slow machine is no fault of the app.
pub const PATIENCE: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is something; panics with the last thing seen when [`PATIENCE`] is at its end.
pub async fn until<T>(wish: &str, look: impl AsyncFnMut() -> Result<T, String>) -> T {
    until_within(PATIENCE, wish, look).await
}

/// The same with another patience.
pub async fn until_within<T>(
    patience: Duration,
    wish: &str,
    mut look: impl AsyncFnMut() -> Result<T, String>,
) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) if begun.elapsed() > patience => {
                panic!("Waited {} s to {wish}. Last seen: {seen}", patience.as_secs())
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
