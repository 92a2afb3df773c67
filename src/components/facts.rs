//! What a record says, field by field, with what two people disagree about and what its desk asks to have corrected, each
//! at its field. What its kind doesn't know is shown too.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Entry},
    id::FieldId,
    kind::{Field, FieldType},
    record::Held,
    validate::is_empty,
};

use super::{AtField, Case, RecordLink, ShownCase, icon, live, tiles, view};
use crate::{platform::format_moment, words};

/// The facts of a record.
#[component]
pub fn Facts(case: ShownCase, act: Callback<AtField>) -> impl IntoView {
    let facts = case.with_value(|case| {
        let known: Vec<&Field> = case.kind.iter().flat_map(|kind| &kind.fields).collect();
        let mut facts = Vec::new();
        for field in &known {
            facts.extend(fact(case, Some(field), &field.id, act));
        }
        for id in case.record.fields.keys().filter(|id| !known.iter().any(|field| field.id == **id)) {
            facts.extend(fact(case, None, id, act));
        }
        facts
    });
    view! { <dl>{facts}</dl> }
}

fn fact(case: &Case, field: Option<&Field>, id: &FieldId, act: Callback<AtField>) -> Option<AnyView> {
    let held = case.record.fields.get(id);
    let contested = held.filter(|held| !held.rivals.is_empty());
    let filled = held.filter(|held| !is_empty(&held.value));
    if filled.is_none() && contested.is_none() && !case.record.asked.contains_key(id) {
        return None;
    }
    let label = field.map_or_else(|| id.to_string(), |field| words::label(&field.label).to_owned());
    let wide = field.is_some_and(|field| matches!(field.form, FieldType::LongText | FieldType::Attachments));
    let long = wide || contested.is_some() || case.record.asked.contains_key(id);
    let value = match contested {
        Some(held) => versions(case, field, id, held, act),
        None => filled
            .map_or_else(|| words::nothing_yet().into_any(), |held| value_view(case, field, &label, held)),
    };
    let asked = asked(case, id, &label, act);
    Some(view! {
        <div class="fact" class:long=long>
            <dt>{label}</dt>
            <dd>{value}{asked}</dd>
        </div>
    })
}

fn value_view(case: &Case, field: Option<&Field>, label: &str, held: &Held) -> AnyView {
    let text = |value: &Value| case.text(field, value);
    let sensitive = field.is_some_and(|field| field.sensitive);
    let high = held.value == "grave" && field.is_some_and(|field| field.id.as_str() == "risk");
    match (field.map(|field| field.form), &held.value) {
        (Some(FieldType::People), Value::Array(people)) => people_view(people),
        (Some(FieldType::Attachments), Value::Array(items)) => {
            let digests = items.iter().filter_map(|item| item.as_str()?.parse::<Digest>().ok());
            tiles(&digests.collect::<Vec<_>>())
        }
        (Some(FieldType::Record), Value::String(id)) => match id.parse() {
            Ok(id) => view! { <RecordLink id=id/> },
            Err(_) => text(&held.value).into_any(),
        },
        (Some(FieldType::Place), place) => {
            let part = |name: &str| place.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            // Phones open it in whatever map there is.
            let map = format!("geo:{0},{1}?q={0},{1}", part("lat"), part("lon"));
            view! { <a href=map>{text(place)}</a> }
        }
        _ if sensitive => view! { <Masked label=label.to_owned() text=text(&held.value)/> },
        _ if high => {
            view! { <span class="risk" data-tone="high">{icon("warning")}{text(&held.value)}</span> }
        }
        (_, value) => text(value).into_any(),
    }
}

