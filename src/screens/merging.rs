//! 并案: two reports of the same. Both are kept; the desk that both belong to carries only one of them on.

use leptos::prelude::*;
use xunji_domain::{
    desk::DeskKind,
    entry::Action,
    handing::Who,
    id::RecordId,
    kind::Kind,
    recipient::sits_at_level,
    record::Record,
    village::VillageCode,
    workflow::{self, Actor},
};
use xunji_sync::pocket::Row;

use crate::{
    components::{Attempt, RecordLink, Sheet, icon, live, mark, row_time, row_title, view, village_name},
    platform,
    state::{App, Deed, loaded, use_app},
    words,
};

/// So many open cases are looked through for one that may be the same.
const MOST: usize = 400;

/// What was merged with a record, and the way to merge it or to take that back.
#[component]
pub(super) fn Merging(record: Record, kind: Kind, choosing: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let id = record.id;
    let attempt = Attempt::default();
    let is_home = is_home(app, &kind, &record);
    let doubles = loaded(move || {
        app.signals.changed.track();
        async move { app.pocket().doubles(id).await.unwrap_or_default() }
    });
    let doubles = live(move || {
        let doubles = doubles.get().filter(|doubles| !doubles.is_empty())?;
        let links = doubles.into_iter().map(|id| view! { <li><RecordLink id=id/></li> }).collect_view();
        Some(
            view! { <section class="paper"><h2>{words::merged_here()}</h2><ul class="links">{links}</ul></section> },
        )
    });
    let into = record.merged_into.map(|into| {
        let undo = is_home.then(|| {
            let record = record.clone();
            let undo = move |_| attempt.begin(save(app, record.clone(), Action::Unmerge {}));
            view! { <div class="btns"><button class="btn" type="button" on:click=undo>{words::unmerge()}</button></div> }
        });
        view! {
            <section class="paper">
                <h2>{words::merged_into()}</h2>
                {attempt.alert()}
                <ul class="links"><li><RecordLink id=into/></li></ul>
                {undo}
            </section>
        }
    });
    let can = is_home && !kind.confidential && record.merged_into.is_none();
    let begin = can.then(|| {
        view! {
            <div class="btns">
                <button class="btn" type="button" on:click=move |_| choosing.set(true)>
                    {icon("return")}{words::merge_begin()}
                </button>
            </div>
        }
    });
    let sheet =
        live(move || choosing.get().then(|| view! { <Choose record=record.clone() choosing=choosing/> }));
    view! { {into}{doubles}{begin}{sheet} }
}

fn is_home(app: App, kind: &Kind, record: &Record) -> bool {
    let desks = app.signals.desks.get_untracked();
    let me = app.signals.me.get_untracked();
    me.is_some_and(|me| Actor::new(&me, &desks).is(Who::Home, kind, record))
}

async fn save(app: App, record: Record, action: Action) -> Result<(), String> {
    app.save_now(Deed::on(&record, action)).await
}

/// The open cases of the same ledger that the desk may tell to be the same; those of the same village first.
#[component]
fn Choose(record: Record, choosing: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let attempt = Attempt::default();
    let (id, kind) = (record.id, record.kind.clone());
    let kinds = app.pocket().kinds();
    let known = kinds.nearest(&kind, record.kind_version);
    let (here, home) = (known.and_then(|kind| record.village(kind)), known.and_then(DeskKind::of));
    let found = loaded(move || {
        let (kind, here) = (kind.clone(), here.clone());
        async move {
            let seats = app.signals.desks.get_untracked();
            let open = app.pocket().open_cases(platform::china_today(), MOST).await.unwrap_or_default();
            let village = |row: &Row| row.village.as_str().and_then(|code| code.parse::<VillageCode>().ok());
            let mut rows: Vec<Row> = open.into_iter().map(|case| case.row).collect();
            rows.retain(|row| {
                let village = village(row);
                let covered = home.is_some_and(|home| sits_at_level(home, &seats, village.as_ref()));
                row.record != id && row.kind == kind && covered
            });
            rows.sort_by_key(|row| village(row) != here);
            rows
        }
    });
    let merge = move |into: RecordId| {
        let record = record.clone();
        attempt.begin(async move {
            let pocket = app.pocket();
            let other = pocket.record(into).await.ok().flatten();
            let other = other.ok_or_else(|| words::record_elsewhere().to_owned())?;
            let has_doubles = !pocket.doubles(record.id).await.unwrap_or_default().is_empty();
            let desks = app.signals.desks.get_untracked();
            let me = app.signals.me.get_untracked().ok_or_else(|| words::not_enrolled().to_owned())?;
            let kinds = pocket.kinds();
            let judged = workflow::merge(&kinds, &record, &other, has_doubles, Actor::new(&me, &desks));
            judged.map_err(|_| words::reason_merge().to_owned())?;
            save(app, record, Action::Merge { into }).await?;
            app.say(words::did_merge().to_owned());
            choosing.try_set(false);
            Ok(())
        });
    };
    let list = live(move || {
        let rows = found.get()?;
        if rows.is_empty() {
            return Some(view! { <p>{words::merge_nothing()}</p> });
        }
        let (kinds, county) = (app.pocket().kinds(), app.pocket().county());
        let cell = |row: Row| {
            let merge = merge.clone();
            let into = row.record;
            let village = row.village.as_str().map(|code| village_name(&county, code)).unwrap_or_default();
            view! {
                <li>
                    <button class="cell" type="button" on:click=move |_| merge(into)>
                        {mark(row.kind.as_str())}
                        <span class="cell-title">{row_title(&kinds, &county, &row)}</span>
                        <span class="cell-meta">
                            <span class="clip">{village}</span><time>{row_time(&row)}</time>
                        </span>
                    </button>
                </li>
            }
        };
        Some(view! { <ul class="cells">{rows.into_iter().map(cell).collect_view()}</ul> })
    });
    view! {
        <Sheet title=words::merge_begin() tall=true on_close=Callback::new(move |()| choosing.set(false))>
            <div class="sheet-body">
                <p>{words::merge_what()}</p>
                {attempt.alert()}
                {list}
            </div>
        </Sheet>
    }
}
