//! Deadlines and colours: by when something has to happen, and what a glance at a case should say.
//!
//! A day is a day in China, which has one time zone. The day on which a time begins doesn't count (民法典 art. 201), and a
//! time whose last day is a day off ends on the next working day (art. 203). What a case waits for others is not counted.
//!
//! Colours speak of the case, never of a person.

use std::{collections::BTreeSet, sync::OnceLock};

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use serde::Serialize;

use crate::{
    entry::Action,
    id::{FieldId, StateId},
    json,
    kind::{Kind, Kinds},
    reads,
    record::{Known, Record, Standing, counting},
    validate,
};

/// How long something may take. [`Limit::until`] says it, or [`Limit::days`] where that field is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// So many days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// Whether only working days count.
    #[serde(default, skip_serializing_if = "is_false")]
    pub working: bool,
    /// Until the day in this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<FieldId>,
    /// Counts from the day on which the case came into this state last, what it waited for others since then left out;
    /// without it from the day on which it came into its present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<StateId>,
    /// Orange from so many days before the end on; without it two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<u32>,
}

reads!(Limit { days, working or default, until, since, warn });

#[expect(clippy::trivially_copy_pass_by_ref, reason = "As serde calls it.")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Days before the end from which on a case is orange, where its limit doesn't say.
const WARN: u32 = 2;

/// Which days are off and which weekends are worked (调休), by the State Council's yearly table. Days that it doesn't
/// name are off on weekends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calendar {
    /// Working days of the week that are off.
    pub off: Vec<NaiveDate>,
    /// Days of the weekend that are worked.
    pub worked: Vec<NaiveDate>,
}

reads!(Calendar { off, worked });

impl Calendar {
    /// The table that is built in, until a station gives its own.
    pub fn built_in() -> &'static Self {
        static CALENDAR: OnceLock<Calendar> = OnceLock::new();
        CALENDAR.get_or_init(|| {
            json::read(include_bytes!(concat!(env!("OUT_DIR"), "/calendar.json")))
                .expect("calendar.toml was checked by this crate's tests")
        })
    }

    /// Whether it names no day.
    pub fn is_empty(&self) -> bool {
        self.off.is_empty() && self.worked.is_empty()
    }

    /// Whether people work on this day.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        if weekend { self.worked.contains(&day) } else { !self.off.contains(&day) }
    }

    /// The last day of a time that begins on a day, `paused` days left out of the count.
    pub fn last_day(
        &self,
        begins: NaiveDate,
        days: u32,
        working: bool,
        paused: &BTreeSet<NaiveDate>,
    ) -> NaiveDate {
        let (mut day, mut left) = (begins, days);
        while left > 0 {
            day = next(day);
            if !paused.contains(&day) && (!working || self.is_working(day)) {
                left -= 1;
            }
        }
        // Nobody is held to a day off: a table without an end must not keep us looking, though.
        let on_or_after = (0..60).filter_map(|more| day.checked_add_days(Days::new(more)));
        on_or_after.into_iter().find(|day| self.is_working(*day)).unwrap_or(day)
    }

    /// How many working days lie after one day up to another, which is later.
    pub fn working_days_between(&self, after: NaiveDate, up_to: NaiveDate) -> u32 {
        let days = std::iter::successors(Some(next(after)), |day| Some(next(*day)));
        let count = days.take_while(|day| *day <= up_to).filter(|day| self.is_working(*day)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// What a glance at a case should say, always shown with a word and a shape too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Overdue, or somebody may be in danger.
    Red,
    /// Due soon.
    Orange,
    /// Open.
    Yellow,
    /// Waits for others.
    Blue,
    /// Closed.
    Green,
}

/// How urgently the next desk is told of overdue work (督办).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// 普通督办: overdue.
    Plain,
    /// 黄牌: for three working days.
    Yellow,
    /// 红牌: for seven working days.
    Red,
}

impl Card {
    /// The card for so many working days overdue; none on the day itself.
    pub const fn of(overdue: u32) -> Option<Self> {
        match overdue {
            0 => None,
            1..3 => Some(Self::Plain),
            3..7 => Some(Self::Yellow),
            _ => Some(Self::Red),
        }
    }
}

/// Where a case stands in time, on a given day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// What a glance should say.
    pub colour: Colour,
    /// The last day, when there is one and nothing is waited for.
    pub due: Option<NaiveDate>,
    /// For the next desk.
    pub card: Option<Card>,
}

/// Says where a case stands in time. `today` is the day in China.
pub fn clock(kinds: &Kinds, calendar: &Calendar, record: &Record, today: NaiveDate) -> Clock {
    timing(kinds, calendar, record).on(calendar, today)
}

/// What of a case's time is the same on every day that it is looked at, so that lists keep it beside the case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// Nothing more is expected to happen, but that somebody looks back at it by the last day, if there is one.
    #[serde(skip_serializing_if = "is_false")]
    pub closed: bool,
    /// It waits for others.
    #[serde(skip_serializing_if = "is_false")]
    pub waits: bool,
    /// Somebody may be in danger.
    #[serde(skip_serializing_if = "is_false")]
    pub danger: bool,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<NaiveDate>,
    /// The day from which on it is due soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub soon: Option<NaiveDate>,
}

reads!(Timing { closed or default, waits or default, danger or default, due, soon });

