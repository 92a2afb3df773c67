//! 登记本机: a code from the office makes this phone one person's.

use leptos::prelude::*;
use xunji_domain::{
    json,
    wire::{Enrolment, EnrolmentRequest, ProblemDetails},
};

use super::{
    install::InstallOffer,
    pin::{NewPin, Typed},
};
use crate::{
    address::query,
    components::{Attempt, Show, icon, view, when_drawn},
    platform,
    state::{App, storage_sentence, use_app},
    vault, words,
};

/// How long the station may take.
const LIMIT: u32 = 30_000;

/// The first screen.
#[component]
pub fn Enrol() -> impl IntoView {
    let app = use_app();
    let code = RwSignal::new(query("code").unwrap_or_default());
    let attempt = Attempt::default();
    let typed = Typed::default();
    // Whoever is enrolled anew has a PIN already.
    let sealed = app.signals.sealed.get_untracked();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let code = code.get_untracked();
        attempt.begin(async move {
            enrol(app, code, typed).await?;
            app.protection.ask().await;
            app.address.go(if platform::has_shared() { "/share" } else { "/" });
            Ok(())
        });
    };
    let alert = NodeRef::<leptos::html::Div>::new();
    when_drawn(alert, |alert| drop(alert.focus()));
    view! {
        <div class="cover">
            <img src="/icons/icon.svg" width="76" height="76" alt=""/>
            <p><strong>{words::app_name()}</strong>{words::app_in_a_sentence()}</p>
        </div>
        <InstallOffer/>
        <section>
            <h1 tabindex="-1">{words::enrol_heading()}</h1>
            <p>{words::enrol_once()}</p>
        </section>
        <form novalidate autocomplete="off" on:submit=submit>
            <Show when=move || attempt.wrong().is_some()>
                <div class="alert" role="alert" tabindex="-1" node_ref=alert>
                    {icon("warning")}
                    <p><strong>{words::enrol_failed()}</strong>{move || attempt.wrong()}</p>
                </div>
            </Show>
            <div class="field">
                <label class="label" for="enrol-code">{words::enrol_code()}</label>
                <p class="hint" id="enrol-code-hint">{words::enrol_code_hint()}</p>
                <input
                    class="input code"
                    id="enrol-code"
                    type="text"
                    autocapitalize="characters"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="enrol-code-hint"
                    prop:value=move || code.get()
                    on:input=move |event| code.set(event_target_value(&event))
                />
            </div>
            {(!sealed).then(|| view! { <NewPin typed=typed/> })}
            <button class="btn primary wide" type="submit" aria-busy=move || attempt.is_busy().to_string()>
                {words::enrol()}
            </button>
        </form>
    }
}

async fn enrol(app: App, code: String, typed: Typed) -> Result<(), String> {
    let code = code.trim().to_owned();
    if code.is_empty() {
        return Err(words::enrol_empty().to_owned());
    }
    // Before the code is used up.
    let sealed = app.signals.sealed.get_untracked();
    let pin = if sealed { None } else { Some(typed.pin()?) };
    let pocket = app.pocket();
    let request = EnrolmentRequest { code, installation: pocket.installation() };
    let body = serde_json::to_string(&request).map_err(|_| words::not_saved_strange().to_owned())?;
    let headers = [("Content-Type", "application/json".to_owned())];
    let answer = platform::ask("POST", "/api/v1/enrolments", &headers, body.as_str().into(), LIMIT).await;
    let answer = answer.map_err(|_| words::enrol_no_answer().to_owned())?;
    if answer.status == 201 || answer.status == 200 {
        let enrolment: Enrolment =
            json::read(answer.text.as_bytes()).map_err(|_| words::not_the_station().to_owned())?;
        // The token is the first thing that is written sealed.
        if let Some(pin) = pin {
            let station = enrolment.recovery_key.as_deref();
            vault::make(&app.storage(), pocket.installation(), &pin, station).await?;
            app.sealed().await;
        }
        pocket.enrol(&enrolment).await.map_err(|error| storage_sentence(&error))?;
        app.enrolled(enrolment.worker).await;
        return Ok(());
    }
    let kind =
        json::read::<ProblemDetails>(answer.text.as_bytes()).map(|problem| problem.kind).unwrap_or_default();
    Err(match (kind.rsplit('/').next().unwrap_or_default(), answer.status) {
        ("enrolment-code-unknown", _) => words::enrol_unknown(),
        ("enrolment-code-used", _) => words::enrol_used(),
        ("enrolment-code-expired", _) => words::enrol_expired(),
        (_, 429) => words::enrol_too_often(),
        (_, 500..=599) => words::station_busy(),
        ("", _) => words::not_the_station(),
        _ => words::enrol_unknown(),
    }
    .to_owned())
}
