//! A quarrel about a camera between two neighbours, from the village that finds it to the archive: 村 → 镇 → 四所一庭一中心
//! (seeds of the domain: several attempts without a result are handed up, and each answer comes back).

use serde_json::{Value, json};

use crate::{
    both_ways::offline,
    samples,
    support::{LUQIAO_GUBAO, Phone, World, story, until},
};

const TITLE: &str = "新装的摄像头正对王家院门";

/// Takes a step, and waits until the history has it.
pub async fn take(phone: &Phone, step: &str, fields: &[(&str, &str)]) {
    let before = until("see the history", async || match phone.timeline().await.len() {
        0 => Err("it is empty".to_owned()),
        lines => Ok(lines),
    })
    .await;
    begin(phone, step).await;
    for (label, value) in fields {
        phone.enter(label, value).await;
    }
    phone.press("保存").await;
    until(&format!("see {step} in the history"), async || match phone.timeline().await {
        lines if lines.len() > before && lines[before].starts_with(step) => Ok(()),
        lines => Err(format!("{lines:#?}")),
    })
    .await;
}

/// Opens the form of a step, wherever its button stands.
pub async fn begin(phone: &Phone, step: &str) {
    let place = "const here = [...document.querySelectorAll('main button')].find((b) => b.textContent.trim() === arguments[0]); \
                 return here ? Boolean(here.closest('details:not([open])')) : null";
    let hidden =
        until(&format!("see the step {step}"), async || match phone.run(place, vec![json!(step)]).await? {
            Value::Bool(hidden) => Ok(hidden),
            other => Err(format!("{other}: {}", phone.everything().await?)),
        })
        .await;
    if hidden {
        phone.press("其他步骤").await;
    }
    phone.press(step).await;
}

/// Somebody who sits at a partner's desk.
async fn partner(world: &World, desk: &str, name: &str, person: &str) -> Phone {
    let kind = desk.split(':').next().unwrap_or_default();
    let add = ["add", "--desk", desk, "--kind", kind, "--name", name, "--area", "513322100"];
    world.station.office("desk", &add);
    let code = world.station.enrol(person, "partner", LUQIAO_GUBAO);
    let worker = world.station.worker(person);
    world.station.office("desk", &["seat", "--desk", desk, "--worker", &worker]);
    let phone = world.another_phone(kind).await;
    phone.enrol(&code).await;
    phone
}

