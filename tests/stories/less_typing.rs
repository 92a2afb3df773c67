//! Less typing: what is known already is offered, carried over or copied, and stays linked.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    photos::PICTURE,
    samples,
    support::{LUQIAO_GUBAO, Phone, story, until},
};

/// What the opening entries of a ledger say at the station, in the order of arrival.
fn opened(entries: &[Value], kind: &str) -> Vec<Value> {
    let of_kind = entries.iter().filter(|entry| entry["kind"] == kind && entry["action"]["type"] == "open");
    of_kind.map(|entry| entry["action"]["body"].clone()).collect()
}

/// Fills in what a dispute needs and nobody can know beforehand.
async fn complete_the_dispute(phone: &Phone, title: &str) {
    let rest = [
        ("纠纷名称", title),
        ("纠纷类型", "名誉、隐私"),
        ("涉及人数", "2"),
        ("风险等级", "一般"),
        ("目前处理", "登记待办"),
    ];
    for (label, value) in rest {
        phone.enter(label, value).await;
    }
}

#[tokio::test]
async fn a_sheet_over_a_record_stays_when_the_record_is_delivered_meanwhile() {
    story(async |world| {
        let phone = world.enrolled_as("和志强", "legal_adviser").await;
        world.station.stop().await;
        samples::consultation().record(phone).await;
        phone.sees("待上传").await;
        phone.press("转为纠纷").await;
        phone.sees("保密义务").await;
        world.station.start().await;
        until("see the record's entry delivered", async || {
            let history =
                phone.run("return document.querySelector('[aria-label=经过]').innerText", vec![]).await?;
            if history.to_string().contains("已送达") { Ok(()) } else { Err(history.to_string()) }
        })
        .await;
        phone.press("当事人已同意").await;
        phone.heading_becomes("矛盾纠纷").await;
    })
    .await;
}

