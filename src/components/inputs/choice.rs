//! What is chosen by one touch: big radio buttons, chips, a single yes.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::kind::{Field, Kind};

use super::{Filled, Given, Wrong, control_id};
use crate::{components::view, words};

/// One value of a short list.
#[component]
pub(super) fn Radios(kind: StoredValue<Kind>, field: Field, filled: Filled) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let codes = kind.with_value(|kind| kind.codes(&field).to_vec());
    let options = codes
        .into_iter()
        .enumerate()
        .map(|(index, code)| {
            let (of_checked, of_change) = (field.id.clone(), field.id.clone());
            let (is, becomes) = (Value::String(code.code.clone()), Value::String(code.code.clone()));
            // Only a case's gravest level is set off, and it has a word as well as a colour.
            let tone = (code.code == "grave").then_some("high");
            view! {
                <label class="option" data-tone=tone>
                    <input
                        type="radio"
                        name=id.clone()
                        id=(index == 0).then(|| id.clone())
                        value=code.code.clone()
                        prop:checked=move || filled.get(&of_checked).as_ref() == Some(&is)
                        on:change=move |_| filled.set(&of_change, becomes.clone())
                    />
                    <span>{words::label(&code.label).to_owned()}</span>
                </label>
            }
        })
        .collect_view();
    view! { <Group field=field filled=filled radio=true>{options}</Group> }
}

/// Several values of a list.
#[component]
pub(super) fn Chips(kind: StoredValue<Kind>, field: Field, filled: Filled) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let codes = kind.with_value(|kind| kind.codes(&field).to_vec());
    let options = codes
        .into_iter()
        .enumerate()
        .map(|(index, code)| {
            let (of_checked, of_change) = (field.id.clone(), field.id.clone());
            let (is, becomes) = (Value::String(code.code.clone()), Value::String(code.code.clone()));
            let change = move |event| {
                let mut chosen = match filled.body.with_untracked(|body| body.get(&of_change).cloned()) {
                    Some(Value::Array(chosen)) => chosen,
                    _ => Vec::new(),
                };
                chosen.retain(|code| *code != becomes);
                if event_target_checked(&event) {
                    chosen.push(becomes.clone());
                }
                filled.set(&of_change, if chosen.is_empty() { Value::Null } else { Value::Array(chosen) });
            };
            let checked =
                move || matches!(filled.get(&of_checked), Some(Value::Array(chosen)) if chosen.contains(&is));
            view! {
                <label class="option">
                    <input
                        type="checkbox"
                        name=id.clone()
                        id=(index == 0).then(|| id.clone())
                        value=code.code.clone()
                        prop:checked=checked
                        on:change=change
                    />
                    <span>{words::label(&code.label).to_owned()}</span>
                </label>
            }
        })
        .collect_view();
    view! { <Group field=field filled=filled radio=false>{options}</Group> }
}

/// A single yes, which is no when it is left alone.
#[component]
pub(super) fn YesNo(field: Field, filled: Filled) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let (of_checked, of_change) = (field.id.clone(), field.id.clone());
    let change = move |event| {
        let yes = event_target_checked(&event);
        filled.set(&of_change, if yes { Value::Bool(true) } else { Value::Null });
    };
    view! {
        <div class="field">
            <div class="options">
                <label class="option">
                    <input
                        type="checkbox"
                        id=id.clone()
                        name=id
                        prop:checked=move || filled.get(&of_checked) == Some(Value::Bool(true))
                        on:change=change
                    />
                    <span>{words::label(&field.label).to_owned()}</span>
                </label>
            </div>
        </div>
    }
}

#[component]
fn Group(field: Field, filled: Filled, radio: bool, children: Children) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let (of_mark, of_problem, of_same) = (field.id.clone(), field.id.clone(), field.id.clone());
    let error = format!("{id}-error");
    view! {
        <fieldset
            class="field"
            role=radio.then_some("radiogroup")
            aria-required=(radio && field.required).then_some("true")
            aria-describedby=error
            data-required=field.required.then_some("")
            data-invalid=move || filled.problem(&of_mark).map(|_| "")
        >
            <legend class="label">{words::label(&field.label).to_owned()}</legend>
            <Given field=of_same filled=filled/>
            <div class="options" class:chips=!radio>{children()}</div>
            <Wrong id=id sentence=Signal::derive(move || filled.problem(&of_problem))/>
        </fieldset>
    }
}
