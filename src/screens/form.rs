//! The form of any ledger: begun from what was the same last time, kept at every change, saved as one entry.

use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    entry::{Action, Body},
    id::{EntryId, FieldId, KindId, RecordId, Revision},
    kind::{FieldType, Kind, Prefill},
    validate::{self, Problem, is_empty},
};
use xunji_sync::pocket::Draft;

use super::{NotFound, autosave::Autosave};
use crate::{
    components::{FieldInput, Filled, Head, ProblemList, Show, alert, icon, live, view},
    platform,
    state::{App, Deed, loaded, use_app},
    words,
};

/// `/new/…`: a new form.
#[component]
pub fn Form(kind: String) -> impl IntoView {
    let app = use_app();
    let Some(kind) = app.pocket().kinds().newest(&KindId::new(kind)).cloned() else {
        return view! { <NotFound/> };
    };
    let begun = loaded({
        let kind = kind.clone();
        move || begin(app, kind.clone())
    });
    live(move || {
        let (draft, same) = begun.get()?;
        Some(view! { <OpenForm kind=kind.clone() draft=draft same=same/> })
    })
}

/// `/drafts/…`: a form to go on with.
#[component]
pub fn ReturnToDraft(id: String) -> impl IntoView {
    let app = use_app();
    let id = id.parse::<EntryId>().ok();
    let found = loaded(move || async move {
        let draft = app.pocket().draft(id?).await.ok()??;
        let kind = app.pocket().kinds().nearest(&draft.kind, draft.kind_version)?.clone();
        Some((kind, draft))
    });
    live(move || {
        Some(match found.get()? {
            Some((kind, draft)) => view! { <OpenForm kind=kind draft=draft same=Vec::new()/> },
            None => view! { <NotFound/> },
        })
    })
}

/// A new draft with what can be known beforehand, and the fields that are as they were last time.
async fn begin(app: App, kind: Kind) -> (Draft, Vec<FieldId>) {
    let last = app.pocket().last(&kind.id).await.ok().flatten().unwrap_or_default();
    let mut body = Body::new();
    let mut same = Vec::new();
    for field in kind.form() {
        let value = match field.prefill {
            Some(Prefill::Last) => last.get(&field.id).cloned(),
            Some(Prefill::Now) => Some(Value::String(match field.form {
                FieldType::Date => platform::today(),
                _ => platform::now_local_minute(),
            })),
            Some(Prefill::Village) | None => None,
        };
        if field.prefill == Some(Prefill::Last) && value.is_some() {
            same.push(field.id.clone());
        }
        // Before there is a last time, a worker's own village is the best guess.
        let own = || {
            app.signals.me.with_untracked(|me| me.as_ref().map(|me| Value::String(me.village.to_string())))
        };
        let value = if field.id == kind.village { value.or_else(own) } else { value };
        if let Some(value) = value {
            body.insert(field.id.clone(), value);
        }
    }
    let draft = Draft {
        id: platform::new_entry_id(),
        record: platform::new_record_id(),
        kind: kind.id,
        kind_version: kind.version,
        body,
        replaces: None,
        changed_at: platform::now(),
    };
    (draft, same)
}

#[component]
fn OpenForm(kind: Kind, draft: Draft, same: Vec<FieldId>) -> impl IntoView {
    let app = use_app();
    let filled = Filled::new(draft.body.clone());
    filled.same.set(same);
    let stored = StoredValue::new(kind.clone());
    let (entry, record, replaces) = (draft.id, draft.record, draft.replaces);
    let autosave = Autosave::new(app, draft);
    let kept = autosave.kept;
    autosave.watch(filled);

    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let saving = autosave.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        failure.set(None);
        let body = stored.with_value(|kind| tidy(kind, &filled.body.get_untracked()));
        let problems = stored.with_value(|kind| validate::form(kind, &body));
        filled.problems.set(problems.clone());
        if !problems.is_empty() {
            return;
        }
        busy.set(true);
        let (kind, version) = stored.with_value(|kind| (kind.id.clone(), kind.version));
        let attachments = stored.with_value(|kind| kind.attachments(&body));
        let deed = Deed {
            id: entry,
            record,
            kind,
            kind_version: version,
            basis: Revision(0),
            replaces,
            action: Action::Open { body },
            attachments,
        };
        let saving = saving.clone();
        app.save(deed, move |saved: Result<RecordId, String>| match saved {
            Ok(record) => {
                saving.stop();
                // The form is done with: going back from the record leads to where the form was opened.
                app.address.go_for_good(&format!("/records/{record}"));
            }
            Err(sentence) => {
                busy.try_set(false);
                failure.try_set(Some(sentence));
            }
        });
    };

    let inputs = kind
        .form()
        .map(|field| {
            let (field, asked) = (field.clone(), field.clone());
            let shown = move || filled.body.with(|body| stored.with_value(|kind| kind.shows(&asked, body)));
            view! {
                <Show when=shown>
                    <FieldInput kind=stored field=field.clone() filled=filled/>
                </Show>
            }
        })
        .collect_view();
    let discard = autosave.clone();
    let throw_away = move |_| {
        let discard = discard.clone();
        spawn_local(async move {
            discard.throw_away(entry).await;
            app.address.go("/");
        });
    };
    let note = live(move || match kept.get() {
        Ok(true) => view! { {icon("check")}{words::draft_kept()} },
        Ok(false) => ().into_any(),
        Err(sentence) => view! { {icon("warning")}{sentence} },
    });
    view! {
        {kind.emergency.then(|| {
            view! { <a class="emergency" href="tel:110">{icon("phone")}{words::call_110()}</a> }
        })}
        <Head title=words::label(&kind.name).to_owned() back="/"/>
        <form class="form" novalidate autocomplete="off" on:submit=submit>
            <ProblemList kind=kind.clone() problems=filled.problems/>
            {live(move || failure.get().map(alert))}
            <p class="legend">{words::is_required()}</p>
            {kind.confidential.then(|| view! { <p class="hint">{words::confidential_hint()}</p> })}
            {inputs}
            <button class="btn plain" type="button" on:click=throw_away>{words::throw_away()}</button>
            <div class="bar savebar">
                <p class="quiet" role="status">{note}</p>
                <button class="btn primary" type="submit" aria-busy=move || busy.get().to_string()>
                    {words::save()}
                </button>
            </div>
        </form>
    }
}

/// What is saved: without what the form doesn't show, without what says nothing, without blanks at the ends.
fn tidy(kind: &Kind, body: &Body) -> Body {
    tidied(body, &|id| kind.field(id).is_none_or(|field| kind.shows(field, body)))
}

fn tidied(body: &Body, shown: &dyn Fn(&FieldId) -> bool) -> Body {
    let mut tidy = Body::new();
    for (id, value) in body.iter().filter(|(id, value)| shown(id) && !is_empty(value)) {
        let mut value = value.clone();
        trim(&mut value);
        tidy.insert(id.clone(), value);
    }
    tidy
}

fn trim(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.trim().to_owned(),
        Value::Array(items) => items.iter_mut().for_each(trim),
        Value::Object(parts) => parts.values_mut().for_each(trim),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same for the dialogs that ask for some of its fields.
pub(super) fn tidy_asked(body: &Body) -> Body {
    tidied(body, &|_| true)
}

/// The problems of some fields.
pub(super) fn asked_problems(kind: &Kind, asks: &[FieldId], body: &Body) -> Vec<Problem> {
    validate::asked(kind, asks, body)
}
