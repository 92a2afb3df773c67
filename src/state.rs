//! What all screens share: the pocket, who the person is, how the sending goes.
//!
//! Everything here belongs to the app, not to a page: a save that was begun goes on when its page has gone, and writes
//! only to signals that are still there.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    canonical::Digest,
    entry::{Action, Content},
    id::{EntryId, InstallationId, KindId, RecordId, Revision},
    person::Worker,
    record::Record,
    wire::Received,
};
use xunji_sync::{
    engine::Event,
    pocket::{Found, Pocket, Rejected, Unsent},
    storage::StorageError,
};

use crate::{
    address::Address,
    components::watch,
    driver::{Driver, Sent},
    library::Library,
    marks, platform,
    protection::Protection,
    signals::Signals,
    vault::{self, AppStorage},
    words,
};

/// How long after the start attachments that nothing names are looked for, in milliseconds.
const SWEEP_AFTER: u32 = 20_000;

/// The phone's pocket.
pub type AppPocket = Pocket<AppStorage>;

/// What all screens share. Copies are the same.
#[derive(Clone, Copy)]
pub struct App {
    pocket: StoredValue<AppPocket, LocalStorage>,
    storage: StoredValue<AppStorage, LocalStorage>,
    driver: StoredValue<Option<Driver>, LocalStorage>,
    /// Signals that the driver writes and screens read.
    pub signals: Signals,
    /// What a search goes through.
    pub library: Library,
    /// Where this tab is.
    pub address: Address,
    /// Whether the browser keeps what is stored here.
    pub protection: Protection,
    /// A short message at the bottom: something is done.
    pub toast: RwSignal<Option<String>>,
    /// How many messages there have been.
    said: StoredValue<u32>,
    /// What takes back the thing that the message speaks of.
    pub undo: RwSignal<Option<Callback<()>>>,
}

/// What somebody wants to save.
pub struct Deed {
    /// The id that was fixed when the form was opened.
    pub id: EntryId,
    /// The record.
    pub record: RecordId,
    /// Its ledger.
    pub kind: KindId,
    /// The version of the ledger's definition.
    pub kind_version: u32,
    /// The last revision of the record that the person has seen.
    pub basis: Revision,
    /// The parked entry that it repairs.
    pub replaces: Option<EntryId>,
    /// What is done.
    pub action: Action,
    /// Its attachments, whose bytes are in the pocket already.
    pub attachments: Vec<Digest>,
}

impl Deed {
    /// Something that is done to a record as it was shown, without attachments.
    pub fn on(record: &Record, action: Action) -> Self {
        Self {
            id: platform::new_entry_id(),
            record: record.id,
            kind: record.kind.clone(),
            kind_version: record.kind_version,
            basis: record.revision,
            replaces: None,
            action,
            attachments: Vec::new(),
        }
    }
}

