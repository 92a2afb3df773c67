//! 经过: who did what when, and whether the station has it.

use leptos::prelude::*;
use xunji_domain::{
    entry::{Action, Body},
    id::{EntryId, StepId},
    kind::{FieldType, Step},
    recipient::Recipient,
    record::{Known, Standing},
    workflow,
};

use super::{
    AtField, Case, ShownCase,
    badge::{Sign, badge},
    facts::Masked,
    icon, reason_sentence,
    receipt::{About, ReceiptButton},
    role_name,
    text::{field_name, refusal_sentence, short_digest, verdict_name},
    tiles, view,
};
use crate::{platform::format_moment, words};

/// A record's entries, one line each.
#[component]
pub fn Timeline(case: ShownCase, act: Callback<AtField>) -> impl IntoView {
    let lines =
        case.with_value(|case| case.record.entries.iter().map(|known| line(case, known, act)).collect_view());
    view! { <ol class="timeline" aria-label=words::history()>{lines}</ol> }
}

fn line(case: &Case, known: &Known, act: Callback<AtField>) -> AnyView {
    let kind = case.kind.as_ref();
    let content = &known.entry.content;
    let author = case.names.worker(content.author);
    let who = author.map_or_else(
        || words::somebody().to_owned(),
        |worker| format!("{} · {}", worker.name, role_name(worker.role)),
    );
    let mut hidden = Vec::new();
    let (what, words_said) = match &content.action {
        Action::Open { .. } => (words::did_open().to_owned(), None),
        Action::Amend { field, from, to, reason } => {
            let field_def = kind.and_then(|kind| kind.field(field));
            let name = field_name(kind, field);
            let hidden = field_def.is_some_and(|field| field.sensitive);
            let change = if hidden {
                words::hidden_change().to_owned()
            } else if from == to {
                case.text(field_def, to)
            } else {
                words::change(case.text(field_def, from), case.text(field_def, to))
            };
            (words::did_amend(name), Some(format!("{change}\n{}", words::because(reason))))
        }
        Action::Step { step, body } => took(case, content.id, step, body, &mut hidden),
        Action::Note { text } => (words::did_note().to_owned(), Some(text.clone())),
        Action::Attach {} => (words::did_attach().to_owned(), None),
        Action::HandOver { to, reason, .. } => {
            (words::did_hand_over(case.names.of(*to)), Some(words::because(reason)))
        }
        Action::Ask { field, text } => (words::did_ask(field_name(kind, field)), Some(text.clone())),
        Action::Explain { ask, text } => {
            let field = match case.record.entry(*ask).map(|entry| &entry.content.action) {
                Some(Action::Ask { field, .. }) => field_name(kind, field),
                _ => "",
            };
            (words::did_explain(field), Some(text.clone()))
        }
        Action::Slip { .. } => (words::did_slip().to_owned(), None),
        Action::Answer { verdict, text, .. } => {
            (verdict_name(*verdict).to_owned(), (!text.is_empty()).then(|| text.clone()))
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
            let text =
                words::receipt(revision.0, format_moment(*received_at), short_digest(known.entry.digest));
            (Sign::Delivered, Some(text))
        }
        Standing::Parked { reason, .. } if known.let_go => (Sign::LetGo, Some(reason_sentence(kind, reason))),
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
    let undo = undo(case, content.id, &what, act);
    view! {
        <li data-state=sign.state()>
            <span class="knot" aria-hidden="true">{icon(sign.icon())}</span>
            <h3>{what}</h3>
            <p class="who">{who}" · "<time>{format_moment(content.noted_at.to_utc())}</time></p>
            {words_said.map(|said| view! { <blockquote>{said}</blockquote> })}
            {hidden}
            {attached}
            {undo}
            <p class="receipt">{badge(sign)}{receipt.map(|receipt| view! { <span>{receipt}</span> })}{proof}</p>
        </li>
    }
}

/// What a step is called; whom it named; and what it said, where a later one has taken its place among the facts: what
/// is sensitive of it is put into `hidden`, masked.
fn took(
    case: &Case,
    by: EntryId,
    step: &StepId,
    body: &Body,
    hidden: &mut Vec<AnyView>,
) -> (String, Option<String>) {
    let kind = case.kind.as_ref();
    let known = kind.and_then(|kind| kind.workflow.steps.iter().find(|known| known.id == *step));
    let Some((kind, step)) = kind.zip(known) else { return (step.to_string(), None) };
    let mut said = Vec::new();
    let named = named(case, step, body);
    if !named.is_empty() {
        said.push(words::handed_to(named));
    }
    for (id, value) in body {
        let field = kind.field(id).filter(|field| {
            let is_name = matches!(field.form, FieldType::Recipient | FieldType::Recipients);
            !is_name && step.asks.contains(id)
        });
        let replaced = case.record.fields.get(id).is_none_or(|held| held.by != by);
        let Some(field) = field.filter(|_| replaced) else { continue };
        let (label, text) = (words::label(&field.label), case.text(Some(field), value));
        if field.sensitive {
            hidden.push(
                view! { <blockquote>{label.to_owned()}" "<Masked label=label text=text/></blockquote> },
            );
        } else {
            said.push(words::problem_of(label, text));
        }
    }
    (words::label(&step.label).to_owned(), (!said.is_empty()).then(|| said.join("\n")))
}

/// Whom a step handed the record to, or asked to take part.
fn named(case: &Case, step: &Step, body: &Body) -> String {
    let mut recipients = workflow::recipients(step, body);
    recipients.extend(step.hands.iter().filter_map(|hands| hands.level).map(Recipient::Level));
    let village = case.village();
    let names: Vec<_> =
        recipients.iter().map(|recipient| case.names.recipient(recipient, village.as_ref())).collect();
    names.join(words::list_comma())
}

/// Takes back a settlement that was rash, as long as nothing has happened to its field since.
fn undo(case: &Case, amendment: EntryId, what: &str, act: Callback<AtField>) -> Option<AnyView> {
    let values = case.may_amend.then(|| case.record.settled(&case.kinds, amendment))??;
    let Action::Amend { field, to, .. } = &case.record.entry(amendment)?.content.action else { return None };
    let other = values.into_iter().find(|value| value != to)?;
    let unsettle = AtField::Unsettle { field: field.clone(), other };
    Some(view! {
        <button
            class="btn"
            type="button"
            aria-label=words::undo_of(what)
            on:click=move |_| act.run(unsettle.clone())
        >
            {icon("return")}{words::undo()}
        </button>
    })
}
