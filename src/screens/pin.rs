//! Setting a PIN: at the enrolment, after a forgotten one, and on a phone of earlier days.

use leptos::prelude::*;
use xunji_sync::pin::Pin;

use crate::{
    components::{Attempt, view},
    state::use_app,
    vault, words,
};

/// What is being typed. Copies are the same.
#[derive(Clone, Copy, Default)]
pub(super) struct Typed {
    first: RwSignal<String>,
    second: RwSignal<String>,
}

impl Typed {
    /// Forgets it.
    pub(super) fn clear(self) {
        self.first.set(String::new());
        self.second.set(String::new());
    }

    /// The PIN.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn pin(self) -> Result<Pin, String> {
        vault::new_pin(&self.first.get_untracked(), &self.second.get_untracked())
    }
}

/// The two boxes of a new PIN.
#[component]
pub(super) fn NewPin(typed: Typed) -> impl IntoView {
    view! {
        <PinBox id="new-pin" label=words::pin_set() hint=words::pin_hint() text=typed.first/>
        <PinBox id="new-pin-again" label=words::pin_again() text=typed.second/>
    }
}

/// A box for six digits, shown as dots. Not a password box: browsers offer to keep passwords, in a place of their own
/// that everybody who holds the phone can open.
#[component]
pub(super) fn PinBox(
    id: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    text: RwSignal<String>,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    view! {
        <div class="field">
            <label class="label" for=id>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id.clone()>{hint}</p> })}
            <input
                class="input pin"
                id=id
                type="text"
                inputmode="numeric"
                autocomplete="off"
                spellcheck="false"
                aria-describedby=(!hint.is_empty()).then_some(hint_id)
                prop:value=move || text.get()
                on:input=move |event| text.set(event_target_value(&event))
            />
        </div>
    }
}

/// A phone that was enrolled before there were vaults gets its PIN; what lies on it is sealed and stays.
#[component]
pub fn SetPin() -> impl IntoView {
    let app = use_app();
    let typed = Typed::default();
    let attempt = Attempt::default();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        attempt.begin(async move {
            set(app, typed).await?;
            app.sealed().await;
            Ok(())
        });
    };
    view! {
        <section>
            <h1>{words::pin_first()}</h1>
            <p>{words::pin_first_why()}</p>
        </section>
        <form novalidate autocomplete="off" on:submit=submit>
            {attempt.alert()}
            <NewPin typed=typed/>
            <button class="btn primary wide" type="submit" aria-busy=move || attempt.is_busy().to_string()>
                {move || if attempt.is_busy() { words::just_a_moment() } else { words::save() }}
            </button>
        </form>
    }
}

async fn set(app: crate::state::App, typed: Typed) -> Result<(), String> {
    let pin = typed.pin()?;
    let enrolment = app.pocket().enrolment().await.ok().flatten();
    let station = enrolment.and_then(|enrolment| enrolment.recovery_key);
    vault::make(&app.storage(), app.pocket().installation(), &pin, station.as_deref()).await
}
