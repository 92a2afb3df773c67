//! A line between phones and the station that is as long as it is told, can be down, and can break.
//!
//! It adds time and takes no throughput: every piece arrives a while after it was sent, however many others are under
//! way. A new connection takes a round trip longer, as its handshake would.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// What is read at once, and so the most that is lost on the way when the line breaks.
const PIECE: usize = 16 * 1024;

/// The line. It ends with the test's process.
pub struct Line {
    origin: String,
    wire: Wire,
}

/// What all connections have in common. Clones are the same.
#[derive(Clone)]
struct Wire {
    station: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// From one end to the other.
    delay: Duration,
    down: bool,
    /// Bytes that phones have put on the line, heads of requests and all.
    sent: u64,
    /// The line breaks when `sent` passes these, in order.
    breaks: VecDeque<u64>,
    /// For how long nobody gets through after a break.
    away: Duration,
    back_at: Option<Instant>,
    phones: Vec<TcpStream>,
}

impl Line {
    /// A line without length to the station at this origin.
    pub fn to(station: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let wire = Wire { station: station.trim_start_matches("http://").to_owned(), state: Arc::default() };
        let other = wire.clone();
        thread::spawn(move || {
            for phone in listener.incoming().flatten() {
                // A station that is away ends one conversation and nothing else.
                drop(other.connect(&phone));
            }
        });
        Self { origin: format!("http://{address}"), wire }
    }

    /// The address for phones.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// From now on an answer takes at least this long.
    pub fn set_round_trip(&self, time: Duration) {
        self.wire.state().delay = time / 2;
    }

    /// From now on nobody gets through; who is connected is cut off.
    pub fn take_down(&self) {
        let mut state = self.wire.state();
        state.down = true;
        state.hang_up();
    }

    /// From now on everybody gets through.
    pub fn put_up(&self) {
        self.wire.state().down = false;
    }

    /// How many bytes phones have sent so far.
    pub fn sent(&self) -> u64 {
        self.wire.state().sent
    }

    /// Breaks when phones have sent so many bytes more, and again after each of the others. Every time it is away for
    /// so long.
    pub fn break_after(&self, mut bytes: Vec<u64>, away: Duration) {
        bytes.sort_unstable();
        let mut state = self.wire.state();
        let sent = state.sent;
        state.breaks = bytes.into_iter().map(|more| sent + more).collect();
        state.away = away;
    }

    /// How many times it is still to break.
    pub fn breaks_left(&self) -> usize {
        self.wire.state().breaks.len()
    }
}

impl Wire {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self, phone: &TcpStream) -> io::Result<()> {
        let station = TcpStream::connect(&self.station)?;
        station.set_nodelay(true)?;
        phone.set_nodelay(true)?;
        let mut state = self.state();
        if state.down || state.back_at.is_some_and(|back| Instant::now() < back) {
            return phone.shutdown(Shutdown::Both);
        }
        state.phones.push(phone.try_clone()?);
        drop(state);
        self.carry(phone.try_clone()?, station.try_clone()?, true);
        self.carry(station, phone.try_clone()?, false);
        Ok(())
    }

    /// Carries one direction of a connection until either end has hung up.
    fn carry(&self, mut from: TcpStream, mut to: TcpStream, from_phone: bool) {
        let (queue, under_way) = mpsc::channel::<(Instant, Vec<u8>)>();
        let (wire, opened) = (self.clone(), Instant::now());
        thread::spawn(move || {
            let mut piece = [0; PIECE];
            while let Ok(bytes @ 1..) = from.read(&mut piece) {
                if from_phone && wire.breaks_under(bytes as u64) {
                    break;
                }
                let delay = wire.state().delay;
                let due = Instant::now().max(opened + 2 * delay) + delay;
                if queue.send((due, piece[..bytes].to_vec())).is_err() {
                    break;
                }
            }
        });
        thread::spawn(move || {
            for (due, piece) in under_way {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if to.write_all(&piece).is_err() {
                    break;
                }
            }
            // It fails when the other end has gone already, which is as good.
            let _ = to.shutdown(Shutdown::Both);
        });
    }

    /// Counts what a phone sends, and whether the line breaks in the middle of it. What is behind the break has never
    /// been on the line; what is before it is lost.
    fn breaks_under(&self, bytes: u64) -> bool {
        let mut state = self.state();
        state.sent += bytes;
        let Some(place) = state.breaks.front().copied().filter(|place| *place < state.sent) else {
            return false;
        };
        state.breaks.pop_front();
        state.sent = place;
        state.back_at = Some(Instant::now() + state.away);
        state.hang_up();
        true
    }
}

impl State {
    /// Ends every connection at the phone's side; what is under way to the station arrives.
    fn hang_up(&mut self) {
        for phone in self.phones.drain(..) {
            let _ = phone.shutdown(Shutdown::Both);
        }
    }
}
