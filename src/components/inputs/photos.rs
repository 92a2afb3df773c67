//! Photos of what was found, as a form's field.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::{canonical::Digest, kind::Field};

use super::{Filled, Given, control_id};
use crate::{
    components::{Album, view},
    words,
};

/// Photos of what was found.
#[component]
pub(super) fn Photos(field: Field, filled: Filled) -> impl IntoView {
    let (of_list, of_change) = (field.id.clone(), field.id.clone());
    let digests = Memo::new(move |_| digests(filled.get(&of_list).as_ref()));
    let change = Callback::new(move |digests: Vec<Digest>| filled.set(&of_change, list(&digests)));
    view! {
        <Album
            id=control_id(&field.id, None, None)
            label=words::label(&field.label).to_owned()
            given=view! { <Given field=field.id filled=filled/> }
            digests=digests.into()
            change=change
        />
    }
}

fn digests(value: Option<&Value>) -> Vec<Digest> {
    let items = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item.as_str()?.parse().ok()).collect()
}

fn list(digests: &[Digest]) -> Value {
    if digests.is_empty() {
        Value::Null
    } else {
        digests.iter().map(|digest| Value::String(digest.to_string())).collect()
    }
}
