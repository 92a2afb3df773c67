//! What happens in a scenario and when: drawn from the dice before it begins.

use super::{env::Env, tally::Fault};

/// How long the troubles last.
pub(super) const TROUBLES: u64 = 400_000;

/// Something that happens at its time.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening {
    /// Somebody does something.
    Act(usize),
    /// Somebody repairs what came back.
    Tidy(usize),
    /// Somebody who has a slip says something over it.
    Answer,
    /// Somebody enrols a phone anew that is enrolled already.
    Enrol(usize),
    /// Somebody makes a backup file.
    BackUp(usize),
    /// Somebody puts a backup file back.
    PutBack(usize),
    /// Somebody looks at the phone: opens the app, enrols when it asks for it.
    Look(usize),
    /// A small thing that the browser tells the app.
    Hint(usize),
    /// Another tab is opened.
    OpenTab(usize),
    /// A fault that needs no request.
    Fault(Fault, usize),
    /// The station's backup is made.
    Backup,
}

/// Draws what happens, the last thing first.
pub(super) fn draw(env: &Env, phones: usize) -> Vec<(u64, Happening)> {
    let dice = &env.dice;
    let phone = || dice.place(phones);
    let mut plan = Vec::new();
    let mut add = |from: u64, happening| plan.push((from + dice.below(TROUBLES - from), happening));
    for index in 0..phones {
        add(TROUBLES - 1_000, Happening::Look(index));
        for _ in 0..3 {
            add(0, Happening::Look(index));
        }
    }
    for _ in 0..1 + dice.below(5) {
        add(5_000, Happening::Act(phone()));
    }
    // Now and then somebody has much to do.
    if dice.comes(100) {
        let busy = phone();
        (0..10).for_each(|_| add(5_000, Happening::Act(busy)));
    }
    for _ in 0..dice.below(3) {
        add(60_000, Happening::Tidy(phone()));
    }
    if dice.comes(500) {
        add(TROUBLES / 2, Happening::Answer);
    }
    if dice.comes(150) {
        add(50_000, Happening::Enrol(phone()));
    }
    if dice.comes(100) {
        add(100_000, Happening::BackUp(phone()));
        add(100_000, Happening::PutBack(phone()));
        add(200_000, Happening::PutBack(phone()));
    }
    for _ in 0..dice.below(4) {
        add(0, Happening::Hint(phone()));
    }
    for _ in 0..dice.below(3) {
        add(0, Happening::OpenTab(phone()));
    }
    let rates = [
        (Fault::TabKilled, 400),
        (Fault::PhoneKilled, 300),
        (Fault::TwoLeaders, 250),
        (Fault::WallClockJumped, 150),
        (Fault::Slept, 150),
        (Fault::Revoked, 100),
        (Fault::BlobSpoiled, 60),
        (Fault::Evicted, 60),
        (Fault::Copied, 40),
        (Fault::Restored, 60),
        (Fault::Redefined, if env.defines { 700 } else { 0 }),
        (Fault::Unseated, 200),
    ];
    for (fault, rate) in rates {
        if dice.comes(rate) {
            add(60_000, Happening::Fault(fault, phone()));
            if fault == Fault::Restored {
                add(0, Happening::Backup);
            }
        }
    }
    // The first looks come first: every phone is enrolled early.
    plan.extend((0..phones).map(|index| (index as u64, Happening::Look(index))));
    plan.extend((0..phones).map(|index| (1_500, Happening::Look(index))));
    plan.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    plan
}
