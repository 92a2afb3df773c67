//! A list with what is open of it beside or instead of it.

use leptos::prelude::*;

use super::RecordPage;
use crate::{
    components::{Show, icon, view},
    state::use_app,
    words,
};

/// The record that an address below this one names.
pub(super) fn open_below(path: &'static str) -> Memo<Option<String>> {
    let app = use_app();
    Memo::new(move |_| {
        let below = app.address.path();
        let id = below.strip_prefix(path)?.strip_prefix('/')?;
        (!id.is_empty()).then(|| id.to_owned())
    })
}

/// The list, and the record that is open of it.
pub(super) fn beside(open: Memo<Option<String>>, list: AnyView) -> AnyView {
    view! {
        <div class="split" data-show=move || if open.with(Option::is_some) { "detail" } else { "list" }>
            <section class="split-list" aria-label=words::list()>
                {list}
            </section>
            <section class="split-detail" aria-label=words::detail()>
                <Show when=move || open.with(Option::is_none)>
                    <NoRecord/>
                </Show>
                <Show when=move || open.with(Option::is_some)>
                    <RecordPage open=open/>
                </Show>
            </section>
        </div>
    }
}

/// What stands in the record's place while none is open.
#[component]
fn NoRecord() -> impl IntoView {
    view! {
        <div class="paper empty">
            {icon("ledger")}
            <h2>{words::choose_a_record()}</h2>
            <p>{words::choose_a_record_what_for()}</p>
        </div>
    }
}
