//! 人员: what a coordinator does about people and phones, and what those who work notice of it.

use serde_json::json;

use crate::{
    both_ways::offline,
    samples,
    support::{LUQIAO_GUBAO, Phone, World, story},
};

async fn people_at_the_desk(world: &World) -> Phone {
    let desk = world.another_phone("desk").await;
    desk.enrol(&world.station.enrol("欧阳文秀", "coordinator", LUQIAO_GUBAO)).await;
    desk.press("工作台").await;
    desk.press("人员").await;
    desk.heading_becomes("人员").await;
    desk
}

#[tokio::test]
async fn a_village_is_handed_to_a_successor_with_its_open_work() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        samples::dispute().record(village).await;
        village.sync_becomes("全部已送达").await;
        let successor = world.another_phone("successor").await;
        successor.enrol(&world.station.enrol("扎西多吉", "mediator", LUQIAO_GUBAO)).await;
        let desk = people_at_the_desk(&world).await;
        desk.press("管理张建国").await;
        desk.press("移交辖区").await;
        desk.enter("接手人", "扎西多吉").await;
        desk.press("保存").await;
        desk.hears("已办好").await;

        successor.press("台账").await;
        successor.press_row(samples::DISPUTE).await;
        successor.timeline_becomes(&["登记", "移交给 扎西多吉"]).await;
        successor.press("开始调解").await;
        successor.press("保存").await;
        successor.timeline_becomes(&["登记", "移交给 扎西多吉", "开始调解"]).await;
        successor.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let kinds: Vec<_> =
            entries.iter().map(|entry| entry["action"]["type"].as_str().expect("a type")).collect();
        assert_eq!(kinds, ["open", "hand_over", "step"]);
        assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_the_station_did_not_take_stays_in_its_sheet_until_it_does() {
    story(async |world| {
        let desk = people_at_the_desk(&world).await;
        desk.press("管理欧阳文秀").await;
        desk.press("移交辖区").await;
        desk.sees("本辖区没有其他人可以接手").await;
        let buttons = "return document.querySelectorAll('dialog button[type=submit]').length";
        assert_eq!(desk.run(buttons, vec![]).await, Ok(json!(0)));
        desk.press("关闭").await;

        desk.press("添加人员").await;
        desk.enter("姓名", "次仁央宗").await;
        desk.enter("身份", "人民调解员").await;
        world.station.stop().await;
        desk.press("保存").await;
        assert!(desk.is_warned("站点没有回应").await.contains("没有改动"));
        desk.holds("姓名", "次仁央宗").await;
        desk.holds("身份", "人民调解员").await;
        world.station.start().await;
        desk.press("保存").await;
        desk.hears("已办好").await;
        desk.sees("次仁央宗").await;
        assert!(!desk.has("姓名").await, "the sheet is gone");
        let listed = world.station.office("worker", &["list", "--json"]);
        let known: Vec<_> = listed.lines().filter(|line| line.contains("次仁央宗")).collect();
        assert!(known.len() == 1 && known[0].contains("mediator"), "{listed}");
    })
    .await;
}

#[tokio::test]
async fn what_a_revoked_phone_still_holds_is_kept_sealed_and_sent_once_the_desk_releases_it() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        let desk = people_at_the_desk(&world).await;
        offline(village, true).await;
        samples::dispute().record(village).await;
        village.sync_becomes("离线,1 条已存在本机").await;

        desk.press("管理张建国").await;
        desk.press("停用这部手机").await;
        desk.hears("已办好").await;
        let back =
            json!({ "offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        village.devtools("Network.emulateNetworkConditions", back).await;
        village.press("待上传").await;
        village.press("立即上传").await;
        village.sees("站点不再认识这部手机").await;
        assert!(world.station.entries().is_empty());

        desk.press("放行补传").await;
        desk.sees("只能用一次").await;
        let code = desk.run("return document.querySelector('dialog .once').textContent", vec![]).await;
        let code = code.expect("a code");
        village.open("/enrol").await;
        village.enter("登记码", code.as_str().expect("a text")).await;
        village.press("登记").await;
        village.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), 1, "{entries:#?}");
        assert_eq!(
            (&entries[0]["outcome"], &entries[0]["action"]["type"]),
            (&json!("accepted"), &json!("open"))
        );
    })
    .await;
}
