//! Carries out what the engine decides: the only place with timers, events, locks and requests to the station.
//!
//! One tab leads, by a lock that the browser gives to the next one when this tab is gone. The others tell it over a
//! broadcast channel what they have saved, and hear from it what has changed and how the sending goes. Nothing depends
//! on there being only one leader: batches are idempotent and commits are optimistic.

mod idle;
mod jobs;
mod listening;
mod receipts;
mod standing;
mod tabs;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo::{events::EventListener, timers::callback::Timeout};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::VisibilityState;
use xunji_sync::{
    engine::{Effect, Ended, Engine, Event, Failure, Millis, Phase},
    pocket::Mailbox,
    storage::StorageError,
};

use self::{
    idle::Idle,
    tabs::{Said, Tabs},
};
pub use self::{receipts::is_genuine, standing::Sent};
use crate::{
    platform,
    signals::{Sending, Signals},
    state::AppPocket,
    words,
};

/// The running driver. Clones are the same one.
#[derive(Clone)]
pub struct Driver {
    inner: Rc<Inner>,
}

struct Inner {
    pocket: AppPocket,
    signals: Signals,
    engine: RefCell<Engine>,
    leads: RefCell<bool>,
    tabs: Tabs,
    timer: RefCell<Option<Timeout>>,
    listeners: RefCell<Vec<EventListener>>,
    /// Whether the definitions have been fetched since the app was opened.
    defined: RefCell<bool>,
    /// The mailboxes that are still to be read in this cycle, the next one last.
    round: RefCell<Vec<Mailbox>>,
    /// How often it has begun or ended listening.
    ear: Cell<u32>,
    /// When the station last said who the person is.
    learned: Cell<Option<Millis>>,
    idle: Idle,
}

impl Driver {
    /// Starts listening; begins to send once this tab leads.
    pub fn start(pocket: AppPocket, signals: Signals, enrolled: bool, vault: &str) -> Self {
        let driver = Self {
            inner: Rc::new(Inner {
                pocket,
                signals,
                engine: RefCell::new(Engine::new(enrolled)),
                leads: RefCell::new(false),
                tabs: Tabs::join(vault),
                timer: RefCell::default(),
                listeners: RefCell::default(),
                defined: RefCell::new(false),
                round: RefCell::default(),
                ear: Cell::new(0),
                learned: Cell::new(None),
                idle: Idle::default(),
            }),
        };
        driver.listen();
        // A tab of an older version learns by it that the database has been taken over.
        driver.inner.tabs.say(&Said::Changed);
        let leader = driver.clone();
        platform::lead(&format!("{vault}-sync"), move || {
            leader.inner.leads.replace(true);
            leader.notify(Event::Leading);
        });
        driver
    }

