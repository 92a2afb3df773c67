//! What the driver writes and screens read. Belongs to the app, not to a page.

use leptos::prelude::*;
use xunji_domain::{canonical::Digest, desk::Desk, person::Worker, wire::Me};
use xunji_sync::{engine::Phase, pocket::Counts};

/// Signals that outlive every page.
#[derive(Clone, Copy)]
pub struct Signals {
    /// Whom the phone works for.
    pub me: RwSignal<Option<Worker>>,
    /// The desks at which the person sits, as the station last said.
    pub desks: RwSignal<Vec<Desk>>,
    /// What the sending does.
    pub phase: RwSignal<Phase>,
    /// How much there is in the outbox.
    pub counts: RwSignal<Counts>,
    /// Grows whenever something in the pocket may have changed; what is drawn from the pocket depends on it.
    pub changed: RwSignal<u64>,
    /// The attachment that is being sent.
    pub sending: RwSignal<Option<Sending>>,
    /// Something is wrong with the phone itself or with what answers it, until the person has read it.
    pub trouble: RwSignal<Option<String>>,
    /// Whether there is a vault: a PIN has been set.
    pub sealed: RwSignal<bool>,
    /// Whether the phone is being locked: nothing is shown any more, and what was typed is still being kept.
    pub locking: RwSignal<bool>,
    /// How many writes are under way that a lock waits for.
    pub writing: RwSignal<u32>,
    /// How many photos and recordings are being made ready, which a save must not leave behind.
    pub gathering: RwSignal<u32>,
}

/// Something under way that others wait for, as long as this lives.
pub struct UnderWay(RwSignal<u32>);

impl UnderWay {
    fn count(counter: RwSignal<u32>) -> Self {
        counter.update_untracked(|count| *count += 1);
        Self(counter)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.update_untracked(|count| *count -= 1);
    }
}

impl Signals {
    /// Makes a lock wait.
    pub fn write(&self) -> UnderWay {
        UnderWay::count(self.writing)
    }

    /// Makes a save wait.
    pub fn gather(&self) -> UnderWay {
        UnderWay::count(self.gathering)
    }

    /// The person with their desks, or nobody yet. Tells only of what is new.
    pub fn show_me(&self, me: Option<Me>) {
        let (worker, desks) = me.map_or_else(Default::default, |me| (Some(me.worker), me.desks));
        if self.me.with_untracked(|known| *known != worker) {
            self.me.set(worker);
        }
        if self.desks.with_untracked(|known| *known != desks) {
            self.desks.set(desks);
        }
    }

    /// Before anything is known.
    pub(crate) fn new() -> Self {
        Self {
            me: RwSignal::new(None),
            desks: RwSignal::new(Vec::new()),
            phase: RwSignal::new(Phase::Idle),
            counts: RwSignal::new(Counts::default()),
            changed: RwSignal::new(0),
            sending: RwSignal::new(None),
            trouble: RwSignal::new(None),
            sealed: RwSignal::new(false),
            locking: RwSignal::new(false),
            writing: RwSignal::new(0),
            gathering: RwSignal::new(0),
        }
    }
}

/// How far the attachment that is being sent has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    /// Which one.
    pub digest: Digest,
    /// How much of it the station has, of a hundred.
    pub percent: u8,
}
