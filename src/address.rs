//! The address: which screen it names, and every way of going to another one.
//!
//! By hand, because a general router was a tenth of the download for nine screens. The browser keeps the history; a
//! click on a link within the app changes the address without loading the page anew. Links that say otherwise
//! (`download`, `target`, `rel="external"`, a modifier key, another origin, a place on this page) are the browser's.

use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlAnchorElement, MouseEvent, UrlSearchParams};

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Screen {
    /// `/`.
    Today,
    /// `/enrol`.
    Enrol,
    /// `/new/…`: a new form of this ledger.
    New(String),
    /// `/drafts/…`: a form to go on with.
    Draft(String),
    /// `/records`, and `/records/…` with one of them open.
    Ledger,
    /// `/desk`, and `/desk/…` with one of its cases open.
    Desk,
    /// `/desk/people`.
    Staff,
    /// `/outbox`.
    Outbox,
    /// `/me`.
    Me,
    /// `/drill`.
    Drill,
    /// `/about`.
    About,
    /// `/share`: photos that another app has handed over.
    Share,
    /// Any other.
    Nowhere,
}

impl Screen {
    fn of(path: &str) -> Self {
        match path.trim_matches('/').split('/').collect::<Vec<_>>()[..] {
            [""] => Self::Today,
            ["enrol"] => Self::Enrol,
            ["new", kind] => Self::New(kind.to_owned()),
            ["drafts", id] => Self::Draft(id.to_owned()),
            ["records"] | ["records", _] => Self::Ledger,
            ["desk", "people"] => Self::Staff,
            ["desk"] | ["desk", _] => Self::Desk,
            ["outbox"] => Self::Outbox,
            ["me"] => Self::Me,
            ["drill"] => Self::Drill,
            ["about"] => Self::About,
            ["share"] => Self::Share,
            _ => Self::Nowhere,
        }
    }
}

/// The path of this tab's address. Copies are the same.
#[derive(Clone, Copy)]
pub struct Address(RwSignal<String>);

impl Address {
    /// Follows the browser's back and forward keys and the clicks on links, as long as the tab.
    pub fn follow() -> Self {
        let address = Self(RwSignal::new(current()));
        EventListener::new(&window(), "popstate", move |_| address.0.set(current())).forget();
        // A listener that may keep the browser from following a link by itself.
        let may_prevent = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&window(), "click", may_prevent, move |event| {
            if let Some(to) = within_the_app(event) {
                event.prevent_default();
                address.go(&to);
            }
        })
        .forget();
        address
    }

    /// The path, and whoever reads it is told of changes.
    pub fn path(self) -> String {
        self.0.get()
    }

    /// The screen that the path names.
    pub fn screen(self) -> Screen {
        self.0.with(|path| Screen::of(path))
    }

    /// Goes to another address.
    pub fn go(self, to: &str) {
        let here = location().pathname().ok().zip(location().search().ok());
        let stays = here.is_some_and(|(path, search)| path + &search == to);
        self.enter(to, stays);
    }

    /// Goes to another address, to which this one is no way back.
    pub fn go_for_good(self, to: &str) {
        self.enter(to, true);
    }

    fn enter(self, to: &str, replace: bool) {
        if let Ok(history) = window().history() {
            // Browsers refuse only a page that changes its address hundreds of times a minute.
            drop(if replace {
                history.replace_state_with_url(&JsValue::NULL, "", Some(to))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(to))
            });
        }
        self.0.set(current());
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// A value of the address's query.
pub fn query(name: &str) -> Option<String> {
    UrlSearchParams::new_with_str(&location().search().ok()?).ok()?.get(name)
}

fn current() -> String {
    location().pathname().unwrap_or_default()
}

/// Where a click leads, if it is the app that follows it.
fn within_the_app(event: &Event) -> Option<String> {
    let click = event.dyn_ref::<MouseEvent>()?;
    let modified = click.meta_key() || click.alt_key() || click.ctrl_key() || click.shift_key();
    if click.default_prevented() || click.button() != 0 || modified {
        return None;
    }
    let clicked = click.target()?.dyn_into::<Element>().ok()?;
    let link = clicked.closest("a[href]").ok()??.dyn_into::<HtmlAnchorElement>().ok()?;
    let plain = link.target().is_empty() && link.rel().is_empty() && !link.has_attribute("download");
    let here = location().origin().is_ok_and(|origin| origin == link.origin());
    (plain && here && link.hash().is_empty()).then(|| link.pathname() + &link.search())
}
