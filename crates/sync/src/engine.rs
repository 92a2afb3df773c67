//! Decides what to do next about sending and fetching: (state, event) → (state, effects). No clock, no network, no
//! storage; time and dice come in with the event.
//!
//! ```text
//!             wake (opened, saved, visible, online, 立即上传, timer)
//!                │
//!   Idle ────────┴──► Probing ──reached──► Uploading ◄──more──┐
//!    ▲                   │                    │──────────────┘
//!    │                   │                    ▼ empty
//!    │                   │               SendingBlobs ──► Fetching ──► Idle
//!    │                   └─────────┬──────────┴───────────────┘
//!    │                        failed: 429, 5xx, network ──► Resting until (full jitter, Retry-After)
//!    └──────────────────────────────────────────────────────────────────┘
//!                             failed: 401 ──► Stopped until the phone is enrolled again
//! ```
//!
//! While there is nothing to do and the app is on the screen, the engine listens: the station holds one request back
//! until something arrives for the person. Whatever else there is to do ends the listening first, so it never keeps a
//! save waiting; what is heard begins a fetch at once.
//!
//! One job is under way at a time. A job that fails keeps everything in the outbox; a batch that the station can't read
//! is halved until one entry is left, which is then set aside, so that it never blocks another.

use xunji_domain::wire::BATCH_ENTRIES;

/// Milliseconds of a clock that only goes forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis(pub u64);

/// The first wait after a failure is at most this long.
const FIRST_WAIT: u64 = 2_000;
/// No wait is longer.
const LONGEST_WAIT: u64 = 5 * 60_000;
/// While the app is on the screen the mailboxes are looked at this often …
const LOOK_EVERY: u64 = 60_000;
/// … and this often where listening says that there is nothing new.
const LOOK_LISTENING: u64 = 5 * 60_000;
/// Whoever answers sooner that there is nothing new doesn't let anybody wait.
const HASTY: u64 = 10_000;
/// How long a job may take before the engine stops believing in it. Longer than the driver's own time-outs.
const WATCHDOG: u64 = 180_000;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// This tab has become the one that sends, or has just been opened as it.
    Leading,
    /// Another tab sends now.
    Following,
    /// The phone has been enrolled.
    Enrolled,
    /// An entry has been saved, in this tab or another.
    Saved,
    /// The app has come back to the screen.
    Visible,
    /// The app has left the screen.
    Hidden,
    /// The browser says that there may be a network.
    Online,
    /// The browser says that there is none.
    Offline,
    /// A person asks for it: 立即上传.
    SendNow,
    /// The time named by [`Effect::WakeAt`] has come.
    Timer,
    /// A long job gives a sign of life.
    Going(Job),
    /// A job is done.
    Done(Job, Ended),
    /// The listening has come to an end by itself.
    Heard(Heard),
}

/// What came of listening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something is new for the person.
    News,
    /// Nothing, for as long as the station lets anybody wait.
    Nothing,
    /// The station could not be asked.
    Badly(Failure),
}

/// Something that takes a while. The driver does one at a time and reports its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Ask `/healthz` whether the station can be reached.
    Probe,
    /// Send the oldest entries, at most so many, and acknowledge the answers.
    Upload {
        /// The most entries.
        most: usize,
    },
    /// Send the next attachment.
    SendBlob,
    /// Read the next page of the mailbox.
    Fetch,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It did what it was to do.
    Well {
        /// How many things it has sent or fetched.
        done: usize,
        /// How many are left to do of the same sort.
        left: usize,
    },
    /// It did not; everything is as it was before.
    Badly(Failure),
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer.
    NoAnswer,
    /// An answer, but not the station's: a captive portal, most likely.
    NotTheStation,
    /// The station is overloaded or broken: 429 or 5xx.
    Busy {
        /// How long it asks to be left alone.
        retry_after: Option<u64>,
    },
    /// The station doesn't know this phone (any more): 401 or 403.
    Unauthorised,
    /// The station could not read the batch as a whole: 400, 413 or 415.
    Unreadable,
    /// The phone's own database failed.
    Storage,
}

