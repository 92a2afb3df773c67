//! A record: its facts first, then 经过, and what this person may do next.

use chrono::Datelike;
use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    deadline::{self, Colour},
    entry::Action,
    id::{EntryId, FieldId, RecordId},
    kind::{Kind, Step},
    recipient::Recipient,
    record::{Partner, Record},
    workflow::{self, Actor, may_give_slip, open_steps},
};
use xunji_sync::pocket::Doing;

use super::{
    NotFound,
    adding::{Adding, Begun, begin, go_on},
    merging::Merging,
    onward::Onward,
    slips::{SlipSheet, Slips},
};
use crate::{
    address::query,
    components::{
        Alarms, AtField, CameFrom, Case, Facts, Head, Names, Sign, Timeline, badge, card_name, due, icon,
        live, title_of, value_text, view, watch,
    },
    platform,
    state::{App, AppPocket, Deed, loaded, use_app},
    words,
};

/// How many of the steps that are open are shown at once.
const USUAL_STEPS: usize = 3;

/// The sheets that are open over a record. Kept outside what is drawn anew whenever something about the record is new, or
/// it would take them away under a finger. Copies are the same.
#[derive(Clone, Copy, Default)]
struct OpenSheets {
    slip: RwSignal<Option<EntryId>>,
    merging: RwSignal<bool>,
    /// Where to go once the client agrees.
    consent: RwSignal<Option<String>>,
}

impl OpenSheets {
    fn close(self) {
        self.slip.set(None);
        self.merging.set(false);
        self.consent.set(None);
    }
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
            Some((record, Names::read(&app.pocket()).await))
        }
    });
    let adding = RwSignal::new_local(None::<Begun>);
    let open_sheets = OpenSheets::default();
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
            Some((record, names)) => {
                view! { <Shown record=record names=names sheets=open_sheets adding=adding/> }
            }
            None => view! { <NotFound/> },
        })
    });
    // Another record, by the browser's own keys.
    watch(move || {
        open.track();
        open_sheets.close();
        adding.set(None);
    });
    // Not within what is drawn anew whenever something arrives: what is being typed must stay under the fingers.
    let sheet = live(move || {
        let begun = adding.get()?;
        Some(view! { <Adding begun=begun adding=adding/> })
    });
    let record = Memo::new(move |_| known.with(|known| Some(known.as_ref()?.0.as_ref()?.0.clone())));
    let slip = live(move || {
        let id = open_sheets.slip.get()?;
        Some(view! { <SlipSheet id=id record=record open=open_sheets.slip/> })
    });
    view! { {shown}{sheet}{slip} }
}

