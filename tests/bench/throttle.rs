//! A slower phone and a slower line than this machine has.

use serde_json::{Value, json};

use crate::support::Phone;

/// A line between phone and station.
pub struct Line {
    /// Its name in the table.
    pub name: &'static str,
    kbit_down: f64,
    kbit_up: f64,
    /// Before each answer's first byte.
    latency_ms: f64,
}

/// Slow 4G in both senses of the word. The browser delays each answer, never the building up of a connection: the
/// first line takes the numbers as they are, the second is what Chromium's own preset makes of them to make up for it.
pub const SLOW_4G: [Line; 2] = [
    Line { name: "slow 4G (1.6 Mbit/s, 150 ms)", kbit_down: 1600.0, kbit_up: 750.0, latency_ms: 150.0 },
    Line {
        name: "slow 4G as in DevTools (1.44 Mbit/s, 562 ms)",
        kbit_down: 1440.0,
        kbit_up: 675.0,
        latency_ms: 562.5,
    },
];

/// How many times slower than this machine the phone's processor is.
pub const SLOWDOWN: f64 = 4.0;

/// From now on the page computes as slowly as a cheap phone; 1 takes it back. The service worker does not: Chromium
/// slows down pages only.
pub async fn slow_down(phone: &Phone, times: f64) {
    phone.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": times })).await;
}

/// From now on everything comes and goes over this line.
pub async fn narrow(phone: &Phone, line: &Line) {
    let bytes = |kbit: f64| kbit * 1000.0 / 8.0;
    let conditions = json!({
        "offline": false, "latency": line.latency_ms,
        "downloadThroughput": bytes(line.kbit_down), "uploadThroughput": bytes(line.kbit_up),
    });
    phone.devtools("Network.emulateNetworkConditions", conditions).await;
}

/// How many times slower the page on the screen computes than without being slowed down, which is taken back.
pub async fn slowdown(phone: &Phone) -> f64 {
    let slow = reckon(phone).await;
    slow_down(phone, 1.0).await;
    slow / reckon(phone).await
}

/// The quickest of a few rounds, because other work on the machine only ever adds to them.
async fn reckon(phone: &Phone) -> f64 {
    let script = "const round = () => {
            const start = performance.now();
            let sum = 0;
            for (let i = 0; i < 2e7; i++) sum = (sum + i * i) % 1000003;
            return sum < 0 ? 0 : performance.now() - start;
        };
        return Math.min(...Array.from({ length: 5 }, round))";
    milliseconds(phone.run(script, vec![]).await)
}

/// A number that a script has returned.
pub fn milliseconds(answer: Result<Value, String>) -> f64 {
    answer.as_ref().ok().and_then(Value::as_f64).unwrap_or_else(|| panic!("no number but {answer:?}"))
}
