//! Everything that is typed: lines, long texts, numbers, amounts, days and times.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::kind::{Field, FieldType};

use super::{Filled, Labelled, control_id, half_width, recent::Recent};
use crate::{
    components::{view, watch},
    words,
};

/// One line of text, a number, an amount, a day or a time.
#[component]
pub(super) fn Typed(field: Field, filled: Filled) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let form = field.form;
    let (kind, mode) = match form {
        FieldType::Date => ("date", "text"),
        FieldType::Time => ("datetime-local", "text"),
        FieldType::Phone => ("tel", "tel"),
        FieldType::Number => ("text", "numeric"),
        FieldType::Money => ("text", "decimal"),
        _ => ("text", "text"),
    };
    let (of_input, of_mark, of_same, of_clear) =
        (field.id.clone(), field.id.clone(), field.id.clone(), field.id.clone());
    let required = field.required;
    let error = format!("{id}-error");
    let initial = filled.text(&of_same);
    let input = move |event| {
        let text = event_target_value(&event);
        filled.set(&of_input, read(form, &text));
    };
    let node = NodeRef::<leptos::html::Input>::new();
    // A value that is set from elsewhere: taken from what was entered lately.
    watch(move || {
        filled.body.track();
        let text = filled.text(&of_clear);
        if let Some(node) = node.get_untracked()
            && !matches!(form, FieldType::Time | FieldType::Date)
            && read(form, &node.value()) != read(form, &text)
        {
            node.set_value(&text);
        }
    });
    let recent = field.recent.then(|| {
        let of_take = field.id.clone();
        let take = Callback::new(move |value| filled.set(&of_take, value));
        let (id, label) = (field.id.clone(), words::label(&field.label).to_owned());
        view! { <Recent field=id label=label filled=filled take=take/> }
    });
    view! {
        <Labelled field=field filled=filled>
            <input
                class="input"
                node_ref=node
                id=id.clone()
                name=id.clone()
                type=kind
                inputmode=mode
                // What is typed is not for the browser to remember: it would keep it beside the vault, in the clear.
                autocomplete="off"
                value=initial
                aria-required=required.then_some("true")
                aria-invalid=move || filled.problem(&of_mark).map(|_| "true")
                aria-describedby=error
                on:input=input
            />
            {recent}
        </Labelled>
    }
}

/// Several lines of text; or one that may be long enough to wrap.
#[component]
pub(super) fn LongText(field: Field, filled: Filled, #[prop(optional)] line: bool) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let (of_input, of_mark) = (field.id.clone(), field.id.clone());
    let required = field.required;
    let error = format!("{id}-error");
    let initial = filled.text(&field.id);
    let input = move |event| {
        let mut text = event_target_value(&event);
        if line {
            text = text.replace('\n', " ");
        }
        filled.set(&of_input, if text.is_empty() { Value::Null } else { Value::String(text) });
    };
    let no_break = move |event: leptos::ev::KeyboardEvent| {
        if line && event.key() == "Enter" {
            event.prevent_default();
        }
    };
    view! {
        <Labelled field=field filled=filled>
            <textarea
                class="input"
                class:line=line
                id=id.clone()
                name=id.clone()
                rows=if line { "1" } else { "4" }
                autocomplete="off"
                aria-required=required.then_some("true")
                aria-invalid=move || filled.problem(&of_mark).map(|_| "true")
                aria-describedby=error
                on:input=input
                on:keydown=no_break
            >
                {initial}
            </textarea>
        </Labelled>
    }
}

/// What was typed, as the field's type keeps it. What is not right yet is kept as it is.
pub(super) fn read(form: FieldType, text: &str) -> Value {
    let kept = match form {
        FieldType::Number | FieldType::Money | FieldType::Phone | FieldType::IdNumber => half_width(text),
        _ => text.to_owned(),
    };
    match form {
        _ if kept.is_empty() => Value::Null,
        FieldType::Number => kept.parse::<u64>().map_or(Value::String(kept), Value::from),
        _ => Value::String(kept),
    }
}
