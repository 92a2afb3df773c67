//! What was entered lately, one touch away.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::id::FieldId;

use super::Filled;
use crate::{
    components::{live, view},
    words,
};

/// Values that were entered lately in a field, those left out that it holds already.
#[component]
pub(super) fn Recent(
    /// The field.
    field: FieldId,
    /// Its label, for those who hear the page.
    label: String,
    /// The form.
    filled: Filled,
    /// Takes the touched one.
    take: Callback<Value>,
) -> impl IntoView {
    live(move || {
        let recent = filled.recent.with(|recent| recent.get(&field).and_then(Value::as_array).cloned())?;
        let held = filled.get(&field).unwrap_or_default();
        let holds =
            |value: &Value| held == *value || held.as_array().is_some_and(|held| held.contains(value));
        let chips: Vec<_> = recent
            .into_iter()
            .filter(|value| !holds(value))
            .map(|value| {
                let text = value.as_str().or_else(|| value.get("name")?.as_str()).unwrap_or_default().to_owned();
                view! {
                    <button class="chip" type="button" on:click=move |_| take.run(value.clone())>{text}</button>
                }
            })
            .collect();
        (!chips.is_empty()).then(|| {
            view! {
                <div class="recent" role="group" aria-label=words::lately_in(&label)>
                    <span aria-hidden="true">{words::lately()}</span>
                    {chips}
                </div>
            }
        })
    })
}
