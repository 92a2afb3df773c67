//! The least that a page of this stack can be, weighed and started beside the app by `cargo xtask bench`.

#![allow(unused_crate_dependencies, reason = "the package's other program needs them")]

fn main() {
    #[cfg(target_arch = "wasm32")]
    leptos::mount::mount_to_body(|| leptos::prelude::view! { <p id="hello">"你好"</p> });
}

#[cfg(target_arch = "wasm32")]
use leptos::prelude::*;
