//! One input for each type of field, chosen by the kind's definition alone.
//!
//! Inputs keep what is typed in the body, whether it is right yet or not; the evaluator of the domain decides that.

mod choice;
mod people;
mod photos;
mod picker;
mod typed;

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::{
    canonical,
    entry::Body,
    id::FieldId,
    kind::{Field, FieldType, Kind},
    validate::Problem,
};

use self::{
    choice::{Chips, Radios, YesNo},
    people::People,
    photos::Photos,
    picker::{CodePicker, VillagePicker},
    typed::{LongText, Typed},
};
use super::{Show, control_id, icon, live, problem_sentence, view};
use crate::words;

/// Up to so many values of a list are shown all at once, as big buttons.
const BUTTONS: usize = 6;

/// A form that is being filled in. Copies are the same.
#[derive(Clone, Copy)]
pub struct Filled {
    /// The values so far.
    pub body: RwSignal<Body>,
    /// The fields that were filled in from last time and not touched since.
    pub same: RwSignal<Vec<FieldId>>,
    /// What was wrong when it was last to be saved.
    pub problems: RwSignal<Vec<Problem>>,
}

impl Filled {
    /// A form that begins with these values.
    pub fn new(body: Body) -> Self {
        Self { body: RwSignal::new(body), same: RwSignal::default(), problems: RwSignal::default() }
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
        if self.same.with_untracked(|same| same.contains(field)) {
            self.same.update(|same| same.retain(|other| other != field));
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
        FieldType::People => view! { <People field=field filled=filled/> },
        FieldType::Attachments => view! { <Photos field=field filled=filled/> },
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
                <Same field=of_same filled=filled/>
            </div>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            {children()}
            <Wrong id=id sentence=Signal::derive(move || filled.problem(&of_problem))/>
        </div>
    }
}

/// Says that a value is the one of last time.
#[component]
fn Same(field: FieldId, filled: Filled) -> impl IntoView {
    view! {
        <Show when=move || filled.same.with(|same| same.contains(&field))>
            <span class="prefill">{words::same_as_last_time()}</span>
        </Show>
    }
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
