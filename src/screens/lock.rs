//! 解锁: what is there instead of the app while the vault is locked. It shows nothing of what lies inside but a number.

use std::{pin::Pin, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    people::People,
    pin::{NewPin, PinBox, Typed},
};
use crate::{
    address::query,
    components::{Attempt, icon, in_turn, view, when_drawn},
    platform,
    vault::{self, AppStorage, Locked},
    vaults, words,
};

/// The screen.
#[component]
pub fn Lock(locked: Locked, on_unlock: Callback<AppStorage>) -> impl IntoView {
    let (waiting, passkey) = (locked.waiting, locked.passkey);
    let (forgotten, others) = (RwSignal::new(false), RwSignal::new(false));
    let stored = StoredValue::new_local(locked);
    let body = in_turn(move || {
        let locked = stored.get_value();
        if forgotten.get() {
            return view! { <Forgotten locked=locked on_unlock=on_unlock forgotten=forgotten/> };
        }
        if others.get() {
            return view! { <People open=others/> };
        }
        view! {
            <h1>{words::unlock()}</h1>
            {query(vault::RECOVERED).map(|_| view! { <p role="status">{words::recovered()}</p> })}
            {(waiting > 0).then(|| view! { <p role="status">{words::locked_waiting(waiting)}</p> })}
            <Unlock locked=locked.clone() on_unlock=on_unlock/>
            {passkey.then(|| view! { <ByPasskey locked=locked on_unlock=on_unlock/> })}
            <div class="btns">
                <button class="btn plain" type="button" on:click=move |_| forgotten.set(true)>
                    {words::pin_forgotten()}
                </button>
                <button class="btn plain" type="button" on:click=move |_| others.set(true)>
                    {words::change_person()}
                </button>
            </div>
        }
    });
    view! {
        <div class="frame solo">
            <main class="page welcome" id="main">
                <div class="cover">
                    <img src="/icons/icon.svg" width="76" height="76" alt=""/>
                    <p><strong>{words::app_name()}</strong>{words::locked_is_safe()}</p>
                </div>
                {body}
            </main>
        </div>
    }
}

/// How a form opens the vault: of one type, like the views in `components/erased.rs`.
type Open = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<AppStorage, String>>>>>;

fn open<F>(open: impl Fn() -> F + 'static) -> Open
where
    F: Future<Output = Result<AppStorage, String>> + 'static,
{
    Rc::new(move || Box::pin(open()))
}

/// A form that opens the vault, one try at a time.
#[component]
fn Opening(
    label: &'static str,
    /// What was typed, forgotten after it was refused.
    #[prop(optional)]
    typed: Option<RwSignal<String>>,
    open: Open,
    on_unlock: Callback<AppStorage>,
    /// Not the first thing to do on this screen.
    #[prop(optional)]
    quiet: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let attempt = Attempt::default();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let open = open.clone();
        attempt.begin(async move {
            let opened = open().await.inspect_err(|_| {
                if let Some(typed) = typed {
                    typed.try_set(String::new());
                }
            });
            on_unlock.run(opened?);
            Ok(())
        });
    };
    let form = NodeRef::<leptos::html::Form>::new();
    // The keyboard is wanted at once.
    when_drawn(form, |form| {
        spawn_local(async move {
            // The focus makes the browser lay the screen out: not in the same breath as drawing it.
            platform::sleep(0).await;
            if let Ok(Some(input)) = form.query_selector("input") {
                drop(wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(input).focus());
            }
        });
    });
    view! {
        <form novalidate autocomplete="off" node_ref=form on:submit=submit>
            {attempt.alert()}
            {children.map(|children| children())}
            <button class="btn wide" class:primary=!quiet type="submit" aria-busy=move || attempt.is_busy().to_string()>
                {move || if attempt.is_busy() { words::just_a_moment() } else { label }}
            </button>
        </form>
    }
}

#[component]
fn Unlock(locked: Locked, on_unlock: Callback<AppStorage>) -> impl IntoView {
    let pin = RwSignal::new(String::new());
    let locked = StoredValue::new_local(locked);
    let act = move || {
        let (locked, typed) = (locked.get_value(), pin.get_untracked());
        async move { vault::unlock(&locked, &typed).await }
    };
    view! {
        <Opening label=words::unlock() typed=pin open=open(act) on_unlock=on_unlock>
            <PinBox id="pin" label=words::pin() text=pin/>
        </Opening>
    }
}

/// The phone's own authenticator. It needs a touch to begin with, so it doesn't ask by itself.
#[component]
fn ByPasskey(locked: Locked, on_unlock: Callback<AppStorage>) -> impl IntoView {
    let locked = StoredValue::new_local(locked);
    let act = move || {
        let locked = locked.get_value();
        async move { vault::unlock_by_passkey(&locked).await }
    };
    view! { <Opening label=words::passkey_unlock() quiet=true open=open(act) on_unlock=on_unlock/> }
}

/// 忘记PIN: the office knows whose phone this is, and gives a code that sets a new PIN.
#[component]
fn Forgotten(locked: Locked, on_unlock: Callback<AppStorage>, forgotten: RwSignal<bool>) -> impl IntoView {
    let code = RwSignal::new(String::new());
    let typed = Typed::default();
    let number = vaults::short(&locked.installation.to_string());
    let recoverable = locked.recoverable;
    let locked = StoredValue::new_local(locked);
    let act = move || {
        let (locked, code, pin) = (locked.get_value(), code.get_untracked(), typed.pin());
        async move {
            match code.trim() {
                "" => Err(words::recover_empty().to_owned()),
                code => vault::recover(&locked, code, &pin?).await,
            }
        }
    };
    let form = move || {
        view! {
            <p>{words::recover_how()}</p>
            <p class="installation"><span>{words::installation()}</span><strong>{number.clone()}</strong></p>
            <Opening label=words::recover() open=open(act) on_unlock=on_unlock>
                <div class="field">
                    <label class="label" for="recovery-code">{words::recovery_code()}</label>
                    <input
                        class="input code"
                        id="recovery-code"
                        type="text"
                        autocapitalize="characters"
                        autocomplete="off"
                        spellcheck="false"
                        on:input=move |event| code.set(event_target_value(&event))
                    />
                </div>
                <NewPin typed=typed/>
            </Opening>
        }
    };
    let impossible =
        || view! { <div class="alert">{icon("warning")}<p>{words::recover_not_here()}</p></div> };
    view! {
        <h1>{words::pin_forgotten()}</h1>
        {if recoverable { form() } else { impossible() }}
        <button class="btn plain" type="button" on:click=move |_| forgotten.set(false)>{words::back()}</button>
    }
}
