//! A tab: the engine and what the app's driver does around it (`src/driver/mod.rs`).

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use xunji_domain::id::Position;

use super::{
    disk::Disk,
    env::{Env, Hint, TabId},
    jobs,
    phone::Phone,
    sabotage::Sabotage,
    tally::Fault,
};
use crate::{
    engine::{Effect, Engine, Event, Failure, Heard, Millis, Phase},
    pocket::{Mailbox, Pocket},
};

/// What tabs tell each other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    Saved,
    SendNow,
    Enrolled,
}

/// A request that the station holds back. Its way there and back takes no time here.
pub(super) struct Ear {
    pub(super) until: u64,
    pub(super) read: Vec<(Mailbox, Position)>,
}

/// An open tab.
pub(super) struct Tab {
    pub(super) id: TabId,
    pub(super) env: Rc<Env>,
    /// Which phone it is on.
    pub(super) phone: usize,
    pub(super) pocket: Pocket<Disk>,
    pub(super) leads: Cell<bool>,
    pub(super) timer: Cell<Option<u64>>,
    /// Not on the screen, as far as it knows.
    pub(super) hidden: Cell<bool>,
    pub(super) defined: Cell<bool>,
    pub(super) learned: Cell<Option<Millis>>,
    /// The mailboxes that are still to be read in this cycle, the next one last.
    pub(super) round: RefCell<Vec<Mailbox>>,
    /// What it waits for at the station.
    pub(super) ear: RefCell<Option<Ear>>,
    /// How often it has begun or ended listening.
    ears: Cell<u32>,
    engine: RefCell<Engine>,
    opened_at: u64,
    /// How much its clock is ahead: it counts while the phone sleeps, timers don't.
    ahead: Cell<u64>,
}

impl Tab {
    /// Opens a tab, which takes a while.
    pub(super) async fn open(env: Rc<Env>, phone: Rc<Phone>, id: TabId) {
        let disk = Disk::new(Rc::clone(&env), phone.memory.borrow().clone());
        let new = xunji_domain::id::InstallationId::new(env.dice.uuid());
        let opened = async {
            let (pocket, found) = Pocket::open(disk, new).await?;
            let enrolled = pocket.enrolment().await?.is_some();
            pocket.counts().await?;
            Ok::<_, crate::storage::StorageError>((pocket, found, enrolled))
        };
        let Ok((pocket, found, enrolled)) = opened.await else { return };
        phone.opened(&env, found, pocket.installation());
        let tab = Rc::new(Self {
            id,
            phone: phone.index,
            pocket,
            leads: Cell::new(false),
            timer: Cell::new(None),
            hidden: Cell::new(false),
            defined: Cell::new(!env.defines),
            learned: Cell::new(None),
            round: RefCell::default(),
            ear: RefCell::new(None),
            ears: Cell::new(0),
            engine: RefCell::new(Engine::new(enrolled)),
            opened_at: env.now.get(),
            ahead: Cell::new(0),
            env,
        });
        phone.tabs.borrow_mut().push(Rc::clone(&tab));
        phone.elect();
    }

    /// A clock that only goes forward.
    pub(super) fn millis(&self) -> Millis {
        Millis(self.env.now.get() - self.opened_at + self.ahead.get())
    }

    /// The phone sleeps.
    pub(super) fn oversleep(&self, time: u64) {
        self.ahead.set(self.ahead.get() + time);
    }

    pub(super) fn phase(&self) -> Phase {
        self.engine.borrow().phase()
    }

    /// Takes over the sending.
    pub(super) fn lead(self: &Rc<Self>) {
        self.leads.set(true);
        self.notify(Event::Leading);
    }

    /// Takes in an event of this tab, and passes on what the leading tab has to know.
    pub(super) fn notify(self: &Rc<Self>, event: Event) {
        match event {
            Event::Hidden => self.hidden.set(true),
            Event::Visible => self.hidden.set(false),
            _ => {}
        }
        if !self.leads.get() {
            match event {
                Event::Saved => self.say(Said::Saved),
                Event::SendNow => self.say(Said::SendNow),
                _ => {}
            }
        }
        self.step(event);
    }

    /// The phone has been enrolled, in this tab.
    pub(super) fn enrolled(self: &Rc<Self>) {
        self.learned.set(None);
        self.say(Said::Enrolled);
        self.step(Event::Enrolled);
    }

    fn say(&self, said: Said) {
        let at = self.env.now.get() + self.env.dice.below(20);
        self.env.hints.borrow_mut().push(Hint { at, phone: self.phone, from: self.id, said });
    }

