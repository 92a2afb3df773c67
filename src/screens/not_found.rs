//! An address that leads nowhere.

use leptos::prelude::*;

use crate::{
    components::{Head, icon, view},
    words,
};

/// The screen.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Head title=words::not_found().to_owned() back="/"/>
        <div class="paper empty">
            {icon("place")}
            <h2>{words::not_found_heading()}</h2>
            <p>{words::not_found_what_to_do()}</p>
            <a href="/" class="btn primary">{words::back_to_today()}</a>
        </div>
    }
}