/// Something for the driver to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Begin a job.
    Begin(Job),
    /// Set aside the oldest unsent entry, which the station can't read.
    SetAside,
    /// Send [`Event::Timer`] at this time, and forget an earlier one.
    WakeAt(Millis),
    /// Wait at the station until something is new, and send [`Event::Heard`].
    Listen,
    /// Stop waiting, and send nothing.
    Hush,
}

/// What the engine is doing, for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing.
    Idle,
    /// Looking whether the station can be reached, or fetching.
    Working,
    /// Sending.
    Uploading {
        /// Entries sent since the sending began.
        done: usize,
        /// Entries to send in all, as far as is known.
        total: usize,
    },
    /// Waiting before it tries again.
    Resting {
        /// Why.
        why: Failure,
        /// Until when.
        until: Millis,
    },
    /// The browser says that there is no network.
    Offline,
    /// The phone has to be enrolled again.
    Stopped,
}

/// The state of the sending and fetching.
#[derive(Clone, Debug)]
pub struct Engine {
    leading: bool,
    enrolled: bool,
    visible: bool,
    offline: bool,
    under_way: Option<(Job, Millis)>,
    /// Something may be new since the cycle that is under way began.
    again: bool,
    /// The phone was enrolled anew while this job was under way: it may still carry the old token.
    outdated: bool,
    rest: Option<(Failure, Millis)>,
    failures: u32,
    most: usize,
    done: usize,
    total: usize,
    look_at: Millis,
    /// When the last cycle was at its end.
    looked: Millis,
    /// Since when it has been listening.
    listening: Option<Millis>,
    /// Until when it doesn't try to listen.
    deaf_until: Millis,
    /// How often in a row listening was of no use.
    misheard: u32,
    /// What has been fetched since something new was heard of.
    heard: Option<usize>,
}

impl Engine {
    /// At rest. `enrolled` says whether the phone has a token.
    pub const fn new(enrolled: bool) -> Self {
        Self {
            leading: false,
            enrolled,
            visible: true,
            offline: false,
            under_way: None,
            again: false,
            outdated: false,
            rest: None,
            failures: 0,
            most: BATCH_ENTRIES,
            done: 0,
            total: 0,
            look_at: Millis(0),
            looked: Millis(0),
            listening: None,
            deaf_until: Millis(0),
            misheard: 0,
            heard: None,
        }
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        match (&self.under_way, &self.rest) {
            _ if !self.enrolled => Phase::Stopped,
            (Some((Job::Upload { .. } | Job::SendBlob, _)), _) => {
                Phase::Uploading { done: self.done, total: self.total.max(self.done) }
            }
            (Some(_), _) => Phase::Working,
            _ if self.offline => Phase::Offline,
            (None, Some((why, until))) => Phase::Resting { why: why.clone(), until: *until },
            (None, None) => Phase::Idle,
        }
    }