#[component]
fn Shown(
    record: Record,
    names: Names,
    sheets: OpenSheets,
    adding: RwSignal<Option<Begun>, LocalStorage>,
) -> impl IntoView {
    let app = use_app();
    let pocket = app.pocket();
    let (me, desks) = (app.signals.me.get_untracked(), app.signals.desks.get_untracked());
    let kind = pocket.kinds().nearest(&record.kind, record.kind_version).cloned();
    let title = title_of(
        &pocket.kinds(),
        &pocket.county(),
        record.kind.as_str(),
        record.kind_version,
        &record.body(),
    );
    let actor = me.as_ref().map(|me| Actor::new(me, &desks));
    let as_actor = |may: fn(&Kind, &Record, Actor<'_>) -> bool| {
        let known = kind.as_ref().zip(actor);
        // Before its opening has arrived nobody knows whose it is.
        record.keeper.is_none() || known.is_some_and(|(kind, actor)| may(kind, &record, actor))
    };
    let may_add = as_actor(workflow::may_add);
    let may_amend = as_actor(workflow::may_amend);
    let may_ask = record.keeper.is_some() && as_actor(workflow::may_ask);
    let is_keeper = me.as_ref().is_some_and(|me| record.keeper == Some(me.id));
    let standing = standing(&pocket, &record, kind.as_ref(), &names, actor);
    let begin = {
        let begun = kind.clone().map(|kind| (record.clone(), kind));
        Callback::new(move |(doing, field): (Doing, Option<FieldId>)| {
            if let Some((record, kind)) = begun.clone() {
                spawn_local(begin(app, record, kind, doing, field, adding));
            }
        })
    };
    let act = {
        let record = record.clone();
        let busy = RwSignal::new(false);
        Callback::new(move |at: AtField| match at {
            AtField::Mend(field) => begin.run((Doing::Amend, Some(field))),
            AtField::Explain(ask) => begin.run((Doing::Explain { ask }, None)),
            AtField::Settle { .. } | AtField::Unsettle { .. } if busy.get_untracked() => {}
            AtField::Settle { field, from, to } => {
                busy.set(true);
                settle(app, record.clone(), field, from, to, busy);
            }
            AtField::Unsettle { field, other } => {
                busy.set(true);
                unsettle(app, record.clone(), field, other, busy);
            }
        })
    };
    let mut steps: Vec<Step> = match (&kind, actor) {
        (Some(kind), Some(actor)) => open_steps(kind, &record, actor).cloned().collect(),
        _ => Vec::new(),
    };
    let promised = kind.as_ref().and_then(|kind| {
        let step = record.promised(kind)?;
        let place = steps.iter().position(|open| open.id == step.id)?;
        // Under the thumb, before what is usual.
        steps[..=place].rotate_right(1);
        let condition = step.promised.as_ref()?;
        let field = kind.field(&condition.field)?;
        let value = &record.fields.get(&condition.field)?.value;
        let said = value_text(Some(kind), Some(field), &pocket.county(), value);
        let sentence = words::promised(words::label(&field.label), said, words::label(&step.label));
        Some(view! { <div class="alert warn" role="status">{icon("warning")}<p>{sentence}</p></div> })
    });
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
                    on:click=move |_| begin.run((Doing::Step { step: step.id.clone() }, None))
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
                {promised}
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
        view! {
            <section class="paper">
                <p class="quiet">{badge(Sign::Overseen)}" "{words::masked_record()}</p>
            </section>
        }
    });
    let known = kind.is_some();
    let closed = kind.as_ref().is_some_and(|kind| record.is_closed(kind));
    let body = record.body();
    let alarms = kind.clone().filter(|_| !closed).map(|kind| {
        let body = Signal::stored(body.clone());
        view! { <Alarms kind=kind body=body/> }
    });
    let state = record.state.clone();
    let onward = kind.clone().map(|kind| {
        view! { <Onward id=record.id kind=kind body=body state=state asking=sheets.consent/> }
    });
    let objection = (!record.objections.is_empty()).then(|| {
        view! { <div class="alert warn" role="status">{icon("warning")}<p>{words::objection()}</p></div> }
    });
    let slips = kind.clone().zip(actor).filter(|(kind, actor)| may_give_slip(kind, &record, *actor));
    let slips = slips.map(|_| view! { <Slips record=record.clone() open=sheets.slip/> });
    let merging =
        kind.clone().map(|kind| view! { <Merging record=record.clone() kind=kind choosing=sheets.merging/> });
    let id = record.id;
    let back = if app.address.path().starts_with("/desk/") { "/desk" } else { "/records" };
    let case = StoredValue::new_local(Case {
        kinds: pocket.kinds(),
        county: pocket.county(),
        record,
        kind,
        names,
        may_amend,
        is_keeper,
    });
    let add = |doing: Doing, picture: &'static str, name: &'static str| {
        view! {
            <button class="btn" type="button" on:click=move |_| begin.run((doing.clone(), None))>
                {icon(picture)}{name}
            </button>
        }
    };
    view! {
        <Head title=title back=back long=true/>
        <div class="stack">
            {contested}
            {objection}
            {alarms}
            {outline}
            <section class="paper" aria-label=words::facts()>
                {standing}
                <Facts case=case act=act/>
            </section>
            {next}
            <CameFrom id=id/>
            {slips}
            {onward}
            {merging}
            // Last: it grows whenever something is delivered, and must not move a button that a finger is on its way to.
            <section class="paper">
                <h2>{words::history()}</h2>
                <Timeline case=case act=act/>
            </section>
        </div>
        {(may_add && !masked).then(|| view! {
            <div class="bar">
                {add(Doing::Note, "plus", words::add_note())}
                {(known && may_amend).then(|| add(Doing::Amend, "pencil", words::amend()))}
                {may_ask.then(|| add(Doing::Ask, "return", words::ask_back()))}
            </div>
        })}
    }
}

