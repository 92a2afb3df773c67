//! One scenario: phones, people and troubles are drawn from the seed, played until the plan is at its end, and then
//! left in peace until everything has arrived or it is clear that it never will.

use std::rc::Rc;

use xunji_domain::{
    area::Area,
    id::{Position, WorkerId},
    person::{Role, Worker},
    village::VillageCode,
};

use super::{
    Broken, Invariant, Sabotage, Tally, check, dealings,
    disk::at_once,
    env::{Env, NEVER, Task},
    person::{self, VILLAGES},
    phone::Phone,
    plan::{self, Happening, TROUBLES},
    station::Station,
    tab::Tab,
    tally::Fault,
};
use crate::{
    engine::{Event, Phase},
    pocket::{Mailbox, WaitingState},
};

/// How long it may take afterwards until everything has arrived: a full rest, a full watchdog, and some rounds.
const PEACE: u64 = 1_800_000;
/// More turns than any scenario needs: a scenario that uses them up is going round in circles.
const TURNS: u32 = 400_000;

/// A scenario that is being played.
pub(super) struct World {
    pub(super) env: Rc<Env>,
    pub(super) phones: Vec<Rc<Phone>>,
    pub(super) tasks: Vec<Task>,
    pub(super) plan: Vec<(u64, Happening)>,
    pub(super) backup: Option<Station>,
    turns: u32,
}

/// What can be done next.
enum Next {
    Plan,
    Task(usize),
    Flight(usize),
    Hint(usize),
    Timer(Rc<Tab>),
    Ear(Rc<Tab>, Vec<(Mailbox, Position)>),
}

/// Plays one scenario to its end and checks it.
pub(super) fn play(
    seed: u64,
    sabotage: Option<Sabotage>,
    traced: bool,
) -> (Tally, Vec<String>, Result<(), Broken>) {
    let env = Rc::new(Env::new(seed, sabotage, traced));
    let mut world = World::draw(env);
    let result = world.play();
    let env = Rc::clone(&world.env);
    let mut tally = env.tally.borrow().clone();
    tally.scenarios = 1;
    let trace = env.trace.as_ref().map(|trace| trace.borrow().clone()).unwrap_or_default();
    // Tasks, tabs and phones hold each other: what is left of them is let go of here.
    world.tasks.clear();
    env.spawned.borrow_mut().clear();
    world.phones.iter().for_each(|phone| phone.tabs.borrow_mut().clear());
    (tally, trace, result)
}

fn somebody(env: &Env, role: Role) -> Worker {
    let village: VillageCode = VILLAGES[env.dice.place(2)].parse().expect("a village's code");
    // Some coordinators sit at the county's centre, which oversees only.
    let area = match role {
        Role::Coordinator if env.dice.comes(400) => Area::county_of(&village),
        Role::Coordinator => Area::township_of(&village),
        _ => Area::from(&village),
    };
    Worker::new(WorkerId::new(env.dice.uuid()), String::new(), &[role], village, vec![area])
}

impl World {
    fn draw(env: Rc<Env>) -> Self {
        let roles = [Role::LegalAdviser, Role::GridWorker, Role::Coordinator, Role::JusticeOfficer];
        let mut workers: Vec<Worker> = Vec::new();
        let mut phones = Vec::new();
        for index in 0..1 + env.dice.place(3) {
            // Often somebody has two phones: they see the same records.
            let worker = match env.dice.one(&workers) {
                Some(worker) if env.dice.comes(500) => worker.clone(),
                _ => somebody(&env, *env.dice.one(&roles).unwrap_or(&roles[0])),
            };
            workers.push(worker.clone());
            env.station.borrow_mut().workers.insert(worker.id, worker.clone());
            phones.push(Rc::new(Phone::new(index, worker)));
        }
        let plan = plan::draw(&env, phones.len());
        Self { env, phones, tasks: Vec::new(), plan, backup: None, turns: 0 }
    }

    fn play(&mut self) -> Result<(), Broken> {
        self.run(TROUBLES, |_| false)?;
        self.env.calm.set(true);
        self.env.station.borrow_mut().seat_all();
        self.env.say(|| "peace".to_owned());
        // The app asks for definitions once each time it is opened; whoever has it open for long gets none.
        if self.env.defines {
            self.phones.clone().iter().for_each(|phone| self.kill_all(phone));
        }
        let peace = self.env.now.get();
        self.settle(peace + PEACE)?;
        // Everybody tidies up once, so that what only a person can settle is settled.
        for index in 0..self.phones.len() {
            self.happen(Happening::Tidy(index));
        }
        self.settle(self.env.now.get() + PEACE)?;
        check::all(self)
    }

    fn settle(&mut self, end: u64) -> Result<(), Broken> {
        loop {
            let round = self.env.now.get() + 20_000;
            for index in 0..self.phones.len() {
                self.plan.push((self.env.now.get(), Happening::Look(index)));
            }
            self.run(round, Self::is_settled)?;
            if self.is_settled() {
                return Ok(());
            }
            if self.env.now.get() >= end {
                return Err(self.stuck());
            }
        }
    }

