//! Requests, answers and what can happen to them on the way.

use std::{cell::RefCell, rc::Rc};

use xunji_domain::{
    canonical::Digest,
    entry::Entry,
    id::InstallationId,
    wire::{Answer, Answers, Definitions, Enrolment, MailboxPage, Me},
};

use super::{env::Env, sabotage::Sabotage, tally::Fault};
use crate::pocket::{Cursor, Mailbox};

/// What phones ask.
#[derive(Clone)]
pub(super) enum Request {
    Health,
    Kinds,
    Enrol { code: String, installation: InstallationId },
    Entries(Vec<Entry>),
    Head(Digest),
    Put { digest: Digest, bytes: Vec<u8> },
    Patch { digest: Digest, offset: usize, total: usize, piece: Vec<u8> },
    Me,
    Mailbox { mailbox: Mailbox, cursor: Cursor },
}

/// What comes back.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Body,
}

/// What an answer carries.
#[derive(Clone)]
pub(super) enum Body {
    Nothing,
    /// Something that is not what was asked for.
    Other,
    Healthy,
    Answers(Vec<Answer>),
    Me(Me),
    Page(MailboxPage),
    Progress {
        offset: usize,
        complete: bool,
    },
    Definitions(Box<Definitions>),
    Enrolment(Enrolment),
}

impl Reply {
    pub(super) const fn new(status: u16, body: Body) -> Self {
        Self { status, retry_after: None, body }
    }
}

/// Where an answer arrives.
pub(super) type Slot = Rc<Late<Reply>>;

/// Something that arrives later.
pub(super) struct Late<T>(RefCell<Option<T>>);

impl<T> Default for Late<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T> Late<T> {
    pub(super) fn take(&self) -> Option<T> {
        self.0.take()
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.borrow().is_some()
    }
}

/// Something under way.
pub(super) struct Flight {
    pub(super) at: u64,
    leg: Leg,
    slot: Slot,
}

enum Leg {
    Up { token: Option<String>, request: Request, fate: Option<Fault> },
    Down(Reply),
}

/// How often each fault befalls a request, in a thousand.
const FATES: [(Fault, u64); 11] = [
    (Fault::RequestLost, 50),
    (Fault::AnswerLost, 60),
    (Fault::RequestRepeated, 40),
    (Fault::Overtaken, 30),
    (Fault::AnswerShortened, 25),
    (Fault::AnswerMixed, 15),
    (Fault::AnswerCut, 15),
    (Fault::Portal, 15),
    (Fault::Busy, 30),
    (Fault::StrangeUnauthorised, 6),
    (Fault::StrangeTooLarge, 12),
];

impl Flight {
    /// Sends a request off. How long its sender will wait at most: some failures are noticed at once.
    pub(super) fn depart(env: &Env, token: Option<String>, request: Request, slot: &Slot) -> u64 {
        let mut dice = env.dice.below(1000);
        let fate = FATES.iter().find(|(_, weight)| {
            let hit = dice < *weight;
            dice = dice.saturating_sub(*weight);
            hit
        });
        let fate = fate.map(|(fault, _)| *fault).filter(|_| !env.calm.get());
        let fate = narrowed(env, &request, fate);
        if let Some(fault) = fate {
            env.count(fault);
        }
        let delay = match fate {
            Some(Fault::Overtaken) => 20_000 + env.dice.below(300_000),
            _ => 1 + env.dice.below(400),
        };
        let up = |at, fate| Self {
            at: env.now.get() + at,
            leg: Leg::Up { token: token.clone(), request: request.clone(), fate },
            slot: Rc::clone(slot),
        };
        let mut flights = env.flights.borrow_mut();
        match fate {
            Some(Fault::RequestLost) => return if env.dice.comes(500) { 5 } else { u64::MAX },
            Some(Fault::RequestRepeated) => {
                // Nobody waits for the answer to the second one.
                let slot = Slot::default();
                flights.push(Self { slot, ..up(delay + env.dice.below(200_000), None) });
            }
            _ => {}
        }
        flights.push(up(delay, fate));
        u64::MAX
    }

