//! A phone: its database, its open tabs, and which of them leads.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use xunji_domain::{id::InstallationId, person::Worker};

use super::{disk, env::Env, ledger::Ledger, tab::Tab};
use crate::{
    memory::Memory,
    pocket::{Backup, Found, Pocket},
};

/// A phone.
pub(super) struct Phone {
    pub(super) index: usize,
    pub(super) worker: Worker,
    pub(super) memory: RefCell<Memory>,
    reader: RefCell<Option<Pocket<Memory>>>,
    pub(super) tabs: RefCell<Vec<Rc<Tab>>>,
    /// The last backup that its person made of it.
    pub(super) backup: RefCell<Option<(Backup, Vec<Vec<u8>>)>>,
    /// What its database said when it was last opened.
    pub(super) installation: Cell<Option<InstallationId>>,
    /// How much its wall clock is wrong, in seconds.
    pub(super) wall_clock: Cell<i64>,
    /// Its database was evicted and nobody has opened it since.
    evicted: Cell<Option<InstallationId>>,
    /// Eviction happened and the phone behaved as if nothing was.
    pub(super) fooled: Cell<bool>,
    /// It asked for a code although its token was good.
    pub(super) misled: Cell<bool>,
    /// The person is at the office's code just now.
    pub(super) enrolling: Cell<bool>,
}

impl Phone {
    pub(super) fn new(index: usize, worker: Worker) -> Self {
        Self {
            index,
            worker,
            memory: RefCell::default(),
            reader: RefCell::new(None),
            tabs: RefCell::default(),
            backup: RefCell::new(None),
            installation: Cell::new(None),
            wall_clock: Cell::new(0),
            evicted: Cell::new(None),
            fooled: Cell::new(false),
            misled: Cell::new(false),
            enrolling: Cell::new(false),
        }
    }

    /// The browser gives the lock to the oldest tab when nobody holds it.
    pub(super) fn elect(&self) {
        let tabs = self.tabs.borrow().clone();
        if let Some(first) = tabs.first()
            && !tabs.iter().any(|tab| tab.leads.get())
        {
            first.lead();
        }
    }

    /// Looks into its database from outside.
    pub(super) fn reader(&self) -> Pocket<Memory> {
        self.reader
            .borrow_mut()
            .get_or_insert_with(|| {
                let nobody = InstallationId::new(uuid::Uuid::nil());
                disk::at_once(Pocket::open(self.memory.borrow().clone(), nobody)).expect("memory opens").0
            })
            .clone()
    }

    /// The same, knowing all that is there now.
    pub(super) fn fresh_reader(&self) -> Pocket<Memory> {
        self.reader.replace(None);
        self.reader()
    }

    /// Another database takes the place of this one.
    fn replace(&self, memory: Memory) {
        self.memory.replace(memory);
        self.reader.replace(None);
    }

    /// Any open tab.
    pub(super) fn any_tab(&self, env: &Env) -> Option<Rc<Tab>> {
        env.dice.one(&self.tabs.borrow()).cloned()
    }

    /// The browser throws the whole database away, while the app is closed.
    pub(super) fn evict(&self, env: &Env) {
        let Some(installation) = self.installation.get() else { return };
        let left = disk::evicted(env, &self.memory.borrow());
        self.replace(left);
        self.evicted.set(Some(installation));
    }

    /// The person moved everything from another phone.
    pub(super) fn become_copy(&self, of: &Self, ledger: &mut Ledger) {
        if let Some(installation) = of.installation.get() {
            ledger.copied.insert(installation);
            // What it was told about its earlier database says nothing about this one.
            ledger.resets.remove(&self.index);
            self.replace(disk::copied(&of.memory.borrow()));
            self.installation.set(Some(installation));
            self.evicted.set(None);
        }
    }

    /// The app was opened: a database that is not the one it remembers is said to be gone.
    pub(super) fn opened(&self, env: &Env, found: Found, installation: InstallationId) {
        self.installation.set(Some(installation));
        let Some(before) = self.evicted.take() else { return };
        if before != installation || found != Found::Whole {
            env.ledger.borrow_mut().evicted.insert(before);
        } else {
            self.fooled.set(true);
        }
    }
}
