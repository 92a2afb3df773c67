//! Doing something when an element is drawn or a signal changes.

use leptos::{html::ElementType, prelude::*};
use wasm_bindgen::JsCast;

/// Acts now, and again whenever a signal that it reads changes. Of one type, like the views in `erased.rs`.
pub fn watch(act: impl Fn() + 'static) {
    let act: Box<dyn Fn()> = Box::new(act);
    Effect::new(move |_| act());
}

/// Calls back whenever the element is drawn. Unlike `NodeRef::on_load`, which panics when its element is drawn a
/// second time, this suits what comes and goes.
pub fn when_drawn<E>(node: NodeRef<E>, act: impl Fn(E::Output) + 'static)
where
    E: ElementType + 'static,
    E::Output: JsCast + Clone + 'static,
{
    watch(move || {
        if let Some(element) = node.get() {
            act(element);
        }
    });
}
