//! 换人: several people on one phone, each with a vault of their own.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    components::{icon, live, view},
    state::loaded,
    vaults::{self, Vault},
    words,
};

/// The list, as long as `open` holds.
#[component]
pub(super) fn People(open: RwSignal<bool>) -> impl IntoView {
    let found = loaded(|| async { vaults::all().await });
    let rows = live(move || {
        let current = vaults::current();
        Some(found.get()?.into_iter().map(|vault| person(vault, &current)).collect_view().into_any())
    });
    let begin = move |_| spawn_local(vaults::begin());
    view! {
        <h1>{words::change_person()}</h1>
        <p>{words::change_person_how()}</p>
        <div class="stack">{rows}</div>
        <button class="btn wide" type="button" on:click=begin>{icon("plus")}{words::person_new()}</button>
        <button class="btn plain" type="button" on:click=move |_| open.set(false)>{words::back()}</button>
    }
}

fn person(vault: Vault, current: &str) -> AnyView {
    let Vault { database, place, number, waiting } = vault;
    let mut about = vec![number.map_or_else(|| words::person_shut().to_owned(), words::person_number)];
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
