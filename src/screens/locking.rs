//! 锁定, when the phone does it by itself, and another PIN.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    backup::{Ask, run},
    pin::{NewPin, PinBox, Typed},
};
use crate::{
    components::{Show, icon, live, view},
    platform,
    state::{storage_sentence, use_app},
    vault, words,
};

/// 锁定, and when the phone does it by itself.
#[component]
pub(super) fn Locking() -> impl IntoView {
    let app = use_app();
    let chosen = RwSignal::new(None::<u32>);
    spawn_local(async move {
        chosen.try_set(vault::idle_minutes(&app.storage()).await);
    });
    let choose = move |minutes: u32| {
        spawn_local(async move {
            match vault::set_idle_minutes(&app.storage(), minutes).await {
                Ok(()) => app.lock_after(minutes),
                Err(error) => app.say(storage_sentence(&error)),
            }
        });
    };
    let options = move || {
        let option = |minutes: u32| {
            let checked = move || chosen.get() == Some(minutes);
            view! {
                <label>
                    <input type="radio" name="idle" prop:checked=checked on:change=move |_| choose(minutes)/>
                    <span>{words::minutes(minutes)}</span>
                </label>
            }
        };
        [1, 5, 10, 30].map(option).collect_view()
    };
    view! {
        <section class="paper">
            <h2>{words::locking()}</h2>
            <p class="quiet">{words::lock_means()}</p>
            <div class="btns">
                <button class="btn" type="button" on:click=move |_| app.lock()>{icon("lock")}{words::lock()}</button>
                <ChangePin/>
                <PasskeyButton/>
            </div>
            <fieldset class="setting">
                <legend class="label">{words::idle_minutes()}</legend>
                <div class="segmented">{options()}</div>
            </fieldset>
        </section>
    }
}

/// The button that has the phone's own authenticator open the vault as well, or not any more. Only where there is one.
#[component]
fn PasskeyButton() -> impl IntoView {
    let app = use_app();
    let (open, pin) = (RwSignal::new(false), RwSignal::new(String::new()));
    let offered = RwSignal::new(None::<bool>);
    spawn_local(async move {
        if vault::has_passkey(&app.storage()).await {
            offered.try_set(Some(true));
        } else if platform::has_passkeys().await {
            offered.try_set(Some(false));
        }
    });
    let act = move || async move {
        vault::add_passkey(&app.storage(), &pin.get_untracked()).await?;
        offered.try_set(Some(true));
        app.say(words::passkey_added().to_owned());
        Ok(())
    };
    let begin = move |_| {
        pin.set(String::new());
        open.set(true);
    };
    let remove = move |_| {
        spawn_local(async move {
            match vault::remove_passkey(&app.storage()).await {
                Ok(()) => drop(offered.try_set(Some(false))),
                Err(sentence) => app.say(sentence),
            }
        });
    };
    let button = live(move || {
        Some(match offered.get()? {
            true => {
                view! { <button class="btn" type="button" on:click=remove>{words::passkey_remove()}</button> }
            }
            false => {
                view! { <button class="btn" type="button" on:click=begin>{words::passkey_add()}</button> }
            }
        })
    });
    view! {
        {button}
        <Show when=move || open.get()>
            <Ask title=words::passkey_add() open=open run=run(act)>
                <p>{words::passkey_what_for()}</p>
                <PinBox id="passkey-pin" label=words::pin() text=pin/>
            </Ask>
        </Show>
    }
}

/// The button for another PIN, with the sheet that asks for both.
#[component]
fn ChangePin() -> impl IntoView {
    let app = use_app();
    let open = RwSignal::new(false);
    let (old, typed) = (RwSignal::new(String::new()), Typed::default());
    let act = move || async move {
        vault::change_pin(&app.storage(), &old.get_untracked(), &typed.pin()?).await?;
        app.say(words::pin_changed().to_owned());
        Ok(())
    };
    // The sheet begins empty, and so does what it remembers.
    let begin = move |_| {
        old.set(String::new());
        typed.clear();
        open.set(true);
    };
    view! {
        <button class="btn" type="button" on:click=begin>{words::pin_change()}</button>
        <Show when=move || open.get()>
            <Ask title=words::pin_change() open=open run=run(act)>
                <PinBox id="old-pin" label=words::pin_old() text=old/>
                <NewPin typed=typed/>
            </Ask>
        </Show>
    }
}
