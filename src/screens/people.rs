//! 换人: several people on one phone, each with a vault of their own.

use leptos::prelude::*;

use crate::{
    components::{Attempt, alert, icon, live, view},
    state::{loaded, storage_sentence},
    vaults::{self, Vault},
    words,
};

/// The list, as long as `open` holds.
#[component]
pub(super) fn People(open: RwSignal<bool>) -> impl IntoView {
    let found = loaded(|| async { vaults::all().await });
    let attempt = Attempt::default();
    let rows = live(move || {
        let vaults = match found.get()? {
            Ok(vaults) => vaults,
            Err(error) => return Some(alert(storage_sentence(&error))),
        };
        let current = vaults::current();
        Some(vaults.into_iter().map(|vault| person(vault, &current)).collect_view().into_any())
    });
    let begin = move |_| {
        attempt.begin(async { vaults::begin().await.map_err(|error| storage_sentence(&error)) });
    };
    view! {
        <h1>{words::change_person()}</h1>
        <p>{words::change_person_how()}</p>
        {attempt.alert()}
        <div class="stack">{rows}</div>
        <button class="btn wide" type="button" on:click=begin>{icon("plus")}{words::person_new()}</button>
        <button class="btn plain" type="button" on:click=move |_| open.set(false)>{words::back()}</button>
    }
}

fn person(vault: Vault, current: &str) -> AnyView {
    let Vault { database, place, number, waiting } = vault;
    let mut about = vec![words::person_number(number)];
    about.extend((waiting > 0).then(|| words::person_waiting(waiting)));
    about.extend((database == current).then(|| words::person_here().to_owned()));
    view! {
        <button class="btn wide choose" type="button" on:click=move |_| vaults::switch_to(&database)>
            <strong>{words::person_at(place)}</strong>
            <span class="quiet">{about.join(" · ")}</span>
            {icon("chevron")}
        </button>
    }
}
