//! The sheet over a record: a note, a correction, a step. What is begun in it is a draft, like a form.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    entry::{Action, Body, body_of},
    id::{EntryId, FieldId},
    kind::{Field, FieldType, Kind, Step},
    record::Record,
    tidy,
    validate::{self, is_empty},
};
use xunji_sync::pocket::{Addition, Doing, Draft};

use super::{
    autosave::{Autosave, Writing},
    record::tallies,
};
use crate::{
    components::{
        Alarms, Album, Attempt, FieldInput, Filled, FormSheet, Names, labelled, live, value_text, view,
    },
    platform,
    state::{App, Deed, use_app},
    words,
};

/// Something that is being added, and the record as it was when the sheet was opened.
#[derive(Clone)]
pub(super) struct Begun {
    record: Record,
    kind: Kind,
    adds: Addition,
    draft: Draft,
    names: Names,
}

impl Begun {
    fn step(&self) -> Option<&Step> {
        let Doing::Step { step } = &self.adds.doing else { return None };
        self.kind.workflow.steps.iter().find(|known| known.id == *step)
    }
}

/// What is being done, in the words of its button.
pub(super) fn doing_name(kind: Option<&Kind>, doing: &Doing) -> String {
    let name: &str = match doing {
        Doing::Note => words::add_note(),
        Doing::Amend => words::amend(),
        Doing::Ask => words::ask_back(),
        Doing::Explain { .. } => words::explain(),
        Doing::Step { step } => kind
            .and_then(|kind| kind.workflow.steps.iter().find(|known| known.id == *step))
            .map_or_else(|| words::next_step(), |step| words::label(&step.label)),
    };
    name.to_owned()
}

/// Opens the sheet with what was begun in it before, or empty; at a field, where one is named.
pub(super) async fn begin(
    app: App,
    record: Record,
    kind: Kind,
    doing: Doing,
    field: Option<FieldId>,
    adding: RwSignal<Option<Begun>, LocalStorage>,
) {
    let pocket = app.pocket();
    let kept = pocket.addition(record.id, &doing).await.ok().flatten();
    // What was begun about another field stays a draft.
    let about =
        |draft: &Draft| field.is_none() || draft.adds.as_ref().is_some_and(|adds| adds.field == field);
    let kept = kept.filter(about);
    let now = field.as_ref().and_then(|field| Some((field.clone(), record.fields.get(field)?.value.clone())));
    let draft = kept.unwrap_or_else(|| Draft {
        // Fixed with the draft, so that pressing twice saves once.
        id: platform::new_entry_id(),
        record: record.id,
        kind: record.kind.clone(),
        kind_version: record.kind_version,
        body: body_of(now),
        given: BTreeMap::new(),
        replaces: None,
        adds: None,
        changed_at: platform::now(),
    });
    let empty = Addition { doing, text: String::new(), field, attached: Vec::new() };
    let adds = draft.adds.clone().unwrap_or(empty);
    let names = Names::read(&pocket).await;
    adding.try_set(Some(Begun { record: before(app, record, &draft), kind, adds, draft, names }));
}

/// The record as whoever mends something of it has to see it: without what has come back.
fn before(app: App, record: Record, draft: &Draft) -> Record {
    draft.replaces.and_then(|parked| record.without(&app.pocket().kinds(), parked)).unwrap_or(record)
}

/// Where a draft is gone on with.
pub(super) fn place_of(draft: &Draft) -> String {
    match &draft.adds {
        Some(_) => format!("/records/{}?go-on={}", draft.record, draft.id),
        None => format!("/drafts/{}", draft.id),
    }
}

/// Opens the sheet of a draft.
pub(super) async fn go_on(app: App, draft: EntryId, adding: RwSignal<Option<Begun>, LocalStorage>) {
    let pocket = app.pocket();
    let Ok(Some(draft)) = pocket.draft(draft).await else { return };
    let Ok(Some(record)) = pocket.record(draft.record).await else { return };
    let kind = pocket.kinds().nearest(&record.kind, record.kind_version).cloned();
    if let (Some(kind), Some(adds)) = (kind, draft.adds.clone()) {
        let names = Names::read(&pocket).await;
        adding.try_set(Some(Begun { record: before(app, record, &draft), kind, adds, draft, names }));
    }
}