impl App {
    /// Opens the pocket and starts the driver.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn open(storage: AppStorage) -> Result<Self, StorageError> {
        let (pocket, found) = Pocket::open(storage.clone(), platform::new_installation_id()).await?;
        let pocket = pocket.with_pinyin(platform::pinyin);
        let me = pocket.me().await?;
        let signals = Signals::new();
        let counts = pocket.counts().await;
        let enrolled = me.is_some();
        signals.show_me(me);
        // A row that can't be read must not keep the others from being shown and sent.
        let unreadable = counts.as_ref().err().map(storage_sentence);
        signals.counts.set(counts.unwrap_or_default());
        let loss = loss(found, &pocket, marks::expected().await);
        let is_whole = enrolled && loss.is_none();
        signals.trouble.set(loss.or(unreadable));
        signals.sealed.set(storage.cipher().is_some());
        let driver = Driver::start(pocket.clone(), signals, enrolled, storage.bare().name());
        if let Some(minutes) = vault::idle_minutes(&storage).await {
            driver.lock_after(minutes);
        }
        let sweeper = pocket.clone();
        spawn_local(async move {
            // Not while the first screen is drawn; and what can't be swept today can be tomorrow.
            platform::sleep(SWEEP_AFTER).await;
            drop(sweeper.sweep(platform::now().to_utc()).await);
            if is_whole {
                marks::note(sweeper.installation()).await;
            }
        });
        let app = Self {
            pocket: StoredValue::new_local(pocket),
            storage: StoredValue::new_local(storage),
            driver: StoredValue::new_local(Some(driver)),
            signals,
            library: Library::empty(),
            address: Address::follow(),
            protection: Protection::watch(enrolled),
            toast: RwSignal::new(None),
            said: StoredValue::new(0),
            undo: RwSignal::new(None),
        };
        Ok(app)
    }

    /// What the phone holds.
    pub fn pocket(&self) -> AppPocket {
        self.pocket.get_value()
    }

    /// The database under the pocket.
    pub fn storage(&self) -> AppStorage {
        self.storage.get_value()
    }

    /// A PIN has been set in this tab.
    pub async fn sealed(&self) {
        self.signals.sealed.set(true);
        let minutes = vault::idle_minutes(&self.storage()).await;
        self.with_driver(|driver| driver.sealed(minutes));
    }

    /// Locks this tab and the others.
    pub fn lock(&self) {
        self.with_driver(Driver::lock);
    }

    /// Another time to wait without a touch has been chosen.
    pub fn lock_after(&self, minutes: u32) {
        self.with_driver(|driver| driver.lock_after(minutes));
    }

    fn with_driver(&self, act: impl FnOnce(&Driver)) {
        self.driver.with_value(|driver| {
            if let Some(driver) = driver {
                act(driver);
            }
        });
    }

    /// Tells the engine that something happened.
    pub fn notify(&self, event: Event) {
        self.with_driver(|driver| driver.notify(event));
    }

    /// The phone has been enrolled.
    pub async fn enrolled(&self, worker: Worker) {
        let earlier = marks::expected().await;
        let here = self.pocket().installation();
        marks::note(here).await;
        self.signals.me.set(Some(worker));
        let Some(driver) = self.driver.get_value() else { return };
        driver.enrolled();
        if let Some(lost) = earlier.filter(|id| *id != here) {
            let trouble = self.signals.trouble;
            spawn_local(async move {
                if let Some(received) = driver.received_of(lost).await {
                    trouble.set(Some(received_sentence(&received)));
                }
            });
        }
    }

    /// Reads the pocket again wherever it is shown, in this tab and the others.
    pub fn changed(&self) {
        self.with_driver(Driver::changed);
    }

    /// Saves for good, then calls back. The save goes on when the page that asked for it has gone.
    pub fn save(&self, deed: Deed, then: impl FnOnce(Result<RecordId, String>) + 'static) {
        let (app, record) = (*self, deed.record);
        spawn_local(async move {
            let saved = app.save_now(deed).await;
            if saved.is_ok() {
                app.say(words::saved_here().to_owned());
            }
            then(saved.map(|()| record));
        });
    }

    /// Saves for good, and says nothing.
    ///
    /// # Errors
    /// The sentence for the person.
    pub async fn save_now(&self, deed: Deed) -> Result<(), String> {
        let me = self.signals.me.get_untracked().ok_or_else(|| words::not_enrolled().to_owned())?;
        if self.signals.gathering.get_untracked() > 0 {
            return Err(words::still_gathering().to_owned());
        }
        let content = Content {
            id: deed.id,
            record: deed.record,
            kind: deed.kind,
            kind_version: deed.kind_version,
            author: me.id,
            noted_at: platform::now(),
            basis: deed.basis,
            replaces: deed.replaces,
            action: deed.action,
            attachments: deed.attachments,
        };
        let writing = self.signals.write();
        let saved = self.seal_and_save(content).await;
        drop(writing);
        saved?;
        self.notify(Event::Saved);
        self.changed();
        Ok(())
    }

    async fn seal_and_save(&self, content: Content) -> Result<(), String> {
        let bytes = content.canonical_bytes().map_err(|_| words::not_saved_strange().to_owned())?;
        let digest = platform::digest_of(&bytes).await.ok_or_else(|| words::needs_https().to_owned())?;
        let unsent = Unsent { content, digest, blobs: Vec::new() };
        let pocket = self.pocket();
        let mut saved = pocket.save(&unsent).await;
        if saved == Err(Rejected::Storage(StorageError::Full)) && self.made_space().await {
            saved = pocket.save(&unsent).await;
        }
        saved.map(|_| ()).map_err(|error| match error {
            Rejected::Storage(error) => storage_sentence(&error),
            Rejected::SavedOtherwise => words::saved_otherwise().to_owned(),
            Rejected::TooLarge => words::too_large().to_owned(),
        })
    }

    /// Keeps an attachment, and the small copy of a picture. Where there is no space, delivered photos are thinned first.
    ///
    /// # Errors
    /// The sentence for the person.
    pub async fn keep_attachment(&self, bytes: Vec<u8>, small: Option<Vec<u8>>) -> Result<Digest, String> {
        let digest = platform::digest_of(&bytes).await.ok_or_else(|| words::needs_https().to_owned())?;
        let pocket = self.pocket();
        let _writing = self.signals.write();
        let mut kept = pocket.put_blob(digest, bytes.clone(), small.clone()).await;
        if kept == Err(StorageError::Full) && self.made_space().await {
            kept = pocket.put_blob(digest, bytes, small).await;
        }
        kept.map(|()| digest).map_err(|error| storage_sentence(&error))
    }

    async fn made_space(&self) -> bool {
        self.pocket().thin().await.is_ok_and(|thinned| thinned > 0)
    }

    /// Gets an attachment back from the station.
    ///
    /// # Errors
    /// The sentence for the person.
    pub async fn fetch_attachment(&self, digest: Digest) -> Result<Vec<u8>, String> {
        match self.driver.get_value() {
            Some(driver) => driver.fetch_attachment(digest).await,
            None => Err(words::fetch_failed().to_owned()),
        }
    }

    /// Asks the station to manage people, and gives its answer.
    ///
    /// # Errors
    /// The sentence for the person.
    pub async fn office(&self, method: &str, path: &str, sent: Sent) -> Result<String, String> {
        match self.driver.get_value() {
            Some(driver) => driver.office(method, path, sent).await,
            None => Err(words::staff_no_answer().to_owned()),
        }
    }

    /// Shows a short message for a few seconds.
    pub fn say(&self, message: String) {
        self.show(message, None);
    }

    /// The same, somewhat longer, with a way to take back what it speaks of.
    pub fn offer(&self, message: String, undo: Callback<()>) {
        self.show(message, Some(undo));
    }

    /// Takes the message away.
    pub fn hush(&self) {
        self.undo.set(None);
        self.toast.set(None);
    }

    fn show(&self, message: String, undo: Option<Callback<()>>) {
        let app = *self;
        let patience = if undo.is_some() { 10_000 } else { 4_000 };
        self.undo.set(undo);
        self.toast.set(Some(message));
        self.said.update_value(|said| *said += 1);
        let this = self.said.get_value();
        spawn_local(async move {
            platform::sleep(patience).await;
            // The same may have been said again meanwhile.
            if app.said.get_value() == this {
                app.hush();
            }
        });
    }
}

