//! A newer version of the app: offered, never forced, least of all over an open form.

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_opened},
    support::{Gate, LUQIAO_GUBAO, NEXT, NextVersion, Phone, Relay, story, until},
};

#[tokio::test]
async fn a_newer_version_is_offered_and_never_reloads_an_open_form() {
    story(async |world| {
        let relay = Relay::before(&world.station.origin());
        let phone = world.phone_at("updated", relay.origin()).await;
        let code = world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        phone.enrol_at(&format!("/enrol?code={}", code.code)).await;
        phone.keeps_the_app().await;

        // With nothing open: offered, and taken by one press.
        mark(&phone).await;
        relay.renew();
        look_for_update(&phone).await;
        phone.sees("新版本已就绪").await;
        assert!(is_marked(&phone).await, "the page was loaded again without being asked");
        phone.press("更新").await;
        is_loaded_again(&phone).await;
        phone.unlock().await;
        phone.heading_becomes("今天").await;

        // With a form open in one tab, somebody takes the next one in another tab.
        let sample = samples::finding("写到一半来了新版本");
        sample.begin(&phone).await;
        sample.fill(&phone).await;
        mark(&phone).await;
        let form = phone.tab().await;
        phone.new_tab().await;
        phone.open("/records").await;
        mark(&phone).await;
        relay.renew();
        look_for_update(&phone).await;
        phone.sees("新版本已就绪").await;
        phone.press("更新").await;
        is_loaded_again(&phone).await;
        phone.heading_becomes("台账").await;
        phone.show(&form).await;
        phone.holds("情况描述", "写到一半来了新版本").await;
        phone.save().await;
        assert!(is_marked(&phone).await, "the page was loaded again over an open form");
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn a_newer_version_waits_until_nothing_is_sent_and_no_sheet_is_open() {
    story(async |world| {
        let (relay, phone) = world.by_relay().await;
        let page = samples::patrol().record(&phone).await;
        phone.sync_becomes("全部已送达").await;
        let gate = Gate::default();
        let held = gate.clone();
        relay.meddle(move |asked, answer| {
            if asked == "POST /api/v1/entries" {
                held.pass();
            }
            answer
        });
        samples::consultation().record(&phone).await;
        until(
            "see the entry under way",
            async || if gate.come() > 0 { Ok(()) } else { Err("not yet".to_owned()) },
        )
        .await;
        phone.press("今天").await;
        relay.renew();
        is_offered(&phone).await;
        assert!(
            !phone.everything().await.expect("a screen").contains("新版本已就绪"),
            "in the middle of a send"
        );
        gate.open();
        phone.sees("新版本已就绪").await;

        // In one tab a note is half typed; the newer version is taken in another one.
        phone.open(&page).await;
        phone.press("补充").await;
        phone.enter("补充内容", "写到一半").await;
        mark(&phone).await;
        let note = phone.tab().await;
        phone.new_tab().await;
        phone.open("/").await;
        mark(&phone).await;
        phone.press("更新").await;
        is_loaded_again(&phone).await;
        phone.heading_becomes("今天").await;
        phone.show(&note).await;
        phone.holds("补充内容", "写到一半").await;
        assert!(is_marked(&phone).await, "the page was loaded again under an open sheet");
        phone.press("保存").await;
        phone.timeline_becomes(&["登记", "补充"]).await;
    })
    .await;
}

#[tokio::test]
async fn when_a_newer_version_does_not_start_the_one_before_it_is_one_press_away_even_offline() {
    story(async |world| {
        for broken in [TRAPS, NEVER_LOADS] {
            let (relay, phone) = world.by_relay().await;
            samples::patrol().record(&phone).await;
            phone.sync_becomes("全部已送达").await;
            let next = NextVersion::with(&world.station, &phone, broken).await;
            relay.meddle(move |asked, answer| next.answer(asked, answer));
            look_for_update(&phone).await;
            phone.press("更新").await;
            phone.is_warned("新版本没有启动").await;
            // No line to the station, and the app has to be opened anew.
            world.station.stop().await;
            phone.end().await;
            phone.reopen().await;
            phone.open_broken("/records?kind=patrol").await;
            phone.is_warned("已存在本机的记录不受影响").await;
            phone.press("用上一个版本打开").await;
            phone.unlock().await;
            phone.heading_becomes("台账").await;
            phone.row_count_becomes(1).await;
            assert_eq!(phone.root("data-app-version").await, None, "the version before");
            samples::patrol().record(&phone).await;
            phone.sync_becomes("离线,1 条已存在本机").await;
            world.station.start().await;
            phone.send_now("全部已送达").await;
            phone.end().await;
        }
        assert_eq!(world.station.entries().len(), 4);
        assert_eq!(world.station.findings(), Vec::<Value>::new());
    })
    .await;
}

/// Code that traps when the app begins, in a way that no `catch` around its loading sees.
const TRAPS: &str = "
document.documentElement.dataset.appVersion = 'next';
IDBFactory.prototype.open = () => new EventTarget();
queueMicrotask(() => { throw new WebAssembly.RuntimeError('unreachable'); });
";

/// Code that is not even code.
const NEVER_LOADS: &str =
    "document.documentElement.dataset.appVersion = 'next'; throw new Error('a story broke this');";

#[tokio::test]
async fn a_version_that_has_changed_the_database_before_it_failed_leaves_it_whole_for_the_next_one() {
    story(async |world| {
        let (relay, phone) = world.by_relay().await;
        samples::patrol().record(&phone).await;
        phone.sync_becomes("全部已送达").await;
        let next = NextVersion::with(&world.station, &phone, &format!("{NEXT}{FAILS_LATER}")).await;
        relay.meddle(move |asked, answer| next.answer(asked, answer));
        look_for_update(&phone).await;
        phone.press("更新").await;
        phone.is_warned("新版本没有启动").await;
        // The version before does not understand what the newer one has made of the database, and leaves it alone.
        phone.press("用上一个版本打开").await;
        phone.is_warned("本机数据已由新版本接管").await;

        // One that works has it all.
        let mended = NextVersion::with(&world.station, &phone, &format!("{NEXT}// mended")).await;
        relay.meddle(move |asked, answer| mended.answer(asked, answer));
        look_for_update(&phone).await;
        phone.press("重新打开").await;
        phone.heading_becomes("解锁").await;
        phone.open("/records").await;
        phone.row_count_becomes(1).await;
        phone.root_becomes("data-app-version", "next").await;
        phone.end().await;
    })
    .await;
}

/// Traps once the database is open, before anything is drawn.
const FAILS_LATER: &str = "
const openNext = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (...how) {
  const request = openNext.apply(this, how);
  request.addEventListener('success', (event) => {
    request.result.close();
    event.stopImmediatePropagation();
    throw new WebAssembly.RuntimeError('unreachable');
  });
  return request;
};
";

/// Waits until a newer version is ready to be used, whether the screen says so or not.
async fn is_offered(phone: &Phone) {
    look_for_update(phone).await;
    until("see the newer version wait", async || {
        match phone.run("return window.xunjiUpdate.ready", vec![]).await? {
            Value::Bool(true) => Ok(()),
            other => Err(format!("{other}")),
        }
    })
    .await;
}

/// Browsers look for updates at navigations, and the app once an hour. A look that joins one which began before the
/// newer version was there finds nothing; so it is repeated.
pub async fn look_for_update(phone: &Phone) {
    until("find the newer version", async || match phone.run(LOOK, vec![]).await? {
        Value::Bool(true) => Ok(()),
        other => Err(format!("found: {other}")),
    })
    .await;
}

const LOOK: &str = "
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    return (registration.installing ?? registration.waiting) !== null;
";

/// Leaves a mark that is gone when the page is loaded again.
async fn mark(phone: &Phone) {
    phone.run("window.storyMark = true", vec![]).await.expect("a page can be marked");
}

async fn is_loaded_again(phone: &Phone) {
    until("see the page loaded again", async || {
        if is_marked(phone).await { Err("the old page".to_owned()) } else { Ok(()) }
    })
    .await;
}

async fn is_marked(phone: &Phone) -> bool {
    phone.run("return window.storyMark === true", vec![]).await == Ok(json!(true))
}
