//! A box below its label, for what is asked beside the ledgers' definitions.

use leptos::prelude::*;

use super::view;

/// The box has the label's `id`.
pub fn labelled(
    id: &'static str,
    label: &'static str,
    required: bool,
    input: impl IntoView + 'static,
) -> AnyView {
    let input = input.into_any();
    view! {
        <div class="field" data-required=required.then_some("")>
            <label class="label" for=id>{label}</label>
            {input}
        </div>
    }
}
