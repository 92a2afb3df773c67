//! The form of any ledger: begun from what was the same last time, kept at every change, saved as one entry.

use std::{cell::RefCell, rc::Rc};

use gloo::{events::EventListener, timers::callback::Timeout};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Body},
    id::{EntryId, FieldId, KindId, RecordId, Revision},
    kind::{FieldType, Kind, Prefill},
    validate::{self, Problem, is_empty},
};
use xunji_sync::pocket::Draft;

use super::NotFound;
use crate::{
    components::{FieldInput, Filled, Head, ProblemList, icon},
    platform,
    state::{App, Deed, storage_sentence, use_app},
    words,
};

/// How long after the last change a draft is kept, in milliseconds.
const PAUSE: u32 = 300;

/// `/new/:kind`: a new form.
#[component]
pub fn Form() -> impl IntoView {
    let app = use_app();
    let params = use_params_map();
    move || {
        let kind = KindId::new(params.read().get("kind").unwrap_or_default());
        match app.pocket().kinds().newest(&kind).cloned() {
            None => view! { <NotFound/> }.into_any(),
            Some(kind) => {
                let begun = LocalResource::new({
                    let kind = kind.clone();
                    move || begin(app, kind.clone())
                });
                (move || {
                    let (draft, same) = begun.get()?;
                    Some(view! { <OpenForm kind=kind.clone() draft=draft same=same/> })
                })
                .into_any()
            }
        }
    }
}

/// `/drafts/:id`: a form to go on with.
#[component]
pub fn ReturnToDraft() -> impl IntoView {
    let app = use_app();
    let params = use_params_map();
    let found = LocalResource::new(move || {
        let id = params.read().get("id").and_then(|id| id.parse::<EntryId>().ok());
        async move {
            let draft = app.pocket().draft(id?).await.ok()??;
            let kind = app.pocket().kinds().nearest(&draft.kind, draft.kind_version)?.clone();
            Some((kind, draft))
        }
    });
    move || {
        Some(match found.get()? {
            Some((kind, draft)) => view! { <OpenForm kind=kind draft=draft same=Vec::new()/> }.into_any(),
            None => view! { <NotFound/> }.into_any(),
        })
    }
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

/// Keeps the draft a moment after the last change, and at once when the app leaves the screen.
#[derive(Clone)]
struct Autosave {
    app: App,
    draft: Rc<RefCell<Draft>>,
    timer: Rc<RefCell<Option<Timeout>>>,
    kept: RwSignal<Result<bool, String>>,
}

impl Autosave {
    fn changed(&self, body: Body) {
        self.draft.borrow_mut().body = body;
        mark_dirty(true);
        let this = self.clone();
        let timer = Timeout::new(PAUSE, move || this.keep());
        self.timer.replace(Some(timer));
        self.kept.try_set(Ok(false));
    }

    fn keep(&self) {
        if self.timer.take().is_none() {
            return;
        }
        let mut draft = self.draft.borrow().clone();
        draft.changed_at = platform::now();
        let (app, kept) = (self.app, self.kept);
        spawn_local(async move {
            let done = app.pocket().put_draft(&draft).await;
            kept.try_set(done.map(|()| true).map_err(|error| storage_sentence(&error)));
        });
    }

    /// Nothing is left to keep: the form has been saved or thrown away.
    fn stop(&self) {
        self.timer.take();
        mark_dirty(false);
    }
}

/// Tells the page's own script that a form is open, so that an update waits.
fn mark_dirty(dirty: bool) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        drop(if dirty {
            root.set_attribute("data-dirty", "true")
        } else {
            root.remove_attribute("data-dirty")
        });
    }
}

