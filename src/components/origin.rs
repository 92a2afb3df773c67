//! Which record another one came from, and which came from it.

use leptos::prelude::*;
use xunji_domain::id::RecordId;

use super::{icon, live, row_title, view};
use crate::{
    state::{loaded, use_app},
    words,
};

/// The title of another record, as a link to it; what to say instead where this phone doesn't have it.
#[component]
pub fn RecordLink(id: RecordId) -> impl IntoView {
    let app = use_app();
    let found = loaded(move || async move { app.pocket().row(id).await.ok().flatten() });
    live(move || {
        Some(match found.get()? {
            Some(row) => {
                let title = row_title(&app.pocket().kinds(), &app.pocket().county(), &row);
                view! { <a class="row" href=format!("/records/{id}")><span>{title}</span>{icon("chevron")}</a> }
            }
            None => view! { <span class="quiet">{words::record_elsewhere()}</span> },
        })
    })
}

/// What came from a record.
#[component]
pub fn CameFrom(id: RecordId) -> impl IntoView {
    let app = use_app();
    let found = loaded(move || {
        app.signals.changed.track();
        async move { app.pocket().came_from(id).await.unwrap_or_default() }
    });
    live(move || {
        let records = found.get().filter(|records| !records.is_empty())?;
        let links = records.into_iter().map(|id| view! { <li><RecordLink id=id/></li> }).collect_view();
        Some(view! {
            <section class="paper"><h2>{words::became()}</h2><ul class="links">{links}</ul></section>
        })
    })
}
