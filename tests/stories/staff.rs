//! 人员: what a coordinator does about people and phones, and what those who work notice of it.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    both_ways::offline,
    samples,
    support::{LOCKED, LUQIAO_GUBAO, Phone, World, story},
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
        desk.sees("停用这部手机").await;
        let own = "return [...document.querySelectorAll('details[open] > .btns button')].map((button) => button.textContent)";
        assert_eq!(desk.run(own, vec![]).await, Ok(json!(["发登记码", "移交辖区"])), "nobody shuts themselves out");
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
async fn somebody_is_given_another_role_and_another_village() {
    story(async |world| {
        let worker = world.enrolled_as("扎西多吉", "grid_worker").await;
        let desk = people_at_the_desk(&world).await;
        desk.press("管理扎西多吉").await;
        desk.press("身份和辖区").await;
        desk.press_choice("身份", "网格员").await;
        desk.press("保存").await;
        desk.is_warned("至少各选一项").await;
        desk.enter("身份", "网格员").await;
        desk.enter("身份", "人民调解员").await;
        desk.enter("辖区", "泸桥镇大坝村(示例)").await;
        desk.press("保存").await;
        desk.hears("已办好").await;
        desk.sees("网格员、人民调解员").await;
        let known = known(&world);
        let now = ("扎西多吉".to_owned(), r#"["grid_worker","mediator"]"#.to_owned());
        assert!(known.contains(&now), "{known:?}");
        // The phone asks who its person is whenever the app is opened.
        worker.open("/me").await;
        worker.sees("网格员、人民调解员").await;
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_pin_is_released_at_the_desk() {
    story(async |world| {
        let phone = world.enrolled_as("扎西多吉", "grid_worker").await;
        phone.press("我的").await;
        let number = phone.installation().await;
        phone.press("锁定").await;
        phone.heading_becomes(LOCKED).await;
        phone.press("忘记PIN").await;
        phone.sees(&number).await;
        let desk = people_at_the_desk(&world).await;
        desk.press("管理扎西多吉").await;
        desk.sees(&number).await;
        desk.press("找回PIN").await;
        desk.sees("先确认是本人").await;
        let code = desk.run("return document.querySelector('dialog .once').textContent", vec![]).await;
        let code = code.expect("a code").as_str().expect("a text").to_owned();
        phone.enter("找回码", &code).await;
        phone.set_pin("730294", "730294").await;
        phone.press("找回").await;
        phone.sees("新的PIN已设好").await;
        phone.unlock_with("730294").await;
        phone.heading_becomes("今天").await;
        let news = world.station.check();
        assert!(news.iter().any(|line| line.contains(r#""finding":"recovery""#)), "{news:#?}");
    })
    .await;
}

/// A list as a Chinese spreadsheet program saves it, in GBK:
/// 工号,姓名,角色,村 / LQ-01,次仁央宗,人民调解员,固包村 / LQ-02,扎西多吉,网格员；人民调解员,513322100202
const GBK: &[u8] = b"\xb9\xa4\xba\xc5,\xd0\xd5\xc3\xfb,\xbd\xc7\xc9\xab,\xb4\xe5\r\n\
    LQ-01,\xb4\xce\xc8\xca\xd1\xeb\xd7\xda,\xc8\xcb\xc3\xf1\xb5\xf7\xbd\xe2\xd4\xb1,\xb9\xcc\xb0\xfc\xb4\xe5\r\n\
    LQ-02,\xd4\xfa\xce\xf7\xb6\xe0\xbc\xaa,\xcd\xf8\xb8\xf1\xd4\xb1\xa3\xbb\xc8\xcb\xc3\xf1\xb5\xf7\xbd\xe2\xd4\xb1,513322100202\r\n";

/// A file beside the station's folder.
fn file(world: &World, name: &str, bytes: &[u8]) -> PathBuf {
    let file = world.station.folder().with_file_name(name);
    fs::write(&file, bytes).expect("the story's folder can be written to");
    file
}

/// Everybody whom the station knows: name and roles.
fn known(world: &World) -> Vec<(String, String)> {
    let listed = world.station.office("worker", &["list", "--json"]);
    let people = listed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told =
        |person: Value| (person["name"].as_str().unwrap_or_default().to_owned(), person["roles"].to_string());
    people.map(told).collect()
}

#[tokio::test]
async fn a_list_is_checked_line_by_line_mended_and_imported() {
    story(async |world| {
        let desk = people_at_the_desk(&world).await;
        desk.press("从表格导入").await;
        let template = desk.downloads(async || desk.press("下载模板").await).await;
        let template = fs::read_to_string(template).expect("a text");
        assert_eq!(template, "\u{feff}工号,姓名,角色,村,区域,席位\r\n");

        let wrong = format!(
            "{template}LQ-01,=cmd|'/C calc'!A0,网格员,固包村,,\r\nLQ-02,扎西多吉,网格员,冷碛镇杵坭村,,\r\nLQ-03,王五,市长,固包村,,\r\n"
        );
        desk.add_file("选择表格", &file(&world, "wrong.csv", wrong.as_bytes())).await;
        desk.sees("有 2 处不对,一个人也不会导入").await;
        desk.sees("第 2 行:有一格以 = + - 或 @ 开头").await;
        desk.sees("第 4 行:没有角色,或者写法不认识").await;
        let far = wrong.replace("=cmd|'/C calc'!A0", "次仁央宗").replace("市长", "网格员");
        desk.add_file("选择表格", &file(&world, "far.csv", far.as_bytes())).await;
        desk.sees("第 3 行:超出了您的辖区").await;
        let imports = "return [...document.querySelectorAll('dialog .sheet-foot button')].length";
        assert_eq!(desk.run(imports, vec![]).await, Ok(json!(0)), "what is refused can't be imported");

        desk.add_file("选择表格", &file(&world, "people.csv", GBK)).await;
        desk.sees("将添加 2 人").await;
        desk.sees("次仁央宗、扎西多吉").await;
        assert_eq!(known(&world).len(), 1, "nobody was added by looking");
        world.station.stop().await;
        desk.press("导入").await;
        desk.is_warned("站点没有回应").await;
        world.station.start().await;
        desk.press("导入").await;
        desk.hears("已导入 2 人").await;
        desk.sees("次仁央宗").await;
        desk.sees("网格员、人民调解员 · 泸桥镇咱里村").await;
        let told = |name: &str, roles: &str| (name.to_owned(), roles.to_owned());
        let people = known(&world);
        for person in [
            told("次仁央宗", r#"["mediator"]"#),
            told("扎西多吉", r#"["grid_worker","mediator"]"#),
        ] {
            assert!(people.contains(&person), "{people:?}");
        }
        assert_eq!(people.len(), 3);
        let audit = world.station.office("audit", &["--json"]);
        assert!(audit.contains("\"act\":\"import\""), "{audit}");
    })
    .await;
}

#[tokio::test]
async fn whoever_is_seated_at_the_police_desk_has_a_desk_of_their_own() {
    story(async |world| {
        let police = world.enrolled_as("李警官", "partner").await;
        police.nav_becomes(&["今天", "台账", "待上传", "我的"]).await;
        let desk = people_at_the_desk(&world).await;
        desk.press("单位").await;
        desk.sees("泸桥镇综治中心").await;
        desk.press("加入泸桥镇综治中心").await;
        desk.sees("没有可以加入的人").await;
        desk.press("关闭").await;
        desk.press("新设单位").await;
        desk.enter("单位类别", "派出所").await;
        desk.enter("单位名称", "泸桥派出所").await;
        desk.press("保存").await;
        desk.hears("已办好").await;
        desk.press("加入泸桥派出所").await;
        desk.enter("谁加入", "李警官").await;
        desk.press("保存").await;
        desk.sees("移出").await;

        // Without loading anything anew.
        police.nav_becomes(&["今天", "台账", "待上传", "我的", "工作台"]).await;
        police.press("工作台").await;
        police.heading_becomes("工作台").await;
        police.sees("泸桥派出所").await;
        let listed = world.station.office("desk", &["list", "--json"]);
        let line = listed.lines().find(|line| line.contains("泸桥派出所")).unwrap_or_default();
        assert!(
            line.contains("police:513322100") && line.contains(&world.station.worker("李警官")),
            "{listed}"
        );

        desk.press("从泸桥派出所移出李警官").await;
        desk.sees("还没有人").await;
        police.nav_becomes(&["今天", "台账", "待上传", "我的"]).await;
        let listed = world.station.office("desk", &["list", "--json"]);
        assert!(!listed.contains(&world.station.worker("李警官")), "{listed}");
        let audit = world.station.office("audit", &["--json"]);
        for act in ["add_desk", "seat", "unseat"] {
            assert!(audit.contains(&format!("\"act\":\"{act}\"")), "{act}: {audit}");
        }
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
