//! Who is connected, and an end to everybody's patience, so that nobody keeps others out.
//!
//! ```text
//! door (a few at a time) → seat → served … → leaves
//!   none free: whoever has been still for longest, and is not being served as an enrolled phone, has to go
//! ```
//!
//! A slow sender is dropped by the limits for heads and bodies, a slow reader by [`Patient`]. A crowd of either would
//! still fill all seats for that long; giving their seats to whoever comes next keeps the station answering.

use std::{
    collections::BTreeMap,
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};

/// How long and how many.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most connections at once. Most systems give a process 1024 open files.
    pub connections: usize,
    /// The longest time from a connection's, or the last answer's, end to the next request's whole head.
    pub head: Duration,
    /// The longest time in which a reader may take less than 16 KiB of an answer: a bad 2G line takes ten times that.
    pub reading: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 512, head: Duration::from_secs(60), reading: Duration::from_secs(30) }
    }
}

/// Everybody's seats.
#[derive(Debug)]
pub struct Seats {
    free: Arc<Semaphore>,
    began: Instant,
    taken: Mutex<(u64, BTreeMap<u64, Arc<Guest>>)>,
}

/// Somebody who has a seat.
#[derive(Debug)]
pub struct Guest {
    began: Instant,
    /// When bytes last moved, in milliseconds.
    moved: AtomicU64,
    served: AtomicBool,
    dismissed: AtomicBool,
    leave: Notify,
}

impl Guest {
    fn moves(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.moved.store(now, Ordering::Relaxed);
    }

    /// Keeps the seat safe until the guard is dropped.
    pub fn serve(self: &Arc<Self>) -> Served {
        self.served.store(true, Ordering::Relaxed);
        Served(self.clone())
    }
}

/// As long as this is held, its guest is not asked to go.
#[derive(Debug)]
pub struct Served(Arc<Guest>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.served.store(false, Ordering::Relaxed);
    }
}

/// One seat, free again when dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    number: u64,
    guest: Arc<Guest>,
    _permit: OwnedSemaphorePermit,
}

impl Seats {
    /// So many.
    pub fn new(limits: &Limits) -> Arc<Self> {
        let free = Arc::new(Semaphore::new(limits.connections));
        Arc::new(Self { free, began: Instant::now(), taken: Mutex::default() })
    }

    /// Takes a seat, and has somebody leave when none is free.
    pub async fn take(self: &Arc<Self>) -> Seat {
        /// How long until one more is asked to go, should the first not hear.
        const AGAIN: Duration = Duration::from_millis(100);
        loop {
            if let Ok(permit) = self.free.clone().try_acquire_owned() {
                return self.sit(permit);
            }
            self.dismiss();
            if let Ok(Ok(permit)) = tokio::time::timeout(AGAIN, self.free.clone().acquire_owned()).await {
                return self.sit(permit);
            }
        }
    }

    fn sit(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Seat {
        let guest = Arc::new(Guest {
            began: self.began,
            moved: AtomicU64::default(),
            served: AtomicBool::default(),
            dismissed: AtomicBool::default(),
            leave: Notify::new(),
        });
        guest.moves();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.0 += 1;
        let number = taken.0;
        taken.1.insert(number, guest.clone());
        Seat { seats: self.clone(), number, guest, _permit: permit }
    }

    fn dismiss(&self) {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let may_stay =
            |guest: &Guest| guest.served.load(Ordering::Relaxed) || guest.dismissed.load(Ordering::Relaxed);
        let idle = taken.1.values().filter(|guest| !may_stay(guest));
        if let Some(guest) = idle.min_by_key(|guest| guest.moved.load(Ordering::Relaxed)) {
            guest.dismissed.store(true, Ordering::Relaxed);
            guest.leave.notify_one();
        }
    }
}

impl Seat {
    /// Who sits here.
    pub const fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }

    /// Ends when somebody else is to have the seat.
    pub async fn dismissed(&self) {
        self.guest.leave.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&self.number);
    }
}

