//! Who the person is at the station today, and whom their steps may name.

use serde_json::Value;
use wasm_bindgen::JsValue;
use xunji_domain::{
    json,
    wire::{Directory, Me, ProblemDetails},
};
use xunji_sync::engine::Failure;

use super::{
    Driver,
    jobs::{read, storage},
    tabs::Said,
};
use crate::{platform, words};

/// How many milliseconds the last answers are good for.
const LEARN_EVERY: u64 = 5 * 60_000;

/// What goes to the station with an order.
pub enum Sent {
    /// Nothing: something is only asked for.
    Nothing,
    /// What is to be.
    Json(Value),
    /// A list (CSV), as some other program has written it.
    List(Vec<u8>),
}

impl Driver {
    /// Once each time the app is opened, and now and then: the person's roles, areas and desks, and the directory.
    pub(super) async fn learn(&self) -> Result<(), Failure> {
        let now = platform::millis();
        let learned = self.inner.learned.get();
        if learned.is_some_and(|at| now.0.saturating_sub(at.0) < LEARN_EVERY) {
            return Ok(());
        }
        let pocket = &self.inner.pocket;
        let me: Me = read(&self.ask("GET", "/api/v1/me", vec![], JsValue::UNDEFINED).await?)?;
        let known = pocket.me().await.map_err(storage)?;
        // An installation never changes its person.
        if known.is_none_or(|known| known.worker.id != me.worker.id) {
            return Err(Failure::NotTheStation);
        }
        if pocket.learn(&me).await.map_err(storage)? {
            self.inner.signals.show_me(Some(me));
            self.inner.tabs.say(&Said::Learned);
        }
        let tag = pocket.directory().await.map_err(storage)?.tag;
        let known = vec![("If-None-Match", format!("\"{tag}\""))];
        let answer = self.ask_for("GET", "/api/v1/directory", known, JsValue::UNDEFINED, &[304]).await?;
        if answer.status != 304 {
            pocket.keep_directory(&read::<Directory>(&answer)?).await.map_err(storage)?;
            self.changed();
        }
        self.inner.learned.set(Some(now));
        Ok(())
    }

    /// Manages people at the station, and gives its answer. What the station says against a list is an answer, too.
    ///
    /// # Errors
    /// The sentence for the person.
    pub async fn office(&self, method: &str, path: &str, sent: Sent) -> Result<String, String> {
        let (kind, body) = match sent {
            Sent::Nothing => ("application/json", JsValue::UNDEFINED),
            Sent::Json(order) => ("application/json", order.to_string().into()),
            Sent::List(bytes) => ("text/csv", js_sys::Uint8Array::from(&*bytes).into()),
        };
        let headers = vec![("Content-Type", kind.to_owned())];
        let path = format!("/api/v1{path}");
        let answer = self.ask_for(method, &path, headers, body, &[400, 404, 409, 413, 422]).await;
        let answer = answer.map_err(|_| words::staff_no_answer().to_owned())?;
        match answer.status {
            200..=299 | 422 => Ok(answer.text),
            400 => Err(words::staff_wrong().to_owned()),
            413 => Err(words::staff_too_large().to_owned()),
            _ => Err(refusal(&answer.text).to_owned()),
        }
    }

    /// The station is asked again in the next cycle: the phone was enrolled, or a desk is not this person's any more.
    pub(super) fn ask_anew(&self) {
        self.inner.learned.set(None);
    }

    /// Shows what another tab has learned of the person. Returns whether there is one.
    pub(super) async fn show_me(&self) -> bool {
        match self.inner.pocket.me().await {
            Ok(Some(me)) => {
                self.inner.signals.show_me(Some(me));
                true
            }
            _ => false,
        }
    }
}

/// Why the station did not do what was ordered.
fn refusal(text: &str) -> &'static str {
    let problem = json::read::<ProblemDetails>(text.as_bytes());
    match problem.as_ref().map_or("", |problem| problem.kind.as_str()) {
        "/problems/outside-area" => words::staff_outside(),
        "/problems/successor-unfit" => words::staff_unfit(),
        _ => words::staff_not_yours(),
    }
}
