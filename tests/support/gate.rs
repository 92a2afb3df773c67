//! A gate on the line: what comes to it waits until it is opened.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A gate, closed at first. Clones are the same one.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    come: usize,
    open: bool,
}

impl Gate {
    /// Waits here until it is open.
    pub fn pass(&self) {
        let (state, opened) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.come += 1;
        drop(opened.wait_while(state, |state| !state.open));
    }

    /// How many have come to it.
    pub fn come(&self) -> usize {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).come
    }

    /// Lets everything through from now on.
    pub fn open(&self) {
        let (state, opened) = &*self.0;
        state.lock().unwrap_or_else(PoisonError::into_inner).open = true;
        opened.notify_all();
    }
}
