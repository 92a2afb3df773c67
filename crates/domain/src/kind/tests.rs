use std::collections::BTreeSet;

use super::*;

#[test]
fn built_in_kinds_hold_together() {
    for kind in Kind::built_in() {
        let ids: BTreeSet<_> = kind.fields.iter().map(|field| &field.id).collect();
        assert_eq!(ids.len(), kind.fields.len(), "{:?} has a field twice", kind.id);
        for field in &kind.fields {
            let is_code = matches!(field.form, FieldType::Code | FieldType::Codes);
            assert_eq!(is_code, !kind.codes(field).is_empty(), "{:?} and its list", field.id);
            assert_ne!(field.form, FieldType::Unknown, "{:?}", field.id);
            if let Some(condition) = &field.shown_when {
                assert!(ids.contains(&condition.field), "{:?} depends on nothing", field.id);
            }
        }
        for id in kind.title.iter().chain([&kind.village, &kind.time]) {
            assert!(ids.contains(id), "{:?} names {id:?}", kind.id);
        }
        for (list, codes) in &kind.lists {
            let unique: BTreeSet<_> = codes.iter().map(|code| &code.code).collect();
            assert_eq!(unique.len(), codes.len(), "{list:?} has a code twice");
        }
        let grouped = kind.lists.values().flatten().filter_map(|code| code.group.as_ref());
        assert!(
            grouped.into_iter().all(|group| kind.groups.contains_key(group)),
            "{:?} and its groups",
            kind.id
        );
        for becomes in &kind.becomes {
            let kinds = Kinds::default();
            let to = kinds.newest(&becomes.kind).unwrap();
            assert!(to.origin().is_some(), "{:?} can't say where it came from", to.id);
            for (target, sources) in &becomes.carry {
                let field = FieldId::new(target.split('.').next().unwrap());
                assert!(to.field(&field).is_some(), "{:?} has no {target}", to.id);
                assert!(sources.iter().all(|source| ids.contains(source)), "{:?} has none", kind.id);
            }
            assert!(becomes.with.keys().all(|field| to.field(field).is_some()), "{:?}", to.id);
        }
        assert!(kind.state(&kind.workflow.initial).is_some());
        let says = |condition: &Condition| {
            let field = kind.field(&condition.field).unwrap();
            let codes: Vec<_> = kind.codes(field).iter().map(|code| code.code.as_str()).collect();
            kind.form().any(|known| known.id == field.id)
                && condition.is.iter().all(|value| codes.contains(&value.as_str().unwrap()))
        };
        for begins in &kind.workflow.begins {
            assert!(kind.state(&begins.state).is_some() && says(&begins.when), "{:?}", begins.state);
        }
        let promised = kind.workflow.steps.iter().filter_map(|step| step.promised.as_ref());
        assert!(promised.into_iter().all(says), "{:?} promises what its form can't say", kind.id);
        let limits = kind.workflow.states.iter().filter_map(|state| state.limit.as_ref());
        let days = |limit: &Limit| limit.until.as_ref().is_none_or(|field| ids.contains(field));
        assert!(limits.chain(&kind.workflow.limit).all(days), "{:?} waits for no day", kind.id);
        assert!(kind.becomes.iter().filter_map(|one| one.within.as_ref()).all(|at| kind.state(at).is_some()));
        for step in &kind.workflow.steps {
            assert!(
                step.from.iter().chain([&step.to]).all(|state| kind.state(state).is_some()),
                "{:?}",
                step.id
            );
            assert!(step.asks.iter().all(|field| ids.contains(field)), "{:?}", step.id);
        }
    }
}

/// Law and decency: DESIGN's "never" list, held against every word of every built-in ledger.
#[test]
fn no_ledger_asks_what_must_not_be_asked() {
    let all = serde_json::to_string(Kind::built_in()).unwrap();
    for never in ["宗教", "民族", "政治", "信访", "上访", "重点人", "邪教", "评分", "排名", "积分", "打卡"]
    {
        assert!(!all.contains(never), "{never}");
    }
}

#[test]
fn the_labels_of_the_forms_are_the_fixed_ones() {
    let labels = |id: &str| -> Vec<String> {
        let kinds = Kinds::default();
        let kind = kinds.newest(&id.into()).unwrap();
        kind.form()
            .filter(|field| field.form.is_asked())
            .map(|field| format!("{}{}", field.label.zh, if field.required { "●" } else { "" }))
            .collect()
    };
    assert_eq!(
        labels("patrol").join(" "),
        "巡查类型● 村(社区)● 开始时间● 结束时间 路线或点位 参加人 有无发现● 发现类别● 情况描述● 现场处置● 照片"
    );
    assert_eq!(
        labels("consultation").join(" "),
        "咨询方式● 村(社区)● 咨询时间● 咨询人 不愿提供身份信息 联系电话 人群类别 咨询类型● 咨询内容● 答复意见● \
         处理结果● 约定日期● 用时(分钟) 满意度"
    );
    assert_eq!(
        labels("dispute").join(" "),
        "纠纷名称● 纠纷类型● 村(社区)● 发生时间● 来源● 涉及人数● 涉及金额(元) 风险等级● 当事人● 简要情况● \
         目前处理● 照片"
    );
}

/// Residents are told how far it is, in words that are the same for every ledger: nothing of what it is about.
#[test]
fn every_state_has_words_for_residents_that_give_nothing_away() {
    let kinds = Kinds::default();
    let known = ["已登记", "正在办理", "等待您补充", "暂缓办理", "已有结果", "已办结"];
    for kind in kinds.all() {
        for state in &kind.workflow.states {
            let words = &kind.public_state(&state.id).zh;
            assert!(known.contains(&words.as_str()), "{:?} {:?}: {words}", kind.id, state.id);
        }
    }
    let dispute = kinds.newest(&"dispute".into()).unwrap();
    assert_eq!(dispute.public_state(&"mediating".into()).zh, "正在办理");
    assert_eq!(dispute.public_state(&"failed".into()).en, "There is a result");
    assert_eq!(dispute.public_state(&"of_a_later_version".into()).zh, "正在办理");
    let first = kinds.exact(&"dispute".into(), 1).unwrap();
    assert_eq!(first.public_state(&"closed".into()).zh, "已办结", "without words of its own");
}

#[test]
fn unknown_parts_of_a_newer_definition_are_survived() {
    let mut json = serde_json::to_value(&Kind::built_in()[0]).unwrap();
    json["version"] = 9.into();
    json["fields"][0]["type"] = "hologram".into();
    json["something_new"] = true.into();
    let kind: Kind = serde_json::from_value(json).unwrap();
    assert_eq!(kind.fields[0].form, FieldType::Unknown);
    let mut kinds = Kinds::default();
    kinds.extend([kind.clone()]);
    assert_eq!(kinds.newest(&kind.id).map(|kind| kind.version), Some(9));
    assert_eq!(kinds.current().count(), Kinds::default().current().count());
}