#[tokio::test]
async fn a_quarrel_about_a_camera_goes_from_the_village_to_joint_mediation_and_into_the_archive() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        let centre = world.another_phone("centre").await;
        centre.enrol(&world.station.enrol("欧阳文秀", "coordinator", LUQIAO_GUBAO)).await;

        // Half of it happens where there is no network.
        offline(village, true).await;
        let mut dispute = samples::dispute();
        dispute.fields.retain(|(label, _)| *label != "纠纷名称");
        dispute.fields.push(("纠纷名称", TITLE.to_owned()));
        let page = dispute.record(village).await;
        take(village, "开始调解", &[]).await;
        take(village, "记一次调解", &[("调解经过", "李家说摄像头只为防盗,不愿转向。")]).await;
        take(village, "记一次调解", &[("调解经过", "王家要求拆除,双方不欢而散。")]).await;
        take(village, "上报综治中心", &[("上报理由", "两次调解无果,请镇上协调派出所和法庭。")]).await;
        village.sees("现由泸桥镇综治中心办理 · 已调解 2 次").await;
        village.sync_becomes("离线,5 条已存在本机").await;
        assert!(world.station.entries().is_empty());
        offline(village, false).await;
        village.send_now("全部已送达").await;

        centre.press("工作台").await;
        centre.press("待本台办理 1").await;
        centre.press_row(TITLE).await;
        let police = partner(&world, "police:luqiao", "泸桥镇派出所", "王五").await;
        let court = partner(&world, "court:luqiao", "泸桥人民法庭", "赵六").await;
        let lawyer = partner(&world, "law_firm:luqiao", "大渡河律师事务所", "周律师").await;
        // The new desks are in the directory when it is asked for next.
        centre.reload().await;
        centre.open(&page).await;
        let asked = ["泸桥镇派出所", "泸桥人民法庭", "大渡河律师事务所"].map(|name| ("参加单位", name));
        take(&centre, "联合调解", &asked).await;
        centre.sees("联调各方").await;
        centre.send_now("全部已送达").await;

        // The village is away again while the others work.
        offline(village, true).await;
        for (phone, part) in [
            (&police, "画面只到院门外的路,没有拍到屋内。"),
            (&court, "可以调整角度并删除已存画面。"),
            (&lawyer, "依民法典第1032条,隐私权受保护。"),
        ] {
            phone.send_now("全部已送达").await;
            phone.open(&page).await;
            take(phone, "提交办理意见", &[("办理意见", part)]).await;
            phone.send_now("全部已送达").await;
        }
        centre.open(&page).await;
        until("see that all have answered", async || {
            let all = centre.everything().await?.split_whitespace().collect::<String>();
            if all.contains("联调各方") && !all.contains("未答复") { Ok(()) } else { Err(all) }
        })
        .await;
        take(
            &centre,
            "达成协议",
            &[("协议形式", "书面协议"), ("协议内容", "李家把摄像头转向自家院门,删除存储;王家不再追究。")],
        )
        .await;
        take(&centre, "进入履行", &[]).await;
        take(&centre, "办结", &[("履行情况", "当日已转向,双方在场确认。")]).await;
        centre.send_now("全部已送达").await;

        offline(village, false).await;
        village.send_now("全部已送达").await;
        village.open(&page).await;
        take(village, "回访", &[("回访情况", "两家已正常往来。"), ("满意度", "满意")]).await;
        village.send_now("全部已送达").await;
        centre.open(&page).await;
        take(&centre, "归档", &[]).await;
        centre.send_now("全部已送达").await;

        let all = [
            "登记",
            "开始调解",
            "记一次调解",
            "记一次调解",
            "上报综治中心",
            "联合调解",
            "提交办理意见",
            "提交办理意见",
            "提交办理意见",
            "达成协议",
            "进入履行",
            "办结",
            "回访",
            "归档",
        ];
        village.open(&page).await;
        village.timeline_becomes(&all).await;
        let entries = world.station.entries();
        assert_eq!(entries.len(), all.len(), "{entries:#?}");
        assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
        let records: std::collections::BTreeSet<_> =
            entries.iter().map(|entry| entry["record"].as_str()).collect();
        assert_eq!(records.len(), 1, "one case from the beginning to the end");
    })
    .await;
}

/// Waits until each of these partners stands beside its word, without anybody touching the phone.
async fn parts_become(phone: &Phone, parts: &[(&str, &str)]) {
    let script = "return [...document.querySelectorAll('main .parts li')].map((line) => \
                  [...line.querySelectorAll('span')].map((word) => word.textContent.trim()))";
    until(&format!("see the parts {parts:?}"), async || match phone.run(script, vec![]).await? {
        lines if lines == json!(parts) => Ok(()),
        lines => Err(format!("{lines}")),
    })
    .await;
}

