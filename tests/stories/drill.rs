//! 假设手机今天丢了: what a lost phone would take with it.

use crate::{
    samples::{self, assert_opened},
    support::story,
};

#[tokio::test]
async fn the_loss_drill_names_what_is_only_here_until_nothing_is() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::consultation().record(phone).await;
        phone.sync_becomes("全部已送达").await;
        phone.press("我的").await;
        phone.press("假设手机今天丢了").await;
        phone.heading_becomes("假设手机今天丢了").await;
        phone.sees("1 条记录已全部到达站点,不会丢。").await;
        phone.sees("什么都不会丢。").await;

        world.station.stop().await;
        samples::dispute().record(phone).await;
        samples::patrol().record(phone).await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", "还没写完").await;
        phone.hears("草稿已保存").await;
        phone.press("我的").await;
        phone.press("假设手机今天丢了").await;
        phone.sees("下面 2 条只在这部手机上:").await;
        phone.sees("1 条记录已全部到达站点").await;
        phone.sees("另有 1 份草稿").await;
        let rows = phone.row_count_becomes(2).await;
        for words in [samples::DISPUTE, "网格巡查"] {
            assert!(rows.iter().any(|row| row.contains(words)), "{words} is missing in {rows:#?}");
        }
        let all = phone.everything().await.expect("a screen has text");
        assert!(!all.contains("什么都不会丢"), "{all}");
        assert_eq!(world.station.said(), "(stopped)");

        assert_eq!(world.station.entries().len(), 1);
        world.station.start().await;
        phone.press_until_seen("立即上传", "什么都不会丢。").await;
        phone.sees("3 条记录已全部到达站点,不会丢。").await;
        phone.sees("另有 1 份草稿").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), 3, "{entries:#?}");
        assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
    })
    .await;
}

#[tokio::test]
async fn the_loss_drill_promises_nothing_of_what_it_cant_read() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let page = samples::patrol().record(phone).await;
        let record = page.rsplit('/').next().expect("a record's address ends with its id");
        let right = phone.row("records", record).await;
        phone.spoil("records", record, Some(b"spoiled")).await;
        phone.press("我的").await;
        phone.press("假设手机今天丢了").await;
        phone.is_warned("本机有一条数据读不出来").await;
        let all = phone.everything().await.expect("a screen has text");
        assert!(!all.contains("不会丢。"), "{all}");

        phone.spoil("records", record, Some(&right)).await;
        phone.reload().await;
        phone.sees("下面 1 条只在这部手机上:").await;
        world.station.start().await;
        phone.press_until_seen("立即上传", "什么都不会丢。").await;
        assert_opened(&world.station.entries(), &[&samples::patrol()]);
    })
    .await;
}
