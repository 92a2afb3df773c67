//! Something that a press begins, that takes a while, and that may not work.

use std::pin::Pin;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{icon, live, view};

/// One try at a time, and what was wrong with the last one. Copies are the same.
#[derive(Clone, Copy, Default)]
pub struct Attempt {
    busy: RwSignal<bool>,
    wrong: RwSignal<Option<String>>,
}

impl Attempt {
    /// Begins, unless a try is under way.
    pub fn begin(self, act: impl Future<Output = Result<(), String>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.wrong.set(None);
        // Of one type, like the views in `erased.rs`.
        let act: Pin<Box<dyn Future<Output = Result<(), String>>>> = Box::pin(act);
        spawn_local(async move {
            // The page may be gone by the end.
            self.wrong.try_set(act.await.err());
            self.busy.try_set(false);
        });
    }

    /// Whether a try is under way.
    pub fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// What was wrong.
    pub fn wrong(self) -> Option<String> {
        self.wrong.get()
    }

    /// The alert that says it.
    pub fn alert(self) -> AnyView {
        live(move || self.wrong().map(alert))
    }
}

/// Tells at once what is wrong.
pub fn alert(sentence: String) -> AnyView {
    view! { <div class="alert" role="alert">{icon("warning")}<p>{sentence}</p></div> }
}
