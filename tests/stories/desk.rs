//! 工作台: what a township's centre does with what its villages report.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    both_ways::offline,
    cases::days_ahead,
    escalation::take,
    samples,
    support::{LUQIAO_GUBAO, Phone, World, story, until},
};

async fn centre(world: &World) -> Phone {
    let desk = world.another_phone("desk").await;
    desk.enrol(&world.station.enrol("欧阳文秀", "coordinator", LUQIAO_GUBAO)).await;
    desk.press("工作台").await;
    desk.heading_becomes("工作台").await;
    desk
}

/// A dispute of this name, saved and delivered.
async fn dispute(phone: &Phone, title: &str) -> String {
    let mut sample = samples::dispute();
    sample.fields.retain(|(label, _)| *label != "纠纷名称");
    sample.fields.push(("纠纷名称", title.to_owned()));
    sample.record(phone).await
}

/// These words stand on the screen, one after the other.
async fn reads_in_order(phone: &Phone, words: &[&str]) {
    until(&format!("read {words:?}"), async || {
        let all = phone.everything().await?;
        let after = |rest: &str, words: &str| rest.split_once(words).map(|(_, rest)| rest.to_owned());
        match words.iter().try_fold(all.clone(), |rest, words| after(&rest, words)) {
            Some(_) => Ok(()),
            None => Err(all),
        }
    })
    .await;
}

fn of_type<'a>(entries: &'a [Value], kind: &str) -> Vec<&'a Value> {
    entries.iter().filter(|entry| entry["action"]["type"] == kind).collect()
}

#[tokio::test]
async fn several_cases_are_handed_on_at_once_and_each_becomes_an_entry_of_its_own() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        let desk = centre(&world).await;
        desk.sees("这里没有要办的事").await;
        for title in ["水渠清淤谁家出工", "牦牛踩了青苗", "宅基地界址"] {
            dispute(village, title).await;
        }
        village.sync_becomes("全部已送达").await;
        desk.press("辖区在办 3").await;
        // The oldest first, and since when.
        reads_in_order(&desk, &["水渠清淤谁家出工", "日起", "牦牛踩了青苗", "日起", "宅基地界址", "日起"])
            .await;
        desk.press("批量交办").await;
        desk.enter("水渠清淤谁家出工", "true").await;
        desk.enter("牦牛踩了青苗", "true").await;
        desk.press("交办 2 件").await;
        desk.enter("交办给", "张建国").await;
        desk.press("保存").await;
        desk.hears("已交办 2 件").await;
        desk.sync_becomes("全部已送达").await;

        // What was handed to somebody comes to the top of their first screen.
        village.press("今天").await;
        village.sees("需要办理").await;
        village.press("台账").await;
        village.press_row("牦牛踩了青苗").await;
        village.timeline_becomes(&["登记", "交办"]).await;

        let entries = world.station.entries();
        let steps = of_type(&entries, "step");
        assert_eq!(steps.len(), 2, "{entries:#?}");
        let to = format!("worker:{}", world.station.worker("张建国"));
        for step in &steps {
            assert_eq!(step["action"]["body"]["assignee"], to.as_str());
            assert_eq!(step["outcome"], "accepted");
        }
        assert_ne!(steps[0]["record"], steps[1]["record"]);
    })
    .await;
}

/// The commit of the second entry from now on fails, as on a phone that has lost its database; later ones don't.
const SECOND_FAILS: &str = "
    const put = IDBObjectStore.prototype.put;
    let entries = 0;
    IDBObjectStore.prototype.put = function (...details) {
        const request = put.apply(this, details);
        if (this.name === 'entries' && ++entries === 2) this.transaction.abort();
        return request;
    };
";

