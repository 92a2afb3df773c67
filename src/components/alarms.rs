//! What can't wait for a signal: the number to call now, as soon as a form or a record gives reason for it.

use leptos::prelude::*;
use xunji_domain::{entry::Body, kind::Kind};

use super::{icon, live, view};
use crate::words;

/// The line that stays at the top of a form: always where the ledger says so, else as soon as there is reason for it.
#[component]
pub fn EmergencyLine(kind: Kind, #[prop(into)] body: Signal<Body>) -> impl IntoView {
    let all = StoredValue::new(kind);
    let number = Memo::new(move |_| {
        all.with_value(|kind| {
            if kind.emergency {
                return None;
            }
            let due = body.with(|body| {
                kind.alarms
                    .iter()
                    .find(|alarm| alarm.is_due(body))
                    .and_then(|alarm| alarm.call.first().cloned())
            });
            Some(due)
        })
    });
    live(move || {
        let (number, words) = match number.get() {
            None => ("110".to_owned(), words::call_110().to_owned()),
            Some(due) => due.map(|number| (number.clone(), words::call_first(number)))?,
        };
        Some(view! { <a class="emergency" href=format!("tel:{number}")>{icon("phone")}{words}</a> })
    })
}

/// The sentences that a form or a record gives reason for, with links that dial.
#[component]
pub fn Alarms(kind: Kind, #[prop(into)] body: Signal<Body>) -> impl IntoView {
    // By place, so that typing on does not read the same sentence out again.
    let all = StoredValue::new(kind);
    let due = Memo::new(move |_| {
        all.with_value(|kind| {
            body.with(|body| kind.alarms.iter().map(|alarm| alarm.is_due(body)).collect::<Vec<_>>())
        })
    });
    live(move || {
        let due = due.get();
        let shown = all.with_value(|kind| {
            let alarms = kind.alarms.iter().zip(due).filter(|(_, due)| *due);
            alarms
                .map(|(alarm, _)| (words::label(&alarm.say).to_owned(), alarm.call.clone()))
                .collect::<Vec<_>>()
        });
        (!shown.is_empty()).then(|| {
            let alarms = shown.into_iter().map(|(sentence, numbers)| {
                let calls = numbers.into_iter().map(|number| {
                    view! { <a class="btn danger" href=format!("tel:{number}")>{icon("phone")}{words::call(&number)}</a> }
                });
                view! { <li><p>{sentence}</p><div class="btns">{calls.collect_view()}</div></li> }
            });
            view! { <div role="alert"><ul class="alarms">{alarms.collect_view()}</ul></div> }
        })
    })
}
