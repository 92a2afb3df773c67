//! A sheet that comes up from the bottom: a native modal dialog, so that focus and the back key behave.

use leptos::prelude::*;

use super::{icon, view, when_drawn};
use crate::{platform, words};

/// A dialog, shown as long as it is drawn.
#[component]
pub fn Sheet(
    /// Its heading.
    #[prop(into)]
    title: String,
    /// As high as the screen allows, for long lists.
    #[prop(optional)]
    tall: bool,
    /// What to do when it is closed without having done anything.
    on_close: Callback<()>,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    // Fails only for a dialog that is open already.
    when_drawn(dialog, |dialog| drop(dialog.show_modal()));
    let opener = StoredValue::new_local(platform::focused());
    on_cleanup(move || opener.with_value(platform::give_back));
    let label = title.clone();
    view! {
        <dialog
            class="sheet"
            class:tall=tall
            node_ref=dialog
            aria-label=label
            on:close=move |_| on_close.run(())
        >
            <header class="sheet-head">
                <h2 tabindex="-1" autofocus>{title}</h2>
                <button
                    class="icon-btn"
                    type="button"
                    aria-label=words::close()
                    on:click=move |_| on_close.run(())
                >
                    {icon("close")}
                </button>
            </header>
            {children()}
        </dialog>
    }
}
