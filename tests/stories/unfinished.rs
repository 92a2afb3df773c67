//! What is being added to a record is a draft, like a form: no lock, no killed browser and nothing that arrives takes it
//! away.

use serde_json::Value;

use crate::{
    samples,
    support::{LOCKED, story, until},
};

const BEGUN: &str = "第一次调解:双方都到了,李家愿意把摄像头转向自家院门。";

/// The texts of the notes at the station.
fn notes(entries: &[Value]) -> Vec<&str> {
    let notes = entries.iter().filter(|entry| entry["action"]["type"] == "note");
    notes.filter_map(|entry| entry["action"]["text"].as_str()).collect()
}

#[tokio::test]
async fn a_note_that_is_half_written_outlives_closing_locking_and_a_killed_browser() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let page = samples::dispute().record(phone).await;
        phone.press("补充").await;
        phone.type_in("补充内容", BEGUN).await;
        phone.hears("草稿已保存").await;
        phone.press("关闭").await;
        phone.press("补充").await;
        phone.holds("补充内容", BEGUN).await;

        phone.press("关闭").await;
        phone.press("我的").await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        phone.unlock().await;
        phone.open(&page).await;
        phone.press("补充").await;
        phone.holds("补充内容", BEGUN).await;
        phone.kill().await;
        phone.reopen().await;
        phone.open("/").await;
        phone.press_row("矛盾纠纷:补充").await;
        phone.holds("补充内容", BEGUN).await;
        assert_eq!(phone.path().await, page);
        phone.press("保存").await;
        phone.hears("已存在本机").await;
        phone.timeline_becomes(&["登记", "补充"]).await;

        // What is thrown away is gone.
        phone.press("更正").await;
        phone.enter("更正哪一项", "涉及人数").await;
        phone.type_in("更正原因", "数错了").await;
        phone.hears("草稿已保存").await;
        phone.press("取消").await;
        until("see the sheet gone", async || match phone.has("更正原因").await {
            false => Ok(()),
            true => Err("it is there".to_owned()),
        })
        .await;
        phone.open("/").await;
        assert!(!phone.everything().await.unwrap().contains("更正"));

        world.station.start().await;
        phone.send_now("全部已送达").await;
        assert_eq!(notes(&world.station.entries()), [BEGUN]);
    })
    .await;
}

#[tokio::test]
async fn what_arrives_while_a_note_is_written_leaves_it_under_the_fingers() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        samples::patrol().record(phone).await;
        phone.press("补充").await;
        phone.type_in("补充内容", BEGUN).await;
        world.station.start().await;
        phone.run("dispatchEvent(new Event('online'))", vec![]).await.unwrap();
        phone.sync_becomes("全部已送达").await;
        phone.sees("已送达").await;
        phone.holds("补充内容", BEGUN).await;
        phone.focus_becomes("补充内容").await;
        phone.press("保存").await;
        phone.timeline_becomes(&["登记", "补充"]).await;
        phone.sync_becomes("全部已送达").await;
        assert_eq!(notes(&world.station.entries()), [BEGUN]);
    })
    .await;
}
