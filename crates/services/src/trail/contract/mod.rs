//! The suite that every [`TrailStore`] must pass, and a store in memory.
//!
//! A store runs the suite with [`trail_contract!`](crate::trail_contract). Each case gets a store of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test suite fails by panicking"
)]

mod entries;
mod memory;
mod nonces;
mod samples;

pub use entries::{
    an_access_is_kept_whole, an_empty_trail, another_entry_at_a_place_is_a_conflict, entries_come_latest_first,
    half_an_access_is_a_conflict, many_accesses_are_all_or_none, pages_follow_each_other, pseudonyms_are_apart,
    the_same_access_changes_nothing, withheld_is_counted_by_holder_month_and_law,
};
pub use memory::MemoryTrail;
pub use nonces::{a_nonce_is_taken_once, a_portal_fills_its_own_bound, nonces_are_forgotten};
pub use samples::{access, entry, pseudonym, terms};

#[cfg(doc)]
use super::store::TrailStore;

/// Makes a test of each case of the suite. `$test` is the attribute that runs an asynchronous test; `$open` is an
/// `async fn` without arguments that gives a guard and an empty `Arc<dyn TrailStore>`. The guard is dropped after the
/// case.
#[macro_export]
macro_rules! trail_contract {
    ($test:meta, $open:path) => {
        $crate::trail_contract! { $test, $open;
            an_empty_trail, an_access_is_kept_whole, the_same_access_changes_nothing,
            another_entry_at_a_place_is_a_conflict, half_an_access_is_a_conflict, many_accesses_are_all_or_none,
            entries_come_latest_first, pages_follow_each_other, pseudonyms_are_apart,
            withheld_is_counted_by_holder_month_and_law,
            a_nonce_is_taken_once, nonces_are_forgotten, a_portal_fills_its_own_bound
        }
    };
    ($test:meta, $open:path; $($case:ident),+) => { $(
        #[$test]
        async fn $case() {
            let (_guard, store) = $open().await;
            $crate::trail::contract::$case(&*store).await;
        }
    )+ };
}

#[cfg(test)]
mod on_memory {
    use std::sync::Arc;

    use super::MemoryTrail;
    use crate::trail::store::TrailStore;

    async fn fresh() -> ((), Arc<dyn TrailStore>) {
        ((), Arc::new(MemoryTrail::default()))
    }

    trail_contract!(tokio::test, fresh);
}
