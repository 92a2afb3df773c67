//! A spoken note: for hands that are cold or letters that are small.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::canonical::Digest;

use crate::{
    components::{icon, live, view},
    platform,
    state::{App, use_app},
    words,
};

/// The longest note, in seconds: about a megabyte.
const LONGEST: u32 = 300;

/// Begins and ends a recording.
#[component]
pub(super) fn SoundButton(add: Callback<Digest>, wrong: RwSignal<Vec<String>>) -> impl IntoView {
    let app = use_app();
    // Seconds since it began.
    let running = RwSignal::new(None::<u32>);
    let press = move |_| {
        wrong.set(Vec::new());
        if running.get_untracked().is_some() {
            running.set(None);
            return;
        }
        spawn_local(async move {
            if !platform::record().await {
                wrong.try_update(|wrong| wrong.push(words::sound_refused().to_owned()));
                return;
            }
            let _gathering = app.signals.gather();
            running.try_set(Some(0));
            // Ends by the button, after five minutes, or when the page goes.
            while let Some(Some(seconds)) = running.try_get_untracked()
                && seconds < LONGEST
            {
                platform::sleep(1000).await;
                running.try_update(|running| {
                    if let Some(seconds) = running {
                        *seconds += 1;
                    }
                });
            }
            let kept = end(app).await;
            if running.try_set(None).is_none() {
                match kept {
                    Ok(digest) => add.run(digest),
                    Err(sentence) => drop(wrong.try_update(|wrong| wrong.push(sentence))),
                }
            }
        });
    };
    let label = live(move || match running.get() {
        None => words::sound_add().to_owned(),
        Some(seconds) => words::sound_stop(format!("{}:{:02}", seconds / 60, seconds % 60)),
    });
    platform::can_record().then(|| {
        view! {
            <button
                class="btn"
                class:recording=move || running.with(Option::is_some)
                type="button"
                on:click=press
            >
                {icon("sound")}{label}
            </button>
        }
    })
}

async fn end(app: App) -> Result<Digest, String> {
    let sound = platform::stop_recording().await.filter(|sound| !sound.is_empty());
    let sound = sound.ok_or_else(|| words::sound_refused().to_owned())?;
    app.keep_attachment(sound, None).await
}
