//! What was entered lately, offered so that nobody types it again; and which records came from which, and which report the same.

use serde_json::Value;
use xunji_domain::{
    entry::{Body, Content},
    id::{KindId, RecordId},
    kind::{FieldType, Kind},
    record::Record,
};

use super::{Pocket, batch::Batch};
use crate::storage::{Span, Storage, StorageError, Table};

/// How many values of a field are offered.
const OFFERED: usize = 6;

impl<S: Storage> Pocket<S> {
    /// What was entered lately on this phone in those fields of a ledger that say so, the newest first. People come one
    /// by one.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn recent(&self, kind: &KindId) -> Result<Body, StorageError> {
        Ok(self.read(Table::Meta, &recent_key(kind)).await?.unwrap_or_default())
    }

    /// The records that came from this one, in the order in which they were begun.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn came_from(&self, origin: RecordId) -> Result<Vec<RecordId>, StorageError> {
        let rows = self.scan::<RecordId>(Table::Meta, Span::prefix(&format!("came-from/{origin}/"))).await?;
        Ok(rows.into_iter().map(|(_, record)| record).collect())
    }

    /// The records that were merged into this one, as far as this phone has them.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn doubles(&self, of: RecordId) -> Result<Vec<RecordId>, StorageError> {
        let rows = self.scan::<RecordId>(Table::Meta, Span::prefix(&format!("double/{of}/"))).await?;
        Ok(rows.into_iter().map(|(_, record)| record).collect())
    }

    /// Remembers what a form said.
    pub(super) async fn remember(
        &self,
        batch: &mut Batch<'_, S>,
        content: &Content,
        body: &Body,
    ) -> Result<(), StorageError> {
        let kinds = self.kinds();
        let Some(kind) = kinds.exact(&content.kind, content.kind_version) else { return Ok(()) };
        if !kind.fields.iter().any(|field| field.recent) {
            return Ok(());
        }
        let key = recent_key(&kind.id);
        let mut recent = batch.get::<Body>(Table::Meta, &key).await?.unwrap_or_default();
        if note(kind, body, &mut recent) { batch.put(Table::Meta, &key, &recent) } else { Ok(()) }
    }
}

/// Notes where a record came from, under the record it came from.
pub(super) fn link<S: Storage>(
    batch: &mut Batch<'_, S>,
    kind: Option<&Kind>,
    record: &Record,
) -> Result<(), StorageError> {
    let origin = kind.and_then(Kind::origin).and_then(|field| record.fields.get(&field.id));
    let origin = origin.and_then(|held| held.value.as_str()?.parse::<RecordId>().ok());
    match origin {
        Some(origin) => batch.put(Table::Meta, &format!("came-from/{origin}/{}", record.id), &record.id),
        None => Ok(()),
    }
}

/// Notes which record another one was merged into, under that one, as long as it is.
pub(super) fn double<S: Storage>(
    batch: &mut Batch<'_, S>,
    before: Option<&Record>,
    record: &Record,
) -> Result<(), StorageError> {
    let key = |into: RecordId| format!("double/{into}/{}", record.id);
    let before = before.and_then(|before| before.merged_into);
    if let Some(into) = before.filter(|into| Some(*into) != record.merged_into) {
        batch.delete(Table::Meta, &key(into));
    }
    match record.merged_into {
        Some(into) => batch.put(Table::Meta, &key(into), &record.id),
        None => Ok(()),
    }
}

fn recent_key(kind: &KindId) -> String {
    format!("recent/{kind}")
}

/// Puts what a form says before what earlier ones said; whether that changed anything.
fn note(kind: &Kind, body: &Body, recent: &mut Body) -> bool {
    let mut changed = false;
    for field in kind.fields.iter().filter(|field| field.recent) {
        let said = match (field.form, body.get(&field.id)) {
            (FieldType::People, Some(Value::Array(people))) => people.clone(),
            (_, Some(value)) => vec![value.clone()],
            (_, None) => continue,
        };
        let before = recent.get(&field.id).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut now = said;
        for value in &before {
            // Somebody whose telephone is known by now takes the place of the one without.
            if !now.iter().any(|newer| newer == value || same_person(newer, value)) {
                now.push(value.clone());
            }
        }
        now.truncate(OFFERED);
        if now != before {
            recent.insert(field.id.clone(), Value::Array(now));
            changed = true;
        }
    }
    changed
}

fn same_person(one: &Value, other: &Value) -> bool {
    let name = |person: &Value| person.get("name").cloned();
    name(one).is_some() && name(one) == name(other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use xunji_domain::kind::Kinds;

    use super::*;

    fn noted(forms: &[Value]) -> Value {
        let kinds = Kinds::default();
        let kind = kinds.newest(&"dispute".into()).unwrap();
        let mut recent = Body::new();
        for form in forms {
            note(kind, &serde_json::from_value(form.clone()).unwrap(), &mut recent);
        }
        serde_json::to_value(recent).unwrap()
    }

    #[test]
    fn the_newest_people_come_first_each_once_and_no_more_than_are_offered() {
        let form = |name: &str| json!({ "parties": [{ "name": name }], "summary": "不记" });
        let forms: Vec<_> = "甲乙丙丁戊己庚甲".chars().map(|c| form(&c.to_string())).collect();
        let names = ["甲", "庚", "己", "戊", "丁", "丙"].map(|name| json!({ "name": name }));
        assert_eq!(noted(&forms), json!({ "parties": names }));
    }

    #[test]
    fn a_person_is_offered_as_known_best_last() {
        let bare = json!({ "parties": [{ "name": "张三" }] });
        let full = json!({ "parties": [{ "name": "张三", "phone": "13800138000" }] });
        assert_eq!(noted(&[bare, full.clone()]), full);
    }
}
