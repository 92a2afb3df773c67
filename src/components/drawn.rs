//! Doing something to an element each time it is drawn.

use leptos::{html::ElementType, prelude::*};
use wasm_bindgen::JsCast;

/// Calls back whenever the element is drawn. Unlike `NodeRef::on_load`, which panics when its element is drawn a
/// second time, this suits what comes and goes.
pub fn when_drawn<E>(node: NodeRef<E>, act: impl Fn(E::Output) + 'static)
where
    E: ElementType + 'static,
    E::Output: JsCast + Clone + 'static,
{
    Effect::new(move |_| {
        if let Some(element) = node.get() {
            act(element);
        }
    });
}
