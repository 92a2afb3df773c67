//! The caches that are written beside the entries: the shelves that a search goes through, and the counts of the outbox.

use uuid::Uuid;
use xunji_domain::id::InstallationId;

use super::must;
use crate::{
    memory::Memory,
    pocket::{Pocket, Waiting, WaitingState},
    simulation::{
        Broken, Invariant,
        disk::{at_once, change, copied},
        phone::Phone,
    },
    storage::{Span, Storage, StorageError, Table, Write},
};

/// The shelves say what they would say if they were made anew, and the counts what the rows would.
pub(super) fn hold<'a>(phone: &Phone, outbox: impl Iterator<Item = &'a Waiting>) -> Result<(), Broken> {
    let memory = phone.memory.borrow();
    let kept = copied(&memory);
    let anew = copied(&memory);
    change(&anew, vec![Write::Delete(Table::Meta, "shelving".to_owned())]);
    let [kept, anew] = [kept, anew].map(|memory| at_once(words(memory)));
    let same = kept.is_ok() && kept == anew;
    must(same, Invariant::ReplicasConverge, || {
        format!("phone {} has on its shelves {kept:?} instead of {anew:?}", phone.index)
    })?;
    let counts = at_once(phone.fresh_reader().counts()).unwrap_or_default();
    let (mut waiting, mut returned) = (0, 0);
    for row in outbox {
        match row.state {
            WaitingState::Parked { .. } | WaitingState::Refused { .. } => returned += 1,
            _ => waiting += 1,
        }
    }
    must((counts.waiting, counts.returned) == (waiting, returned), Invariant::NothingBlocks, || {
        format!("phone {} counts {counts:?} instead of {waiting} and {returned}", phone.index)
    })
}

async fn words(memory: Memory) -> Result<String, StorageError> {
    let (pocket, _) = Pocket::open(memory.clone(), InstallationId::new(Uuid::nil())).await?;
    while pocket.shelve().await? {}
    let shelves = memory.range(Table::Shelves, Span::all()).await?;
    let bytes = shelves.into_iter().flat_map(|(_, lines)| lines).collect();
    String::from_utf8(bytes).map_err(|_| StorageError::Damaged("shelves".to_owned()))
}
