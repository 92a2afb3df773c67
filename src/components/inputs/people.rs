//! People: name, telephone and address of each; rows are added and taken away.

use leptos::prelude::*;
use serde_json::{Map, Value};
use xunji_domain::{
    id::FieldId,
    kind::{Field, FieldType},
    validate::is_empty,
};

use super::{Filled, Given, Wrong, control_id, recent::Recent, typed::read};
use crate::{
    components::{icon, live, view},
    words,
};

/// Several people.
#[component]
pub(super) fn People(field: Field, filled: Filled) -> impl IntoView {
    let id = field.id.clone();
    let count = {
        let id = id.clone();
        Memo::new(move |_| {
            filled
                .body
                .with(|body| body.get(&id).and_then(Value::as_array).map_or(1, |people| people.len().max(1)))
        })
    };
    // Taking one away moves the others up, so all rows are drawn anew then, and only then.
    let epoch = RwSignal::new(0);
    let legend = words::label(&field.label).to_owned();
    let rows = {
        let (id, legend) = (id.clone(), legend.clone());
        live(move || {
            epoch.track();
            (0..count.get())
                .map(|item| view! { <Person field=id.clone() legend=legend.clone() item filled epoch/> })
                .collect_view()
        })
    };
    let of_add = id.clone();
    let add = move |_| {
        let mut people = people(filled, &of_add);
        if people.is_empty() {
            people.push(Value::Object(Map::new()));
        }
        people.push(Value::Object(Map::new()));
        filled.set(&of_add, Value::Array(people));
    };
    let recent = field.recent.then(|| {
        let of_take = id.clone();
        let take = Callback::new(move |person| {
            let mut people = people(filled, &of_take);
            match people.iter_mut().find(|person| is_empty(person)) {
                Some(place) => *place = person,
                None => people.push(person),
            }
            filled.set(&of_take, Value::Array(people));
            epoch.update(|epoch| *epoch += 1);
        });
        view! { <Recent field=id.clone() label=legend.clone() filled=filled take=take/> }
    });
    let (of_problem, of_given) = (id.clone(), id.clone());
    view! {
        <fieldset class="field" id=control_id(&id, None, None) data-required=field.required.then_some("")>
            <legend class="label">{legend}</legend>
            <Given field=of_given filled=filled/>
            <ul class="people">{rows}</ul>
            {recent}
            <Wrong
                id=control_id(&id, None, None)
                sentence=Signal::derive(move || filled.problem(&of_problem))
            />
            <button class="btn wide" type="button" on:click=add>{icon("person")}{words::add_person()}</button>
        </fieldset>
    }
}

fn people(filled: Filled, field: &FieldId) -> Vec<Value> {
    filled.body.with_untracked(|body| body.get(field).and_then(Value::as_array).cloned().unwrap_or_default())
}

#[component]
fn Person(
    field: FieldId,
    legend: String,
    item: usize,
    filled: Filled,
    epoch: RwSignal<u32>,
) -> impl IntoView {
    let name = format!("{legend} {}", item + 1);
    let of_remove = field.clone();
    let remove = move |_| {
        let mut people = people(filled, &of_remove);
        if item < people.len() {
            people.remove(item);
        }
        filled.set(&of_remove, if people.is_empty() { Value::Null } else { Value::Array(people) });
        epoch.update(|epoch| *epoch += 1);
    };
    let part = |part: &'static str, label: &'static str, form: FieldType| {
        view! { <Part field=field.clone() item part label form filled/> }
    };
    view! {
        <li>
            <fieldset>
                <legend class="hidden-text">{name.clone()}</legend>
                <div class="people-head">
                    <span aria-hidden="true">{name.clone()}</span>
                    <button class="icon-btn" type="button" aria-label=words::remove(&name) on:click=remove>
                        {icon("trash")}
                    </button>
                </div>
                {part("name", words::part_name(), FieldType::Text)}
                {part("phone", words::part_phone(), FieldType::Phone)}
                {part("address", words::part_address(), FieldType::Text)}
            </fieldset>
        </li>
    }
}

#[component]
fn Part(
    field: FieldId,
    item: usize,
    part: &'static str,
    label: &'static str,
    form: FieldType,
    filled: Filled,
) -> impl IntoView {
    let id = control_id(&field, Some(item), Some(part));
    let initial = people(filled, &field)
        .get(item)
        .and_then(|person| person.get(part)?.as_str().map(str::to_owned))
        .unwrap_or_default();
    let of_input = field.clone();
    let input = move |event| {
        let mut people = people(filled, &of_input);
        while people.len() <= item {
            people.push(Value::Object(Map::new()));
        }
        if let Some(person) = people[item].as_object_mut() {
            match read(form, &event_target_value(&event)) {
                Value::Null => person.remove(part),
                value => person.insert(part.to_owned(), value),
            };
        }
        filled.set(&of_input, Value::Array(people));
    };
    let problem = Signal::derive(move || filled.part_problem(&field, Some(item), Some(part)));
    let error = format!("{id}-error");
    view! {
        <div
            class="field"
            data-required=(part == "name").then_some("")
            data-invalid=move || problem.get().map(|_| "")
        >
            <label class="label" for=id.clone()>{label}</label>
            <input
                class="input"
                id=id.clone()
                type=if form == FieldType::Phone { "tel" } else { "text" }
                inputmode=if form == FieldType::Phone { "tel" } else { "text" }
                autocomplete="off"
                value=initial
                aria-required=(part == "name").then_some("true")
                aria-invalid=move || problem.get().map(|_| "true")
                aria-describedby=error
                on:input=input
            />
            <Wrong id=id sentence=problem/>
        </div>
    }
}