/// Where the record stands: its state and deadline, whom it is with, who takes part, and how often it came back.
fn standing(
    pocket: &AppPocket,
    record: &Record,
    kind: Option<&Kind>,
    names: &Names,
    actor: Option<Actor<'_>>,
) -> Option<AnyView> {
    let kind = kind?;
    let state = kind.state(&record.state)?;
    let today = platform::china_today();
    let clock = deadline::clock(&pocket.kinds(), &pocket.calendar(), record, today);
    let village = record.village(kind);
    let name = |recipient: &Recipient| names.recipient(recipient, village.as_ref());
    let last_day = clock.due.map(|due| words::last_day_is(due.month(), due.day()));
    let closed = record.is_closed(kind);
    // What is closed says so by its state, until it asks for something again.
    let sign = (!closed || clock.colour != Colour::Green)
        .then(|| view! { {due(clock)}<span class="quiet">{last_day}</span> });
    let card = clock
        .card
        .filter(|_| actor.is_some_and(|actor| workflow::oversees(kind, record, actor, names.desks())));
    let card = card.map(|card| view! { <span class="warned">{card_name(card)}</span> });
    // What a person carries on alone needs no words about it.
    let holder = record.waits_for(kind);
    let own = actor.is_some_and(|actor| holder == Some(Recipient::Worker(actor.id)));
    let with = holder.filter(|_| !closed && !own).map(|with| words::with_whom(name(&with)));
    let returns =
        kind.workflow.steps.iter().filter(|step| step.hands.as_ref().is_some_and(|hands| hands.back));
    let returned: u32 = returns.filter_map(|step| record.taken.get(&step.id)).sum();
    let returned = (returned > 0).then(|| words::returned_times(returned));
    let facts: Vec<_> = with.into_iter().chain(tallies(record, kind)).chain(returned).collect();
    let facts = (!facts.is_empty()).then(|| view! { <p>{facts.join(" · ")}</p> });
    let partner = |partner: &Partner| {
        let (picture, word) = match partner.part {
            Some(_) => ("check", words::part_given()),
            None => ("clock", words::part_missing()),
        };
        let class = if partner.part.is_some() { "part" } else { "part open" };
        view! { <li class=class><span>{name(&partner.recipient)}</span><span>{icon(picture)}{word}</span></li> }
    };
    let partners = (!record.partners.is_empty()).then(|| {
        let lines = record.partners.iter().map(partner).collect_view();
        view! { <p class="quiet">{words::partners_are()}</p><ul class="parts">{lines}</ul> }
    });
    Some(view! {
        <div class="standing">
            <p class="state">{words::state_is(words::label(&state.label))}{sign}{card}</p>
            <p class="quiet">{words::slip_says(words::label(kind.public_state(&record.state)))}</p>
            {facts}
            {partners}
        </div>
    })
}

/// How often those steps were taken of which a definition wants it to be said.
pub(super) fn tallies(record: &Record, kind: &Kind) -> Vec<String> {
    let tally =
        |step: &Step| Some(words::times(words::label(step.tally.as_ref()?), *record.taken.get(&step.id)?));
    kind.workflow.steps.iter().filter_map(tally).collect()
}

/// One of several values is the right one.
fn settle(app: App, record: Record, field: FieldId, from: Value, to: Value, busy: RwSignal<bool>) {
    // Whoever takes it back finds another value beside the one that was chosen.
    let held = record.fields.get(&field);
    let values = held
        .into_iter()
        .flat_map(|held| std::iter::once(&held.value).chain(held.rivals.iter().map(|rival| &rival.value)));
    let other = values.into_iter().find(|value| **value != to).cloned();
    let reason = words::settle_reason();
    amend(app, record.clone(), field.clone(), from, to, reason, move |saved| {
        busy.try_set(false);
        match (saved, other) {
            (Ok(record), Some(other)) => {
                let busy = RwSignal::new(false);
                let take_back = Callback::new(move |()| {
                    unsettle(app, record.clone(), field.clone(), other.clone(), busy);
                });
                app.offer(words::settled().to_owned(), take_back);
            }
            (Ok(_), None) => {}
            (Err(sentence), _) => app.say(sentence),
        }
    });
}

/// A settlement was rash: another value stands beside the chosen one again.
fn unsettle(app: App, record: Record, field: FieldId, other: Value, busy: RwSignal<bool>) {
    amend(app, record, field, other.clone(), other, words::undo_reason(), move |saved| {
        busy.try_set(false);
        app.say(saved.err().unwrap_or_else(|| words::undone().to_owned()));
    });
}

fn amend(
    app: App,
    record: Record,
    field: FieldId,
    from: Value,
    to: Value,
    reason: &str,
    then: impl FnOnce(Result<Record, String>) + 'static,
) {
    let deed = Deed::on(&record, Action::Amend { field, from, to, reason: reason.to_owned() });
    app.save(deed, move |saved| then(saved.map(|_| record)));
}