    fn is_settled(&self) -> bool {
        let quiet = self.tasks.is_empty()
            && self.env.spawned.borrow().is_empty()
            && self.env.flights.borrow().is_empty()
            && self.env.hints.borrow().is_empty()
            && self.plan.is_empty();
        quiet && self.phones.iter().all(|phone| self.is_drained(phone))
    }

    fn is_drained(&self, phone: &Phone) -> bool {
        let Some(tab) = phone.tabs.borrow().first().cloned() else { return false };
        let pocket = phone.reader();
        let waiting = at_once(pocket.outbox()).unwrap_or_default();
        let unsent =
            |state: &WaitingState| matches!(state, WaitingState::Unsent | WaitingState::Attachments { .. });
        let read = |(mailbox, head): &(Mailbox, Position)| {
            at_once(pocket.cursor(mailbox)).is_ok_and(|cursor| cursor.after == *head)
        };
        tab.phase() != Phase::Stopped
            && !waiting.iter().any(|waiting| unsent(&waiting.state))
            && self.env.station.borrow().heads(phone.worker.id).iter().all(read)
    }

    fn stuck(&self) -> Broken {
        let stuck = self.phones.iter().find(|phone| !self.is_drained(phone));
        let what = stuck.map_or_else(
            || "something is always under way".to_owned(),
            |phone| {
                let pocket = phone.reader();
                let states: Vec<_> = at_once(pocket.outbox()).unwrap_or_default();
                let states: Vec<_> = states.into_iter().map(|waiting| waiting.state).collect();
                let phases: Vec<_> = phone.tabs.borrow().iter().map(|tab| tab.phase()).collect();
                let heads = self.env.station.borrow().heads(phone.worker.id);
                let read: Vec<_> = heads
                    .into_iter()
                    .map(|(mailbox, head)| (at_once(pocket.cursor(&mailbox)), head, mailbox))
                    .collect();
                format!("phone {} does not drain: {states:?}, {phases:?}, read {read:?}", phone.index)
            },
        );
        Broken { invariant: Invariant::NothingBlocks, what }
    }

    fn run(&mut self, end: u64, done: impl Fn(&Self) -> bool) -> Result<(), Broken> {
        loop {
            self.tasks.append(&mut self.env.spawned.borrow_mut());
            let (mut ready, next_at) = self.ready();
            if ready.is_empty() {
                if done(self) || next_at > end {
                    self.env.now.set(self.env.now.get().max(end.min(next_at)));
                    return Ok(());
                }
                self.env.now.set(next_at);
                continue;
            }
            self.turns += 1;
            if self.turns > TURNS {
                return Err(Broken {
                    invariant: Invariant::NothingBlocks,
                    what: "it never rests".to_owned(),
                });
            }
            let next = ready.swap_remove(self.env.dice.place(ready.len()));
            self.turn(next);
        }
    }

    fn ready(&self) -> (Vec<Next>, u64) {
        let now = self.env.now.get();
        let mut ready = Vec::new();
        let mut next_at = NEVER;
        let mut add = |at: u64, next: &dyn Fn() -> Next| {
            if at <= now { ready.push(next()) } else { next_at = next_at.min(at) }
        };
        if let Some((at, _)) = self.plan.last() {
            add(*at, &|| Next::Plan);
        }
        for (index, task) in self.tasks.iter().enumerate() {
            let answered = task.slot.as_ref().is_some_and(|slot| slot.is_there());
            add(if answered { now } else { task.until }, &|| Next::Task(index));
        }
        for (index, flight) in self.env.flights.borrow().iter().enumerate() {
            add(flight.at, &|| Next::Flight(index));
        }
        for (index, hint) in self.env.hints.borrow().iter().enumerate() {
            add(hint.at, &|| Next::Hint(index));
        }
        for phone in &self.phones {
            for tab in phone.tabs.borrow().iter() {
                add(tab.timer.get().unwrap_or(NEVER), &|| Next::Timer(Rc::clone(tab)));
                let Some(until) = tab.ear.borrow().as_ref().map(|ear| ear.until) else { continue };
                let heads = self.env.station.borrow().heads(phone.worker.id);
                let (news, seated) = tab.news(&heads);
                let at = if news.is_empty() && seated { until } else { now };
                add(at, &|| Next::Ear(Rc::clone(tab), heads.clone()));
            }
        }
        (ready, next_at)
    }

    fn turn(&mut self, next: Next) {
        match next {
            Next::Plan => {
                if let Some((_, happening)) = self.plan.pop() {
                    self.happen(happening);
                }
            }
            Next::Task(index) => {
                if self.env.poll(&mut self.tasks[index]) {
                    drop(self.tasks.swap_remove(index));
                }
            }
            Next::Flight(index) => {
                let flight = self.env.flights.borrow_mut().swap_remove(index);
                flight.arrive(&self.env);
            }
            Next::Hint(index) => {
                let hint = self.env.hints.borrow_mut().swap_remove(index);
                let tabs = self.phones[hint.phone].tabs.borrow().clone();
                tabs.iter().filter(|tab| tab.id != hint.from).for_each(|tab| tab.heard(hint.said));
            }
            Next::Timer(tab) => tab.ring(),
            Next::Ear(tab, heads) => tab.end_listening(&heads),
        }
    }

