//! How far each mailbox has been read.

use serde::Serialize;
use xunji_domain::{
    id::{DeskId, EntryId, Position},
    reads,
    wire::Me,
};

use super::{Pocket, batch::Batch};
use crate::storage::{Storage, StorageError, Table};

/// The person's own mailbox, in rows of its own since before there were others.
const CURSOR: &str = "cursor";
const CURSOR_ENTRY: &str = "cursor_entry";
/// All others in one row: the keys of rows lie in clear, and must not say where somebody sits.
const CURSORS: &str = "cursors";

/// A mailbox that a phone reads. Each has positions of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mailbox {
    /// The person's own.
    Own,
    /// That of a desk at which they sit.
    Desk(DeskId),
    /// What such a desk oversees: entries without their sensitive values.
    Oversight(DeskId),
}

impl Mailbox {
    /// All that somebody reads, their own first.
    pub fn of(me: &Me) -> Vec<Self> {
        let desks = me.desks.iter().map(|desk| Self::Desk(desk.id.clone()));
        let overseen = me.desks.iter().filter(|desk| desk.kind.oversees());
        let overseen = overseen.map(|desk| Self::Oversight(desk.id.clone()));
        [Self::Own].into_iter().chain(desks).chain(overseen).collect()
    }

    /// The desk whose mailbox it is.
    pub const fn desk(&self) -> Option<&DeskId> {
        match self {
            Self::Own => None,
            Self::Desk(desk) | Self::Oversight(desk) => Some(desk),
        }
    }

    /// Whether it holds what a desk oversees.
    pub const fn is_oversight(&self) -> bool {
        matches!(self, Self::Oversight(_))
    }
}

/// How far a mailbox has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The position of the last item that is here.
    pub after: Position,
    /// The entry at that position. A station that was restored from an older backup has another one there.
    pub last: Option<EntryId>,
}

/// The cursor of a desk's mailbox.
#[derive(Serialize)]
struct Place {
    desk: DeskId,
    oversight: bool,
    after: Position,
    last: Option<EntryId>,
}

reads!(Place { desk, oversight, after, last });

impl Place {
    fn is_of(&self, mailbox: &Mailbox) -> bool {
        mailbox.desk() == Some(&self.desk) && mailbox.is_oversight() == self.oversight
    }
}

impl<S: Storage> Pocket<S> {
    /// How far a mailbox has been read.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn cursor(&self, mailbox: &Mailbox) -> Result<Cursor, StorageError> {
        of(&Batch::new(&self.storage), mailbox).await
    }
}

/// How far a mailbox has been read, as it will be after this batch.
pub(super) async fn of<S: Storage>(batch: &Batch<'_, S>, mailbox: &Mailbox) -> Result<Cursor, StorageError> {
    if *mailbox == Mailbox::Own {
        let after = batch.get(Table::Meta, CURSOR).await?.unwrap_or_default();
        return Ok(Cursor { after, last: batch.get(Table::Meta, CURSOR_ENTRY).await? });
    }
    let place = places(batch).await?.into_iter().find(|place| place.is_of(mailbox));
    Ok(place.map(|place| Cursor { after: place.after, last: place.last }).unwrap_or_default())
}

/// Notes how far a mailbox has been read.
pub(super) async fn note<S: Storage>(
    batch: &mut Batch<'_, S>,
    mailbox: &Mailbox,
    cursor: Cursor,
) -> Result<(), StorageError> {
    let Cursor { after, last } = cursor;
    let Some(desk) = mailbox.desk() else {
        match last {
            Some(last) => batch.put(Table::Meta, CURSOR_ENTRY, &last)?,
            None => batch.delete(Table::Meta, CURSOR_ENTRY),
        }
        return batch.put(Table::Meta, CURSOR, &after);
    };
    let mut places = places(batch).await?;
    places.retain(|place| !place.is_of(mailbox));
    places.push(Place { desk: desk.clone(), oversight: mailbox.is_oversight(), after, last });
    batch.put(Table::Meta, CURSORS, &places)
}

/// A row that can't be read costs nothing but reading the desks' mailboxes once more.
async fn places<S: Storage>(batch: &Batch<'_, S>) -> Result<Vec<Place>, StorageError> {
    Ok(batch.lying(Table::Meta, CURSORS).await?.unwrap_or_default())
}
