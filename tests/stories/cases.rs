//! What a person sees and settles about a case: deadlines, two who changed the same thing, what a desk gives back.

use serde_json::Value;

use crate::{
    both_ways::offline,
    escalation::begin as begin_step,
    samples::{self, DISPUTE},
    support::{LUQIAO_GUBAO, Phone, World, story, until},
};

/// The page's clock, so many days ahead of the station's.
pub fn days_ahead(days: u32) -> String {
    format!(
        "{{
            const Real = Date;
            const ahead = {days} * 24 * 3600 * 1000;
            globalThis.Date = class Date extends Real {{
                constructor(...given) {{ given.length ? super(...given) : super(Date.now()); }}
                static now() {{ return Real.now() + ahead; }}
            }};
        }}"
    )
}

/// A dispute of 张三's village phone, and 李四 at the township's centre with a browser that has it, too.
pub async fn two_who_see_a_dispute(world: &World) -> (&Phone, Phone, String) {
    let village = world.enrolled_as("张三", "mediator").await;
    let page = samples::dispute().record(village).await;
    village.send_now("全部已送达").await;
    let centre = world.another_phone("centre").await;
    centre.enrol(&world.station.enrol("李四", "coordinator", LUQIAO_GUBAO)).await;
    centre.keeps_the_app().await;
    centre.press("台账").await;
    centre.row_count_becomes(1).await;
    centre.open(&page).await;
    village.open(&page).await;
    (village, centre, page)
}

/// Corrects a field.
pub async fn amend(phone: &Phone, field: &str, value: &str) {
    phone.press("更正").await;
    phone.enter("更正哪一项", field).await;
    phone.enter(field, value).await;
    phone.enter("更正原因", "核实").await;
    phone.press("保存").await;
}

fn actions(world: &World) -> Vec<Value> {
    world.station.entries().into_iter().skip(1).map(|entry| entry["action"].clone()).collect()
}

#[tokio::test]
async fn what_is_overdue_comes_to_the_top_of_today_and_says_so_in_words() {
    story(async |world| {
        let phone = world.enrolled_as("张三", "mediator").await;
        samples::patrol().record(phone).await;
        samples::dispute().record(phone).await;
        phone.send_now("全部已送达").await;
        phone.press("今天").await;
        phone.row_count_becomes(2).await;
        assert!(!phone.everything().await.unwrap_or_default().contains("需要办理"), "there is time");
        // A dispute may take thirty days, and whatever days off stand at their end.
        phone.before_every_page(&days_ahead(60)).await;
        phone.reload().await;
        phone.heading_becomes("今天").await;
        let rows = phone.row_count_becomes(3).await;
        assert!(rows[0].contains(DISPUTE) && rows[0].contains("已超期"), "{rows:#?}");
        let all = phone.everything().await.unwrap_or_default();
        assert!(all.find("需要办理") < all.find("最近记录"), "{all}");
        phone.press("台账").await;
        let rows = phone.row_count_becomes(2).await;
        let overdue: Vec<_> = rows.iter().filter(|row| row.contains("已超期")).collect();
        assert!(overdue.len() == 1 && overdue[0].contains(DISPUTE), "a patrol has no last day: {rows:#?}");
        phone.press_row(DISPUTE).await;
        phone.sees("最后一天").await;
        assert!(
            !phone.everything().await.unwrap_or_default().contains("督办"),
            "cards are for the next desk"
        );
    })
    .await;
}

