//! The form of any ledger: begun from what was the same last time, kept at every change, saved as one entry.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    entry::{Action, Body},
    id::{EntryId, KindId, RecordId, Revision},
    kind::{Field, FieldType, Kind, Prefill},
    tidy, validate,
};
use xunji_sync::pocket::{Draft, Source};

use super::{
    NotFound,
    autosave::{Autosave, Writing},
};
use crate::{
    address::query,
    components::{
        Alarms, EmergencyLine, FieldInput, Filled, Head, ProblemList, Show, alert, icon, in_turn, live, view,
    },
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
    let from = query("from").and_then(|id| id.parse().ok());
    let begun = loaded({
        let kind = kind.clone();
        move || begin(app, kind.clone(), from)
    });
    live(move || Some(view! { <OpenForm kind=kind.clone() draft=begun.get()?/> }))
}

/// `/drafts/…`: a form to go on with.
#[component]
pub fn ReturnToDraft(id: String) -> impl IntoView {
    let app = use_app();
    let id = id.parse::<EntryId>().ok();
    let found = loaded(move || async move {
        // What is being added to a record opens over that record.
        let draft = app.pocket().draft(id?).await.ok()?.filter(|draft| draft.adds.is_none())?;
        let kind = app.pocket().kinds().nearest(&draft.kind, draft.kind_version)?.clone();
        Some((kind, draft))
    });
    live(move || {
        Some(match found.get()? {
            Some((kind, draft)) => view! { <OpenForm kind=kind draft=draft/> },
            None => view! { <NotFound/> },
        })
    })
}

/// A new draft with what can be known beforehand, and where that comes from: the record that it is to be written after
/// the pattern of, or that turns into this one; and last time.
pub(super) async fn begin(app: App, kind: Kind, from: Option<RecordId>) -> Draft {
    let last = app.pocket().last(&kind.id).await.ok().flatten().unwrap_or_default();
    let (mut body, source) = match from {
        Some(from) => taken_from(app, &kind, from).await,
        None => (Body::new(), Source::LastTime),
    };
    let mut given: BTreeMap<_, _> = body.keys().map(|field| (field.clone(), source)).collect();
    let open: Vec<_> = kind.form().filter(|field| !body.contains_key(&field.id)).collect();
    for field in open {
        let value = match field.prefill {
            Some(Prefill::Last) => last.get(&field.id).cloned(),
            Some(Prefill::Now) => Some(Value::String(match field.form {
                FieldType::Date => platform::today(),
                _ => platform::now_local_minute(),
            })),
            Some(Prefill::Village) | None => None,
        };
        if field.prefill == Some(Prefill::Last) && value.is_some() {
            given.insert(field.id.clone(), Source::LastTime);
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
    Draft {
        id: platform::new_entry_id(),
        record: platform::new_record_id(),
        kind: kind.id,
        kind_version: kind.version,
        body,
        given,
        replaces: None,
        adds: None,
        changed_at: platform::now(),
    }
}

/// What an earlier record gives to a new form.
async fn taken_from(app: App, kind: &Kind, from: RecordId) -> (Body, Source) {
    let none = (Body::new(), Source::LastTime);
    let pocket = app.pocket();
    let Ok(Some(record)) = pocket.record(from).await else { return none };
    let body = record.body();
    if record.kind == kind.id {
        return (kind.patterned(&body), Source::Copied);
    }
    let kinds = pocket.kinds();
    let becomes = kinds
        .newest(&record.kind)
        .and_then(|origin| origin.may_become(&body, &record.state).find(|becomes| becomes.kind == kind.id));
    becomes.map_or(none, |becomes| (becomes.carried(kind, from, &body), Source::Carried))
}

#[component]
fn OpenForm(kind: Kind, draft: Draft) -> impl IntoView {
    let app = use_app();
    let filled = Filled::new(draft.body.clone());
    filled.given.set(draft.given.clone());
    let (of_recent, recent) = (kind.id.clone(), filled.recent);
    spawn_local(async move {
        recent.try_set(app.pocket().recent(&of_recent).await.unwrap_or_default());
    });
    let stored = StoredValue::new(kind.clone());
    let (entry, record, replaces) = (draft.id, draft.record, draft.replaces);
    let autosave = Autosave::new(app, draft);
    let kept = autosave.kept;
    autosave.watch(move || Writing { body: filled.body.get(), given: filled.given.get(), adds: None });

    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let saving = autosave.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        failure.set(None);
        let body = stored.with_value(|kind| tidy::form(kind, &filled.body.get_untracked()));
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

    let input = |field: &Field| {
        let field = field.clone();
        in_turn(move || {
            let (field, asked) = (field.clone(), field.clone());
            let shown = move || filled.body.with(|body| stored.with_value(|kind| kind.shows(&asked, body)));
            view! {
                <Show when=shown>
                    <FieldInput kind=stored field=field.clone() filled=filled/>
                </Show>
            }
        })
    };
    let inputs = kind.form().map(input).collect_view();
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
    let secret = match (kind.confidential, kind.desk) {
        (true, None) => Some(words::confidential_hint()),
        (_, Some(_)) => Some(words::county_only_hint()),
        (false, None) => None,
    };
    view! {
        <EmergencyLine kind=kind.clone() body=filled.body/>
        <Head title=words::label(&kind.name).to_owned() back="/"/>
        <form class="form" novalidate autocomplete="off" on:submit=submit>
            <ProblemList kind=kind.clone() problems=filled.problems/>
            {live(move || failure.get().map(alert))}
            <p class="legend">{words::is_required()}</p>
            {secret.map(|sentence| view! { <p class="hint">{sentence}</p> })}
            <Alarms kind=kind body=filled.body/>
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
