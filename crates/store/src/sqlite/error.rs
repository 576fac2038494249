//! What SQLite says, and what it means for the evidence.

use std::path::{Path, PathBuf};

use simpul_ledger::StoreError;

use crate::files::FolderError;

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its folder cannot be used.
    #[error("the ledger's folder cannot be used")]
    Folder(#[source] FolderError),
    /// SQLite refused.
    #[error("cannot {what} the ledger {path}")]
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
    #[error("the ledger {path} has schema {found}, and this version knows up to {known}: use the newer version")]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema in the file.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// It is the database of something else.
    #[error("{path} is a database, but no ledger")]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
}

pub(super) fn opening(path: &Path, what: &'static str) -> impl FnOnce(sqlx::Error) -> OpenError {
    let path = path.to_owned();
    move |cause| OpenError::Sql { what, path, cause }
}

/// What a failed change means. Only what SQLite is known to have refused cleanly may be tried again; after anything
/// else, a failed flush above all, what is durable is not known.
pub(super) fn writing(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |cause| {
        if refused_cleanly(&cause) {
            StoreError::Retryable { what, cause: Box::new(cause) }
        } else {
            StoreError::Halt { what, cause: Box::new(cause) }
        }
    }
}

/// What a failed reading means.
pub(super) fn reading(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |cause| {
        if refused_cleanly(&cause) {
            StoreError::Retryable { what, cause: Box::new(cause) }
        } else {
            StoreError::Damaged { what: what.to_owned(), cause: Box::new(cause) }
        }
    }
}

/// Primary result codes of SQLite after which the transaction is rolled back and nothing else has happened.
const CLEAN: [i32; 6] = [
    5,  // SQLITE_BUSY
    6,  // SQLITE_LOCKED
    7,  // SQLITE_NOMEM
    8,  // SQLITE_READONLY
    9,  // SQLITE_INTERRUPT
    13, // SQLITE_FULL
];

/// `SQLITE_READONLY_DBMOVED`: the file was renamed or removed under the program.
const MOVED: i32 = 1032;

/// Whether SQLite refused and nothing else happened.
pub(crate) fn refused_cleanly(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => {
            let code = error.code().and_then(|code| code.parse::<i32>().ok());
            code.is_some_and(|code| code != MOVED && CLEAN.contains(&(code & 0xff)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use std::fmt;

    #[derive(Debug)]
    struct Code(i32);

    impl fmt::Display for Code {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{}", self.0)
        }
    }

    impl std::error::Error for Code {}

    impl sqlx::error::DatabaseError for Code {
        fn message(&self) -> &str {
            "planned"
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.to_string().into())
        }
        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    /// The numbers are those of SQLite's documentation, "Result and Error Codes".
    #[test]
    fn a_failed_flush_halts_and_a_full_disk_does_not() {
        let write = |code| writing("test")(sqlx::Error::Database(Box::new(Code(code))));
        for clean in [5, 261, 517, 6, 262, 7, 8, 776, 9, 13] {
            assert!(matches!(write(clean), StoreError::Retryable { .. }), "{clean}");
        }
        // IOERR, IOERR_WRITE, IOERR_FSYNC, IOERR_DIR_FSYNC, CORRUPT, CANTOPEN, NOTADB, READONLY_DBMOVED, CONSTRAINT.
        for fatal in [10, 778, 1034, 1290, 11, 14, 26, 1032, 19, 1555, 1, 21] {
            assert!(matches!(write(fatal), StoreError::Halt { .. }), "{fatal}");
        }
        assert!(matches!(writing("test")(sqlx::Error::WorkerCrashed), StoreError::Halt { .. }));
        assert!(matches!(reading("test")(sqlx::Error::PoolTimedOut), StoreError::Retryable { .. }));
        assert!(matches!(reading("test")(sqlx::Error::WorkerCrashed), StoreError::Damaged { .. }));
    }
}
