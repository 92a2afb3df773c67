//! 数量: how many records of secret ledgers there are around a governing desk, which is all that it may know of them
//! (律师法 art. 38). By ledger and township, never by person or village.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use xunji_domain::{
    area::Area,
    id::KindId,
    json,
    wire::{Count, Counts},
};

use crate::{
    components::{area_name, live, view},
    driver::{Sent, is_unreached},
    platform,
    state::{App, loaded, use_app},
    words,
};

/// Of this month, and all.
type Number = (u64, u64);

/// The section; nothing for whoever sits at no governing desk. Asked for anew when the station is back.
#[component]
pub(super) fn Numbers() -> impl IntoView {
    let app = use_app();
    let away = Memo::new(move |_| app.signals.phase.with(is_unreached));
    let found = loaded(move || {
        away.track();
        let seats = app.signals.desks.get();
        async move {
            let mut all = Vec::new();
            for desk in seats.iter().filter(|desk| desk.kind.governs()) {
                all.extend(ask(app, desk.id.as_str()).await?);
            }
            // The county's centre counts what a township's does.
            all.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
            all.dedup_by(|a, b| place(a) == place(b));
            Some(all)
        }
    });
    live(move || {
        let governs = app.signals.desks.with(|desks| desks.iter().any(|desk| desk.kind.governs()));
        let found = found.get().filter(|_| governs)?;
        let body = match found {
            None => view! { <p class="quiet">{words::counts_away()}</p> },
            Some(counts) if counts.is_empty() => view! { <p>{words::counts_none()}</p> },
            Some(counts) => numbers(app, &counts),
        };
        Some(view! {
            <section class="paper numbers">
                <h2>{words::counts()}</h2>
                <p class="quiet">{words::counts_what()}</p>
                {body}
            </section>
        })
    })
}

fn place(count: &Count) -> (&KindId, &Area, &str) {
    (&count.kind, &count.area, &count.month)
}

/// What the station counts for a desk; nothing when it did not answer.
async fn ask(app: App, desk: &str) -> Option<Vec<Count>> {
    let said = app.office("GET", &format!("/counts?desk={desk}"), Sent::Nothing).await.ok()?;
    json::read::<Counts>(said.as_bytes()).ok().map(|counts| counts.counts)
}

fn numbers(app: App, counts: &[Count]) -> AnyView {
    let month = platform::china_today().to_string();
    let (mut ledgers, mut towns) = (BTreeMap::new(), BTreeMap::new());
    for count in counts {
        let now = if month.starts_with(&count.month) { count.records } else { 0 };
        let add = |(this, all): &mut Number| {
            *this += now;
            *all += count.records;
        };
        add(ledgers.entry(&count.kind).or_default());
        add(towns.entry((&count.area, &count.kind)).or_default());
    }
    let (kinds, county) = (app.pocket().kinds(), app.pocket().county());
    let ledger = |kind: &KindId| {
        let known = kinds.nearest(kind, u32::MAX);
        known.map_or_else(|| kind.to_string(), |kind| words::label(&kind.name).to_owned())
    };
    let row = |name: String, (this, all): Number| {
        view! { <div class="row"><span>{name}</span><span>{words::counts_row(this, all)}</span></div> }
    };
    let several = towns.keys().map(|(area, _)| *area).collect::<BTreeSet<&Area>>().len() > 1;
    let by_town = several.then(|| {
        let rows = towns.iter().map(|((area, kind), number)| {
            row(format!("{} · {}", area_name(&county, area), ledger(kind)), *number)
        });
        view! { <details class="rarer"><summary>{words::counts_towns()}</summary>{rows.collect_view()}</details> }
    });
    let rows = ledgers.iter().map(|(kind, number)| row(ledger(kind), *number)).collect_view();
    view! { {rows}{by_town} }
}
