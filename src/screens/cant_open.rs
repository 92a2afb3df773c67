//! What is there instead of the app when a database of this phone can't be used. Nothing in it is changed, and the other
//! people of the phone are not shut out with it.

use leptos::prelude::*;

use super::people::People;
use crate::{
    components::{icon, live, view},
    words,
};

/// The screen, with what is wrong as a sentence.
#[component]
pub fn CantOpen(sentence: String) -> impl IntoView {
    let others = RwSignal::new(false);
    let body = live(move || {
        if others.get() {
            return view! { <People open=others/> };
        }
        view! {
            <h1>{words::cant_open()}</h1>
            <div class="alert" role="alert">{icon("warning")}<p>{sentence.clone()}</p></div>
            <a class="btn primary wide" href="/" rel="external">{words::open_again()}</a>
            <button class="btn plain" type="button" on:click=move |_| others.set(true)>
                {words::change_person()}
            </button>
        }
    });
    view! {
        <div class="frame solo">
            <main class="page welcome" id="main">{body}</main>
        </div>
    }
}
