//! A kind: the definition of one ledger, as data.
//!
//! The built-in ones are `kinds/*.toml`. A station may serve others or newer ones; a phone keeps every version that it
//! has drafts or records of. Form, detail view, validation, search and merge read nothing but this.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Serialize;
use serde_json::Value;

use crate::{
    alarm::Alarm,
    becomes::Becomes,
    canonical::Digest,
    deadline::Limit,
    desk::DeskKind,
    entry::Body,
    handing::{After, Hands, Who},
    id::{FieldId, KindId, ListId, StateId, StepId},
    json,
    order::sort_few,
    person::Role,
    reads,
};

/// A text in the languages of the interface. Others fall back to Chinese.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Chinese, which the law and the paper forms speak.
    pub zh: String,
    /// English.
    pub en: String,
    /// Further languages, by the first part of their tag: `bo`, `mn`, `ug`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, String>,
}

reads!(Label { zh, en, more or default });

impl Label {
    /// The text in the language of a BCP 47 tag.
    pub fn within(&self, tag: &str) -> &str {
        match tag.split('-').next().unwrap_or_default() {
            "en" => &self.en,
            other => self.more.get(other).unwrap_or(&self.zh),
        }
    }
}

/// The definition of one ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kind {
    /// The ledger.
    pub id: KindId,
    /// Grows by one whenever the definition changes; old versions stay readable.
    pub version: u32,
    /// Its place among the others, from the smallest number on.
    pub order: u32,
    /// 巡查.
    pub name: Label,
    /// 记巡查: the words on the button that begins a new record.
    pub begin: Label,
    /// Which of the interface's icons stands for it.
    pub icon: String,
    /// The fields that make a record's title, joined by a dot; empty ones are left out.
    pub title: Vec<FieldId>,
    /// The field that says where.
    pub village: FieldId,
    /// The field that says when.
    pub time: FieldId,
    /// Secret between its author and the justice desk (律师法 art. 38): other desks get counts only.
    pub confidential: bool,
    /// Shows the emergency number above the form.
    pub emergency: bool,
    /// What must not wait for a signal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<Alarm>,
    /// What a record of this ledger may turn into.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub becomes: Vec<Becomes>,
    /// Begun from 我的 instead of from 今天, because it is not the day's work.
    #[serde(default, skip_serializing_if = "is_false")]
    pub aside: bool,
    /// Which desk receives it. Without it the township's, or the justice office's where it is confidential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskLevel>,
    /// In the order of the form.
    pub fields: Vec<Field>,
    /// Code lists by name.
    pub lists: BTreeMap<ListId, Vec<Code>>,
    /// Headings of longer lists by name.
    #[serde(default)]
    pub groups: BTreeMap<String, Label>,
    /// The record's way from opening to its end.
    pub workflow: Workflow,
}

reads!(Kind {
    id, version, order or default, name, begin, icon, title, village, time, confidential or default,
    emergency or default, alarms or default, becomes or default, aside or default, desk, fields, lists or default,
    groups or default, workflow,
});

/// Leaves out of a definition what says nothing, so that versions of earlier days read as they always did.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "As serde calls it.")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Which level's desk receives a ledger that isn't the township's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskLevel {
    /// The county's centre.
    County,
    /// One that a newer version knows: nobody's, so that nobody receives it by mistake.
    Unknown,
}

reads!(DeskLevel from word { "county" => County } else Unknown);

/// One field of a ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Field {
    /// The field.
    pub id: FieldId,
    /// Its label, by which people and assistive technology find it.
    pub label: Label,
    /// What may be in it.
    #[serde(rename = "type")]
    pub form: FieldType,
    /// Whether a form without it can't be saved, as long as it is shown.
    pub required: bool,
    /// Shown only when another field has one of these values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_when: Option<Condition>,
    /// The most characters a text may have. Without it: 100 for a line, 10,000 for a long text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<usize>,
    /// Which of the kind's lists a code comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<ListId>,
    /// Masked until it is tapped.
    pub sensitive: bool,
    /// What a new form begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefill: Option<Prefill>,
    /// Whether what was entered in it lately is offered.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recent: bool,
}

reads!(Field {
    id, label, form as "type", required or default, shown_when, max, list, sensitive or default, prefill,
    recent or default,
});