#[tokio::test]
async fn a_desk_picks_several_partners_from_one_list_and_sees_who_has_answered_while_it_looks_on() {
    story(async |world| {
        let police = partner(&world, "police:luqiao", "泸桥镇派出所", "王五").await;
        let court = partner(&world, "court:luqiao", "泸桥人民法庭", "赵六").await;
        for (desk, kind, name) in [
            ("law_firm:luqiao", "law_firm", "大渡河律师事务所"),
            ("legal_service_office:luqiao", "legal_service_office", "泸桥法律服务所"),
        ] {
            let add = ["add", "--desk", desk, "--kind", kind, "--name", name, "--area", "513322100"];
            world.station.office("desk", &add);
        }
        let village = world.enrolled_as("张建国", "mediator").await;
        let centre = world.another_phone("centre").await;
        centre.enrol(&world.station.enrol("欧阳文秀", "coordinator", LUQIAO_GUBAO)).await;
        let page = samples::dispute().record(village).await;
        take(village, "上报综治中心", &[("上报理由", "请派出所和法庭一起来。")]).await;
        village.send_now("全部已送达").await;

        // One list, and one of them taken off it again.
        centre.send_now("全部已送达").await;
        centre.open(&page).await;
        begin(&centre, "联合调解").await;
        centre.press("参加单位").await;
        for name in ["泸桥镇派出所", "泸桥人民法庭", "泸桥法律服务所", "大渡河律师事务所"]
        {
            take_from_list(&centre, name, true).await;
        }
        take_from_list(&centre, "泸桥法律服务所", false).await;
        centre.press("完成").await;
        centre.holds("参加单位", "泸桥镇派出所、泸桥人民法庭、大渡河律师事务所").await;
        centre.press("保存").await;
        let nobody = ["泸桥镇派出所", "泸桥人民法庭", "大渡河律师事务所"].map(|name| (name, "未答复"));
        parts_become(&centre, &nobody).await;
        centre.sync_becomes("全部已送达").await;

        // The desk looks on, and loads nothing anew.
        centre.run("window.neverLoadedAnew = true", vec![]).await.expect("a page");
        let mut told = nobody;
        for (place, (phone, part)) in
            [(&police, "只拍到院门外的路。"), (&court, "可以调整角度。")].into_iter().enumerate()
        {
            phone.send_now("全部已送达").await;
            phone.open(&page).await;
            take(phone, "提交办理意见", &[("办理意见", part)]).await;
            told[place].1 = "已答复";
            parts_become(&centre, &told).await;
        }
        assert_eq!(centre.run("return window.neverLoadedAnew", vec![]).await, Ok(json!(true)));
        take(&centre, "达成协议", &[("协议形式", "口头协议"), ("协议内容", "摄像头转向自家院门。")]).await;
        centre.send_now("全部已送达").await;
        village.open(&page).await;
        let all = ["登记", "上报综治中心", "联合调解", "提交办理意见", "提交办理意见", "达成协议"];
        village.timeline_becomes(&all).await;
        parts_become(village, &told).await;

        let entries = world.station.entries();
        assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
        let people = ["张建国", "张建国", "欧阳文秀", "王五", "赵六", "欧阳文秀"];
        let authors: Vec<_> = entries.iter().map(|entry| entry["author"].clone()).collect();
        assert_eq!(authors, people.map(|name| json!(world.station.worker(name))));
        let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
        let body = |place: usize| &actions[place]["body"];
        let asked = ["desk:police:luqiao", "desk:court:luqiao", "desk:law_firm:luqiao"];
        assert_eq!(body(2)["partners"], json!(asked));
        assert_eq!((&body(3)["part_of"], &body(4)["part_of"]), (&json!(asked[0]), &json!(asked[1])));
        assert_eq!(body(3)["part"], "只拍到院门外的路。");
        assert_eq!(body(5)["agreement"], "摄像头转向自家院门。");
        assert_eq!(world.station.findings(), Vec::<Value>::new());
    })
    .await;
}

/// Takes an option of the list that is open, or takes it off again.
async fn take_from_list(phone: &Phone, option: &str, wanted: bool) {
    phone.type_in("搜索", option).await;
    let script = "const found = [...document.querySelectorAll('dialog [role=option]')] \
                  .filter((one) => one.querySelector('span').textContent.trim() === arguments[0]); \
                  if (found.length !== 1) return found.length; \
                  const is = found[0].ariaSelected === 'true'; \
                  if (is !== arguments[1]) found[0].click(); \
                  return is";
    until(&format!("see {option} taken: {wanted}"), async || {
        match phone.run(script, vec![json!(option), json!(wanted)]).await? {
            Value::Bool(is) if is == wanted => Ok(()),
            other => Err(format!("{other}")),
        }
    })
    .await;
}