#[tokio::test]
async fn two_who_changed_the_same_thing_are_both_shown_and_one_tap_settles_it() {
    story(async |world| {
        let (village, centre, page) = two_who_see_a_dispute(&world).await;
        world.station.stop().await;
        amend(village, "涉及人数", "4").await;
        village.timeline_becomes(&["登记", "更正"]).await;
        amend(village, "涉及金额(元)", "1500").await;
        amend(&centre, "涉及人数", "5").await;
        village.sync_becomes("离线,2 条已存在本机").await;
        world.station.start().await;
        village.send_now("全部已送达").await;
        centre.send_now("全部已送达").await;

        village.open(&page).await;
        village.sees("李四改为").await;
        village.sees("张三改为").await;
        village.fact_becomes("涉及金额(元)", "1500").await;
        village.press("采用这个:张三").await;
        village.fact_becomes("涉及人数", "4").await;
        village.hears("已选定").await;
        village.press("撤销").await;
        village.hears("已撤销").await;
        village.sees("李四改为").await;
        village.press("采用这个:李四").await;
        village.fact_becomes("涉及人数", "5").await;
        // The history takes it back, too, long after the message has gone.
        village.press("撤销更正 涉及人数").await;
        village.press("采用这个:李四").await;
        village.fact_becomes("涉及人数", "5").await;
        village.send_now("全部已送达").await;
        let changes: Vec<_> = actions(&world)
            .into_iter()
            .filter(|action| action["field"] == "people_count")
            .map(|action| ["from", "to"].map(|part| action[part].as_u64().unwrap_or_default()))
            .collect();
        // Either phone may have been the quicker one; the later value was the one that the page showed.
        let (both, after) = changes.split_at(2);
        assert!([[2, 4], [2, 5]].iter().all(|change| both.contains(change)), "{changes:?}");
        assert_eq!(after, [[both[1][1], 4], [5, 5], [5, 5], [4, 4], [4, 5]]);
        centre.open(&page).await;
        centre.fact_becomes("涉及人数", "5").await;
        assert!(!centre.everything().await.unwrap_or_default().contains("采用这个"));
    })
    .await;
}

#[tokio::test]
async fn what_a_desk_gives_back_is_seen_at_its_field_offline_and_corrected_or_explained_there() {
    story(async |world| {
        let (village, centre, page) = two_who_see_a_dispute(&world).await;
        world.station.stop().await;
        for (field, words) in [("涉及金额(元)", "写清是哪一年的水费"), ("涉及人数", "两家一共几人?")]
        {
            centre.press("退回补正").await;
            centre.enter("要补正哪一项", field).await;
            centre.press("保存").await;
            centre.is_warned("没有保存").await;
            centre.enter("要补正什么", words).await;
            centre.press("保存").await;
            centre.sees(words).await;
        }
        world.station.start().await;
        centre.send_now("全部已送达").await;
        village.open("/").await;
        village.sees("需要补正").await;

        world.station.stop().await;
        village.open(&page).await;
        village.sees("李四:写清是哪一年的水费").await;
        // Two fields are asked about; each has its own buttons.
        let at = |field: &str, button: &str| format!("{field} › {button}");
        village.press(&at("请补正:涉及金额(元)", "更正")).await;
        village.holds("更正哪一项", "涉及金额(元)").await;
        village.enter("涉及金额(元)", "1500").await;
        village.enter("更正原因", "去年的水费").await;
        village.press("保存").await;
        village.fact_becomes("涉及金额(元)", "1500").await;
        village.press(&at("请补正:涉及人数", "说明")).await;
        village.sees("两家一共几人?").await;
        village.enter("说明内容", "只有户主两人").await;
        village.press("保存").await;
        village.fact_becomes("涉及人数", "2").await;
        village.sync_becomes("离线,2 条已存在本机").await;
        village.press("今天").await;
        village.row_count_becomes(1).await;

        world.station.start().await;
        village.send_now("全部已送达").await;
        centre.open(&page).await;
        centre.sees("只有户主两人").await;
        centre.fact_becomes("涉及金额(元)", "1500").await;
        let done: Vec<_> = actions(&world).iter().map(|action| action["type"].clone()).collect();
        assert_eq!(done, ["ask", "ask", "amend", "explain"]);
        assert!(world.station.entries().iter().all(|entry| entry["outcome"] == "accepted"));
    })
    .await;
}

