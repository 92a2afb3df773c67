//! 我的: who I am, how safe what is on this phone is, how the app looks.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    backup::{ExportButton, ImportButton},
    install::InstallOffer,
    locking::Locking,
};
use crate::{
    app::{Redraw, apply_settings},
    components::{Head, icon, live, role_name, view, village_name},
    platform::{self, Setting},
    state::use_app,
    vaults, words,
};

/// The screen.
#[component]
pub fn Me() -> impl IntoView {
    let app = use_app();
    // The office may give somebody another name, role or desk while this is open.
    let person = live(move || {
        let me = app.signals.me.get()?;
        let village = village_name(&app.pocket().county(), me.village.as_str());
        let first: String = me.name.chars().take(1).collect();
        let roles =
            me.roles().iter().map(|role| role_name(*role)).collect::<Vec<_>>().join(words::list_comma());
        let desks =
            app.signals.desks.get().into_iter().map(|desk| view! { <p class="quiet">{desk.name}</p> });
        Some(view! {
            <section class="paper person">
                <span class="mark" aria-hidden="true">{first}</span>
                <div>
                    <h2>{me.name}</h2>
                    <p class="quiet">{roles}" · "{village}</p>
                    {desks.collect_view()}
                </div>
            </section>
        })
    });
    let size =
        [("s", words::size_s()), ("m", words::size_m()), ("l", words::size_l()), ("xl", words::size_xl())];
    let theme = [("", words::theme_system()), ("light", words::theme_light()), ("dark", words::theme_dark())];
    let language = words::LANGUAGES.iter().map(|language| (language.tag, language.name)).collect::<Vec<_>>();
    view! {
        <Head title=words::me().to_owned()/>
        <div class="stack columns">
            {person}
            <Locking/>
            <Protection/>
            <section class="paper">
                <h2>{words::backup()}</h2>
                <div class="btns"><ExportButton/><ImportButton/></div>
                <a href="/drill" class="row"><span>{words::drill()}</span>{icon("chevron")}</a>
            </section>
            <section class="paper">
                <a href="/new/legal_aid" class="row"><span>{words::legal_aid()}</span>{icon("chevron")}</a>
            </section>
            <section class="paper">
                <a href="/new/complaint" class="row"><span>{words::complaint()}</span>{icon("chevron")}</a>
                <p class="quiet">{words::county_only_hint()}</p>
            </section>
            <section class="paper" aria-label=words::appearance()>
                <Segmented name="size" label=words::text_size() setting=Setting::Size fallback="m" choices=size.to_vec()/>
                <Segmented
                    name="theme"
                    label=words::dark_mode()
                    setting=Setting::Theme
                    fallback=""
                    choices=theme.to_vec()
                />
                <Segmented
                    name="language"
                    label=words::language_setting()
                    setting=Setting::Language
                    fallback=words::LANGUAGES[0].tag
                    choices=language
                />
            </section>
            <section class="paper">
                <h2>{words::about()}</h2>
                <div class="row"><span>{words::version()}</span><span>{env!("CARGO_PKG_VERSION")}</span></div>
                <div class="row">
                    <span>{words::installation()}</span>
                    <span>{vaults::short(&app.pocket().installation().to_string())}</span>
                </div>
                <a href="/about" class="row"><span>{words::about_more()}</span>{icon("chevron")}</a>
            </section>
        </div>
    }
}

/// Whether the browser may clean up what is saved here, and what to do about it.
#[component]
fn Protection() -> impl IntoView {
    let protection = use_app().protection;
    let guard = live(move || {
        Some(match protection.is_on()? {
            true => view! {
                <div class="guard">
                    {icon("shield")}
                    <p><strong>{words::protected()}</strong>{words::protected_means()}</p>
                </div>
            },
            false => view! {
                <div class="guard" data-state="off">
                    {icon("warning")}
                    <p><strong>{words::unprotected()}</strong>{words::unprotected_means()}</p>
                </div>
                <div class="btns">
                    <button class="btn primary" type="button" on:click=move |_| spawn_local(protection.ask())>
                        {words::protect()}
                    </button>
                </div>
            },
        })
    });
    view! {
        <section class="paper">
            <h2>{words::storage_protection()}</h2>
            {guard}
            <InstallOffer/>
        </section>
    }
}

/// A setting with a few values side by side.
#[component]
fn Segmented(
    name: &'static str,
    label: &'static str,
    setting: Setting,
    fallback: &'static str,
    choices: Vec<(&'static str, &'static str)>,
) -> impl IntoView {
    let redraw = expect_context::<Redraw>();
    let current = platform::setting(setting).unwrap_or_else(|| fallback.to_owned());
    let options = choices
        .into_iter()
        .map(|(value, word)| {
            let choose = move |_| {
                platform::store_setting(setting, (value != fallback).then_some(value));
                apply_settings();
                if setting == Setting::Language {
                    redraw.0.update(|redraw| *redraw += 1);
                }
            };
            // Each language is named in itself.
            let tongue = (setting == Setting::Language).then_some(value);
            let sample = (setting == Setting::Size).then_some(value);
            view! {
                <label>
                    <input type="radio" name=name value=value checked=current == value on:change=choose/>
                    <span data-sample=sample lang=tongue>{word}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="setting">
            <legend class="label">{label}</legend>
            <div class="segmented">{options}</div>
        </fieldset>
    }
}
