//! Longer lists: a button that opens a sheet with a search box and grouped values.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::kind::{Field, FieldType, Kind};
use xunji_sync::words::Words;

use super::{Filled, Labelled, control_id};
use crate::{
    components::{Receiver, SearchBox, Sheet, Show, icon, view, village_name},
    platform,
    state::use_app,
    words,
};

/// One value that can be picked.
#[derive(Clone, PartialEq)]
struct Choice {
    code: String,
    word: String,
    group: String,
    /// What stands beside the word: the code, where papers name it; what somebody does and where.
    note: String,
}

/// One value of a longer code list.
#[component]
pub(super) fn CodePicker(kind: StoredValue<Kind>, field: Field, filled: Filled) -> impl IntoView {
    let choices: Vec<_> = kind.with_value(|kind| {
        let codes = kind.codes(&field).iter();
        codes
            .map(|code| Choice {
                code: code.code.clone(),
                word: words::label(&code.label).to_owned(),
                group: code
                    .group
                    .as_ref()
                    .map(|group| kind.groups.get(group).map_or(group.as_str(), words::label).to_owned())
                    .unwrap_or_default(),
                // Papers name codes that are numbers.
                note: if code.code.bytes().all(|byte| byte.is_ascii_digit()) {
                    code.code.clone()
                } else {
                    String::new()
                },
            })
            .collect()
    });
    let known = choices.clone();
    let show = move |code: &str| {
        let found = known.iter().find(|choice| choice.code == code);
        found.map_or_else(|| code.to_owned(), |choice| choice.word.clone())
    };
    view! { <Picker field=field filled=filled choices=choices show=Box::new(show)/> }
}

/// A village out of the county's list, by township.
#[component]
pub(super) fn VillagePicker(field: Field, filled: Filled) -> impl IntoView {
    let county = use_app().pocket().county();
    let choices: Vec<_> = county
        .villages()
        .map(|(town, village)| Choice {
            code: village.code.to_string(),
            word: village.name.clone(),
            group: town.name.clone(),
            note: village.code.to_string(),
        })
        .collect();
    let county = StoredValue::new_local(county);
    let show = move |code: &str| county.with_value(|county| village_name(county, code));
    view! { <Picker field=field filled=filled choices=choices show=Box::new(show)/> }
}

/// Somebody, or a desk, that the record is handed to; or several of them.
#[component]
pub(super) fn ReceiverPicker(field: Field, filled: Filled) -> impl IntoView {
    let choices: Vec<_> = filled.receivers.with_untracked(|receivers| {
        let choice = |receiver: &Receiver| Choice {
            code: receiver.value.clone(),
            word: receiver.name.clone(),
            group: receiver.group.to_owned(),
            note: receiver.about.clone(),
        };
        receivers.iter().map(choice).collect()
    });
    // The list comes with the first answer of the station.
    let nobody = choices.is_empty().then(|| view! { <p class="hint">{words::nobody_to_name()}</p> });
    let known = choices.clone();
    let show = move |code: &str| {
        let found = known.iter().find(|choice: &&Choice| choice.code == code);
        found.map_or_else(|| words::somebody().to_owned(), |choice| choice.word.clone())
    };
    view! { <Picker field=field filled=filled choices=choices show=Box::new(show)/>{nobody} }
}