#[tokio::test]
async fn a_case_is_handed_to_a_desk_by_its_name_and_each_partner_s_part_is_seen() {
    story(async |world| {
        for (id, kind, name) in
            [("police:luqiao", "police", "泸桥镇派出所"), ("court:luqiao", "court", "泸桥人民法庭")]
        {
            let desk = ["add", "--desk", id, "--kind", kind, "--name", name, "--area", "513322100"];
            world.station.office("desk", &desk);
        }
        let (village, centre, page) = two_who_see_a_dispute(&world).await;
        centre.press("交办").await;
        centre.enter("交办给", "泸桥镇派出所").await;
        centre.press("保存").await;
        centre.sees("现由泸桥镇派出所办理").await;
        centre.fact_becomes("交办给", "泸桥镇派出所").await;
        centre.press("联合调解").await;
        centre.enter("参加单位", "泸桥镇派出所").await;
        centre.enter("参加单位", "泸桥人民法庭").await;
        centre.press("保存").await;
        centre.fact_becomes("参加单位", "泸桥镇派出所、泸桥人民法庭").await;
        centre.send_now("全部已送达").await;

        let police = world.another_phone("police").await;
        police.enrol(&world.station.enrol("王五", "partner", LUQIAO_GUBAO)).await;
        let worker = world.station.worker("王五");
        world.station.office("desk", &["seat", "--desk", "police:luqiao", "--worker", &worker]);
        police.reload().await;
        until("see what was handed to the desk", async || {
            police.open("/").await;
            let all = police.everything().await?;
            if all.contains("需要办理") { Ok(()) } else { Err(all) }
        })
        .await;
        police.open(&page).await;
        police.press("提交办理意见").await;
        // Whose part it is leaves no choice, so it is not asked.
        assert!(!police.has("代表单位").await);
        police.enter("办理意见", "画面不涉及公共区域").await;
        police.press("保存").await;
        police.send_now("全部已送达").await;

        village.open(&page).await;
        village.sees("联调各方").await;
        until("see whose part is there", async || {
            let all = village.everything().await?.split_whitespace().collect::<String>();
            let seen = all.contains("泸桥镇派出所已答复") && all.contains("泸桥人民法庭未答复");
            if seen { Ok(()) } else { Err(all) }
        })
        .await;
        let part = actions(&world).pop().unwrap_or_default();
        assert_eq!(part["body"]["part_of"], "desk:police:luqiao");
    })
    .await;
}

#[tokio::test]
async fn a_step_that_was_overtaken_while_the_phone_was_offline_comes_back_with_the_reason_and_is_not_lost() {
    story(async |world| {
        let police = ["--desk", "police:luqiao", "--kind", "police", "--name", "泸桥镇派出所"];
        world.station.office("desk", &[&["add"], &police[..], &["--area", "513322100"]].concat());
        let (village, centre, page) = two_who_see_a_dispute(&world).await;
        offline(village, true).await;
        centre.press("交办").await;
        centre.enter("交办给", "泸桥镇派出所").await;
        centre.press("保存").await;
        centre.sees("现由泸桥镇派出所办理").await;
        centre.sync_becomes("全部已送达").await;

        // The phone can't know, and takes the step.
        village.press("开始调解").await;
        village.press("保存").await;
        village.timeline_becomes(&["登记", "开始调解"]).await;
        offline(village, false).await;
        village.timeline_becomes(&["登记", "交办", "开始调解"]).await;
        village.sees("被退回").await;
        village.sees("现由泸桥镇派出所办理").await;
        village.press("待上传").await;
        village.sees("这条记录现在由别人办理,这一步没有走成").await;

        // A step that was not taken leads nowhere.
        village.open(&page).await;
        village.sees("状态:已交办").await;
        assert!(!village.everything().await.unwrap_or_default().contains("状态:调解中"));
        // Its author does without it, on second thoughts too; it stays in the history with its reason.
        village.press("待上传").await;
        village.press("不再办理").await;
        village.sync_becomes("全部已送达").await;
        village.press("撤销").await;
        village.sync_becomes("1 条被退回").await;
        village.press("不再办理").await;
        village.sync_becomes("全部已送达").await;
        village.open(&page).await;
        let lines = village.timeline_becomes(&["登记", "交办", "开始调解"]).await;
        let given_up = |line: &str| line.contains("不再办理") && line.contains("由别人办理");
        assert!(given_up(&lines[2]), "{lines:#?}");

        let entries = world.station.entries();
        let outcomes: Vec<_> = entries.iter().map(|entry| entry["outcome"].clone()).collect();
        assert_eq!(outcomes, ["accepted", "accepted", "parked"]);
        assert_eq!(entries[2]["action"]["step"], "mediate");
        assert_eq!(entries[2]["reason"]["obstacle"]["why"], "not_yours", "{entries:#?}");
        // Whoever has it now is not disturbed by it.
        centre.open(&page).await;
        centre.timeline_becomes(&["登记", "交办"]).await;
    })
    .await;
}

