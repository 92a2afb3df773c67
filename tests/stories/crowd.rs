//! Three tabs of one phone that save at once: one sequence, one sender at a time, whichever of them is closed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_arrived},
    support::{Gate, Phone, Tab, story, until},
};

#[tokio::test]
async fn three_tabs_that_save_at_once_share_one_sequence_and_everything_arrives_once() {
    story(async |world| {
        let phone = world.enrolled().await;
        let tabs = three_tabs(phone).await;
        const EACH: usize = 8;
        for (number, tab) in tabs.iter().enumerate() {
            begin(phone, tab, number, EACH).await;
        }
        let mut told = BTreeSet::new();
        for tab in &tabs {
            told.extend(finished(phone, tab, EACH).await);
        }
        assert_eq!(told.len(), 3 * EACH);
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), told.len());
        assert_arrived(&entries, &told);
        // The two that only looked on have heard of it.
        for tab in &tabs {
            phone.show(tab).await;
            phone.sync_becomes("全部已送达").await;
        }
    })
    .await;
}

#[tokio::test]
async fn when_the_leading_one_of_three_tabs_is_closed_while_it_sends_nothing_is_lost_or_doubled() {
    story(async |world| {
        let (relay, phone) = world.by_relay().await;
        let gate = Gate::default();
        let [first, second, third] = three_tabs(&phone).await;
        phone.show(&first).await;
        assert_eq!(phone.run(LEADS, vec![]).await, Ok(json!(true)), "the tab that was opened first leads");
        let held = gate.clone();
        // The station has what was sent, and the tab that sent it does not hear so.
        relay.meddle(move |asked, answer| {
            if asked == "POST /api/v1/entries" {
                held.pass();
            }
            answer
        });
        const EACH: usize = 6;
        // More than it will have time for.
        begin(&phone, &first, 1, 1000).await;
        begin(&phone, &second, 2, EACH).await;
        begin(&phone, &third, 3, EACH).await;
        phone.show(&first).await;
        let mut told = until("see the first tab in the middle of sending and saving", async || {
            let told = told(&phone).await?;
            match gate.come() {
                come if come > 0 && told.len() > 2 => Ok(told),
                come => Err(format!("{come} answers are held, {told:?}")),
            }
        })
        .await;
        phone.close_tab(first, &second).await;
        gate.open();
        for tab in [&second, &third] {
            told.extend(finished(&phone, tab, EACH).await);
        }
        phone.send_now("全部已送达").await;
        assert_arrived(&world.station.entries(), &told);
    })
    .await;
}

/// The tab that there is, and two more.
async fn three_tabs(phone: &Phone) -> [Tab; 3] {
    let first = phone.tab().await;
    let second = phone.new_tab().await;
    phone.open("/").await;
    let third = phone.new_tab().await;
    phone.open("/").await;
    [first, second, third]
}

/// Lets a tab save so many patrols one after another, and does not wait for it.
async fn begin(phone: &Phone, tab: &Tab, number: usize, count: usize) {
    phone.show(tab).await;
    let script = format!(
        "const save = async function () {{ {} }};
        const [tab, count] = arguments;
        window.told = [];
        window.failed = null;
        const all = async () => {{
            for (let number = 1; number <= count; number++) {{
                const route = `第 ${{tab}} 个窗口,第 ${{number}} 条`;
                await save(route);
                window.told.push(route);
            }}
        }};
        all().catch((error) => (window.failed = String(error)));",
        samples::SAVE
    );
    phone.run(&script, vec![json!(number), json!(count)]).await.expect("a page takes a script");
}

/// What this tab's screen has called saved so far.
async fn told(phone: &Phone) -> Result<BTreeSet<String>, String> {
    let said = phone.run("return [window.failed, window.told]", vec![]).await?;
    assert_eq!(said[0], Value::Null, "a save failed");
    Ok(said[1]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|route| Some(route.as_str()?.to_owned()))
        .collect())
}

/// Waits until a tab has saved all of its patrols.
async fn finished(phone: &Phone, tab: &Tab, count: usize) -> BTreeSet<String> {
    phone.show(tab).await;
    until("see a tab save everything", async || match told(phone).await? {
        told if told.len() == count => Ok(told),
        told => Err(format!("{told:?}")),
    })
    .await
}

/// Whether this tab holds the lock of the one that sends. A tab learns its own name from a lock that only it can have.
const LEADS: &str = "
    const own = crypto.randomUUID();
    return navigator.locks.request(own, async () => {
        const { held } = await navigator.locks.query();
        const holder = (name) => held.find((lock) => lock.name === name)?.clientId;
        return holder('xunji-sync') === holder(own);
    });
";
