//! The calls of `shim.js`, in Rust's words.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/src/platform/shim.js")]
extern "C" {
    /// See `shim.js`.
    #[wasm_bindgen(js_name = insistOnStrictDurability)]
    pub fn insist_on_strict_durability();
    /// The name of the error by which the last writing transaction was aborted; empty when nothing went wrong with it.
    #[wasm_bindgen(js_name = whyAborted)]
    pub fn why_aborted() -> String;
    #[wasm_bindgen(js_name = lead)]
    fn lead_js(name: &str, on_lead: &Closure<dyn FnMut()>);
    /// Lets another tab be the one that sends, for good.
    pub fn follow();
    /// Ends the request that waits at the station for something new, if there is one.
    pub fn hush();
    #[wasm_bindgen(js_name = mark)]
    fn mark_js(name: &str) -> Promise;
    #[wasm_bindgen(js_name = setMark)]
    fn set_mark_js(name: &str, value: &str) -> Promise;
    #[wasm_bindgen(js_name = persisted)]
    fn persisted_js() -> Promise;
    #[wasm_bindgen(js_name = persist)]
    fn persist_js() -> Promise;
    /// Whether the browser has offered to install the app.
    #[wasm_bindgen(js_name = canInstall)]
    pub fn can_install() -> bool;
    /// Whether this runs from the home screen.
    #[wasm_bindgen(js_name = isInstalled)]
    pub fn is_installed() -> bool;
    #[wasm_bindgen(js_name = install)]
    fn install_js() -> Promise;
    /// Gives the focus to a screen's heading, unless the same screen has only been drawn anew.
    #[wasm_bindgen(js_name = beginReading)]
    pub fn begin_reading(heading: &web_sys::HtmlElement);
    /// What has the focus.
    pub fn focused() -> JsValue;
    /// Gives the focus back to what had it before a sheet was opened.
    #[wasm_bindgen(js_name = giveBack)]
    pub fn give_back(opener: &JsValue);
    #[wasm_bindgen(js_name = untouched)]
    fn untouched_js() -> Option<Promise>;
    #[wasm_bindgen(js_name = random)]
    pub(super) fn random_bits_js(length: u32) -> js_sys::Uint8Array;
    #[wasm_bindgen(js_name = setBadge)]
    fn set_badge_js(number: u32);
    #[wasm_bindgen(js_name = sharedPhotos)]
    fn shared_photos_js() -> Promise;
    /// Whether this page was opened with photos from another app.
    #[wasm_bindgen(js_name = hasShared)]
    pub fn has_shared() -> bool;
    /// Lets go of the photos from another app.
    #[wasm_bindgen(js_name = forgetShared)]
    pub fn forget_shared();
    /// Whether a newer version waits to be used.
    #[wasm_bindgen(js_name = updateReady)]
    pub fn update_ready() -> bool;
    /// Uses the newer version now, and reloads this tab.
    #[wasm_bindgen(js_name = applyUpdate)]
    pub fn apply_update();
    #[wasm_bindgen(js_name = ask)]
    pub(super) fn ask_js(
        method: &str,
        url: &str,
        headers: &js_sys::Object,
        body: &JsValue,
        milliseconds: f64,
    ) -> Promise;
    #[wasm_bindgen(js_name = gzip)]
    pub(super) fn gzip_js(text: &str) -> Promise;
    #[wasm_bindgen(js_name = sha256)]
    pub(super) fn sha256_js(bytes: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = bytesOf)]
    fn bytes_of_js(file: &web_sys::File) -> Promise;
    #[wasm_bindgen(js_name = shrink)]
    fn shrink_js(bytes: &[u8], kind: &str, edge: u32, small: u32) -> Promise;
    /// Roughly how many gigabytes of memory the phone has.
    pub fn memory() -> f64;
    /// Whether the browser can record sound.
    #[wasm_bindgen(js_name = canRecord)]
    pub fn can_record() -> bool;
    #[wasm_bindgen(js_name = position)]
    fn position_js() -> Promise;
    #[wasm_bindgen(js_name = record)]
    fn record_js() -> Promise;
    #[wasm_bindgen(js_name = stopRecording)]
    fn stop_recording_js() -> Promise;
    /// Lets a finger draw on a canvas.
    #[wasm_bindgen(js_name = drawOn)]
    pub fn draw_on(canvas: &web_sys::HtmlCanvasElement);
    /// Takes away what was drawn.
    pub fn wipe(canvas: &web_sys::HtmlCanvasElement);
    #[wasm_bindgen(js_name = drawing)]
    fn drawing_js(canvas: &web_sys::HtmlCanvasElement) -> Promise;
    #[wasm_bindgen(js_name = seal)]
    fn seal_js(passphrase: &str, bytes: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = unseal)]
    fn unseal_js(passphrase: &str, bytes: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = databases)]
    fn databases_js() -> Promise;
    #[wasm_bindgen(js_name = wrapByPin)]
    pub(super) fn wrap_by_pin_js(raw: &[u8], pin: &str, rounds: u32) -> Promise;
    #[wasm_bindgen(js_name = unwrapByPin)]
    pub(super) fn unwrap_by_pin_js(pin: &str, salt: &[u8], rounds: u32, wrapped: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = rewrapByPin)]
    pub(super) fn rewrap_by_pin_js(
        pin: &str,
        salt: &[u8],
        rounds: u32,
        wrapped: &[u8],
        next: &str,
        next_rounds: u32,
    ) -> Promise;
    #[wasm_bindgen(js_name = hasPasskeys)]
    fn has_passkeys_js() -> Promise;
    #[wasm_bindgen(js_name = makePasskey)]
    pub(super) fn make_passkey_js(pin: &str, salt: &[u8], rounds: u32, wrapped: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = byPasskey)]
    pub(super) fn by_passkey_js(credential: &[u8], salt: &[u8], wrapped: &[u8]) -> Promise;
    #[wasm_bindgen(js_name = copyFor)]
    pub(super) fn copy_for_js(
        point: &[u8],
        info: &str,
        pin: &str,
        salt: &[u8],
        rounds: u32,
        wrapped: &[u8],
    ) -> Promise;
    #[wasm_bindgen(js_name = sealRows)]
    pub(super) fn seal_rows_js(key: &JsValue, places: &Array, values: &Array) -> Promise;
    #[wasm_bindgen(js_name = openRows)]
    pub(super) fn open_rows_js(key: &JsValue, places: &Array, values: &Array) -> Promise;
    #[wasm_bindgen(js_name = offerKey)]
    pub(super) fn offer_key_js(channel: &str, key: &JsValue);
    /// Hands the vault's key to no other tab any more.
    #[wasm_bindgen(js_name = withdrawKey)]
    pub fn withdraw_key();
    #[wasm_bindgen(js_name = askForKey)]
    pub(super) fn ask_for_key_js(channel: &str, milliseconds: u32) -> Promise;
    /// The first letter of a character's pinyin; 0 when the browser doesn't know.
    #[wasm_bindgen(js_name = initialOf)]
    pub(super) fn initial_of(character: &str) -> u8;
    /// Hands a file to the browser's downloads.
    pub fn download(bytes: &[u8], name: &str);
    #[wasm_bindgen(js_name = verify)]
    fn verify_js(point: &[u8], signature: &[u8], bytes: &[u8]) -> Promise;
    /// An address for showing these bytes, until the page is left.
    #[wasm_bindgen(js_name = urlOf)]
    pub fn url_of(bytes: &[u8], kind: &str) -> String;
}

