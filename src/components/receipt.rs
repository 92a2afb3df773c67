//! 送达回执: the station's word that it has an entry, checked here and now, to be shown or handed on.

use chrono::{DateTime, FixedOffset};
use leptos::prelude::*;
use serde::Serialize;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::wire::{Outcome, Receipt, from_base64url};

use super::{Sheet, icon, live, short_digest, view};
use crate::{
    driver::is_genuine,
    platform::{self, format_exact},
    state::use_app,
    words,
};

/// A receipt and what it is about, without what people wrote.
#[derive(Clone, PartialEq)]
pub(super) struct About {
    /// The ledger and what was done.
    pub(super) what: String,
    /// The phone's clock when it was saved.
    pub(super) noted_at: DateTime<FixedOffset>,
    /// The receipt.
    pub(super) receipt: Receipt,
}

/// The file that is handed on. The station's `receipt` command reads it; anybody else can, too.
#[derive(Serialize)]
struct Handed<'a> {
    about: &'a str,
    receipt: &'a Receipt,
    /// The station's key as this phone learned it when it was enrolled: the raw P-256 point in base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// What checking the signature has shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Checked {
    Genuine,
    Unsigned,
    Forged,
}

/// Opens the receipt.
#[component]
pub(super) fn ReceiptButton(about: About) -> impl IntoView {
    let open = RwSignal::new(false);
    let sheet = live(move || {
        let about = about.clone();
        open.get().then(|| view! { <ReceiptSheet about=about open=open/> })
    });
    view! {
        <button class="link" type="button" on:click=move |_| open.set(true)>{words::receipt_show()}</button>
        {sheet}
    }
}

#[component]
fn ReceiptSheet(about: About, open: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let checked = RwSignal::new(None::<(Checked, Option<String>)>);
    let receipt = about.receipt.clone();
    spawn_local(async move {
        let key = app.pocket().enrolment().await.ok().flatten().and_then(|enrolment| enrolment.receipt_key);
        let found = match (&key, &receipt.signature) {
            (Some(key), Some(_)) if is_genuine(&from_base64url(key).unwrap_or_default(), &receipt).await => {
                Checked::Genuine
            }
            (Some(_), Some(_)) => Checked::Forged,
            _ => Checked::Unsigned,
        };
        checked.try_set(Some((found, key)));
    });
    let verdict = live(move || {
        let (name, state, sentence) = match checked.get()?.0 {
            Checked::Genuine => ("shield", "", words::receipt_genuine()),
            Checked::Unsigned => ("warning", "off", words::receipt_unsigned()),
            Checked::Forged => ("warning", "off", words::receipt_forged()),
        };
        Some(view! { <div class="guard" data-state=state role="status">{icon(name)}<p>{sentence}</p></div> })
    });
    let Receipt { entry, digest, received_at, .. } = about.receipt.clone();
    let revision = match about.receipt.outcome {
        Outcome::Accepted { revision } => revision.0,
        Outcome::Parked { .. } => 0,
    };
    let fact = |name: &'static str, value: String| {
        view! { <div class="fact"><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let facts = vec![
        fact(words::receipt_what(), about.what.clone()),
        fact(words::receipt_saved(), format_exact(about.noted_at.to_utc())),
        fact(words::receipt_received(), format_exact(received_at)),
        fact(words::receipt_revision(), revision.to_string()),
        fact(words::receipt_entry(), entry.to_string()),
        fact(words::receipt_digest(), digest.to_string()),
    ];
    let hand_on = move |_| {
        let key = checked.get_untracked().and_then(|(_, key)| key);
        let file = Handed { about: &about.what, receipt: &about.receipt, key };
        // What was read from JSON can be written again.
        if let Ok(bytes) = serde_json::to_vec(&file) {
            let name = format!("xunji-receipt-{}.json", short_digest(about.receipt.digest));
            platform::download(&bytes, &name);
        }
    };
    view! {
        <Sheet title=words::receipt_heading() on_close=Callback::new(move |()| open.set(false))>
            <div class="sheet-body">
                {verdict}
                <dl class="receipt-facts">{facts}</dl>
                <p class="hint">{words::receipt_hint()}</p>
            </div>
            <footer class="sheet-foot">
                <button class="btn primary" type="button" on:click=hand_on>
                    {icon("download")}{words::receipt_export()}
                </button>
            </footer>
        </Sheet>
    }
}
