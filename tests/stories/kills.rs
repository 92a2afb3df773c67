//! A browser that is killed again and again in the middle of a stream of saves: what the screen called 已存在本机 is
//! there each time, and reaches the station exactly once.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_arrived},
    support::{Phone, Random, World, story, until},
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
                match client.execute(samples::SAVE, vec![json!(route)]).await {
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
    assert_arrived(&world.station.entries(), &told);
    assert!(told.len() >= 5, "the browser never lived long enough: {told:?}");
}

/// Waits until the ledger lists everything that was called saved.
pub async fn all_there(phone: &Phone, told: &BTreeSet<String>) {
    phone.open("/records").await;
    // Only the rows near the screen are drawn, and those as soon as they have been read.
    let mut seen = String::new();
    until("see everything that was called saved", async || {
        seen += phone.run(THROUGH, vec![]).await?.as_str().unwrap_or_default();
        let lost: Vec<_> = told.iter().filter(|route| !seen.contains(route.as_str())).collect();
        if lost.is_empty() { Ok(()) } else { Err(format!("{lost:?} in {seen}")) }
    })
    .await;
}

/// Scrolls through the ledger and gives what there is to read on the way: rows are read where the screen rests.
const THROUGH: &str = "
    const drawn = () => new Promise((next) => requestAnimationFrame(next));
    const reach = () => {
        const rows = Array.from(document.querySelectorAll('main li[aria-posinset]'));
        const holds = (row, place, line) => {
            const { top, bottom } = row.getBoundingClientRect();
            return Number(row.ariaPosInSet) === place || (top <= line && bottom >= line);
        };
        const count = Number(rows[0]?.ariaSetSize);
        return rows.some((row) => holds(row, 1, 0)) && rows.some((row) => holds(row, count, innerHeight));
    };
    const list = async () => {
        while (!reach()) await drawn();
        return document.querySelector('main').innerText;
    };
    scrollTo(0, 0);
    let seen = await list();
    while (scrollY + innerHeight < document.documentElement.scrollHeight - 2) {
        scrollBy(0, innerHeight / 2);
        seen += await list();
    }
    return seen;
";