    fn happen(&mut self, happening: Happening) {
        self.env.say(|| format!("{happening:?}"));
        let env = Rc::clone(&self.env);
        match happening {
            Happening::Act(index) | Happening::Tidy(index) => {
                let phone = Rc::clone(&self.phones[index]);
                let Some(tab) = phone.any_tab(&env) else { return self.open_tab(index) };
                let id = tab.id;
                if matches!(happening, Happening::Act(_)) {
                    env.spawn(id, person::act(Rc::clone(&env), phone, tab));
                } else {
                    if env.dice.comes(300) {
                        let (env, phone, tab) = (Rc::clone(&env), Rc::clone(&phone), Rc::clone(&tab));
                        env.clone().spawn(id, person::make_space(env, phone, tab));
                    }
                    env.spawn(id, person::tidy(Rc::clone(&env), phone, tab));
                }
            }
            Happening::Answer => dealings::answer_over_a_slip(&env),
            Happening::BackUp(index) => {
                let phone = &self.phones[index];
                let Some(tab) = phone.any_tab(&env) else { return self.open_tab(index) };
                env.spawn(tab.id, person::back_up(Rc::clone(phone), tab));
            }
            Happening::PutBack(index) => self.put_back(index),
            Happening::Enrol(index) => {
                let phone = &self.phones[index];
                let Some(tab) = phone.any_tab(&env) else { return self.open_tab(index) };
                if !phone.enrolling.replace(true) {
                    env.spawn(tab.id, person::enrol(Rc::clone(&env), Rc::clone(phone), tab));
                }
            }
            Happening::Look(index) => self.look(index),
            Happening::Hint(index) => {
                let Some(tab) = self.phones[index].any_tab(&env) else { return };
                let events = [Event::Visible, Event::Hidden, Event::Online, Event::Offline, Event::SendNow];
                if let Some(event) = env.dice.one(&events) {
                    tab.notify(event.clone());
                }
            }
            Happening::OpenTab(index) => self.open_tab(index),
            Happening::Fault(fault, index) => self.trouble(fault, index),
            Happening::Backup => self.backup = Some(env.station.borrow().clone()),
        }
    }

    pub(super) fn open_tab(&self, index: usize) {
        let (env, phone) = (Rc::clone(&self.env), Rc::clone(&self.phones[index]));
        let id = env.new_tab(index);
        env.spawn(id, Tab::open(Rc::clone(&env), phone, id));
    }

    fn put_back(&self, index: usize) {
        let (env, phone) = (&self.env, &self.phones[index]);
        let Some(tab) = phone.any_tab(env) else { return self.open_tab(index) };
        let own = |of: &&Rc<Phone>| of.worker == phone.worker && of.backup.borrow().is_some();
        let Some(of) = self.phones.iter().find(own) else { return };
        let Some(backup) = of.backup.borrow().clone() else { return };
        env.spawn(tab.id, person::put_back(tab, backup));
    }

    /// A phone that asks for a code although its token is good and nobody has refused it was stopped by mistake.
    fn ask_why(&self, phone: &Phone) {
        let env = &self.env;
        let busy = self.tasks.iter().any(|task| Env::phone_of(task.tab) == phone.index);
        // A stranger's refusal, an enrolment that was kept but reported as failed, and the token of a restored station
        // are reasons that the phone can't see through.
        let excuses = [Fault::StrangeUnauthorised, Fault::CommitUnheard, Fault::Restored];
        let excused = excuses.iter().any(|fault| env.tally.borrow().faults.contains_key(fault));
        if busy || excused || !env.hints.borrow().is_empty() || !env.spawned.borrow().is_empty() {
            return;
        }
        let enrolment = at_once(phone.reader().enrolment()).ok().flatten();
        if enrolment.is_some_and(|enrolment| env.station.borrow().knows(&enrolment.token)) {
            phone.misled.set(true);
        }
    }

    /// A person takes the phone out of the pocket.
    fn look(&self, index: usize) {
        let (env, phone) = (&self.env, &self.phones[index]);
        let leader = phone.tabs.borrow().iter().find(|tab| tab.leads.get()).cloned();
        let Some(leader) = leader else { return self.open_tab(index) };
        if leader.phase() == Phase::Stopped && !phone.enrolling.get() {
            self.ask_why(phone);
            let Some(tab) = phone.any_tab(env) else { return };
            phone.enrolling.set(true);
            env.spawn(tab.id, person::enrol(Rc::clone(env), Rc::clone(phone), tab));
        } else if leader.hidden.get() || (!env.calm.get() && env.dice.comes(500)) {
            // In peace nobody urges: the sending has to go on by itself.
            leader.notify(Event::Visible);
        }
    }
}
