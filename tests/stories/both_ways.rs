//! Both ways: a village's phone and a township centre's browser, open at once, and what travels between them without
//! either being loaded anew.

use serde_json::{Value, json};

use crate::{
    samples,
    support::{LUQIAO_GUBAO, Phone, story},
};

/// Takes the network away from this phone alone, or gives it back.
pub async fn offline(phone: &Phone, offline: bool) {
    let conditions =
        json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    phone.devtools("Network.emulateNetworkConditions", conditions).await;
}

#[tokio::test]
async fn what_a_village_hands_up_offline_is_answered_by_the_desk_and_neither_loads_its_page_anew() {
    story(async |world| {
        let village = world.enrolled_as("张三", "mediator").await;
        let desk = world.another_phone("desk").await;
        desk.enrol(&world.station.enrol("王芳", "coordinator", LUQIAO_GUBAO)).await;
        desk.press("台账").await;
        desk.row_count_becomes(0).await;
        desk.sync_becomes("全部已送达").await;
        for phone in [village, &desk] {
            phone.run("window.neverLoadedAnew = true", vec![]).await.expect("a page");
        }

        offline(village, true).await;
        let page = samples::dispute().record(village).await;
        village.press("其他步骤").await;
        village.press("上报综治中心").await;
        village.enter("上报理由", "两家各执一词,村里调解两次未成").await;
        village.press("保存").await;
        village.timeline_becomes(&["登记", "上报综治中心"]).await;
        village.sync_becomes("离线,2 条已存在本机").await;
        assert_eq!(desk.row_count_becomes(0).await.len(), 0);

        offline(village, false).await;
        village.sync_becomes("全部已送达").await;
        let rows = desk.row_count_becomes(1).await;
        assert!(rows[0].contains(samples::DISPUTE), "{rows:?}");
        desk.press_row(samples::DISPUTE).await;
        desk.timeline_becomes(&["登记", "上报综治中心"]).await;

        // The village still looks at the record, and does nothing.
        desk.press("其他步骤").await;
        desk.press("退回").await;
        desk.enter("退回理由", "请先补录第二次调解的经过").await;
        desk.press("保存").await;
        let history = village.timeline_becomes(&["登记", "上报综治中心", "退回"]).await;
        assert!(history[2].contains("王芳"), "{history:?}");
        assert!(village.path().await == page);

        // And back again, by the one line that stays open.
        village.press("补充").await;
        village.enter("补充内容", "第二次调解在村委会,双方都到了").await;
        village.press("保存").await;
        desk.timeline_becomes(&["登记", "上报综治中心", "退回", "补充"]).await;
        for phone in [village, &desk] {
            let kept = phone.run("return window.neverLoadedAnew", vec![]).await;
            assert_eq!(kept, Ok(json!(true)), "{} was loaded anew", phone.name());
        }

        let entries = world.station.entries();
        let outcomes: Vec<_> = entries.iter().map(|entry| &entry["outcome"]).collect();
        assert_eq!(outcomes, [&json!("accepted"); 4], "{entries:#?}");
        let authors: Vec<&Value> = entries.iter().map(|entry| &entry["author"]).collect();
        assert!(authors[0] == authors[1] && authors[0] != authors[2] && authors[0] == authors[3]);
    })
    .await;
}

#[tokio::test]
async fn what_the_office_changes_about_somebody_shows_on_their_phone() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.press("我的").await;
        phone.sees("网格员").await;
        let me = world.station.worker("张三");
        let roles = ["--role", "mediator", "--role", "partner"];
        world.station.office("worker", &[&["change", "--worker", &me], &roles[..]].concat());
        let police =
            ["--desk", "police:luqiao", "--kind", "police", "--name", "泸桥派出所", "--area", "513322100"];
        world.station.office("desk", &[&["add"], &police[..]].concat());
        world.station.office("desk", &["seat", "--desk", "police:luqiao", "--worker", &me]);
        phone.open("/me").await;
        phone.sees("人民调解员、").await;
        phone.sees("泸桥派出所").await;
        // What it learned is there without the station, too.
        world.station.stop().await;
        phone.reload().await;
        phone.sees("泸桥派出所").await;
    })
    .await;
}

#[tokio::test]
async fn who_only_oversees_a_case_sees_an_outline_and_is_told_so() {
    story(async |world| {
        let village = world.enrolled_as("张三", "mediator").await;
        let county = world.another_phone("county").await;
        let area = ["--role", "coordinator", "--village", LUQIAO_GUBAO, "--area", "513322"];
        world.station.office("worker", &[&["add", "--name", "赵敏"], &area[..]].concat());
        county.enrol(&world.station.enrol_again(&world.station.worker("赵敏"))).await;
        county.press("台账").await;
        county.row_count_becomes(0).await;
        let page = samples::dispute().record(village).await;
        village.press("补充").await;
        village.enter("补充内容", "王德贵说可以再谈").await;
        village.press("保存").await;
        village.sync_becomes("全部已送达").await;

        let rows = county.row_count_becomes(1).await;
        assert!(rows[0].contains("概要") && !rows[0].contains("已送达"), "{rows:?}");
        county.open(&page).await;
        county.sees("这里只有概要").await;
        let history = county.timeline_becomes(&["登记", "补充"]).await;
        let all = county.everything().await.expect("a page");
        for hidden in ["当事人", "简要情况", "再谈"] {
            assert!(!all.contains(hidden), "{hidden} is shown:\n{all}");
        }
        assert!(!all.contains("更正") && history[1].contains("张三"), "nothing to add here:\n{all}");
        assert!(!all.contains("下一步") && !all.contains("交办"), "no step either:\n{all}");
        // Once it is the county's to act, all of it comes, and takes the outline's place.
        let desk = world.another_phone("township").await;
        desk.enrol(&world.station.enrol("王芳", "coordinator", LUQIAO_GUBAO)).await;
        desk.open(&page).await;
        desk.press("受理").await;
        desk.press("保存").await;
        desk.press("上报县综治中心").await;
        desk.enter("上报理由", "涉及两个乡镇").await;
        desk.press("保存").await;
        county.sees("王德贵说可以再谈").await;
        county.timeline_becomes(&["登记", "补充", "受理", "上报县综治中心"]).await;
        let all = county.everything().await.expect("a page");
        assert!(all.contains("当事人") && all.contains("简要情况") && !all.contains("概要"), "{all}");
    })
    .await;
}