/// The sheet in which something is added to the record.
#[component]
pub(super) fn Adding(begun: Begun, adding: RwSignal<Option<Begun>, LocalStorage>) -> impl IntoView {
    let app = use_app();
    let step = begun.step().cloned();
    let Begun { record, kind, adds, draft, names } = begun;
    let now = adds.doing.clone();
    let title = doing_name(Some(&kind), &now);
    let current = record.body();
    let filled = Filled::new(draft.body.clone());
    let silent = step.as_ref().and_then(|step| offer(app, &record, &kind, &names, step, filled));
    let text = RwSignal::new(adds.text);
    let attached = RwSignal::new(adds.attached);
    let field = RwSignal::new(adds.field);
    let attempt = Attempt::default();
    let (id, replaces) = (draft.id, draft.replaces);
    let stored = StoredValue::new(kind.clone());
    let autosave = Autosave::new(app, draft);
    autosave.watch({
        let doing = now.clone();
        move || {
            let adds = Addition {
                doing: doing.clone(),
                text: text.get(),
                field: field.get(),
                attached: attached.get(),
            };
            Writing { body: filled.body.get(), given: BTreeMap::new(), adds: Some(adds) }
        }
    });
    // What is said here can't wait for a signal either.
    let typed = Signal::derive(move || {
        let mut body = filled.body.get();
        body.insert(FieldId::new("deed-text"), Value::String(text.get()));
        body
    });
    let alarms = view! { <Alarms kind=kind.clone() body=typed/> };
    let kept = autosave.kept;
    let autosave = StoredValue::new_local(autosave);

    let act = {
        let (now, step, current) = (now.clone(), step.clone(), current.clone());
        move || -> Option<Action> {
            let words_said = tidy::text(&text.get_untracked());
            match &now {
                Doing::Note if words_said.is_empty() => {
                    attached.with_untracked(|attached| !attached.is_empty()).then_some(Action::Attach {})
                }
                Doing::Note => Some(Action::Note { text: words_said }),
                Doing::Amend => {
                    let field = field.get_untracked()?;
                    let body = tidy::asked(&filled.body.get_untracked());
                    let to = body.get(&field).cloned().unwrap_or(Value::Null);
                    let problems = stored
                        .with_value(|kind| kind.field(&field).map(|known| validate::value(known, Some(&to))));
                    filled.problems.set(problems.clone().unwrap_or_default());
                    if problems.is_some_and(|problems| !problems.is_empty()) || words_said.is_empty() {
                        return None;
                    }
                    let from = current.get(&field).cloned().unwrap_or(Value::Null);
                    (from != to).then_some(Action::Amend { field, from, to, reason: words_said })
                }
                Doing::Ask => {
                    let field = field.get_untracked()?;
                    (!words_said.is_empty()).then_some(Action::Ask { field, text: words_said })
                }
                Doing::Explain { ask } => {
                    (!words_said.is_empty()).then_some(Action::Explain { ask: *ask, text: words_said })
                }
                Doing::Step { .. } => {
                    let step = step.as_ref()?;
                    let mut body = tidy::asked(&filled.body.get_untracked());
                    // A draft may be older than the definition.
                    body.retain(|field, _| step.asks.contains(field));
                    let problems = stored.with_value(|kind| validate::asked(kind, &step.asks, &body));
                    filled.problems.set(problems.clone());
                    problems.is_empty().then(|| Action::Step { step: step.id.clone(), body })
                }
            }
        }
    };
    let incomplete = match &now {
        Doing::Note => words::note_empty(),
        Doing::Amend => words::amend_incomplete(),
        Doing::Ask => words::ask_incomplete(),
        Doing::Explain { .. } => words::explain_incomplete(),
        Doing::Step { .. } => words::step_incomplete(),
    };
    let deed_of = {
        let record = record.clone();
        move |action| Deed {
            id,
            replaces,
            attachments: attached.get_untracked(),
            ..Deed::on(&record, action)
        }
    };
    let submit = Callback::new(move |()| {
        let (deed, saving) = (act().map(&deed_of), autosave.get_value());
        attempt.begin(async move {
            app.save_now(deed.ok_or_else(|| incomplete.to_owned())?).await?;
            app.say(words::saved_here().to_owned());
            saving.stop();
            adding.try_set(None);
            Ok(())
        });
    });
    let asked = match (&now, step) {
        (Doing::Note, _) => view! {
            <Words id="deed-text" label=words::note_text() text=text optional=true/>
            <Album
                id="deed-attachments".to_owned()
                label=words::note_attachments().to_owned()
                digests=attached.into()
                change=Callback::new(move |digests| attached.set(digests))
                all_sorts=true
            />
        },
        (Doing::Ask, _) => view! {
            <WhichField stored current field filled label=words::ask_which()/>
            <Words id="deed-text" label=words::ask_text() text=text/>
            <p class="hint">{words::asks_someone()}</p>
        },
        (Doing::Explain { ask }, _) => {
            let asked = match record.entry(*ask).map(|entry| (&entry.content.action, entry.content.author)) {
                Some((Action::Ask { text, .. }, author)) => words::ask_said(names.of(author), text),
                _ => String::new(),
            };
            view! {
                <p>{asked}</p>
                <Words id="deed-text" label=words::explain_text() text=text/>
            }
        }
        (Doing::Amend, _) => view! { <AmendFields stored current field filled text/> },
        // A definition that came meanwhile has no such step.
        (Doing::Step { .. }, None) => view! { <p>{words::reason_unknown_action()}</p> },
        (Doing::Step { .. }, Some(step)) if step.asks.is_empty() => view! { <p>{words::step_sure()}</p> },
        (Doing::Step { .. }, Some(step)) => {
            // Whoever hands a case up says why; what was tried before is known already.
            let upward = step.hands.as_ref().is_some_and(|hands| hands.level.is_some());
            let tried = if upward { tallies(&record, &kind) } else { Vec::new() };
            let tried = (!tried.is_empty()).then(|| view! { <p>{tried.join(words::list_comma())}</p> });
            let fields = step.asks.iter().filter(|id| silent.as_ref() != Some(*id));
            let fields = fields
                .filter_map(|id| kind.field(id).cloned())
                .map(|field| view! { <FieldInput kind=stored field=field filled=filled/> })
                .collect_view();
            view! { {tried}{fields} }
        }
    };
    // Closing keeps what was begun, like leaving a form; only 取消 throws it away.
    let close = Callback::new(move |()| adding.set(None));
    let throw_away = Callback::new(move |()| {
        let discard = autosave.get_value();
        spawn_local(async move {
            // Closed only once it is gone: whoever leaves at once must not find it again.
            discard.throw_away(id).await;
            adding.try_set(None);
        });
    });
    let note = live(move || kept.get().is_ok_and(|kept| kept).then(|| words::draft_kept()));
    let note = view! { <p class="quiet kept" role="status">{note}</p> };
    view! {
        <FormSheet title=title attempt=attempt submit=submit cancel=throw_away note=note on_close=close>
            {alarms}
            {asked}
        </FormSheet>
    }
}