/// The codes that a field has: one, or several.
fn picked(value: Option<Value>) -> Vec<String> {
    match value {
        Some(Value::String(code)) => vec![code],
        Some(Value::Array(codes)) => {
            codes.iter().filter_map(|code| Some(code.as_str()?.to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

#[component]
fn Picker(
    field: Field,
    filled: Filled,
    choices: Vec<Choice>,
    /// The words for a code.
    show: Box<dyn Fn(&str) -> String>,
) -> impl IntoView {
    let id = control_id(&field.id, None, None);
    let open = RwSignal::new(false);
    let title = StoredValue::new(words::label(&field.label).to_owned());
    let (of_value, of_mark, of_pick) = (field.id.clone(), field.id.clone(), field.id.clone());
    let several = field.form == FieldType::Recipients;
    let value = {
        let show = StoredValue::new_local(show);
        let field = of_value.clone();
        move || {
            let picked = picked(filled.get(&field));
            let named: Vec<String> = show.with_value(|show| picked.iter().map(|code| show(code)).collect());
            (!named.is_empty()).then(|| named.join(words::list_comma()))
        }
    };
    let shown = value.clone();
    let choices = StoredValue::new(choices);
    let required = field.required;
    let value_id = format!("{id}-value");
    let required_id = format!("{id}-required");
    let described = format!("{value_id} {required_id} {id}-error");
    let pick = Callback::new(move |code: String| {
        if !several {
            filled.set(&of_pick, Value::String(code));
            open.set(false);
            return;
        }
        let mut codes = picked(filled.get(&of_pick));
        match codes.iter().position(|picked| *picked == code) {
            Some(at) => drop(codes.remove(at)),
            None => codes.push(code),
        }
        let codes: Vec<Value> = codes.into_iter().map(Value::String).collect();
        filled.set(&of_pick, if codes.is_empty() { Value::Null } else { Value::Array(codes) });
    });
    let current = Signal::derive(move || picked(filled.get(&of_value)));
    view! {
        <Labelled field=field filled=filled>
            <button
                class="picker"
                type="button"
                id=id.clone()
                aria-haspopup="dialog"
                aria-describedby=described
                aria-invalid=move || filled.problem(&of_mark).map(|_| "true")
                on:click=move |_| open.set(true)
            >
                <span id=value_id class:placeholder=move || shown().is_none()>
                    {move || value().unwrap_or_else(|| words::please_choose().to_owned())}
                </span>
                {icon("chevron")}
            </button>
            // A button has no state of its own that says so.
            {required.then(|| view! { <span class="hidden-text" id=required_id>{words::is_required()}</span> })}
            <Show when=move || open.get()>
                <Sheet title=title.get_value() tall=true on_close=Callback::new(move |()| open.set(false))>
                    <Choices choices=choices current=current pick=pick label=title.get_value() several=several/>
                    {several.then(|| view! {
                        <footer class="sheet-foot">
                            <button class="btn primary" type="button" on:click=move |_| open.set(false)>
                                {words::done()}
                            </button>
                        </footer>
                    })}
                </Sheet>
            </Show>
        </Labelled>
    }
}

#[component]
fn Choices(
    choices: StoredValue<Vec<Choice>>,
    current: Signal<Vec<String>>,
    pick: Callback<String>,
    label: String,
    several: bool,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let groups = Memo::new(move |_| {
        let wanted = Words::typed(&typed.get());
        choices.with_value(|choices| {
            // All words of it together: 泸桥 固包 is the village 固包 of the township 泸桥, and so is `lq gb`.
            let hits = |choice: &&Choice| {
                let all = format!("{} {} {} {}", choice.group, choice.word, choice.code, choice.note);
                wanted.fit(&all, platform::pinyin)
            };
            let mut groups: Vec<(String, Vec<Choice>)> = Vec::new();
            for choice in choices.iter().filter(hits) {
                match groups.iter_mut().find(|(group, _)| *group == choice.group) {
                    Some((_, members)) => members.push(choice.clone()),
                    None => groups.push((choice.group.clone(), vec![choice.clone()])),
                }
            }
            groups
        })
    });
    let group_view = move |(group, members): (String, Vec<Choice>)| {
        let options = members
            .into_iter()
            .map(|choice| {
                let (is, becomes) = (choice.code.clone(), choice.code.clone());
                view! {
                    <button
                        class="choice"
                        type="button"
                        role="option"
                        aria-selected=move || current.get().contains(&is).to_string()
                        on:click=move |_| pick.run(becomes.clone())
                    >
                        <span>{choice.word}</span>
                        {(!choice.note.is_empty()).then(|| view! { <span class="code">{choice.note}</span> })}
                        {icon("check")}
                    </button>
                }
            })
            .collect_view();
        view! {
            <section role="group" aria-label=group.clone()>
                {(!group.is_empty()).then(|| view! { <h3 aria-hidden="true">{group.clone()}</h3> })}
                {options}
            </section>
        }
    };
    view! {
        <SearchBox typed=typed placeholder=words::search_choices()/>
        <div class="choices" role="listbox" aria-label=label aria-multiselectable=several.then_some("true")>
            {move || groups.get().into_iter().map(group_view).collect_view()}
            <Show when=move || groups.with(Vec::is_empty)>
                <p role="status">{move || words::no_choice(typed.get())}</p>
            </Show>
        </div>
    }
}
