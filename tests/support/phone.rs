//! A phone: a browser on a profile that outlives it.

use std::{
    cell::{Cell, RefCell},
    path::PathBuf,
    rc::Rc,
};

use fantoccini::{Client, elements::Element};
use serde_json::{Value, json};

use super::{browser::Browser, devtools, station::Code, wait::until};

/// A phone. Clones are the same phone.
#[derive(Clone)]
pub struct Phone(Rc<Inner>);

struct Inner {
    name: String,
    origin: String,
    folder: PathBuf,
    browser: RefCell<Option<Browser>>,
    opened: Cell<u32>,
    console: RefCell<Vec<Value>>,
}

impl Phone {
    /// A new phone with an open browser that shows nothing yet.
    pub async fn new(name: &str, origin: String, folder: PathBuf) -> Self {
        let phone = Self(Rc::new(Inner {
            name: name.to_owned(),
            origin,
            folder,
            browser: RefCell::default(),
            opened: Cell::default(),
            console: RefCell::default(),
        }));
        phone.reopen().await;
        phone
    }

    /// Opens the browser on the same profile.
    pub async fn reopen(&self) {
        assert!(self.0.browser.borrow().is_none(), "the browser is open already");
        self.0.opened.set(self.0.opened.get() + 1);
        let log = self.0.folder.join(format!("{}-driver-{}.log", self.0.name, self.0.opened.get()));
        let browser = Browser::open(&self.profile(), &log).await;
        self.0.browser.replace(Some(browser));
    }

    /// Kills the browser in the middle of whatever it does.
    pub async fn kill(&self) {
        self.read_console().await;
        self.end().await;
    }

    /// The same without asking the browser anything before it.
    pub async fn end(&self) {
        let browser = self.0.browser.take();
        if let Some(browser) = browser {
            browser.kill(&self.profile()).await;
        }
    }

    /// Closes the browser as a person does who is done.
    pub async fn close(&self) {
        self.read_console().await;
        let browser = self.0.browser.take().expect("the browser is open");
        browser.close(&self.profile()).await;
    }

    /// Its name in reports.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// To talk to the browser directly.
    pub fn client(&self) -> Client {
        self.0.browser.borrow().as_ref().expect("the browser is open").client()
    }

    /// Whether there is a browser to talk to.
    pub fn is_open(&self) -> bool {
        self.0.browser.borrow().is_some()
    }

    /// Opens an address of the app by typing it, unlocks it where it is locked, and waits for the screen.
    pub async fn open(&self, path: &str) {
        self.open_locked(path).await;
        self.unlock().await;
    }

    /// Opens an address of the app by typing it, and waits for whatever comes first.
    pub async fn open_locked(&self, path: &str) {
        let address =
            if path.starts_with('/') { format!("{}{path}", self.0.origin) } else { path.to_owned() };
        self.client().goto(&address).await.unwrap_or_else(|error| panic!("{path} did not open: {error}"));
        self.heading().await;
    }

    /// The same where the app does not start.
    pub async fn open_broken(&self, path: &str) {
        let address = format!("{}{path}", self.0.origin);
        self.client().goto(&address).await.unwrap_or_else(|error| panic!("{path} did not open: {error}"));
    }

    /// Loads the page again, and unlocks it where it is locked.
    pub async fn reload(&self) {
        self.reload_locked().await;
        self.unlock().await;
    }

    /// Loads the page again, and waits for whatever comes first.
    pub async fn reload_locked(&self) {
        self.client().refresh().await.expect("a page can be loaded again");
        self.heading().await;
    }

    /// Types the PIN if it is asked for, and waits for what it opens.
    pub async fn unlock(&self) {
        if self.heading().await == LOCKED {
            self.unlock_with(PIN).await;
            until("see the phone unlocked", async || match self.heading().await {
                heading if heading != LOCKED => Ok(()),
                _ => Err(self.everything().await?),
            })
            .await;
        }
    }

