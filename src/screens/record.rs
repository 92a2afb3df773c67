//! A record: its facts first, then 经过, and what this person may do next.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    id::RecordId,
    kind::Step,
    person::Worker,
    record::Record,
    workflow::{Actor, open_steps},
};
use xunji_sync::pocket::Doing;

use super::{
    NotFound,
    adding::{Adding, Begun, begin, go_on},
    onward::Onward,
};
use crate::{
    address::query,
    components::{Alarms, CameFrom, Facts, Head, Sign, Timeline, badge, icon, live, title_of, view, watch},
    state::{loaded, use_app},
    words,
};

/// How many of the steps that are open are shown at once.
const USUAL_STEPS: usize = 3;

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
    let adding = RwSignal::new_local(None::<Begun>);
    if let Some(draft) = query("go-on").and_then(|id| id.parse().ok()) {
        // Once: going back to this page later opens no sheet.
        app.address.go_for_good(&app.address.path());
        spawn_local(go_on(app, draft, adding));
    }
    // Drawn anew only when something about it is new: what arrives is mostly about others, and closes what is open here.
    let known = Memo::new(move |_| {
        let found = found.get()?;
        let kinds = app.pocket().kinds();
        let kind = found.as_ref().and_then(|(record, _)| kinds.nearest(&record.kind, record.kind_version));
        Some((found.clone(), kind.cloned(), (app.signals.me.get(), app.signals.desks.get())))
    });
    let shown = live(move || {
        Some(match known.get()?.0 {
            Some((record, people)) => view! { <Shown record=record people=people adding=adding/> },
            None => view! { <NotFound/> },
        })
    });
    // Another record, by the browser's own keys.
    watch(move || {
        open.track();
        adding.set(None);
    });
    // Not within what is drawn anew whenever something arrives: what is being typed must stay under the fingers.
    let sheet = live(move || {
        let begun = adding.get()?;
        Some(view! { <Adding begun=begun adding=adding/> })
    });
    view! { {shown}{sheet} }
}

#[component]
fn Shown(
    record: Record,
    mut people: Vec<Worker>,
    adding: RwSignal<Option<Begun>, LocalStorage>,
) -> impl IntoView {
    let app = use_app();
    let pocket = app.pocket();
    let (me, desks) = (app.signals.me.get_untracked(), app.signals.desks.get_untracked());
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
    let begin = {
        let begun = kind.clone().map(|kind| (record.clone(), kind));
        Callback::new(move |doing: Doing| {
            if let Some((record, kind)) = begun.clone() {
                spawn_local(begin(app, record, kind, doing, adding));
            }
        })
    };
    let steps: Vec<Step> = match (&kind, &me) {
        (Some(kind), Some(me)) => open_steps(kind, &record, Actor::new(me, &desks)).cloned().collect(),
        _ => Vec::new(),
    };
    let mut buttons = steps
        .into_iter()
        .enumerate()
        .map(|(index, step)| {
            let name = words::label(&step.label).to_owned();
            view! {
                <button
                    class="btn"
                    class:primary=index == 0
                    type="button"
                    on:click=move |_| begin.run(Doing::Step { step: step.id.clone() })
                >
                    {name}
                </button>
            }
        })
        .collect::<Vec<_>>();
    // The usual ones under the thumb; a definition begins with them.
    let rarer = if buttons.len() > USUAL_STEPS + 1 { buttons.split_off(USUAL_STEPS) } else { Vec::new() };
    let rarer = (!rarer.is_empty()).then(|| {
        view! { <details class="rarer"><summary>{words::other_steps()}</summary><div class="btns">{rarer}</div></details> }
    });
    let next = (!buttons.is_empty()).then(|| {
        view! {
            <section class="paper">
                <h2>{words::next_step()}</h2>
                <div class="btns">{buttons}</div>
                {rarer}
            </section>
        }
    });
    let contested = record.is_contested().then(|| {
        view! { <div class="alert warn" role="status">{icon("warning")}<p>{words::contested()}</p></div> }
    });
    // Whoever only oversees a record adds nothing to it.
    let masked = record.is_masked();
    let outline = masked.then(|| {
        view! { <p class="quiet">{badge(Sign::Overseen)}" "{words::masked_record()}</p> }
    });
    let known = kind.is_some();
    let closed = kind.as_ref().and_then(|kind| kind.state(&record.state)).is_some_and(|state| state.closed);
    let body = record.body();
    let alarms = kind.clone().filter(|_| !closed).map(|kind| {
        let body = Signal::stored(body.clone());
        view! { <Alarms kind=kind body=body/> }
    });
    let onward = kind.clone().map(|kind| view! { <Onward id=record.id kind=kind body=body/> });
    let bar = (!masked).then(|| {
        view! {
            <div class="bar">
                <button class="btn" type="button" on:click=move |_| begin.run(Doing::Note)>
                    {icon("plus")}{words::add_note()}
                </button>
                {known.then(|| {
                    view! {
                        <button class="btn" type="button" on:click=move |_| begin.run(Doing::Amend)>
                            {icon("pencil")}{words::amend()}
                        </button>
                    }
                })}
            </div>
        }
    });
    let id = record.id;
    let back = if app.address.path().starts_with("/desk/") { "/desk" } else { "/records" };
    view! {
        <Head title=title back=back long=true/>
        <div class="stack">
            {contested}
            {alarms}
            <section class="paper" aria-label=words::facts()>
                {outline}
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
        {bar}
    }
}
