//! 今天: three books to write in, what was begun, what was written last.

use chrono::{Datelike, Local, NaiveDate};
use gloo::events::EventListener;
use leptos::prelude::*;
use xunji_domain::{deadline::Colour, kind::Kind};
use xunji_sync::{
    engine::Phase,
    pocket::{Called, Draft, Row},
};

use super::adding::{doing_name, place_of};
use crate::{
    components::{
        Head, Sign, badge, due, icon, in_turn, live, mark, row_time, row_title, title_of, to_mend, urgency,
        view, village_name,
    },
    platform::{self, format_moment},
    state::{AppPocket, loaded, use_app},
    words,
};

/// How many of the last records are shown.
const LAST: usize = 5;

/// How many cases that ask for something are shown at first, and how many are looked at.
const FIRST: usize = 5;
const CALLS: usize = 60;

/// The screen.
#[component]
pub fn Today() -> impl IntoView {
    let app = use_app();
    let today = follow_today();
    let listed = loaded(move || {
        app.signals.changed.track();
        let pocket = app.pocket();
        let me = app.signals.me.with(|me| me.as_ref().map(|me| me.id));
        let seats = app.signals.desks.get();
        let now = today.get();
        async move {
            let calls = match me {
                Some(me) => pocket.called(me, &seats, now, CALLS).await.unwrap_or_default(),
                None => Vec::new(),
            };
            let drafts = pocket.drafts().await.unwrap_or_default();
            let rows = pocket.rows(None, LAST).await.map(|rows| rows.rows).unwrap_or_default();
            (calls, drafts, rows)
        }
    });
    let day = live(move || {
        today.track();
        let now = Local::now();
        words::day(now.month(), now.day(), words::weekday(now.weekday().num_days_from_sunday()))
    });
    let village = live(move || {
        app.signals.me.with(|me| {
            me.as_ref()
                .map(|me| village_name(&app.pocket().county(), me.village.as_str()))
                .unwrap_or_default()
        })
    });
    // A memo, so that a book is not drawn anew under a thumb that is just pressing it.
    let kinds = Memo::new(move |_| {
        app.signals.changed.track();
        let kinds = app.pocket().kinds();
        let book =
            |kind: &Kind| (kind.id.to_string(), words::label(&kind.begin).to_owned(), kind.icon.clone());
        kinds.current().filter(|kind| !kind.aside).map(book).collect::<Vec<_>>()
    });
    let books = in_turn(move || {
        let book = |(kind, name, picture): (String, String, String)| {
            let href = format!("/new/{kind}");
            view! {
                <a class="book" data-kind=kind href=href>
                    <span class="book-slip">{name}</span>
                    {icon(&picture)}
                </a>
            }
        };
        kinds.get().into_iter().map(book).collect_view()
    });
    let all = RwSignal::new(false);
    let to_do = in_turn(move || {
        let (calls, ..) = listed.get()?;
        let today = today.get();
        let mut cells: Vec<AnyView> =
            calls.into_iter().filter_map(|called| call_cell(&app.pocket(), called, today)).collect();
        let more = cells.len().saturating_sub(FIRST);
        let more = (more > 0 && !all.get()).then(|| {
            cells.truncate(FIRST);
            view! {
                <button class="btn wide" type="button" on:click=move |_| all.set(true)>
                    {words::still_more(more)}
                </button>
            }
        });
        (!cells.is_empty()).then(|| {
            view! {
                <section class="stack">
                    <h2 class="head">{words::to_do()}</h2>
                    <ul class="cells">{cells}</ul>
                    {more}
                </section>
            }
        })
    });
    let drafts = live(move || {
        let (_, drafts, _) = listed.get()?;
        (!drafts.is_empty()).then(|| {
            view! {
                <section class="stack">
                    <h2 class="head">{words::go_on_with()}</h2>
                    <ul class="cells">{drafts.iter().map(draft_cell).collect_view()}</ul>
                </section>
            }
        })
    });
    let last = in_turn(move || {
        let (_, _, rows) = listed.get()?;
        Some(if rows.is_empty() {
            view! {
                <div class="paper empty">
                    {icon("ledger")}
                    <h2>{words::ledger_empty()}</h2>
                    <p>{words::ledger_empty_what_to_do()}</p>
                </div>
            }
        } else {
            view! { <ul class="cells">{rows.into_iter().map(|row| row_cell(row, false)).collect_view()}</ul> }
        })
    });
    view! {
        <Head title=words::today().to_owned()>
            <p>{day}<br/>{village}</p>
        </Head>
        <div class="desk">
            <div class="stack">
                <div class="books">{books}</div>
                {to_do}
                {drafts}
            </div>
            <div class="stack">
                <section class="stack">
                    <h2 class="head">{words::last_records()}<a href="/records">{words::whole_ledger()}</a></h2>
                    {last}
                </section>
            </div>
        </div>
    }
}

