//! 工作台: what the desks at which the person sits have to answer, the most urgent first; beside it the case that is open.

mod assign;
mod boxes;
mod counts;
mod import;
mod person;
mod seats;
mod staff;

use chrono::Datelike;
use leptos::{ev::KeyboardEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use xunji_domain::{
    deadline::Clock,
    desk::{Desk as Seat, DeskKind},
    id::{RecordId, WorkerId},
    kind::Kinds,
    person::Role,
    recipient::{Recipient, sits_at_level},
    village::VillageCode,
    workflow::next_desk,
};
use xunji_sync::pocket::OpenCase;

pub use self::staff::Staff;

use self::{assign::Assign, counts::Numbers};
use super::beside::{beside, open_below};
use crate::{
    components::{Head, Show, card_name, due, icon, live, mark, row_title, view, village_name},
    platform,
    state::{AppPocket, loaded, use_app},
    words,
};

/// How many cases are looked over at once; the most urgent ones.
const MOST: usize = 400;
/// How many are drawn at first.
const FIRST: usize = 40;

/// Which of the cases are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Those that wait for one of the person's desks.
    Ours,
    /// Those that others have.
    Theirs,
    /// Those that are overdue, whoever has them.
    Overdue,
}

/// A case of the list, and where it stands today.
#[derive(Clone, PartialEq)]
struct Listed {
    open: OpenCase,
    ours: bool,
    clock: Clock,
    /// Whether it is overdue with somebody whom one of the person's desks is over.
    overseen: bool,
}

impl Listed {
    fn is_in(&self, part: Part) -> bool {
        match part {
            Part::Ours => self.ours,
            Part::Theirs => !self.ours,
            Part::Overdue => self.clock.card.is_some(),
        }
    }
}

/// The list, with the case in its place beside or instead of it.
#[component]
pub fn Desk() -> impl IntoView {
    let open = open_below("/desk");
    beside(open, view! { <List open=open/> })
}

#[component]
fn List(open: Memo<Option<String>>) -> impl IntoView {
    let app = use_app();
    let part = RwSignal::new(Part::Ours);
    let all = RwSignal::new(false);
    // What is chosen to be handed on together; nothing is while a single case is looked at.
    let chosen = RwSignal::new(None::<Vec<RecordId>>);
    let assigning = RwSignal::new(false);
    let found = loaded(move || {
        app.signals.changed.track();
        let pocket = app.pocket();
        let seats = app.signals.desks.get();
        let me = app.signals.me.with(|me| me.as_ref().map(|me| me.id));
        async move {
            let today = platform::china_today();
            let open = pocket.open_cases(today, MOST).await.unwrap_or_default();
            let known = pocket.directory().await.unwrap_or_default().desks;
            let kinds = pocket.kinds();
            let calendar = pocket.calendar();
            let case = |open: OpenCase| {
                let ours = me.is_some_and(|me| is_ours(&open, me, &seats));
                let clock = open.row.timing.on(&calendar, today);
                let overseen = clock.card.is_some() && is_overseen(&kinds, &open, &seats, &known);
                Listed { open, ours, clock, overseen }
            };
            open.into_iter().map(case).collect::<Vec<_>>()
        }
    });
    let cases = Memo::new(move |_| found.get().unwrap_or_default());
    let filter = move |this: Part, name: &'static str| {
        let count = move || cases.with(|cases| cases.iter().filter(|case| case.is_in(this)).count());
        view! {
            <button
                class="filter"
                type="button"
                aria-pressed=move || (part.get() == this).to_string()
                on:click=move |_| {
                    part.set(this);
                    chosen.set(None);
                    all.set(false);
                }
            >
                {move || words::with_count(name, count())}
            </button>
        }
    };
    let listed = move || {
        let mut listed = cases.get();
        listed.retain(|case| case.is_in(part.get()));
        listed
    };
    let body = live(move || {
        found.get()?;
        let mut listed = listed();
        if listed.is_empty() {
            return Some(view! {
                <div class="paper empty">
                    {icon("check")}
                    <h2>{words::desk_nothing()}</h2>
                    <p>{words::desk_nothing_what_then()}</p>
                </div>
            });
        }
        let more = listed.len().saturating_sub(FIRST);
        let more = (more > 0 && !all.get()).then(|| {
            listed.truncate(FIRST);
            view! {
                <button class="btn wide" type="button" on:click=move |_| all.set(true)>
                    {words::still_more(more)}
                </button>
            }
        });
        let choosing = chosen.with(Option::is_some);
        let shown = open.get();
        let pocket = app.pocket();
        let cell = |case: &Listed| {
            let id = case.open.row.record;
            let text = cell(&pocket, case);
            if choosing {
                let title = row_title(&pocket.kinds(), &pocket.county(), &case.open.row);
                let is_chosen =
                    move || chosen.with(|chosen| chosen.as_ref().is_some_and(|chosen| chosen.contains(&id)));
                let turn = move |_| {
                    chosen.update(|chosen| {
                        let Some(chosen) = chosen else { return };
                        match chosen.iter().position(|known| *known == id) {
                            Some(place) => drop(chosen.remove(place)),
                            None => chosen.push(id),
                        }
                    });
                };
                return view! {
                    <li>
                        <label class="cell pick">
                            <input type="checkbox" aria-label=title prop:checked=is_chosen on:change=turn/>
                            {text}
                        </label>
                    </li>
                };
            }
            let current = shown.as_ref() == Some(&id.to_string());
            view! {
                <li>
                    <a href=format!("/desk/{id}") class="cell" aria-current=current.then_some("true")>{text}</a>
                </li>
            }
        };
        let cells: Vec<AnyView> = listed.iter().map(cell).collect();
        Some(view! { <ul class="cells" on:keydown=walk>{cells}</ul>{more} })
    });
    // Partners take part in what others hand on.
    let manages = Memo::new(move |_| {
        let is = |role: Role| app.signals.me.with(|me| me.as_ref().is_some_and(|me| me.is(role)));
        is(Role::Coordinator) || is(Role::JusticeOfficer)
    });
    let can_assign =
        move || manages.get() && cases.with(|cases| cases.iter().any(|case| case.is_in(part.get())));
    let bar = live(move || match chosen.get() {
        None => can_assign().then(|| {
            view! {
                <button class="btn" type="button" on:click=move |_| chosen.set(Some(Vec::new()))>
                    {icon("person")}{words::assign_many()}
                </button>
            }
        }),
        Some(picked) => Some(view! {
            <button class="btn" type="button" on:click=move |_| chosen.set(None)>{words::cancel()}</button>
            <button
                class="btn primary"
                type="button"
                disabled=picked.is_empty()
                on:click=move |_| assigning.set(true)
            >
                {words::assign_these(picked.len())}
            </button>
        }),
    });
    let sheet = live(move || assigning.get().then(|| view! { <Assign chosen=chosen open=assigning/> }));
    let seats = move || {
        app.signals.desks.with(|desks| {
            desks.iter().map(|desk| desk.name.clone()).collect::<Vec<_>>().join(words::list_comma())
        })
    };
    view! {
        <div class="scroll">
            <Head title=words::desk().to_owned()>
                <p>{seats}</p>
            </Head>
            <div class="filters" role="group" aria-label=words::filter()>
                {filter(Part::Ours, words::desk_ours())}
                {filter(Part::Theirs, words::desk_theirs())}
                {filter(Part::Overdue, words::desk_overdue())}
            </div>
            <div class="btns many">
                {bar}
                <Show when=move || manages.get()>
                    <a class="btn" href="/desk/people">{words::staff()}</a>
                </Show>
            </div>
            {body}
            <Show when=move || cases.with(|cases| cases.len() == MOST)>
                <p class="quiet">{words::desk_most(MOST)}</p>
            </Show>
            <Numbers/>
        </div>
        {sheet}
    }
}

