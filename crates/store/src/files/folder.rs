//! A private folder with a lock.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused.
    #[error("cannot {what} {path}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Others may look into it.
    #[error("{path} has mode {mode:03o}: others may enter it; it must be 700")]
    NotPrivate {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another process uses it.
    #[error("another process uses {path}")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
}

/// A folder that only this process uses, until the value is dropped or the process ends.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

/// The file whose lock keeps a second process out. Its content means nothing.
const LOCK: &str = "lock";

impl Folder {
    /// Opens a folder, or makes it and what is missing above it with mode 0700, durable when it returns.
    ///
    /// Refuses a folder that its group or others may enter: its permissions were chosen by someone, and are not
    /// changed silently.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        make_private(path)?;
        let mode = path.metadata().map_err(io("read", path))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(FolderError::NotPrivate { path: path.to_owned(), mode });
        }
        let lock_path = path.join(LOCK);
        let lock = private_file(&lock_path)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(FolderError::Io { what: "lock", path: lock_path, cause }),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes an empty file of mode 0600 in it unless it is there, and gives its path.
    pub(crate) fn file(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.path.join(name);
        private_file(&path)?;
        Ok(path)
    }

    /// Removes the files whose names start with `prefix`, and nothing else: a folder that was named by mistake keeps
    /// what it has.
    pub(crate) fn remove_files(&self, prefix: &str) -> Result<(), FolderError> {
        for entry in std::fs::read_dir(&self.path).map_err(io("read", &self.path))? {
            let entry = entry.map_err(io("read", &self.path))?;
            let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
            if ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                std::fs::remove_file(entry.path()).map_err(io("remove", &entry.path()))?;
            }
        }
        Ok(())
    }

    /// Makes the names of its files durable.
    pub(crate) fn sync(&self) -> Result<(), FolderError> {
        sync_folder(&self.path)
    }
}

pub(super) fn make_private(path: &Path) -> Result<(), FolderError> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private(above)?;
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_folder(above),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(FolderError::Io { what: "make the folder", path: path.to_owned(), cause }),
    }
}

fn private_file(path: &Path) -> Result<File, FolderError> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    file.map_err(io("open", path))
}

pub(super) fn sync_folder(path: &Path) -> Result<(), FolderError> {
    File::open(path).and_then(|f| f.sync_all()).map_err(io("make durable", path))
}

fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |cause| FolderError::Io { what, path, cause }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_it_makes_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let folder = Folder::open(&path).unwrap();
        let file = folder.file("ledger.db").unwrap();
        for made in [dir.path().join("a"), path.clone()] {
            assert_eq!(mode(&made), 0o700, "{made:?}");
        }
        for made in [file, path.join(LOCK)] {
            assert_eq!(mode(&made), 0o600, "{made:?}");
        }
    }

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for bits in [0o701, 0o710, 0o704, 0o755, 0o777] {
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(bits)).unwrap();
            let error = Folder::open(dir.path()).unwrap_err();
            assert!(matches!(error, FolderError::NotPrivate { mode, .. } if mode == bits), "{error}");
            assert_eq!(mode(dir.path()), bits, "and is left as it is");
        }
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let first = Folder::open(&path).unwrap();
        assert!(matches!(Folder::open(&path).unwrap_err(), FolderError::InUse { .. }));
        drop(first);
        assert!(Folder::open(&path).is_ok());
    }
}
