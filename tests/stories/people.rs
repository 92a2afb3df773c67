//! Several people on one phone: a vault each, and nothing is lost by changing hands.

use crate::{
    samples::{self, assert_opened},
    support::{LOCKED, LUQIAO_GUBAO, PIN, Phone, story},
};

const HER_PIN: &str = "730294";

#[tokio::test]
async fn two_people_share_a_phone_and_each_ones_unsent_work_waits_for_them() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let his = samples::dispute();
        his.record(phone).await;
        phone.sync_becomes("离线,1 条已存在本机").await;
        lock(phone).await;

        phone.press("换人").await;
        phone.heading_becomes("换人").await;
        phone.sees("1 条待上传").await;
        nobody_is_named(phone).await;
        phone.press("新的人登记").await;
        phone.heading_becomes("登记本机").await;
        world.station.start().await;
        let code = world.station.enrol("李四", "mediator", LUQIAO_GUBAO);
        phone.enter("登记码", &code.code).await;
        phone.set_pin(HER_PIN, HER_PIN).await;
        phone.press("登记").await;
        phone.heading_becomes("今天").await;
        phone.press("台账").await;
        phone.row_count_becomes(0).await;
        let hers = samples::consultation();
        hers.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        assert_eq!(authors(&world.station.entries()), ["李四"]);
        lock(phone).await;

        // His PIN opens his vault, not hers; and the other way round.
        phone.unlock_with(PIN).await;
        phone.is_warned("PIN不对").await;
        change_to(phone, "第 1 人").await;
        phone.sees("1 条待上传,解锁后继续上传").await;
        phone.unlock_with(HER_PIN).await;
        phone.is_warned("PIN不对").await;
        phone.unlock_with(PIN).await;
        phone.heading_becomes("今天").await;
        phone.send_now("全部已送达").await;
        phone.press("台账").await;
        let rows = phone.row_count_becomes(1).await;
        assert!(rows[0].contains("王德贵"), "{rows:?}");
        let entries = world.station.entries();
        assert_eq!(authors(&entries), ["李四", "张三"]);
        assert_opened(&entries[..1], &[&hers]);
        assert_opened(&entries[1..], &[&his]);

        // Her vault is as she left it, after the browser was opened again as well.
        lock(phone).await;
        change_to(phone, "第 2 人").await;
        phone.close().await;
        phone.reopen().await;
        phone.open_locked("/records").await;
        phone.unlock_with(HER_PIN).await;
        phone.heading_becomes("台账").await;
        let rows = phone.row_count_becomes(1).await;
        assert!(rows[0].contains("民间借贷"), "{rows:?}");
        phone.press("我的").await;
        phone.sees("李四").await;
    })
    .await;
}

#[tokio::test]
async fn a_damaged_vault_shuts_out_nobody_else_and_nothing_in_it_changes() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::dispute().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        lock(phone).await;
        phone.press("换人").await;
        phone.press("新的人登记").await;
        let code = world.station.enrol("李四", "mediator", LUQIAO_GUBAO);
        phone.enter("登记码", &code.code).await;
        phone.set_pin(HER_PIN, HER_PIN).await;
        phone.press("登记").await;
        phone.heading_becomes("今天").await;
        lock(phone).await;
        change_to(phone, "第 1 人").await;
        let all = phone.database().await;
        let header = phone.row("meta", "vault").await;

        phone.spoil("meta", "vault", Some(&header[..header.len() / 2])).await;
        let cut = phone.database().await;
        phone.open_locked("/records").await;
        phone.heading_becomes(SHUT).await;
        phone.is_warned("里面的内容没有动过").await;
        phone.press("换人").await;
        phone.sees("现在打不开").await;
        change_over(phone, "第 2 人").await;
        phone.unlock_with(HER_PIN).await;
        phone.heading_becomes("今天").await;
        lock(phone).await;
        phone.press("换人").await;
        phone.sees("现在打不开").await;
        // It is nobody's free place either.
        phone.press("新的人登记").await;
        phone.heading_becomes("登记本机").await;
        assert_eq!(phone.database().await, cut, "something of the damaged vault has changed");

        // Hers in the place of his: her PIN opens it, and nothing below.
        let hers = phone.run(HER_HEADER, vec![]).await.expect("she has a vault");
        let hers: Vec<u8> = serde_json::from_value(hers).expect("bytes");
        phone.spoil("meta", "vault", Some(&hers)).await;
        phone.run("localStorage.removeItem('xunji-vault')", vec![]).await.expect("a setting");
        phone.open_locked("/").await;
        phone.unlock_with(HER_PIN).await;
        phone.heading_becomes(SHUT).await;
        phone.press("换人").await;
        change_over(phone, "第 2 人").await;
        phone.unlock_with(HER_PIN).await;
        phone.heading_becomes("今天").await;
        lock(phone).await;
        phone.spoil("meta", "vault", Some(&header)).await;
        assert_eq!(phone.database().await, all, "something of his vault has changed");
        change_to(phone, "第 1 人").await;
        phone.unlock_with(PIN).await;
        phone.heading_becomes("今天").await;
        phone.press("台账").await;
        phone.row_count_becomes(1).await;
    })
    .await;
}

/// The heading of a database that can't be opened.
const SHUT: &str = "打不开";

const HER_HEADER: &str = "
    const answer = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    const database = await answer(indexedDB.open('xunji-2'));
    const value = await answer(database.transaction('meta').objectStore('meta').get('vault'));
    database.close();
    return Array.from(value);
";

async fn lock(phone: &Phone) {
    phone.press("我的").await;
    phone.heading_becomes("我的").await;
    phone.press("锁定").await;
    phone.heading_becomes(LOCKED).await;
}

async fn change_to(phone: &Phone, place: &str) {
    phone.press("换人").await;
    change_over(phone, place).await;
}

async fn change_over(phone: &Phone, place: &str) {
    phone.heading_becomes("换人").await;
    nobody_is_named(phone).await;
    phone.press_with(place).await;
    phone.heading_becomes(LOCKED).await;
}

async fn nobody_is_named(phone: &Phone) {
    let all = phone.everything().await.expect("a screen has text");
    assert!(!all.contains("张三") && !all.contains("李四"), "{all}");
}

fn authors(entries: &[serde_json::Value]) -> Vec<&str> {
    entries.iter().filter_map(|entry| entry["author_name"].as_str()).collect()
}
