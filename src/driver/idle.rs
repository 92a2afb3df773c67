//! Locking: by hand, and when the phone has not been touched for a while.
//!
//! A locked tab is one that has been loaded anew: whatever it had read, and the key, went with the old page.

use std::cell::Cell;

use gloo::{events::EventListener, timers::callback::Interval};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_sync::vault::Moment;

use super::{Driver, tabs::Said};
use crate::platform;

/// How often it is looked at, in milliseconds.
const LOOK: u32 = 5_000;
/// How often the other tabs are told that this one is in use, in milliseconds.
const TELL: u64 = 10_000;
/// How long a lock waits for what is being written, in milliseconds.
const PATIENCE: u32 = 5_000;

/// When the phone was touched last, and what follows.
#[derive(Default)]
pub(super) struct Idle {
    /// Without a vault there is nothing to lock.
    minutes: Cell<Option<u32>>,
    touched: Cell<Moment>,
    told: Cell<Moment>,
}

impl Driver {
    /// A PIN has been set, in this tab.
    pub fn sealed(&self, idle_minutes: Option<u32>) {
        self.inner.tabs.say(&Said::Sealed);
        if let Some(minutes) = idle_minutes {
            self.lock_after(minutes);
        }
    }

    /// Locks after so many minutes without a touch in any tab.
    pub fn lock_after(&self, minutes: u32) {
        let idle = &self.inner.idle;
        idle.touched.set(platform::moment());
        if idle.minutes.replace(Some(minutes)).is_none() {
            self.watch();
        }
    }

    /// As long as the page.
    fn watch(&self) {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
        for name in ["pointerdown", "keydown", "input", "wheel"] {
            let driver = self.clone();
            EventListener::new(&document, name, move |_| driver.touched()).forget();
        }
        // Browsers stop the timers of what is hidden; so it is looked at before anything is seen again.
        let driver = self.clone();
        EventListener::new(&document, "visibilitychange", move |_| driver.look()).forget();
        let driver = self.clone();
        Interval::new(LOOK, move || driver.look()).forget();
    }

    fn touched(&self) {
        // A phone that wakes may be touched before anything else is heard.
        self.look();
        let idle = &self.inner.idle;
        let now = platform::moment();
        idle.touched.set(now);
        if now.0.abs_diff(idle.told.get().0) >= TELL {
            idle.told.set(now);
            self.inner.tabs.say(&Said::Touched);
        }
    }

    pub(super) fn touched_elsewhere(&self) {
        self.inner.idle.touched.set(platform::moment());
    }

    fn look(&self) {
        let idle = &self.inner.idle;
        let (now, touched) = (platform::moment(), idle.touched.get());
        let still = now.0.abs_diff(touched.0);
        if idle.minutes.get().is_some_and(|minutes| still >= u64::from(minutes) * 60_000) {
            self.lock();
        }
        // A clock that was set back by less is waited for from where it is now.
        idle.touched.set(touched.min(now));
    }

    /// Locks this tab and the others.
    pub fn lock(&self) {
        self.inner.tabs.say(&Said::Locked);
        self.lock_here();
    }

    /// Hides everything at once, which has open forms kept, and loads the page anew when that is done.
    pub(super) fn lock_here(&self) {
        let signals = self.inner.signals;
        if signals.locking.get_untracked() {
            return;
        }
        platform::withdraw_key();
        signals.locking.set(true);
        spawn_local(async move {
            let step = 20;
            for _ in 0..PATIENCE / step {
                platform::sleep(step).await;
                if signals.writing.get_untracked() == 0 {
                    break;
                }
            }
            if let Some(window) = web_sys::window() {
                // Refused only by a page that is going already.
                drop(window.location().reload());
            }
        });
    }
}
