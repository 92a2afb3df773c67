//! A phone with as many records as somebody has after years, without years of forms: a backup that the app puts back.

use serde_json::{Value, json};

use crate::support::{Phone, until};

const MANY: &str = include_str!("many.js");
const PASSPHRASE: &str = "牦牛 下山喝水 🌾";
/// As many as one backup file can hold without taking the phone's memory.
const AT_ONCE: usize = 2_500;

/// Puts records 0, 1, 2 … on the phone, patrols, consultations and disputes in turn.
pub async fn put_many(phone: &Phone, count: usize) {
    for first in (0..count).step_by(AT_ONCE) {
        let some = AT_ONCE.min(count - first);
        phone.press("我的").await;
        phone.heading_becomes("我的").await;
        phone.press("导入备份").await;
        let details = vec![json!(some), json!(first), json!(PASSPHRASE)];
        phone.run(MANY, details).await.unwrap_or_else(|error| panic!("no backup: {error}"));
        phone.enter("口令", PASSPHRASE).await;
        phone.press("导入备份").await;
        let script = "return await Promise.race([window.putBack, new Promise((later) => setTimeout(later, 900, null))])";
        until("see everything put back", async || match phone.run(script, vec![]).await? {
            Value::String(wrong) if wrong.is_empty() => Ok(()),
            other => Err(other.to_string()),
        })
        .await;
    }
}