    /// Another tab has said something.
    pub(super) fn heard(self: &Rc<Self>, said: Said) {
        match said {
            Said::Saved => self.step(Event::Saved),
            Said::SendNow => self.step(Event::SendNow),
            Said::Enrolled => {
                self.learned.set(None);
                let tab = Rc::clone(self);
                self.env.spawn(self.id, async move {
                    if let Ok(Some(_)) = tab.pocket.enrolment().await {
                        tab.step(Event::Enrolled);
                    }
                });
            }
        }
    }

    /// The timer has come.
    pub(super) fn ring(self: &Rc<Self>) {
        self.timer.set(None);
        self.step(Event::Timer);
    }

    pub(super) fn step(self: &Rc<Self>, event: Event) {
        let env = &self.env;
        env.say(|| format!("phone {} tab {}: {event:?}", self.phone, self.id));
        let now = self.millis();
        let effects = self.engine.borrow_mut().step(event, now, env.dice.any());
        let mut set_aside = false;
        for effect in effects {
            match effect {
                Effect::WakeAt(at) => self.wake_at(at, now),
                Effect::SetAside => set_aside = true,
                Effect::Listen => self.listen(),
                Effect::Hush => self.hush(),
                Effect::Begin(job) => {
                    let tab = Rc::clone(self);
                    env.spawn(self.id, async move {
                        if set_aside {
                            jobs::set_aside(&tab.pocket).await;
                        }
                        let ended = tab.run(job).await;
                        tab.step(Event::Done(job, ended));
                    });
                }
            }
        }
    }

    fn hush(&self) {
        self.ears.set(self.ears.get() + 1);
        self.ear.replace(None);
    }

    fn listen(self: &Rc<Self>) {
        self.hush();
        let (tab, ear) = (Rc::clone(self), self.ears.get());
        self.env.spawn(self.id, async move {
            let mut read = Vec::new();
            let Ok(Some(me)) = tab.pocket.me().await else {
                return tab.heard_of(ear, Heard::Badly(Failure::Storage));
            };
            for mailbox in Mailbox::of(&me) {
                let Ok(cursor) = tab.pocket.cursor(&mailbox).await else {
                    return tab.heard_of(ear, Heard::Badly(Failure::Storage));
                };
                read.push((mailbox, cursor.after));
            }
            if tab.ears.get() == ear {
                tab.ear.replace(Some(Ear { until: tab.env.now.get() + 50_000, read }));
            }
        });
    }

    fn heard_of(self: &Rc<Self>, ear: u32, heard: Heard) {
        if self.ears.get() == ear {
            self.hush();
            self.step(Event::Heard(heard));
        }
    }

    /// What the station has that it doesn't, and whether it sits where it thinks.
    pub(super) fn news(&self, heads: &[(Mailbox, Position)]) -> (Vec<Mailbox>, bool) {
        let ear = self.ear.borrow();
        let Some(Ear { read, .. }) = &*ear else { return (Vec::new(), true) };
        let news = heads.iter().filter(|head| !read.contains(head)).map(|(mailbox, _)| mailbox.clone());
        let seats =
            |places: &[(Mailbox, Position)]| places.iter().map(|place| place.0.clone()).collect::<Vec<_>>();
        (news.collect(), seats(read) == seats(heads))
    }

    /// The station answers, or somebody on the way.
    pub(super) fn end_listening(self: &Rc<Self>, heads: &[(Mailbox, Position)]) {
        let (news, seated) = self.news(heads);
        let heard = match news.is_empty() && seated {
            _ if self.env.strikes(Fault::AnswerLost, 100) => Heard::Badly(Failure::NoAnswer),
            true => Heard::Nothing,
            false => Heard::News,
        };
        if heard == Heard::News {
            if !seated {
                self.learned.set(None);
            }
            self.round.replace(news.into_iter().rev().collect());
        }
        self.heard_of(self.ears.get(), heard);
    }

    fn wake_at(&self, at: Millis, now: Millis) {
        let resting = matches!(self.phase(), Phase::Resting { why: Failure::NoAnswer, .. });
        if resting && self.env.broken(Sabotage::NeverTryAgain) {
            self.timer.set(None);
            return;
        }
        let mut wait = at.0.saturating_sub(now.0);
        if self.env.strikes(Fault::Slept, 20) {
            wait += self.env.dice.below(600_000);
        }
        self.timer.set(Some(self.env.now.get() + wait));
    }
}
