//! What SQLite says, and what it means for the evidence.

use simpul_ledger::StoreError;

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
