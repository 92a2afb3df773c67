//! Photos: read at once, drawn anew smaller and without what the camera wrote beside the picture, and kept in the
//! pocket before the form says so.

use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlInputElement};
use xunji_domain::{canonical::Digest, id::FieldId, kind::Field};

use super::{Filled, control_id};
use crate::{
    components::{icon, live, view},
    platform,
    state::{App, storage_sentence, use_app},
    words,
};

/// The longest edge of a kept photo, in pixels: enough for reading a notice on a wall.
const EDGE: u32 = 1600;

/// Photos of what was found.
#[component]
pub(super) fn Photos(field: Field, filled: Filled) -> impl IntoView {
    let app = use_app();
    let id = control_id(&field.id, None, None);
    let wrong = RwSignal::new(None::<String>);
    let (of_list, of_pick) = (field.id.clone(), field.id.clone());
    let digests = Memo::new(move |_| digests(filled.get(&of_list).as_ref()));
    let pick = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        let files = input.files();
        let files: Vec<File> =
            files.iter().flat_map(|list| (0..list.length()).filter_map(|index| list.get(index))).collect();
        wrong.set(None);
        let field = of_pick.clone();
        spawn_local(async move {
            for file in files {
                if let Err(sentence) = keep(app, filled, &field, &file).await {
                    wrong.try_set(Some(sentence));
                }
            }
            // So that picking the same photo again is an event again.
            input.set_value("");
        });
    };
    let label = words::label(&field.label).to_owned();
    let label_id = format!("{id}-label");
    let rows = live(move || {
        let field = field.id.clone();
        digests
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, digest)| {
                let field = field.clone();
                let remove = move |_| {
                    let mut left = digests.get_untracked();
                    left.retain(|other| *other != digest);
                    filled.set(&field, list(&left));
                };
                view! {
                    <li class="photo">
                        <Photo digest=digest number=index + 1/>
                        <button
                            class="icon-btn"
                            type="button"
                            aria-label=words::remove(words::photo_number(index + 1))
                            on:click=remove
                        >
                            {icon("close")}
                        </button>
                    </li>
                }
            })
            .collect_view()
    });
    view! {
        <div class="field">
            <span class="label" id=label_id.clone()>{label}</span>
            <p class="hint">{words::photo_hint()}</p>
            <ul class="photos">
                {rows}
                <li class="photo-add">
                    <input
                        id=id
                        type="file"
                        accept="image/*"
                        multiple
                        aria-labelledby=label_id
                        on:change=pick
                    />
                    {icon("camera")}
                    <span aria-hidden="true">{words::photo_add()}</span>
                </li>
            </ul>
            {move || wrong.get().map(|sentence| view! { <p class="error" role="alert">{icon("warning")}{sentence}</p> })}
        </div>
    }
}

/// A photo out of the pocket.
#[component]
pub fn Photo(digest: Digest, number: usize) -> impl IntoView {
    let app = use_app();
    let url = RwSignal::new(None::<String>);
    spawn_local(async move {
        if let Ok(Some(bytes)) = app.pocket().blob(digest).await {
            url.try_set(Some(platform::url_of(&bytes, "image/jpeg")));
        }
    });
    on_cleanup(move || {
        if let Some(url) = url.try_get_untracked().flatten() {
            drop(web_sys::Url::revoke_object_url(&url));
        }
    });
    live(move || url.get().map(|url| view! { <img src=url alt=words::photo_number(number)/> }))
}

async fn keep(app: App, filled: Filled, field: &FieldId, file: &File) -> Result<(), String> {
    let bytes = platform::bytes_of(file).await.ok_or_else(|| words::photo_unreadable().to_owned())?;
    let small = platform::shrink(&bytes, &file.type_(), EDGE).await;
    let small = small.ok_or_else(|| words::photo_unreadable().to_owned())?;
    let digest = platform::digest_of(&small).await.ok_or_else(|| words::needs_https().to_owned())?;
    app.pocket().put_blob(digest, small).await.map_err(|error| storage_sentence(&error))?;
    if let Some(current) = filled.body.try_with_untracked(|body| body.get(field).cloned()) {
        let mut all = digests(current.as_ref());
        if !all.contains(&digest) {
            all.push(digest);
        }
        filled.set(field, list(&all));
    }
    Ok(())
}

fn digests(value: Option<&Value>) -> Vec<Digest> {
    let items = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item.as_str()?.parse().ok()).collect()
}

fn list(digests: &[Digest]) -> Value {
    if digests.is_empty() {
        Value::Null
    } else {
        digests.iter().map(|digest| Value::String(digest.to_string())).collect()
    }
}
