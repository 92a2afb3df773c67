//! One attachment, as far as this phone has it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{canonical::Digest, media::Medium};

use super::viewer::Viewer;
use crate::{
    components::{icon, live, view},
    platform,
    state::use_app,
    words,
};

/// What there is to show.
#[derive(Clone)]
enum Shown {
    Picture(String),
    Sound(String),
    Other,
    /// Nothing of it is on this phone.
    Elsewhere,
}

/// An attachment: a small picture that opens, a sound to be played, or the offer to get it from the station.
#[component]
pub fn Tile(digest: Digest, number: usize) -> impl IntoView {
    let app = use_app();
    let shown = RwSignal::new(None::<Shown>);
    let open = RwSignal::new(false);
    let load = move || {
        spawn_local(async move {
            let bytes = app.pocket().small_blob(digest).await.ok().flatten();
            let found = bytes.map_or(Shown::Elsewhere, |bytes| match Medium::of(&bytes) {
                (Medium::Photo | Medium::Signature, form) => Shown::Picture(platform::url_of(&bytes, form)),
                (Medium::Sound, form) => Shown::Sound(platform::url_of(&bytes, form)),
                (Medium::Other, _) => Shown::Other,
            });
            forget(shown.try_get_untracked().flatten());
            shown.try_set(Some(found));
        });
    };
    load();
    on_cleanup(move || {
        forget(shown.try_get_untracked().flatten());
    });
    let name = words::photo_number(number);
    let viewer = live(move || {
        let close = Callback::new(move |()| {
            open.set(false);
            load();
        });
        open.get().then(|| view! { <Viewer digest=digest number=number on_close=close/> })
    });
    let tile = live(move || {
        let opens = |label: String, icon_name| {
            view! {
                <button class="photo-open" type="button" aria-label=label on:click=move |_| open.set(true)>
                    {icon_name}
                </button>
            }
        };
        Some(match shown.get()? {
            Shown::Picture(url) => {
                view! { <img src=url alt=name.clone()/>{opens(words::enlarge(&name), None)} }
            }
            Shown::Sound(url) => {
                view! { <audio class="sound" controls preload="metadata" src=url aria-label=words::sound()></audio> }
            }
            Shown::Other => view! { <span class="photo-none">{icon("note")}{words::attachment()}</span> },
            Shown::Elsewhere => opens(words::fetch_attachment(&name), Some(icon("download"))),
        })
    });
    view! { {tile}{viewer} }
}

/// Lets go of the bytes behind an address.
fn forget(shown: Option<Shown>) {
    if let Some(Shown::Picture(url) | Shown::Sound(url)) = shown {
        drop(web_sys::Url::revoke_object_url(&url));
    }
}

/// Several of them, in a list.
pub fn tiles(digests: &[Digest]) -> AnyView {
    let tiles = digests
        .iter()
        .enumerate()
        .map(|(index, digest)| view! { <li class="photo"><Tile digest=*digest number=index + 1/></li> })
        .collect_view();
    view! { <ul class="photos">{tiles}</ul> }
}
