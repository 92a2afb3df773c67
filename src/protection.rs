//! Whether the browser keeps what is stored here when the phone tidies up, and when it is asked to.
//!
//! Browsers decide by how much an app is used. So they are asked after the enrolment, after the installation, and at a
//! later start that finds nothing protected; there only those that decide without a question to the person. The screen
//! 我的 shows the answer and lets a person ask as well.

use gloo::events::EventListener;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{browsers, platform};

/// The browser's answer, as long as the tab. Copies are the same.
#[derive(Clone, Copy)]
pub struct Protection(RwSignal<Option<bool>>);

impl Protection {
    /// Looks, and asks where it is time; `enrolled` is whether there is anything to protect.
    pub fn watch(enrolled: bool) -> Self {
        let this = Self(RwSignal::new(None));
        if let Some(window) = web_sys::window() {
            EventListener::new(&window, "xunji-installed", move |_| spawn_local(this.ask())).forget();
        }
        spawn_local(async move {
            let on = platform::persisted().await;
            this.0.set(Some(on));
            if !on && enrolled && !browsers::asks_about_protection(&platform::user_agent()) {
                this.ask().await;
            }
        });
        this
    }

    /// Whether what is stored is protected; nothing until the browser has told.
    pub fn is_on(self) -> Option<bool> {
        self.0.get()
    }

    /// Asks the browser.
    pub async fn ask(self) {
        self.0.set(Some(platform::persist().await));
    }
}
