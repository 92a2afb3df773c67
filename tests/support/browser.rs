//! A browser with its driver: how they are started, and how they die.

use std::{cell::RefCell, path::Path, process::Command};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

use super::{
    process::{Program, family_of, signal},
    programs,
    wait::until,
};

/// What it takes to be quiet and without surprises; see Chromium's own list of switches.
const SWITCHES: [&str; 15] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-search-engine-choice-screen",
    // A microphone that hums, and a person who lets the app listen.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--lang=zh-CN",
    "--accept-lang=zh-CN,zh",
    "--window-size=412,915",
];

/// A running browser.
pub struct Browser {
    client: Client,
    // Dropped after the client: until then the driver answers its farewell.
    _driver: RefCell<Program>,
}

impl Browser {
    /// Opens the browser on a profile, new or used.
    pub async fn open(profile: &Path, log: &Path) -> Self {
        let mut command = Command::new(programs::chromedriver());
        // Its own log beside what it says names the story's folder, by which an interrupted story is found and swept.
        command.arg(format!("--log-path={}.full", log.display()));
        command.arg("--port=0").env("TZ", "Asia/Shanghai").env("LANGUAGE", "zh_CN");
        // It takes any free port of one sort of address, and gives up when the other sort has it in use.
        let (driver, port) = loop {
            let mut driver = Program::start(&mut command, log.to_owned());
            match driver.hears("started successfully on port ").await {
                Ok(port) => break (driver, port),
                Err(said) if said.contains("port not available") => {}
                Err(said) => panic!("The driver did not start:\n{said}"),
            }
        };
        let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities(profile)).connect(&address).await;
        let client = client.unwrap_or_else(|error| panic!("The browser did not open: {error}"));
        Self { client, _driver: RefCell::new(driver) }
    }

    /// To talk to it.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Closes it properly, with time to write down what it has put off.
    pub async fn close(self, profile: &Path) {
        // The driver waits for the browser's end; when it can't, the kill below finds what is left.
        let _ = self.client().close().await;
        self.kill(profile).await;
    }

    /// Kills it as the system of a phone does: at once, all of it, without a word.
    pub async fn kill(self, profile: &Path) {
        signal("KILL", &family_of(profile));
        until("see the killed browser go", async || match family_of(profile) {
            left if left.is_empty() => Ok(()),
            left => Err(format!("{left:?}")),
        })
        .await;
    }
}

fn capabilities(profile: &Path) -> Map<String, Value> {
    let mut switches: Vec<Value> = SWITCHES.map(Value::from).into();
    switches.push(format!("--user-data-dir={}", profile.display()).into());
    let screen = json!({ "width": 412, "height": 915, "pixelRatio": 2.0, "touch": true, "mobile": true });
    let capabilities = json!({
        "goog:chromeOptions": {
            "binary": programs::chromium(),
            "args": switches,
            "mobileEmulation": { "deviceMetrics": screen },
            "prefs": { "intl.accept_languages": "zh-CN,zh" },
            "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
        },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    });
    match capabilities {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
