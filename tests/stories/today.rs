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

/// The page's patience with its messages, in the story's hands: each is called when its time is to be over.
const PATIENCE: &str = "
    const later = window.setTimeout;
    window.patience = [];
    window.setTimeout = (done, ms, ...rest) => (ms === 4000 ? window.patience.push(done) : later(done, ms, ...rest));
";

#[tokio::test]
async fn a_message_that_is_said_twice_stays_as_long_as_the_second_time_asks_for() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.run(PATIENCE, vec![]).await.expect("the page takes a script");
        let waiting = async |wanted: u64| {
            until(&format!("see {wanted} messages wait"), async || {
                match phone.run("return window.patience.length", vec![]).await? {
                    count if count.as_u64() == Some(wanted) => Ok(()),
                    other => Err(other.to_string()),
                }
            })
            .await;
        };
        samples::patrol().record(phone).await;
        waiting(1).await;
        phone.press("今天").await;
        samples::patrol().record(phone).await;
        waiting(2).await;
        phone.run("window.patience[0]()", vec![]).await.expect("the first one's time is over");
        phone.hears("已存在本机").await;
        phone.run("window.patience[1]()", vec![]).await.expect("the second one's time is over");
        until("see the message go", async || match phone.everything().await? {
            page if !page.contains("已存在本机") => Ok(()),
            page => Err(page),
        })
        .await;
    })
    .await;
}
