//! 假设手机今天丢了: what has reached the station, what lives only here, and the one tap that changes it.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_sync::{engine::Event, pocket::Row, storage::StorageError};

use super::backup::ExportButton;
use crate::{
    components::{Head, icon, live, row_title, view},
    state::{AppPocket, loaded, storage_sentence, use_app},
    words,
};

/// What the phone alone would take with it.
#[derive(Clone)]
struct AtRisk {
    records: usize,
    only_here: Vec<Row>,
    drafts: usize,
}

/// The screen.
#[component]
pub fn Drill() -> impl IntoView {
    let app = use_app();
    let at_risk = loaded(move || {
        app.signals.changed.track();
        let pocket = app.pocket();
        async move { look(&pocket).await.map_err(|error| storage_sentence(&error)) }
    });
    let send_now = move |_| {
        spawn_local(async move {
            drop(app.pocket().retry_refused().await);
            app.notify(Event::SendNow);
        });
    };
    let body = live(move || {
        let at_risk = match at_risk.get()? {
            Ok(at_risk) => at_risk,
            // Nothing is promised of what can't be read.
            Err(sentence) => {
                return Some(
                    view! { <div class="alert" role="alert">{icon("warning")}<p>{sentence}</p></div> },
                );
            }
        };
        let safe = at_risk.records - at_risk.only_here.len().min(at_risk.records);
        let kinds = app.pocket().kinds();
        let county = app.pocket().county();
        let rows = at_risk
            .only_here
            .iter()
            .map(|row| {
                let title = row_title(&kinds, &county, row);
                view! { <li><a href=format!("/records/{}", row.record) class="row"><span>{title}</span>{icon("chevron")}</a></li> }
            })
            .collect_view();
        let lost = if at_risk.only_here.is_empty() {
            view! { <p><strong>{words::drill_nothing_lost()}</strong></p> }
        } else {
            view! {
                <p><strong>{words::drill_here_only(at_risk.only_here.len())}</strong></p>
                <ul>{rows}</ul>
                <p class="quiet">{words::drill_what_to_do()}</p>
                <div class="btns">
                    <button class="btn primary" type="button" on:click=send_now>
                        {icon("upload")}{words::upload_now()}
                    </button>
                    <ExportButton/>
                </div>
            }
        };
        let drafts = (at_risk.drafts > 0)
            .then(|| view! { <p class="quiet">{words::drill_drafts(at_risk.drafts)}</p> });
        Some(view! {
            <section class="paper"><p>{words::drill_at_station(safe)}</p></section>
            <section class="paper stack">{lost}{drafts}</section>
        })
    });
    view! {
        <Head title=words::drill().to_owned() back="/me"/>
        <div class="stack narrow">{body}</div>
    }
}

async fn look(pocket: &AppPocket) -> Result<AtRisk, StorageError> {
    let mut only_here: Vec<Row> = Vec::new();
    for waiting in pocket.outbox().await? {
        if let Some(row) = pocket.row(waiting.record).await?
            && only_here.iter().all(|other| other.record != row.record)
        {
            only_here.push(row);
        }
    }
    let (records, drafts) = (pocket.record_count().await?, pocket.drafts().await?.len());
    Ok(AtRisk { records, only_here, drafts })
}
