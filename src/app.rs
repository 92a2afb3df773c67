//! Opens the pocket, then draws the frame and the screen that the address names.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::kind::Kind;
use xunji_sync::{engine::Phase, storage::StorageError};

use crate::{
    address::Screen,
    components::{Float, Nav, Show, SyncLine, in_turn, live, view, watch},
    platform::{self, Setting},
    screens::{
        About, CantOpen, Desk, Drill, Enrol, Form, Ledger, Lock, Me, NotFound, Outbox, ReturnToDraft, SetPin,
        Share, Staff, Today,
    },
    state::{App, storage_sentence, use_app},
    vault::{self, AppStorage, Locked, Opened},
    vaults, words,
};

/// How far this page has come.
#[derive(Clone)]
enum Stage {
    /// A PIN is asked for.
    Locked(Locked),
    /// The pocket is open.
    Open(Box<App>),
    /// The database can't be used; a sentence.
    Broken(String),
}

/// Starts the app in this page.
pub fn start() {
    console_error_panic_hook::set_once();
    apply_settings();
    spawn_local(begin());
}

/// Draws what there is to draw, in tasks of their own: whatever a browser does for the first time keeps it busy for a
/// while.
async fn begin() {
    platform::sleep(0).await;
    let stage = RwSignal::new_local(None);
    leptos::mount::mount_to_body(move || {
        live(move || {
            Some(match stage.get()? {
                Stage::Locked(locked) => {
                    // Whatever the app makes from here on outlives the lock screen.
                    let unlocked = Callback::new(move |storage: AppStorage| {
                        spawn_local(async move {
                            let opened = open(storage).await;
                            platform::sleep(0).await;
                            stage.set(Some(opened));
                        });
                    });
                    view! { <Lock locked=locked on_unlock=unlocked/> }
                }
                Stage::Open(app) => {
                    provide_context(*app);
                    view! { <Root/> }
                }
                Stage::Broken(sentence) => view! { <CantOpen sentence=sentence/> },
            })
        })
    });
    platform::sleep(0).await;
    let first = match vault::open(&vaults::current()).await {
        Ok(Opened::Locked(locked)) => {
            spawn_local(read_ledgers());
            Stage::Locked(locked)
        }
        Ok(Opened::Open(storage)) => open(storage).await,
        Err(error) => broken(&error),
    };
    platform::sleep(0).await;
    stage.set(Some(first));
}

/// Reads the built-in ledgers while the PIN is typed, so that nobody waits for it afterwards.
async fn read_ledgers() {
    // The lock screen first.
    platform::sleep(0).await;
    Kind::built_in();
}

async fn open(storage: AppStorage) -> Stage {
    match App::open(storage).await {
        Ok(app) => Stage::Open(Box::new(app)),
        Err(error) => broken(&error),
    }
}

fn broken(error: &StorageError) -> Stage {
    Stage::Broken(match error {
        // Not one record among others, but what has to be read before any of them.
        StorageError::Damaged(_) => words::vault_damaged().to_owned(),
        error => storage_sentence(error),
    })
}

/// Puts the settings of this phone where the styles and assistive technology look for them.
pub fn apply_settings() {
    let language = words::speak(platform::setting(Setting::Language).as_deref());
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    document.set_title(words::app_name());
    let Some(root) = document.document_element() else { return };
    // Setting an attribute fails only for a name that is none.
    drop(root.set_attribute("lang", language.tag));
    drop(root.set_attribute("dir", language.direction));
    for (name, setting) in [("data-theme", Setting::Theme), ("data-size", Setting::Size)] {
        drop(match platform::setting(setting) {
            Some(value) => root.set_attribute(name, &value),
            None => root.remove_attribute(name),
        });
    }
}

/// Draws everything anew in the language that has just been chosen.
#[derive(Clone, Copy)]
pub struct Redraw(pub RwSignal<u32>);

#[component]
fn Root() -> impl IntoView {
    let redraw = RwSignal::new(0);
    provide_context(Redraw(redraw));
    let app = use_app();
    let locking = app.signals.locking;
    watch(move || platform::set_badge(app.signals.counts.with(|counts| counts.waiting + counts.returned)));
    watch(move || mark_busy(matches!(app.signals.phase.get(), Phase::Uploading { .. })));
    live(move || {
        redraw.track();
        (!locking.get()).then(|| view! { <Frame/> })
    })
}

/// Tells the page's own script that something is being sent, so that an update waits.
fn mark_busy(busy: bool) {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.document_element()) {
        drop(root.toggle_attribute_with_force("data-busy", busy));
    }
}

#[component]
fn Frame() -> impl IntoView {
    let app = use_app();
    // Without a person there is nobody to save for: every address leads to the enrolment first. And a phone of earlier
    // days gets its PIN before anything else is typed into it.
    let named = move || match app.signals.me.with(Option::is_none) {
        true => Some(Screen::Enrol),
        false if !app.signals.sealed.get() => None,
        false => Some(app.address.screen()),
    };
    let screen = Memo::new(move |_| named());
    let solo = Memo::new(move |_| matches!(screen.get(), None | Some(Screen::Enrol)));
    // The frame is on the screen before what is in it has been drawn: on a slow phone all at once takes too long.
    let line = in_turn(|| view! { <SyncLine/> });
    let drawn = in_turn(move || match screen.get() {
        None => view! { <SetPin/> },
        Some(screen) => drawn(screen),
    });
    let nav = in_turn(move || (!solo.get()).then(|| view! { <Nav/> }));
    let float = in_turn(|| view! { <Float/> });
    view! {
        <div class="frame" class:solo=solo>
            <a class="skip" href="#main">{words::skip_to_content()}</a>
            {line}
            <main class="page" class:welcome=solo id="main" tabindex="-1">
                <Trouble/>
                {drawn}
            </main>
            {nav}
            {float}
        </div>
    }
}

fn drawn(screen: Screen) -> AnyView {
    match screen {
        Screen::Today => view! { <Today/> },
        Screen::Enrol => view! { <Enrol/> },
        Screen::New(kind) => view! { <Form kind=kind/> },
        Screen::Draft(id) => view! { <ReturnToDraft id=id/> },
        Screen::Ledger => view! { <Ledger/> },
        Screen::Desk => view! { <Desk/> },
        Screen::Staff => view! { <Staff/> },
        Screen::Outbox => view! { <Outbox/> },
        Screen::Me => view! { <Me/> },
        Screen::Drill => view! { <Drill/> },
        Screen::About => view! { <About/> },
        Screen::Share => view! { <Share/> },
        Screen::Nowhere => view! { <NotFound/> },
    }
}

/// What is wrong with the phone itself stays at the top until it is read.
#[component]
fn Trouble() -> impl IntoView {
    let trouble = use_app().signals.trouble;
    view! {
        <Show when=move || trouble.with(Option::is_some)>
            <div class="alert" role="alert">
                {crate::components::icon("warning")}
                <p>{move || trouble.get()}</p>
                <div class="btns">
                    <button class="btn" type="button" on:click=move |_| trouble.set(None)>
                        {words::understood()}
                    </button>
                </div>
            </div>
        </Show>
    }
}
