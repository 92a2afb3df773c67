//! Boxes for what is asked about people and desks, whose sheets no ledger defines.

use leptos::prelude::*;

use crate::components::view;

/// What a choice begins with.
pub(super) fn first(options: &[(String, String)]) -> String {
    options.first().map(|(value, _)| value.clone()).unwrap_or_default()
}

/// A box for one line of text.
pub(super) fn line(id: &'static str, label: &'static str, value: RwSignal<String>) -> AnyView {
    view! {
        <div class="field" data-required="">
            <label class="label" for=id>{label}</label>
            <input
                class="input"
                id=id
                autocomplete="off"
                prop:value=value.get_untracked()
                on:input=move |event| value.set(event_target_value(&event))
            />
        </div>
    }
}

/// A choice of one; it begins with the first.
pub(super) fn select(
    id: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    value: RwSignal<String>,
) -> AnyView {
    let options =
        options.into_iter().map(|(value, name)| view! { <option value=value>{name}</option> }).collect_view();
    view! {
        <div class="field" data-required="">
            <label class="label" for=id>{label}</label>
            <select class="input" id=id on:change=move |event| value.set(event_target_value(&event))>{options}</select>
        </div>
    }
}
