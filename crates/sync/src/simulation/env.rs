//! What everything in one scenario shares: dice, time, the station, the network, the tasks, the truth.
//!
//! Time stands still while there is something to do at this moment; which of several things is done next is for the
//! dice. A task is one thread of work in one tab. It can be dropped wherever it waits, which is what a crash does, and
//! it waits before and after everything that matters.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::Pin,
    rc::Rc,
    task::Poll,
};

use super::{
    dice::Dice,
    http::{Flight, Reply, Request, Slot},
    ledger::Ledger,
    sabotage::Sabotage,
    station::Station,
    tab::Said,
    tally::{Fault, Tally},
};

/// Beyond the end of every scenario.
pub(super) const NEVER: u64 = u64::MAX;

/// No scenario has as many phones.
const PHONES: u64 = 8;

/// The name of a tab; tabs are never opened twice under one.
pub(super) type TabId = u64;

/// A thread of work.
pub(super) struct Task {
    pub(super) tab: TabId,
    pub(super) work: Pin<Box<dyn Future<Output = ()>>>,
    /// When it wants to be looked at again at the latest …
    pub(super) until: u64,
    /// … or as soon as this is answered.
    pub(super) slot: Option<Slot>,
}

/// A message from one tab to the others of its phone.
pub(super) struct Hint {
    pub(super) at: u64,
    pub(super) phone: usize,
    pub(super) from: TabId,
    pub(super) said: Said,
}

/// What everything in one scenario shares.
pub(super) struct Env {
    pub(super) dice: Dice,
    pub(super) now: Cell<u64>,
    /// No more faults.
    pub(super) calm: Cell<bool>,
    /// Whether phones ask for definitions when they are opened; it is slow, so few scenarios do.
    pub(super) defines: bool,
    pub(super) station: RefCell<Station>,
    pub(super) flights: RefCell<Vec<Flight>>,
    pub(super) hints: RefCell<Vec<Hint>>,
    pub(super) spawned: RefCell<Vec<Task>>,
    pub(super) ledger: RefCell<Ledger>,
    pub(super) tally: RefCell<Tally>,
    /// How many more batches somebody on the way will find too large.
    pub(super) narrow: Cell<u64>,
    pub(super) trace: Option<RefCell<Vec<String>>>,
    sabotage: Option<Sabotage>,
    until: Cell<u64>,
    slot: RefCell<Option<Slot>>,
    tabs: Cell<TabId>,
    numbers: Cell<u32>,
}

impl Env {
    pub(super) fn new(seed: u64, sabotage: Option<Sabotage>, traced: bool) -> Self {
        let dice = Dice::new(seed);
        let defines = dice.comes(20);
        Self {
            dice,
            now: Cell::new(0),
            calm: Cell::new(false),
            defines,
            station: RefCell::default(),
            flights: RefCell::default(),
            hints: RefCell::default(),
            spawned: RefCell::default(),
            ledger: RefCell::default(),
            tally: RefCell::default(),
            narrow: Cell::new(0),
            trace: traced.then(RefCell::default),
            sabotage,
            until: Cell::new(0),
            slot: RefCell::default(),
            tabs: Cell::new(0),
            numbers: Cell::new(0),
        }
    }

    pub(super) fn broken(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    /// A broken promise need not be broken every time.
    pub(super) fn breaks(&self, sabotage: Sabotage, in_thousand: u64) -> bool {
        self.broken(sabotage) && self.dice.comes(in_thousand)
    }

    /// Whether a fault is due, which is counted.
    pub(super) fn strikes(&self, fault: Fault, in_thousand: u64) -> bool {
        let strikes = !self.calm.get() && self.dice.comes(in_thousand);
        if strikes {
            self.count(fault);
        }
        strikes
    }

    pub(super) fn count(&self, fault: Fault) {
        self.say(|| format!("fault: {fault:?}"));
        self.tally.borrow_mut().fault(fault);
    }

    /// A line of the story, when somebody reads it.
    pub(super) fn say(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            trace.borrow_mut().push(format!("{:>8} {}", self.now.get(), line()));
        }
    }

    pub(super) fn new_tab(&self, phone: usize) -> TabId {
        self.tabs.set(self.tabs.get() + 1);
        self.tabs.get() * PHONES + phone as u64
    }

    /// The phone that a tab is on, even one that is only being opened.
    pub(super) fn phone_of(tab: TabId) -> usize {
        usize::try_from(tab % PHONES).unwrap_or(0)
    }

    /// 1, 2, 3 …
    pub(super) fn number(&self) -> u32 {
        self.numbers.set(self.numbers.get() + 1);
        self.numbers.get()
    }

    pub(super) fn spawn(&self, tab: TabId, work: impl Future<Output = ()> + 'static) {
        self.spawned.borrow_mut().push(Task { tab, work: Box::pin(work), until: 0, slot: None });
    }

    /// Looks after a task once; whether it is done.
    pub(super) fn poll(&self, task: &mut Task) -> bool {
        self.until.set(0);
        self.slot.replace(None);
        let done = task.work.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        task.until = self.until.get();
        task.slot = self.slot.take();
        done.is_ready()
    }

    /// Lets others go first; a crash may come here.
    pub(super) async fn turn(&self) {
        let mut waited = false;
        poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Waits.
    pub(super) async fn sleep(&self, time: u64) {
        let until = self.now.get() + time;
        poll_fn(|_| {
            self.until.set(until);
            if self.now.get() >= until { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Sends a request and waits for its answer, at most so long.
    pub(super) async fn ask(&self, token: Option<String>, request: Request, limit: u64) -> Option<Reply> {
        let slot = Slot::default();
        let patience = Flight::depart(self, token, request, &slot).min(limit);
        let until = self.now.get() + patience;
        poll_fn(|_| match slot.take() {
            Some(reply) => Poll::Ready(Some(reply)),
            None if self.now.get() >= until => Poll::Ready(None),
            None => {
                self.until.set(until);
                self.slot.replace(Some(Rc::clone(&slot)));
                Poll::Pending
            }
        })
        .await
    }
}
