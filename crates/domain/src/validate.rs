//! One evaluator of forms, run by the phone before it saves and by the station before it accepts.

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use serde_json::Value;

use crate::{
    canonical::Digest,
    entry::Body,
    id::{FieldId, RecordId},
    kind::{Field, FieldType, Kind},
    person::{is_phone, is_resident_id},
    reads,
    recipient::Recipient,
    village::VillageCode,
};

/// The most characters in a line, unless the field says otherwise.
pub const LINE: usize = 100;
/// The most characters in a long text, unless the field says otherwise.
pub const LONG_TEXT: usize = 10_000;
/// The most people in one field.
pub const PEOPLE: usize = 50;
/// Years that a date in a ledger can sensibly have; others are slips of the thumb.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// The form of a day.
pub(crate) const DATE: &str = "0000-00-00";

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field.
    pub field: FieldId,
    /// Which of several people, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<usize>,
    /// Which part of a person: `name`, `phone` or `address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

reads!(Problem { field, item, part, fault as rest });

/// What can be wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Required and empty.
    Missing,
    /// More characters, or more people, than fit.
    TooLong {
        /// The most that fit.
        max: usize,
    },
    /// Not a whole number from 0 to 9,999,999.
    NotANumber,
    /// Not an amount of yuan with at most two decimals.
    NotMoney,
    /// No such day or minute.
    NotADate,
    /// A year outside [`YEARS`].
    YearOutOfRange,
    /// Can't be dialled.
    NotAPhone,
    /// Not a resident number, or its check character is wrong.
    NotAnIdNumber,
    /// Not a 12-digit village code.
    NotAVillage,
    /// Not of the shape that the field's type is kept in; only a program can cause it.
    WrongShape,
    /// Something that a newer version checks.
    Unknown,
}

reads!(Fault by "fault" {
    "missing" => Missing {},
    "too_long" => TooLong { max },
    "not_a_number" => NotANumber {},
    "not_money" => NotMoney {},
    "not_a_date" => NotADate {},
    "year_out_of_range" => YearOutOfRange {},
    "not_a_phone" => NotAPhone {},
    "not_an_id_number" => NotAnIdNumber {},
    "not_a_village" => NotAVillage {},
    "wrong_shape" => WrongShape {},
} else Unknown);

/// What is wrong with an opening form. Fields that it doesn't show, and fields and codes that the kind doesn't know,
/// are never wrong: they are kept.
pub fn form(kind: &Kind, body: &Body) -> Vec<Problem> {
    kind.form()
        .filter(|field| kind.shows(field, body))
        .flat_map(|field| value(field, body.get(&field.id)))
        .collect()
}

/// What is wrong with a step's body: the fields that it asks for, and any other, which no step may set unseen.
pub fn asked(kind: &Kind, asks: &[FieldId], body: &Body) -> Vec<Problem> {
    let fields = asks.iter().filter_map(|id| kind.field(id));
    let mut problems: Vec<_> = fields.flat_map(|field| value(field, body.get(&field.id))).collect();
    for id in body.keys().filter(|id| !asks.contains(id)) {
        problems.push(Problem { field: id.clone(), item: None, part: None, fault: Fault::WrongShape });
    }
    problems
}

/// What is wrong with one field's value, whether or not it is shown.
pub fn value(field: &Field, value: Option<&Value>) -> Vec<Problem> {
    let one = |fault| vec![Problem { field: field.id.clone(), item: None, part: None, fault }];
    let Some(value) = value.filter(|value| !is_empty(value)) else {
        return if field.required { one(Fault::Missing) } else { Vec::new() };
    };
    let checked = match field.form {
        FieldType::Text => text(value, field.max.unwrap_or(LINE)),
        FieldType::LongText => text(value, field.max.unwrap_or(LONG_TEXT)),
        FieldType::Number => match value.as_u64() {
            Some(0..=9_999_999) => Ok(()),
            _ => Err(Fault::NotANumber),
        },
        FieldType::Money => string(value, is_money, Fault::NotMoney),
        FieldType::Date => date(value, DATE),
        FieldType::Time => date(value, "0000-00-00T00:00"),
        FieldType::Code => text(value, LINE),
        FieldType::Codes => each(value, |code| text(code, LINE)),
        FieldType::Phone => string(value, is_phone, Fault::NotAPhone),
        FieldType::IdNumber => string(value, is_resident_id, Fault::NotAnIdNumber),
        FieldType::Village => string(value, |code| code.parse::<VillageCode>().is_ok(), Fault::NotAVillage),
        FieldType::YesNo => value.as_bool().map(|_| ()).ok_or(Fault::WrongShape),
        FieldType::Attachments => {
            each(value, |item| string(item, |text| text.parse::<Digest>().is_ok(), Fault::WrongShape))
        }
        FieldType::People => return people(field, value),
        FieldType::Place => {
            if is_place(value) {
                Ok(())
            } else {
                Err(Fault::WrongShape)
            }
        }
        FieldType::Record => string(value, |text| text.parse::<RecordId>().is_ok(), Fault::WrongShape),
        FieldType::Recipient => recipient(value),
        FieldType::Recipients => each(value, recipient),
        FieldType::Unknown => Ok(()),
    };
    checked.err().map_or_else(Vec::new, one)
}

