//! What SQLite says, and what it means for applications.

use simpul_services::application::StoreError;

use crate::sqlite::refused_cleanly;

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
