//! What is missing or wrong in a form: a list at the top that leads to the fields, and the same beside each field.

use leptos::prelude::*;
use xunji_domain::{
    id::FieldId,
    kind::Kind,
    validate::{Fault, Problem},
};

use super::{Show, icon, live, view, watch};
use crate::words;

/// The id of a field's control in the page; of a person's part when the problem names one.
pub fn control_id(field: &FieldId, item: Option<usize>, part: Option<&str>) -> String {
    match (item, part) {
        (Some(item), Some(part)) => format!("f-{field}-{item}-{part}"),
        (Some(item), None) => format!("f-{field}-{item}"),
        _ => format!("f-{field}"),
    }
}

/// What is wrong, as a sentence beside the field.
pub fn problem_sentence(problem: &Problem) -> String {
    match &problem.fault {
        Fault::Missing => words::fault_missing().to_owned(),
        Fault::TooLong { max } => words::fault_too_long(max),
        Fault::NotANumber => words::fault_not_a_number().to_owned(),
        Fault::NotMoney => words::fault_not_money().to_owned(),
        Fault::NotADate => words::fault_not_a_date().to_owned(),
        Fault::YearOutOfRange => words::fault_year().to_owned(),
        Fault::NotAPhone => words::fault_not_a_phone().to_owned(),
        Fault::NotAnIdNumber => words::fault_not_an_id_number().to_owned(),
        Fault::NotAVillage => words::fault_not_a_village().to_owned(),
        Fault::WrongShape | Fault::Unknown => words::fault_other().to_owned(),
    }
}

/// The list at the top of a form. It takes the focus when it appears, so that it is read out.
#[component]
pub fn ProblemList(kind: Kind, #[prop(into)] problems: Signal<Vec<Problem>>) -> impl IntoView {
    let kind = StoredValue::new(kind);
    let items = move || {
        problems
            .get()
            .into_iter()
            .map(|problem| {
                let field = kind.with_value(|kind| {
                    let field = kind.field(&problem.field);
                    field.map_or_else(
                        || problem.field.to_string(),
                        |field| words::label(&field.label).to_owned(),
                    )
                });
                let part = match problem.part.as_deref() {
                    Some("name") => Some(words::part_name()),
                    Some("phone") => Some(words::part_phone()),
                    Some("address") => Some(words::part_address()),
                    _ => None,
                };
                let name = match (problem.item, part) {
                    (Some(item), Some(part)) => format!("{field} {} {part}", item + 1),
                    _ => field,
                };
                let text = words::problem_of(name, problem_sentence(&problem));
                let target = control_id(&problem.field, problem.item, problem.part.as_deref());
                let href = format!("#{target}");
                // The router takes a link to a place on this page for a way to another one.
                let go = move |event: leptos::ev::MouseEvent| {
                    event.prevent_default();
                    focus(&target);
                };
                view! { <li><a href=href on:click=go>{text}</a></li> }
            })
            .collect_view()
    };
    let alert = NodeRef::<leptos::html::Div>::new();
    // Also when the same list is set again: the person has pressed 保存 once more and has to be told once more.
    watch(move || {
        problems.track();
        if let Some(alert) = alert.get() {
            drop(alert.focus());
            alert.scroll_into_view();
        }
    });
    view! {
        <Show when=move || problems.with(|problems| !problems.is_empty())>
            <div class="alert" role="alert" tabindex="-1" node_ref=alert>
                {icon("warning")}
                <h2>{move || words::problems_heading(problems.with(Vec::len))}</h2>
                <ul>{live(items)}</ul>
            </div>
        </Show>
    }
}

/// Brings a control into view and gives it the focus.
fn focus(id: &str) {
    use wasm_bindgen::JsCast;
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id))
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        element.scroll_into_view();
        drop(element.focus());
    }
}
