//! Finding records, and configurations.

use bytes::Bytes;
use simpul_core::{UnixTime, limits};

use super::samples::{conf, record};
use crate::record::{ConfId, Direction, Filter, NewRecord, Page, RecordId, Side, StampState, Summary};
use crate::store::{LedgerStore, StoreError};

fn all() -> Page {
    Page { after: None, limit: limits::LEDGER_PAGE.try_into().unwrap() }
}

async fn ids(store: &dyn LedgerStore, filter: &Filter) -> Vec<u64> {
    let found: Vec<_> = store.list(filter, all()).await.unwrap().iter().map(|s| s.id.number()).collect();
    assert_eq!(store.count(filter).await.unwrap(), u64::try_from(found.len()).unwrap(), "{filter:?}");
    found
}

/// wire.md §7.4: by the local party and the message id, and by the request id if it is given; all exactly.
pub async fn lists_by_message(store: &dyn LedgerStore) {
    let request = record(1);
    let response = NewRecord { direction: Direction::Response, ..record(1) };
    let again = NewRecord { request_id: "another".into(), ..record(1) };
    let provider = NewRecord { side: Side::Provider, refused: Some("x.y".into()), ..record(1) };
    let member = NewRecord { client: "ID/GOV/3201".parse().unwrap(), ..record(1) };
    let case = NewRecord { message_id: record(1).message_id.to_lowercase(), ..record(1) };
    store.append(RecordId::FIRST, &[request, response, again, provider, member, case, record(2)]).await.unwrap();
    let by = |local: &str, request_id: Option<&str>| Filter::Message {
        local: local.parse().unwrap(),
        message_id: record(1).message_id,
        request_id: request_id.map(str::to_owned),
    };
    assert_eq!(ids(store, &by("ID/GOV/3201/manpower", None)).await, [1, 2, 3]);
    assert_eq!(ids(store, &by("ID/GOV/3201/manpower", Some("another"))).await, [3]);
    assert_eq!(ids(store, &by("ID/GOV/3201/manpower", Some("unknown"))).await, [0u64; 0]);
    assert_eq!(ids(store, &by("MY/GOV/1001/civil-registry", None)).await, [4]);
    assert_eq!(ids(store, &by("ID/GOV/3201", None)).await, [5]);
    assert_eq!(ids(store, &by("ID/GOV/3201/Manpower", None)).await, [0u64; 0]);
    let listed = store.list(&by("MY/GOV/1001/civil-registry", None), all()).await.unwrap();
    let expected = Summary {
        id: RecordId::new(4).unwrap(),
        at: record(1).at,
        side: Side::Provider,
        direction: Direction::Request,
        message_id: record(1).message_id,
        request_id: record(1).request_id,
        client: record(1).client,
        service: record(1).service,
        refused: Some("x.y".into()),
        stamp: StampState::Waiting,
    };
    assert_eq!(listed, [expected]);
}

/// The first moment counts, the last does not; a clock that stepped back changes no order.
pub async fn lists_by_time(store: &dyn LedgerStore) {
    let other = NewRecord { client: "ID/GOV/3202/tax".parse().unwrap(), ..record(25) };
    store.append(RecordId::FIRST, &[record(10), record(30), other, record(20), record(40)]).await.unwrap();
    let between = |from: u32, to: u32, local: Option<&str>| Filter::Time {
        from: record(from).at,
        to: record(to).at,
        local: local.map(|l| l.parse().unwrap()),
    };
    assert_eq!(ids(store, &between(0, 100, None)).await, [1, 2, 3, 4, 5]);
    assert_eq!(ids(store, &between(20, 40, None)).await, [2, 3, 4]);
    assert_eq!(ids(store, &between(20, 41, Some("ID/GOV/3201/manpower"))).await, [2, 4, 5]);
    assert_eq!(ids(store, &between(30, 30, None)).await, [0u64; 0]);
    let ever = Filter::Time { from: UnixTime::from_millis(i64::MIN), to: UnixTime::from_millis(i64::MAX), local: None };
    assert_eq!(ids(store, &ever).await, [1, 2, 3, 4, 5]);
}

/// A page ends at its limit and the next one goes on behind it.
pub async fn pages_follow_each_other(store: &dyn LedgerStore) {
    let size = u32::try_from(limits::LEDGER_PAGE).unwrap() + 1;
    let records: Vec<_> = (0..size).map(|n| NewRecord { message_id: "same".into(), ..record(n) }).collect();
    store.append(RecordId::FIRST, &records).await.unwrap();
    let filters = [
        Filter::Message { local: record(0).client, message_id: "same".into(), request_id: None },
        Filter::Time { from: record(0).at, to: record(size).at, local: None },
        Filter::Waiting,
    ];
    for filter in filters {
        let page = |after: u64, limit: usize| Page { after: RecordId::new(after), limit: limit.try_into().unwrap() };
        let first = store.list(&filter, page(0, 2)).await.unwrap();
        assert_eq!(first.iter().map(|s| s.id.number()).collect::<Vec<_>>(), [1, 2], "{filter:?}");
        let second = store.list(&filter, page(2, 3)).await.unwrap();
        assert_eq!(second.iter().map(|s| s.id.number()).collect::<Vec<_>>(), [3, 4, 5], "{filter:?}");
        let too_many = store.list(&filter, page(0, limits::LEDGER_PAGE + 1)).await.unwrap();
        assert_eq!(too_many.len(), limits::LEDGER_PAGE, "a page has its bound whatever is asked");
        let last = store.list(&filter, page(size.into(), 3)).await.unwrap();
        assert_eq!(last, vec![]);
    }
}

/// A configuration is stored once and never replaced.
pub async fn confs_are_kept_once(store: &dyn LedgerStore) {
    assert_eq!(store.conf(ConfId::new([1; 32])).await.unwrap(), None);
    for id in [1, 2, 1] {
        store.keep_conf(&conf(id)).await.unwrap();
    }
    for id in [1, 2] {
        assert_eq!(store.conf(ConfId::new([id; 32])).await.unwrap(), Some(conf(id)));
    }
    let mut other_part = conf(1);
    other_part.parts[1].1 = Bytes::from_static(b"forged");
    let mut other_directory = conf(1);
    other_directory.directory = Bytes::from_static(b"forged");
    let mut fewer = conf(1);
    fewer.parts.pop();
    for forged in [other_part, other_directory, fewer] {
        let outcome = store.keep_conf(&forged).await;
        assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{outcome:?}");
    }
    assert_eq!(store.conf(ConfId::new([1; 32])).await.unwrap(), Some(conf(1)));
    let bare = crate::KeptConf { parts: Vec::new(), ..conf(3) };
    store.keep_conf(&bare).await.unwrap();
    assert_eq!(store.conf(bare.id).await.unwrap(), Some(bare));
}
