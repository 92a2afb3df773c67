//! The sentence that everything serves: what is saved on the phone reaches the county, exactly once, however long the
//! phone was offline.

use std::time::Duration;

use crate::{
    samples::{self, DISPUTE, SUMMARY, assert_opened},
    support::{story, until},
};

#[tokio::test]
async fn three_records_saved_offline_survive_a_killed_browser_and_arrive_exactly_once() {
    story(async |world| {
        let phone = world.enrolled().await;
        let samples = [samples::patrol(), samples::consultation(), samples::dispute()];
        world.station.stop().await;

        let mut pages = Vec::new();
        for sample in &samples {
            pages.push(sample.record(phone).await);
        }
        phone.sync_becomes("离线,3 条已存在本机").await;
        phone.kill().await;

        // Still offline: everything is there, on every screen.
        phone.reopen().await;
        phone.open("/").await;
        assert_eq!(phone.heading().await, "今天");
        phone.sync_becomes("离线,3 条已存在本机").await;
        let last = phone.row_count_becomes(3).await;
        assert!(last.iter().all(|row| row.contains("待上传")), "{last:#?}");
        phone.press("台账").await;
        let rows = phone.row_count_becomes(3).await;
        for words in [DISPUTE, "民间借贷", "网格巡查"] {
            assert!(rows.iter().any(|row| row.contains(words)), "{words} is missing in {rows:#?}");
        }
        phone.press_row(DISPUTE).await;
        phone.heading_becomes(DISPUTE).await;
        phone.unmask().await;
        phone.fact_becomes("简要情况", SUMMARY).await;
        phone.fact_becomes("涉及金额(元)", "1200.50").await;
        phone.fact_becomes("风险等级", "重大").await;
        let parties = phone.fact("当事人").await;
        for words in ["王德贵", "13900000002", "固包村二组", "尼玛次仁·阿旺曲扎"] {
            assert!(parties.contains(words), "{parties}");
        }
        phone.open(&pages[1]).await;
        phone.unmask().await;
        phone.fact_becomes("咨询人", "扎西·次仁").await;
        phone.fact_becomes("约定日期", "2026-12-01").await;
        phone.open(&pages[0]).await;
        phone.fact_becomes("路线或点位", "村委会—水厂—三组林口").await;
        assert_eq!(world.station.said(), "(stopped)");

        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &samples.each_ref());

        for page in &pages {
            phone.open(page).await;
            until("see the receipt", async || {
                let history = phone.timeline().await;
                let told =
                    history.len() == 1 && history[0].contains("已送达") && history[0].contains("第 1 版");
                if told { Ok(()) } else { Err(format!("{history:?}")) }
            })
            .await;
        }
        phone.press("台账").await;
        let rows = phone.row_count_becomes(3).await;
        assert!(rows.iter().all(|row| row.contains("已送达")), "{rows:#?}");

        // Opening it again sends nothing again.
        phone.kill().await;
        phone.reopen().await;
        phone.open("/").await;
        phone.sync_becomes("全部已送达").await;
        assert_eq!(world.station.entries().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn what_waits_arrives_by_itself_when_the_station_is_back() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let sample = samples::patrol();
        sample.record(phone).await;
        phone.sync_becomes("离线,1 条已存在本机").await;
        world.station.start().await;
        // Nobody presses anything. The pause between two tries is random and grows.
        phone.sync_becomes_within(Duration::from_secs(120), "全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn what_is_saved_with_a_station_in_reach_arrives_at_once() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::consultation();
        sample.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        until("see the entry at the station", async || match world.station.entries().len() {
            1 => Ok(()),
            count => Err(format!("{count} entries")),
        })
        .await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn a_browser_killed_right_after_saving_has_lost_nothing() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::patrol();
        world.station.stop().await;
        for round in 1..=3 {
            sample.begin(phone).await;
            sample.fill(phone).await;
            phone.press("保存").await;
            phone.hears("已存在本机").await;
            phone.end().await;
            phone.reopen().await;
            phone.open("/records").await;
            phone.row_count_becomes(round).await;
        }
        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample, &sample, &sample]);
    })
    .await;
}
