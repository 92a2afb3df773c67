//! What an awaited save costs, with and without a photo, beside bare strict puts of the same bytes in the same page.
//! `cargo xtask bench` runs this in its release build and makes the table.

#![cfg(target_arch = "wasm32")]

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};
use xunji::{
    platform::{self, DataKey},
    storage::IndexedDb,
    vault::AppStorage,
};
use xunji_domain::canonical::Digest;
use xunji_sync::{
    pin::Pin,
    pocket::{Pocket, Unsent},
    sealed::Sealed,
    suite,
};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = r#"
    export const now = () => performance.now();
    export const openBare = (name) => new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
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
    export const randomBytes = (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
      return bytes;
    };
"#)]
extern "C" {
    fn now() -> f64;
    #[wasm_bindgen(js_name = openBare)]
    fn open_bare(name: &str) -> Promise;
    #[wasm_bindgen(js_name = putBare)]
    fn put_bare(database: &JsValue, key: &str, bytes: &Uint8Array) -> Promise;
    #[wasm_bindgen(js_name = randomBytes)]
    fn random_bytes(length: u32) -> Vec<u8>;
}

/// Not counted: until the browser has compiled what runs often.
const WARM_UP: u128 = 50;
const SAVES: u128 = 500;

/// Bytes of a photo after it was made smaller, and of the small copy that the app keeps with it.
const PHOTO: u32 = 400_000;
const SMALL_COPY: u32 = 20_000;
const PHOTOS: u128 = 100;

/// One of each in turn, so that both see the same machine.
#[wasm_bindgen_test]
async fn an_awaited_save_beside_a_bare_put() {
    let (pocket, bare) = open("bench").await;
    let (mut saves, mut puts) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for number in 0..WARM_UP + SAVES {
        let unsent = unsent(number);
        let row = unsent.content.canonical_bytes().expect("an entry can be written down");
        bytes = row.len();
        let put = put(&bare, &format!("{number}"), &row).await;
        let save = save(&pocket, unsent).await;
        if number >= WARM_UP {
            saves.push(save);
            puts.push(put);
        }
    }
    assert_eq!(pocket.outbox().await.expect("the outbox").len() as u128, WARM_UP + SAVES);
    tell("save", &saves, bytes);
    tell("bare put", &puts, bytes);
}

/// The app keeps a photo when it is picked, before the form says so; the save only names it. Both are awaited.
#[wasm_bindgen_test]
async fn a_photo_saved_beside_a_bare_put() {
    let (pocket, bare) = open("bench-photos").await;
    let (mut saves, mut presses, mut puts, mut small_puts) = (vec![], vec![], vec![], vec![]);
    for number in 0..WARM_UP + PHOTOS {
        let (photo, small) = (random_bytes(PHOTO), random_bytes(SMALL_COPY));
        let put_photo = put(&bare, &format!("{number}-photo"), &photo).await;

        let start = now();
        let digest = digest_of(&photo).await;
        pocket.put_blob(digest, photo, Some(small)).await.expect("a photo is kept");
        let keep = now() - start;

        let mut unsent = unsent(number);
        unsent.content.attachments.push(digest);
        let row = unsent.content.canonical_bytes().expect("an entry can be written down");
        let put_row = put(&bare, &format!("{number}"), &row).await;
        let press = save(&pocket, unsent).await;

        if number >= WARM_UP {
            saves.push(keep + press);
            presses.push(press);
            puts.push(put_photo);
            small_puts.push(put_row);
        }
    }
    tell("photo save", &saves, PHOTO as usize);
    tell("photo press", &presses, PHOTO as usize);
    tell("photo bare put", &puts, PHOTO as usize);
    tell("bare put beside photos", &small_puts, PHOTO as usize);
}

/// A pocket of this name, and a bare database beside it.
async fn open(name: &str) -> (Pocket<AppStorage>, JsValue) {
    let bare = IndexedDb::open(name).await.expect("the database opens");
    let pin = Pin::new("482915").expect("a PIN");
    let wrapped = DataKey::wrap(&[], &pin).await.expect("this page is secure enough to seal");
    let key = DataKey::unwrap(&wrapped, &pin).await.expect("the PIN is right");
    let storage = Sealed::with(bare, key, false);
    let (pocket, _) = Pocket::open(storage, platform::new_installation_id()).await.expect("it has a pocket");
    let bare = JsFuture::from(open_bare(&format!("{name}-bare"))).await.expect("the bare database opens");
    (pocket, bare)
}

fn unsent(number: u128) -> Unsent {
    suite::unsent(number, &"村委会—水厂—三组林口。".repeat(25))
}

/// The milliseconds of a bare put.
async fn put(bare: &JsValue, key: &str, bytes: &[u8]) -> f64 {
    let start = now();
    let bytes = Uint8Array::from(bytes);
    JsFuture::from(put_bare(bare, key, &bytes)).await.expect("a bare put");
    now() - start
}

/// The milliseconds of all that the app does between the button and its word: see `App::seal_and_save`.
async fn save(pocket: &Pocket<AppStorage>, unsent: Unsent) -> f64 {
    let start = now();
    let sealed = unsent.content.canonical_bytes().expect("an entry can be written down");
    let digest = digest_of(&sealed).await;
    pocket.save(&Unsent { digest, ..unsent }).await.expect("a save");
    now() - start
}

async fn digest_of(bytes: &[u8]) -> Digest {
    platform::digest_of(bytes).await.expect("this page is secure enough to hash")
}

fn tell(measure: &str, samples: &[f64], bytes: usize) {
    let figure = serde_json::json!({ "measure": measure, "unit": "ms", "samples": samples, "bytes": bytes });
    console_log!("{figure}");
}
