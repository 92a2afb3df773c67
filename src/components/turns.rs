//! One thing after the other.
//!
//! A browser compiles what an app does when it does it for the first time, and does nothing else meanwhile: on a slow
//! phone the first drawing of a screen would hold up a finger for longer than it takes to notice. What is drawn in turns
//! lets the browser breathe in between, and shows what there is.

use std::{cell::RefCell, collections::VecDeque};

use leptos::{prelude::*, task::tick};
use wasm_bindgen_futures::spawn_local;
use xunji_sync::engine::Millis;

use super::live;
use crate::platform;

thread_local! {
    static WAITING: RefCell<VecDeque<RwSignal<bool>>> = const { RefCell::new(VecDeque::new()) };
}

/// Something that is drawn when its turn comes, and then anew whenever a signal that it reads changes.
pub fn in_turn<V: RenderHtml + 'static>(mut draw: impl FnMut() -> V + Send + 'static) -> AnyView {
    let turn = RwSignal::new(false);
    let begins = WAITING.with_borrow_mut(|waiting| {
        waiting.push_back(turn);
        waiting.len() == 1
    });
    if begins {
        spawn_local(take_turns());
    }
    live(move || turn.get().then(&mut draw))
}

async fn take_turns() {
    let mut until = Millis(0);
    while let Some(turn) = WAITING.with_borrow(|waiting| waiting.front().copied()) {
        if platform::millis() >= until {
            platform::sleep(0).await;
            until = Millis(platform::millis().0 + platform::GO);
        }
        // It may have gone meanwhile.
        turn.try_set(true);
        tick().await;
        WAITING.with_borrow_mut(VecDeque::pop_front);
    }
}
