//! A record: its facts first, then 经过, and what this person may do next.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Body, body_of},
    id::{FieldId, RecordId},
    kind::{FieldType, Kind, Step},
    person::Worker,
    record::Record,
    tidy,
    validate::{self, is_empty},
    workflow,
};

use super::{NotFound, form::asked_problems, onward::Onward};
use crate::{
    components::{
        Alarms, Album, CameFrom, Facts, FieldInput, Filled, Head, Sheet, Timeline, alert, icon, live,
        title_of, value_text, view, watch,
    },
    platform,
    state::{Deed, loaded, use_app},
    words,
};

/// What the open sheet is for.
#[derive(Clone, PartialEq)]
enum Doing {
    Note,
    Amend,
    Step(Step),
}

/// The record that is open.
#[component]
pub fn RecordPage(open: Memo<Option<String>>) -> impl IntoView {
    let app = use_app();
    let found = loaded(move || {
        app.signals.changed.track();
        let id = open.get().and_then(|id| id.parse::<RecordId>().ok());
        async move {
            let record = app.pocket().record(id?).await.ok()??;
            let people = app.pocket().people().await.unwrap_or_default();
            Some((record, people))
        }
    });
    let doing = RwSignal::new(None::<Doing>);
    let seen = StoredValue::new_local(None::<Record>);
    // Drawn anew only when something about it is new: what arrives is mostly about others, and closes what is open here.
    let known = Memo::new(move |_| {
        let found = found.get()?;
        let kinds = app.pocket().kinds();
        let kind = found.as_ref().and_then(|(record, _)| kinds.nearest(&record.kind, record.kind_version));
        Some((found.clone(), kind.cloned()))
    });
    let page = live(move || {
        Some(match known.get()?.0 {
            Some((record, people)) => {
                seen.set_value(Some(record.clone()));
                view! { <Shown record=record people=people doing=doing/> }
            }
            None => view! { <NotFound/> },
        })
    });
    // Another record, by the browser's own keys.
    watch(move || {
        open.track();
        doing.set(None);
    });
    // Not a part of what is drawn anew whenever something arrives: what is half typed stays, and rests on the record as
    // it was when the sheet was opened.
    let sheet = live(move || {
        let (now, record) = (doing.get()?, seen.get_value()?);
        let kind = app.pocket().kinds().nearest(&record.kind, record.kind_version).cloned()?;
        Some(view! { <Deeds record=record kind=kind now=now doing=doing/> })
    });
    view! { {page}{sheet} }
}

#[component]
fn Shown(record: Record, mut people: Vec<Worker>, doing: RwSignal<Option<Doing>>) -> impl IntoView {
    let app = use_app();
    let pocket = app.pocket();
    let me = app.signals.me.get_untracked();
    people.extend(me.clone());
    let kind = pocket.kinds().nearest(&record.kind, record.kind_version).cloned();
    let county = StoredValue::new_local(pocket.county());
    let title = title_of(
        &pocket.kinds(),
        &pocket.county(),
        record.kind.as_str(),
        record.kind_version,
        &record.body(),
    );
    let state = kind
        .as_ref()
        .and_then(|kind| kind.state(&record.state))
        .map(|state| words::label(&state.label).to_owned());
    let steps: Vec<Step> = match (&kind, &me) {
        (Some(kind), Some(me)) => workflow::open_steps(kind, &record.state, me.role).cloned().collect(),
        _ => Vec::new(),
    };
    let buttons = steps
        .into_iter()
        .enumerate()
        .map(|(index, step)| {
            let name = words::label(&step.label).to_owned();
            view! {
                <button
                    class="btn"
                    class:primary=index == 0
                    type="button"
                    on:click=move |_| doing.set(Some(Doing::Step(step.clone())))
                >
                    {name}
                </button>
            }
        })
        .collect::<Vec<_>>();
    let next = (!buttons.is_empty()).then(|| {
        view! { <section class="paper"><h2>{words::next_step()}</h2><div class="btns">{buttons}</div></section> }
    });
    let contested = record.is_contested().then(|| {
        view! { <div class="alert warn" role="status">{icon("warning")}<p>{words::contested()}</p></div> }
    });
    let known = kind.is_some();
    let closed = kind.as_ref().and_then(|kind| kind.state(&record.state)).is_some_and(|state| state.closed);
    let body = record.body();
    let alarms = kind.clone().filter(|_| !closed).map(|kind| {
        let body = Signal::stored(body.clone());
        view! { <Alarms kind=kind body=body/> }
    });
    let onward = kind.clone().map(|kind| view! { <Onward id=record.id kind=kind body=body/> });
    let id = record.id;
    view! {
        <Head title=title back="/records" long=true/>
        <div class="stack">
            {contested}
            {alarms}
            <section class="paper" aria-label=words::facts()>
                {state.map(|state| view! { <p class="quiet">{words::state_is(state)}</p> })}
                <Facts record=record.clone() kind=kind.clone() county=county/>
            </section>
            {next}
            <CameFrom id=id/>
            <section class="paper">
                <h2>{words::history()}</h2>
                <Timeline record=record kind=kind people=people county=county/>
            </section>
            {onward}
        </div>
        <div class="bar">
            <button class="btn" type="button" on:click=move |_| doing.set(Some(Doing::Note))>
                {icon("plus")}{words::add_note()}
            </button>
            {known.then(|| {
                view! {
                    <button class="btn" type="button" on:click=move |_| doing.set(Some(Doing::Amend))>
                        {icon("pencil")}{words::amend()}
                    </button>
                }
            })}
        </div>
    }
}