/// What may be in a field, and how it is kept in a [`Body`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line. A string.
    Text,
    /// Several lines. A string.
    LongText,
    /// A count. A JSON integer, not negative.
    Number,
    /// An amount in yuan. A string with at most two decimals, because money is not a float.
    Money,
    /// A day. `2026-11-22`.
    Date,
    /// A minute by the clock on the wall, which is the same in all of China. `2026-11-22T09:30`.
    Time,
    /// One value of a list. Its code, a string.
    Code,
    /// Several values of a list. An array of codes.
    Codes,
    /// People: an array of objects with `name`, `phone` and `address`, all strings; only the name is required.
    People,
    /// A telephone number. A string.
    Phone,
    /// A resident number (GB 11643). A string.
    IdNumber,
    /// A 12-digit village code. A string.
    Village,
    /// Yes or no. A JSON boolean.
    YesNo,
    /// Photos and sound, by SHA-256. An array of digests.
    Attachments,
    /// One position: an object with `lat` and `lon`, decimal degrees (WGS 84) as strings, because they are not floats,
    /// and `accuracy`, metres as an integer.
    Place,
    /// Another record that this one came from. Its id, a string.
    Record,
    /// Whom the record is handed to. A string: `worker:<id>`, `desk:<id>` or `level:<kind of desk>`.
    Recipient,
    /// Several of them. An array of strings.
    Recipients,
    /// A type that a newer version knows. Kept and shown as it is.
    Unknown,
}

reads!(FieldType from word {
    "text" => Text,
    "long_text" => LongText,
    "number" => Number,
    "money" => Money,
    "date" => Date,
    "time" => Time,
    "code" => Code,
    "codes" => Codes,
    "people" => People,
    "phone" => Phone,
    "id_number" => IdNumber,
    "village" => Village,
    "yes_no" => YesNo,
    "attachments" => Attachments,
    "place" => Place,
    "record" => Record,
    "recipient" => Recipient,
    "recipients" => Recipients,
} else Unknown);

impl FieldType {
    /// Whether a form asks for it under its label. A position is added by a button of its own, and where a record came
    /// from is not asked.
    pub const fn is_asked(self) -> bool {
        !matches!(self, Self::Place | Self::Record)
    }
}

/// A field is shown only when another one has one of some values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Condition {
    /// The other field.
    pub field: FieldId,
    /// The values, any of which will do.
    pub is: Vec<Value>,
}

reads!(Condition { field, is });

impl Condition {
    /// Whether the field has one of the values.
    pub fn holds(&self, body: &Body) -> bool {
        body.get(&self.field).is_some_and(|value| self.is.contains(value))
    }
}

/// What a new form begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Prefill {
    /// What the same person entered last time, shown as such.
    Last,
    /// The current minute or day.
    Now,
    /// The worker's own village when there is no last time.
    Village,
}

reads!(Prefill from word { "last" => Last, "now" => Now, "village" => Village });

/// One value of a code list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Code {
    /// What is stored.
    pub code: String,
    /// What is shown, flattened into `zh` and `en`.
    #[serde(flatten)]
    pub label: Label,
    /// Which of the kind's headings longer lists show it under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The value's code in a second statistical system, where both are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<String>,
}

reads!(Code { code, label as rest, group, also });

/// The states of a ledger's records and the steps between them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Workflow {
    /// The state of a record that has just been opened.
    pub initial: StateId,
    /// All states with their names.
    pub states: Vec<State>,
    /// What may be done in which state.
    pub steps: Vec<Step>,
    /// How long all of it may take from its opening on, the time left out in which it waited for others or was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Where a record begins instead when its form says so; the first one that holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub begins: Vec<Begins>,
}

reads!(Workflow { initial, states, steps or default, limit, begins or default });

impl Workflow {
    /// The state of a record that has just been opened with this form.
    pub fn begins_in(&self, body: &Body) -> &StateId {
        let other = self.begins.iter().find(|begins| begins.when.holds(body));
        other.map_or(&self.initial, |begins| &begins.state)
    }
}

/// Where a record begins when its form says that this has been done already.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Begins {
    /// What the form says.
    pub when: Condition,
    /// The state.
    pub state: StateId,
}

reads!(Begins { when, state });

/// One state of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct State {
    /// The state.
    pub id: StateId,
    /// Its name.
    pub label: Label,
    /// What residents are told of it, and nothing else: see [`Kind::public_state`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<Label>,
    /// Whether nothing more is expected to happen.
    pub closed: bool,
    /// How long a record may be in it; where it is closed, until when somebody looks back at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Waits for others: its time doesn't count, and its colour is blue.
    #[serde(default, skip_serializing_if = "is_false")]
    pub waits: bool,
    /// Somebody may be in danger: its colour is red from the first moment on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub danger: bool,
    /// The desk that has to act in it, as long as no step has handed the record on: its inbox shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKind>,
}

reads!(State {
    id, label, public, closed or default, limit, waits or default, danger or default, desk,
});

/// One step of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The step.
    pub id: StepId,
    /// The words on its button.
    pub label: Label,
    /// The states that it can be taken in.
    pub from: Vec<StateId>,
    /// The state that it leads to.
    pub to: StateId,
    /// Who may take it. Everyone, when empty.
    pub roles: Vec<Role>,
    /// The fields that it asks for; they are fields of the kind that the opening form doesn't show.
    pub asks: Vec<FieldId>,
    /// Who may take it by their relation to the record; any of these will do, besides a role if some are named.
    /// Everyone who may add to the record, when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<Who>,
    /// To whom it hands the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hands: Option<Hands>,
    /// The field that names who is asked to take part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joins: Option<FieldId>,
    /// The field that names whose part it is, where it is the part of somebody who was asked to take part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<FieldId>,
    /// What has to have been done before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
    /// Only where this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// How often it can be taken on one record. Without it as often as its states allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// Where the form reads as if it had been taken. Until it is, it is the first to be offered, and the record says that
    /// it is still to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<Condition>,
    /// The words before how often it was taken, where the record says so: 已调解.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<Label>,
}

