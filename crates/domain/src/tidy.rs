//! What was typed, pasted or dictated, as it is saved.

use serde_json::Value;

use crate::{entry::Body, id::FieldId, kind::Kind, validate::is_empty};

/// A filled-in form: without what it doesn't show, without what says nothing, its texts as [`text`] leaves them.
pub fn form(kind: &Kind, body: &Body) -> Body {
    tidied(body, &|id| kind.field(id).is_none_or(|field| kind.shows(field, body)))
}

/// The same for the dialogs that ask for some of the fields.
pub fn asked(body: &Body) -> Body {
    tidied(body, &|_| true)
}

fn tidied(body: &Body, shown: &dyn Fn(&FieldId) -> bool) -> Body {
    let mut tidy = Body::new();
    for (id, given) in body.iter().filter(|(id, _)| shown(id)) {
        let mut given = given.clone();
        value(&mut given);
        if !is_empty(&given) {
            tidy.insert(id.clone(), given);
        }
    }
    tidy
}

fn value(value: &mut Value) {
    match value {
        Value::String(given) => *given = text(given),
        Value::Array(items) => items.iter_mut().for_each(self::value),
        Value::Object(parts) => parts.values_mut().for_each(self::value),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text without blanks at its ends and without control characters, which pasting brings along. Line breaks stay, and so
/// do the marks that Tibetan, Mongolian and Uyghur are written with.
pub fn text(given: &str) -> String {
    let plain = given.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n").replace('\t', " ");
    let seen = |c: &char| *c == '\n' || !(c.is_control() || *c == '\u{feff}');
    plain.chars().filter(seen).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::kind::Kinds;

    #[test]
    fn pasted_control_characters_do_not_reach_the_ledger() {
        assert_eq!(text("\u{feff} 张\u{0}三\r\n第二行\u{1b}[31m\tx\u{7} "), "张三\n第二行[31m x");
    }

    #[test]
    fn joiners_of_other_scripts_stay() {
        let mongolian = "ᠮᠣᠩᠭᠣᠯ\u{180e}ᠠ\u{200d}";
        assert_eq!(text(mongolian), mongolian);
    }

    #[test]
    fn what_is_hidden_or_says_nothing_is_left_out() {
        let kinds = Kinds::default();
        let patrol = kinds.newest(&"patrol".into()).unwrap();
        let filled: Body = serde_json::from_value(json!({
            "finding": "none", "description": "不再显示", "route": "\u{0}", "members": " 李四 ",
        }))
        .unwrap();
        let tidy: Body = serde_json::from_value(json!({ "finding": "none", "members": "李四" })).unwrap();
        assert_eq!(form(patrol, &filled), tidy);
    }

    proptest! {
        #[test]
        fn tidying_twice_changes_nothing_more(given in any::<String>()) {
            let once = text(&given);
            prop_assert_eq!(text(&once), once);
        }
    }
}