    /// Arrives: at the station, whose answer goes off, or at the phone.
    pub(super) fn arrive(self, env: &Env) {
        match self.leg {
            Leg::Down(reply) => drop(self.slot.0.replace(Some(reply))),
            Leg::Up { token, request, fate } => {
                let Some(reply) = answer(env, token.as_deref(), request, fate) else { return };
                let delay = match fate {
                    Some(Fault::Overtaken) => env.dice.below(100_000),
                    _ => 1 + env.dice.below(400),
                };
                let down = Self { at: env.now.get() + delay, leg: Leg::Down(reply), slot: self.slot };
                env.flights.borrow_mut().push(down);
            }
        }
    }
}

/// Who finds one batch too large finds the next ones too large, until it is one entry that is set aside.
fn narrowed(env: &Env, request: &Request, fate: Option<Fault>) -> Option<Fault> {
    if !matches!(request, Request::Entries(_)) || env.calm.get() {
        return fate;
    }
    if fate == Some(Fault::StrangeTooLarge) && env.narrow.get() == 0 {
        env.narrow.set(6 + env.dice.below(8));
    }
    match env.narrow.get().checked_sub(1) {
        Some(left) => {
            env.narrow.set(left);
            Some(Fault::StrangeTooLarge)
        }
        None => fate,
    }
}

fn answer(env: &Env, token: Option<&str>, request: Request, fate: Option<Fault>) -> Option<Reply> {
    let station = || env.station.borrow_mut().handle(env, token, request);
    match fate {
        Some(Fault::Portal) => {
            let status = if env.dice.comes(700) { 200 } else { 511 };
            Some(Reply::new(status, Body::Other))
        }
        Some(Fault::StrangeUnauthorised) => Some(Reply::new(401, Body::Nothing)),
        Some(Fault::StrangeTooLarge) => Some(Reply::new(413, Body::Nothing)),
        Some(Fault::Busy) => {
            let status = *env.dice.one(&[429, 502, 503]).unwrap_or(&503);
            // A gateway may give up on a station that goes on working.
            if status == 502 {
                drop(station());
            }
            let retry_after = env.dice.comes(500).then(|| env.dice.below(60_000));
            Some(Reply { status, retry_after, body: Body::Nothing })
        }
        Some(Fault::AnswerLost) => {
            drop(station());
            None
        }
        // Who doesn't care for mixed answers is shown many.
        None if env.breaks(Sabotage::AcknowledgeByPlace, 300) => {
            Some(mangle(env, station(), Fault::AnswerMixed))
        }
        Some(fault) => Some(mangle(env, station(), fault)),
        None => Some(station()),
    }
}

fn mangle(env: &Env, mut reply: Reply, fault: Fault) -> Reply {
    match (&mut reply.body, fault) {
        (Body::Answers(answers), Fault::AnswerShortened) => {
            answers.truncate(env.dice.place(answers.len() + 1));
        }
        (Body::Page(page), Fault::AnswerShortened) => {
            page.items.truncate(env.dice.place(page.items.len() + 1))
        }
        (Body::Answers(answers), Fault::AnswerMixed) if !answers.is_empty() => {
            let by = env.dice.place(answers.len());
            answers.rotate_left(by);
        }
        (Body::Page(page), Fault::AnswerMixed) if !page.items.is_empty() => {
            let by = env.dice.place(page.items.len());
            page.items.rotate_left(by);
        }
        (Body::Answers(answers), Fault::AnswerCut) => {
            let text = serde_json::to_string(&Answers { answers: answers.clone() }).unwrap_or_default();
            reply.body = cut::<Answers>(env, text);
        }
        (Body::Page(page), Fault::AnswerCut) => {
            let text = serde_json::to_string(page).unwrap_or_default();
            reply.body = cut::<MailboxPage>(env, text);
        }
        (body, Fault::AnswerCut) => *body = Body::Other,
        _ => {}
    }
    reply
}

/// A text that was cut must not be read as a shorter one.
fn cut<T: serde::de::DeserializeOwned>(env: &Env, mut text: String) -> Body {
    let mut at = env.dice.place(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.truncate(at);
    assert!(serde_json::from_str::<T>(&text).is_err(), "{text} is a part of an answer and can be read");
    Body::Other
}