/// The app's shared state, from within a screen.
pub fn use_app() -> App {
    expect_context::<App>()
}

/// What the pocket has answered. Copies are the same.
pub struct Loaded<T: 'static> {
    answer: StoredValue<Option<T>, LocalStorage>,
    /// Counts the answers, and is all that whoever reads them has to follow.
    answers: RwSignal<u32>,
}

impl<T> Clone for Loaded<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loaded<T> {}

impl<T: Clone> Loaded<T> {
    /// The answer, once there is one; whoever reads it is told of later ones.
    pub fn get(&self) -> Option<T> {
        self.answers.track();
        self.answer.get_value()
    }
}

/// Asks the pocket, and again whenever a signal that `ask` reads changes; until then the earlier answer stands.
///
/// A tenth of what leptos' resources weigh, which wait for each other, cross from a server and hold up whole pages.
pub fn loaded<T: 'static, F>(ask: impl Fn() -> F + 'static) -> Loaded<T>
where
    F: Future<Output = T> + 'static,
{
    let loaded = Loaded { answer: StoredValue::new_local(None), answers: RwSignal::new(0) };
    let asked = StoredValue::new(0_u32);
    watch(move || {
        asked.update_value(|asked| *asked += 1);
        let question = asked.get_value();
        let answer = ask();
        spawn_local(async move {
            let answer = answer.await;
            // What a finger is just pressing must not be drawn anew under it.
            if loaded.answer.try_with_value(Option::is_some) == Some(true) {
                platform::untouched().await;
            }
            // A late answer to an older question is dropped, and so is one to a page that is gone.
            if asked.try_get_value() == Some(question) {
                loaded.answer.try_set_value(Some(answer));
                loaded.answers.try_update(|answers| *answers += 1);
            }
        });
    });
    loaded
}

/// What a failure of the phone's database means to the person: cause, consequence, one action.
pub fn storage_sentence(error: &StorageError) -> String {
    match error {
        StorageError::Full => words::storage_full().to_owned(),
        StorageError::Lost | StorageError::Failed(_) => words::storage_lost().to_owned(),
        StorageError::Newer => words::storage_newer().to_owned(),
        StorageError::Gone => words::database_gone().to_owned(),
        StorageError::Damaged(_) => words::storage_damaged().to_owned(),
    }
}

/// What has arrived of the phone's lost database, and what the person has to write again.
fn received_sentence(received: &Received) -> String {
    let last = received.last_noted_at.map(|last| platform::format_moment(last.to_utc()));
    match (last, received.missing) {
        (None, _) => words::lost_all().to_owned(),
        (Some(last), 0) => words::lost_after(received.entries, last),
        (Some(last), missing) => words::lost_between(received.entries, last, missing),
    }
}

/// Notices that a database which should be here is gone, or a part of it.
fn loss(found: Found, pocket: &AppPocket, expected: Option<InstallationId>) -> Option<String> {
    let gone = match found {
        Found::CanaryGone => true,
        Found::Empty => expected.is_some(),
        Found::Whole => expected.is_some_and(|expected| expected != pocket.installation()),
    };
    gone.then(|| words::database_gone().to_owned())
}