/// Whether a value says nothing: null, an empty or blank text, an empty list, or people without a single word.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(parts) => parts.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn text(value: &Value, max: usize) -> Result<(), Fault> {
    match value.as_str() {
        None => Err(Fault::WrongShape),
        Some(text) if text.chars().count() > max => Err(Fault::TooLong { max }),
        Some(_) => Ok(()),
    }
}

fn string(value: &Value, right: impl Fn(&str) -> bool, fault: Fault) -> Result<(), Fault> {
    match value.as_str() {
        None => Err(Fault::WrongShape),
        Some(text) if right(text) => Ok(()),
        Some(_) => Err(fault),
    }
}

fn recipient(value: &Value) -> Result<(), Fault> {
    string(value, |text| text.parse::<Recipient>().is_ok(), Fault::WrongShape)
}

fn each(value: &Value, right: impl Fn(&Value) -> Result<(), Fault>) -> Result<(), Fault> {
    value.as_array().ok_or(Fault::WrongShape)?.iter().try_for_each(right)
}

fn date(value: &Value, form: &str) -> Result<(), Fault> {
    let day = day(value.as_str().ok_or(Fault::WrongShape)?, form).ok_or(Fault::NotADate)?;
    if YEARS.contains(&day.year()) { Ok(()) } else { Err(Fault::YearOutOfRange) }
}

/// The day of a text in which a digit stands wherever the form has a zero. By hand, because the code that reads any of
/// chrono's formats is forty times as long.
pub(crate) fn day(text: &str, form: &str) -> Option<NaiveDate> {
    let fits = |(c, f): (u8, u8)| if f == b'0' { c.is_ascii_digit() } else { c == f };
    if text.len() != form.len() || !text.bytes().zip(form.bytes()).all(fits) {
        return None;
    }
    let number = |part: &str| part.bytes().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let (day, clock) = text.split_once('T').unwrap_or((text, "00:00"));
    if number(&clock[..2]) > 23 || number(&clock[3..]) > 59 {
        return None;
    }
    NaiveDate::from_ymd_opt(number(&day[..4]).try_into().ok()?, number(&day[5..7]), number(&day[8..]))
}

fn is_money(text: &str) -> bool {
    let (yuan, cents) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    digits(yuan, 12) && digits(cents, 2)
}

/// Decimal degrees within the globe, and metres.
fn is_place(value: &Value) -> bool {
    let degrees = |name: &str, most: u32| {
        let text = value.get(name).and_then(Value::as_str).unwrap_or_default();
        let text = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most| {
            (1..=most).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit())
        };
        digits(whole, 3) && digits(decimals, 6) && whole.parse::<u32>().is_ok_and(|whole| whole <= most)
    };
    degrees("lat", 90) && degrees("lon", 180) && value.get("accuracy").is_some_and(Value::is_u64)
}

fn people(field: &Field, value: &Value) -> Vec<Problem> {
    let problem = |item, part: Option<&str>, fault| Problem {
        field: field.id.clone(),
        item,
        part: part.map(str::to_owned),
        fault,
    };
    let Some(people) = value.as_array() else { return vec![problem(None, None, Fault::WrongShape)] };
    if people.len() > PEOPLE {
        return vec![problem(None, None, Fault::TooLong { max: PEOPLE })];
    }
    let mut problems = Vec::new();
    for (item, person) in people.iter().enumerate() {
        if !person.is_object() {
            problems.push(problem(Some(item), None, Fault::WrongShape));
            continue;
        }
        // The name is required even of a second, otherwise empty person: an empty row is a forgotten one.
        let blank = Value::Null;
        let part = |name: &str| person.get(name).filter(|value| !is_empty(value)).unwrap_or(&blank);
        let mut check = |name: &'static str, right: Result<(), Fault>| {
            if let Err(fault) = right {
                problems.push(problem(Some(item), Some(name), fault));
            }
        };
        check("name", if part("name").is_null() { Err(Fault::Missing) } else { text(part("name"), 80) });
        if !part("phone").is_null() {
            check("phone", string(part("phone"), is_phone, Fault::NotAPhone));
        }
        if !part("address").is_null() {
            check("address", text(part("address"), 200));
        }
    }
    problems
}