    /// Types a PIN on the lock screen.
    pub async fn unlock_with(&self, pin: &str) {
        self.enter("PIN", pin).await;
        self.press("解锁").await;
    }

    /// Fills in the two boxes of a new PIN.
    pub async fn set_pin(&self, first: &str, second: &str) {
        self.enter("设置6位PIN", first).await;
        self.enter("再输一次PIN", second).await;
    }

    /// Enrols by the link, as if it had been scanned, and waits for the first screen.
    pub async fn enrol(&self, code: &Code) {
        self.enrol_at(&code.url).await;
    }

    /// The same by another address of the same code.
    pub async fn enrol_at(&self, url: &str) {
        self.open(url).await;
        self.set_pin(PIN, PIN).await;
        self.press("登记").await;
        self.heading_becomes("今天").await;
    }

    /// The short form of the phone's id, as 我的 shows it.
    pub async fn installation(&self) -> String {
        until("see the number of this phone", async || {
            let all = self.everything().await?;
            let after = all.split("本机编号").nth(1).unwrap_or_default();
            after.split_whitespace().next().map(str::to_owned).ok_or(all)
        })
        .await
    }

    /// Waits until the app would open without a network.
    pub async fn keeps_the_app(&self) {
        until("see the service worker keep the app", async || {
            let kept = self.run(KEPT, vec![]).await?;
            if kept == json!(true) { Ok(()) } else { Err(format!("{kept}")) }
        })
        .await;
    }

    /// Runs a script of the story's own in the page; a promise is awaited.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Result<Value, String> {
        self.client().execute(script, arguments).await.map_err(|error| error.to_string())
    }

    /// Sends a command of the DevTools protocol.
    pub async fn devtools(&self, name: &str, details: Value) -> Value {
        devtools::command(&self.client(), name, details).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs a script before any of the page's own, in every page that is opened from now on.
    pub async fn before_every_page(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// The name that the browser gives an element towards assistive technology.
    pub async fn computed_label(&self, element: &Element) -> Result<String, String> {
        devtools::computed_label(&self.client(), element).await
    }

    /// The requests since the last look, as DevTools reports them.
    pub async fn requests(&self) -> Vec<Value> {
        let lines = devtools::log(&self.client(), "performance").await;
        let inner =
            lines.iter().filter_map(|line| serde_json::from_str::<Value>(line["message"].as_str()?).ok());
        inner.map(|line| line["message"].clone()).collect()
    }

    /// Everything that the console has said so far.
    pub async fn console(&self) -> Vec<Value> {
        self.read_console().await;
        self.0.console.borrow().clone()
    }

    async fn read_console(&self) {
        if self.is_open() {
            let lines = devtools::log(&self.client(), "browser").await;
            self.0.console.borrow_mut().extend(lines);
        }
    }

    /// A folder beside the phone's own that has not been used yet.
    pub(super) fn fresh_folder(&self) -> PathBuf {
        let names = (1..).map(|number| self.0.folder.join(format!("{}-download-{number}", self.0.name)));
        names.into_iter().find(|folder| !folder.exists()).expect("there are enough numbers")
    }

    /// Where the browser keeps everything.
    pub fn profile(&self) -> PathBuf {
        self.0.folder.join(format!("{}-profile", self.0.name))
    }
}

/// The heading of the lock screen.
pub const LOCKED: &str = "解锁";
/// The PIN of everybody in the stories.
pub const PIN: &str = "482915";

const KEPT: &str = "
    const registration = await navigator.serviceWorker.getRegistration();
    const index = await caches.match('/', { ignoreVary: true });
    return registration?.active?.state === 'activated' && navigator.serviceWorker.controller !== null
        && index !== undefined;
";

impl Drop for Inner {
    /// A story that failed leaves its browser behind.
    fn drop(&mut self) {
        let profile = self.folder.join(format!("{}-profile", self.name));
        super::process::signal("KILL", &super::process::family_of(&profile));
    }
}
