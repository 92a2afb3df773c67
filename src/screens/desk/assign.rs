//! 批量交办: several cases handed to one person or desk at once. Each becomes an entry of its own, as if it had been
//! handed on alone.

use leptos::prelude::*;
use xunji_domain::{
    entry::{Action, Body, body_of},
    id::RecordId,
    kind::{Kind, Step},
    record::Record,
    tidy, validate,
    workflow::{Actor, open_steps},
};

use crate::{
    components::{Attempt, FieldInput, Filled, FormSheet, Names, Receiver, live, view},
    state::{App, Deed, loaded, use_app},
    words,
};

/// A case that can be handed on, and how.
#[derive(Clone)]
struct Ready {
    record: Record,
    kind: Kind,
    step: Step,
}

/// The sheet. What is `chosen` is what is left to be handed on: a try that fails half-way leaves the others there, and the
/// next one does not hand on the first ones again. Nothing is chosen any more once all of them are.
#[component]
pub(super) fn Assign(chosen: RwSignal<Option<Vec<RecordId>>>, open: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let attempt = Attempt::default();
    let close = Callback::new(move |()| open.set(false));
    let records = chosen.get_untracked().unwrap_or_default();
    let asked = records.len();
    let filled = Filled::new(Body::new());
    let ready = loaded(move || {
        let records = records.clone();
        async move {
            let pocket = app.pocket();
            let mut ready: Vec<Ready> = Vec::new();
            for id in records {
                ready.extend(pocket.record(id).await.ok().flatten().and_then(|record| can(app, record)));
            }
            // Only those who can take all of them.
            let (names, county) = (Names::read(&pocket).await, pocket.county());
            let mut receivers = None::<Vec<Receiver>>;
            for case in &ready {
                let mut able = names.receivers(&case.kind, &case.record, &county);
                able.retain(|one| receivers.as_ref().is_none_or(|before| before.contains(one)));
                receivers = Some(able);
            }
            filled.receivers.try_set(receivers.unwrap_or_default());
            ready
        }
    });
    let submit = Callback::new(move |()| {
        let Some(ready) = ready.get().filter(|ready| !ready.is_empty()) else { return };
        let body = tidy::asked(&filled.body.get_untracked());
        let problems = validate::asked(&ready[0].kind, &ready[0].step.asks, &body);
        filled.problems.set(problems.clone());
        attempt.begin(async move {
            if !problems.is_empty() {
                return Err(words::step_incomplete().to_owned());
            }
            hand_on(app, ready, &body, chosen).await?;
            chosen.try_set(None);
            open.try_set(false);
            Ok(())
        });
    });
    let input = live(move || {
        let ready = ready.get()?;
        let left_out = asked - ready.len();
        let left_out = (left_out > 0).then(|| view! { <p class="hint">{words::cant_assign(left_out)}</p> });
        let input = ready.first().map(|first| {
            let kind = StoredValue::new(first.kind.clone());
            let asks = first.step.asks.iter().filter_map(|id| first.kind.field(id).cloned());
            asks.map(|field| view! { <FieldInput kind=kind field=field filled=filled/> }).collect_view()
        });
        Some(view! { {left_out}{input} })
    });
    view! {
        <FormSheet title=words::assign_these(asked) attempt=attempt submit=submit cancel=close on_close=close>
            {input}
        </FormSheet>
    }
}

/// The first step of a case's workflow by which this person hands it to whom they name.
fn can(app: App, record: Record) -> Option<Ready> {
    let kind = app.pocket().kinds().nearest(&record.kind, record.kind_version)?.clone();
    let me = app.signals.me.get_untracked()?;
    let desks = app.signals.desks.get_untracked();
    let names = |step: &&Step| step.hands.as_ref().is_some_and(|hands| hands.to.is_some());
    let step = open_steps(&kind, &record, Actor::new(&me, &desks)).find(names)?.clone();
    Some(Ready { record, kind, step })
}

/// Saves one step a case, and chooses each no longer once it is saved.
async fn hand_on(
    app: App,
    ready: Vec<Ready>,
    body: &Body,
    chosen: RwSignal<Option<Vec<RecordId>>>,
) -> Result<(), String> {
    let to = |ready: &Ready| ready.step.hands.clone().and_then(|hands| hands.to);
    let named = ready.first().and_then(|first| body.get(&to(first)?)).cloned();
    let count = ready.len();
    for (done, case) in ready.into_iter().enumerate() {
        let id = case.record.id;
        let left = chosen.try_with_untracked(|chosen| chosen.as_ref().map(|left| left.contains(&id)));
        // Whoever leaves the page leaves the rest to be saved; whoever chooses nothing any more doesn't want it.
        if left == Some(None) {
            return Ok(());
        }
        if left != Some(Some(false)) {
            // Another ledger may call the field otherwise.
            let body = body_of(to(&case).zip(named.clone()));
            let action = Action::Step { step: case.step.id.clone(), body };
            let saved = app.save_now(Deed::on(&case.record, action)).await;
            saved.map_err(|why| if done > 0 { words::assigned_some(done, count, why) } else { why })?;
            chosen.try_update(|chosen| {
                if let Some(left) = chosen {
                    left.retain(|other| *other != id);
                }
            });
        }
    }
    app.say(words::assigned(count));
    Ok(())
}
