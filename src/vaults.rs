//! The vaults of this phone, one a person: a database each.
//!
//! Nothing but the databases' own names says how many there are, and no name of a person stands anywhere outside them:
//! whoever finds the phone must not read who works with it. People tell their vaults apart by their place in the line,
//! and by the number that the office knows the phone under.

use xunji_domain::order::sort_few;
use xunji_sync::{
    storage::{Storage, StorageError, Table},
    vault,
};

use crate::{
    platform::{self, Setting},
    storage::{DATABASE, IndexedDb},
};

/// One vault, as somebody who is to choose sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// The name of its database.
    pub database: String,
    /// Its place in the line: 1, 2, 3 …
    pub place: u32,
    /// The beginning of its installation's id; nothing when the vault can't be opened as it is.
    pub number: Option<String>,
    /// How many entries wait for being sent or repaired.
    pub waiting: usize,
}

/// The database of the vault that this phone opens.
pub fn current() -> String {
    platform::setting(Setting::Vault)
        .filter(|name| place(name).is_some())
        .unwrap_or_else(|| DATABASE.to_owned())
}

/// All vaults in which there is a person, in line; one that is damaged among them, so that it shuts out nobody else and
/// is not taken for a free place.
pub async fn all() -> Vec<Vault> {
    let mut vaults = Vec::new();
    for (place, database) in databases().await {
        let (number, waiting) = match look(&database).await {
            Ok(None) => continue,
            Ok(Some((number, waiting))) => (Some(number), waiting),
            Err(_) => (None, 0),
        };
        vaults.push(Vault { database, place, number, waiting });
    }
    vaults
}

/// The number of a vault and how many entries wait in it; nothing when nobody has set a PIN.
async fn look(database: &str) -> Result<Option<(String, usize)>, StorageError> {
    let bare = IndexedDb::open(database).await?;
    let Some(header) = vault::header(&bare).await? else { return Ok(None) };
    Ok(Some((short(&header.installation.to_string()), bare.count(Table::Outbox).await?)))
}

/// The beginning of an id, as it is read out over the telephone.
pub fn short(id: &str) -> String {
    id.chars().take(8).collect::<String>().to_ascii_uppercase()
}

/// Opens another vault, by loading the page anew. Nothing in the one that is left changes.
pub fn switch_to(database: &str) {
    platform::store_setting(Setting::Vault, (database != DATABASE).then_some(database));
    platform::reload("/");
}

/// Begins a vault for one more person, or goes on with one that was begun and has no person yet.
pub async fn begin() {
    let taken: Vec<String> = all().await.into_iter().map(|vault| vault.database).collect();
    let free = (1..).map(name).find(|name| !taken.contains(name));
    switch_to(&free.unwrap_or_else(|| DATABASE.to_owned()));
}

async fn databases() -> Vec<(u32, String)> {
    let names = platform::databases().await;
    let mut found: Vec<_> = names.into_iter().filter_map(|name| Some((place(&name)?, name))).collect();
    sort_few(&mut found, |(place, _)| *place);
    found
}

fn name(place: u32) -> String {
    if place == 1 { DATABASE.to_owned() } else { format!("{DATABASE}-{place}") }
}

fn place(database: &str) -> Option<u32> {
    if database == DATABASE {
        return Some(1);
    }
    let place = database.strip_prefix(DATABASE)?.strip_prefix('-')?.parse().ok()?;
    (name(place) == database && place > 1).then_some(place)
}
