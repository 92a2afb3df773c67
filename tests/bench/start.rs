//! From opening the address to the lock screen, and to a bare picture from the same place; and from the PIN to the first
//! screen.

use serde_json::json;

use crate::{
    figures::{rounds, tell},
    support::{PIN, Phone, World, story},
    throttle::{SLOW_4G, SLOWDOWN, milliseconds, narrow, slow_down, slowdown},
};

/// The bare limit: the smallest file that the station has for browsers, opened by its own address.
pub(super) const BARE: &str = "/icons/icon.svg";

/// The least that a page of the same stack can be; `cargo xtask bench` puts it into the station.
const HELLO: &str = "/hello/index.html";

/// Nothing of the app is on the phone but the profile of somebody who is enrolled.
#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn cold() {
    story(async |world| {
        let phone = world.enrolled().await;
        watch(phone).await;
        for line in &SLOW_4G {
            let (mut app, mut bare, mut hello, mut bytes) = (vec![], vec![], vec![], vec![]);
            for _ in 0..rounds(5, 1) {
                // A station of somebody's own has no such page.
                let hello_page = world.station.get(HELLO).body.contains("hello.js").then_some(HELLO);
                for path in [BARE].into_iter().chain(hello_page).chain(["/"]) {
                    forget(phone, &world).await;
                    narrow(phone, line).await;
                    slow_down(phone, SLOWDOWN).await;
                    go(phone, &world, path).await;
                    match path {
                        BARE => bare.push(loaded(phone).await),
                        HELLO => hello.push(shown(phone).await),
                        _ => {
                            app.push(shown(phone).await);
                            bytes.push(received(phone).await);
                        }
                    }
                }
            }
            tell(&format!("cold start: {}", line.name), "ms", &app);
            tell(&format!("cold hello page: {}", line.name), "ms", &hello);
            tell(&format!("cold bare page: {}", line.name), "ms", &bare);
            tell(&format!("cold start bytes: {}", line.name), "bytes", &bytes);
        }
        tell("cpu slowdown", "times", &[slowdown(phone).await]);
    })
    .await;
}

/// The app as it is opened every day: the browser starts, the service worker has everything, the station is away.
#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn warm() {
    story(async |world| {
        let phone = world.enrolled().await;
        // The first start after an installation still has chores; the second is like all that follow.
        phone.open("/").await;
        world.station.stop().await;
        let (mut app, mut bare, mut unlocks, mut derivations) = (vec![], vec![], vec![], vec![]);
        for _ in 0..rounds(7, 2) {
            for path in [BARE, "/"] {
                phone.close().await;
                phone.reopen().await;
                watch(phone).await;
                slow_down(phone, SLOWDOWN).await;
                go(phone, &world, path).await;
                if path == BARE {
                    bare.push(loaded(phone).await);
                } else {
                    app.push(shown(phone).await);
                    let took = phone.run(include_str!("unlock.js"), vec![json!(PIN)]).await;
                    let took: [f64; 2] =
                        serde_json::from_value(took.unwrap_or_default()).expect("two figures");
                    unlocks.push(took[0]);
                    derivations.push(took[1]);
                }
            }
        }
        tell("unlock", "ms", &unlocks);
        tell("unlock bare rounds", "ms", &derivations);
        tell("warm start", "ms", &app);
        tell("warm bare page", "ms", &bare);
    })
    .await;
}

/// Every page from now on notes when it shows the first screen.
pub(super) async fn watch(phone: &Phone) {
    let script = json!({ "source": include_str!("shown.js") });
    phone.devtools("Page.addScriptToEvaluateOnNewDocument", script).await;
}

/// Takes away all that a browser keeps of the app's files; what the person has saved stays.
async fn forget(phone: &Phone, world: &World) {
    phone.client().goto("about:blank").await.expect("an empty page opens");
    let files = json!({ "origin": world.station.origin(), "storageTypes": "service_workers,cache_storage" });
    phone.devtools("Storage.clearDataForOrigin", files).await;
    phone.devtools("Network.clearBrowserCache", json!({})).await;
}

/// Opens an address and asks nothing meanwhile: every question would take from the page's slow processor.
pub(super) async fn go(phone: &Phone, world: &World, path: &str) {
    let address = format!("{}{path}", world.station.origin());
    phone.client().goto(&address).await.unwrap_or_else(|error| panic!("{path} did not open: {error}"));
}

/// When the lock screen was there.
pub(super) async fn shown(phone: &Phone) -> f64 {
    milliseconds(phone.run("return await window.benchShown", vec![]).await)
}

/// When the bare page was there.
pub(super) async fn loaded(phone: &Phone) -> f64 {
    milliseconds(phone.run(&navigation("entry.loadEventStart"), vec![]).await)
}

/// What has come over the line for the page on the screen.
async fn received(phone: &Phone) -> f64 {
    let all = "[entry, ...performance.getEntriesByType('resource')]";
    let sum = navigation(&format!("{all}.reduce((sum, one) => sum + one.transferSize, 0)"));
    let bytes = milliseconds(phone.run(&sum, vec![]).await);
    assert!(bytes > 50_000.0, "this was no cold start: only {bytes} bytes came over the line");
    bytes
}

fn navigation(answer: &str) -> String {
    format!("const [entry] = performance.getEntriesByType('navigation'); return {answer}")
}
