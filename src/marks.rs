//! Which installation's database should be on this phone, noted outside the database, by which a loss is noticed.
//!
//! Noted twice, for each place can go without the other: `localStorage` outlives a browser that makes room by clearing
//! what sites keep, but browsers write it seconds later, too late for one that is killed; what was put into the cache
//! storage outlives that. Each vault has its own.

use xunji_domain::id::InstallationId;

use crate::platform::{self, Setting};

/// The installation that should be here, as far as one of the places tells.
pub async fn expected() -> Option<InstallationId> {
    let noted = match platform::setting(Setting::Installation) {
        Some(noted) => noted,
        None => platform::mark(&Setting::Installation.key()).await?,
    };
    noted.parse().ok()
}

/// Notes that this installation should be here. A browser that forbids it only notices no loss.
pub async fn note(here: InstallationId) {
    let here = here.to_string();
    platform::store_setting(Setting::Installation, Some(&here));
    platform::set_mark(&Setting::Installation.key(), &here).await;
}