    /// Takes in an event. `dice` is any random number; equal inputs give equal outputs.
    pub fn step(&mut self, event: Event, now: Millis, dice: u64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Leading => {
                self.leading = true;
                self.wake(&mut effects, now);
            }
            Event::Following => self.leading = false,
            Event::Enrolled => {
                self.enrolled = true;
                self.outdated = self.under_way.is_some();
                self.forget_failures();
                self.wake(&mut effects, now);
            }
            Event::Visible => {
                self.visible = true;
                self.forget_failures();
                self.wake(&mut effects, now);
            }
            Event::Hidden => self.visible = false,
            Event::Online | Event::SendNow => {
                // `Online` is only a hint, and a person may know better than the browser.
                self.offline = false;
                self.forget_failures();
                self.wake(&mut effects, now);
            }
            Event::Offline => self.offline = true,
            // While resting after a failure, more work is no reason to disturb the station earlier.
            Event::Saved if self.rest.is_some() => self.again = true,
            Event::Saved => self.wake(&mut effects, now),
            Event::Timer => {
                let idle = self.under_way.is_none() && self.rest.is_none();
                if self.rest.as_ref().is_some_and(|(_, until)| *until <= now) {
                    self.rest = None;
                }
                if self.under_way.is_some_and(|(_, since)| now.0.saturating_sub(since.0) > WATCHDOG) {
                    self.under_way = None;
                }
                // Otherwise it is only time to listen again.
                if !idle || self.look_at <= now {
                    self.wake(&mut effects, now);
                }
            }
            Event::Going(job) => {
                if let Some((_, since)) = self.under_way.as_mut().filter(|(current, _)| *current == job) {
                    *since = now;
                }
            }
            Event::Done(job, ended) => self.done(job, ended, now, dice, &mut effects),
            Event::Heard(heard) => self.heard(heard, now, dice, &mut effects),
        }
        self.lend_an_ear(now, &mut effects);
        self.plan_timer(now, &mut effects);
        effects
    }

    fn forget_failures(&mut self) {
        self.rest = None;
        self.failures = 0;
        self.deaf_until = Millis(0);
        self.misheard = 0;
    }

    /// Begins or ends listening, as what else there is to do allows.
    fn lend_an_ear(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let free = self.leading && self.enrolled && self.visible && !self.offline;
        let idle = self.under_way.is_none() && self.rest.is_none() && self.deaf_until <= now;
        match self.listening {
            None if free && idle => {
                self.listening = Some(now);
                effects.push(Effect::Listen);
            }
            Some(_) if !free || !idle => {
                self.listening = None;
                effects.push(Effect::Hush);
            }
            _ => {}
        }
    }

    fn heard(&mut self, heard: Heard, now: Millis, dice: u64, effects: &mut Vec<Effect>) {
        // What is heard late is looked at in the cycle that has ended the listening.
        let Some(since) = self.listening.take() else { return };
        match heard {
            Heard::News => {
                self.heard = Some(0);
                self.begin(Job::Fetch, now, effects);
            }
            Heard::Nothing if now.0.saturating_sub(since.0) >= HASTY => {
                self.misheard = 0;
                self.look_at = Millis((now.0 + LOOK_EVERY).min(self.looked.0 + LOOK_LISTENING));
            }
            Heard::Nothing => self.mishear(&Failure::Busy { retry_after: None }, now, dice),
            Heard::Badly(failure) => self.mishear(&failure, now, dice),
        }
    }

    /// Listening is a convenience: that it fails is nothing that a person has to know. Looking goes on without it.
    fn mishear(&mut self, failure: &Failure, now: Millis, dice: u64) {
        self.deaf_until = Millis(now.0 + 1 + wait(self.misheard, failure, dice));
        self.misheard = self.misheard.saturating_add(1);
        self.look_at = self.look_at.min(Millis(now.0 + LOOK_EVERY));
    }

    fn wake(&mut self, effects: &mut Vec<Effect>, now: Millis) {
        if !self.leading || !self.enrolled {
            return;
        }
        if self.under_way.is_some() {
            self.again = true;
        } else if self.rest.is_none() {
            self.again = false;
            self.done = 0;
            self.total = 0;
            self.heard = None;
            self.begin(Job::Probe, now, effects);
        }
    }

    fn begin(&mut self, job: Job, now: Millis, effects: &mut Vec<Effect>) {
        self.under_way = Some((job, now));
        self.outdated = false;
        effects.push(Effect::Begin(job));
    }

    fn done(&mut self, job: Job, ended: Ended, now: Millis, dice: u64, effects: &mut Vec<Effect>) {
        // The end of a job that the watchdog had given up: what it did is in the storage, and the cycle that has
        // begun since will see it there.
        if self.under_way.is_none_or(|(current, _)| current != job) {
            return;
        }
        self.under_way = None;
        match ended {
            Ended::Badly(failure) => self.failed(job, failure, now, dice, effects),
            Ended::Well { done, left } => {
                if self.failures > 0 {
                    // The station is back: it was the way to it that kept the phone from listening.
                    self.forget_failures();
                }
                self.offline = false;
                if matches!(job, Job::Upload { .. } | Job::SendBlob) {
                    self.done += done;
                    self.total = self.done + left;
                }
                let next = match job {
                    Job::Probe => {
                        self.total = left;
                        Job::Upload { most: self.most }
                    }
                    Job::Upload { .. } if left > 0 => {
                        // What was too large for the station a moment ago may have been one entry of many.
                        self.most = (self.most * 2).min(BATCH_ENTRIES);
                        Job::Upload { most: self.most }
                    }
                    Job::Upload { .. } => Job::SendBlob,
                    Job::SendBlob if done > 0 => Job::SendBlob,
                    Job::SendBlob => Job::Fetch,
                    Job::Fetch if left > 0 => {
                        self.heard = self.heard.map(|fetched| fetched + done);
                        Job::Fetch
                    }
                    Job::Fetch => {
                        // Whoever promises news and has none must not make the phone ask without end.
                        match self.heard.take() {
                            Some(fetched) if fetched + done == 0 => {
                                self.mishear(&Failure::NotTheStation, now, dice);
                            }
                            Some(_) => self.misheard = 0,
                            None => {}
                        }
                        return self.rest_or_repeat(now, effects);
                    }
                };
                if self.leading {
                    self.begin(next, now, effects);
                }
            }
        }
    }

    fn rest_or_repeat(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.looked = now;
        self.look_at = Millis(now.0 + LOOK_EVERY);
        if self.again {
            self.wake(effects, now);
        }
    }

    fn failed(&mut self, job: Job, failure: Failure, now: Millis, dice: u64, effects: &mut Vec<Effect>) {
        match (&failure, job) {
            (Failure::Unauthorised, _) if self.outdated => self.wake(effects, now),
            (Failure::Unauthorised, _) => self.enrolled = false,
            (Failure::Unreadable, Job::Upload { most }) => {
                if most == 1 {
                    effects.push(Effect::SetAside);
                    self.most = BATCH_ENTRIES;
                } else {
                    self.most = most / 2;
                }
                self.begin(Job::Upload { most: self.most }, now, effects);
            }
            _ => {
                let until = Millis(now.0 + wait(self.failures, &failure, dice));
                self.failures = self.failures.saturating_add(1);
                self.rest = Some((failure, until));
            }
        }
    }

    fn plan_timer(&self, now: Millis, effects: &mut Vec<Effect>) {
        if !self.leading || !self.enrolled {
            return;
        }
        let at = match (&self.under_way, &self.rest) {
            (Some((_, since)), _) => since.0 + WATCHDOG + 1,
            (None, Some((_, until))) => until.0,
            (None, None) if self.visible && self.deaf_until > now => {
                self.deaf_until.0.min(self.look_at.0).max(now.0 + 1)
            }
            (None, None) if self.visible => self.look_at.0.max(now.0 + 1),
            // Off the screen phones throttle timers anyway; coming back to it is an event of its own.
            (None, None) => return,
        };
        effects.push(Effect::WakeAt(Millis(at)));
    }
}

/// Full jitter: anything between nothing and a limit that doubles with every failure; never less than the station asks
/// for. (Brooker, "Exponential Backoff and Jitter", 2015.)
fn wait(failures: u32, failure: &Failure, dice: u64) -> u64 {
    let limit = FIRST_WAIT.saturating_mul(1 << failures.min(20)).min(LONGEST_WAIT);
    let asked = match failure {
        Failure::Busy { retry_after } => retry_after.unwrap_or(0).min(60 * 60_000),
        _ => 0,
    };
    asked + dice % limit
}

#[cfg(test)]
mod tests;
