//! A record that turns into one of another ledger, and one that is written after the pattern of an earlier one: nothing
//! that is known already is typed again.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    entry::{Body, body_of},
    id::{FieldId, KindId, RecordId, StateId},
    kind::{Condition, FieldType, Kind, Label},
    reads,
    validate::is_empty,
};

/// What a record may turn into, and what goes along.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Becomes {
    /// The other ledger.
    pub kind: KindId,
    /// The words on the button.
    pub label: Label,
    /// Only where this holds, or in the state [`Becomes::within`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// The state that leads to it, too, whatever the form said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<StateId>,
    /// The fields of the new form and what they are filled with: several texts come one below the other. `parties.name`
    /// is the name of the first of several people.
    pub carry: BTreeMap<String, Vec<FieldId>>,
    /// What is known about the new record because of where it came from.
    pub with: Body,
}

reads!(Becomes { kind, label, when, within, carry, with or default });

impl Kind {
    /// What a record with these values may turn into in this state.
    pub fn may_become<'a>(&'a self, body: &'a Body, state: &'a StateId) -> impl Iterator<Item = &'a Becomes> {
        self.becomes.iter().filter(move |becomes| {
            let says = becomes.when.as_ref().is_none_or(|when| when.holds(body));
            says || becomes.within.as_ref() == Some(state)
        })
    }

    /// What a new form of this ledger begins with when it is written after the pattern of an earlier record: all but
    /// when and where exactly it was, and its photos.
    pub fn patterned(&self, earlier: &Body) -> Body {
        let again = |form| {
            !matches!(
                form,
                FieldType::Time
                    | FieldType::Date
                    | FieldType::Attachments
                    | FieldType::Place
                    | FieldType::Record
            )
        };
        let fields = self.form().filter(|field| again(field.form));
        body_of(fields.filter_map(|field| Some((field.id.clone(), earlier.get(&field.id)?.clone()))))
    }
}

impl Becomes {
    /// What the new form begins with.
    pub fn carried(&self, to: &Kind, origin: RecordId, body: &Body) -> Body {
        let mut carried = self.with.clone();
        if let Some(field) = to.origin() {
            carried.insert(field.id.clone(), Value::String(origin.to_string()));
        }
        for (target, sources) in &self.carry {
            let values: Vec<&Value> = sources
                .iter()
                .filter_map(|source| body.get(source))
                .filter(|value| !is_empty(value))
                .collect();
            let Some(value) = joined(&values) else { continue };
            match target.split_once('.') {
                None => drop(carried.insert(FieldId::new(target), value)),
                Some((people, part)) => {
                    let people = carried
                        .entry(FieldId::new(people))
                        .or_insert_with(|| Value::Array(vec![Value::Object(Map::new())]));
                    if let Some(first) = people.get_mut(0).and_then(Value::as_object_mut) {
                        first.insert(part.to_owned(), value);
                    }
                }
            }
        }
        carried
    }
}

/// One value as it is, several texts as lines.
fn joined(values: &[&Value]) -> Option<Value> {
    match values {
        [] => None,
        [only] => Some((*only).clone()),
        several => {
            let texts: Vec<_> = several.iter().filter_map(|value| value.as_str()).collect();
            Some(Value::String(texts.join("\n")))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kind::Kinds;

    fn body(values: Value) -> Body {
        serde_json::from_value(values).unwrap()
    }

    #[test]
    fn a_consultation_that_turns_into_a_dispute_takes_client_question_and_answer_along() {
        let kinds = Kinds::default();
        let (from, to) =
            (kinds.newest(&"consultation".into()).unwrap(), kinds.newest(&"dispute".into()).unwrap());
        let said = body(json!({
            "village": "513322100201", "asked_at": "2026-11-22T09:30", "client": "张三", "phone": "13800138000",
            "content": "邻居的摄像头对着我家院子", "advice": "先请村里调解", "topic": "other",
        }));
        let state = StateId::new("open");
        let becomes = from.may_become(&said, &state).next().unwrap();
        let origin: RecordId = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(
            becomes.carried(to, origin, &said),
            body(json!({
                "village": "513322100201", "occurred_at": "2026-11-22T09:30", "source": "applied",
                "summary": "邻居的摄像头对着我家院子\n先请村里调解",
                "parties": [{ "name": "张三", "phone": "13800138000" }],
                "origin": origin.to_string(),
            }))
        );
    }

    #[test]
    fn a_consultation_that_guides_to_legal_aid_becomes_an_application() {
        let kinds = Kinds::default();
        let (from, to) =
            (kinds.newest(&"consultation".into()).unwrap(), kinds.newest(&"legal_aid".into()).unwrap());
        let said = body(json!({
            "village": "513322100201", "client": "张三", "phone": "13800138000", "groups": ["migrant_worker"],
            "content": "工资三个月没有发", "outcome": "legal_aid", "advice": "x",
        }));
        let state = StateId::new("open");
        let becomes = from.may_become(&said, &state).find(|becomes| becomes.kind == to.id).unwrap();
        let origin: RecordId = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(
            becomes.carried(to, origin, &said),
            body(json!({
                "village": "513322100201", "applicant": "张三", "phone": "13800138000", "groups": ["migrant_worker"],
                "facts": "工资三个月没有发", "origin": origin.to_string(),
            }))
        );
        let answered = body(json!({ "outcome": "answered" }));
        let leads =
            |state: &str| from.may_become(&answered, &state.into()).any(|becomes| becomes.kind == to.id);
        assert_eq!([leads("open"), leads("to_aid")], [false, true], "guided there by a step");
    }

    #[test]
    fn an_unnamed_client_leaves_no_empty_party() {
        let kinds = Kinds::default();
        let to = kinds.newest(&"dispute".into()).unwrap();
        let from = kinds.newest(&"consultation".into()).unwrap();
        let origin: RecordId = "01890000-0000-7000-8000-000000000001".parse().unwrap();
        let carried = from.becomes[0].carried(to, origin, &body(json!({ "content": "问", "client": " " })));
        assert!(!carried.contains_key("parties"));
        assert_eq!(carried["summary"], "问");
    }

    #[test]
    fn only_a_patrol_that_found_something_turns_into_a_dispute() {
        let kinds = Kinds::default();
        let patrol = kinds.newest(&"patrol".into()).unwrap();
        assert_eq!(patrol.may_become(&body(json!({ "finding": "none" })), &"recorded".into()).count(), 0);
        assert_eq!(patrol.may_become(&body(json!({ "finding": "found" })), &"recorded".into()).count(), 1);
    }

    #[test]
    fn a_form_after_an_earlier_record_has_all_but_its_moment_and_its_photos() {
        let kinds = Kinds::default();
        let patrol = kinds.newest(&"patrol".into()).unwrap();
        let earlier = body(json!({
            "patrol_kind": "grid", "route": "沿河", "started_at": "2026-11-21T09:30", "photos": ["x"],
            "place": { "lat": "29.9", "lon": "102.2", "accuracy": 5 }, "from_a_newer_version": 1,
        }));
        assert_eq!(patrol.patterned(&earlier), body(json!({ "patrol_kind": "grid", "route": "沿河" })));
    }
}
