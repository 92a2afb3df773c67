//! What an awaited save costs, beside a bare strict put of the same bytes in the same page. `cargo xtask bench` runs
//! this in its release build and makes the table.

#![cfg(target_arch = "wasm32")]

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};
use xunji::{platform, storage::IndexedDb};
use xunji_sync::{
    pocket::{Pocket, Unsent},
    suite,
};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
    export const now = () => performance.now();
    export const openBare = () => new Promise((resolve, reject) => {
      const request = indexedDB.open("bare", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("rows");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    export const putBare = (database, key, bytes) => new Promise((resolve, reject) => {
      const transaction = database.transaction("rows", "readwrite", { durability: "strict" });
      transaction.objectStore("rows").put(bytes, key);
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
"#)]
extern "C" {
    fn now() -> f64;
    #[wasm_bindgen(js_name = openBare)]
    fn open_bare() -> Promise;
    #[wasm_bindgen(js_name = putBare)]
    fn put_bare(database: &JsValue, key: &str, bytes: &Uint8Array) -> Promise;
}

/// Not counted: until the browser has compiled what runs often.
const WARM_UP: u128 = 50;
const SAVES: u128 = 500;

/// One of each in turn, so that both see the same machine.
#[wasm_bindgen_test]
async fn an_awaited_save_beside_a_bare_put() {
    let storage = IndexedDb::open("bench").await.expect("the database opens");
    let (pocket, _) = Pocket::open(storage, platform::new_installation_id()).await.expect("it has a pocket");
    let bare = JsFuture::from(open_bare()).await.expect("the bare database opens");
    let (mut saves, mut puts) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for number in 0..WARM_UP + SAVES {
        let unsent = suite::unsent(number, &"村委会—水厂—三组林口。".repeat(25));
        let row = unsent.content.canonical_bytes().expect("an entry can be written down");
        bytes = row.len();

        let start = now();
        let row = Uint8Array::from(row.as_slice());
        JsFuture::from(put_bare(&bare, &number.to_string(), &row)).await.expect("a bare put");
        let put = now() - start;

        let start = now();
        // All that the app does between the button and its word: see `App::seal_and_save`.
        let sealed = unsent.content.canonical_bytes().expect("an entry can be written down");
        let digest = platform::digest_of(&sealed).await.expect("this page is secure enough to hash");
        pocket.save(&Unsent { digest, ..unsent }).await.expect("a save");
        let save = now() - start;

        if number >= WARM_UP {
            saves.push(save);
            puts.push(put);
        }
    }
    assert_eq!(pocket.outbox().await.expect("the outbox").len() as u128, WARM_UP + SAVES);
    tell("save", &saves, bytes);
    tell("bare put", &puts, bytes);
}

fn tell(measure: &str, samples: &[f64], bytes: usize) {
    let figure = serde_json::json!({ "measure": measure, "unit": "ms", "samples": samples, "bytes": bytes });
    console_log!("{figure}");
}
