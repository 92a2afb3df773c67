//! Everything can be done with a keyboard alone; the focus can be seen, and goes where the eye goes.

use serde_json::json;

use crate::{
    samples,
    support::{LUQIAO_GUBAO, PIN, story, until},
};

#[tokio::test]
async fn a_patrol_is_written_saved_added_to_and_locked_away_by_keyboard_alone() {
    story(async |world| {
        let phone = &world.phone;
        let code = world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        phone.open(&code.url).await;
        phone.tab_to("设置6位PIN").await;
        phone.type_there(PIN).await;
        phone.tab_to("再输一次PIN").await;
        phone.type_there("111222").await;
        phone.key("Enter").await;
        // What is wrong is where the focus goes.
        phone.focus_is_on_the_alert().await;
        phone.tab_to("再输一次PIN").await;
        phone.type_there(PIN).await;
        phone.key("Enter").await;
        phone.heading_becomes("今天").await;
        phone.focus_is_on_the_heading().await;

        phone.tab_to("记巡查").await;
        phone.key("Enter").await;
        phone.heading_becomes("巡查").await;
        phone.focus_is_on_the_heading().await;
        phone.choose_by_keys("治安巡逻", "网格巡查").await;
        phone.choose_by_keys("无异常", "有发现").await;
        phone.tab_to("保存").await;
        phone.key("Enter").await;
        phone.focus_is_on_the_alert().await;
        phone.tab_to("发现类别:请填写").await;
        phone.key("Enter").await;
        phone.focus_goes_to("发现类别").await;

        // A list opens, closes, and gives the focus back to what opened it.
        phone.key("Enter").await;
        phone.sees("消防").await;
        phone.key("Escape").await;
        phone.focus_goes_to("发现类别").await;
        phone.key("Enter").await;
        phone.tab_to("搜索").await;
        phone.type_there("消防").await;
        phone.tab_to("消防").await;
        phone.key("Enter").await;
        phone.focus_goes_to("发现类别").await;
        phone.tab_to("情况描述").await;
        phone.type_there("配电箱门锁损坏。").await;
        phone.choose_by_keys("当场办结", "劝导").await;
        phone.tab_to("保存").await;
        phone.key("Enter").await;
        phone.hears("已存在本机").await;
        phone.focus_is_on_the_heading().await;

        phone.tab_to("补充").await;
        phone.key("Enter").await;
        phone.sees("补充内容").await;
        phone.tab_to("补充内容").await;
        phone.type_there("已通知电工。").await;
        phone.tab_to("保存").await;
        phone.key("Enter").await;
        phone.timeline_becomes(&["登记", "补充"]).await;
        phone.focus_goes_to("补充").await;
        // What arrives is drawn anew; the focus stays where it was.
        phone.sync_becomes("全部已送达").await;
        phone.sees("第 2 版").await;
        phone.focus_goes_to("补充").await;

        phone.tab_to("我的").await;
        phone.key("Enter").await;
        phone.heading_becomes("我的").await;
        phone.focus_is_on_the_heading().await;
        phone.tab_to("锁定").await;
        phone.key("Enter").await;
        phone.heading_becomes("解锁").await;
        phone.focus_goes_to("PIN").await;
        phone.type_there(PIN).await;
        phone.key("Enter").await;
        phone.heading_becomes("我的").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0]["action"]["body"]["description"], "配电箱门锁损坏。");
    })
    .await;
}

#[tokio::test]
async fn a_desk_hands_a_case_on_and_gives_it_back_for_correction_by_keyboard_alone() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        samples::dispute().record(village).await;
        village.sync_becomes("全部已送达").await;
        let desk = world.another_phone("desk").await;
        desk.enrol(&world.station.enrol("欧阳文秀", "coordinator", LUQIAO_GUBAO)).await;
        desk.sync_becomes("全部已送达").await;

        desk.tab_to("工作台").await;
        desk.key("Enter").await;
        desk.heading_becomes("工作台").await;
        desk.focus_is_on_the_heading().await;
        desk.tab_to("辖区在办 1").await;
        desk.key("Enter").await;
        desk.tab_to("批量交办").await;
        desk.key("Enter").await;
        desk.tab_to(samples::DISPUTE).await;
        desk.key(" ").await;
        desk.tab_to("交办 1 件").await;
        desk.key("Enter").await;
        desk.sees("交办给").await;
        desk.tab_to("交办给").await;
        desk.key("Enter").await;
        desk.sees("人民调解员 · 泸桥镇固包村").await;
        desk.tab_to("搜索").await;
        desk.type_there("张建国").await;
        desk.tab_to("张建国 人民调解员 · 泸桥镇固包村").await;
        desk.key("Enter").await;
        desk.focus_goes_to("交办给").await;
        desk.tab_to("保存").await;
        desk.key("Enter").await;
        desk.hears("已交办 1 件").await;

        // Into the case, and back for correction at one of its fields.
        desk.open("/desk").await;
        desk.tab_to("辖区在办 1").await;
        desk.key("Enter").await;
        until("come to the case by the tab key", async || {
            desk.key("Tab").await;
            let script = "return document.activeElement.matches('main li a[href]')";
            if desk.run(script, vec![]).await? == json!(true) { Ok(()) } else { Err("elsewhere".to_owned()) }
        })
        .await;
        desk.key("Enter").await;
        desk.heading_becomes(samples::DISPUTE).await;
        desk.tab_to("退回补正").await;
        desk.key("Enter").await;
        desk.sees("要补正什么").await;
        desk.tab_to("要补正哪一项").await;
        desk.key("ArrowDown").await;
        desk.tab_to("要补正什么").await;
        desk.type_there("请核对人数").await;
        desk.tab_to("保存").await;
        desk.key("Enter").await;
        desk.timeline_becomes(&["登记", "交办", "退回补正"]).await;
        desk.focus_goes_to("退回补正").await;
        desk.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(entries[1]["action"]["step"], "assign");
        let asked = &entries[2];
        assert_eq!((&asked["action"]["field"], &asked["outcome"]), (&json!("title"), &json!("accepted")));
    })
    .await;
}
