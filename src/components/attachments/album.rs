//! Gathering attachments: tiles of what there is, and what more can be added.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, HtmlInputElement};
use xunji_domain::canonical::Digest;

use super::{Tile, gather::keep_photo, sign::SignButton, sound::SoundButton};
use crate::{
    components::{icon, live, view},
    state::use_app,
    words,
};

/// Attachments that are being gathered.
#[component]
pub fn Album(
    /// The id of the file input.
    id: String,
    /// What they are called.
    label: String,
    /// Where they come from, when nobody has chosen them here.
    #[prop(optional)]
    given: Option<AnyView>,
    /// What there is.
    digests: Signal<Vec<Digest>>,
    /// What there is from now on.
    change: Callback<Vec<Digest>>,
    /// Whether a spoken note or a signature can be added as well.
    #[prop(optional)]
    all_sorts: bool,
) -> impl IntoView {
    let app = use_app();
    let wrong = RwSignal::new(Vec::<String>::new());
    // How many photos of how many are done.
    let working = RwSignal::new(None::<(usize, usize)>);
    let add = Callback::new(move |digest: Digest| {
        let mut all = digests.get_untracked();
        if !all.contains(&digest) {
            all.push(digest);
            change.run(all);
        }
    });
    let pick = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
            return;
        };
        let files = input.files();
        let files: Vec<File> =
            files.iter().flat_map(|list| (0..list.length()).filter_map(|index| list.get(index))).collect();
        wrong.set(Vec::new());
        let gathering = app.signals.gather();
        spawn_local(async move {
            for (done, file) in files.iter().enumerate() {
                working.try_set(Some((done + 1, files.len())));
                match keep_photo(app, file).await {
                    // The page may have gone meanwhile; then nothing names the photo, and it is swept away later.
                    Ok(digest) if working.try_get_untracked().is_some() => add.run(digest),
                    Ok(_) => break,
                    Err(sentence) => drop(wrong.try_update(|wrong| wrong.push(sentence))),
                }
            }
            drop(gathering);
            working.try_set(None);
            // So that picking the same photo again is an event again.
            input.set_value("");
        });
    };
    let label_id = format!("{id}-label");
    let tiles = live(move || {
        let tile = |(index, digest): (usize, Digest)| {
            let remove = move |_| {
                let mut left = digests.get_untracked();
                left.retain(|other| *other != digest);
                change.run(left);
            };
            view! {
                <li class="photo">
                    <Tile digest=digest number=index + 1/>
                    <button
                        class="icon-btn"
                        type="button"
                        aria-label=words::remove(words::photo_number(index + 1))
                        on:click=remove
                    >
                        {icon("close")}
                    </button>
                </li>
            }
        };
        digests.get().into_iter().enumerate().map(tile).collect_view()
    });
    let busy = live(move || {
        let (done, of) = working.get()?;
        Some(view! {
            <li class="photo-busy" role="status">
                <progress max=of.to_string() value=(done - 1).to_string()></progress>
                {words::photo_working(done, of)}
            </li>
        })
    });
    let problems = live(move || {
        let problem = |sentence| view! { <p class="error" role="alert">{icon("warning")}{sentence}</p> };
        wrong.get().into_iter().map(problem).collect_view()
    });
    let more = all_sorts.then(|| {
        view! { <div class="btns"><SoundButton add=add wrong=wrong/><SignButton add=add wrong=wrong/></div> }
    });
    view! {
        <div class="field">
            <span class="label" id=label_id.clone()>{label}</span>
            {given}
            <p class="hint">{words::photo_hint()}</p>
            <ul class="photos">
                {tiles}
                {busy}
                <li class="photo-add">
                    <input
                        id=id
                        type="file"
                        accept="image/*"
                        multiple
                        aria-labelledby=label_id
                        on:change=pick
                    />
                    {icon("camera")}
                    <span aria-hidden="true">{words::photo_add()}</span>
                </li>
            </ul>
            {more}
            {problems}
        </div>
    }
}
