//! Waiting for timestamps and getting them.

use bytes::Bytes;
use simpul_core::{Digest, DigestAlgorithm};
use simpul_trust::seal::chain::{Branch, Path};

use super::samples::record;
use crate::record::{Filter, RecordId, Stamp, StampState};
use crate::store::{LedgerStore, StoreError};

fn token(n: u8) -> Stamp {
    Stamp::Single { token: Bytes::from(vec![n; 40]) }
}

/// The stamp of the `n`th record of a batch.
fn of_batch(batch: u8, n: u8) -> Stamp {
    let digest = |octet| Digest::new(DigestAlgorithm::Sha512, &[octet; 64]).unwrap();
    Stamp::Batch {
        token: Bytes::from(vec![batch; 4000]),
        result: Bytes::from(format!("<result n=\"{batch}\"/>")),
        chain: Path { steps: vec![Branch::Left(digest(n)), Branch::Right(digest(batch))] },
    }
}

fn id(n: u64) -> RecordId {
    RecordId::new(n).unwrap()
}

async fn with_five(store: &dyn LedgerStore) {
    let records: Vec<_> = (1..=5).map(record).collect();
    store.append(RecordId::FIRST, &records).await.unwrap();
}

async fn waiting(store: &dyn LedgerStore) -> Vec<u64> {
    store.waiting(None, 100).await.unwrap().into_iter().map(|(id, _)| id.number()).collect()
}

/// The oldest come first, and what has a stamp waits no more.
pub async fn waiting_records_come_in_order(store: &dyn LedgerStore) {
    with_five(store).await;
    let two = store.waiting(None, 2).await.unwrap();
    assert_eq!(two, vec![(id(1), record(1).seal.signature), (id(2), record(2).seal.signature)]);
    assert_eq!(store.waiting(Some(id(1)), 1).await.unwrap(), vec![(id(2), record(2).seal.signature)]);
    assert_eq!(store.waiting(Some(id(5)), 1).await.unwrap(), vec![]);
    let why = Stamp::Impossible { why: "no signature value".into() };
    store.set_stamps(&[(id(1), token(1)), (id(2), why.clone()), (id(4), token(4))]).await.unwrap();
    assert_eq!(waiting(store).await, [3, 5]);
    assert_eq!(store.waiting(Some(id(3)), 9).await.unwrap(), vec![(id(5), record(5).seal.signature)]);
    assert_eq!(store.count(&Filter::Waiting).await.unwrap(), 2);
    let head = store.head().await.unwrap();
    assert_eq!(head.oldest_waiting, Some((id(3), record(3).at)));
    let first = store.load(id(1)).await.unwrap().unwrap();
    assert_eq!((first.record, first.stamp), (record(1), Some(token(1))), "the record itself does not change");
    assert_eq!(store.load(id(2)).await.unwrap().unwrap().stamp, Some(why));
    let all = Filter::Time { from: record(0).at, to: record(100).at, local: None };
    let page = crate::Page { after: None, limit: 10.try_into().unwrap() };
    let states: Vec<_> = store.list(&all, page).await.unwrap().into_iter().map(|s| s.stamp).collect();
    use StampState::{Impossible, Stamped, Waiting};
    assert_eq!(states, [Stamped, Impossible, Waiting, Stamped, Waiting]);
    store.set_stamps(&[(id(3), token(3)), (id(5), token(5))]).await.unwrap();
    assert_eq!(store.head().await.unwrap().oldest_waiting, None);
}

/// A stamp whose answer was lost can be asked again, and a second job cannot replace it.
pub async fn the_first_stamp_stays(store: &dyn LedgerStore) {
    with_five(store).await;
    store.set_stamps(&[(id(1), token(1))]).await.unwrap();
    store.set_stamps(&[(id(1), token(1))]).await.unwrap();
    store.set_stamps(&[(id(1), token(9)), (id(2), token(2))]).await.unwrap();
    assert_eq!(store.load(id(1)).await.unwrap().unwrap().stamp, Some(token(1)));
    assert_eq!(store.load(id(2)).await.unwrap().unwrap().stamp, Some(token(2)));
    store.set_stamps(&[]).await.unwrap();
    store.append(RecordId::FIRST, &[record(1), record(2)]).await.unwrap();
    assert_eq!(waiting(store).await, [3, 4, 5], "an append asked again does not take stamps away");
}

/// One stamp that cannot be set takes the others of its call with it.
pub async fn stamps_are_all_or_none(store: &dyn LedgerStore) {
    with_five(store).await;
    let outcome = store.set_stamps(&[(id(1), token(1)), (id(6), token(6))]).await;
    assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
    assert_eq!(waiting(store).await, [1, 2, 3, 4, 5]);
    assert_eq!(store.load(id(1)).await.unwrap().unwrap().stamp, None);
}

/// What a batch has in common comes back with each of its records, whatever else was stamped before or after.
pub async fn the_stamps_of_a_batch_come_back(store: &dyn LedgerStore) {
    with_five(store).await;
    let why = Stamp::Impossible { why: "no signature value".into() };
    let one = [(id(1), of_batch(1, 1)), (id(2), of_batch(1, 2)), (id(4), why.clone())];
    store.set_stamps(&one).await.unwrap();
    store.set_stamps(&one).await.unwrap();
    store.set_stamps(&[(id(3), of_batch(3, 3)), (id(2), of_batch(3, 2)), (id(5), token(5))]).await.unwrap();
    let expected = [of_batch(1, 1), of_batch(1, 2), of_batch(3, 3), why, token(5)];
    for (n, stamp) in (1..).zip(expected) {
        let stored = store.load(id(n)).await.unwrap().unwrap();
        assert_eq!((stored.record, stored.stamp), (record(u32::try_from(n).unwrap()), Some(stamp)));
    }
    assert_eq!(waiting(store).await, [0u64; 0]);
}

/// A batch that cannot be set whole leaves nothing, and can be set without what was wrong.
pub async fn a_batch_is_all_or_none(store: &dyn LedgerStore) {
    with_five(store).await;
    let batch = |last| [(id(1), of_batch(1, 1)), (id(2), of_batch(1, 2)), (id(last), of_batch(1, 3))];
    let outcome = store.set_stamps(&batch(6)).await;
    assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
    assert_eq!(waiting(store).await, [1, 2, 3, 4, 5]);
    store.set_stamps(&batch(3)).await.unwrap();
    assert_eq!(waiting(store).await, [4, 5]);
    assert_eq!(store.load(id(3)).await.unwrap().unwrap().stamp, Some(of_batch(1, 3)));
}