/// What several people said of a field without knowing of each other; one tap settles it.
fn versions(
    case: &Case,
    field: Option<&Field>,
    id: &FieldId,
    held: &Held,
    act: Callback<AtField>,
) -> AnyView {
    let sensitive = field.is_some_and(|field| field.sensitive);
    let values = std::iter::once(&held.value).chain(held.rivals.iter().map(|rival| &rival.value));
    let line = |value: &Value| {
        let said = case.record.said(id, value);
        let name = said.map_or(words::somebody(), |entry| case.author(entry));
        let opened = said.is_some_and(|entry| matches!(entry.content.action, Action::Open { .. }));
        let who = if opened { words::said_first(name) } else { words::changed_to(name) };
        let text = case.text(field, value);
        let text = if text.is_empty() { words::nothing_yet().to_owned() } else { text };
        let shown = match sensitive {
            true => view! { <Masked label=who.clone() text=text/> },
            false => view! { <strong>{text}</strong> },
        };
        let settle = AtField::Settle { field: id.clone(), from: held.value.clone(), to: value.clone() };
        let choose = case.may_amend.then(|| {
            view! {
                <button
                    class="btn"
                    type="button"
                    aria-label=words::adopt_of(name)
                    on:click=move |_| act.run(settle.clone())
                >
                    {words::adopt()}
                </button>
            }
        });
        view! { <li><p>{who}{when(said)}</p><div>{shown}{choose}</div></li> }
    };
    let lines = values.map(line).collect_view();
    view! {
        <div class="at-field" role="group" aria-label=words::both_said()>
            <p class="at-field-why">{icon("warning")}{words::both_said()}</p>
            <ul>{lines}</ul>
        </div>
    }
}

/// What is asked about a field, and the ways to answer for whoever carries the record on.
fn asked(case: &Case, id: &FieldId, label: &str, act: Callback<AtField>) -> Option<AnyView> {
    let asked = case.record.asked.get(id)?;
    let line = |entry: &Entry| {
        let Action::Ask { text, .. } = &entry.content.action else { return None };
        let ask = entry.content.id;
        let field = id.clone();
        let answer = case.is_keeper.then(|| {
            view! {
                <div class="btns">
                    <button class="btn primary" type="button" on:click=move |_| act.run(AtField::Mend(field.clone()))>
                        {icon("pencil")}{words::amend()}
                    </button>
                    <button class="btn" type="button" on:click=move |_| act.run(AtField::Explain(ask))>
                        {words::explain()}
                    </button>
                </div>
            }
        });
        // Whoever only oversees the record doesn't get the words.
        let said = match text.is_empty() {
            true => case.author(entry).to_owned(),
            false => words::ask_said(case.author(entry), text),
        };
        Some(view! { <li><p class="asked">{said}{when(Some(entry))}</p>{answer}</li> })
    };
    let lines: Vec<_> = asked.iter().filter_map(|asked| line(case.record.entry(asked.by)?)).collect();
    Some(view! {
        <div class="at-field" role="group" aria-label=words::problem_of(words::asked_at_field(), label)>
            <p class="at-field-why">{icon("return")}{words::asked_at_field()}</p>
            <ul>{lines}</ul>
        </div>
    })
}

fn when(entry: Option<&Entry>) -> Option<AnyView> {
    let at = entry.map(|entry| format_moment(entry.content.noted_at.to_utc()));
    at.map(|at| view! { " "<time class="quiet">{at}</time> })
}

fn people_view(people: &[Value]) -> AnyView {
    let rows = people
        .iter()
        .map(|person| {
            let part = |name: &str| person.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (name, phone, address) = (part("name"), part("phone"), part("address"));
            let phone = (!phone.is_empty()).then(|| {
                view! { " "<Masked label=words::phone_of(&name) text=phone/> }
            });
            let address = (!address.is_empty()).then(|| view! { <br/><span class="quiet">{address}</span> });
            view! { <li>{name}{phone}{address}</li> }
        })
        .collect_view();
    view! { <ul class="people-list">{rows}</ul> }
}

/// A value that passers-by don't see: shown by a tap, hidden by another.
#[component]
pub fn Masked(
    /// What it is.
    #[prop(into)]
    label: String,
    /// The value.
    text: String,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let name = label.clone();
    let button = live(move || {
        (!shown.get()).then(|| {
            view! {
                <button
                    class="mask"
                    type="button"
                    aria-label=words::tap_to_show(&name)
                    on:click=move |_| shown.set(true)
                >
                    {icon("eye")}
                    <span aria-hidden="true">"•••"</span>
                </button>
            }
        })
    });
    view! {
        {button}
        {move || shown.get().then(|| {
            let text = text.clone();
            view! { <span class="shown" on:click=move |_| shown.set(false)>{text}</span> }
        })}
    }
}