/// The day in China, which may be another one when a phone is taken out of the pocket again.
fn follow_today() -> RwSignal<NaiveDate> {
    let today = RwSignal::new(platform::china_today());
    let look = move |_: &web_sys::Event| {
        let now = platform::china_today();
        if today.try_get_untracked().is_some_and(|before| before != now) {
            today.set(now);
        }
    };
    let document = web_sys::window().and_then(|window| window.document());
    let listener = document.map(|document| EventListener::new(&document, "visibilitychange", look));
    let listener = StoredValue::new_local(listener);
    on_cleanup(move || drop(listener.try_update_value(Option::take)));
    today
}

/// A case that asks for something today: it is urgent, or somebody else has handed it on. What is the person's own and
/// has time is in the ledger.
fn call_cell(pocket: &AppPocket, called: Called, today: NaiveDate) -> Option<AnyView> {
    let Called { row, handed } = called;
    let clock = row.timing.on(&pocket.calendar(), today);
    let urgent = matches!(clock.colour, Colour::Red | Colour::Orange);
    if !urgent && !row.asked && !handed {
        return None;
    }
    let (kinds, county) = (pocket.kinds(), pocket.county());
    let title = row_title(&kinds, &county, &row);
    let village = row.village.as_str().map(|code| village_name(&county, code)).unwrap_or_default();
    let sign = if row.asked && !handed { to_mend() } else { due(clock) };
    Some(view! {
        <li>
            <a href=format!("/records/{}", row.record) class="cell">
                {mark(row.kind.as_str())}
                <span class="cell-title">{title}</span>
                <span class="cell-meta"><span class="clip">{village}</span>{sign}</span>
            </a>
        </li>
    })
}

/// A draft's line in a list.
pub(super) fn draft_cell(draft: &Draft) -> AnyView {
    let app = use_app();
    let (kinds, county) = (app.pocket().kinds(), app.pocket().county());
    let kind = draft.kind.as_str();
    let known = kinds.nearest(&draft.kind, draft.kind_version);
    let title = match &draft.adds {
        Some(adds) => {
            let name = known.map_or_else(String::new, |kind| words::label(&kind.name).to_owned());
            words::problem_of(name, doing_name(known, &adds.doing))
        }
        None => {
            let title = title_of(&kinds, &county, kind, draft.kind_version, &draft.body);
            let is_bare = known.is_some_and(|kind| title == words::label(&kind.name));
            if is_bare { words::unfinished(title) } else { title }
        }
    };
    let village = kinds
        .newest(&draft.kind)
        .and_then(|kind| draft.body.get(&kind.village)?.as_str().map(|code| village_name(&county, code)))
        .unwrap_or_default();
    let mark = mark(kind);
    let href = place_of(draft);
    let changed = format_moment(draft.changed_at.to_utc());
    view! {
        <li>
            <a href=href class="cell">
                {mark}
                <span class="cell-title">{title}</span>
                <span class="cell-meta">
                    <span class="clip">{village}</span>
                    <time>{changed}</time>
                    {badge(Sign::Draft)}
                </span>
            </a>
        </li>
    }
}

/// A record's line in a list.
pub(super) fn row_cell(row: Row, current: bool) -> AnyView {
    let app = use_app();
    let (kinds, county) = (app.pocket().kinds(), app.pocket().county());
    let title = row_title(&kinds, &county, &row);
    let village = row.village.as_str().map(|code| village_name(&county, code)).unwrap_or_default();
    let urgent = urgency(&app.pocket(), &row);
    let phase = app.signals.phase;
    let sign = Sign::of(&row, phase.with_untracked(|phase| matches!(phase, Phase::Uploading { .. })));
    view! {
        <li>
            <a
                href=format!("/records/{}", row.record)
                class="cell"
                aria-current=current.then_some("true")
            >
                {mark(row.kind.as_str())}
                <span class="cell-title">{title}</span>
                <span class="cell-meta">
                    <span class="clip">{village}</span>
                    <time>{row_time(&row)}</time>
                    {urgent}
                    {badge(sign)}
                </span>
            </a>
        </li>
    }
}
