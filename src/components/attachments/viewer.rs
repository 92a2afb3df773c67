//! An attachment at full size, from this phone or from the station.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{canonical::Digest, media::Medium};

use super::gather::SMALL;
use crate::{
    components::{Attempt, Sheet, icon, live, view},
    platform,
    state::{App, use_app},
    words,
};

/// A sheet with the whole of it.
#[component]
pub(super) fn Viewer(digest: Digest, number: usize, on_close: Callback<()>) -> impl IntoView {
    let app = use_app();
    // The address and the sort of what is shown, and whether it is the original.
    let shown = RwSignal::new(None::<(String, Medium, bool)>);
    let attempt = Attempt::default();
    let load = move || {
        spawn_local(async move {
            let pocket = app.pocket();
            let whole = pocket.blob(digest).await.ok().flatten();
            let is_whole = whole.is_some();
            let bytes = match whole {
                Some(bytes) => Some(bytes),
                None => pocket.small_blob(digest).await.ok().flatten(),
            };
            if let Some(bytes) = bytes {
                let (medium, form) = Medium::of(&bytes);
                forget(shown.try_get_untracked().flatten());
                shown.try_set(Some((platform::url_of(&bytes, form), medium, is_whole)));
            } else {
                shown.try_set(Some((String::new(), Medium::Other, false)));
            }
        });
    };
    load();
    on_cleanup(move || forget(shown.try_get_untracked().flatten()));
    let fetch = move |_| {
        attempt.begin(async move {
            fetch(app, digest).await?;
            load();
            Ok(())
        });
    };
    let body = live(move || {
        let (url, medium, whole) = shown.get()?;
        let thing = match medium {
            Medium::Photo | Medium::Signature => {
                view! { <img class="whole" src=url alt=words::photo_number(number)/> }
            }
            Medium::Sound => view! { <audio controls src=url aria-label=words::sound()></audio> },
            Medium::Other => ().into_any(),
        };
        let rest = (!whole).then(|| {
            view! {
                <p class="hint">{words::only_at_station()}</p>
                <button
                    class="btn wide"
                    type="button"
                    aria-busy=move || attempt.is_busy().to_string()
                    on:click=fetch
                >
                    {icon("download")}{words::fetch_original()}
                </button>
            }
        });
        Some(view! { {thing}{rest} })
    });
    view! {
        <Sheet title=words::photo_number(number) tall=true on_close=on_close>
            <div class="sheet-body viewer">{body}{attempt.alert()}</div>
        </Sheet>
    }
}

fn forget(shown: Option<(String, Medium, bool)>) {
    if let Some((url, ..)) = shown.filter(|(url, ..)| !url.is_empty()) {
        drop(web_sys::Url::revoke_object_url(&url));
    }
}

/// Gets the original from the station and keeps it, if its bytes are what its name says.
async fn fetch(app: App, digest: Digest) -> Result<(), String> {
    let bytes = app.fetch_attachment(digest).await?;
    let small = match Medium::of(&bytes) {
        (Medium::Photo, form) => platform::shrink(&bytes, form, SMALL, SMALL).await.map(|(_, small)| small),
        _ => None,
    };
    app.keep_attachment(bytes, small).await.map(|_| ())
}
