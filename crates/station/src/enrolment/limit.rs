//! Limits wrong codes, for enrolling and for forgotten PINs, and wrong slips: ten a minute from one address, sixty from
//! all together. What nobody can guess (tokens, ids, digests) is counted by address alone, and generously, because a
//! whole township may share one. Right ones cost nothing.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::problem::Problem;

const WINDOW: Duration = Duration::from_secs(60);

/// Wrong ones of the present minute.
#[derive(Debug)]
pub struct Attempts {
    per_peer: u32,
    together: u32,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    since: Instant,
    wrong: HashMap<IpAddr, u32>,
    together: u32,
}

impl Attempts {
    /// Of codes and slips.
    pub fn at_codes() -> Self {
        Self::new(10, 60)
    }

    /// Of tokens, and of names of what isn't there.
    pub fn at_secrets() -> Self {
        Self::new(300, u32::MAX)
    }

    fn new(per_peer: u32, together: u32) -> Self {
        let window = Mutex::new(Window { since: Instant::now(), wrong: HashMap::new(), together: 0 });
        Self { per_peer, together, window }
    }

    /// Tries a code, unless too many wrong ones came before it; counts it when the outcome says that it was wrong.
    ///
    /// # Errors
    /// [`Problem::TooManyAttempts`], or whatever the trial gives.
    pub async fn guard<T>(
        &self,
        peer: IpAddr,
        trial: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        if !self.allows(peer) {
            return Err(Problem::TooManyAttempts);
        }
        let outcome = trial.await;
        if outcome.as_ref().is_err_and(Problem::is_wrong_code) {
            // As many lines as tries that are let through; never what was tried.
            tracing::warn!(%peer, "somebody tried a code that is not in force");
            self.failed(peer);
        }
        outcome
    }

    /// Whether so many wrong ones came from this address that nothing more is looked up for it. For secrets that nobody
    /// can guess: whoever has a right one is let in even while strangers keep trying.
    pub fn bars(&self, peer: IpAddr) -> bool {
        let most = |window: &mut Window| {
            window.wrong.get(&network(peer)).is_some_and(|wrong| *wrong >= self.per_peer)
        };
        self.window(Instant::now(), most)
    }

    /// Notes that a secret from this address was wrong; false once there are too many from all together.
    pub fn note(&self, peer: IpAddr) -> bool {
        self.failed(peer);
        self.window(Instant::now(), |window| window.together <= self.together)
    }

    /// Whether one more code may be tried from this address.
    fn allows(&self, peer: IpAddr) -> bool {
        self.window(Instant::now(), |window| {
            window.together < self.together
                && window.wrong.get(&network(peer)).is_none_or(|wrong| *wrong < self.per_peer)
        })
    }

    /// Notes that a code from this address was wrong.
    fn failed(&self, peer: IpAddr) {
        self.window(Instant::now(), |window| {
            window.together = window.together.saturating_add(1);
            *window.wrong.entry(network(peer)).or_default() += 1;
        });
    }

    fn window<T>(&self, now: Instant, look: impl FnOnce(&mut Window) -> T) -> T {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(window.since) >= WINDOW {
            *window = Window { since: now, wrong: HashMap::new(), together: 0 };
        }
        look(&mut window)
    }
}

/// One household has 2^64 IPv6 addresses.
fn network(peer: IpAddr) -> IpAddr {
    match peer {
        IpAddr::V4(_) => peer,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}
