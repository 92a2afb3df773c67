//! Boxes for what is asked about people and desks, whose sheets no ledger defines.

use leptos::prelude::*;

use crate::components::{labelled, view};

/// What a choice begins with.
pub(super) fn first(options: &[(String, String)]) -> String {
    options.first().map(|(value, _)| value.clone()).unwrap_or_default()
}

/// A box for one line of text.
pub(super) fn line(id: &'static str, label: &'static str, value: RwSignal<String>) -> AnyView {
    let input = view! {
        <input
            class="input"
            id=id
            autocomplete="off"
            prop:value=value.get_untracked()
            on:input=move |event| value.set(event_target_value(&event))
        />
    };
    labelled(id, label, true, input)
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
    let select = view! {
        <select class="input" id=id on:change=move |event| value.set(event_target_value(&event))>{options}</select>
    };
    labelled(id, label, true, select)
}

/// A choice of several.
pub(super) fn several(
    id: &'static str,
    label: &'static str,
    options: Vec<(String, String)>,
    chosen: RwSignal<Vec<String>>,
) -> AnyView {
    let option = |(value, name): (String, String)| {
        let checked = chosen.with_untracked(|chosen| chosen.contains(&value));
        let change = move |event| {
            chosen.update(|chosen| {
                chosen.retain(|other| *other != value);
                if event_target_checked(&event) {
                    chosen.push(value.clone());
                }
            });
        };
        view! {
            <label class="option">
                <input type="checkbox" name=id prop:checked=checked on:change=change/>
                <span>{name}</span>
            </label>
        }
    };
    view! {
        <fieldset class="field" data-required="">
            <legend class="label">{label}</legend>
            <div class="options chips">{options.into_iter().map(option).collect_view()}</div>
        </fieldset>
    }
}
