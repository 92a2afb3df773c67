//! 添加位置: one position with its accuracy, only if somebody wants it. No track, nothing in the background.

use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen_futures::spawn_local;
use xunji_domain::kind::Field;

use super::{Filled, Given, control_id};
use crate::{
    components::{icon, live, place_text, view},
    platform, words,
};

/// A button that adds where the phone is now, and says who will see it.
#[component]
pub(super) fn Place(field: Field, filled: Filled) -> impl IntoView {
    let wrong = RwSignal::new(None::<&'static str>);
    let busy = RwSignal::new(false);
    let (of_shown, of_add, of_remove) = (field.id.clone(), field.id.clone(), field.id.clone());
    let add = Callback::new(move |()| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let field = of_add.clone();
        spawn_local(async move {
            let found = platform::position().await;
            // The form may be gone by now; then nobody wants the position any more.
            if busy.try_set(false).is_some() {
                return;
            }
            match found {
                Ok((lat, lon, accuracy)) => {
                    filled.set(&field, json!({ "lat": lat, "lon": lon, "accuracy": accuracy }));
                }
                Err(platform::NoPosition::Forbidden) => wrong.set(Some(words::place_forbidden())),
                Err(platform::NoPosition::Unknown) => wrong.set(Some(words::place_unknown())),
            }
        });
    });
    let body = live(move || match filled.get(&of_shown) {
        Some(place @ Value::Object(_)) => {
            let of_remove = of_remove.clone();
            view! {
                <p class="place-text">{icon("pin")}{place_text(&place)}</p>
                <button class="btn" type="button" on:click=move |_| filled.set(&of_remove, Value::Null)>
                    {words::remove_place()}
                </button>
            }
        }
        _ => view! {
            <button
                class="btn"
                type="button"
                aria-busy=move || busy.get().to_string()
                on:click=move |_| add.run(())
            >
                {icon("pin")}
                {move || if busy.get() { words::finding_place() } else { words::add_place() }}
            </button>
        },
    });
    view! {
        <div class="field place" id=control_id(&field.id, None, None) role="group" aria-label=words::add_place()>
            <Given field=field.id.clone() filled=filled/>
            {body}
            <p class="hint">{words::place_seen_by()}</p>
            {live(move || wrong.get().map(|sentence| {
                view! { <p class="error" role="alert">{icon("warning")}{sentence}</p> }
            }))}
        </div>
    }
}
