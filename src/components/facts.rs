//! What a record says, field by field. What its kind doesn't know is shown too.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::{
    canonical::Digest,
    entry::Body,
    id::FieldId,
    kind::{Field, FieldType, Kind},
    record::{Held, Record},
    validate::is_empty,
    village::County,
};

use super::{RecordLink, icon, live, tiles, value_text, view};
use crate::words;

/// The facts of a record.
#[component]
pub fn Facts(
    record: Record,
    kind: Option<Kind>,
    county: StoredValue<std::rc::Rc<County>, LocalStorage>,
) -> impl IntoView {
    let body = record.body();
    let known: Vec<(Option<Field>, FieldId, Held)> = kind
        .iter()
        .flat_map(|kind| &kind.fields)
        .filter_map(|field| {
            Some((Some(field.clone()), field.id.clone(), record.fields.get(&field.id)?.clone()))
        })
        .collect();
    let is_known = |id: &FieldId| known.iter().any(|(_, known, _)| known == id);
    let unknown: Vec<_> = record
        .fields
        .iter()
        .filter(|(id, _)| !is_known(id))
        .map(|(id, held)| (None, id.clone(), held.clone()))
        .collect();
    let facts = known
        .into_iter()
        .chain(unknown)
        .filter(|(_, _, held)| !is_empty(&held.value) || !held.rivals.is_empty())
        .map(|(field, id, held)| fact(kind.as_ref(), field, &id, &held, county, &body))
        .collect_view();
    view! { <dl>{facts}</dl> }
}

fn fact(
    kind: Option<&Kind>,
    field: Option<Field>,
    id: &FieldId,
    held: &Held,
    county: StoredValue<std::rc::Rc<County>, LocalStorage>,
    body: &Body,
) -> AnyView {
    let label = field.as_ref().map_or_else(|| id.to_string(), |field| words::label(&field.label).to_owned());
    let text = |value: &Value| county.with_value(|county| value_text(kind, field.as_ref(), county, value));
    let long = field
        .as_ref()
        .is_some_and(|field| matches!(field.form, FieldType::LongText | FieldType::Attachments));
    let sensitive = field.as_ref().is_some_and(|field| field.sensitive);
    let high = id.as_str() == "risk" && body.get("risk").and_then(Value::as_str) == Some("grave");
    let value = match (field.as_ref().map(|field| field.form), &held.value) {
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
        _ if sensitive => view! { <Masked label=label.clone() text=text(&held.value)/> },
        _ if high => {
            view! { <span class="risk" data-tone="high">{icon("warning")}{text(&held.value)}</span> }
        }
        (_, value) => text(value).into_any(),
    };
    let rivals = held
        .rivals
        .iter()
        .map(|rival| view! { <span class="quiet">{words::other_version(text(&rival.value))}</span> })
        .collect_view();
    view! {
        <div class="fact" class:long=long>
            <dt>{label}</dt>
            <dd>{value}{rivals}</dd>
        </div>
    }
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
fn Masked(#[prop(into)] label: String, text: String) -> impl IntoView {
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
