//! Drafts: leaving, coming back or a killed browser loses nothing that was typed.

use crate::{
    samples::{self, assert_opened},
    support::story,
};

#[tokio::test]
async fn a_draft_survives_a_browser_that_is_killed_while_somebody_types() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let sample = samples::dispute();
        sample.begin(phone).await;
        sample.fill(phone).await;
        phone.hears("草稿已保存").await;
        phone.end().await;

        phone.reopen().await;
        phone.open("/").await;
        phone.sees("接着写").await;
        phone.press_row("草稿").await;
        phone.heading_becomes(sample.heading).await;
        for (label, value) in sample.fields.iter().filter(|(label, _)| *label != "村(社区)") {
            phone.holds(label, value).await;
        }
        let page = phone.save().await;
        phone.open("/").await;
        phone.row_count_becomes(1).await;
        assert!(
            !phone.everything().await.expect("a screen has text").contains("接着写"),
            "the draft is still there"
        );
        phone.open(&page).await;

        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_left_in_the_middle_is_offered_again() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::finding("走到一半,先去帮忙救火。");
        sample.begin(phone).await;
        sample.fill(phone).await;
        // At once, without waiting for the note.
        phone.press("台账").await;
        phone.heading_becomes("台账").await;
        phone.row_count_becomes(0).await;
        phone.press("今天").await;
        phone.press_row("草稿").await;
        phone.heading_becomes("巡查").await;
        phone.holds("情况描述", "走到一半,先去帮忙救火。").await;
        phone.holds("有无发现", "有发现").await;

        // Back and forth by the browser's own keys.
        phone.client().back().await.expect("the browser goes back");
        phone.heading_becomes("今天").await;
        phone.client().forward().await.expect("the browser goes forward");
        phone.heading_becomes("巡查").await;
        phone.holds("情况描述", "走到一半,先去帮忙救火。").await;
        assert!(world.station.entries().is_empty());
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_is_thrown_away_is_gone() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", "不要了").await;
        phone.hears("草稿已保存").await;
        phone.press("不要这份草稿").await;
        phone.heading_becomes("今天").await;
        phone.row_count_becomes(0).await;
        phone.reload().await;
        assert!(!phone.everything().await.expect("a screen has text").contains("接着写"));
    })
    .await;
}
