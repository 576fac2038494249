//! What SQLite says, and what it means for applications.

use std::path::{Path, PathBuf};

use simpul_services::application::StoreError;

use crate::files::FolderError;
use crate::sqlite::refused_cleanly;

/// Why a store of applications cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its folder cannot be used.
    #[error("the folder of applications cannot be used")]
    Folder(#[source] FolderError),
    /// SQLite refused.
    #[error("cannot {what} the applications in {path}")]
    Sql {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        cause: sqlx::Error,
    },
    /// A newer version wrote it.
    #[error(
        "the applications in {path} have schema {found}, and this version knows up to {known}: use the newer version"
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema in the file.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// It is the database of something else.
    #[error("{path} is a database, but not one of applications")]
    NotServices {
        /// The file.
        path: PathBuf,
    },
}

pub(super) fn opening(path: &Path, what: &'static str) -> impl FnOnce(sqlx::Error) -> OpenError {
    let path = path.to_owned();
    move |cause| OpenError::Sql { what, path, cause }
}

/// What a failed change means: after anything that SQLite did not refuse cleanly, what is durable is not known.
pub(super) fn writing(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |cause| match refused_cleanly(&cause) {
        true => StoreError::Retryable { what, cause: Box::new(cause) },
        false => StoreError::Halt { what, cause: Box::new(cause) },
    }
}

/// What a failed reading means.
pub(super) fn reading(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |cause| match refused_cleanly(&cause) {
        true => StoreError::Retryable { what, cause: Box::new(cause) },
        false => StoreError::Damaged { what, cause: Box::new(cause) },
    }
}