/// Whether a case waits for one of these desks. What it waits for by level is the level's desk around its village.
fn is_ours(case: &OpenCase, me: WorkerId, seats: &[Seat]) -> bool {
    let village = village(case);
    let desks = case.whom.iter().filter(|whom| !matches!(whom, Recipient::Worker(_)));
    desks.into_iter().any(|whom| whom.means(me, seats, village.as_ref()))
}

/// Whether one of these desks is the next one over whoever a case is with.
fn is_overseen(kinds: &Kinds, case: &OpenCase, seats: &[Seat], known: &[Seat]) -> bool {
    let home = kinds.nearest(&case.row.kind, case.row.kind_version).and_then(DeskKind::of);
    let next = next_desk(home, case.with.as_ref(), known.iter().chain(seats));
    next.is_some_and(|next| sits_at_level(next, seats, village(case).as_ref()))
}

fn village(case: &OpenCase) -> Option<VillageCode> {
    case.row.village.as_str().and_then(|code| code.parse().ok())
}

/// What the list shows of a case: what it is, where, how far, and by when.
fn cell(pocket: &AppPocket, case: &Listed) -> AnyView {
    let row = &case.open.row;
    let (kinds, county) = (pocket.kinds(), pocket.county());
    let village = row.village.as_str().map(|code| village_name(&county, code)).unwrap_or_default();
    let state = kinds
        .nearest(&row.kind, row.kind_version)
        .and_then(|kind| kind.state(&row.state))
        .map(|state| words::label(&state.label).to_owned());
    let since = case.open.since.map(|day| words::since_day(day.month(), day.day()));
    let card = case
        .clock
        .card
        .filter(|_| case.overseen)
        .map(|card| view! { <span class="card">{card_name(card)}</span> });
    view! {
        {mark(row.kind.as_str())}
        <span class="cell-title">{row_title(&kinds, &county, row)}</span>
        <span class="cell-meta">
            <span class="clip">{village}</span>
            {state.map(|state| view! { <span>{state}</span> })}
            {since.map(|since| view! { <span>{since}</span> })}
            {card}
            {due(case.clock)}
        </span>
    }
}

/// The arrow keys walk through the list.
fn walk(event: KeyboardEvent) {
    let next = match event.key().as_str() {
        "ArrowDown" => true,
        "ArrowUp" => false,
        _ => return,
    };
    let place = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(line) = place.and_then(|place| place.closest("li").ok().flatten()) else { return };
    let beside = if next { line.next_element_sibling() } else { line.previous_element_sibling() };
    let to = beside.and_then(|line| line.query_selector("a, input").ok().flatten());
    if let Some(to) = to.and_then(|to| to.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        // Fails for no element of a page.
        drop(to.focus());
    }
}