/// As much as a reader must take within [`Limits::reading`].
const ENOUGH: usize = 16 * 1024;

/// A stream that waits for a slow reader, but not for ever, and tells when bytes move.
#[derive(Debug)]
pub struct Patient<S> {
    stream: S,
    guest: Arc<Guest>,
    reading: Duration,
    /// Runs while a write waits; begun again whenever enough has been taken.
    deadline: Option<Pin<Box<Sleep>>>,
    taken: usize,
}

impl<S: AsyncWrite + Unpin> Patient<S> {
    /// Around a guest's stream.
    pub const fn new(stream: S, guest: Arc<Guest>, reading: Duration) -> Self {
        Self { stream, guest, reading, deadline: None, taken: 0 }
    }

    fn waited(&mut self, cx: &mut Context<'_>, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(wrote) = wrote {
            self.guest.moves();
            self.taken += wrote.as_ref().copied().unwrap_or(0);
            if self.taken >= ENOUGH {
                self.rest();
            }
            return Poll::Ready(wrote);
        }
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(self.reading)));
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the reader takes too long")))
    }

    fn rest(&mut self) {
        self.deadline = None;
        self.taken = 0;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_ready() {
            self.guest.moves();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(cx, data);
        self.waited(cx, wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(cx, data);
        self.waited(cx, wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            // Everything is taken: the next answer has its own time.
            self.rest();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const READING: Duration = Duration::from_secs(30);

    async fn seat(seats: &Arc<Seats>) -> Seat {
        tokio::time::timeout(Duration::from_secs(1), seats.take()).await.expect("a seat")
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_been_still_for_longest_makes_room_unless_being_served() {
        let seats = Seats::new(&Limits { connections: 3, ..Limits::default() });
        let (still, busy, lively) = (seat(&seats).await, seat(&seats).await, seat(&seats).await);
        let served = busy.guest().serve();
        tokio::time::advance(Duration::from_secs(1)).await;
        lively.guest().moves();
        let coming = tokio::spawn({
            let seats = seats.clone();
            async move { seats.take().await }
        });
        still.dismissed().await;
        drop(still);
        let fourth = coming.await.unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
        fourth.guest().moves();
        let coming = tokio::spawn(async move { seats.take().await });
        lively.dismissed().await;
        assert!(!busy.guest().dismissed.load(Ordering::Relaxed));
        drop((lively, served));
        coming.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_takes_too_little_is_given_up_and_a_slow_one_is_not() {
        let seats = Seats::new(&Limits::default());
        let seat = seat(&seats).await;
        let patient = |bytes| {
            let (here, there) = tokio::io::duplex(bytes);
            (Patient::new(here, seat.guest().clone(), READING), there)
        };
        let (mut stalled, _there) = patient(1000);
        let began = Instant::now();
        let error = stalled.write_all(&[0; 50_000]).await.unwrap_err();
        assert_eq!((error.kind(), began.elapsed()), (io::ErrorKind::TimedOut, READING));

        // A byte now and then is no reading.
        let (mut trickled, mut there) = patient(1000);
        let reader = tokio::spawn(async move {
            while there.read_u8().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        assert_eq!(trickled.write_all(&[0; 50_000]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(trickled);
        reader.await.unwrap();

        // A kilobyte a second is a bad line: 100 KB take longer than the limit, and arrive.
        let (mut slow, mut there) = patient(1000);
        let began = Instant::now();
        let reader = tokio::spawn(async move {
            let (mut piece, mut whole) = ([0; 1000], 0);
            while let Ok(read @ 1..) = there.read(&mut piece).await {
                whole += read;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            whole
        });
        slow.write_all(&[0; 100_000]).await.unwrap();
        slow.flush().await.unwrap();
        drop(slow);
        assert_eq!(reader.await.unwrap(), 100_000);
        assert!(began.elapsed() > READING * 2);
    }
}
