//! Forms: every field is found by its label, what is missing or wrong is said in sentences, and nothing typed is lost.

use crate::{
    samples::{self, assert_opened},
    support::{Phone, story},
};

const PATROL: &[&str] = &[
    "巡查类型",
    "村(社区)",
    "开始时间",
    "结束时间",
    "路线或点位",
    "参加人",
    "有无发现",
    "发现类别",
    "情况描述",
    "现场处置",
    "照片",
];

const CONSULTATION: &[&str] = &[
    "咨询方式",
    "村(社区)",
    "咨询时间",
    "咨询人",
    "不愿提供身份信息",
    "联系电话",
    "人群类别",
    "咨询类型",
    "咨询内容",
    "答复意见",
    "处理结果",
    "约定日期",
    "用时(分钟)",
    "满意度",
];

const DISPUTE: &[&str] = &[
    "纠纷名称",
    "纠纷类型",
    "村(社区)",
    "发生时间",
    "来源",
    "涉及人数",
    "涉及金额(元)",
    "风险等级",
    "当事人",
    "简要情况",
    "目前处理",
    "照片",
];

#[tokio::test]
async fn every_field_is_reached_by_its_label_in_the_order_of_the_form() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.open("/new/patrol").await;
        assert_eq!(phone.labels().await, PATROL[..7], "four fields wait for a finding");
        phone.enter("有无发现", "有发现").await;
        assert_labels(phone, PATROL).await;
        phone.open("/new/consultation").await;
        phone.enter("处理结果", "约期答复").await;
        assert_labels(phone, CONSULTATION).await;
        phone.open("/new/dispute").await;
        assert_labels(phone, DISPUTE).await;
        for part in ["姓名", "电话", "住址"] {
            assert_eq!(phone.spoken(&format!("当事人 1 › {part}")).await, part);
        }
        assert_eq!(phone.link("有人身危险请先拨打110").await, "tel:110");
        assert_eq!(phone.choices("风险等级").await, ["一般", "较大", "重大"]);
    })
    .await;
}

/// The labels are those of the form, and the browser tells assistive technology the same.
async fn assert_labels(phone: &Phone, wanted: &[&str]) {
    assert_eq!(phone.labels().await, wanted);
    for label in wanted {
        assert_eq!(phone.spoken(label).await, *label);
    }
}

#[tokio::test]
async fn what_is_missing_is_listed_marked_and_led_to_and_nothing_is_saved() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.open("/new/consultation").await;
        phone.press("保存").await;
        phone.is_warned("5").await;
        phone.focus_is_on_the_alert().await;
        let missing = ["咨询方式", "咨询类型", "咨询内容", "答复意见", "处理结果"];
        let links = phone.alert_links().await;
        assert_eq!(links.len(), missing.len(), "{links:?}");
        for (link, label) in links.iter().zip(missing) {
            assert!(link.starts_with(label), "{link} does not name {label}");
            phone.is_marked(label, true).await;
        }
        phone.is_marked("村(社区)", false).await;
        phone.press(&links[2]).await;
        phone.focus_becomes("咨询内容").await;
        assert_eq!(phone.path().await, "/new/consultation");
        phone.enter("咨询内容", "借款能不能要回来?").await;
        phone.press("保存").await;
        phone.is_warned("4").await;
        phone.focus_is_on_the_alert().await;
        phone.is_marked("咨询内容", false).await;
        phone.press("台账").await;
        phone.row_count_becomes(0).await;
        assert!(world.station.entries().is_empty());

        let sample = samples::consultation();
        sample.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn a_field_that_appears_is_required_from_then_on_and_gone_when_it_is_hidden_again() {
    story(async |world| {
        let phone = world.enrolled().await;
        let found = samples::finding("会被收回的描述");
        found.begin(phone).await;
        found.fill(phone).await;
        phone.type_in("情况描述", "").await;
        phone.press("保存").await;
        phone.is_warned("情况描述").await;
        assert_eq!(phone.alert_links().await.len(), 1);
        phone.enter("情况描述", "会被收回的描述").await;
        phone.enter("有无发现", "无异常").await;
        assert!(!phone.has("情况描述").await);
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&samples::patrol()]);
    })
    .await;
}

