//! A QR code (ISO/IEC 18004), drawn as one path.

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

use super::view;

/// So many modules around a code have to be empty.
const QUIET: i32 = 4;

/// The code of a text. It stays black on white in a dark room: many cameras read nothing else.
pub fn qr(text: &str, label: String) -> AnyView {
    // Medium survives a fold and a thumb. Too long is only what no address is.
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return ().into_any() };
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let mut run = 0;
            while code.get_module(x + run, y) {
                run += 1;
            }
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET));
            }
            x += run.max(1);
        }
    }
    let whole = size + 2 * QUIET;
    view! {
        <svg class="qr" viewBox=format!("0 0 {whole} {whole}") role="img" aria-label=label shape-rendering="crispEdges">
            <path d=path/>
        </svg>
    }
}