#[component]
fn OpenForm(kind: Kind, draft: Draft, same: Vec<FieldId>) -> impl IntoView {
    let app = use_app();
    let filled = Filled::new(draft.body.clone());
    filled.same.set(same.into_iter().collect());
    let stored = StoredValue::new(kind.clone());
    let (entry, record, replaces) = (draft.id, draft.record, draft.replaces);
    let autosave = Autosave {
        app,
        draft: Rc::new(RefCell::new(draft)),
        timer: Rc::default(),
        kept: RwSignal::new(Ok(false)),
    };
    let kept = autosave.kept;
    keep_while_open(&autosave, filled);

    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let navigate = use_navigate();
    let saving = autosave.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        failure.set(None);
        let body = stored.with_value(|kind| tidy(kind, filled.body.get_untracked()));
        let problems = stored.with_value(|kind| validate::form(kind, &body));
        filled.problems.set(problems.clone());
        if !problems.is_empty() {
            return;
        }
        busy.set(true);
        let (kind, version) = stored.with_value(|kind| (kind.id.clone(), kind.version));
        let attachments = stored.with_value(|kind| attachments(kind, &body));
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
        let (saving, navigate) = (saving.clone(), navigate.clone());
        app.save(deed, move |saved: Result<RecordId, String>| match saved {
            Ok(record) => {
                saving.stop();
                // The form is done with: going back from the record leads to where the form was opened.
                let options = NavigateOptions { replace: true, ..Default::default() };
                navigate(&format!("/records/{record}"), options);
            }
            Err(sentence) => {
                busy.try_set(false);
                failure.try_set(Some(sentence));
            }
        });
    };

    let shown = Memo::new(move |_| {
        filled.body.with(|body| {
            stored.with_value(|kind| {
                kind.form()
                    .filter(|field| kind.shows(field, body))
                    .map(|field| field.id.clone())
                    .collect::<Vec<_>>()
            })
        })
    });
    let input = move |id: FieldId| {
        let field = stored.with_value(|kind| kind.field(&id).cloned());
        field.map(|field| view! { <FieldInput kind=stored field=field filled=filled/> })
    };
    let discard = autosave.clone();
    let back = use_navigate();
    let throw_away = move |_| {
        discard.stop();
        let back = back.clone();
        spawn_local(async move {
            drop(app.pocket().delete_draft(entry).await);
            app.changed();
            back("/", Default::default());
        });
    };
    let note = move || match kept.get() {
        Ok(true) => view! { {icon("check")}{words::draft_kept()} }.into_any(),
        Ok(false) => ().into_any(),
        Err(sentence) => view! { {icon("warning")}{sentence} }.into_any(),
    };
    view! {
        {kind.emergency.then(|| {
            view! { <a class="emergency" href="tel:110">{icon("phone")}{words::call_110()}</a> }
        })}
        <Head title=words::label(&kind.name).to_owned() back="/"/>
        <form class="form" novalidate on:submit=submit>
            <ProblemList kind=kind.clone() problems=filled.problems/>
            {move || {
                failure.get().map(|sentence| {
                    view! { <div class="alert" role="alert">{icon("warning")}<p>{sentence}</p></div> }
                })
            }}
            <p class="legend">{words::is_required()}</p>
            {kind.confidential.then(|| view! { <p class="hint">{words::confidential_hint()}</p> })}
            <For each=move || shown.get() key=|id| id.clone() children=input/>
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

/// Keeps the draft as long as the form is open, and once more when it is left.
fn keep_while_open(autosave: &Autosave, filled: Filled) {
    let watching = autosave.clone();
    Effect::watch(move || filled.body.get(), move |body, _, _| watching.changed(body.clone()), false);
    let hiding = autosave.clone();
    let document = web_sys::window().and_then(|window| window.document());
    let listener =
        document.map(|document| EventListener::new(&document, "visibilitychange", move |_| hiding.keep()));
    let kept = StoredValue::new_local((autosave.clone(), listener));
    on_cleanup(move || {
        kept.try_update_value(|(autosave, listener)| {
            listener.take();
            autosave.keep();
            mark_dirty(false);
        });
    });
}

/// What is saved: without what the form doesn't show, without what says nothing, without blanks at the ends.
fn tidy(kind: &Kind, body: Body) -> Body {
    let shown = |id: &FieldId| kind.field(id).is_none_or(|field| kind.shows(field, &body));
    let kept = body.iter().filter(|(id, value)| shown(id) && !is_empty(value));
    kept.map(|(id, value)| (id.clone(), trim(value))).collect()
}

fn trim(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.trim().to_owned()),
        Value::Array(items) => items.iter().map(trim).collect(),
        Value::Object(parts) => parts.iter().map(|(part, value)| (part.clone(), trim(value))).collect(),
        other => other.clone(),
    }
}

fn attachments(kind: &Kind, body: &Body) -> Vec<Digest> {
    let fields = kind.fields.iter().filter(|field| field.form == FieldType::Attachments);
    let values = fields.filter_map(|field| body.get(&field.id)?.as_array());
    values.flatten().filter_map(|item| item.as_str()?.parse().ok()).collect()
}

/// What is wrong with a form, for the dialogs that ask for some of its fields.
pub(super) fn tidy_asked(body: Body) -> Body {
    body.iter().filter(|(_, value)| !is_empty(value)).map(|(id, value)| (id.clone(), trim(value))).collect()
}

/// The problems of some fields.
pub(super) fn asked_problems(kind: &Kind, asks: &[FieldId], body: &Body) -> Vec<Problem> {
    validate::asked(kind, asks, body)
}
