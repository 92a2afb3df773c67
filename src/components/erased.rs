//! Views of one type.
//!
//! Leptos makes the code that draws a view, keeps it up to date and takes it away anew for every type of view and
//! closure, and there are hundreds. Here what is drawn, what comes and goes and what changes is an [`AnyView`] each
//! time: a fifth of the app's download.

use std::sync::{Arc, Mutex};

use leptos::prelude::*;

/// Leptos' `view!`, as an [`AnyView`].
macro_rules! view {
    ($($markup:tt)*) => { leptos::prelude::IntoAny::into_any(leptos::view! { $($markup)* }) };
}
pub(crate) use view;

/// Something that is drawn anew whenever a signal that it reads changes.
pub fn live<V: RenderHtml + 'static>(draw: impl FnMut() -> V + Send + 'static) -> AnyView {
    let draw: Arc<Mutex<dyn FnMut() -> V + Send>> = Arc::new(Mutex::new(draw));
    draw.into_any()
}

/// Something that is there as long as a condition holds.
#[component]
pub fn Show(
    /// The condition.
    #[prop(into)]
    when: Signal<bool>,
    /// What is there.
    children: ChildrenFn,
) -> impl IntoView {
    // Drawn anew only when the condition changes, not whenever it is asked again.
    let when = Memo::new(move |_| when.get());
    live(move || when.get().then(|| children()))
}
