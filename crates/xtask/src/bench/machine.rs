//! What sort of machine the figures are from, and whether it had other work to do.

use crate::browser::Browser;
use crate::run::output;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// The machine. What this system does not tell is left out.
pub struct Machine {
    cores: usize,
    processor: Option<String>,
    memory_gb: Option<u64>,
    system: Option<String>,
    browser: Option<String>,
}

impl Machine {
    /// Asks the system and the browser.
    pub fn look(browser: Option<&Browser>) -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: value(&read("/proc/cpuinfo"), "model name", ':'),
            memory_gb: value(&read("/proc/meminfo"), "MemTotal", ':').and_then(|text| gigabytes(&text)),
            system: value(&read("/etc/os-release"), "PRETTY_NAME", '='),
            browser: browser.and_then(version),
        }
    }

    /// One line.
    pub fn sentence(&self) -> String {
        let cores = format!("{} cores", self.cores);
        let memory = self.memory_gb.map(|gb| format!("{gb} GB of memory"));
        let known = [self.processor.clone(), memory, self.system.clone(), self.browser.clone()];
        std::iter::once(cores).chain(known.into_iter().flatten()).collect::<Vec<_>>().join(", ")
    }

    /// For `report.json`.
    pub fn as_json(&self) -> Value {
        let Self { cores, processor, memory_gb, system, browser } = self;
        json!({ "cores": cores, "processor": processor, "memory_gb": memory_gb, "system": system, "browser": browser })
    }
}

/// Name and number, without who built it.
fn version(browser: &Browser) -> Option<String> {
    let said = output(Command::new(&browser.chromium).arg("--version"))?;
    said.split(" built on ").next().map(|name| name.trim().to_owned())
}

/// The share of the processors, in percent, that others take during one second; nothing where the system hides it.
pub fn taken_by_others() -> Option<u64> {
    let ticks = || ticks(&std::fs::read_to_string("/proc/stat").ok()?);
    let (idle_before, all_before) = ticks()?;
    std::thread::sleep(Duration::from_secs(1));
    let (idle, all) = ticks()?;
    let (idle, all) = (idle.saturating_sub(idle_before), all.saturating_sub(all_before));
    (all > 0).then(|| 100 - (100 * idle / all).min(100))
}

/// Idle and all ticks of all processors since the machine started.
fn ticks(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let numbers: Vec<u64> = line.split_whitespace().map_while(|word| word.parse().ok()).collect();
    // The fourth and fifth: idle, and idle while waiting for a disk. The ninth and tenth are part of the first two.
    Some((numbers.get(3)? + numbers.get(4)?, numbers.iter().take(8).sum()))
}

/// The first value of a key in a file of keys and values.
fn value(text: &str, key: &str, between: char) -> Option<String> {
    let pairs = text.lines().filter_map(|line| line.split_once(between));
    let value = pairs.into_iter().find(|(name, _)| name.trim() == key)?.1;
    Some(value.trim().trim_matches('"').to_owned())
}

fn gigabytes(text: &str) -> Option<u64> {
    let kilobytes: u64 = text.strip_suffix("kB")?.trim().parse().ok()?;
    Some((kilobytes + (1 << 19)) >> 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found() {
        let info = "processor\t: 0\nmodel name\t: A 9 B\nmodel name\t: other\n";
        assert_eq!(value(info, "model name", ':').as_deref(), Some("A 9 B"));
        assert_eq!(value("PRETTY_NAME=\"Debian\"\n", "PRETTY_NAME", '=').as_deref(), Some("Debian"));
        assert_eq!(value("", "model name", ':'), None);
        assert_eq!(gigabytes("24676048 kB"), Some(24));
    }

    #[test]
    fn idle_time_is_told_from_work() {
        let stat = "cpu  10 1 5 80 4 0 0 0 3 0\ncpu0 10 1 5 80 4 0 0 0 3 0\n";
        assert_eq!(ticks(stat), Some((84, 100)));
        assert_eq!(ticks("intr 1"), None);
    }
}