/// Calls back once this tab is the one that sends.
pub fn lead(name: &str, on_lead: impl FnMut() + 'static) {
    let on_lead = Closure::new(on_lead);
    lead_js(name, &on_lead);
    // It is called whenever the other tabs are gone, perhaps hours later.
    on_lead.forget();
}

/// Waits while a finger is on the screen, and for its click.
pub async fn untouched() {
    if let Some(touch) = untouched_js() {
        drop(JsFuture::from(touch).await);
    }
}

async fn truth(promise: Promise) -> bool {
    JsFuture::from(promise).await.is_ok_and(|value| value.is_truthy())
}

/// What was noted in the cache storage under a name, or nothing where the browser doesn't tell.
pub async fn mark(name: &str) -> Option<String> {
    JsFuture::from(mark_js(name)).await.ok()?.as_string()
}

/// Notes something in the cache storage. A browser that forbids it only forgets the note.
pub async fn set_mark(name: &str, value: &str) {
    drop(JsFuture::from(set_mark_js(name, value)).await);
}

/// Whether the browser protects this site's data from being cleaned up.
pub async fn persisted() -> bool {
    truth(persisted_js()).await
}

/// Asks the browser to protect this site's data.
pub async fn persist() -> bool {
    truth(persist_js()).await
}

/// Shows the browser's own question whether to install the app.
pub async fn install() -> bool {
    truth(install_js()).await
}

/// Shows a number on the app's icon, or takes it away at zero, where the browser can.
pub fn set_badge(number: usize) {
    set_badge_js(u32::try_from(number).unwrap_or(u32::MAX));
}