#[tokio::test]
async fn what_arrives_under_a_finger_waits_until_it_is_up() {
    story(async |world| {
        let phone = world.enrolled_as("和志强", "legal_adviser").await;
        world.station.stop().await;
        samples::consultation().record(phone).await;
        phone.sees("待上传").await;
        let button = "window.held = [...document.querySelectorAll('main button')]
                .find((button) => button.textContent === '转为纠纷');
            held.scrollIntoView({ block: 'center' });
            const { x, y, width, height } = held.getBoundingClientRect();
            return [x + width / 2, y + height / 2];";
        let at = phone.run(button, vec![]).await.expect("the button has a place");
        let mouse = async |kind: &str| {
            let details = json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "buttons": 1, "clickCount": 1 });
            phone.devtools("Input.dispatchMouseEvent", details).await;
        };
        mouse("mousePressed").await;
        world.station.start().await;
        phone.sync_becomes("全部已送达").await;
        // Long enough for what was heard to be read again: the question goes through the same database.
        let read = "return indexedDB.databases().then(() => held.isConnected)";
        assert_eq!(phone.run(read, vec![]).await, Ok(true.into()), "the button is the one that was pressed");
        mouse("mouseReleased").await;
        phone.sees("保密义务").await;
        phone.press("取消").await;
        until("see the record's entry delivered", async || {
            let history =
                phone.run("return document.querySelector('[aria-label=经过]').innerText", vec![]).await?;
            if history.to_string().contains("已送达") { Ok(()) } else { Err(history.to_string()) }
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_consultation_becomes_a_dispute_only_with_the_clients_consent_and_nothing_is_typed_again() {
    story(async |world| {
        let phone = world.enrolled_as("和志强", "legal_adviser").await;
        world.station.stop().await;
        let consultation = samples::consultation();
        let page = consultation.record(phone).await;
        phone.press("转为纠纷").await;
        phone.sees("保密义务").await;
        phone.press("取消").await;
        assert_eq!(phone.path().await, page, "without consent nothing is carried");
        phone.press("转为纠纷").await;
        phone.press("当事人已同意").await;
        phone.heading_becomes("矛盾纠纷").await;
        phone.sees("由原记录带来").await;
        phone.holds("当事人 1 › 姓名", "扎西·次仁").await;
        phone.holds("当事人 1 › 电话", "13900000001").await;
        complete_the_dispute(phone, "民间借贷纠纷").await;
        let dispute = phone.save().await;
        phone.sees("由此转来").await;
        phone.press("民间借贷 · 来访").await;
        phone.sees("由此转出").await;
        assert_eq!(phone.path().await, page);
        phone.press("民间借贷纠纷").await;
        phone.heading_becomes("民间借贷纠纷").await;
        assert_eq!(phone.path().await, dispute);

        world.station.start().await;
        phone.send_now("全部已送达").await;
        let bodies = opened(&world.station.entries(), "dispute");
        let origin = page.rsplit('/').next().expect("an address");
        let said = &consultation.body;
        let summary = format!("{}\n{}", said["content"].as_str().unwrap(), said["advice"].as_str().unwrap());
        assert_eq!(bodies.len(), 1);
        assert_eq!(bodies[0]["origin"], origin);
        assert_eq!(bodies[0]["summary"], summary);
        assert_eq!(bodies[0]["village"], said["village"]);
        assert_eq!(bodies[0]["occurred_at"], said["asked_at"]);
        assert_eq!(bodies[0]["parties"], json!([{ "name": "扎西·次仁", "phone": "13900000001" }]));
    })
    .await;
}

#[tokio::test]
async fn a_finding_becomes_a_dispute_with_its_photo_and_one_without_findings_does_not() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::patrol().record(phone).await;
        phone.sees("照此再记一条").await;
        assert!(!phone.everything().await.unwrap().contains("转为纠纷"), "nothing was found");
        let finding = samples::finding("两家为排水沟争吵,各自堵了沟口。");
        finding.begin(phone).await;
        finding.fill(phone).await;
        phone.add_file("照片", Path::new(PICTURE)).await;
        phone.sees_picture("照片 1").await;
        phone.save().await;
        // What arrives moves what lies below it.
        phone.sees("查看回执").await;
        phone.press("转为纠纷").await;
        phone.heading_becomes("矛盾纠纷").await;
        phone.sees_picture("照片 1").await;
        complete_the_dispute(phone, "排水沟纠纷").await;
        phone.enter("当事人 1 › 姓名", "杨根宝").await;
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let (patrols, disputes) = (opened(&entries, "patrol"), opened(&entries, "dispute"));
        assert_eq!(disputes[0]["photos"], patrols[1]["photos"]);
        assert_eq!(disputes[0]["summary"], patrols[1]["description"]);
        assert_eq!(disputes[0]["source"], "patrol");
    })
    .await;
}

#[tokio::test]
async fn what_was_entered_lately_is_one_touch_away_and_a_record_is_written_after_an_earlier_one() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let dispute = samples::dispute();
        dispute.record(phone).await;
        // What was the same last time is filled in and says so.
        phone.open("/new/dispute").await;
        phone.sees("同上次").await;
        let first = dispute.body["parties"][0]["name"].as_str().unwrap().to_owned();
        phone.press(&first).await;
        phone.holds("当事人 1 › 姓名", &first).await;
        assert_eq!(
            phone.value("当事人 1 › 电话").await,
            dispute.body["parties"][0]["phone"].as_str().unwrap_or_default()
        );
        samples::patrol().record(phone).await;
        phone.press("照此再记一条").await;
        phone.heading_becomes("巡查").await;
        phone.sees("照原记录").await;
        phone.holds("路线或点位", "村委会—水厂—三组林口").await;
        assert_ne!(phone.value("开始时间").await, "2026-11-20T08:05", "its own time");
        phone.enter("路线或点位", "河堤").await;
        phone.press("村委会—水厂—三组林口").await;
        phone.holds("路线或点位", "村委会—水厂—三组林口").await;
        phone.save().await;
        world.station.start().await;
        phone.send_now("全部已送达").await;
        let patrols = opened(&world.station.entries(), "patrol");
        assert_eq!(patrols.len(), 2);
        for field in ["patrol_kind", "village", "route", "finding"] {
            assert_eq!(patrols[0][field], patrols[1][field], "{field}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_emergency_names_the_number_to_call_without_a_network() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        phone.open("/new/consultation").await;
        phone.heading_becomes("法律咨询").await;
        assert!(!phone.everything().await.unwrap().contains("拨打110"));
        phone.type_in("咨询内容", "丈夫酒后家暴,孩子也被打").await;
        phone.is_warned("必须报案").await;
        assert_eq!(phone.link("拨打110").await, "tel:110");
        assert_eq!(phone.link("情况紧急请先拨打110").await, "tel:110");
        phone.type_in("咨询内容", "邻居借钱不还").await;
        phone.open("/new/patrol").await;
        phone.enter("有无发现", "有发现").await;
        phone.enter("情况描述", "柴房起火").await;
        assert_eq!(phone.link("拨打119").await, "tel:119");
    })
    .await;
}