/// Says whom the step may name, and fills in what leaves no choice: on whose behalf somebody speaks who sits at one of
/// the partners' desks only. Gives the field that need not be asked.
fn offer(
    app: App,
    record: &Record,
    kind: &Kind,
    names: &Names,
    step: &Step,
    filled: Filled,
) -> Option<FieldId> {
    let Some(part) = &step.part else {
        filled.receivers.set(names.receivers(kind, record, &app.pocket().county()));
        return None;
    };
    let me = app.signals.me.get_untracked()?;
    let desks = app.signals.desks.get_untracked();
    let mine = names.on_behalf(kind, record, me.id, &desks);
    let only = match mine.as_slice() {
        [only] => Some(only.value.clone()),
        _ => None,
    };
    filled.receivers.set(mine);
    filled.set(part, Value::String(only?));
    Some(part.clone())
}

/// Which field.
#[component]
fn WhichField(
    stored: StoredValue<Kind>,
    current: Body,
    field: RwSignal<Option<FieldId>>,
    filled: Filled,
    label: &'static str,
) -> impl IntoView {
    let offered = stored.with_value(|kind| {
        // Photos are added by 补充, never replaced; which record it came from is nobody's to type.
        let can_change = |field: &&Field| {
            !matches!(field.form, FieldType::Attachments | FieldType::Record) && kind.shows(field, &current)
        };
        let fields = kind.form().filter(can_change);
        fields.map(|field| (field.id.clone(), words::label(&field.label).to_owned())).collect::<Vec<_>>()
    });
    let options = offered
        .iter()
        .map(|(id, name)| {
            let chosen = field.with_untracked(|field| field.as_ref() == Some(id));
            view! { <option value=id.to_string() selected=chosen>{name.clone()}</option> }
        })
        .collect_view();
    let chosen = move |event| {
        let id = FieldId::new(event_target_value(&event));
        let before = current.get(&id).cloned().unwrap_or(Value::Null);
        filled.problems.set(Vec::new());
        filled.body.set(if is_empty(&before) { Body::new() } else { body_of([(id.clone(), before)]) });
        field.set((!id.as_str().is_empty()).then_some(id));
    };
    let select = view! {
        <select class="input" id="deed-field" on:change=chosen>
            <option value="">{words::please_choose()}</option>
            {options}
        </select>
    };
    labelled("deed-field", label, true, select)
}

/// Which field, what it should say, and why.
#[component]
fn AmendFields(
    stored: StoredValue<Kind>,
    current: Body,
    field: RwSignal<Option<FieldId>>,
    filled: Filled,
    text: RwSignal<String>,
) -> impl IntoView {
    let app = use_app();
    let of_input = current.clone();
    let input = live(move || {
        let known = stored.with_value(|kind| kind.field(&field.get()?).cloned())?;
        let before = of_input.get(&known.id).cloned().unwrap_or(Value::Null);
        let before =
            stored.with_value(|kind| value_text(Some(kind), Some(&known), &app.pocket().county(), &before));
        let before = if before.is_empty() { words::nothing_yet().to_owned() } else { before };
        Some(view! {
            <p class="hint">{words::now_says(before)}</p>
            <FieldInput kind=stored field=known filled=filled/>
        })
    });
    view! {
        <WhichField stored current field filled label=words::amend_which()/>
        {input}
        <Words id="deed-text" label=words::amend_reason() text=text/>
        <p class="hint">{words::both_kept()}</p>
    }
}

#[component]
fn Words(
    id: &'static str,
    label: &'static str,
    text: RwSignal<String>,
    #[prop(optional)] optional: bool,
) -> impl IntoView {
    let area = view! {
        <textarea
            class="input"
            id=id
            rows="3"
            autocomplete="off"
            on:input=move |event| text.set(event_target_value(&event))
        >
            {text.get_untracked()}
        </textarea>
    };
    labelled(id, label, !optional, area)
}
