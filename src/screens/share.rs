//! 分享来的照片: another app has handed over photos, and the person chooses which form takes them.
//!
//! The service worker takes them in its memory, the page's own script in its own as soon as it runs; nothing of them is
//! written anywhere until the phone is unlocked and a form is chosen. Then they go the way of every photo.

use leptos::prelude::*;
use serde_json::Value;
use web_sys::{File, Url};
use xunji_domain::{
    canonical::Digest,
    entry::Body,
    id::EntryId,
    kind::{Field, FieldType, Kind},
    validate::is_empty,
};
use xunji_sync::pocket::Draft;

use super::form::begin;
use crate::{
    components::{Attempt, Head, icon, keep_photo, live, title_of, view},
    platform,
    state::{App, loaded, storage_sentence, use_app},
    words,
};

/// The screen.
#[component]
pub fn Share() -> impl IntoView {
    let app = use_app();
    let found = loaded(move || async move {
        (platform::shared_photos().await, app.pocket().drafts().await.unwrap_or_default())
    });
    live(move || {
        let (files, drafts) = found.get()?;
        Some(match files.is_empty() {
            true => nothing(),
            false => view! { <Choose files=files drafts=drafts/> },
        })
    })
}

fn nothing() -> AnyView {
    view! {
        <Head title=words::shared_photos().to_owned() back="/"/>
        <div class="paper empty">
            {icon("camera")}
            <h2>{words::shared_nothing()}</h2>
            <p>{words::shared_nothing_what_to_do()}</p>
            <a href="/" class="btn primary">{words::back_to_today()}</a>
        </div>
    }
}

#[component]
fn Choose(files: Vec<File>, drafts: Vec<Draft>) -> impl IntoView {
    let app = use_app();
    let kinds = app.pocket().kinds();
    let urls: Vec<_> = files.iter().flat_map(|file| Url::create_object_url_with_blob(file)).collect();
    let pictures = urls
        .iter()
        .enumerate()
        .map(|(index, url)| {
            view! { <li class="photo"><img src=url.clone() alt=words::photo_number(index + 1)/></li> }
        })
        .collect_view();
    on_cleanup(move || urls.iter().for_each(|url| drop(Url::revoke_object_url(url))));
    let attempt = Attempt::default();
    let count = files.len();
    let files = StoredValue::new_local(files);
    let take = Callback::new(move |into: Into| {
        attempt.begin(async move {
            let id = keep(app, files.get_value(), into).await?;
            platform::forget_shared();
            app.address.go_for_good(&format!("/drafts/{id}"));
            Ok(())
        });
    });
    let begun: Vec<_> = drafts
        .into_iter()
        // What is added to a record is gone on with from there.
        .filter(|draft| draft.adds.is_none())
        .filter(|draft| {
            let kind = kinds.nearest(&draft.kind, draft.kind_version);
            kind.is_some_and(|kind| photos(kind).is_some_and(|field| takes(field, &draft.body)))
        })
        .map(|draft| {
            let (kind, version) = (draft.kind.as_str(), draft.kind_version);
            let title = title_of(&kinds, &app.pocket().county(), kind, version, &draft.body);
            let changed = platform::format_moment(draft.changed_at.to_utc());
            view! {
                <button
                    class="btn wide choose"
                    type="button"
                    on:click=move |_| take.run(Into::Draft(draft.clone()))
                >
                    <strong>{title}</strong>
                    <span class="quiet">{changed}</span>
                    {icon("chevron")}
                </button>
            }
        })
        .collect();
    let anew = kinds
        .current()
        .filter(|kind| photos(kind).is_some())
        .map(|kind| {
            let (name, picture, kind) =
                (words::label(&kind.begin).to_owned(), kind.icon.clone(), kind.clone());
            view! {
                <button class="btn wide" type="button" on:click=move |_| take.run(Into::New(kind.clone()))>
                    {icon(&picture)}{name}
                </button>
            }
        })
        .collect_view();
    view! {
        <Head title=words::shared_photos().to_owned() back="/"/>
        <div class="stack narrow">
            {attempt.alert()}
            <ul class="photos" aria-label=words::photo_count(count)>{pictures}</ul>
            <p>{words::shared_into_which()}</p>
            <section class="stack" aria-busy=move || attempt.is_busy().to_string()>{anew}</section>
            {(!begun.is_empty()).then(|| {
                view! {
                    <section class="stack">
                        <h2 class="head">{words::go_on_with()}</h2>
                        {begun}
                    </section>
                }
            })}
            <p class="quiet">{words::shared_not_kept_yet()}</p>
        </div>
    }
}

/// The form that takes them.
#[derive(Clone)]
enum Into {
    New(Kind),
    Draft(Draft),
}

/// Keeps the photos, then the form that names them; gives the form's id.
async fn keep(app: App, files: Vec<File>, into: Into) -> Result<EntryId, String> {
    let gathering = app.signals.gather();
    let mut digests = Vec::<Digest>::new();
    let mut wrong = Vec::new();
    for file in &files {
        match keep_photo(app, file).await {
            Ok(digest) => digests.push(digest),
            Err(sentence) => wrong.push(sentence),
        }
    }
    drop(gathering);
    if digests.is_empty() {
        return Err(wrong.pop().unwrap_or_else(|| words::shared_nothing().to_owned()));
    }
    let (mut draft, kind) = match into {
        Into::New(kind) => (begin(app, kind.clone(), None).await, Some(kind)),
        Into::Draft(draft) => {
            let kind = app.pocket().kinds().nearest(&draft.kind, draft.kind_version).cloned();
            (draft, kind)
        }
    };
    if let Some(field) = kind.as_ref().and_then(photos) {
        draft.given.remove(&field.id);
        add(&mut draft.body, field, &digests);
    }
    draft.changed_at = platform::now();
    app.pocket().put_draft(&draft).await.map_err(|error| storage_sentence(&error))?;
    app.changed();
    if !wrong.is_empty() {
        app.say(words::shared_not_all(wrong.len()));
    }
    Ok(draft.id)
}

/// The field of a ledger's form that takes photos.
fn photos(kind: &Kind) -> Option<&Field> {
    kind.form().find(|field| field.form == FieldType::Attachments)
}

/// Whether a form shows that field, or would without changing an answer that was given.
fn takes(field: &Field, body: &Body) -> bool {
    field.shown_when.as_ref().is_none_or(|condition| {
        body.get(&condition.field).is_none_or(|value| is_empty(value) || condition.is.contains(value))
    })
}

/// Adds the photos to the form, and the answer under which it shows them.
fn add(body: &mut Body, field: &Field, digests: &[Digest]) {
    if let Some(condition) = &field.shown_when
        && body.get(&condition.field).is_none_or(is_empty)
        && let Some(answer) = condition.is.first()
    {
        body.insert(condition.field.clone(), answer.clone());
    }
    let mut all = body.get(&field.id).and_then(Value::as_array).cloned().unwrap_or_default();
    for digest in digests.iter().map(|digest| Value::String(digest.to_string())) {
        if !all.contains(&digest) {
            all.push(digest);
        }
    }
    body.insert(field.id.clone(), Value::Array(all));
}
