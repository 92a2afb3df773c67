//! From pressing 保存 to reading 已存在本机, and to a bare commit in the same page.

use serde_json::{Value, json};

use crate::{
    figures::{rounds, tell},
    samples,
    support::{story, until},
    throttle::milliseconds,
};

/// Bare puts after each press, so that both see the same machine.
const PUTS: usize = 10;

/// A patrol, written as people write it; the station is in reach, so that sending goes on meanwhile.
#[tokio::test]
#[ignore = "measures; run by cargo xtask bench"]
async fn press() {
    story(async |world| {
        let phone = world.enrolled().await;
        let patrol = samples::patrol();
        let (mut presses, mut puts) = (Vec::new(), Vec::new());
        for _ in 0..rounds(30, 3) {
            patrol.begin(phone).await;
            patrol.fill(phone).await;
            let took = until("press 保存 when the last message has gone", async || {
                match phone.run(include_str!("press.js"), vec![]).await? {
                    Value::Null => Err("the last message is still there".to_owned()),
                    took => Ok(took),
                }
            })
            .await;
            presses.push(milliseconds(Ok(took)));
            let waits = phone.run(include_str!("put.js"), vec![json!(PUTS)]).await;
            let waits = waits.as_ref().ok().and_then(Value::as_array);
            let waits = waits.unwrap_or_else(|| panic!("no bare puts but {waits:?}"));
            puts.extend(waits.iter().filter_map(Value::as_f64));
        }
        assert!(world.station.entries().len() <= presses.len(), "more entries than presses");
        tell("press", "ms", &presses);
        tell("press bare put", "ms", &puts);
    })
    .await;
}