#[tokio::test]
async fn what_a_form_calls_reported_is_said_to_be_unreported_until_its_step_is_taken() {
    story(async |world| {
        let phone = world.enrolled_as("张三", "mediator").await;
        let mut finding = samples::finding("水厂围栏倒了一段");
        for (label, value) in &mut finding.fields {
            if *label == "现场处置" {
                "上报".clone_into(value);
            }
        }
        let page = finding.record(phone).await;
        phone.sees("现场处置写的是“上报”,还没有办这一步:上报。").await;
        phone.sees("群众看到的进度:已登记").await;
        phone.press("今天").await;
        phone.sees("需要办理").await;
        phone.open(&page).await;
        phone.press("上报").await;
        phone.press("保存").await;
        phone.sees("状态:已上报").await;
        phone.sees("群众看到的进度:正在办理").await;
        assert!(!phone.everything().await.unwrap_or_default().contains("还没有办这一步"));
        phone.send_now("全部已送达").await;
        let entries = world.station.entries();
        assert_eq!((entries.len(), &entries[1]["outcome"]), (2, &"accepted".into()));
        assert_eq!(entries[1]["action"]["step"], "report");
        phone.press("今天").await;
        phone.row_count_becomes(1).await;
        assert!(!phone.everything().await.unwrap_or_default().contains("需要办理"));
    })
    .await;
}

#[tokio::test]
async fn a_step_that_named_somebody_who_cant_take_it_is_mended_in_its_sheet() {
    story(async |world| {
        let police = ["--desk", "police:luqiao", "--kind", "police", "--name", "泸桥镇派出所"];
        world.station.office("desk", &[&["add"], &police[..], &["--area", "513322100"]].concat());
        let (_, centre, page) = two_who_see_a_dispute(&world).await;
        offline(&centre, true).await;
        centre.press("交办").await;
        centre.enter("交办给", "张三").await;
        centre.press("保存").await;
        centre.sees("状态:已交办").await;
        world.station.office("worker", &["suspend", "--worker", &world.station.worker("张三")]);
        offline(&centre, false).await;
        centre.sync_becomes("1 条被退回").await;
        centre.sees("状态:已登记").await;
        centre.press("待上传").await;
        centre.press("修改后重报").await;
        centre.heading_becomes(DISPUTE).await;
        centre.enter("交办给", "泸桥镇派出所").await;
        centre.press("保存").await;
        centre.sees("现由泸桥镇派出所办理").await;
        centre.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let told: Vec<_> = entries.iter().map(|entry| &entry["outcome"]).collect();
        assert_eq!(told, ["accepted", "parked", "accepted"]);
        assert_eq!(entries[2]["action"]["body"]["assignee"], "desk:police:luqiao");
        assert_eq!(entries[2]["record"], entries[0]["record"]);
        centre.open(&page).await;
        centre.sees("状态:已交办").await;
    })
    .await;
}

