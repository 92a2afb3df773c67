//! The evaluator of forms, case by case: what is refused, and that everything else is kept.

#![allow(clippy::unwrap_used, reason = "Clippy does not take the helpers of tests for tests.")]

use serde_json::{Value, json};
use xunji_domain::{
    entry::Body,
    kind::{Kind, Kinds},
    validate::{self, Fault, Problem},
};

fn kind(id: &str) -> Kind {
    Kinds::default().newest(&id.into()).unwrap().clone()
}

fn body(value: Value) -> Body {
    serde_json::from_value(value).unwrap()
}

fn faults(problems: &[Problem]) -> Vec<(&str, &Fault)> {
    problems.iter().map(|problem| (problem.field.as_str(), &problem.fault)).collect()
}

fn dispute() -> Value {
    json!({
        "title": "灌溉用水纠纷", "category": "0201", "village": "513322100201", "occurred_at": "2026-11-22T07:40",
        "source": "patrol", "people_count": 2, "risk": "ordinary", "summary": "争水", "handling": "mediating",
        "parties": [{"name": "王德贵", "phone": "13900000001", "address": "二组"}, {"name": "李洪英"}],
    })
}

#[test]
fn a_patrol_without_findings_needs_four_fields() {
    let problems = validate::form(&kind("patrol"), &Body::new());
    let missing: Vec<_> = faults(&problems);
    let fields = ["patrol_kind", "village", "started_at", "finding"];
    assert_eq!(missing, fields.map(|field| (field, &Fault::Missing)));
    let done = json!({
        "patrol_kind": "grid", "village": "513322100201", "started_at": "2026-11-22T08:30", "finding": "none",
    });
    assert!(validate::form(&kind("patrol"), &body(done)).is_empty());
}

#[test]
fn a_finding_asks_for_more_and_taking_it_back_asks_no_longer() {
    let mut filled = json!({
        "patrol_kind": "grid", "village": "513322100201", "started_at": "2026-11-22T08:30", "finding": "found",
    });
    let problems = validate::form(&kind("patrol"), &body(filled.clone()));
    let fields = ["finding_category", "description", "on_site_result"];
    assert_eq!(faults(&problems), fields.map(|field| (field, &Fault::Missing)));
    filled["finding"] = json!("none");
    filled["description"] = json!(17);
    assert!(validate::form(&kind("patrol"), &body(filled)).is_empty(), "what is not shown is not judged");
}

#[test]
fn each_type_refuses_what_it_cant_hold() {
    let cases: Vec<(&str, Value, Fault)> = vec![
        ("title", json!("字".repeat(101)), Fault::TooLong { max: 100 }),
        ("title", json!("   "), Fault::Missing),
        ("title", json!(5), Fault::WrongShape),
        ("summary", json!("字".repeat(10_001)), Fault::TooLong { max: 10_000 }),
        ("village", json!("51332210020"), Fault::NotAVillage),
        ("village", json!("5133221002011"), Fault::NotAVillage),
        ("occurred_at", json!("2026-02-30T10:00"), Fault::NotADate),
        ("occurred_at", json!("2026-02-03"), Fault::NotADate),
        ("occurred_at", json!("+12026-02-03T10:00"), Fault::NotADate),
        ("occurred_at", json!("2026-2-3T10:00"), Fault::NotADate),
        ("occurred_at", json!("0001-01-01T00:00"), Fault::YearOutOfRange),
        ("occurred_at", json!("9999-12-31T23:59"), Fault::YearOutOfRange),
        ("people_count", json!("两个"), Fault::NotANumber),
        ("people_count", json!(-1), Fault::NotANumber),
        ("people_count", json!(1.5), Fault::NotANumber),
        ("people_count", json!(10_000_000), Fault::NotANumber),
        ("amount", json!("12.345"), Fault::NotMoney),
        ("amount", json!("1e3"), Fault::NotMoney),
        ("amount", json!("-1"), Fault::NotMoney),
        ("amount", json!("1."), Fault::NotMoney),
        ("parties", json!([]), Fault::Missing),
        ("parties", json!("王"), Fault::WrongShape),
        ("photos", json!(["zz"]), Fault::WrongShape),
    ];
    for (field, value, fault) in cases {
        let mut filled = dispute();
        filled[field] = value.clone();
        let problems = validate::form(&kind("dispute"), &body(filled));
        assert_eq!(faults(&problems), [(field, &fault)], "{value}");
    }
    assert!(validate::form(&kind("dispute"), &body(dispute())).is_empty());
}

#[test]
fn problems_of_people_name_the_person_and_the_part() {
    let mut filled = dispute();
    filled["parties"] = json!([{"name": "王德贵", "phone": "139"}, {"address": "二组"}]);
    let problems = validate::form(&kind("dispute"), &body(filled));
    let place =
        |problem: &Problem| (problem.item, problem.part.clone().unwrap_or_default(), problem.fault.clone());
    assert_eq!(
        problems.iter().map(place).collect::<Vec<_>>(),
        [(Some(0), "phone".into(), Fault::NotAPhone), (Some(1), "name".into(), Fault::Missing)]
    );
}

/// Texts that break other software are simply texts here.
#[test]
fn strange_texts_are_kept() {
    for text in
        ["😀👨‍👩‍👧", "\u{202e}反向", "<script>alert(1)</script>", "'; DROP TABLE entries; --", "\u{0}\u{7}"]
    {
        let mut filled = dispute();
        filled["title"] = json!(text);
        filled["summary"] = json!(text.repeat(50));
        assert!(validate::form(&kind("dispute"), &body(filled)).is_empty(), "{text:?}");
    }
}

#[test]
fn unknown_fields_and_codes_are_kept() {
    let mut filled = dispute();
    filled["category"] = json!("0777");
    filled["of_a_later_version"] = json!({"anything": [1, 2]});
    assert!(validate::form(&kind("dispute"), &body(filled)).is_empty());
}