#[tokio::test]
async fn what_is_handed_on_half_way_is_not_handed_on_twice() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        let desk = centre(&world).await;
        for title in ["水渠清淤谁家出工", "牦牛踩了青苗", "宅基地界址"] {
            dispute(village, title).await;
        }
        village.sync_becomes("全部已送达").await;
        desk.press("辖区在办 3").await;
        desk.press("批量交办").await;
        for title in ["水渠清淤谁家出工", "牦牛踩了青苗", "宅基地界址"] {
            desk.enter(title, "true").await;
        }
        desk.press("交办 3 件").await;
        desk.enter("交办给", "张建国").await;
        desk.run(SECOND_FAILS, vec![]).await.expect("a page");
        desk.press("保存").await;
        desk.is_warned("已交办 1 件,共 3 件,其余没有交办").await;
        desk.holds("交办给", "张建国").await;
        desk.press("保存").await;
        desk.hears("已交办 3 件").await;
        desk.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let steps = of_type(&entries, "step");
        let records: BTreeSet<_> = steps.iter().map(|step| step["record"].to_string()).collect();
        assert_eq!((steps.len(), records.len()), (3, 3), "{entries:#?}");
        assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_complaint_comes_to_the_countys_inbox_is_answered_there_and_its_writer_sees_the_answer() {
    story(async |world| {
        let writer = world.enrolled_as("张建国", "mediator").await;
        let county = world.another_phone("county").await;
        let add = ["add", "--name", "赵县长", "--role", "coordinator", "--village", LUQIAO_GUBAO];
        world.station.office("worker", &[&add[..], &["--area", "513322"]].concat());
        county.enrol(&world.station.enrol_again(&world.station.worker("赵县长"))).await;
        let township = centre(&world).await;
        writer.open("/me").await;
        writer.press("投诉建议").await;
        writer.heading_becomes("投诉建议").await;
        writer.enter("关于", "负担过重、重复填报").await;
        writer.enter("内容", "同一次走访要填三张表。").await;
        let page = writer.save().await;
        writer.sees("群众看到的进度:正在办理").await;
        writer.sync_becomes("全部已送达").await;

        county.press("工作台").await;
        reads_in_order(&county, &["负担过重、重复填报", "日起"]).await;
        county.press_row("负担过重、重复填报").await;
        county.press("答复").await;
        county.enter("答复", "三张表已合并为一张。").await;
        county.press("保存").await;
        county.timeline_becomes(&["登记", "答复"]).await;
        county.sync_becomes("全部已送达").await;
        county.open("/desk").await;
        county.sees("这里没有要办的事").await;
        writer.open(&page).await;
        writer.timeline_becomes(&["登记", "答复"]).await;
        writer.sees("三张表已合并为一张。").await;
        writer.sees("群众看到的进度:已办结").await;
        let entries = world.station.entries();
        assert_eq!(entries[1]["action"]["body"]["answer"], "三张表已合并为一张。", "{entries:#?}");
        assert_eq!(entries[1]["outcome"], "accepted");
        township.sees("这里没有要办的事").await;
    })
    .await;
}

