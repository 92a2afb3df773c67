//! A sheet that comes up from the bottom: a native modal dialog, so that focus and the back key behave.

use leptos::prelude::*;

use super::{Attempt, icon, view, when_drawn};
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

/// A sheet that asks for something. It stays open, with what was typed and what was wrong, until a try has worked.
#[component]
pub fn FormSheet(
    /// Its heading.
    #[prop(into)]
    title: String,
    /// How the last try went.
    attempt: Attempt,
    /// Begins a try. Without it there is only something to read.
    #[prop(into)]
    submit: Option<Callback<()>>,
    /// The word on the button that begins a try, which asks for patience as long as the try lasts. Without it: 保存.
    #[prop(optional)]
    name: Option<&'static str>,
    /// What 取消 does. Without it there is no such button.
    #[prop(optional, into)]
    cancel: Option<Callback<()>>,
    /// What stands above the buttons.
    #[prop(optional)]
    note: Option<AnyView>,
    /// What to do when it is closed without having done anything.
    on_close: Callback<()>,
    children: Children,
) -> impl IntoView {
    let name = move || match name {
        Some(_) if attempt.is_busy() => words::just_a_moment(),
        Some(name) => name,
        None => words::save(),
    };
    let begin = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Some(submit) = submit {
            submit.run(());
        }
    };
    let cancel = cancel.map(|cancel| {
        view! { <button class="btn" type="button" on:click=move |_| cancel.run(())>{words::cancel()}</button> }
    });
    let foot = submit.map(|_| {
        view! {
            <footer class="sheet-foot">
                {cancel}
                <button class="btn primary" type="submit" aria-busy=move || attempt.is_busy().to_string()>{name}</button>
            </footer>
        }
    });
    view! {
        <Sheet title=title on_close=on_close>
            <form class="sheet-form" novalidate autocomplete="off" on:submit=begin>
                <div class="sheet-body form">{attempt.alert()}{children()}</div>
                {note}
                {foot}
            </form>
        </Sheet>
    }
}
