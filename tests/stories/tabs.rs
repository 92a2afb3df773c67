//! Two tabs of one phone: one ledger, one sequence, one sender.

use serde_json::json;

use crate::{
    samples::{self, assert_opened},
    support::{story, until},
};

#[tokio::test]
async fn two_tabs_save_into_one_sequence_without_gaps_and_see_each_others_records() {
    story(async |world| {
        let phone = world.enrolled().await;
        let first = phone.tab().await;
        let second = phone.new_tab().await;
        phone.open("/records").await;
        phone.row_count_becomes(0).await;

        phone.show(&first).await;
        let (patrol, consultation) = (samples::patrol(), samples::consultation());
        patrol.record(phone).await;
        phone.show(&second).await;
        // Without being loaded again.
        let rows = phone.row_count_becomes(1).await;
        assert!(rows[0].contains("网格巡查"), "{rows:?}");
        consultation.record(phone).await;
        phone.show(&first).await;
        phone.press("台账").await;
        phone.row_count_becomes(2).await;
        phone.sync_becomes("全部已送达").await;
        phone.show(&second).await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&patrol, &consultation]);
    })
    .await;
}

#[tokio::test]
async fn two_tabs_that_save_at_the_same_moment_get_two_places_in_the_sequence() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let sample = samples::patrol();
        let tabs = [phone.tab().await, phone.new_tab().await];
        const ROUNDS: usize = 3;
        for round in 1..=ROUNDS {
            for tab in &tabs {
                phone.show(tab).await;
                phone.open("/").await;
                sample.begin(phone).await;
                sample.fill(phone).await;
            }
            // Both presses fall on the same moment, which no two clicks through the driver would.
            let now = phone.run("return Date.now()", vec![]).await.expect("a page has a clock");
            let moment = now.as_u64().expect("a clock gives a number") + 2_500;
            for tab in &tabs {
                phone.show(tab).await;
                phone.press_at("保存", moment).await;
            }
            for tab in &tabs {
                phone.show(tab).await;
                until("come to the record's page", async || match phone.path().await {
                    path if path.starts_with("/records/") => Ok(()),
                    other => Err(other),
                })
                .await;
            }
            phone.press("台账").await;
            phone.row_count_becomes(round * 2).await;
        }
        world.station.start().await;
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_opened(&entries, &[&sample; ROUNDS * 2]);
        let mut records: Vec<_> = entries.iter().map(|entry| entry["record"].to_string()).collect();
        records.sort();
        records.dedup();
        assert_eq!(json!(records.len()), json!(ROUNDS * 2), "every form is a record of its own");
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_is_open_in_two_tabs_is_saved_once_and_the_other_tab_says_so() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::patrol();
        sample.begin(phone).await;
        sample.fill(phone).await;
        phone.hears("草稿已保存").await;
        let first = phone.tab().await;
        let second = phone.new_tab().await;
        phone.open("/").await;
        phone.press_row("草稿").await;
        phone.enter("路线或点位", "另一个窗口里写的").await;
        phone.show(&first).await;
        phone.save().await;
        phone.show(&second).await;
        phone.press("保存").await;
        phone.is_warned("已在另一个窗口保存过").await;
        phone.holds("路线或点位", "另一个窗口里写的").await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn when_the_sending_tab_is_closed_the_other_one_goes_on() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::patrol();
        let second = phone.new_tab().await;
        phone.open("/").await;
        phone.close_all_but(&second).await;
        sample.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}