#[tokio::test]
async fn a_centre_learns_how_many_consultations_there_are_and_nothing_else_of_them() {
    story(async |world| {
        let adviser = world.enrolled_as("王律师", "legal_adviser").await;
        let desk = centre(&world).await;
        desk.sees("数量").await;
        desk.sees("还没有。").await;
        samples::consultation().record(adviser).await;
        samples::consultation().record(adviser).await;
        let mut elsewhere = samples::consultation();
        for (label, value) in &mut elsewhere.fields {
            if *label == "村(社区)" {
                "杵坭村".clone_into(value);
            }
        }
        elsewhere.record(adviser).await;
        adviser.sync_becomes("全部已送达").await;
        desk.press("今天").await;
        desk.press("工作台").await;
        desk.sees("本月 2 件 · 累计 2 件").await;
        let shown = desk.everything().await.expect("a page");
        let (_, numbers) = shown.split_once("数量").expect("the section");
        assert!(
            numbers.contains("法律咨询") && !numbers.contains("王律师") && !numbers.contains("固包"),
            "{shown}"
        );
        assert_eq!(desk.row_count_becomes(0).await.len(), 0, "and no record of it");

        world.station.stop().await;
        desk.press("今天").await;
        desk.press("工作台").await;
        desk.sees("现在看不到数量").await;
        world.station.start().await;
        desk.send_now("全部已送达").await;
        desk.press("工作台").await;
        desk.sees("本月 2 件 · 累计 2 件").await;

        let county = world.another_phone("county").await;
        let person = [
            "add",
            "--name",
            "赵县长",
            "--role",
            "coordinator",
            "--village",
            LUQIAO_GUBAO,
            "--area",
            "513322",
        ];
        world.station.office("worker", &person);
        county.enrol(&world.station.enrol_again(&world.station.worker("赵县长"))).await;
        county.press("工作台").await;
        county.sees("本月 3 件 · 累计 3 件").await;
        county.press("各乡镇").await;
        for (town, count) in [("泸桥镇", 2), ("冷碛镇", 1)] {
            county.sees(&format!("{town} · 法律咨询\n本月 {count} 件")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_overdue_case_carries_its_card_at_the_desk_over_whoever_has_it_and_nowhere_else() {
    story(async |world| {
        world.station.office(
            "desk",
            &["add", "--desk", "luqiao", "--kind", "police", "--name", "泸桥派出所", "--area", "513322100"],
        );
        let village = world.enrolled_as("张建国", "mediator").await;
        dispute(village, "水渠清淤谁家出工").await;
        village.sync_becomes("全部已送达").await;
        let police = world.another_phone("police").await;
        police.enrol(&world.station.enrol("李警官", "partner", LUQIAO_GUBAO)).await;
        world
            .station
            .office("desk", &["seat", "--desk", "luqiao", "--worker", &world.station.worker("李警官")]);
        let desk = centre(&world).await;
        desk.press("辖区在办 1").await;
        desk.press_row("水渠清淤谁家出工").await;
        desk.press("交办").await;
        desk.enter("交办给", "泸桥派出所").await;
        desk.press("保存").await;
        desk.sees("现由").await;
        desk.sync_becomes("全部已送达").await;
        police.reload().await;
        police.send_now("全部已送达").await;
        for phone in [&desk, &police] {
            phone.before_every_page(&days_ahead(60)).await;
            phone.open("/desk").await;
            phone.press("已超期 1").await;
        }
        desk.sees("红牌").await;
        police.sees("水渠清淤谁家出工").await;
        assert!(!police.everything().await.expect("a page").contains("牌督办"), "nobody is over themselves");
    })
    .await;
}

#[tokio::test]
async fn two_reports_of_the_same_are_merged_kept_linked_and_parted_again() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        let desk = centre(&world).await;
        dispute(village, "新装的摄像头正对王家院门").await;
        dispute(village, "王家与李家因监控摄像头争吵").await;
        village.sync_becomes("全部已送达").await;
        desk.press("辖区在办 2").await;
        desk.press_row("王家与李家因监控摄像头争吵").await;
        desk.press("与另一件并案").await;
        desk.press_with("新装的摄像头正对王家院门").await;
        desk.sees("撤销并案").await;
        desk.press("返回").await;
        desk.sees("辖区在办 1").await;
        desk.sync_becomes("全部已送达").await;

        village.timeline_becomes(&["登记", "并入另一件"]).await;
        village.sees("已并入另一件").await;
        village.press("新装的摄像头正对王家院门").await;
        village.sees("并入本件的").await;

        desk.press("台账").await;
        desk.press_row("王家与李家因监控摄像头争吵").await;
        desk.press("撤销并案").await;
        desk.press("工作台").await;
        desk.sees("辖区在办 2").await;
        village.press("台账").await;
        village.press_row("王家与李家因监控摄像头争吵").await;
        village.timeline_becomes(&["登记", "并入另一件", "撤销并案"]).await;
        let entries = world.station.entries();
        assert_eq!((of_type(&entries, "merge").len(), of_type(&entries, "unmerge").len()), (1, 1));
        assert!(entries.iter().all(|entry| entry["outcome"] == "accepted"), "{entries:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_party_scans_a_slip_that_was_given_offline_sees_the_progress_and_nothing_else_and_objects() {
    story(async |world| {
        let phone = world.enrolled_as("张建国", "mediator").await;
        offline(phone, true).await;
        dispute(phone, "新装的摄像头正对王家院门").await;
        phone.press("开一张").await;
        phone.sees("还没有送达县平台").await;
        let address = "return document.querySelector('dialog .address').textContent";
        let address = phone.run(address, vec![]).await.expect("an address");
        let address = address.as_str().expect("a text").to_owned();
        let code = "const code = document.querySelector('dialog svg[role=img]'); \
                    return [code.getAttribute('aria-label'), code.querySelector('path').getAttribute('d').length > 1000]";
        assert_eq!(phone.run(code, vec![]).await, Ok(serde_json::json!(["查看进度的二维码", true])));
        let paper = phone.devtools("Page.printToPDF", serde_json::json!({})).await["data"].clone();
        let pages = phone.run("return atob(arguments[0]).split('/Type /Page\\n').length - 1", vec![paper]).await;
        assert_eq!(pages, Ok(1.into()), "on one sheet of paper");

        let path = address.strip_prefix(&world.station.origin()).expect("the station's own").to_owned();
        assert_eq!(world.station.get(&path).status, 404, "not before it was delivered");
        phone.run("window.paper = document.querySelector('dialog .slip')", vec![]).await.expect("a page");
        offline(phone, false).await;
        // The open sheet says so by itself once it has been delivered, and is still the one that is looked at.
        phone.sees("县平台已收到,现在就能查").await;
        phone.sees("县平台回执").await;
        let same = phone.run("return window.paper.isConnected", vec![]).await;
        assert_eq!(same, Ok(true.into()), "nothing is drawn anew under a finger that presses 打印");
        phone.press("关闭").await;
        phone.send_now("全部已送达").await;

        let party = world.another_phone("party").await;
        party.client().goto(&address).await.expect("a page");
        party.sees("办理进度").await;
        let page = party.everything().await.expect("a page");
        assert!(page.contains("已登记") && page.contains("矛盾纠纷"), "{page}");
        for secret in ["摄像头", "王", "固包", "张建国"] {
            assert!(!page.contains(secret), "{secret}: {page}");
        }
        party.type_in("有异议的话,请写哪里不对 可以不写,最多500字", "我没有同意登记的人数").await;
        party.press("有异议").await;
        until("see the answer", async || match party.everything().await? {
            page if page.contains("有异议") && !page.contains("以上情况属实吗") => Ok(()),
            page => Err(page),
        })
        .await;

        phone.press("台账").await;
        phone.press_row("新装的摄像头正对王家院门").await;
        phone.sees("当事人有异议").await;
        phone.sees("我没有同意登记的人数").await;
        let entries = world.station.entries();
        let answers = of_type(&entries, "answer");
        assert_eq!(answers.len(), 1, "{entries:#?}");
        assert_eq!(answers[0]["action"]["verdict"], "contested");
        let stored = serde_json::to_string(&entries).expect("it was JSON");
        let token = path.trim_start_matches("/p/");
        assert!(!stored.contains(token) && !world.station.said().contains(token), "the token stays with its bearer");
    })
    .await;
}

#[tokio::test]
async fn a_party_confirms_the_outcome_and_says_how_content_they_are_if_they_like() {
    story(async |world| {
        let phone = world.enrolled_as("张建国", "mediator").await;
        let record = dispute(phone, "水渠清淤谁家出工").await;
        phone.sees("群众看到的进度:已登记").await;
        take(phone, "当场化解", &[("化解情况", "两家各清一半,当面说好")]).await;
        phone.sees("群众看到的进度:已有结果").await;
        phone.press("开一张").await;
        phone.sees("县平台已收到,现在就能查").await;
        let address = "return document.querySelector('dialog .address').textContent";
        let address = phone.run(address, vec![]).await.expect("an address");
        phone.press("关闭").await;

        let party = world.another_phone("party").await;
        party.client().goto(address.as_str().expect("a text")).await.expect("a page");
        party.sees("您认可这个结果吗").await;
        party.press_choice("满意度 可以不选", "基本满意").await;
        party.press("认可").await;
        party.sees("要改一下您的答复吗").await;
        phone.open(&record).await;
        phone.timeline_becomes(&["登记", "当场化解", "开出回执单", "当事人确认属实"]).await;
        let entries = world.station.entries();
        let answers = of_type(&entries, "answer");
        assert_eq!(answers.len(), 1, "{entries:#?}");
        assert_eq!(answers[0]["action"]["verdict"], "confirmed");
        assert_eq!(answers[0]["action"]["satisfaction"], 3);
    })
    .await;
}

/// Whether the list and the case are both on the screen, one beside the other, and nothing is cut off at the side.
const BESIDE: &str = "
    const [list, detail] = ['.split-list', '.split-detail'].map((name) => document.querySelector(name).getBoundingClientRect());
    const inside = document.documentElement.scrollWidth <= innerWidth;
    return [list.width > 300, detail.width > 400, list.right <= detail.left, inside];
";

#[tokio::test]
async fn on_a_wide_screen_the_inbox_stays_beside_the_case_that_is_answered() {
    story(async |world| {
        let village = world.enrolled_as("张建国", "mediator").await;
        for title in ["水渠清淤谁家出工", "牦牛踩了青苗"] {
            let page = dispute(village, title).await;
            take(village, "上报综治中心", &[("上报理由", "双方各执一词")]).await;
            village.open(&page).await;
        }
        village.sync_becomes("全部已送达").await;
        let desk = centre(&world).await;
        let wide =
            serde_json::json!({ "width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        desk.devtools("Emulation.setDeviceMetricsOverride", wide).await;
        for title in ["水渠清淤谁家出工", "牦牛踩了青苗"] {
            desk.press_row(title).await;
            let heading = "return document.querySelector('.split-detail h1')?.textContent ?? null";
            until("see the case beside its list", async || match desk.run(heading, vec![]).await? {
                Value::String(heading) if heading == title => Ok(()),
                other => Err(other.to_string()),
            })
            .await;
            assert_eq!(desk.run(BESIDE, vec![]).await, Ok(serde_json::json!([true, true, true, true])));
            take(&desk, "开始调解", &[]).await;
        }
        desk.sync_becomes("全部已送达").await;
        let entries = world.station.entries();
        let accepted = of_type(&entries, "step");
        let accepted: Vec<_> = accepted.iter().filter(|step| step["action"]["step"] == "mediate").collect();
        assert_eq!(accepted.len(), 2, "{entries:#?}");
        assert!(accepted.iter().all(|step| step["outcome"] == "accepted"), "{entries:#?}");
    })
    .await;
}
