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

async fn lock(phone: &Phone) {
    phone.press("我的").await;
    phone.heading_becomes("我的").await;
    phone.press("锁定").await;
    phone.heading_becomes(LOCKED).await;
}

async fn change_to(phone: &Phone, place: &str) {
    phone.press("换人").await;
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
