//! The suite that every [`LedgerStore`] must pass, a store in memory, and a store that fails on purpose.
//!
//! A store runs the suite with [`ledger_contract!`](crate::ledger_contract). Each case gets a store of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test suite fails by panicking"
)]

mod append;
mod faulty;
mod lists;
mod memory;
mod samples;
mod stamps;

pub use append::{
    a_repeated_append_changes_nothing, an_append_is_read_back, an_empty_log, another_record_at_a_place_is_a_conflict,
    long_appends_keep_their_order,
};
pub use faulty::{Faulty, How, Step};
pub use lists::{confs_are_kept_once, lists_by_message, lists_by_time, pages_follow_each_other};
pub use memory::MemoryStore;
pub use samples::{conf, message, record};
pub use stamps::{
    a_batch_is_all_or_none, stamps_are_all_or_none, the_first_stamp_stays, the_stamps_of_a_batch_come_back,
    waiting_records_come_in_order,
};

#[cfg(doc)]
use crate::store::LedgerStore;

/// Makes a test of each case of the suite. `$test` is the attribute that runs an asynchronous test; `$open` is an
/// `async fn` without arguments that gives a guard and an empty `Arc<dyn LedgerStore>`. The guard is dropped after
/// the case.
#[macro_export]
macro_rules! ledger_contract {
    ($test:meta, $open:path) => {
        $crate::ledger_contract! { $test, $open;
            an_empty_log, an_append_is_read_back, a_repeated_append_changes_nothing,
            another_record_at_a_place_is_a_conflict, long_appends_keep_their_order,
            waiting_records_come_in_order, the_first_stamp_stays, stamps_are_all_or_none,
            the_stamps_of_a_batch_come_back, a_batch_is_all_or_none,
            lists_by_message, lists_by_time, pages_follow_each_other, confs_are_kept_once
        }
    };
    ($test:meta, $open:path; $($case:ident),+) => { $(
        #[$test]
        async fn $case() {
            let (_guard, store) = $open().await;
            $crate::contract::$case(&*store).await;
        }
    )+ };
}

#[cfg(test)]
mod on_memory {
    use std::sync::Arc;

    use super::MemoryStore;
    use crate::store::LedgerStore;

    async fn fresh() -> ((), Arc<dyn LedgerStore>) {
        ((), Arc::new(MemoryStore::default()))
    }

    ledger_contract!(tokio::test, fresh);
}