reads!(Step {
    id, label, from, to, roles or default, asks or default, who or default, hands, joins, part, after,
    when, most, promised, tally,
});

impl Kind {
    /// The kinds that are built in, ordered by their files' names.
    pub fn built_in() -> &'static [Self] {
        static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
        KINDS.get_or_init(|| {
            json::read(include_bytes!(concat!(env!("OUT_DIR"), "/kinds.json")))
                .expect("kinds/*.toml were checked by this crate's tests")
        })
    }

    /// A field by its id.
    pub fn field(&self, id: &FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == *id)
    }

    /// The values of a field's code list; none for other fields.
    pub fn codes(&self, field: &Field) -> &[Code] {
        field.list.as_ref().and_then(|list| self.lists.get(list)).map_or(&[], Vec::as_slice)
    }

    /// The fields of the opening form: all that no step asks for.
    pub fn form(&self) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .filter(|field| !self.workflow.steps.iter().any(|step| step.asks.contains(&field.id)))
    }

    /// Whether a field is shown beside these values.
    pub fn shows(&self, field: &Field, body: &Body) -> bool {
        let Some(condition) = &field.shown_when else { return true };
        let shown = self.field(&condition.field).is_none_or(|other| self.shows(other, body));
        shown && condition.holds(body)
    }

    /// The field that names the record which this one came from.
    pub fn origin(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.form == FieldType::Record)
    }

    /// The attachments that a filled-in form names.
    pub fn attachments(&self, body: &Body) -> Vec<Digest> {
        let mut digests = Vec::new();
        for field in self.fields.iter().filter(|field| field.form == FieldType::Attachments) {
            let items = body.get(&field.id).and_then(Value::as_array);
            digests
                .extend(items.into_iter().flatten().filter_map(|item| item.as_str()?.parse::<Digest>().ok()));
        }
        digests
    }

    /// What the people whom a record is about are told of its state: a few words that give nothing away. A state without
    /// words of its own is being handled, or closed.
    pub fn public_state(&self, id: &StateId) -> &Label {
        static USUAL: OnceLock<[Label; 2]> = OnceLock::new();
        let label =
            |zh: &str, en: &str| Label { zh: zh.to_owned(), en: en.to_owned(), more: BTreeMap::new() };
        let [open, closed] =
            USUAL.get_or_init(|| [label("正在办理", "Being handled"), label("已办结", "Closed")]);
        match self.state(id) {
            Some(state) => state.public.as_ref().unwrap_or(if state.closed { closed } else { open }),
            None => open,
        }
    }

    /// A state's name, if the workflow knows the state.
    pub fn state(&self, id: &StateId) -> Option<&State> {
        self.workflow.states.iter().find(|state| state.id == *id)
    }
}

/// A set of kinds in several versions, as a phone or a station holds them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Kinds(Vec<Kind>);

reads!(Kinds from Vec<Kind>);

impl Default for Kinds {
    fn default() -> Self {
        Self(Kind::built_in().to_vec())
    }
}

impl Kinds {
    /// Exactly this version, by which an entry of that version is judged.
    pub fn exact(&self, id: &KindId, version: u32) -> Option<&Kind> {
        self.0.iter().find(|kind| kind.id == *id && kind.version == version)
    }

    /// The newest version, which new forms are filled in by.
    pub fn newest(&self, id: &KindId) -> Option<&Kind> {
        self.0.iter().filter(|kind| kind.id == *id).max_by_key(|kind| kind.version)
    }

    /// The version that an entry was made by, or the newest one when that is not known: enough for showing it.
    pub fn nearest(&self, id: &KindId, version: u32) -> Option<&Kind> {
        self.exact(id, version).or_else(|| self.newest(id))
    }

    /// The newest version of every kind, in the order that they are shown in.
    pub fn current(&self) -> impl Iterator<Item = &Kind> {
        let newest =
            |kind: &&Kind| self.newest(&kind.id).is_some_and(|newest| newest.version == kind.version);
        let mut current: Vec<_> = self.0.iter().filter(newest).collect();
        sort_few(&mut current, |kind| kind.order);
        current.into_iter()
    }

    /// Every version of every kind.
    pub fn all(&self) -> &[Kind] {
        &self.0
    }

    /// Adds what a station serves. A definition never changes under its version, so known ones stay.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Kind>) {
        for kind in more {
            if self.exact(&kind.id, kind.version).is_none() {
                self.0.push(kind);
            }
        }
    }
}

#[cfg(test)]
mod tests;
