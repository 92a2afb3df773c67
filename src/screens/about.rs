//! 关于: which version this is, what is stored where and for how long, and by whose work and under which licences.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::{
    components::{Head, alert, live, view},
    platform,
    state::use_app,
    vaults, words,
};

/// How long the station may take, in milliseconds.
const LIMIT: u32 = 30_000;

/// The screen.
#[component]
pub fn About() -> impl IntoView {
    let app = use_app();
    let row = |name: &'static str, value: String| {
        view! { <div class="row"><span>{name}</span><span>{value}</span></div> }
    };
    let installation = vaults::short(&app.pocket().installation().to_string());
    let kept = [
        (words::kept_on_phone(), words::kept_on_phone_how()),
        (words::kept_in_clear(), words::kept_in_clear_how()),
        (words::kept_at_station(), words::kept_at_station_how()),
        (words::kept_in_backup(), words::kept_in_backup_how()),
        (words::kept_by_nobody(), words::kept_by_nobody_how()),
    ];
    let kept = kept.map(|(place, how)| view! { <div class="fact long"><dt>{place}</dt><dd>{how}</dd></div> });
    view! {
        <Head title=words::about().to_owned() back="/me"/>
        <div class="stack narrow">
            <section class="paper">
                <h2>{words::app_name()}</h2>
                {row(words::version(), env!("CARGO_PKG_VERSION").to_owned())}
                {row(words::build(), platform::build())}
                {row(words::installation(), installation)}
            </section>
            <section class="paper">
                <h2>{words::kept_where()}</h2>
                <dl>{kept.collect_view()}</dl>
            </section>
            <section class="paper">
                <h2>{words::licences()}</h2>
                <p>{words::licence()}</p>
                <Licences/>
            </section>
        </div>
    }
}

/// The licences of everything that the app and the station are made of. The build writes them into one file that the
/// station serves: too much for the first load of an app, and read by few.
#[component]
fn Licences() -> impl IntoView {
    let got = RwSignal::new(None::<Result<String, ()>>);
    spawn_local(async move {
        let answer =
            platform::ask("GET", "/licences.txt", &[], wasm_bindgen::JsValue::UNDEFINED, LIMIT).await;
        let text = answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.text);
        // The first lines are a table; a captive portal's page has none.
        got.try_set(Some(text.filter(|text| text.contains('\t')).ok_or(())));
    });
    live(move || {
        Some(match got.get()? {
            Err(()) => alert(words::licences_no_answer().to_owned()),
            Ok(text) => {
                let (table, texts) = text.split_once("\n\n").unwrap_or((&text, ""));
                let lines = table.lines().map(|line| {
                    let mut parts = line.split('\t');
                    let mut next = || parts.next().unwrap_or_default().to_owned();
                    let (name, version, licence, part) = (next(), next(), next(), next());
                    let parts: Vec<_> = part.split(", ").map(part_name).collect();
                    let rest = format!(" {version} · {licence} · {}", parts.join(words::list_comma()));
                    view! { <li><b>{name}</b>{rest}</li> }
                });
                view! {
                    <ul class="licences">{lines.collect_view()}</ul>
                    <details>
                        <summary>{words::licence_texts()}</summary>
                        <pre>{texts.to_owned()}</pre>
                    </details>
                }
            }
        })
    })
}

/// Where a package is used.
fn part_name(part: &str) -> &'static str {
    if part == "app" { words::licence_of_app() } else { words::licence_of_station() }
}
