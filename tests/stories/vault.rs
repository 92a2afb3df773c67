//! The vault: a PIN before anything is shown, and nothing of what was typed in the browser's own files.

use serde_json::{Value, json};

use crate::{
    samples::{self, assert_opened},
    support::{LOCKED, PIN, Phone, story, until},
};

#[tokio::test]
async fn a_weak_or_mistyped_pin_is_refused_in_words_before_the_code_is_used() {
    story(async |world| {
        let phone = &world.phone;
        let code = world.station.enrol("张三", "grid_worker", crate::support::LUQIAO_GUBAO);
        phone.open(&code.url).await;
        let mut said = Vec::new();
        for (first, second, wanted) in [
            ("", "", "6 个数字"),
            ("12345", "12345", "6 个数字"),
            ("4829156", "4829156", "6 个数字"),
            ("abcdef", "abcdef", "6 个数字"),
            ("000000", "000000", "太容易猜到"),
            ("123456", "123456", "太容易猜到"),
            (PIN, "482916", "不一样"),
        ] {
            phone.set_pin(first, second).await;
            phone.press("登记").await;
            said.push(phone.is_warned(wanted).await);
        }
        // As a Chinese keyboard gives them.
        phone.set_pin("４８２９１５", PIN).await;
        phone.press("登记").await;
        phone.heading_becomes("今天").await;
        phone.open_locked("/").await;
        phone.heading_becomes(LOCKED).await;
        phone.unlock().await;
        phone.heading_becomes("今天").await;
    })
    .await;
}

#[tokio::test]
async fn a_locked_phone_shows_nothing_keeps_the_draft_and_sends_after_unlocking() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let sample = samples::dispute();
        sample.record(phone).await;
        phone.sync_becomes("离线,1 条已存在本机").await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", "写到一半就锁了").await;
        // Without waiting for the draft to be kept.
        phone.run("document.querySelector(\"a[href='/me']\").click()", vec![]).await.expect("a link");
        phone.heading_becomes("我的").await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        phone.sees("1 条待上传,解锁后继续上传").await;
        let all = phone.everything().await.expect("a screen has text");
        for words in ["张三", samples::DISPUTE, "写到一半", "我的"] {
            assert!(!all.contains(words), "{words} is shown on a locked phone: {all}");
        }
        world.station.start().await;
        for path in ["/", "/records", "/new/patrol", "/me", "/enrol"] {
            phone.open_locked(path).await;
            phone.heading_becomes(LOCKED).await;
        }
        assert!(world.station.entries().is_empty(), "a locked phone has sent something");
        phone.open("/").await;
        phone.sync_becomes("全部已送达").await;
        phone.press_row("草稿").await;
        phone.holds("路线或点位", "写到一半就锁了").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_open_when_the_lock_comes_is_kept_as_it_was() {
    story(async |world| {
        let phone = world.enrolled().await;
        let me = phone.tab().await;
        phone.press("我的").await;
        let form = phone.new_tab().await;
        phone.open("/new/patrol").await;
        phone.heading_becomes("巡查").await;
        phone.enter("路线或点位", "锁定前最后一个字").await;
        // At once, by another tab, long before the draft would have been kept.
        phone.run(LOCK_BY_ANOTHER_TAB, vec![]).await.expect("a channel");
        phone.heading_becomes(LOCKED).await;
        phone.show(&me).await;
        phone.heading_becomes(LOCKED).await;
        phone.show(&form).await;
        phone.open("/").await;
        phone.press_row("草稿").await;
        phone.holds("路线或点位", "锁定前最后一个字").await;
    })
    .await;
}

const LOCK_BY_ANOTHER_TAB: &str = "
    const channel = new BroadcastChannel('xunji');
    channel.postMessage('locked');
    channel.close();
";

