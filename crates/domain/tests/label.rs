//! Words of a ledger in the languages of the interface.

use xunji_domain::{json, kind::Label};

#[test]
fn a_label_speaks_chinese_where_it_has_no_words_in_a_language() {
    let label: Label =
        json::read(r#"{"zh":"巡查","en":"Patrol","more":{"xx":"in xx"}}"#.as_bytes()).expect("a label");
    let spoken = ["zh-CN", "en", "en-GB", "xx-Abcd", "ug"].map(|tag| label.within(tag));
    assert_eq!(spoken, ["巡查", "Patrol", "Patrol", "in xx", "巡查"]);
}

#[test]
fn a_label_without_further_languages_is_written_as_ever() {
    let text = r#"{"zh":"巡查","en":"Patrol"}"#;
    let label: Label = json::read(text.as_bytes()).expect("a label of earlier days");
    assert_eq!(serde_json::to_string(&label).expect("JSON"), text);
}