#[tokio::test]
async fn what_is_added_to_a_record_names_the_number_to_call_as_well() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        samples::patrol().record(phone).await;
        phone.press("补充").await;
        phone.enter("补充内容", "两人又吵起来").await;
        assert!(!phone.everything().await.expect("a screen has text").contains("拨打110"));
        phone.type_in("补充内容", "其中一人持刀站在门口").await;
        assert_eq!(phone.link("拨打110").await, "tel:110");
        phone.press("取消").await;
        samples::dispute().record(phone).await;
        phone.press("更正").await;
        phone.enter("更正哪一项", "简要情况").await;
        phone.type_in("简要情况", "柴房起火").await;
        assert_eq!(phone.link("拨打119").await, "tel:119");
    })
    .await;
}

#[tokio::test]
async fn partners_of_late_are_a_touch_away_a_list_is_searched_by_initials_and_a_draft_knows_what_was_given() {
    story(async |world| {
        let phone = world.enrolled().await;
        for members in ["杨志强", "泽仁"] {
            let patrol = samples::patrol();
            patrol.begin(phone).await;
            patrol.fill(phone).await;
            phone.enter("参加人", members).await;
            phone.save().await;
        }
        let finding = samples::finding("楼道堆放杂物");
        finding.begin(phone).await;
        finding.fill(phone).await;
        phone.holds("参加人", "泽仁").await;
        phone.press("发现类别").await;
        phone.type_in("搜索", "aqsc").await;
        phone.press_with("安全生产").await;
        phone.press("发现类别").await;
        phone.type_in("搜索", "xf").await;
        phone.press_with("消防").await;
        phone.hears("草稿已保存").await;
        // The draft that is opened again says what was not typed here, and forgets it once it is.
        phone.open("/").await;
        phone.press_row("草稿").await;
        phone.holds("参加人", "泽仁").await;
        given_becomes(phone, "参加人", Some("同上次")).await;
        phone.press("杨志强").await;
        phone.holds("参加人", "杨志强").await;
        given_becomes(phone, "参加人", None).await;
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let patrols = opened(&world.station.entries(), "patrol");
        assert_eq!(patrols[2]["members"], "杨志强");
        assert_eq!(patrols[2]["finding_category"], "fire");
        // People and photos that an earlier record gives say so as well.
        phone.press("转为纠纷").await;
        phone.heading_becomes("矛盾纠纷").await;
        given_becomes(phone, "简要情况", Some("由原记录带来")).await;
        phone.enter("纠纷名称", "楼道纠纷").await;
        phone.hears("草稿已保存").await;
        phone.open("/").await;
        phone.press_row("草稿").await;
        given_becomes(phone, "简要情况", Some("由原记录带来")).await;
    })
    .await;
}

/// Waits until the field of this label says this of where its value comes from.
async fn given_becomes(phone: &Phone, label: &str, wanted: Option<&str>) {
    let script = "
        const labels = Array.from(document.querySelectorAll('main .label'));
        const field = labels.find((one) => one.textContent === arguments[0]).closest('.field');
        return field.querySelector('.prefill')?.textContent ?? null;
    ";
    until(&format!("see {wanted:?} at {label}"), async || {
        match phone.run(script, vec![label.into()]).await? {
            said if said.as_str() == wanted => Ok(()),
            said => Err(said.to_string()),
        }
    })
    .await;
}

