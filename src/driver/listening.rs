//! Waiting at the station until something is new for the person.

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::wire::{Arrived, Listening, MailboxPlace, WAIT_SECONDS};
use xunji_sync::{
    engine::{Event, Failure, Heard},
    pocket::Mailbox,
};

use super::{
    Driver,
    jobs::{read, storage},
};
use crate::platform;

impl Driver {
    /// Listens until something is heard, or [`Driver::hush`] ends it.
    pub(super) fn listen_for_news(&self) {
        self.hush();
        let ear = self.inner.ear.get();
        let driver = self.clone();
        spawn_local(async move {
            let answer = driver.wait_for_news().await;
            // Whatever else there is to do has ended it.
            if driver.inner.ear.get() != ear {
                return;
            }
            driver.step(Event::Heard(match answer {
                Ok(None) => Heard::Nothing,
                Ok(Some(round)) => {
                    driver.inner.round.replace(round);
                    Heard::News
                }
                Err(failure) => Heard::Badly(failure),
            }));
        });
    }

    /// Listens no longer.
    pub(super) fn hush(&self) {
        self.inner.ear.set(self.inner.ear.get().wrapping_add(1));
        platform::hush();
    }

    /// The mailboxes to read, the next one last; nothing when nothing is new. None to read where only the seats are.
    async fn wait_for_news(&self) -> Result<Option<Vec<Mailbox>>, Failure> {
        let pocket = &self.inner.pocket;
        let me = pocket.me().await.map_err(storage)?.ok_or(Failure::Unauthorised)?;
        let mut mailboxes = Vec::new();
        for mailbox in Mailbox::of(&me) {
            let position = pocket.cursor(&mailbox).await.map_err(storage)?.after;
            mailboxes.push(MailboxPlace {
                desk: mailbox.desk().cloned(),
                oversight: mailbox.is_oversight(),
                position,
            });
        }
        let listening = Listening { mailboxes, wait: WAIT_SECONDS };
        let body = serde_json::to_string(&listening).map_err(|_| Failure::Storage)?;
        let headers = vec![("Content-Type", "application/json".to_owned())];
        let answer = self.ask("POST", "/api/v1/arrivals", headers, JsValue::from_str(&body)).await?;
        let arrived: Arrived = read(&answer)?;
        if arrived.seated && arrived.mailboxes.is_empty() {
            return Ok(None);
        }
        if !arrived.seated {
            self.ask_anew();
        }
        let mut round = Mailbox::of(&me);
        round.retain(|mailbox| {
            let mut news = arrived.mailboxes.iter();
            news.any(|place| {
                (place.desk.as_ref(), place.oversight) == (mailbox.desk(), mailbox.is_oversight())
            })
        });
        round.reverse();
        Ok(Some(round))
    }
}
