//! A full outbox without a thousand forms: a backup with entries that were never sent, put back by the app itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    line::Line,
    support::{LUQIAO_GUBAO, Phone, World},
};

const BACKUP: &str = concat!(include_str!("entries.js"), include_str!("backup.js"));
const PASSPHRASE: &str = "牦牛 下山喝水 🌾";

/// Longer than anything here should take; what takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// A new phone at the other end of a line, in the hands of 张三.
pub async fn enrolled_over(world: &World, line: &Line) -> Phone {
    // The world's own phone would only take from the processors.
    world.phone.close().await;
    let phone = world.phone_at("sender", line.origin()).await;
    let code = world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
    phone.enrol_at(&code.url.replace(&world.station.origin(), &line.origin())).await;
    phone.keeps_the_app().await;
    phone
}

/// Fills the outbox with so many entries; all of them name one attachment of so many bytes, or none for 0. The line
/// is down from then on, and the first screen is open. Gives the person's id.
pub async fn fill(phone: &Phone, line: &Line, entries: usize, attachment: usize) -> Value {
    line.take_down();
    phone.press("我的").await;
    phone.heading_becomes("我的").await;
    phone.press("导入备份").await;
    let details = vec![json!(entries), json!(attachment), json!(PASSPHRASE)];
    let worker = phone.run(BACKUP, details).await.unwrap_or_else(|error| panic!("no backup: {error}"));
    phone.enter("口令", PASSPHRASE).await;
    phone.press("导入备份").await;
    let said = comes_to(phone, "benchRestored").await;
    let all = format!("已放回 {entries} 条,其中 {entries} 条待上传");
    assert!(said.as_str().is_some_and(|said| said.contains(&all)), "not all was put back: {said}");
    phone.press("今天").await;
    phone.heading_becomes("今天").await;
    phone.sync_becomes(&format!("离线,{entries} 条已存在本机")).await;
    worker
}

/// What a promise of the page comes to, which may take longer than the driver lets a script run.
pub async fn comes_to(phone: &Phone, promise: &str) -> Value {
    let script = format!(
        "return await Promise.race([window.{promise}, new Promise((later) => setTimeout(later, 10_000, null))])"
    );
    let begun = Instant::now();
    loop {
        match phone.run(&script, vec![]).await.unwrap_or_else(|error| panic!("{promise}: {error}")) {
            Value::Null if begun.elapsed() < PATIENCE => {}
            Value::Null => panic!("Waited {} s for {promise}.", PATIENCE.as_secs()),
            outcome => return outcome,
        }
    }
}