#[tokio::test]
async fn the_second_patrol_of_a_day_is_one_tap_and_saved() {
    story(async |world| {
        let phone = world.enrolled().await;
        let first = samples::patrol();
        first.record(phone).await;
        first.begin(phone).await;
        let now = phone.value("开始时间").await;
        phone.sees("同上次").await;
        phone.enter("有无发现", "无异常").await;
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        let mut second = samples::patrol();
        second.body["started_at"] = now.into();
        assert_opened(&world.station.entries(), &[&first, &second]);
    })
    .await;
}

#[tokio::test]
async fn an_impatient_thumb_that_presses_save_twice_saves_once() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::patrol();
        sample.begin(phone).await;
        sample.fill(phone).await;
        phone.press_twice("保存").await;
        phone.hears("已存在本机").await;
        phone.sync_becomes("全部已送达").await;
        phone.press("台账").await;
        phone.row_count_becomes(1).await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn impossible_dates_numbers_and_phones_are_refused_with_a_sentence_and_kept_for_mending() {
    story(async |world| {
        let phone = world.enrolled().await;
        let sample = samples::dispute();
        sample.begin(phone).await;
        sample.fill(phone).await;
        let wrong = [
            ("发生时间", "0001-01-01T00:00"),
            ("发生时间", "9999-12-31T23:59"),
            ("涉及人数", "两个"),
            ("涉及金额(元)", "1.2.3"),
            ("当事人 1 › 电话", "1390000"),
        ];
        for (label, value) in wrong {
            let right = phone.value(label).await;
            phone.enter(label, value).await;
            phone.press("保存").await;
            phone.is_warned(label.split(" › ").last().unwrap_or(label)).await;
            phone.is_marked(label, true).await;
            phone.holds(label, value).await;
            assert_eq!(phone.path().await, "/new/dispute");
            phone.enter(label, &right).await;
        }
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_too_long_is_refused_with_a_sentence_and_kept_whole() {
    story(async |world| {
        let phone = world.enrolled().await;
        let mut sample = samples::dispute();
        let long = "长".repeat(101);
        sample.begin(phone).await;
        sample.fill(phone).await;
        phone.type_in("纠纷名称", &long).await;
        phone.press("保存").await;
        let warning = phone.is_warned("纠纷名称").await;
        assert!(warning.contains("100"), "{warning} does not say how long it may be");
        phone.is_marked("纠纷名称", true).await;
        phone.holds("纠纷名称", &long).await;
        let fits: String = long.chars().skip(1).collect();
        phone.enter("纠纷名称", &fits).await;
        phone.save().await;
        phone.sync_becomes("全部已送达").await;
        sample.body["title"] = fits.into();
        assert_opened(&world.station.entries(), &[&sample]);
    })
    .await;
}

#[tokio::test]
async fn ten_thousand_characters_of_anything_arrive_byte_for_byte() {
    story(async |world| {
        let phone = world.enrolled().await;
        let strange = format!("{}\u{200f}{}", samples::SUMMARY, "长文本🏔️\u{fe0f}中文𠀀");
        let text: String = strange.chars().cycle().take(10_000 - 1).chain(['。']).collect();
        let sample = samples::finding(&text);
        let page = sample.record(phone).await;
        phone.sync_becomes("全部已送达").await;
        assert_opened(&world.station.entries(), &[&sample]);
        phone.open(&page).await;
        phone.fact_becomes("情况描述", &text).await;

        let one_more = format!("{text}多");
        sample.begin(phone).await;
        phone.enter("有无发现", "有发现").await;
        phone.enter("发现类别", "消防").await;
        phone.enter("现场处置", "劝导").await;
        phone.enter("情况描述", &one_more).await;
        phone.press("保存").await;
        phone.is_warned("10000").await;
        phone.holds("情况描述", &one_more).await;
        assert_eq!(world.station.entries().len(), 1);
    })
    .await;
}