    fn listen(&self) {
        let Some(window) = web_sys::window() else { return };
        let Some(document) = window.document() else { return };
        let mut listeners = Vec::new();
        let mut on = |target: &web_sys::EventTarget, name: &'static str, event: fn() -> Option<Event>| {
            let driver = self.clone();
            listeners.push(EventListener::new(target, name, move |_| {
                if let Some(event) = event() {
                    driver.notify(event);
                }
            }));
        };
        on(&window, "online", || Some(Event::Online));
        on(&window, "offline", || Some(Event::Offline));
        on(&document, "visibilitychange", || {
            let visible = web_sys::window()?.document()?.visibility_state() == VisibilityState::Visible;
            Some(if visible { Event::Visible } else { Event::Hidden })
        });
        // Opened behind another tab.
        if document.visibility_state() != VisibilityState::Visible {
            self.step(Event::Hidden);
        }
        self.inner.listeners.replace(listeners);
        let driver = self.clone();
        self.inner.tabs.listen(move |said| driver.heard(said));
    }

    fn heard(&self, said: Said) {
        match said {
            Said::Saved => self.step(Event::Saved),
            Said::SendNow => self.step(Event::SendNow),
            Said::Enrolled => {
                self.ask_anew();
                let driver = self.clone();
                spawn_local(async move {
                    if driver.show_me().await {
                        driver.step(Event::Enrolled);
                    }
                });
            }
            Said::Learned => {
                let driver = self.clone();
                spawn_local(async move {
                    driver.show_me().await;
                });
            }
            Said::Changed => self.recount(),
            // What this tab shows was read and would be written in clear.
            Said::Sealed | Said::Locked => self.lock_here(),
            Said::Touched => self.touched_elsewhere(),
            Said::Sending(sending) => self.inner.signals.sending.set(sending),
            Said::Phase(phase) if !*self.inner.leads.borrow() => self.inner.signals.phase.set(phase),
            Said::Phase(_) => {}
        }
    }

    /// Takes in an event of this tab, and passes on what the leading tab has to know.
    pub fn notify(&self, event: Event) {
        if !*self.inner.leads.borrow() {
            match event {
                Event::Saved => self.inner.tabs.say(&Said::Saved),
                Event::SendNow => self.inner.tabs.say(&Said::SendNow),
                _ => {}
            }
        }
        self.step(event);
    }

    /// The phone has been enrolled, in this tab.
    pub fn enrolled(&self) {
        self.ask_anew();
        self.inner.tabs.say(&Said::Enrolled);
        self.step(Event::Enrolled);
    }

    /// Something in the pocket has changed.
    pub fn changed(&self) {
        self.inner.tabs.say(&Said::Changed);
        self.recount();
    }

    fn recount(&self) {
        let driver = self.clone();
        spawn_local(async move {
            let Inner { pocket, signals, .. } = &*driver.inner;
            match pocket.counts().await {
                Ok(counts) => signals.counts.set(counts),
                Err(StorageError::Newer) => return driver.give_way(),
                Err(_) => {}
            }
            signals.changed.update(|changed| *changed += 1);
        });
    }

    /// A newer version of the app, in another tab, has taken the database over. This one can do nothing any more: it
    /// says so, keeps what it shows, and lets another one send.
    fn give_way(&self) {
        self.inner.signals.trouble.set(Some(words::storage_newer().to_owned()));
        if self.inner.leads.replace(false) {
            self.step(Event::Following);
            platform::follow();
        }
    }

    fn step(&self, event: Event) {
        let now = platform::millis();
        let effects = self.inner.engine.borrow_mut().step(event, now, platform::dice());
        self.show_phase();
        let mut set_aside = false;
        for effect in effects {
            match effect {
                Effect::WakeAt(at) => self.wake_at(at, now),
                Effect::SetAside => set_aside = true,
                Effect::Listen => self.listen_for_news(),
                Effect::Hush => self.hush(),
                Effect::Begin(job) => {
                    let driver = self.clone();
                    spawn_local(async move {
                        if set_aside {
                            jobs::set_aside(&driver.inner.pocket).await;
                        }
                        let ended = driver.run(job).await;
                        driver.sending(None);
                        if ended == Ended::Badly(Failure::Storage) {
                            driver.recount();
                        }
                        driver.step(Event::Done(job, ended));
                    });
                }
            }
        }
    }

    fn show_phase(&self) {
        if !*self.inner.leads.borrow() {
            return;
        }
        let phase = self.inner.engine.borrow().phase();
        if self.inner.signals.phase.get_untracked() != phase {
            self.inner.tabs.say(&Said::Phase(phase.clone()));
            self.inner.signals.phase.set(phase);
        }
    }

    /// Which attachment is being sent, in this tab and the others.
    fn sending(&self, sending: Option<Sending>) {
        if self.inner.signals.sending.get_untracked() != sending {
            self.inner.tabs.say(&Said::Sending(sending));
            self.inner.signals.sending.set(sending);
        }
    }

    fn wake_at(&self, at: Millis, now: Millis) {
        let driver = self.clone();
        let wait = u32::try_from(at.0.saturating_sub(now.0)).unwrap_or(u32::MAX / 2);
        let timer = Timeout::new(wait, move || driver.step(Event::Timer));
        // Replacing an earlier timer cancels it.
        self.inner.timer.replace(Some(timer));
    }
}

/// What the phase means for the one line that every screen shows.
pub fn is_unreached(phase: &Phase) -> bool {
    matches!(phase, Phase::Offline | Phase::Resting { why: Failure::NoAnswer | Failure::NotTheStation, .. })
}