/// The sheet in which something is added to the record.
#[component]
fn Deeds(record: Record, kind: Kind, now: Doing, doing: RwSignal<Option<Doing>>) -> impl IntoView {
    let app = use_app();
    let title = match &now {
        Doing::Note => words::add_note().to_owned(),
        Doing::Amend => words::amend().to_owned(),
        Doing::Step(step) => words::label(&step.label).to_owned(),
    };
    let current = record.body();
    let filled = Filled::new(Body::new());
    let text = RwSignal::new(String::new());
    let attached = RwSignal::new(Vec::<Digest>::new());
    let field = RwSignal::new(None::<FieldId>);
    let failure = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    // Fixed with the sheet, so that pressing twice saves once.
    let id = platform::new_entry_id();
    let stored = StoredValue::new(kind.clone());

    let act = {
        let (now, current) = (now.clone(), current.clone());
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
                Doing::Step(step) => {
                    let body = tidy::asked(&filled.body.get_untracked());
                    let problems = stored.with_value(|kind| asked_problems(kind, &step.asks, &body));
                    filled.problems.set(problems.clone());
                    problems.is_empty().then(|| Action::Step { step: step.id.clone(), body })
                }
            }
        }
    };
    let incomplete = match &now {
        Doing::Note => words::note_empty(),
        Doing::Amend => words::amend_incomplete(),
        Doing::Step(_) => words::step_incomplete(),
    };
    let deed_of = {
        let record = record.clone();
        move |action| Deed {
            id,
            record: record.id,
            kind: record.kind.clone(),
            kind_version: record.kind_version,
            basis: record.revision,
            replaces: None,
            action,
            attachments: attached.get_untracked(),
        }
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        failure.set(None);
        let Some(action) = act() else {
            failure.set(Some(incomplete.to_owned()));
            return;
        };
        busy.set(true);
        app.save(deed_of(action), move |saved| match saved {
            Ok(_) => {
                doing.try_set(None);
            }
            Err(sentence) => {
                busy.try_set(false);
                failure.try_set(Some(sentence));
            }
        });
    };
    let asked = match &now {
        Doing::Note => view! {
            <Words id="deed-text" label=words::note_text() text=text optional=true/>
            <Album
                id="deed-attachments".to_owned()
                label=words::note_attachments().to_owned()
                digests=attached.into()
                change=Callback::new(move |digests| attached.set(digests))
                all_sorts=true
            />
        },
        Doing::Amend => view! { <AmendFields stored current field filled text/> },
        Doing::Step(step) if step.asks.is_empty() => view! { <p>{words::step_sure()}</p> },
        Doing::Step(step) => step
            .asks
            .iter()
            .filter_map(|id| kind.field(id).cloned())
            .map(|field| view! { <FieldInput kind=stored field=field filled=filled/> })
            .collect_view()
            .into_any(),
    };
    let close = Callback::new(move |()| doing.set(None));
    view! {
        <Sheet title=title on_close=close>
            <form class="sheet-form" novalidate autocomplete="off" on:submit=submit>
                <div class="sheet-body form">
                    {live(move || failure.get().map(alert))}
                    {asked}
                </div>
                <footer class="sheet-foot">
                    <button class="btn" type="button" on:click=move |_| close.run(())>{words::cancel()}</button>
                    <button class="btn primary" type="submit" aria-busy=move || busy.get().to_string()>
                        {words::save()}
                    </button>
                </footer>
            </form>
        </Sheet>
    }
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
    let offered = stored.with_value(|kind| {
        // Photos are added by 补充, never replaced.
        let fields =
            kind.form().filter(|field| field.form != FieldType::Attachments && kind.shows(field, &current));
        fields.map(|field| (field.id.clone(), words::label(&field.label).to_owned())).collect::<Vec<_>>()
    });
    let options = offered
        .iter()
        .map(|(id, name)| view! { <option value=id.to_string()>{name.clone()}</option> })
        .collect_view();
    let chosen = {
        let current = current.clone();
        move |event| {
            let id = FieldId::new(event_target_value(&event));
            let before = current.get(&id).cloned().unwrap_or(Value::Null);
            filled.problems.set(Vec::new());
            filled.body.set(if is_empty(&before) { Body::new() } else { body_of([(id.clone(), before)]) });
            field.set((!id.as_str().is_empty()).then_some(id));
        }
    };
    let input = live(move || {
        let known = stored.with_value(|kind| kind.field(&field.get()?).cloned())?;
        let before = current.get(&known.id).cloned().unwrap_or(Value::Null);
        let before =
            stored.with_value(|kind| value_text(Some(kind), Some(&known), &app.pocket().county(), &before));
        let before = if before.is_empty() { words::nothing_yet().to_owned() } else { before };
        Some(view! {
            <p class="hint">{words::now_says(before)}</p>
            <FieldInput kind=stored field=known filled=filled/>
        })
    });
    view! {
        <div class="field" data-required="">
            <label class="label" for="deed-field">{words::amend_which()}</label>
            <select class="input" id="deed-field" on:change=chosen>
                <option value="">{words::please_choose()}</option>
                {options}
            </select>
        </div>
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
    view! {
        <div class="field" data-required=(!optional).then_some("")>
            <label class="label" for=id>{label}</label>
            <textarea
                class="input"
                id=id
                rows="3"
                autocomplete="off"
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
        </div>
    }
}
