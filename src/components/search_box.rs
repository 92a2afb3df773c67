//! The box that a search is typed into.

use leptos::prelude::*;

use super::{icon, view};
use crate::words;

/// A search box: everything that is typed into it is at once in the signal.
#[component]
pub fn SearchBox(typed: RwSignal<String>, placeholder: &'static str) -> impl IntoView {
    view! {
        <div class="search">
            {icon("search")}
            <input
                class="input"
                type="search"
                aria-label=words::search()
                placeholder=placeholder
                enterkeyhint="search"
                autocomplete="off"
                maxlength="500"
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
            />
        </div>
    }
}
