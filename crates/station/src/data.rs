//! The data folder: everything that a station keeps, in one place that can be copied.
//!
//! ```text
//! DATA/station.sqlite     the database, with -wal and -shm beside it while it is open
//! DATA/receipt-key.pem    what receipts are signed with; readable by its owner alone
//! DATA/recovery-key.pem   what opens the copies of data keys that phones keep for a forgotten PIN; the same
//! DATA/station.lock       held by the one `serve` that runs on the folder
//! DATA/blobs/<aa>/<sha>   verified attachments; <sha>.part is one on its way, removed after a week's rest
//! DATA/kinds/*.json       more ledgers, optional
//! DATA/villages.json      the county's villages, optional
//! DATA/calendar.json      the county's holidays and worked weekends, optional
//! ```

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use xunji_domain::canonical::Digest;

/// A data folder that exists.
#[derive(Clone, Debug)]
pub struct DataFolder(PathBuf);

/// What can be wrong with a data folder.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It can't be made or written to.
    #[error("the data folder {} can't be used: {source}. Give another one with --data, or change its permissions", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is none, and the command would have nothing to read.
    #[error("there is no station in {}: it has no station.sqlite. Name its folder with --data, or begin one with `xunji-station serve`", path.display())]
    Missing {
        /// The folder.
        path: PathBuf,
    },
    /// Another `serve` holds it.
    #[error("another station is already running on {}, and two would spoil it. Stop that one first, or give another folder with --data", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
}

/// Held as long as this process serves the folder. The system lets go of it even when the process is killed.
#[derive(Debug)]
pub struct ServeLock {
    _file: File,
}

impl DataFolder {
    /// Opens the folder and makes it when it is missing, readable by nobody else.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(path: &Path) -> Result<Self, DataError> {
        let unusable = |source| DataError::Unusable { path: path.to_owned(), source };
        if !path.is_dir() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.create(path).map_err(unusable)?;
        }
        Ok(Self(path.to_owned()))
    }

    /// Opens a folder that a station has already been run on.
    ///
    /// # Errors
    /// When there is no database in it.
    pub fn existing(path: &Path) -> Result<Self, DataError> {
        let folder = Self(path.to_owned());
        if folder.database().is_file() {
            Ok(folder)
        } else {
            Err(DataError::Missing { path: path.to_owned() })
        }
    }

    /// Makes sure that no other `serve` uses the folder.
    ///
    /// # Errors
    /// When one does.
    pub fn lock(&self) -> Result<ServeLock, DataError> {
        let unusable = |source| DataError::Unusable { path: self.0.clone(), source };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.0.join("station.lock"))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(ServeLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataError::Locked { path: self.0.clone() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.0.join("station.sqlite")
    }

    /// What receipts are signed with.
    pub fn receipt_key(&self) -> PathBuf {
        self.0.join("receipt-key.pem")
    }

    /// What opens the copies of phones' data keys.
    pub fn recovery_key(&self) -> PathBuf {
        self.0.join("recovery-key.pem")
    }

    /// Where attachments are.
    pub fn blobs(&self) -> PathBuf {
        self.0.join("blobs")
    }

    /// The file of an attachment.
    pub fn blob(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.blobs().join(&name[..2]).join(name)
    }

    /// Where further ledgers are.
    pub fn kinds(&self) -> PathBuf {
        self.0.join("kinds")
    }

    /// The county's holidays.
    pub fn calendar(&self) -> PathBuf {
        self.0.join("calendar.json")
    }

    /// The county's villages.
    pub fn villages(&self) -> PathBuf {
        self.0.join("villages.json")
    }
}
