//! The suite that every [`ServicesStore`] must pass, a store in memory, and ports that do what a test says.
//!
//! A store runs the suite with [`services_contract!`](crate::services_contract). Each case gets a store of its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test suite fails by panicking"
)]

mod cases;
mod lists;
mod memory;
mod ports;
mod samples;

pub use cases::{
    a_conflict_keeps_everything_out, a_key_belongs_to_one_person_and_one_request, a_repeated_request_is_found,
    an_empty_store, events_come_back_whole, of_two_at_one_place_one_succeeds, searches_are_kept,
};
pub use lists::{
    a_queue_is_ordered_by_deadline, applications_of_a_person_come_latest_first, counts_tell_late_and_soon,
    pages_follow_each_other, what_wakes_is_found,
};
pub use memory::MemoryServices;
pub use ports::{FakeGateway, FakeRegisters};
pub use samples::{append, citizen, draft, every_kind_of_event, officer, person, queued, reference};

#[cfg(doc)]
use super::store::ServicesStore;

/// Makes a test of each case of the suite. `$test` is the attribute that runs an asynchronous test; `$open` is an
/// `async fn` without arguments that gives a guard and an empty `Arc<dyn ServicesStore>`. The guard is dropped after
/// the case.
#[macro_export]
macro_rules! services_contract {
    ($test:meta, $open:path) => {
        $crate::services_contract! { $test, $open;
            an_empty_store, events_come_back_whole, a_conflict_keeps_everything_out, of_two_at_one_place_one_succeeds,
            a_repeated_request_is_found, a_key_belongs_to_one_person_and_one_request, searches_are_kept,
            applications_of_a_person_come_latest_first, a_queue_is_ordered_by_deadline, what_wakes_is_found,
            pages_follow_each_other, counts_tell_late_and_soon
        }
    };
    ($test:meta, $open:path; $($case:ident),+) => { $(
        #[$test]
        async fn $case() {
            let (_guard, store) = $open().await;
            $crate::application::contract::$case(store).await;
        }
    )+ };
}

#[cfg(test)]
mod on_memory {
    use std::sync::Arc;

    use super::MemoryServices;
    use crate::application::store::ServicesStore;

    async fn fresh() -> ((), Arc<dyn ServicesStore>) {
        ((), Arc::new(MemoryServices::default()))
    }

    services_contract!(tokio::test, fresh);
}
