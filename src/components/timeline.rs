//! 经过: who did what when, and whether the station has it.

use leptos::prelude::*;
use xunji_domain::{
    entry::Action,
    kind::Kind,
    person::Worker,
    record::{Known, Record, Standing},
    slip::Verdict,
    village::County,
};

use super::{
    badge::{Sign, badge},
    icon, reason_sentence,
    receipt::{About, ReceiptButton},
    role_name,
    text::{field_name, refusal_sentence},
    tiles, value_text, view,
};
use crate::{platform::format_moment, words};

/// A record's entries, one line each.
#[component]
pub fn Timeline(
    record: Record,
    kind: Option<Kind>,
    people: Vec<Worker>,
    county: StoredValue<std::rc::Rc<County>, LocalStorage>,
) -> impl IntoView {
    let lines = record
        .entries
        .iter()
        .map(|known| line(&record, known, kind.as_ref(), &people, county))
        .collect_view();
    view! { <ol class="timeline">{lines}</ol> }
}

fn line(
    record: &Record,
    known: &Known,
    kind: Option<&Kind>,
    people: &[Worker],
    county: StoredValue<std::rc::Rc<County>, LocalStorage>,
) -> AnyView {
    let content = &known.entry.content;
    let author = people.iter().find(|worker| worker.id == content.author);
    let who = author.map_or_else(
        || words::somebody().to_owned(),
        |worker| format!("{} · {}", worker.name, role_name(worker.role)),
    );
    let text = |field, value| county.with_value(|county| value_text(kind, field, county, value));
    let (what, words_said) = match &content.action {
        Action::Open { .. } => (words::did_open().to_owned(), None),
        Action::Amend { field, from, to, reason } => {
            let field_def = kind.and_then(|kind| kind.field(field));
            let name = field_name(kind, field);
            let hidden = field_def.is_some_and(|field| field.sensitive);
            let change = if hidden {
                words::hidden_change().to_owned()
            } else {
                words::change(text(field_def, from), text(field_def, to))
            };
            (words::did_amend(name), Some(format!("{change}\n{}", words::because(reason))))
        }
        Action::Step { step, .. } => {
            let known = kind.and_then(|kind| kind.workflow.steps.iter().find(|known| known.id == *step));
            (known.map_or_else(|| step.to_string(), |step| words::label(&step.label).to_owned()), None)
        }
        Action::Note { text } => (words::did_note().to_owned(), Some(text.clone())),
        Action::Attach {} => (words::did_attach().to_owned(), None),
        Action::HandOver { to, reason, .. } => {
            let to = people.iter().find(|worker| worker.id == *to);
            let name = to.map_or_else(|| words::somebody().to_owned(), |worker| worker.name.clone());
            (words::did_hand_over(&name), Some(words::because(reason)))
        }
        Action::Ask { field, text } => (words::did_ask(field_name(kind, field)), Some(text.clone())),
        Action::Explain { ask, text } => {
            let field = match record.entry(*ask).map(|entry| &entry.content.action) {
                Some(Action::Ask { field, .. }) => field_name(kind, field),
                _ => "",
            };
            (words::did_explain(field), Some(text.clone()))
        }
        Action::Slip { .. } => (words::did_slip().to_owned(), None),
        Action::Answer { verdict, text, .. } => {
            let said = match verdict {
                Verdict::Confirmed => words::did_confirm(),
                Verdict::Contested => words::did_contest(),
            };
            (said.to_owned(), (!text.is_empty()).then(|| text.clone()))
        }
        Action::Merge { .. } => (words::did_merge().to_owned(), None),
        Action::Unmerge {} => (words::did_unmerge().to_owned(), None),
        Action::Unknown(_) => (words::did_unknown().to_owned(), None),
    };
    // What is left of it without the remarks, and the values beside them, says nothing.
    let words_said = words_said.filter(|_| !known.masked);
    let (sign, receipt) = match &known.standing {
        Standing::Pending => (Sign::Waiting, None),
        Standing::Accepted { revision, received_at, .. } => {
            let short: String = known.entry.digest.to_string().chars().take(8).collect();
            let text = words::receipt(revision.0, format_moment(*received_at), short.to_ascii_uppercase());
            (Sign::Delivered, Some(text))
        }
        Standing::Parked { reason, .. } => (Sign::Returned, Some(reason_sentence(kind, reason))),
        Standing::Refused { refusal } => (Sign::Returned, Some(refusal_sentence(refusal).to_owned())),
    };
    // What a form names is shown among its facts.
    let attached = !content.attachments.is_empty() && !matches!(content.action, Action::Open { .. });
    let attached = attached.then(|| tiles(&content.attachments));
    let name = kind.map_or_else(|| content.kind.to_string(), |kind| words::label(&kind.name).to_owned());
    let proof = known.receipt().map(|receipt| {
        let about = About { what: format!("{name} · {what}"), noted_at: content.noted_at, receipt };
        view! { <ReceiptButton about=about/> }
    });
    view! {
        <li data-state=sign.state()>
            <span class="knot" aria-hidden="true">{icon(sign.icon())}</span>
            <h3>{what}</h3>
            <p class="who">{who}" · "<time>{format_moment(content.noted_at.to_utc())}</time></p>
            {words_said.map(|said| view! { <blockquote>{said}</blockquote> })}
            {attached}
            <p class="receipt">{badge(sign)}{receipt.map(|receipt| view! { <span>{receipt}</span> })}{proof}</p>
        </li>
    }
}
