//! Events, keys and searches.

use std::sync::Arc;

use simpul_core::UnixTime;

use super::samples::{append, draft, every_kind_of_event, officer, person, reference};
use crate::application::event::{Event, What};
use crate::application::person::{Actor, Remark};
use crate::application::store::{Append, Appended, Key, Search, ServicesStore, StoreError};

type Store = Arc<dyn ServicesStore>;

fn key(n: u32, key: &str, request: &str) -> Key {
    Key { scope: person(n), key: key.to_owned(), request: request.to_owned() }
}

fn after(before: &Append, text: &str) -> Append {
    let seq = before.events.last().unwrap().seq + 1;
    let event =
        Event { seq, at: before.events[0].at, actor: Actor::Citizen, what: What::Wrote(Remark::new(text).unwrap()) };
    let mut next = Append { expected: seq - 1, events: vec![event], key: None, ..before.clone() };
    next.summary.seq = seq;
    next
}

/// Nothing is there before something is kept.
pub async fn an_empty_store(store: Store) {
    assert_eq!(store.load(reference(1)).await.unwrap(), []);
    assert_eq!(store.of_person(&person(1), None, 10).await.unwrap(), []);
    assert_eq!(store.queue(&"a".parse().unwrap(), None, 10).await.unwrap(), []);
    assert_eq!(store.waking(UnixTime::from_millis(i64::MAX), None, 10).await.unwrap(), []);
    assert_eq!(store.searches(&person(1), 10).await.unwrap(), []);
    assert_eq!(store.known(&key(1, "k", "r")).await.unwrap(), None);
    let counts = store.counts(&"a".parse().unwrap(), UnixTime::from_secs(0), UnixTime::from_secs(1)).await.unwrap();
    assert_eq!(counts, Default::default());
}

/// Every kind of event comes back as it went in, in its order, appended in several parts.
pub async fn events_come_back_whole(store: Store) {
    let all = every_kind_of_event();
    let first = append(reference(1), draft(1, 0));
    let mut kept = 0;
    for part in all.chunks(7) {
        let append = Append { expected: kept, events: part.to_vec(), ..first.clone() };
        assert_eq!(store.append(&append).await.unwrap(), Appended::Now);
        kept += part.len() as u64;
    }
    assert_eq!(store.load(reference(1)).await.unwrap(), all);
    assert_eq!(store.load(reference(2)).await.unwrap(), []);
}

/// Another number of events than expected changes nothing: no event, no summary, no key.
pub async fn a_conflict_keeps_everything_out(store: Store) {
    let first = append(reference(1), draft(1, 0));
    store.append(&first).await.unwrap();
    let next = after(&first, "a");
    for expected in [0, 2, u64::from(u32::MAX)] {
        let mut wrong = Append { expected, key: Some(key(1, "k", "r")), ..next.clone() };
        wrong.summary.state = "closed".to_owned();
        let outcome = store.append(&wrong).await;
        assert!(matches!(outcome, Err(StoreError::Conflict)), "{expected}: {outcome:?}");
    }
    assert_eq!(store.load(reference(1)).await.unwrap(), first.events);
    assert_eq!(store.of_person(&person(1), None, 10).await.unwrap(), [first.summary]);
    assert_eq!(store.known(&key(1, "k", "r")).await.unwrap(), None);
    assert_eq!(store.append(&next).await.unwrap(), Appended::Now);
}

/// Of many that append at the same place at once, one succeeds and the others are told.
pub async fn of_two_at_one_place_one_succeeds(store: Store) {
    let first = append(reference(1), draft(1, 0));
    store.append(&first).await.unwrap();
    let appends: Vec<Append> = (0..8).map(|n| after(&first, &format!("{n}"))).collect();
    let outcomes = futures_all(appends.iter().map(|append| store.append(append))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Conflict))).count(), 7);
    assert_eq!(store.load(reference(1)).await.unwrap().len(), 2);
}

/// All futures together, polled in turn.
async fn futures_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(move |context| {
        let mut ready = true;
        for (future, outcome) in &mut waiting {
            if outcome.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *outcome = Some(value),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        match ready {
            true => std::task::Poll::Ready(waiting.iter_mut().filter_map(|(_, outcome)| outcome.take()).collect()),
            false => std::task::Poll::Pending,
        }
    })
    .await
}

/// A request that comes again finds what it did, whatever has happened since and whatever it expects.
pub async fn a_repeated_request_is_found(store: Store) {
    let first = Append { key: Some(key(1, "k", "start")), ..append(reference(1), draft(1, 0)) };
    assert_eq!(store.append(&first).await.unwrap(), Appended::Now);
    store.append(&after(&first, "a")).await.unwrap();
    let again = Append { key: first.key.clone(), ..append(reference(2), draft(1, 5)) };
    for request in [&first, &again] {
        assert_eq!(store.append(request).await.unwrap(), Appended::Before(reference(1)));
    }
    assert_eq!(store.known(&key(1, "k", "start")).await.unwrap(), Some(reference(1)));
    assert_eq!(store.load(reference(2)).await.unwrap(), []);
    assert_eq!(store.load(reference(1)).await.unwrap().len(), 2);
}

/// A key that comes with another request is an error; that of another person is another key.
pub async fn a_key_belongs_to_one_person_and_one_request(store: Store) {
    let first = Append { key: Some(key(1, "k", "start")), ..append(reference(1), draft(1, 0)) };
    store.append(&first).await.unwrap();
    let other = Append { key: Some(key(1, "k", "submit")), ..append(reference(2), draft(1, 1)) };
    assert!(matches!(store.append(&other).await, Err(StoreError::KeyUsed)));
    assert!(matches!(store.known(&key(1, "k", "submit")).await, Err(StoreError::KeyUsed)));
    let foreign = Append { key: Some(key(2, "k", "start")), ..append(reference(3), draft(2, 1)) };
    assert_eq!(store.append(&foreign).await.unwrap(), Appended::Now);
    assert_eq!(store.known(&key(3, "k", "start")).await.unwrap(), None);
}

/// Searches are kept with all they say, by person, the latest first.
pub async fn searches_are_kept(store: Store) {
    let search = |n: u32, secs: i64| Search {
        at: UnixTime::from_secs(secs),
        officer: officer("a", "recognition"),
        purpose: "dpv:RequestedServiceProvision".to_owned(),
        reason: Remark::new("asked at the desk\nin person").unwrap(),
        person: person(n),
    };
    for (n, secs) in [(1, 5), (1, 9), (2, 7), (1, 7)] {
        store.record_search(&search(n, secs)).await.unwrap();
    }
    assert_eq!(store.searches(&person(1), 10).await.unwrap(), [search(1, 9), search(1, 7), search(1, 5)]);
    assert_eq!(store.searches(&person(1), 2).await.unwrap(), [search(1, 9), search(1, 7)]);
    assert_eq!(store.searches(&person(3), 10).await.unwrap(), []);
}
