//! What surrounds every screen: the line about the sending, the tabs, the head of a page, what floats above.

use gloo::events::EventListener;
use leptos::prelude::*;
use xunji_sync::engine::Phase;

use super::{Show, icon, live, view, when_drawn};
use crate::{address::Screen, driver::is_unreached, platform, state::use_app, words};

/// One line on every screen: where what was saved is now. It leads to the outbox.
#[component]
pub fn SyncLine() -> impl IntoView {
    let app = use_app();
    let line = Memo::new(move |_| {
        let counts = app.signals.counts.get();
        match app.signals.phase.get() {
            Phase::Uploading { done, total } if total > 0 => {
                ("sending", "sending", words::sync_sending((done + 1).min(total), total), Some((done, total)))
            }
            phase if is_unreached(&phase) && counts.waiting > 0 => {
                ("offline", "cloud-off", words::sync_offline(counts.waiting), None)
            }
            _ if counts.returned > 0 => ("parked", "return", words::sync_returned(counts.returned), None),
            _ if counts.waiting > 0 => ("waiting", "clock", words::sync_waiting(counts.waiting), None),
            _ => ("delivered", "cloud-done", words::sync_delivered().to_owned(), None),
        }
    });
    let current = move || (app.address.path() == "/outbox").then_some("page");
    view! {
        <div
            class="sync"
            role="status"
            aria-label=words::sync_region()
            data-state=move || line.with(|line| line.0)
        >
            <a href="/outbox" aria-current=current>
                {move || icon(line.with(|line| line.1))}
                <span>{move || line.with(|line| line.2.clone())}</span>
                {icon("chevron")}
            </a>
            {move || {
                line.with(|line| line.3).map(|(done, total)| {
                    view! { <progress max=total.to_string() value=done.to_string() aria-hidden="true"></progress> }
                })
            }}
        </div>
    }
}

/// The tabs at the bottom, a rail at the side from 900 px on.
#[component]
pub fn Nav() -> impl IntoView {
    let app = use_app();
    let counts = app.signals.counts;
    let tab = move |href: &'static str, name: &'static str, word: &'static str| {
        let current = move || {
            let path = app.address.path();
            let here = if href == "/" { path == "/" } else { path.starts_with(href) };
            here.then_some("page")
        };
        let count = live(move || {
            let counts = counts.get();
            let number = counts.waiting + counts.returned;
            (href == "/outbox" && number > 0)
                .then(|| view! { <b class="count" aria-hidden="true">{number.min(999)}</b> })
        });
        view! {
            <a href=href aria-current=current>{icon(name)}<span>{word}</span>{count}</a>
        }
    };
    view! {
        <nav class="nav" aria-label=words::main_navigation()>
            <img class="brand" src="/icons/icon.svg" width="60" height="60" alt=""/>
            {tab("/", "today", words::today())}
            {tab("/records", "ledger", words::ledger())}
            {tab("/outbox", "upload", words::outbox())}
            {tab("/me", "me", words::me())}
            <Show when=move || app.signals.desks.with(|desks| !desks.is_empty())>
                {tab("/desk", "desk", words::desk())}
            </Show>
        </nav>
    }
}

/// The head of a page. Focus goes to its heading when the page is opened, so that a screen reader begins there.
#[component]
pub fn Head(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Where the arrow leads, if there is one.
    #[prop(optional)]
    back: Option<&'static str>,
    /// A record's title may be long.
    #[prop(optional)]
    long: bool,
    /// What stands at its side.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let heading = NodeRef::<leptos::html::H1>::new();
    // Before the first key is pressed the browser shows no ring around it.
    when_drawn(heading, |heading| platform::begin_reading(&heading));
    view! {
        <header class="page-head">
            {back.map(|href| {
                view! { <a class="icon-btn back" href=href aria-label=words::back()>{icon("back")}</a> }
            })}
            <h1 node_ref=heading tabindex="-1" class:long=long>{move || title.get()}</h1>
            {children.map(|children| children())}
        </header>
    }
}

/// What floats above the tabs: a short message, and the offer of a newer version.
#[component]
pub fn Float() -> impl IntoView {
    let app = use_app();
    let toast = app.toast;
    let update = RwSignal::new(platform::update_ready());
    if let Some(window) = web_sys::window() {
        let listener = EventListener::new(&window, "xunji-update-ready", move |_| {
            update.try_set(true);
        });
        on_cleanup_local(listener);
    }
    // An update never gets in the way of a form or of a send: it lies over the form's button, and would have to wait for
    // either anyway. A sheet covers it by itself.
    let busy = Memo::new(move |_| {
        matches!(app.address.screen(), Screen::New(_) | Screen::Draft(_))
            || matches!(app.signals.phase.get(), Phase::Uploading { .. })
    });
    let apply = move |_| {
        update.set(false);
        platform::apply_update();
    };
    view! {
        <div class="float">
            <div role="status">
                {move || {
                    toast.get().map(|message| {
                        let undo = app.undo.get().map(|undo| {
                            let press = move |_| {
                                app.hush();
                                undo.run(());
                            };
                            view! { <button class="btn" type="button" on:click=press>{words::undo()}</button> }
                        });
                        view! { <div class="toast">{icon("check")}<span>{message}</span>{undo}</div> }
                    })
                }}
            </div>
            <Show when=move || update.get() && !busy.get()>
                <div class="banner" role="status">
                    {icon("refresh")}
                    <span>{words::update_ready()}</span>
                    <button class="btn primary" type="button" on:click=apply>
                        {words::update()}
                    </button>
                </div>
            </Show>
        </div>
    }
}

/// Keeps a listener as long as the component.
fn on_cleanup_local(listener: EventListener) {
    let listener = StoredValue::new_local(Some(listener));
    on_cleanup(move || {
        listener.try_update_value(Option::take);
    });
}