impl Timing {
    /// Where the case stands on a day in China.
    pub fn on(&self, calendar: &Calendar, today: NaiveDate) -> Clock {
        let overdue = self.due.filter(|due| today > *due);
        let near = self.soon.is_some_and(|soon| today >= soon);
        let colour = if self.closed && !near && overdue.is_none() {
            Colour::Green
        } else if self.danger || overdue.is_some() {
            Colour::Red
        } else if near {
            Colour::Orange
        } else if self.waits {
            Colour::Blue
        } else {
            Colour::Yellow
        };
        let card = overdue.and_then(|due| Card::of(calendar.working_days_between(due, today)));
        Clock { colour, due: self.due, card }
    }
}

/// Counts a case's time, as far as it doesn't depend on the day on which it is looked at.
pub fn timing(kinds: &Kinds, calendar: &Calendar, record: &Record) -> Timing {
    let open = Timing::default();
    let Some(kind) = kinds.nearest(&record.kind, record.kind_version) else { return open };
    let Some(state) = kind.state(&record.state) else { return open };
    let stays = stays(kind, record);
    if record.merged_into.is_some() {
        return still(record, &stays, Timing { closed: true, ..open }, false);
    }
    let paused = paused(kind, record, &stays);
    let due = |limit: &Limit, begins: NaiveDate| {
        let until = limit.until.as_ref().and_then(|field| {
            validate::day(record.fields.get(field)?.value.as_str()?.get(..10)?, validate::DATE)
        });
        until.or_else(|| Some(calendar.last_day(begins, limit.days?, limit.working, &paused)))
    };
    let of_state = stays.last().zip(state.limit.as_ref()).and_then(|((_, begins), limit)| {
        let earlier = limit.since.as_ref().and_then(|since| stays.iter().rfind(|(state, _)| state == since));
        Some((due(limit, earlier.map_or(*begins, |(_, begins)| *begins))?, limit))
    });
    let of_all = kind.workflow.limit.as_ref().filter(|_| !state.waits && !state.closed);
    let of_all =
        of_all.zip(stays.first()).and_then(|(limit, (_, begins))| Some((due(limit, *begins)?, limit)));
    let nearest = [of_state, of_all].into_iter().flatten().min_by_key(|(due, _)| *due);
    let soon = |(due, limit): (NaiveDate, &Limit)| due - TimeDelta::days(limit.warn.unwrap_or(WARN).into());
    let counted = Timing {
        closed: state.closed,
        waits: state.waits,
        danger: state.danger,
        due: nearest.map(|(due, _)| due),
        soon: nearest.map(soon),
    };
    still(record, &stays, counted, record.promised(kind).is_some())
}

/// What somebody still has to answer is not the end of it, and not for later: a result that is contested, a step that the
/// form promises.
fn still(record: &Record, stays: &[(StateId, NaiveDate)], timing: Timing, promised: bool) -> Timing {
    let contested = timing.closed && !record.objections.is_empty();
    if !contested && !promised {
        return timing;
    }
    let since = stays.last().map(|(_, day)| *day);
    let soon = [since, timing.soon].into_iter().flatten().min();
    Timing { closed: false, soon, ..timing }
}

/// The day on which a record came into its present state. None until its opening is there.
pub fn since(kind: &Kind, record: &Record) -> Option<NaiveDate> {
    stays(kind, record).last().map(|(_, day)| *day)
}

/// The day on which a record was opened, by the same count as its limits. None until its opening is there.
pub fn begun(kind: &Kind, record: &Record) -> Option<NaiveDate> {
    stays(kind, record).first().map(|(_, day)| *day)
}

/// The states that a record has been in, each with the day on which it came into it.
fn stays(kind: &Kind, record: &Record) -> Vec<(StateId, NaiveDate)> {
    let mut stays = Vec::new();
    for known in counting(&record.entries) {
        match &known.entry.content.action {
            Action::Open { body } => stays.push((kind.workflow.begins_in(body).clone(), day(known))),
            Action::Step { step, .. } => {
                let step = kind.workflow.steps.iter().find(|known| known.id == *step);
                // A step that leaves the state as it is doesn't begin its time anew.
                let to =
                    step.map(|step| &step.to).filter(|to| stays.last().is_none_or(|(state, _)| state != *to));
                stays.extend(to.map(|to| (to.clone(), day(known))));
            }
            _ => {}
        }
    }
    stays
}

/// The days that don't count: on which the record has waited for others, was closed, or was merged into another one. From
/// the day on which that began, up to the day before it went on.
fn paused(kind: &Kind, record: &Record, stays: &[(StateId, NaiveDate)]) -> BTreeSet<NaiveDate> {
    let mut paused = BTreeSet::new();
    let mut pause = |from: NaiveDate, to: NaiveDate| {
        let days = std::iter::successors(Some(from), |day| Some(next(*day)));
        paused.extend(days.take_while(|day| *day < to));
    };
    for pair in stays.windows(2) {
        let [(state, from), (_, to)] = pair else { continue };
        if kind.state(state).is_some_and(|state| state.waits || state.closed) {
            pause(*from, *to);
        }
    }
    let mut merged = None;
    for known in counting(&record.entries) {
        match &known.entry.content.action {
            Action::Merge { .. } => merged = merged.or(Some(day(known))),
            Action::Unmerge {} => {
                if let Some(from) = merged.take() {
                    pause(from, day(known));
                }
            }
            _ => {}
        }
    }
    paused
}

/// The day in China on which an entry counts: when the station received it, or was noted as long as it waits.
fn day(known: &Known) -> NaiveDate {
    const CHINA: TimeDelta = TimeDelta::hours(8);
    match &known.standing {
        Standing::Accepted { received_at, .. } | Standing::Parked { received_at, .. } => {
            (received_at.naive_utc() + CHINA).date()
        }
        _ => (known.entry.content.noted_at.naive_utc() + CHINA).date(),
    }
}
