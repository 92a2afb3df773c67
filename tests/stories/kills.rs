//! A browser that is killed again and again in the middle of a stream of saves: what the screen called 已存在本机 is
//! there each time, and reaches the station exactly once.

use std::{
    collections::BTreeSet,
    env,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    samples,
    support::{Phone, World, story, until},
};

/// How often the browser is killed in each story here; four stories make a hundred.
const KILLS: u32 = 25;

#[tokio::test]
async fn a_browser_killed_25_times_while_it_saves_loses_and_doubles_nothing() {
    story(async |world| torture(&world, 0, Line::Up).await).await;
}

#[tokio::test]
async fn a_browser_killed_25_times_more_while_it_saves_loses_and_doubles_nothing() {
    story(async |world| torture(&world, 1, Line::Up).await).await;
}

#[tokio::test]
async fn a_browser_killed_25_times_while_it_saves_offline_loses_and_doubles_nothing() {
    story(async |world| torture(&world, 2, Line::Down).await).await;
}

#[tokio::test]
async fn a_browser_killed_25_times_while_the_station_comes_and_goes_loses_and_doubles_nothing() {
    story(async |world| torture(&world, 3, Line::Flaps).await).await;
}

/// Whether the station runs while the browser dies.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Up,
    Down,
    Flaps,
}

async fn torture(world: &World, number: u64, line: Line) {
    let mut random = Random::new(number);
    let phone = world.enrolled().await;
    // The next forms begin with what is the same as last time.
    samples::patrol().record(phone).await;
    phone.sync_becomes("全部已送达").await;
    if line == Line::Down {
        world.station.stop().await;
    }
    let mut up = line != Line::Down;
    let mut told = BTreeSet::new();
    let mut begun = 0;
    let start = Instant::now();
    for round in 1..=KILLS {
        if line == Line::Flaps && random.below(3) == 0 {
            if up {
                world.station.stop().await;
            } else {
                world.station.start().await;
            }
            up = !up;
        }
        phone.open("/").await;
        let client = phone.client();
        let moment = Duration::from_millis(random.below(1500));
        let saves = async {
            loop {
                begun += 1;
                let route = format!("第 {round} 轮,第 {begun} 条");
                match client.execute(SAVE, vec![json!(route)]).await {
                    Ok(Value::Bool(true)) => told.insert(route),
                    // The browser is dead, and so is this.
                    Err(error) if !phone.is_open() => return error.to_string(),
                    other => panic!("saving {route}: {other:?}"),
                };
            }
        };
        let end = async {
            tokio::time::sleep(moment).await;
            phone.end().await;
        };
        tokio::join!(saves, end);
        phone.reopen().await;
        // Once in a while by the screen; at the end by the station.
        if round % 5 == 0 {
            all_there(phone, &told).await;
        }
    }
    println!(
        "{KILLS} kills in {} s, {} forms begun, {} called saved",
        start.elapsed().as_secs(),
        begun,
        told.len()
    );
    if !up {
        world.station.start().await;
    }
    phone.open("/").await;
    phone.send_now("全部已送达").await;
    all_there(phone, &told).await;
    let entries = world.station.entries();
    let routes: Vec<_> =
        entries.iter().filter_map(|entry| entry["action"]["body"]["route"].as_str()).collect();
    let different: BTreeSet<_> = routes.iter().copied().collect();
    assert_eq!(routes.len(), different.len(), "something is doubled: {routes:#?}");
    assert_eq!(routes.len(), entries.len(), "{entries:#?}");
    let lost: Vec<_> = told.iter().filter(|route| !different.contains(route.as_str())).collect();
    assert!(lost.is_empty(), "called saved and lost: {lost:?}");
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!((&entry["outcome"], &entry["seq"]), (&json!("accepted"), &json!(index + 1)), "{entry:#}");
    }
    assert!(told.len() >= 5, "the browser never lived long enough: {told:?}");
}

/// Waits until the ledger lists everything that was called saved.
async fn all_there(phone: &Phone, told: &BTreeSet<String>) {
    phone.open("/records").await;
    until("see everything that was called saved", async || {
        let all = phone.everything().await?;
        let lost: Vec<_> = told.iter().filter(|route| !all.contains(route.as_str())).collect();
        if lost.is_empty() {
            return Ok(());
        }
        // A long ledger is drawn in parts.
        if all.contains("再显示一些") {
            phone.press("再显示一些").await;
        }
        Err(format!("{lost:?} in {all}"))
    })
    .await;
}

/// Saves one patrol by the links, fields and buttons of the screen, and answers when the page has come that follows on
/// 已存在本机.
const SAVE: &str = r#"
    const [route] = arguments;
    const pause = () => new Promise((done) => setTimeout(done, 4));
    const found = async (look) => {
        for (;;) {
            const thing = look();
            if (thing) return thing;
            await pause();
        }
    };
    const labelled = (words) => Array.from(document.querySelectorAll("main form :is(input, textarea)"))
        .find((node) => Array.from(node.labels ?? []).some((label) => label.textContent.trim() === words));
    const said = () => Array.from(document.querySelectorAll("[role=status]:not([aria-label])"))
        .some((node) => node.textContent.includes("已存在本机"));
    (await found(() => document.querySelector("nav a[href='/']"))).click();
    (await found(() => location.pathname === "/" && document.querySelector("main a[href='/new/patrol']"))).click();
    const field = await found(() => location.pathname === "/new/patrol" && labelled("路线或点位"));
    const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set;
    set.call(field, route);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    labelled("网格巡查").click();
    labelled("无异常").click();
    const button = Array.from(document.querySelectorAll("main form button")).find((node) => node.type === "submit");
    button.click();
    await found(() => location.pathname.startsWith("/records/") && said());
    return true;
"#;

/// The same numbers for the same seed. `XUNJI_SEED` repeats a run that was printed.
struct Random(u64);

impl Random {
    fn new(number: u64) -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |age| age.as_secs());
        let seed = env::var("XUNJI_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(now);
        println!("XUNJI_SEED={seed}");
        Self(seed.wrapping_mul(4).wrapping_add(number))
    }

    /// SplitMix64.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
