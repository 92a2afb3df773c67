//! A signature drawn with a finger.

use leptos::{html::Canvas, prelude::*};
use wasm_bindgen_futures::spawn_local;
use xunji_domain::canonical::Digest;

use crate::{
    components::{Sheet, icon, live, view, when_drawn},
    platform,
    state::use_app,
    words,
};

/// Opens the sheet to sign on.
#[component]
pub(super) fn SignButton(add: Callback<Digest>, wrong: RwSignal<Vec<String>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let sheet = live(move || open.get().then(|| view! { <SignSheet add=add wrong=wrong open=open/> }));
    view! {
        <button class="btn" type="button" on:click=move |_| open.set(true)>
            {icon("pencil")}{words::sign_add()}
        </button>
        {sheet}
    }
}

#[component]
fn SignSheet(add: Callback<Digest>, wrong: RwSignal<Vec<String>>, open: RwSignal<bool>) -> impl IntoView {
    let app = use_app();
    let canvas = NodeRef::<Canvas>::new();
    when_drawn(canvas, |canvas| {
        // Its size is known once the dialog around it is open.
        spawn_local(async move {
            platform::sleep(0).await;
            platform::draw_on(&canvas);
        });
    });
    let again = move |_| {
        if let Some(canvas) = canvas.get_untracked() {
            platform::wipe(&canvas);
        }
    };
    let done = move |_| {
        let Some(canvas) = canvas.get_untracked() else { return };
        spawn_local(async move {
            // An empty sheet is nobody's signature: it is simply put away.
            if let Some(drawing) = platform::drawing(&canvas).await {
                match app.keep_attachment(drawing, None).await {
                    Ok(digest) => add.run(digest),
                    Err(sentence) => drop(wrong.try_update(|wrong| wrong.push(sentence))),
                }
            }
            open.try_set(false);
        });
    };
    view! {
        <Sheet title=words::sign_add() on_close=Callback::new(move |()| open.set(false))>
            <div class="sheet-body">
                <p class="hint">{words::sign_hint()}</p>
                <canvas class="signature" node_ref=canvas role="img" aria-label=words::sign_add()></canvas>
            </div>
            <footer class="sheet-foot">
                <button class="btn" type="button" on:click=again>{words::sign_again()}</button>
                <button class="btn primary" type="button" on:click=done>{words::sign_done()}</button>
            </footer>
        </Sheet>
    }
}
