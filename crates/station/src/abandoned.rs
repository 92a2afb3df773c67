//! Uploads that nobody goes on with: `.part` files that have not grown for a week are removed, at the start and once a
//! day. The phone that comes back later is told to begin again, and still has the bytes: it gives nothing up without
//! the station's word that they are verified.

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime},
};

use crate::blobs::Blobs;

/// How long an upload may rest. A phone without a signal comes back within days.
pub const REST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long from one look to the next.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Looks now and then once a day, by the clock that is given. Never ends.
pub async fn sweep_daily(blobs: Blobs, clock: impl Fn() -> SystemTime) {
    let mut days = tokio::time::interval(DAY);
    days.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        days.tick().await;
        let (blobs, now) = (blobs.clone(), clock());
        match tokio::task::spawn_blocking(move || sweep(&blobs, now)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(removed)) => tracing::info!(removed, "abandoned uploads were removed"),
            Ok(Err(error)) => tracing::warn!(%error, "abandoned uploads could not be removed"),
            Err(_) => return,
        }
    }
}

/// Removes what has rested for more than [`REST`] and gives how many that were. Whatever isn't an upload stays.
///
/// # Errors
/// When a folder can't be read or a file not be removed; the others have been looked at all the same.
pub fn sweep(blobs: &Blobs, now: SystemTime) -> io::Result<usize> {
    let folders = match fs::read_dir(blobs.folder()) {
        Ok(folders) => folders,
        // No attachment has come yet.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let (mut removed, mut failed) = (0, None);
    for folder in folders {
        let folder = folder?.path();
        for file in fs::read_dir(&folder).into_iter().flatten() {
            match file.and_then(|file| remove_if_abandoned(blobs, &file.path(), now)) {
                Ok(gone) => removed += usize::from(gone),
                Err(error) => failed = Some(error),
            }
        }
    }
    failed.map_or(Ok(removed), Err)
}

fn remove_if_abandoned(blobs: &Blobs, path: &Path, now: SystemTime) -> io::Result<bool> {
    if path.extension().is_none_or(|end| end != "part") {
        return Ok(false);
    }
    let name = path.file_stem().and_then(|name| name.to_str()?.parse().ok());
    // Held while it is looked at and removed, so that nobody goes on with it in between.
    let Some(_claim) = name.and_then(|name| blobs.try_claim(name)) else { return Ok(false) };
    // A clock that went back makes a file look like one of the future: it is not old.
    let rested = now.duration_since(path.metadata()?.modified()?).unwrap_or_default();
    if rested <= REST {
        return Ok(false);
    }
    fs::remove_file(path)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "aa00000000000000000000000000000000000000000000000000000000000000";

    fn file(folder: &Path, name: &str, at: SystemTime) -> std::path::PathBuf {
        let path = folder.join(&name[..2]).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "half").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        path
    }

    #[test]
    fn only_uploads_that_have_rested_for_more_than_a_week_go() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().join("blobs"));
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(sweep(&blobs, then).unwrap(), 0, "before the first attachment");
        let part = file(blobs.folder(), &format!("{NAME}.part"), then);
        let kept = [
            file(blobs.folder(), NAME, then),
            file(blobs.folder(), "aa.part", then),
            file(blobs.folder(), "notes.txt", then),
            file(blobs.folder(), &format!("bb{}.part", &NAME[2..]), then + REST),
        ];
        assert_eq!(sweep(&blobs, then - REST).unwrap(), 0, "the clock went back");
        assert_eq!(sweep(&blobs, then + REST).unwrap(), 0, "just a week");
        let late = then + REST + Duration::from_secs(1);
        let claim = blobs.try_claim(NAME.parse().unwrap()).unwrap();
        assert_eq!(sweep(&blobs, late).unwrap(), 0, "somebody is writing to it");
        drop(claim);
        assert_eq!(sweep(&blobs, late).unwrap(), 1);
        assert!(!part.exists() && kept.iter().all(|path| path.exists()));
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_looked_for_every_day() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::new(folder.path().to_owned());
        let then = SystemTime::now();
        let part = file(folder.path(), &format!("{NAME}.part"), then);
        let began = tokio::time::Instant::now();
        let sweeping = tokio::spawn(sweep_daily(blobs, move || then + began.elapsed()));
        // The clock of this test runs ahead whenever nothing else is to do.
        let gone = async {
            while part.exists() {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        };
        tokio::time::timeout(DAY * 30, gone).await.unwrap();
        assert!(began.elapsed() > REST && began.elapsed() < REST + DAY * 2, "{:?}", began.elapsed());
        sweeping.abort();
    }
}
