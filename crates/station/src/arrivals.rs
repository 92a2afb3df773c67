//! Tells those who wait for something new in their mailboxes that it is there (long-poll).
//!
//! A listener is there before its mailbox is read, so that nothing can arrive between the two unnoticed. Few may wait at
//! once: a seat that waits is one that nobody else has. Whoever finds none is answered at once and asks again later.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::entitled::MailboxId;

/// The most who wait at once: half of all seats.
const WAITING: usize = 256;

/// Everybody who waits.
#[derive(Debug)]
pub struct Arrivals {
    seats: Arc<Semaphore>,
    waiting: Mutex<BTreeMap<MailboxId, Arc<Notify>>>,
    closed: AtomicBool,
}

/// Somebody who waits for any of their mailboxes.
#[derive(Debug)]
pub struct Listener {
    arrivals: Arc<Arrivals>,
    bells: Vec<(MailboxId, Arc<Notify>)>,
    _seat: OwnedSemaphorePermit,
}

impl Arrivals {
    /// Nobody waits yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            seats: Arc::new(Semaphore::new(WAITING)),
            waiting: Mutex::default(),
            closed: AtomicBool::new(false),
        })
    }

    /// Listens to some mailboxes, unless too many wait already.
    pub fn listen(self: &Arc<Self>, mailboxes: Vec<MailboxId>) -> Option<Listener> {
        let seat = self.seats.clone().try_acquire_owned().ok()?;
        let mut waiting = self.lock();
        let hang = |mailbox: MailboxId| (mailbox.clone(), waiting.entry(mailbox).or_default().clone());
        let bells = mailboxes.into_iter().map(hang).collect();
        drop(waiting);
        Some(Listener { arrivals: self.clone(), bells, _seat: seat })
    }

    /// Tells those who wait for any of these mailboxes.
    pub fn tell(&self, mailboxes: &[MailboxId]) {
        let waiting = self.lock();
        for mailbox in mailboxes {
            if let Some(bell) = waiting.get(mailbox) {
                bell.notify_waiters();
            }
        }
    }

    /// Tells all who wait, because what has changed where is not known.
    pub fn tell_all(&self) {
        self.lock().values().for_each(|bell| bell.notify_waiters());
    }

    /// Sends everybody home: the station stops.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.lock().values().for_each(|bell| bell.notify_waiters());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<MailboxId, Arc<Notify>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Looks, and when there is nothing waits until something arrives or the time is over, then looks again.
    ///
    /// # Errors
    /// Those of looking.
    pub async fn look<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        wait: Duration,
        is_empty: impl Fn(&T) -> bool,
        look: impl Fn() -> F,
    ) -> Result<T, E> {
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let mut rings: Vec<_> = self.bells.iter().map(|(_, bell)| Box::pin(bell.notified())).collect();
            for rings in &mut rings {
                rings.as_mut().enable();
            }
            let found = look().await?;
            if !is_empty(&found) || self.arrivals.closed.load(Ordering::SeqCst) {
                return Ok(found);
            }
            let any = poll_fn(|context| {
                let rung = rings.iter_mut().any(|rings| rings.as_mut().poll(context).is_ready());
                if rung { Poll::Ready(()) } else { Poll::Pending }
            });
            if tokio::time::timeout_at(deadline, any).await.is_err() {
                return Ok(found);
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut waiting = self.arrivals.lock();
        for (mailbox, bell) in &self.bells {
            // The map's own and this one.
            if Arc::strong_count(bell) <= 2 {
                waiting.remove(mailbox);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use xunji_domain::id::DeskId;

    use super::*;

    fn desk() -> MailboxId {
        MailboxId::Desk(DeskId::new("a"))
    }

    fn other() -> MailboxId {
        MailboxId::Oversight(DeskId::new("a"))
    }

    #[tokio::test(start_paused = true)]
    async fn what_arrives_while_somebody_looks_is_not_missed() {
        let arrivals = Arrivals::new();
        let listener = arrivals.listen(vec![other(), desk()]).unwrap();
        let looks = std::cell::Cell::new(0);
        let found: Result<u32, ()> = listener
            .look(
                Duration::from_secs(50),
                |found| *found < 2,
                || {
                    looks.set(looks.get() + 1);
                    // It arrives after it was looked for and before anybody waits.
                    arrivals.tell(&[desk()]);
                    std::future::ready(Ok(looks.get()))
                },
            )
            .await;
        assert_eq!(found, Ok(2));
        drop(listener);
        assert!(arrivals.lock().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_nor_all_at_once() {
        let arrivals = Arrivals::new();
        let began = tokio::time::Instant::now();
        let listener = arrivals.listen(vec![desk()]).unwrap();
        let found: Result<(), ()> =
            listener.look(Duration::from_secs(50), |()| true, || std::future::ready(Ok(()))).await;
        assert_eq!((found, began.elapsed()), (Ok(()), Duration::from_secs(50)));
        let all: Vec<_> = (1..WAITING).filter_map(|_| arrivals.listen(vec![desk()])).collect();
        assert_eq!(all.len(), WAITING - 1);
        assert!(arrivals.listen(vec![desk()]).is_none());
        arrivals.close();
        let began = tokio::time::Instant::now();
        let found: Result<(), ()> =
            listener.look(Duration::from_secs(50), |()| true, || std::future::ready(Ok(()))).await;
        assert_eq!((found, began.elapsed()), (Ok(()), Duration::ZERO));
    }
}
