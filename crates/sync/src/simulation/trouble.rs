//! The faults that need no request: crashes, evictions, clocks, copies, a restored station.

use std::rc::Rc;

use serde_json::json;
use xunji_domain::kind::{Kind, State};

use super::{
    Sabotage,
    disk::{self, at_once},
    env::{Env, TabId},
    phone::Phone,
    plan::Happening,
    tally::Fault,
    world::World,
};
use crate::storage::{Span, Storage, Table, Write};

impl World {
    /// Lets a fault come over a phone, or the station.
    pub(super) fn trouble(&mut self, fault: Fault, index: usize) {
        let env = Rc::clone(&self.env);
        let phone = Rc::clone(&self.phones[index]);
        match fault {
            Fault::TabKilled => {
                let Some(tab) = phone.any_tab(&env) else { return };
                self.kill(&phone, |other| other == tab.id);
            }
            Fault::PhoneKilled => self.kill_all(&phone),
            Fault::TwoLeaders => {
                let Some(tab) = phone.tabs.borrow().iter().find(|tab| !tab.leads.get()).cloned() else {
                    // There is but one tab: another one is opened, and takes the lead when this comes again.
                    self.open_tab(index);
                    self.plan.push((env.now.get() + 3_000, Happening::Fault(fault, index)));
                    return self.plan.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
                };
                tab.lead();
            }
            Fault::WallClockJumped => {
                let years = i64::try_from(env.dice.below(80)).unwrap_or(0) - 70;
                phone.wall_clock.set(years * 31_000_000);
            }
            Fault::Slept => {
                phone.tabs.borrow().iter().for_each(|tab| tab.oversleep(env.dice.below(10_000_000)));
            }
            Fault::Revoked => {
                let Some(installation) = phone.installation.get() else { return };
                env.station.borrow_mut().revoke(installation);
            }
            Fault::BlobSpoiled => self.spoil_blob(&phone),
            Fault::Evicted => {
                self.kill_all(&phone);
                phone.evict(&env);
            }
            Fault::Copied => {
                let of = self.phones.iter().find(|of| of.index != index && of.worker == phone.worker);
                let Some(of) = of.cloned() else { return };
                // What was on the phone before is gone, and its person did that.
                self.kill_all(&phone);
                if let Some(before) = phone.installation.get() {
                    env.ledger.borrow_mut().evicted.insert(before);
                }
                phone.become_copy(&of, &mut env.ledger.borrow_mut());
            }
            Fault::Restored => {
                let Some(backup) = self.backup.take() else { return };
                env.station.replace(backup);
                env.ledger.borrow_mut().restored = Some(env.now.get());
            }
            Fault::Unseated => {
                if !env.station.borrow_mut().unseat(phone.worker.id) {
                    return;
                }
            }
            Fault::Redefined => env.station.borrow_mut().define(newer_patrol()),
            _ => return,
        }
        env.count(fault);
    }

    /// Kills all that a phone runs, also what is only being opened.
    pub(super) fn kill_all(&mut self, phone: &Phone) {
        self.kill(phone, |tab| Env::phone_of(tab) == phone.index);
    }

    fn kill(&mut self, phone: &Phone, which: impl Fn(TabId) -> bool) {
        self.tasks.append(&mut self.env.spawned.borrow_mut());
        self.tasks.retain(|task| !which(task.tab));
        phone.tabs.borrow_mut().retain(|tab| !which(tab.id));
        phone.enrolling.set(false);
        if self.env.broken(Sabotage::LoseRowOnCrash) {
            disk::lose_row(&self.env, &phone.memory.borrow());
        }
        phone.elect();
    }

    fn spoil_blob(&self, phone: &Phone) {
        let memory = phone.memory.borrow();
        let rows = at_once(memory.range(Table::Blobs, Span::all())).unwrap_or_default();
        let Some((key, bytes)) = self.env.dice.one(&rows).cloned() else { return };
        let write = match self.env.dice.comes(500) {
            true => Write::Delete(Table::Blobs, key.clone()),
            false => Write::Put(Table::Blobs, key.clone(), bytes.iter().map(|byte| byte ^ 1).collect()),
        };
        disk::change(&memory, vec![write]);
        if let Ok(digest) = key.parse() {
            self.env.ledger.borrow_mut().spoiled.insert(digest);
        }
    }
}

/// The next version of a ledger, whose records begin in another state.
fn newer_patrol() -> Kind {
    let mut kind =
        Kind::built_in().iter().find(|kind| kind.id.as_str() == "patrol").expect("built in").clone();
    kind.version = 2;
    let state: State =
        serde_json::from_value(json!({ "id": "checked", "label": { "zh": "", "en": "" } })).expect("a state");
    kind.workflow.initial = state.id.clone();
    kind.workflow.states.push(state);
    kind
}
