//! The first screen.

use crate::{
    samples,
    support::{story, until},
};

#[tokio::test]
async fn the_first_screen_shows_the_day_and_the_three_ledgers_in_order() {
    story(async |world| {
        let phone = world.enrolled().await;
        let script = "const now = new Date(); return `${now.getMonth() + 1}月${now.getDate()}日`";
        let day = phone.run(script, vec![]).await.expect("a page has a clock");
        phone.sees(day.as_str().expect("a day is a text")).await;
        phone.sees("泸桥镇固包村").await;
        until("see the ledgers in order", async || {
            let all = phone.everything().await?;
            let places = ["记巡查", "记咨询", "记纠纷"].map(|link| all.find(link));
            if places.is_sorted() && places[0].is_some() { Ok(()) } else { Err(all) }
        })
        .await;
        phone.row_count_becomes(0).await;
        phone.sees("台账还是空的").await;
        phone.sync_becomes("全部已送达").await;
    })
    .await;
}

#[tokio::test]
async fn what_is_said_in_passing_takes_no_press_from_what_it_covers() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::patrol().record(phone).await;
        phone.hears("已存在本机").await;
        let script = "const said = [...document.querySelectorAll('[role=status] *')]
                .find((node) => node.textContent === '已存在本机');
            const { x, y, width, height } = said.getBoundingClientRect();
            return said.contains(document.elementFromPoint(x + width / 2, y + height / 2));";
        assert_eq!(phone.run(script, vec![]).await, Ok(false.into()), "a press goes to what lies beneath");
    })
    .await;
}
