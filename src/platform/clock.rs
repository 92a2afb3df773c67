//! The phone's clock. Only data: nothing is ordered or refused by it.

use chrono::{DateTime, Datelike, FixedOffset, Local, NaiveDate, TimeDelta, Timelike, Utc};
use xunji_sync::{engine::Millis, vault::Moment};

/// Now, with the phone's offset, to the second.
pub fn now() -> DateTime<FixedOffset> {
    let now = Local::now().fixed_offset();
    now.with_nanosecond(0).unwrap_or(now)
}

/// Milliseconds since the page was opened, which no clock change disturbs.
pub fn millis() -> Millis {
    let performance = web_sys::window().and_then(|window| window.performance());
    Millis(performance.map_or(0.0, |performance| performance.now()) as u64)
}

/// The phone's clock in milliseconds, for what has to outlive the page.
pub fn moment() -> Moment {
    Moment(js_sys::Date::now() as u64)
}

/// What takes long is done in goes of so many milliseconds, with the browser's own work in between. A phone that is four
/// times slower than a good one ends what a go has begun within the 50 that a finger notices.
pub const GO: u64 = 8;

/// Waits.
pub async fn sleep(milliseconds: u32) {
    gloo::timers::future::TimeoutFuture::new(milliseconds).await;
}

/// The current minute, as a form's time field keeps it.
pub fn now_local_minute() -> String {
    let now = Local::now();
    format!("{:04}-{:02}-{:02}T{:02}:{:02}", now.year(), now.month(), now.day(), now.hour(), now.minute())
}

/// The current day, as a form's date field keeps it.
pub fn today() -> String {
    now_local_minute()[..10].to_owned()
}

/// The day in China, by which deadlines are counted wherever the phone is.
pub fn china_today() -> NaiveDate {
    (Utc::now().naive_utc() + TimeDelta::hours(8)).date()
}

/// A moment for a proof: day and clock to the second, with the offset of the zone that it is told in.
pub fn format_exact(moment: DateTime<Utc>) -> String {
    let local = moment.with_timezone(&Local);
    let minutes = local.offset().local_minus_utc() / 60;
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02} (UTC{}{:02}:{:02})",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second(),
        if minutes < 0 { '-' } else { '+' },
        minutes.abs() / 60,
        minutes.abs() % 60
    )
}

/// A moment for a list: the clock today, else the day, with the year when it is another one.
pub fn format_moment(moment: DateTime<Utc>) -> String {
    let local = moment.with_timezone(&Local);
    format_typed(&format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute()
    ))
}

/// The same for a time as a form keeps it. What is no time is shown as it is.
pub fn format_typed(typed: &str) -> String {
    let today = today();
    match (typed.get(..4), typed.get(..10), typed.get(5..10), typed.get(11..)) {
        (_, Some(day), _, Some(clock)) if day == today => clock.to_owned(),
        (Some(year), _, Some(day), clock) if year == &today[..4] => {
            format!("{day} {}", clock.unwrap_or_default()).trim_end().to_owned()
        }
        _ => typed.replace('T', " "),
    }
}