#[tokio::test]
async fn a_second_tab_of_an_unlocked_phone_asks_for_nothing_and_of_a_locked_one_for_the_pin() {
    story(async |world| {
        let phone = world.enrolled().await;
        let first = phone.tab().await;
        let second = phone.new_tab().await;
        phone.open_locked("/me").await;
        phone.heading_becomes("我的").await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        phone.show(&first).await;
        phone.heading_becomes(LOCKED).await;
        phone.open_locked("/records").await;
        phone.heading_becomes(LOCKED).await;
        phone.unlock().await;
        phone.heading_becomes("台账").await;
        phone.show(&second).await;
        // Loaded again it finds the first one unlocked.
        phone.client().refresh().await.expect("a page can be loaded again");
        phone.heading_becomes("我的").await;
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_nobody_touches_locks_itself_after_the_chosen_time() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.press("我的").await;
        phone.enter("不操作多久后自动锁定", "5 分钟").await;
        phone.open("/me").await;
        phone.holds("不操作多久后自动锁定", "5 分钟").await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", "放下手机去吃饭").await;
        pass(phone, 4 * 60_000).await;
        // Looked at every five seconds.
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        phone.heading_becomes("巡查").await;
        phone.enter("路线或点位", "放下手机去吃晚饭").await;
        pass(phone, 4 * 60_000).await;
        tokio::time::sleep(std::time::Duration::from_secs(6)).await;
        phone.heading_becomes("巡查").await;
        pass(phone, 61_000).await;
        phone.heading_becomes(LOCKED).await;
        phone.open("/").await;
        phone.press_row("草稿").await;
        phone.holds("路线或点位", "放下手机去吃晚饭").await;
        // A clock that is set back by a year opens nothing for a year.
        pass(phone, -365 * 24 * 3_600_000).await;
        phone.heading_becomes(LOCKED).await;
    })
    .await;
}

/// Puts the page's clock forward, or back; its timers go on as before.
async fn pass(phone: &Phone, milliseconds: i64) {
    let script = "const now = Date.now.bind(Date), by = arguments[0]; Date.now = () => now() + by";
    phone.run(script, vec![json!(milliseconds)]).await.expect("a page has a clock");
}

#[tokio::test]
async fn ten_wrong_pins_wait_longer_and_longer_and_wipe_nothing() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let sample = samples::consultation();
        sample.record(phone).await;
        phone.press("我的").await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        let waits: [Option<u64>; 10] = [
            None,
            None,
            None,
            None,
            Some(30_000),
            Some(60_000),
            Some(300_000),
            Some(900_000),
            Some(3_600_000),
            Some(3_600_000),
        ];
        for (number, wait) in (1..).zip(waits) {
            phone.unlock_with("111222").await;
            match wait {
                None => {
                    until("be told that the PIN is wrong", async || {
                        let said = phone.alerts().await;
                        let tries = tries(phone).await;
                        if tries == number && said.iter().any(|one| one.contains("PIN不对")) {
                            return Ok(());
                        }
                        Err(format!("{tries}: {said:?}"))
                    })
                    .await
                }
                Some(wait) => {
                    phone.is_warned(&format!("已连续输错 {number} 次")).await;
                    // Even the right one is not looked at before its time.
                    phone.unlock_with(PIN).await;
                    phone.is_warned("输错太多次了").await;
                    phone.reload_locked().await;
                    phone.unlock_with(PIN).await;
                    phone.is_warned("输错太多次了").await;
                    assert_eq!(tries(phone).await, number);
                    // The page that was loaded again has the true clock again, which was set back for the vault: that
                    // costs no more than the delay.
                    pass(phone, wait.cast_signed()).await;
                }
            }
        }
        phone.unlock_with(PIN).await;
        phone.heading_becomes("我的").await;
        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

/// How many wrong PINs the header has counted.
async fn tries(phone: &Phone) -> u64 {
    let header = phone.run(HEADER, vec![]).await.expect("the phone has a vault");
    let header: Value = serde_json::from_str(header.as_str().unwrap_or_default()).expect("a header");
    header["tries"]["wrong"].as_u64().expect("a number")
}

const HEADER: &str = "
    const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const database = await answer(indexedDB.open('xunji'));
    const value = await answer(database.transaction('meta').objectStore('meta').get('vault'));
    database.close();
    return new TextDecoder().decode(value);
";

#[tokio::test]
async fn a_pin_is_changed_only_by_who_knows_it() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::patrol();
        sample.record(phone).await;
        phone.press("我的").await;
        phone.press("修改PIN").await;
        for (old, first, second, wanted) in [
            ("111222", "730294", "730294", "PIN不对"),
            (PIN, "123456", "123456", "太容易猜到"),
            (PIN, "730294", "730295", "不一样"),
        ] {
            phone.enter("原来的PIN", old).await;
            phone.set_pin(first, second).await;
            phone.press("修改PIN").await;
            phone.is_warned(wanted).await;
        }
        phone.set_pin("730294", "730294").await;
        phone.press("修改PIN").await;
        phone.hears("PIN已修改").await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        phone.unlock_with(PIN).await;
        phone.is_warned("PIN不对").await;
        phone.unlock_with("730294").await;
        phone.heading_becomes("我的").await;
        phone.press("台账").await;
        phone.row_count_becomes(1).await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}
