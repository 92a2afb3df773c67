//! The data key of a vault, and what the browser's own cryptography does with it.

use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use xunji_domain::wire::{base64url, from_base64url};
use xunji_sync::{
    pin::Pin,
    sealed::{Cipher, Placed},
    storage::StorageError,
    vault::{Passkey, ROUNDS, Wrapped},
};

use super::shim;

/// How long a tab waits for another one to hand over the key, in milliseconds. It is noticed at every start of the only
/// tab, and one that is asleep doesn't answer anyway.
const PATIENCE: u32 = 150;

/// The key that seals everything on this phone: AES-GCM, 256 bits, usable but not to be exported. Clones are the same.
#[derive(Clone)]
pub struct DataKey(JsValue);

impl DataKey {
    /// Draws a new data key and wraps it by a PIN; or wraps anew the `raw` one that the office has given back. Nothing
    /// when the browser has no WebCrypto.
    pub async fn wrap(raw: &[u8], pin: &Pin) -> Option<Wrapped> {
        wrapped(shim::wrap_by_pin_js(raw, pin.as_str(), ROUNDS)).await
    }

    /// The same data key under another PIN; nothing when the PIN is not the one it is wrapped by.
    pub async fn rewrap(old: &Wrapped, pin: &Pin, next: &Pin) -> Option<Wrapped> {
        let (salt, key) = (from_base64url(&old.salt)?, from_base64url(&old.key)?);
        let next = next.as_str();
        wrapped(shim::rewrap_by_pin_js(pin.as_str(), &salt, old.rounds, &key, next, ROUNDS)).await
    }

    /// The data key that a PIN opens; nothing when the PIN is another one. Takes as long as its rounds.
    pub async fn unwrap(wrapped: &Wrapped, pin: &Pin) -> Option<Self> {
        let (salt, key) = (from_base64url(&wrapped.salt)?, from_base64url(&wrapped.key)?);
        let opened = shim::unwrap_by_pin_js(pin.as_str(), &salt, wrapped.rounds, &key);
        Self::of(JsFuture::from(opened).await.ok()?)
    }

    /// A copy of the data key for the holder of a P-256 key, bound to `info`.
    pub async fn copy_for(point: &str, info: &str, wrapped: &Wrapped, pin: &Pin) -> Option<String> {
        let (salt, key) = (from_base64url(&wrapped.salt)?, from_base64url(&wrapped.key)?);
        let point = from_base64url(point)?;
        let copy = shim::copy_for_js(&point, info, pin.as_str(), &salt, wrapped.rounds, &key);
        shim::bytes(copy).await.map(|copy| base64url(&copy))
    }

    /// Makes a credential of the phone's own authenticator, and wraps the data key by what it makes of a new salt. Nothing
    /// when the phone can't, or the person didn't want to.
    pub async fn make_passkey(wrapped: &Wrapped, pin: &Pin) -> Option<Passkey> {
        let (salt, key) = (from_base64url(&wrapped.salt)?, from_base64url(&wrapped.key)?);
        let made = shim::make_passkey_js(pin.as_str(), &salt, wrapped.rounds, &key);
        let made = JsFuture::from(made).await.ok()?;
        Some(Passkey {
            credential: part(&made, "id")?,
            salt: part(&made, "salt")?,
            key: part(&made, "wrapped")?,
        })
    }

    /// The data key that the phone's own authenticator opens.
    pub async fn by_passkey(passkey: &Passkey) -> Option<Self> {
        let bytes = [&passkey.credential, &passkey.salt, &passkey.key].map(|text| from_base64url(text));
        let [Some(credential), Some(salt), Some(key)] = bytes else { return None };
        Self::of(JsFuture::from(shim::by_passkey_js(&credential, &salt, &key)).await.ok()?)
    }

    /// The data key of another tab that is unlocked, if there is one.
    pub async fn of_another_tab(vault: &str) -> Option<Self> {
        Self::of(JsFuture::from(shim::ask_for_key_js(&channel(vault), PATIENCE)).await.ok()?)
    }

    /// Hands it to other tabs that ask, until [`withdraw_key`](shim::withdraw_key).
    pub fn offer(&self, vault: &str) {
        shim::offer_key_js(&channel(vault), &self.0);
    }

    fn of(value: JsValue) -> Option<Self> {
        value.is_object().then_some(Self(value))
    }
}

async fn wrapped(promise: js_sys::Promise) -> Option<Wrapped> {
    let made = JsFuture::from(promise).await.ok()?;
    Some(Wrapped { salt: part(&made, "salt")?, rounds: ROUNDS, key: part(&made, "wrapped")? })
}

fn part(made: &JsValue, name: &str) -> Option<String> {
    let array: Uint8Array = Reflect::get(made, &name.into()).ok()?.dyn_into().ok()?;
    Some(base64url(&array.to_vec()))
}

fn channel(vault: &str) -> String {
    format!("{vault}-key")
}

fn arrays(rows: &[Placed]) -> (Array, Array) {
    let (places, values) = (Array::new(), Array::new());
    for row in rows {
        places.push(&JsValue::from_str(&row.place));
        values.push(&Uint8Array::from(row.bytes.as_slice()));
    }
    (places, values)
}

async fn answered(promise: js_sys::Promise) -> Result<Array, StorageError> {
    let answer = JsFuture::from(promise).await.map(|answer| answer.dyn_into::<Array>());
    answer.ok().and_then(Result::ok).ok_or_else(|| StorageError::Failed("WebCrypto".to_owned()))
}

fn bytes_of(value: JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

impl Cipher for DataKey {
    async fn seal(&self, plain: Vec<Placed>) -> Result<Vec<Vec<u8>>, StorageError> {
        let (places, values) = arrays(&plain);
        let sealed = answered(shim::seal_rows_js(&self.0, &places, &values)).await?;
        Ok(sealed.iter().filter_map(bytes_of).collect())
    }

    async fn open(&self, sealed: Vec<Placed>) -> Result<Vec<Option<Vec<u8>>>, StorageError> {
        // Most commits look for a row or two that aren't there.
        if sealed.is_empty() {
            return Ok(Vec::new());
        }
        let (places, values) = arrays(&sealed);
        let plain = answered(shim::open_rows_js(&self.0, &places, &values)).await?;
        Ok(plain.iter().map(bytes_of).collect())
    }
}