#[tokio::test]
async fn a_position_is_added_only_when_it_is_asked_for_and_refused_kindly() {
    story(async |world| {
        let phone = world.enrolled().await;
        let origin = world.station.origin();
        let here = json!({ "latitude": 29.914_631, "longitude": 102.234_567, "accuracy": 11.4 });
        phone.devtools("Emulation.setGeolocationOverride", here).await;
        let permit = |setting: &str| {
            json!({ "origin": origin, "permission": { "name": "geolocation" }, "setting": setting })
        };
        phone.devtools("Browser.setPermission", permit("denied")).await;
        samples::patrol().begin(phone).await;
        samples::patrol().fill(phone).await;
        phone.sees("包括参与联调的派出所、法庭、律师事务所").await;
        phone.press("添加位置").await;
        phone.is_warned("没有得到位置权限").await;
        phone.save().await;
        phone.devtools("Browser.setPermission", permit("granted")).await;
        samples::patrol().begin(phone).await;
        samples::patrol().fill(phone).await;
        phone.press("添加位置").await;
        phone.sees("29.91463, 102.23457(误差约12米)").await;
        phone.save().await;
        assert_eq!(phone.link("29.91463, 102.23457(误差约12米)").await, "geo:29.91463,102.23457?q=29.91463,102.23457");
        phone.sync_becomes("全部已送达").await;
        let patrols = opened(&world.station.entries(), "patrol");
        assert!(patrols[0].get("place").is_none(), "{}", patrols[0]);
        assert_eq!(patrols[1]["place"], json!({ "lat": "29.91463", "lon": "102.23457", "accuracy": 12 }));
    })
    .await;
}

#[tokio::test]
async fn a_complaint_is_written_from_the_settings_and_stands_in_no_ones_way() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.open("/me").await;
        phone.press("投诉建议").await;
        phone.heading_becomes("投诉建议").await;
        phone.sees("只有本人和县级综治中心能看到").await;
        phone.enter("关于", "负担过重、重复填报").await;
        phone.enter("内容", "同一次走访要填三张表。").await;
        phone.save().await;
        phone.sees("待答复").await;
        phone.sync_becomes("全部已送达").await;
        let complaints = opened(&world.station.entries(), "complaint");
        assert_eq!(complaints.len(), 1);
        assert_eq!(complaints[0]["about"], "burden");
        assert_eq!(complaints[0]["village"], LUQIAO_GUBAO);
        phone.open("/").await;
        assert!(!phone.everything().await.unwrap().contains("写投诉建议"), "three books stay three");
    })
    .await;
}

/// Dictation reaches a page as text that an input method commits, without a single key.
#[tokio::test]
async fn dictation_works_in_every_text_and_pasted_control_characters_are_left_out() {
    story(async |world| {
        let phone = world.enrolled().await;
        samples::patrol().begin(phone).await;
        samples::finding("x").fill(phone).await;
        for (label, said) in
            [("路线或点位", "从村口到水厂"), ("参加人", "李四和王五"), ("情况描述", "水沟堵了")]
        {
            phone.dictate(label, said).await;
        }
        phone.save().await;
        phone.open("/new/dispute").await;
        samples::dispute().fill(phone).await;
        for label in ["纠纷名称", "当事人 1 › 姓名", "当事人 1 › 住址", "简要情况"] {
            phone.dictate(label, "说出来的话").await;
        }
        phone.dictate("涉及人数", "12").await;
        phone.dictate("当事人 1 › 电话", "13800138000").await;
        phone.type_in("简要情况", "贴\u{0}进来\u{7}\t话").await;
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let (patrol, dispute) = (&opened(&entries, "patrol")[0], &opened(&entries, "dispute")[0]);
        assert_eq!(patrol["route"], "从村口到水厂");
        assert_eq!(patrol["members"], "李四和王五");
        assert_eq!(patrol["description"], "水沟堵了");
        assert_eq!(dispute["title"], "说出来的话");
        assert_eq!(dispute["people_count"], 12);
        let party = json!({ "name": "说出来的话", "phone": "13800138000", "address": "说出来的话" });
        assert_eq!(dispute["parties"][0], party);
        assert_eq!(dispute["summary"], "贴进来 话");
    })
    .await;
}
