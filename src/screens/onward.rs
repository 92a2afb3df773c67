//! What a record leads to: one of another ledger that carries over what is known, or one more after its pattern.

use leptos::prelude::*;
use xunji_domain::{
    entry::Body,
    id::{RecordId, StateId},
    kind::{Kind, Kinds},
};

use crate::{
    components::{Sheet, icon, live, view},
    state::use_app,
    words,
};

/// The ways on from a record.
#[component]
pub(super) fn Onward(
    id: RecordId,
    kind: Kind,
    body: Body,
    state: StateId,
    asking: RwSignal<Option<String>>,
) -> impl IntoView {
    let app = use_app();
    let kinds = app.pocket().kinds();
    let others = kind
        .may_become(&body, &state)
        .filter(|becomes| kinds.newest(&becomes.kind).is_some())
        .map(|becomes| {
            let name = words::label(&becomes.label).to_owned();
            let to = address(becomes.kind.as_str(), id);
            if !leaves_secrecy(&kinds, &kind, becomes.kind.as_str()) {
                return view! { <a class="btn" href=to>{icon(&kind.icon)}{name}</a> };
            }
            view! {
                <button class="btn" type="button" on:click=move |_| asking.set(Some(to.clone()))>{name}</button>
            }
        })
        .collect_view();
    let again = (!kind.aside).then(|| {
        view! { <a class="btn" href=address(kind.id.as_str(), id)>{icon("plus")}{words::once_more()}</a> }
    });
    let sheet = live(move || {
        let to = asking.get()?;
        Some(view! { <Consent to=to asking=asking/> })
    });
    view! {
        <section class="paper">
            <h2>{words::onward()}</h2>
            <div class="btns">{others}{again}</div>
        </section>
        {sheet}
    }
}

fn address(kind: &str, from: RecordId) -> String {
    format!("/new/{kind}?from={from}")
}

/// Whether what only the author and the justice office may know would be seen by others.
fn leaves_secrecy(kinds: &Kinds, from: &Kind, to: &str) -> bool {
    from.confidential && kinds.newest(&to.into()).is_none_or(|to| !to.confidential)
}

/// 律师法 art. 38: what a client said is carried into a ledger that others read only if the client agrees.
#[component]
fn Consent(to: String, asking: RwSignal<Option<String>>) -> impl IntoView {
    let app = use_app();
    let go_on = move |_| {
        asking.set(None);
        app.address.go(&to);
    };
    view! {
        <Sheet title=words::consent_title() on_close=Callback::new(move |()| asking.set(None))>
            <div class="sheet-body"><p>{words::consent_why()}</p></div>
            <footer class="sheet-foot">
                <button class="btn" type="button" on:click=move |_| asking.set(None)>{words::cancel()}</button>
                <button class="btn primary" type="button" on:click=go_on>{words::consent_given()}</button>
            </footer>
        </Sheet>
    }
}
