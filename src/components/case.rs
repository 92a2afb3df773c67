//! What the page of a record is drawn from, and what is done to it at one of its fields.

use leptos::prelude::*;
use serde_json::Value;
use xunji_domain::{
    entry::Entry,
    id::{EntryId, FieldId},
    kind::{Field, FieldType, Kind, Kinds},
    record::Record,
    village::{County, VillageCode},
};

use super::{Names, value_text};

/// A record with everything that it takes to say what it says.
pub struct Case {
    /// The record.
    pub record: Record,
    /// Its ledger, when this version knows it.
    pub kind: Option<Kind>,
    /// All ledgers, to fold with.
    pub kinds: std::rc::Rc<Kinds>,
    /// The villages.
    pub county: std::rc::Rc<County>,
    /// Who is who.
    pub names: Names,
    /// Whether this person may correct it.
    pub may_amend: bool,
    /// Whether this person carries it on, and answers what its desk asks.
    pub is_keeper: bool,
}

/// The case that a page shows. Copies are the same.
pub type ShownCase = StoredValue<Case, LocalStorage>;

/// Something that is done at a field.
#[derive(Clone)]
pub enum AtField {
    /// One of several values is the right one.
    Settle {
        /// The field.
        field: FieldId,
        /// What it shows.
        from: Value,
        /// The right one.
        to: Value,
    },
    /// A settlement was rash: this value stands beside it again.
    Unsettle {
        /// The field.
        field: FieldId,
        /// The value that was not chosen.
        other: Value,
    },
    /// It is to be corrected.
    Mend(FieldId),
    /// It stays as it is, for a reason.
    Explain(EntryId),
}

impl Case {
    /// A value as people read it.
    pub fn text(&self, field: Option<&Field>, value: &Value) -> String {
        let named =
            matches!(field.map(|field| field.form), Some(FieldType::Recipient | FieldType::Recipients));
        match value {
            Value::String(text) if named => self.names.received(text, self.village().as_ref()),
            Value::Array(items) if named => {
                let texts: Vec<_> = items.iter().map(|item| self.text(field, item)).collect();
                texts.join(crate::words::list_comma())
            }
            _ => value_text(self.kind.as_ref(), field, &self.county, value),
        }
    }

    /// The village that it is in.
    pub fn village(&self) -> Option<VillageCode> {
        self.record.village(self.kind.as_ref()?)
    }

    /// Who wrote an entry.
    pub fn author(&self, entry: &Entry) -> &str {
        self.names.of(entry.content.author)
    }
}
