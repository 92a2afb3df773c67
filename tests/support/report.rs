//! What is left of a story that failed, and what no story may leave behind.

use std::{fs, path::Path};

use serde_json::Value;

use super::{phone::Phone, station::Station};

/// Tells what phones and station showed when a story failed. Screenshots go to `target/browser-tests`.
pub async fn failed(story: &str, phones: &[Phone], station: &Station, folder: &Path) {
    eprintln!("\n──── {story} failed ────");
    for phone in phones.iter().filter(|phone| phone.is_open()) {
        let screen = phone.ask("screen", vec![]).await.unwrap_or_else(Value::String);
        let text = screen["text"].as_str().map_or_else(|| screen.to_string(), str::to_owned);
        eprintln!("{} was at {} and showed:\n{}", phone.name(), screen["path"], indented(&text));
        for line in phone.console().await {
            eprintln!("  console: {} {}", line["level"], line["message"]);
        }
        if let Some(file) = screenshot(phone, story).await {
            eprintln!("  screenshot: {file}");
        }
    }
    eprintln!("The station said:\n{}", indented(&station.said()));
    eprintln!("All files of the story are in {}\n", folder.display());
}

async fn screenshot(phone: &Phone, story: &str) -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser-tests");
    fs::create_dir_all(&folder).ok()?;
    let file = folder.join(format!("{story}-{}.png", phone.name()));
    fs::write(&file, phone.client().screenshot().await.ok()?).ok()?;
    Some(file.display().to_string())
}

/// No story may end with an error in the console: a panic, a broken promise, a violated content security policy. That
/// a stopped station can't be reached is no error.
pub async fn assert_quiet(phone: &Phone) {
    let lines = phone.console().await;
    let loud = |line: &&Value| {
        let message = line["message"].as_str().unwrap_or_default();
        let severe = line["level"] == "SEVERE" && line["source"] != "network";
        severe
            || (line["source"] == "security" && !message.contains("Permissions-Policy"))
            || message.contains("Content Security Policy")
    };
    let loud: Vec<_> = lines.iter().filter(loud).collect();
    assert!(loud.is_empty(), "the console of {} has errors: {loud:#?}", phone.name());
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  | {line}\n")).collect()
}