/// The photos that another app has handed over, as long as this page has them.
pub async fn shared_photos() -> Vec<web_sys::File> {
    let files = JsFuture::from(shared_photos_js()).await.map(|files| Array::from(&files));
    files.iter().flat_map(Array::iter).filter_map(|file| file.dyn_into().ok()).collect()
}

/// What the browser says that it is.
pub fn user_agent() -> String {
    web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default()
}

/// Whether the screen can be touched.
pub fn has_touch() -> bool {
    web_sys::window().is_some_and(|window| window.navigator().max_touch_points() > 0)
}

/// The name by which the code that runs in this page was built: the digits of its content.
pub fn build() -> String {
    let document = web_sys::window().and_then(|window| window.document());
    let script = document.and_then(|document| document.query_selector("script[data-wasm]").ok()?);
    let file = script.and_then(|script| script.get_attribute("data-wasm")).unwrap_or_default();
    let name = file.split('.').next().unwrap_or_default();
    name.rsplit('-').next().unwrap_or_default().to_owned()
}

/// The names of this site's databases; none when the browser doesn't tell.
pub async fn databases() -> Vec<String> {
    let names = JsFuture::from(databases_js()).await.map(|names| Array::from(&names));
    names.iter().flat_map(Array::iter).filter_map(|name| name.as_string()).collect()
}

/// Loads an address of the app anew, and forgets all that was read.
pub fn reload(path: &str) {
    if let Some(window) = web_sys::window() {
        // Refused only by a page that is going already.
        drop(window.location().assign(path));
    }
}

pub(super) async fn bytes(promise: Promise) -> Option<Vec<u8>> {
    let array: Uint8Array = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    Some(array.to_vec())
}

/// The bytes of a picked file, or nothing when it can't be read.
pub async fn bytes_of(file: &web_sys::File) -> Option<Vec<u8>> {
    bytes(bytes_of_js(file)).await
}

/// A photo drawn anew at most `edge` pixels long, and a copy at most `small` long, both as JPEG; nothing when it is no
/// picture that the browser can open.
pub async fn shrink(picture: &[u8], kind: &str, edge: u32, small: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    let both = JsFuture::from(shrink_js(picture, kind, edge, small)).await.ok()?;
    let both: js_sys::Array = both.dyn_into().ok()?;
    let one = |index| both.get(index).dyn_into::<Uint8Array>().ok().map(|array| array.to_vec());
    Some((one(0)?, one(1)?))
}

/// Why there is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPosition {
    /// The person, or the phone's settings, don't let it.
    Forbidden,
    /// The phone doesn't know where it is.
    Unknown,
}

/// Where the phone is now: latitude and longitude in decimal degrees, and how many metres that may be off.
///
/// # Errors
/// [`NoPosition`].
pub async fn position() -> Result<(String, String, u64), NoPosition> {
    let found = JsFuture::from(position_js()).await.map_err(|code| match code.as_f64() {
        Some(1.0) => NoPosition::Forbidden,
        _ => NoPosition::Unknown,
    })?;
    let found = Array::from(&found);
    let text = |index| found.get(index).as_string().ok_or(NoPosition::Unknown);
    Ok((text(0)?, text(1)?, found.get(2).as_f64().unwrap_or_default() as u64))
}

/// Begins to record; whether the person and the phone let it.
pub async fn record() -> bool {
    JsFuture::from(record_js()).await.is_ok()
}

/// Ends the recording, if there is one, and gives it.
pub async fn stop_recording() -> Option<Vec<u8>> {
    bytes(stop_recording_js()).await
}

/// What was drawn on a canvas, as PNG; nothing as long as nothing was.
pub async fn drawing(canvas: &web_sys::HtmlCanvasElement) -> Option<Vec<u8>> {
    bytes(drawing_js(canvas)).await
}

/// The bytes sealed by a passphrase; nothing when the browser has no WebCrypto.
pub async fn seal(passphrase: &str, plain: &[u8]) -> Option<Vec<u8>> {
    bytes(seal_js(passphrase, plain)).await
}

/// The bytes that [`seal`] sealed; nothing when the passphrase is another one or a bit is not as it was.
pub async fn unseal(passphrase: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    bytes(unseal_js(passphrase, sealed)).await
}

/// Whether the phone has an authenticator of its own (fingerprint, face, screen lock) that can make keys.
pub async fn has_passkeys() -> bool {
    truth(has_passkeys_js()).await
}

/// Whether the holder of a P-256 key signed these bytes.
pub async fn verify(point: &[u8], signature: &[u8], signed: &[u8]) -> bool {
    truth(verify_js(point, signature, signed)).await
}
