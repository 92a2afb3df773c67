//! Keeps a form as a draft: a moment after the last change, and at once when the app leaves the screen.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use gloo::{events::EventListener, timers::callback::Timeout};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use xunji_domain::{
    entry::Body,
    id::{EntryId, FieldId},
};
use xunji_sync::pocket::{Addition, Draft, Source};

use crate::{
    platform,
    state::{App, storage_sentence},
};

/// How long after the last change a draft is kept, in milliseconds.
const PAUSE: u32 = 300;

/// What has been written so far.
#[derive(Clone)]
pub(super) struct Writing {
    pub(super) body: Body,
    pub(super) given: BTreeMap<FieldId, Source>,
    pub(super) adds: Option<Addition>,
}

/// The keeper of one draft. Clones are the same.
#[derive(Clone)]
pub(super) struct Autosave {
    inner: Rc<Inner>,
    /// Whether everything that was typed is kept, or why not.
    pub(super) kept: RwSignal<Result<bool, String>>,
}

struct Inner {
    app: App,
    draft: RefCell<Draft>,
    timer: RefCell<Option<Timeout>>,
    /// Grows with every change, so that a write that began before it is not taken for having kept it.
    changes: Cell<u64>,
    /// One write at a time: two could end in the wrong order.
    writing: Cell<bool>,
    stopped: Cell<bool>,
}

impl Autosave {
    pub(super) fn new(app: App, draft: Draft) -> Self {
        let inner = Inner {
            app,
            draft: RefCell::new(draft),
            timer: RefCell::default(),
            changes: Cell::new(0),
            writing: Cell::new(false),
            stopped: Cell::new(false),
        };
        Self { inner: Rc::new(inner), kept: RwSignal::new(Ok(false)) }
    }

    /// Keeps the draft as long as the form is open, and once more when it is left. `read` gives what has been written,
    /// and is asked again whenever a signal that it reads changes.
    pub(super) fn watch(&self, read: impl Fn() -> Writing + 'static) {
        let watching = self.clone();
        Effect::watch(read, move |writing, _, _| watching.changed(writing.clone()), false);
        let hiding = self.clone();
        let document = web_sys::window().and_then(|window| window.document());
        let listener = document
            .map(|document| EventListener::new(&document, "visibilitychange", move |_| hiding.keep()));
        let kept = StoredValue::new_local((self.clone(), listener));
        on_cleanup(move || {
            kept.try_update_value(|(autosave, listener)| {
                listener.take();
                autosave.keep();
                mark_dirty(false);
            });
        });
    }

    fn changed(&self, Writing { body, given, adds }: Writing) {
        let inner = &self.inner;
        {
            let mut draft = inner.draft.borrow_mut();
            (draft.body, draft.given, draft.adds) = (body, given, adds);
        }
        inner.changes.set(inner.changes.get() + 1);
        mark_dirty(true);
        let this = self.clone();
        inner.timer.replace(Some(Timeout::new(PAUSE, move || this.keep())));
        self.kept.try_set(Ok(false));
    }

    fn keep(&self) {
        let inner = &self.inner;
        if inner.timer.take().is_some() && !inner.stopped.get() && !inner.writing.replace(true) {
            let this = self.clone();
            let writing = inner.app.signals.write();
            spawn_local(async move {
                this.write().await;
                drop(writing);
            });
        }
    }

    /// Writes until nothing has changed meanwhile.
    async fn write(&self) {
        let inner = &self.inner;
        while !inner.stopped.get() {
            let change = inner.changes.get();
            let mut draft = inner.draft.borrow().clone();
            draft.changed_at = platform::now();
            let done = inner.app.pocket().put_draft(&draft).await;
            if done.is_err() || inner.changes.get() == change {
                self.kept.try_set(done.map(|()| true).map_err(|error| storage_sentence(&error)));
                break;
            }
        }
        inner.writing.set(false);
    }

    /// Nothing is left to keep: the form has been saved.
    pub(super) fn stop(&self) {
        self.inner.stopped.set(true);
        self.inner.timer.take();
        mark_dirty(false);
    }

    /// Throws the draft away, after a write that is still under way, which would bring it back.
    pub(super) async fn throw_away(&self, id: EntryId) {
        self.stop();
        while self.inner.writing.get() {
            platform::sleep(10).await;
        }
        // A draft that can't be deleted is offered again, which is the lesser evil.
        drop(self.inner.app.pocket().delete_draft(id).await);
        self.inner.app.changed();
    }
}

/// Tells the page's own script that a form is open, so that an update waits.
fn mark_dirty(dirty: bool) {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(root) = document.and_then(|document| document.document_element()) {
        drop(if dirty {
            root.set_attribute("data-dirty", "true")
        } else {
            root.remove_attribute("data-dirty")
        });
    }
}
