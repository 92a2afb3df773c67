//! What can't wait for a signal: the number to call now, as soon as a form or a record gives reason for it.

use leptos::prelude::*;
use xunji_domain::{entry::Body, kind::Kind};

use super::{icon, live, view};
use crate::words;

/// The sentences that a form or a record gives reason for, with links that dial.
#[component]
pub fn Alarms(kind: Kind, #[prop(into)] body: Signal<Body>) -> impl IntoView {
    // By place, so that typing on does not read the same sentence out again.
    let all = StoredValue::new(kind);
    let due = Memo::new(move |_| {
        all.with_value(|kind| {
            body.with(|body| {
                let due = kind.alarms(body);
                kind.alarms.iter().map(|alarm| due.contains(&alarm)).collect::<Vec<_>>()
            })
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
            view! { <ul class="alarms" role="alert">{alarms.collect_view()}</ul> }
        })
    })
}
