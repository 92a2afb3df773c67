//! 添加到主屏幕: by the browser's own offer, or by what a person has to press in this one.

use gloo::events::EventListener;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    browsers::{self, Way},
    components::{icon, live, view},
    platform,
    state::use_app,
    words,
};

/// The offer, as long as the app does not run from the home screen. What is installed is kept when the phone tidies up.
#[component]
pub(super) fn InstallOffer() -> impl IntoView {
    let app = use_app();
    let by_browser = RwSignal::new(platform::can_install());
    let done = RwSignal::new(platform::is_installed());
    let hear = |name: &'static str, signal: RwSignal<bool>| {
        web_sys::window().map(|window| {
            EventListener::new(&window, name, move |_| {
                signal.try_set(true);
            })
        })
    };
    let listeners = [hear("xunji-install-ready", by_browser), hear("xunji-installed", done)];
    let listeners = StoredValue::new_local(Vec::from(listeners));
    on_cleanup(move || {
        listeners.try_update_value(Vec::clear);
    });
    let install = move |_| {
        spawn_local(async move {
            let installed = platform::install().await;
            app.protection.ask().await;
            by_browser.try_set(false);
            done.try_set(installed);
        });
    };
    let way = browsers::way(&platform::user_agent(), platform::has_touch());
    live(move || {
        if done.get() {
            return None;
        }
        Some(match way {
            Way::OpenInBrowser => view! {
                <section class="offer warn" aria-label=words::open_in_browser()>
                    {icon("warning")}
                    <strong>{words::open_in_browser()}</strong>
                    <p>{words::open_in_browser_why()}</p>
                    <p class="how">{words::open_in_browser_how()}</p>
                </section>
            },
            _ => {
                let how = match by_browser.get() {
                    true => view! {
                        <button class="btn" type="button" on:click=install>{words::add_to_home_screen()}</button>
                    },
                    false => view! { <p class="how">{how(way)}</p> },
                };
                view! {
                    <section class="offer" aria-label=words::add_to_home_screen()>
                        {icon("home")}
                        <strong>{words::add_first()}</strong>
                        <p>{words::add_why()}</p>
                        {how}
                    </section>
                }
            }
        })
    })
}

/// What to press.
fn how(way: Way) -> &'static str {
    match way {
        Way::OpenInBrowser => words::open_in_browser_how(),
        Way::ShareSheet => words::add_by_share_sheet(),
        Way::Chrome => words::add_by_chrome(),
        Way::Huawei => words::add_by_huawei(),
        Way::Xiaomi => words::add_by_xiaomi(),
        Way::Firefox => words::add_by_firefox(),
        Way::AddressBar => words::add_by_address_bar(),
        Way::Menu => words::add_by_menu(),
    }
}
