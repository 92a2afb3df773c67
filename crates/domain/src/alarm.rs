//! What can't wait for a signal: a record on a phone is not a report, so the form names the number to call now.
//!
//! Part of a ledger's definition, evaluated on the phone alone; nothing of it is stored or sent.

use serde::Serialize;
use serde_json::Value;

use crate::{
    entry::Body,
    kind::{Condition, Label},
    reads,
};

/// A sentence that is shown as soon as a form gives reason for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alarm {
    /// What to know, and what the law asks.
    pub say: Label,
    /// The numbers to call.
    pub call: Vec<String>,
    /// Any of these in any text of the form is a reason.
    pub words: Vec<String>,
    /// So is any of these.
    pub when: Vec<Condition>,
}

reads!(Alarm { say, call or default, words or default, when or default });

impl Alarm {
    /// Whether a form gives reason for it.
    pub fn is_due(&self, body: &Body) -> bool {
        self.when.iter().any(|condition| condition.holds(body))
            || body.values().any(|value| self.is_said(value))
    }

    fn is_said(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.words.iter().any(|word| text.contains(word.as_str())),
            Value::Array(items) => items.iter().any(|item| self.is_said(item)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{entry::body_of, kind::Kinds};

    fn called(kind: &str, field: &str, value: serde_json::Value) -> Vec<String> {
        let kinds = Kinds::default();
        let body = body_of([(field.into(), value)]);
        let alarms = &kinds.newest(&kind.into()).unwrap().alarms;
        alarms.iter().filter(|alarm| alarm.is_due(&body)).flat_map(|alarm| alarm.call.clone()).collect()
    }

    #[test]
    fn danger_violence_harm_to_a_minor_and_fire_name_the_number_to_call() {
        assert_eq!(called("dispute", "summary", json!("丈夫酒后家暴")), ["110"]);
        assert_eq!(called("consultation", "content", json!("女儿遭猥亵怎么办")), ["110"]);
        assert_eq!(called("patrol", "description", json!("柴房着火")), ["119"]);
        assert_eq!(called("patrol", "finding_category", json!("emergency")), ["110", "120"]);
        assert_eq!(called("dispute", "risk", json!("grave")), ["110", "120"]);
    }

    #[test]
    fn what_is_no_danger_is_not_shouted_about() {
        assert!(called("dispute", "summary", json!("两家为水渠争吵")).is_empty());
        assert!(called("patrol", "finding", json!("none")).is_empty());
        // The whole word counts, not a code that happens to contain it.
        assert!(called("dispute", "risk", json!("ordinary")).is_empty());
    }
}