#[tokio::test]
async fn work_comes_down_to_a_person_and_how_often_it_came_back_and_was_mediated_is_said() {
    story(async |world| {
        let (village, centre, page) = two_who_see_a_dispute(&world).await;
        centre.press("交办").await;
        centre.enter("交办给", "张三").await;
        centre.press("保存").await;
        centre.sees("现由张三办理").await;
        centre.send_now("全部已送达").await;
        // It was handed on, so it stands at the top however much time there is.
        village.open("/").await;
        village.sees("需要办理").await;
        let rows = village.row_count_becomes(2).await;
        assert!(rows[0].contains(DISPUTE), "{rows:#?}");
        village.open(&page).await;
        village.press("退回").await;
        village.enter("退回理由", "当事人在外地").await;
        village.press("保存").await;
        village.sees("退回 1 次").await;
        village.press("开始调解").await;
        village.press("保存").await;
        for attempt in ["甲方不肯让", "乙方不肯等"] {
            village.press("记一次调解").await;
            village.enter("调解经过", attempt).await;
            village.press("保存").await;
        }
        village.sees("已调解 2 次").await;
        // Of two attempts the facts show the last one, the history the others.
        village.press("经过 › 调解经过,点按显示").await;
        village.sees("甲方不肯让").await;
        village.press("其他步骤").await;
        village.press("上报综治中心").await;
        village.enter("上报理由", "两次调解无果").await;
        village.press("保存").await;
        village.sees("现由泸桥镇综治中心办理 · 已调解 2 次 · 退回 1 次").await;
        let history = village.timeline().await;
        let named =
            |step: &str, name: &str| history.iter().any(|line| line.starts_with(step) && line.contains(name));
        assert!(named("交办", "交给 张三") && named("上报综治中心", "交给 泸桥镇综治中心"), "{history:#?}");
        village.send_now("全部已送达").await;
        centre.open("/").await;
        centre.sees("需要办理").await;
        assert!(world.station.entries().iter().all(|entry| entry["outcome"] == "accepted"));
    })
    .await;
}

#[tokio::test]
async fn a_consultation_is_assigned_by_the_justice_desk_answered_closed_rated_and_reopened_with_a_reason() {
    story(async |world| {
        let adviser = world.enrolled_as("和志强", "legal_adviser").await;
        let justice = world.another_phone("justice").await;
        justice.enrol(&world.station.enrol("杨所长", "justice_officer", LUQIAO_GUBAO)).await;
        let mut consultation = samples::consultation();
        for (label, value) in &mut consultation.fields {
            if *label == "村(社区)" {
                "固包村".clone_into(value);
            }
        }
        let page = consultation.record(adviser).await;
        adviser.sync_becomes("全部已送达").await;
        justice.press("工作台").await;
        justice.press("辖区在办 1").await;
        justice.press_row("民间借贷").await;
        begin_step(&justice, "交办").await;
        justice.enter("交办给", "和志强").await;
        justice.press("保存").await;
        justice.sees("状态:已交办").await;
        justice.sync_becomes("全部已送达").await;

        adviser.press("今天").await;
        adviser.sees("需要办理").await;
        adviser.open(&page).await;
        adviser.timeline_becomes(&["登记", "交办"]).await;
        begin_step(adviser, "答复").await;
        adviser.enter("答复内容", "转账记录和催要的聊天记录可以作证据。").await;
        adviser.press("保存").await;
        adviser.sees("群众看到的进度:已有结果").await;
        begin_step(adviser, "办结").await;
        adviser.enter("办结情况", "已书面确认欠款。").await;
        adviser.press("保存").await;
        adviser.sees("群众看到的进度:已办结").await;
        begin_step(adviser, "评价").await;
        adviser.enter("评价", "满意").await;
        adviser.press("保存").await;
        adviser.sees("状态:已评价").await;
        begin_step(adviser, "重新办理").await;
        adviser.press("保存").await;
        adviser.sees("请填写").await;
        adviser.enter("重新办理理由", "对方没有按期还款。").await;
        adviser.press("保存").await;
        adviser.sees("状态:已登记").await;
        adviser.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let steps: Vec<_> = entries[1..].iter().map(|entry| entry["action"]["step"].clone()).collect();
        assert_eq!(steps, ["assign", "answer", "close", "rate", "reopen"]);
        assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
    })
    .await;
}
