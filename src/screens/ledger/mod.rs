//! 台账: everything on the phone, newest first, searched and filtered; beside it the record that is open.

mod hit;
mod rows;

use gloo::events::EventListener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::id::KindId;
use xunji_sync::{
    index::Question,
    pocket::{Draft, Row},
    words::{Words, said_in_draft},
};

use self::rows::Rows;
use super::{
    beside::{beside, open_below},
    today::{draft_cell, row_cell},
};
use crate::{
    components::{Head, SearchBox, Show, icon, live, view, watch, when_drawn},
    library::Search,
    platform,
    state::use_app,
    words,
};

/// How many rows are drawn before the words of all have been read.
const SOME: usize = 40;

/// The list, with the record in its place beside or instead of it.
#[component]
pub fn Ledger() -> impl IntoView {
    let open = open_below("/records");
    beside(open, view! { <List open=open/> })
}

#[component]
fn List(open: Memo<Option<String>>) -> impl IntoView {
    let app = use_app();
    let typed = RwSignal::new(String::new());
    let kind = RwSignal::new(None::<KindId>);
    let total = RwSignal::new(None::<usize>);
    let unreadable = RwSignal::new(0_usize);
    // The newest records, until the words of all have been read that far.
    let newest = RwSignal::new_local(Vec::<Row>::new());
    let drafts = RwSignal::new_local(Vec::<Draft>::new());
    let search = Search::new(app.library);
    let found = search.found;
    let list = NodeRef::<leptos::html::Ul>::new();
    let rows = StoredValue::new_local(None::<Rows>);
    when_drawn(list, move |list: web_sys::HtmlUListElement| {
        let drawn = Rows::new(list.unchecked_into(), search, open, unreadable);
        drawn.renew();
        rows.set_value(Some(drawn));
    });
    let renew = move || {
        if let Some(rows) = rows.try_get_value().flatten() {
            rows.renew();
        }
    };
    watch(move || {
        app.signals.changed.track();
        let pocket = app.pocket();
        spawn_local(async move {
            if found.try_with_untracked(|found| found.places.is_empty()) == Some(true) {
                let first = pocket.rows(None, SOME).await.unwrap_or_default();
                newest.try_set(first.rows);
                unreadable.try_set(first.unreadable);
            }
            let count = pocket.record_count().await.unwrap_or_default();
            total.try_set(Some(count));
            drafts.try_set(pocket.drafts().await.unwrap_or_default());
            app.library.read(pocket);
            renew();
        });
    });
    watch(move || {
        app.library.grown.track();
        search.ask(Question { kind: kind.get(), words: Words::typed(&typed.get()) });
    });
    watch(move || {
        found.track();
        renew();
    });
    // What is drawn may look otherwise, and says the same.
    watch(move || {
        open.track();
        app.signals.phase.track();
        if let Some(rows) = rows.try_get_value().flatten() {
            rows.show();
        }
    });
    stay_where_it_was(open, renew);
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
    // Few, and written on all the time: they are looked through as they are.
    let begun = Memo::new(move |_| {
        let words = Words::typed(&typed.get());
        let (pocket, wanted) = (app.pocket(), kind.get());
        let (kinds, county) = (pocket.kinds(), pocket.county());
        let mut fitting = if words.is_empty() { Vec::new() } else { drafts.get() };
        fitting.retain(|draft| wanted.as_ref().is_none_or(|kind| *kind == draft.kind));
        fitting.retain(|draft| words.are_in(&said_in_draft(&kinds, &county, draft), platform::pinyin));
        fitting
    });
    let narrowed = move || kind.with(Option::is_some) || typed.with(|typed| !typed.trim().is_empty());
    let clear = move |_| {
        typed.set(String::new());
        kind.set(None);
    };
    // An answer to what stands in the box, not to what stood there a moment ago.
    let answered = move || {
        let asked = Question { kind: kind.get(), words: Words::typed(&typed.get()) };
        found.with(|found| found.question == asked)
    };
    let tally = move || {
        let (count, whole) = found.with(|found| (found.places.len(), found.whole));
        match (total.get(), narrowed()) {
            (None, _) => String::new(),
            (Some(total), false) => words::records(total),
            _ if !answered() => String::new(),
            (_, true) if whole => words::hits(count),
            (_, true) => words::hits_so_far(count),
        }
    };
    let here = move || match (found.with(|found| found.places.len()), narrowed()) {
        (1.., _) => Here::Found,
        (0, false) if newest.with(|newest| !newest.is_empty()) => Here::Newest,
        (0, true) if answered() && found.with(|found| found.whole) && begun.with(Vec::is_empty) => {
            Here::Nothing
        }
        (0, false) if total.get() == Some(0) => Here::Empty,
        _ => Here::Soon,
    };
    let body = live(move || match here() {
        Here::Found | Here::Soon => None,
        Here::Newest => {
            let current = open.get();
            let cell = |row: Row| {
                let is_open = current.as_ref() == Some(&row.record.to_string());
                row_cell(row, is_open)
            };
            let cells = newest.get().into_iter().map(cell).collect_view();
            Some(view! { <ul class="cells ledger">{cells}</ul> })
        }
        Here::Nothing => Some(view! {
            <div class="paper empty">
                {icon("search")}
                <h2>{words::nothing_found()}</h2>
                <p>{words::nothing_found_what_to_do()}</p>
                <button class="btn" type="button" on:click=clear>{words::clear_search()}</button>
            </div>
        }),
        Here::Empty => Some(view! {
            <div class="paper empty">
                {icon("ledger")}
                <h2>{words::no_records()}</h2>
                <p>{words::no_records_what_to_do()}</p>
                <a href="/" class="btn primary">{words::write_one()}</a>
            </div>
        }),
    });
    let begun = live(move || {
        let drafts = begun.get();
        (!drafts.is_empty()).then(|| {
            let cells = drafts.iter().map(draft_cell).collect_view();
            view! {
                <section class="stack">
                    <h2 class="head">{words::go_on_with()}</h2>
                    <ul class="cells">{cells}</ul>
                </section>
            }
        })
    });
    view! {
        <div class="scroll">
            <Head title=words::ledger().to_owned()/>
            <div class="finder">
                <SearchBox typed=typed placeholder=words::search_records()/>
                <div class="filters" role="group" aria-label=words::filter()>{filters}</div>
            </div>
            <p class="tally" role="status">{tally}</p>
            <Show when=move || unreadable.get() != 0>
                <div class="alert warn" role="status">
                    {icon("warning")}<p>{words::rows_unreadable()}</p>
                </div>
            </Show>
            {begun}
            {body}
            <ul
                class="cells ledger strip"
                class:found=move || found.with(|found| !found.question.words.is_empty())
                role="list"
                node_ref=list
            ></ul>
        </div>
    }
}

/// What stands below the search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Here {
    /// The rows that were found.
    Found,
    /// The newest ones: not everything has been read yet.
    Newest,
    /// Nothing fits.
    Nothing,
    /// There is nothing on this phone.
    Empty,
    /// An answer is under way.
    Soon,
}

/// Whoever comes back from a record finds the list where they left it.
fn stay_where_it_was(open: Memo<Option<String>>, renew: impl Fn() + Copy + 'static) {
    let place = StoredValue::new(0.0_f64);
    let window = window();
    let listener = EventListener::new(&window, "scroll", move |_| {
        if open.try_get_untracked() == Some(None) {
            place.try_set_value(leptos::prelude::window().scroll_y().unwrap_or_default());
        }
    });
    let listener = StoredValue::new_local(Some(listener));
    on_cleanup(move || drop(listener.try_update_value(Option::take)));
    watch(move || {
        if open.with(Option::is_none) {
            let before = place.get_value();
            spawn_local(async move {
                // Until the list is on the screen again.
                platform::sleep(0).await;
                if open.try_get_untracked() != Some(None) {
                    return;
                }
                if before > 0.0 {
                    leptos::prelude::window().scroll_to_with_x_and_y(0.0, before);
                }
                renew();
            });
        }
    });
}
