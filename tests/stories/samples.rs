//! What the people of the stories write, and how it must look at the station.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{LUQIAO_GUBAO, Phone};

/// A form, filled in: by labels and words of the screen, and as the station keeps it.
pub struct Sample {
    /// The link on the first screen.
    pub begin: &'static str,
    /// The form's heading.
    pub heading: &'static str,
    /// The ledger.
    pub kind: &'static str,
    /// Label and value.
    pub fields: Vec<(&'static str, String)>,
    /// What the station must have.
    pub body: Value,
}

impl Sample {
    /// Opens the form from the first screen.
    pub async fn begin(&self, phone: &Phone) {
        phone.press("今天").await;
        phone.heading_becomes("今天").await;
        phone.press(self.begin).await;
        phone.heading_becomes(self.heading).await;
    }

    /// Fills it in.
    pub async fn fill(&self, phone: &Phone) {
        for (label, value) in &self.fields {
            if *label == "当事人 2 › 姓名" {
                phone.press("再加一位当事人").await;
            }
            phone.enter(label, value).await;
        }
    }

    /// Begins, fills in and saves; returns the address of the record's page.
    pub async fn record(&self, phone: &Phone) -> String {
        self.begin(phone).await;
        self.fill(phone).await;
        phone.save().await
    }
}

/// A patrol on which nothing was found.
pub fn patrol() -> Sample {
    Sample {
        begin: "记巡查",
        heading: "巡查",
        kind: "patrol",
        fields: texts(&[
            ("巡查类型", "网格巡查"),
            ("开始时间", "2026-11-20T08:05"),
            ("路线或点位", "村委会—水厂—三组林口"),
            ("有无发现", "无异常"),
        ]),
        body: json!({
            "patrol_kind": "grid",
            "village": LUQIAO_GUBAO,
            "started_at": "2026-11-20T08:05",
            "route": "村委会—水厂—三组林口",
            "finding": "none",
        }),
    }
}

/// A patrol with a finding that says this.
pub fn finding(description: &str) -> Sample {
    let mut sample = patrol();
    sample.fields.retain(|(label, _)| *label != "有无发现");
    sample.fields.extend(texts(&[("有无发现", "有发现"), ("发现类别", "消防")]));
    sample.fields.push(("情况描述", description.to_owned()));
    sample.fields.extend(texts(&[("现场处置", "劝导")]));
    sample.body["finding"] = json!("found");
    sample.body["finding_category"] = json!("fire");
    sample.body["description"] = json!(description);
    sample.body["on_site_result"] = json!("persuaded");
    sample
}

/// A consultation that is to be answered on another day.
pub fn consultation() -> Sample {
    Sample {
        begin: "记咨询",
        heading: "法律咨询",
        kind: "consultation",
        fields: texts(&[
            ("咨询方式", "来访"),
            ("村(社区)", "咱里村"),
            ("咨询时间", "2026-11-20T09:30"),
            ("咨询人", "扎西·次仁"),
            ("联系电话", "13900000001"),
            ("人群类别", "农民"),
            ("人群类别", "老年人"),
            ("咨询类型", "民间借贷"),
            ("咨询内容", "借给邻居 3 万元,没有借条,只有微信转账记录,能不能要回来?"),
            ("答复意见", "转账记录可以作证据。先保存原始手机,再约对方书面确认。"),
            ("处理结果", "约期答复"),
            ("约定日期", "2026-12-01"),
            ("用时(分钟)", "25"),
            ("满意度", "满意"),
        ]),
        body: json!({
            "channel": "visit",
            "village": "513322100202",
            "asked_at": "2026-11-20T09:30",
            "client": "扎西·次仁",
            "phone": "13900000001",
            "groups": ["farmer", "elderly"],
            "topic": "loan",
            "content": "借给邻居 3 万元,没有借条,只有微信转账记录,能不能要回来?",
            "advice": "转账记录可以作证据。先保存原始手机,再约对方书面确认。",
            "outcome": "appointed",
            "due": "2026-12-01",
            "minutes": 25,
            "rating": "4",
        }),
    }
}

/// Saves a patrol within the page, quicker than a thumb. Takes the route, and the width and height of each photo.
pub const SAVE: &str = include_str!("save.js");

/// The name of [`dispute`].
pub const DISPUTE: &str = "王德贵与尼玛次仁因灌溉用水先后次序发生的相邻用水纠纷";

/// What happened in [`dispute`]: everything that has ever broken a form.
pub const SUMMARY: &str = "双方田块上下相邻,今年天旱水少 🌾👩‍🌾🇨🇳,因谁先放水发生争吵。\n\
    <script>alert(\"xunji\")</script> & <b>不是</b> {kind} %00 \\u0000 ';--\n\
    \u{202e}从右到左\u{202c} مرحبا 𠮷野家 é(e\u{301}) 结束。";

/// A dispute between two people.
pub fn dispute() -> Sample {
    Sample {
        begin: "记纠纷",
        heading: "矛盾纠纷",
        kind: "dispute",
        fields: texts(&[
            ("纠纷名称", DISPUTE),
            ("纠纷类型", "用水、排水、通行、通风、采光"),
            ("村(社区)", "固包村"),
            ("发生时间", "2026-11-19T17:40"),
            ("来源", "网格巡查"),
            ("涉及人数", "2"),
            ("涉及金额(元)", "1200.50"),
            ("风险等级", "重大"),
            ("当事人 1 › 姓名", "王德贵"),
            ("当事人 1 › 电话", "13900000002"),
            ("当事人 1 › 住址", "固包村二组"),
            ("当事人 2 › 姓名", "尼玛次仁·阿旺曲扎"),
            ("简要情况", SUMMARY),
            ("目前处理", "正在调解"),
        ]),
        body: json!({
            "title": DISPUTE,
            "category": "0201",
            "village": LUQIAO_GUBAO,
            "occurred_at": "2026-11-19T17:40",
            "source": "patrol",
            "people_count": 2,
            "amount": "1200.50",
            "risk": "grave",
            "parties": [
                { "name": "王德贵", "phone": "13900000002", "address": "固包村二组" },
                { "name": "尼玛次仁·阿旺曲扎" },
            ],
            "summary": SUMMARY,
            "handling": "mediating",
        }),
    }
}

/// Asserts that the station holds exactly these records, each opened once, in order and without a gap.
pub fn assert_opened(entries: &[Value], samples: &[&Sample]) {
    let kinds: Vec<_> = entries.iter().map(|entry| entry["kind"].as_str().unwrap_or_default()).collect();
    let wanted: Vec<_> = samples.iter().map(|sample| sample.kind).collect();
    assert_eq!(kinds, wanted, "{entries:#?}");
    for (index, (entry, sample)) in entries.iter().zip(samples).enumerate() {
        assert_eq!(entry["outcome"], "accepted", "{entry:#}");
        assert_eq!(entry["seq"], json!(index + 1), "{entry:#}");
        assert_eq!(entry["revision"], json!(1), "{entry:#}");
        assert_eq!(entry["action"], json!({ "type": "open", "body": sample.body }));
        assert_eq!(entry["installation"], entries[0]["installation"]);
    }
}

/// Asserts that the station holds every patrol whose route the screen called saved, nothing twice, and one sequence
/// without a gap.
pub fn assert_arrived(entries: &[Value], told: &BTreeSet<String>) {
    let routes: Vec<_> =
        entries.iter().filter_map(|entry| entry["action"]["body"]["route"].as_str()).collect();
    let different: BTreeSet<_> = routes.iter().copied().collect();
    assert_eq!(routes.len(), different.len(), "something is doubled: {routes:#?}");
    assert_eq!(routes.len(), entries.len(), "{entries:#?}");
    let lost: Vec<_> = told.iter().filter(|route| !different.contains(route.as_str())).collect();
    assert!(lost.is_empty(), "called saved and lost: {lost:?}");
    let mut numbers: Vec<_> = entries.iter().map(|entry| entry["seq"].as_u64().unwrap_or_default()).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=entries.len() as u64), "the sequence has gaps: {numbers:?}");
    for entry in entries {
        assert_eq!((&entry["outcome"], &entry["revision"]), (&json!("accepted"), &json!(1)), "{entry:#}");
    }
}

fn texts(fields: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    fields.iter().map(|(label, value)| (*label, (*value).to_owned())).collect()
}
