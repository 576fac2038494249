//! Lists, pages and counts.

use std::sync::Arc;

use simpul_core::UnixTime;

use super::samples::{append, citizen, draft, person, queued, reference};
use crate::application::store::{Counts, Position, ServicesStore, Summary};

type Store = Arc<dyn ServicesStore>;

fn references(summaries: &[Summary]) -> Vec<String> {
    summaries.iter().map(|summary| summary.reference.to_string()).collect()
}

fn named(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|n| reference(*n).to_string()).collect()
}

/// Own applications, and those in which somebody else acts for the person; of nobody else.
pub async fn applications_of_a_person_come_latest_first(store: Store) {
    for (n, who, secs) in [(1, 1, 10), (2, 1, 30), (3, 2, 20), (4, 1, 20)] {
        store.append(&append(reference(n), draft(who, secs))).await.unwrap();
    }
    let mut behalf = append(reference(5), draft(2, 25));
    behalf.summary.person = person(1);
    behalf.summary.name = citizen(1).name().to_owned();
    store.append(&behalf).await.unwrap();
    assert_eq!(references(&store.of_person(&person(1), None, 10).await.unwrap()), named(&[2, 5, 4, 1]));
    assert_eq!(references(&store.of_person(&person(2), None, 10).await.unwrap()), named(&[5, 3]));
    let found = store.of_person(&person(1), None, 2).await.unwrap();
    assert_eq!(found[1], behalf.summary, "every column comes back");
}

/// The earliest deadline first; of one office alone; what leaves the queue is gone.
pub async fn a_queue_is_ordered_by_deadline(store: Store) {
    for (n, office, deadline) in [(1, "a", 30), (2, "a", 10), (3, "b", 5), (4, "a", 20)] {
        store.append(&queued(n, office, deadline, false)).await.unwrap();
    }
    let office = "a".parse().unwrap();
    assert_eq!(references(&store.queue(&office, None, 10).await.unwrap()), named(&[2, 4, 1]));
    let full = store.queue(&office, None, 1).await.unwrap();
    assert_eq!(full, [queued(2, "a", 10, false).summary], "every column comes back");
    let mut gone = queued(2, "a", 10, false);
    (gone.expected, gone.events[0].seq) = (1, 2);
    gone.summary.work = None;
    store.append(&gone).await.unwrap();
    assert_eq!(references(&store.queue(&office, None, 10).await.unwrap()), named(&[4, 1]));
}

/// What wakes until a moment, the earliest first.
pub async fn what_wakes_is_found(store: Store) {
    for (n, wakes) in [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(20))] {
        let mut append = append(reference(n), draft(n, 0));
        append.summary.wakes = wakes.map(UnixTime::from_secs);
        store.append(&append).await.unwrap();
    }
    for (until, found) in [(9, vec![]), (10, vec![2]), (29, vec![2, 4]), (30, vec![2, 4, 1])] {
        let waking = store.waking(UnixTime::from_secs(until), None, 10).await.unwrap();
        assert_eq!(references(&waking), named(&found), "until {until}");
    }
    let after = Position { at: UnixTime::from_secs(10), reference: reference(2) };
    let waking = store.waking(UnixTime::from_secs(30), Some(after), 1).await.unwrap();
    assert_eq!(references(&waking), named(&[4]));
}

/// Pages end anywhere, within one moment too, and together they are the whole.
pub async fn pages_follow_each_other(store: Store) {
    for n in 0..20 {
        let mut append = queued(n, "a", i64::from(n % 3), false);
        append.summary.citizen = person(1);
        append.summary.person = person(1);
        append.summary.started = UnixTime::from_secs(i64::from(n % 4));
        append.summary.wakes = Some(UnixTime::from_secs(i64::from(n % 5)));
        store.append(&append).await.unwrap();
    }
    let (office, late) = ("a".parse().unwrap(), UnixTime::from_secs(100));
    let queue = store.queue(&office, None, 100).await.unwrap();
    let own = store.of_person(&person(1), None, 100).await.unwrap();
    let waking = store.waking(late, None, 100).await.unwrap();
    assert_eq!((queue.len(), own.len(), waking.len()), (20, 20, 20));
    assert!(own.is_sorted_by_key(|s| std::cmp::Reverse(s.position())));
    assert!(queue.is_sorted_by_key(Summary::queue_position) && waking.is_sorted_by_key(Summary::waking_position));
    for limit in [1, 2, 3, 7, 19, 20, 21] {
        let (mut pages, mut after) = ([vec![], vec![], vec![]], [None; 3]);
        for _ in 0..=20 {
            let page = [
                store.queue(&office, after[0], limit).await.unwrap(),
                store.of_person(&person(1), after[1], limit).await.unwrap(),
                store.waking(late, after[2], limit).await.unwrap(),
            ];
            assert!(page.iter().all(|page| page.len() <= limit));
            after = [
                page[0].last().and_then(Summary::queue_position).or(after[0]),
                page[1].last().map(Summary::position).or(after[1]),
                page[2].last().and_then(Summary::waking_position).or(after[2]),
            ];
            for (all, page) in pages.iter_mut().zip(page) {
                all.extend(page);
            }
        }
        assert_eq!(pages, [queue.clone(), own.clone(), waking.clone()], "pages of {limit}");
    }
}

/// Late from the deadline on; soon before a moment; what waits for the citizen is neither.
pub async fn counts_tell_late_and_soon(store: Store) {
    let table =
        [(1, "a", 9, false), (2, "a", 10, false), (3, "a", 11, false), (4, "a", 19, false), (5, "a", 20, false)];
    for (n, office, deadline, waits) in table.into_iter().chain([(6, "a", 5, true), (7, "b", 5, false)]) {
        store.append(&queued(n, office, deadline, waits)).await.unwrap();
    }
    let counts = store.counts(&"a".parse().unwrap(), UnixTime::from_secs(10), UnixTime::from_secs(20)).await.unwrap();
    assert_eq!(counts, Counts { open: 6, late: 2, soon: 2, waiting: 1 });
}
