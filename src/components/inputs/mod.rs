//! One input for each type of field, chosen by the kind's definition alone.
//!
//! Inputs keep what is typed in the body, whether it is right yet or not; the evaluator of the domain decides that.

mod choice;
mod people;
mod photos;
mod picker;
mod place;
mod recent;
mod typed;

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::{
    canonical,
    entry::Body,
    id::FieldId,
    kind::{Field, FieldType, Kind},
    validate::Problem,
};
use xunji_sync::pocket::Source;

use self::{
    choice::{Chips, Radios, YesNo},
    people::People,
    photos::Photos,
    picker::{CodePicker, ReceiverPicker, VillagePicker},
    place::Place,
    typed::{LongText, Typed},
};
use super::{Receiver, RecordLink, control_id, icon, live, problem_sentence, view};
use crate::words;

/// Up to so many values of a list are shown all at once, as big buttons.
const BUTTONS: usize = 6;

/// A form that is being filled in. Copies are the same.
#[derive(Clone, Copy)]
pub struct Filled {
    /// The values so far.
    pub body: RwSignal<Body>,
    /// The fields that were filled in beforehand and not touched since, and from where.
    pub given: RwSignal<BTreeMap<FieldId, Source>>,
    /// What was entered lately, by field.
    pub recent: RwSignal<Body>,
    /// What was wrong when it was last to be saved.
    pub problems: RwSignal<Vec<Problem>>,
    /// Whom the record may be handed to.
    pub receivers: RwSignal<Vec<Receiver>>,
}

impl Filled {
    /// A form that begins with these values.
    pub fn new(body: Body) -> Self {
        Self {
            body: RwSignal::new(body),
            given: RwSignal::default(),
            recent: RwSignal::default(),
            problems: RwSignal::default(),
            receivers: RwSignal::default(),
        }
    }

    /// Sets a field; null takes it away.
    pub fn set(&self, field: &FieldId, value: Value) {
        self.body.update(|body| {
            if value.is_null() {
                body.remove(field);
            } else {
                body.insert(field.clone(), value);
            }
        });
        if self.given.with_untracked(|given| given.contains_key(field)) {
            self.given.update(|given| {
                given.remove(field);
            });
        }
    }

    /// A field's value.
    pub fn get(&self, field: &FieldId) -> Option<Value> {
        self.body.with(|body| body.get(field).cloned())
    }

    /// A field's value as text, without following its changes.
    pub fn text(&self, field: &FieldId) -> String {
        self.body.with_untracked(|body| match body.get(field) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => String::from_utf8_lossy(&canonical::bytes(other)).into_owned(),
        })
    }

    /// What is wrong with a field as a whole.
    pub fn problem(&self, field: &FieldId) -> Option<String> {
        self.part_problem(field, None, None)
    }

    /// What is wrong with a part of a field.
    pub fn part_problem(&self, field: &FieldId, item: Option<usize>, part: Option<&str>) -> Option<String> {
        self.problems.with(|problems| {
            let found = problems.iter().find(|problem| {
                problem.field == *field && problem.item == item && problem.part.as_deref() == part
            });
            found.map(problem_sentence)
        })
    }
}

/// The input for a field, with its label, its hint and what is wrong with it.
#[component]
pub fn FieldInput(
    /// The ledger.
    kind: StoredValue<Kind>,
    /// The field.
    field: Field,
    /// The form.
    filled: Filled,
) -> impl IntoView {
    let count = kind.with_value(|kind| kind.codes(&field).len());
    match field.form {
        FieldType::Code if count <= BUTTONS => {
            view! { <Radios kind=kind field=field filled=filled/> }
        }
        FieldType::Code => view! { <CodePicker kind=kind field=field filled=filled/> },
        FieldType::Codes => view! { <Chips kind=kind field=field filled=filled/> },
        FieldType::YesNo => view! { <YesNo field=field filled=filled/> },
        FieldType::Village => view! { <VillagePicker field=field filled=filled/> },
        FieldType::Recipient | FieldType::Recipients => {
            view! { <ReceiverPicker field=field filled=filled/> }
        }
        FieldType::People => view! { <People field=field filled=filled/> },
        FieldType::Attachments => view! { <Photos field=field filled=filled/> },
        FieldType::Place => view! { <Place field=field filled=filled/> },
        FieldType::Record => {
            let origin = filled.get(&field.id).and_then(|value| value.as_str()?.parse().ok());
            view! {
                {origin.map(|id| view! {
                    <div class="field"><p class="label">{words::label(&field.label).to_owned()}</p><RecordLink id=id/></div>
                })}
            }
        }
        FieldType::LongText => view! { <LongText field=field filled=filled/> },
        FieldType::Text if kind.with_value(|kind| kind.title.contains(&field.id)) && field.required => {
            view! { <LongText field=field filled=filled line=true/> }
        }
        _ => view! { <Typed field=field filled=filled/> },
    }
}

/// What surrounds a control that has one label: the label, 同上次, the sentence about what is wrong.
#[component]
fn Labelled(
    field: Field,
    filled: Filled,
    /// What to know before filling it in.
    #[prop(optional_no_strip)]
    hint: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let (of_same, of_problem, of_mark) = (field.id.clone(), field.id.clone(), field.id.clone());
    view! {
        <div
            class="field"
            data-required=field.required.then_some("")
            data-invalid=move || filled.problem(&of_mark).map(|_| "")
        >
            <div class="label-row">
                <label class="label" for=id.clone()>{words::label(&field.label).to_owned()}</label>
                <Given field=of_same filled=filled/>
            </div>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            {children()}
            <Wrong id=id sentence=Signal::derive(move || filled.problem(&of_problem))/>
        </div>
    }
}

/// Says where a value comes from that nobody typed.
#[component]
fn Given(field: FieldId, filled: Filled) -> impl IntoView {
    let source = Memo::new(move |_| filled.given.with(|given| given.get(&field).copied()));
    live(move || {
        let word = match source.get()? {
            Source::LastTime => words::same_as_last_time(),
            Source::Copied => words::copied(),
            Source::Carried => words::carried(),
        };
        Some(view! { <span class="prefill">{word}</span> })
    })
}

/// What is wrong, beside the control that it belongs to.
#[component]
fn Wrong(id: String, sentence: Signal<Option<String>>) -> impl IntoView {
    live(move || {
        let id = format!("{id}-error");
        sentence.get().map(|sentence| view! { <p class="error" id=id>{icon("warning")}{sentence}</p> })
    })
}

/// Digits and letters as the phone's keyboards for full-width forms type them, as plain ones.
fn half_width(text: &str) -> String {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '。' => '.',
        '\u{3000}' => ' ',
        _ => c,
    };
    text.chars().map(half).collect::<String>().trim().to_owned()
}
