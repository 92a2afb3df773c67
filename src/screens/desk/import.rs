//! 从表格导入: a list of people (CSV) is looked over by the station first; only what it finds nothing wrong with can be
//! imported.

use leptos::{ev::Event, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use xunji_domain::{json, reads};

use super::staff::Office;
use crate::{
    components::{Attempt, Sheet, alert, live, view},
    driver::Sent,
    platform, words,
};

/// What a list begins with. The mark lets spreadsheets read it as UTF-8.
const TEMPLATE: &str = "\u{feff}工号,姓名,角色,村,区域,席位\r\n";
/// So many lines are told of; the others after these are mended.
const SHOWN: usize = 20;

/// What the station says of a list.
#[derive(Clone)]
struct Outcome {
    done: bool,
    added: Vec<Line>,
    known: Vec<Line>,
    faults: Vec<Fault>,
}

reads!(Outcome { done, added, known, faults });

#[derive(Clone)]
struct Line {
    name: String,
}

reads!(Line { name });

#[derive(Clone)]
struct Fault {
    line: usize,
    fault: String,
    column: Option<String>,
    most: Option<usize>,
    first: Option<usize>,
}

reads!(Fault { line, fault, column, most, first });

/// A list that was chosen, and what the station says of it.
#[derive(Clone)]
struct Looked {
    bytes: Vec<u8>,
    outcome: Outcome,
}

async fn ask(office: Office, how: &str, bytes: &[u8]) -> Result<Outcome, String> {
    let list = Sent::List(bytes.to_vec());
    let said = office.app.office("POST", &format!("/people/import{how}"), list).await?;
    json::read(said.as_bytes()).map_err(|_| words::not_the_station().to_owned())
}

/// The sheet.
#[component]
pub(super) fn Import(office: Office, close: Callback<()>) -> impl IntoView {
    let attempt = Attempt::default();
    let looked = RwSignal::new(None::<Looked>);
    let pick = move |event: Event| {
        let file = box_of(&event).and_then(|input| input.files()?.get(0));
        looked.set(None);
        attempt.begin(async move {
            let Some(file) = file else { return Ok(()) };
            let bytes = platform::bytes_of(&file).await.ok_or_else(|| words::list_unreadable().to_owned())?;
            let outcome = ask(office, "", &bytes).await?;
            looked.try_set(Some(Looked { bytes, outcome }));
            Ok(())
        });
    };
    let import = move |_| {
        let Some(Looked { bytes, .. }) = looked.get_untracked() else { return };
        attempt.begin(async move {
            let outcome = ask(office, "?dry_run=false", &bytes).await?;
            if outcome.done {
                office.done.try_update(|done| *done += 1);
                office.app.say(words::imported_people(outcome.added.len()));
                close.try_run(());
            } else {
                // Something has changed at the station since the list was looked over.
                looked.try_set(Some(Looked { bytes, outcome }));
            }
            Ok(())
        });
    };
    let found = live(move || looked.get().map(|looked| told(&looked.outcome)));
    let foot = live(move || {
        looked.with(|looked| is_good(&looked.as_ref()?.outcome).then_some(()))?;
        Some(view! {
            <footer class="sheet-foot">
                <button
                    class="btn primary"
                    type="button"
                    aria-busy=move || attempt.is_busy().to_string()
                    on:click=import
                >
                    {words::import_list()}
                </button>
            </footer>
        })
    });
    view! {
        <Sheet title=words::import_people() on_close=close>
            <div class="sheet-body form">
                <p>{words::import_people_how()}</p>
                <button
                    class="btn"
                    type="button"
                    on:click=move |_| platform::download(TEMPLATE.as_bytes(), words::template_name())
                >
                    {words::template()}
                </button>
                <div class="field">
                    <label class="label" for="people-list">{words::choose_list()}</label>
                    <input
                        class="input"
                        id="people-list"
                        type="file"
                        accept=".csv,text/csv"
                        on:click=forget
                        on:change=pick
                    />
                </div>
                {attempt.alert()}
                {found}
            </div>
            {foot}
        </Sheet>
    }
}

fn box_of(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}

/// Browsers say nothing when the file of before is chosen once more, and it may have been mended.
fn forget(event: leptos::ev::MouseEvent) {
    if let Some(input) = box_of(&event) {
        input.set_value("");
    }
}

fn is_good(outcome: &Outcome) -> bool {
    outcome.faults.is_empty() && !outcome.added.is_empty()
}

/// What would come of it.
fn told(outcome: &Outcome) -> AnyView {
    let Outcome { added, known, faults, .. } = outcome;
    let names: Vec<_> = added.iter().take(SHOWN).map(|line| line.name.as_str()).collect();
    let names = (!names.is_empty()).then(|| names.join(words::list_comma()));
    let known = (!known.is_empty()).then(|| words::would_keep(known.len()));
    let counts = view! {
        <p role="status"><strong>{words::would_add(added.len())}{known}</strong></p>
        <p class="quiet">{names}</p>
    };
    if faults.is_empty() {
        return counts;
    }
    let line = |fault: &Fault| {
        let said = sentence(fault);
        view! { <li>{words::list_line(fault.line, said)}</li> }
    };
    let more = faults.len().saturating_sub(SHOWN);
    view! {
        {alert(words::list_refused(faults.len()))}
        <ul class="parts told">{faults.iter().take(SHOWN).map(line).collect_view()}</ul>
        {(more > 0).then(|| view! { <p class="quiet">{words::list_more(more)}</p> })}
    }
}

fn sentence(fault: &Fault) -> String {
    let Fault { fault, column, most, first, .. } = fault;
    let said = match fault.as_str() {
        "column_twice" => return words::list_column_twice(column.as_deref().unwrap_or_default()),
        "column_missing" => return words::list_column_missing(column.as_deref().unwrap_or_default()),
        "too_many" => return words::list_too_many(most.unwrap_or_default()),
        "code_twice" => return words::list_code_twice(first.unwrap_or_default()),
        "utf16" | "spreadsheet" | "encoding" => words::list_encoding(),
        "too_large" => words::staff_too_large(),
        "quotation" => words::list_quotation(),
        "empty" => words::list_empty(),
        "formula" => words::list_formula(),
        "code" => words::list_code(),
        "name" => words::list_name(),
        "role" => words::list_role(),
        "village" => words::list_village(),
        "rounded" => words::list_rounded(),
        "area" => words::list_area(),
        "desk" => words::list_desk(),
        "outside_area" => words::list_outside(),
        "not_yours" => words::list_not_yours(),
        "code_taken" => words::list_code_taken(),
        _ => words::list_other(),
    };
    said.to_owned()
}
