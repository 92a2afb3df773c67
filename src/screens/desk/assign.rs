//! 批量交办: several cases handed to one person or desk at once. Each becomes an entry of its own, as if it had been
//! handed on alone.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    entry::{Action, Body, body_of},
    id::RecordId,
    kind::{Kind, Step},
    record::Record,
    tidy, validate,
    workflow::{Actor, open_steps},
};

use crate::{
    components::{FieldInput, Filled, Names, Receiver, Sheet, alert, live, view},
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

/// The sheet. `done` says whether anything was handed on.
#[component]
pub(super) fn Assign(records: Vec<RecordId>, done: Callback<bool>) -> impl IntoView {
    let app = use_app();
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
    let failure = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(ready) = ready.get().filter(|ready| !ready.is_empty() && !busy.get_untracked()) else {
            return;
        };
        failure.set(None);
        let body = tidy::asked(&filled.body.get_untracked());
        let problems = validate::asked(&ready[0].kind, &ready[0].step.asks, &body);
        filled.problems.set(problems.clone());
        if !problems.is_empty() {
            failure.set(Some(words::step_incomplete().to_owned()));
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let handed = hand_on(app, ready, &body).await;
            busy.try_set(false);
            match handed {
                Ok(count) => {
                    app.say(words::assigned(count));
                    done.run(true);
                }
                Err(sentence) => drop(failure.try_set(Some(sentence))),
            }
        });
    };
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
    let close = Callback::new(move |()| done.run(false));
    view! {
        <Sheet title=words::assign_these(asked) on_close=close>
            <form class="sheet-form" novalidate autocomplete="off" on:submit=submit>
                <div class="sheet-body form">
                    {live(move || failure.get().map(alert))}
                    {input}
                </div>
                <footer class="sheet-foot">
                    <button class="btn" type="button" on:click=move |_| done.run(false)>{words::cancel()}</button>
                    <button class="btn primary" type="submit" aria-busy=move || busy.get().to_string()>
                        {words::save()}
                    </button>
                </footer>
            </form>
        </Sheet>
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

/// Saves one step a case and says how many were.
async fn hand_on(app: App, ready: Vec<Ready>, body: &Body) -> Result<usize, String> {
    let to = |ready: &Ready| ready.step.hands.clone().and_then(|hands| hands.to);
    let named = ready.first().and_then(|first| body.get(&to(first)?)).cloned();
    let mut count = 0;
    for case in ready {
        // Another ledger may call the field otherwise.
        let body = body_of(to(&case).zip(named.clone()));
        let action = Action::Step { step: case.step.id.clone(), body };
        app.save_now(Deed::on(&case.record, action)).await?;
        count += 1;
    }
    Ok(count)
}
