//! 台账: everything on the phone, newest first, searched and filtered; beside it the record that is open.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::id::KindId;
use xunji_sync::pocket::{Filter, Row};

use super::{RecordPage, today::row_cell};
use crate::{
    components::{Head, Show, icon, live, view, watch},
    state::use_app,
    words,
};

/// How many rows are drawn at first, and more at the end of the list.
const SOME: usize = 40;

/// The list, with the record in its place beside or instead of it.
#[component]
pub fn Ledger() -> impl IntoView {
    let app = use_app();
    let open = Memo::new(move |_| {
        app.address.path().strip_prefix("/records/").map(str::to_owned).filter(|id| !id.is_empty())
    });
    view! {
        <div class="split" data-show=move || if open.with(Option::is_some) { "detail" } else { "list" }>
            <section class="split-list" aria-label=words::list()>
                <List open=open/>
            </section>
            <section class="split-detail" aria-label=words::detail()>
                <Show when=move || open.with(Option::is_none)>
                    <NoRecord/>
                </Show>
                <Show when=move || open.with(Option::is_some)>
                    <RecordPage open=open/>
                </Show>
            </section>
        </div>
    }
}

/// What stands in the record's place while none is open.
#[component]
fn NoRecord() -> impl IntoView {
    view! {
        <div class="paper empty">
            {icon("ledger")}
            <h2>{words::choose_a_record()}</h2>
            <p>{words::choose_a_record_what_for()}</p>
        </div>
    }
}

#[derive(Clone, Copy)]
struct Listed {
    rows: RwSignal<Vec<Row>>,
    next: RwSignal<Option<String>>,
    ready: RwSignal<bool>,
    /// Grows with every new question, so that a late answer to an older one is dropped.
    asked: StoredValue<u64>,
}

#[component]
fn List(open: Memo<Option<String>>) -> impl IntoView {
    let app = use_app();
    let typed = RwSignal::new(String::new());
    let kind = RwSignal::new(None::<KindId>);
    let total = RwSignal::new(0_usize);
    let listed = Listed {
        rows: RwSignal::default(),
        next: RwSignal::default(),
        ready: RwSignal::new(false),
        asked: StoredValue::new(0),
    };
    let load = move |more: bool| {
        let filter = Filter { kind: kind.get_untracked(), words: typed.get_untracked() };
        let from = if more { listed.next.get_untracked() } else { None };
        if more && from.is_none() {
            return;
        }
        // What is on the screen is drawn anew in full, so that nothing jumps.
        let most = if more { SOME } else { SOME.max(listed.rows.with_untracked(Vec::len)) };
        listed.asked.update_value(|asked| *asked += 1);
        let question = listed.asked.get_value();
        let pocket = app.pocket();
        spawn_local(async move {
            let found = pocket.rows(&filter, from.as_deref(), most).await.unwrap_or_default();
            let count = pocket.record_count().await.unwrap_or_default();
            if listed.asked.try_get_value() != Some(question) {
                return;
            }
            total.try_set(count);
            listed.next.try_set(found.next);
            listed.rows.try_update(|rows| {
                if !more {
                    rows.clear();
                }
                rows.extend(found.rows);
            });
            listed.ready.try_set(true);
        });
    };
    watch(move || {
        app.signals.changed.track();
        typed.track();
        kind.track();
        load(false);
    });
    let scrolled = move |event: leptos::ev::Event| {
        let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if element.is_some_and(|e| e.scroll_top() + 2 * e.client_height() > e.scroll_height()) {
            load(true);
        }
    };
    let filters = {
        let all = std::iter::once((None, words::all().to_owned()));
        let kinds = app.pocket().kinds();
        let each: Vec<_> = kinds
            .current()
            .filter(|kind| !kind.aside)
            .map(|kind| (Some(kind.id.clone()), words::label(&kind.name).to_owned()))
            .collect();
        all.chain(each)
            .map(|(id, name)| {
                let of_press = id.clone();
                view! {
                    <button
                        class="filter"
                        type="button"
                        aria-pressed=move || (kind.get() == id).to_string()
                        on:click=move |_| kind.set(of_press.clone())
                    >
                        {name}
                    </button>
                }
            })
            .collect_view()
    };
    let narrowed = move || kind.with(Option::is_some) || typed.with(|typed| !typed.trim().is_empty());
    let clear = move |_| {
        typed.set(String::new());
        kind.set(None);
    };
    let tally = move || match (listed.ready.get(), narrowed(), listed.next.with(Option::is_some)) {
        (false, ..) => String::new(),
        (true, false, _) => words::records(total.get()),
        (true, true, false) => words::hits(listed.rows.with(Vec::len)),
        (true, true, true) => words::more_than(listed.rows.with(Vec::len)),
    };
    let body = live(move || {
        if listed.rows.with(Vec::is_empty) {
            return listed.ready.get().then(|| {
                if narrowed() {
                    view! {
                        <div class="paper empty">
                            {icon("search")}
                            <h2>{words::nothing_found()}</h2>
                            <p>{words::nothing_found_what_to_do()}</p>
                            <button class="btn" type="button" on:click=clear>{words::clear_search()}</button>
                        </div>
                    }
                } else {
                    view! {
                        <div class="paper empty">
                            {icon("ledger")}
                            <h2>{words::no_records()}</h2>
                            <p>{words::no_records_what_to_do()}</p>
                            <a href="/" class="btn primary">{words::write_one()}</a>
                        </div>
                    }
                }
            });
        }
        let current = open.get();
        let rows = listed.rows.get();
        let cells = rows
            .into_iter()
            .map(|row| {
                let is_open = current.as_ref() == Some(&row.record.to_string());
                row_cell(row, is_open)
            })
            .collect_view();
        Some(view! { <ul class="cells ledger">{cells}</ul> })
    });
    view! {
        <div on:scroll=scrolled>
            <Head title=words::ledger().to_owned()/>
            <div class="finder">
                <div class="search">
                    {icon("search")}
                    <input
                        class="input"
                        type="search"
                        aria-label=words::search()
                        placeholder=words::search_records()
                        enterkeyhint="search"
                        autocomplete="off"
                        prop:value=move || typed.get()
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                </div>
                <div class="filters" role="group" aria-label=words::filter()>{filters}</div>
            </div>
            <p class="tally" role="status">{tally}</p>
            {body}
            <Show when=move || listed.next.with(Option::is_some)>
                <button class="btn wide" type="button" on:click=move |_| load(true)>
                    {words::show_more()}
                </button>
            </Show>
        </div>
    }
}
