//! An entry as those see it who need not know its sensitive values.
//!
//! What the ledger's definition names and doesn't call sensitive stays; everything else goes: sensitive fields, whatever is
//! typed freely, fields that nobody here knows, remarks, reasons and attachments. The digest and the receipt stay those of the whole entry, so
//! that what was withheld can be compared with it later; a masked entry says that it is one
//! ([`xunji_domain::wire::MailboxItem::masked`]), because its content doesn't have that digest.

use serde_json::{Map, Value};
use xunji_domain::{
    id::{FieldId, KindId},
    kind::{Kind, Kinds},
};

/// The members of a content that say nothing of what people wrote.
const PLAIN: [&str; 8] = ["id", "record", "kind", "kind_version", "author", "noted_at", "basis", "replaces"];

/// The content without what is sensitive, and whether that is less than there was.
pub fn mask(kinds: &Kinds, content: &Value) -> (Value, bool) {
    let kind = content["kind"].as_str().map(KindId::new).and_then(|id| {
        let version = content["kind_version"].as_u64().and_then(|version| u32::try_from(version).ok());
        kinds.nearest(&id, version.unwrap_or(0))
    });
    let plain = PLAIN.iter().filter_map(|name| Some(((*name).to_owned(), content.get(*name)?.clone())));
    let mut masked: Map<String, Value> = plain.collect();
    masked.insert("action".to_owned(), action(kind, &content["action"]));
    let masked = Value::Object(masked);
    let less = masked != *content;
    (masked, less)
}

fn action(kind: Option<&Kind>, action: &Value) -> Value {
    let mut masked = Map::new();
    for (name, value) in action.as_object().into_iter().flatten() {
        let kept = match name.as_str() {
            "type" | "step" | "field" | "into" | "ask" => value.clone(),
            // What a party thinks of the result, not what they say of the matter.
            "token_hash" | "slip" | "state" | "verdict" | "satisfaction" => value.clone(),
            // Who works on it is no secret, only what people say.
            "from" | "to" if action["type"] == "hand_over" => value.clone(),
            "from" | "to" if action["field"].as_str().is_some_and(|field| is_plain(kind, field)) => {
                value.clone()
            }
            "from" | "to" => Value::Null,
            "body" => body(kind, value),
            "reason" | "text" => Value::String(String::new()),
            _ => continue,
        };
        masked.insert(name.clone(), kept);
    }
    Value::Object(masked)
}

fn body(kind: Option<&Kind>, body: &Value) -> Value {
    let fields = body.as_object().into_iter().flatten();
    fields
        .filter(|(field, _)| is_plain(kind, field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect()
}

fn is_plain(kind: Option<&Kind>, field: &str) -> bool {
    use xunji_domain::kind::FieldType;
    // Whatever is typed freely may name somebody, a title most of all.
    let hidden = [
        FieldType::Text,
        FieldType::LongText,
        FieldType::Attachments,
        FieldType::Place,
        FieldType::People,
        FieldType::Phone,
        FieldType::IdNumber,
    ];
    let field = kind.and_then(|kind| kind.field(&FieldId::new(field)));
    field.is_some_and(|field| !field.sensitive && !hidden.contains(&field.form))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_known_to_be_plain_stays() {
        let kinds = Kinds::default();
        let content = json!({
            "id": "1", "record": "2", "kind": "dispute", "kind_version": 2, "author": "3", "noted_at": "n", "basis": 0,
            "weather": "snow", "attachments": ["aa"],
            "action": { "type": "open", "body": {
                "title": "王五家的墙", "category": "0201", "people_count": 2, "parties": [{ "name": "王五" }], "summary": "墙", "drone": "x",
            } },
        });
        let (masked, less) = mask(&kinds, &content);
        assert!(less);
        assert_eq!(
            masked["action"],
            json!({ "type": "open", "body": { "category": "0201", "people_count": 2 } })
        );
        let text = masked.to_string();
        assert!(!text.contains("王五") && !text.contains("weather") && !text.contains("aa"), "{text}");
        for (action, expected) in [
            (json!({ "type": "note", "text": "王五" }), json!({ "type": "note", "text": "" })),
            (
                json!({ "type": "amend", "field": "parties", "from": [], "to": [{ "name": "王五" }], "reason": "王五" }),
                json!({ "type": "amend", "field": "parties", "from": null, "to": null, "reason": "" }),
            ),
            (
                json!({ "type": "amend", "field": "people_count", "from": 2, "to": 3, "reason": "王五" }),
                json!({ "type": "amend", "field": "people_count", "from": 2, "to": 3, "reason": "" }),
            ),
            (
                json!({ "type": "ask", "field": "summary", "text": "王五" }),
                json!({ "type": "ask", "field": "summary", "text": "" }),
            ),
            (
                json!({ "type": "explain", "ask": "4", "text": "王五" }),
                json!({ "type": "explain", "ask": "4", "text": "" }),
            ),
            (json!({ "type": "sing", "song": "王五" }), json!({ "type": "sing" })),
            (json!({ "type": "merge", "into": "4" }), json!({ "type": "merge", "into": "4" })),
            (
                json!({ "type": "answer", "slip": "5", "state": "closed", "verdict": "contested", "text": "王五" }),
                json!({ "type": "answer", "slip": "5", "state": "closed", "verdict": "contested", "text": "" }),
            ),
        ] {
            let mut content = content.clone();
            content["action"] = action;
            assert_eq!(mask(&kinds, &content).0["action"], expected);
        }
        let mut unknown = content;
        unknown["kind"] = json!("fishing");
        assert_eq!(mask(&kinds, &unknown).0["action"], json!({ "type": "open", "body": {} }));
        let plain = json!({ "id": "1", "action": { "type": "attach" } });
        assert!(!mask(&kinds, &plain).1);
    }
}
