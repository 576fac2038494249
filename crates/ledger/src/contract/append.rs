//! Appending and reading back.

use bytes::Bytes;
use simpul_core::ident::ServiceVersion;
use simpul_core::{ClientId, ServiceId, UnixTime, limits};
use simpul_trust::Seal;

use super::samples::record;
use crate::record::{ConfId, Direction, Filter, LoggedBody, NewRecord, Page, RecordId, Side};
use crate::store::{LedgerStore, StoreError};

/// Nothing is there before something is appended.
pub async fn an_empty_log(store: &dyn LedgerStore) {
    let head = store.head().await.unwrap();
    assert_eq!((head.next, head.oldest_waiting), (RecordId::FIRST, None));
    assert_eq!(store.load(RecordId::FIRST).await.unwrap(), None);
    assert_eq!(store.waiting(None, 10).await.unwrap(), vec![]);
    assert_eq!(store.count(&Filter::Waiting).await.unwrap(), 0);
    let all = Page { after: None, limit: 10.try_into().unwrap() };
    assert_eq!(store.list(&Filter::Waiting, all).await.unwrap(), vec![]);
    store.append(RecordId::FIRST, &[]).await.unwrap();
    assert_eq!(store.head().await.unwrap().next, RecordId::FIRST);
}

/// Every field of every shape comes back as it went in.
pub async fn an_append_is_read_back(store: &dyn LedgerStore) {
    let records = shapes();
    store.append(RecordId::FIRST, &records).await.unwrap();
    for (n, record) in records.iter().enumerate() {
        let id = RecordId::FIRST.plus(n).unwrap();
        let stored = store.load(id).await.unwrap().expect("it was appended");
        assert_eq!((stored.id, &stored.record, stored.stamp), (id, record, None));
    }
    let head = store.head().await.unwrap();
    assert_eq!(head.next, RecordId::FIRST.plus(records.len()).unwrap());
    assert_eq!(head.oldest_waiting, Some((RecordId::FIRST, records[0].at)));
}

/// A commit whose answer was lost can be asked again.
pub async fn a_repeated_append_changes_nothing(store: &dyn LedgerStore) {
    let mut with_body = record(2);
    with_body.body = LoggedBody::Whole(Bytes::from_static(b"body"));
    let records = [record(1), with_body];
    store.append(RecordId::FIRST, &records).await.unwrap();
    store.append(RecordId::FIRST, &records).await.unwrap();
    assert_eq!(store.head().await.unwrap().next.number(), 3);
    let third = RecordId::new(3).unwrap();
    store.append(third, &[record(3)]).await.unwrap();
    store.append(RecordId::FIRST, &records).await.unwrap();
    store.append(third, &[record(3)]).await.unwrap();
    assert_eq!(store.head().await.unwrap().next.number(), 4);
    assert_eq!(store.count(&Filter::Waiting).await.unwrap(), 3);
}

/// A place holds one record for ever, and the log has no gaps. What fails changes nothing.
pub async fn another_record_at_a_place_is_a_conflict(store: &dyn LedgerStore) {
    let mut with_body = record(2);
    with_body.body = LoggedBody::Whole(Bytes::from_static(b"body"));
    store.append(RecordId::FIRST, &[record(1), with_body.clone()]).await.unwrap();
    let mut other_body = with_body.clone();
    other_body.body = LoggedBody::Whole(Bytes::from_static(b"Body"));
    let mut other_seal = record(1);
    other_seal.seal.signature = Bytes::from_static(b"<other/>");
    let mut other_time = record(1);
    other_time.at = UnixTime::from_millis(0);
    let cases = [
        ("another body", 2, vec![other_body]),
        ("another seal", 1, vec![other_seal]),
        ("another time", 1, vec![other_time]),
        ("another record after the same one", 1, vec![record(1), record(3)]),
        ("half there, half new", 2, vec![with_body, record(3)]),
        ("a gap", 4, vec![record(4)]),
    ];
    for (name, first, records) in cases {
        let outcome = store.append(RecordId::new(first).unwrap(), &records).await;
        assert!(matches!(outcome, Err(StoreError::Conflict(_))), "{name}: {outcome:?}");
    }
    assert_eq!(store.head().await.unwrap().next.number(), 3);
    assert_eq!(store.load(RecordId::FIRST).await.unwrap().unwrap().record, record(1));
    assert_eq!(store.load(RecordId::new(3).unwrap()).await.unwrap(), None);
}

/// One append takes as many records as a batch may have, and more.
pub async fn long_appends_keep_their_order(store: &dyn LedgerStore) {
    let mut next = RecordId::FIRST;
    let mut n = 0;
    for size in [1, 2, 15, 16, 17, 63, 64, 65, 300] {
        let records: Vec<_> = (n..n + size).map(record).collect();
        store.append(next, &records).await.unwrap();
        next = next.plus(records.len()).unwrap();
        n += size;
    }
    assert_eq!(store.head().await.unwrap().next, next);
    for n in [0, 1, 2, 3, 17, 18, 33, 34, 113, 114, 178, 242, 243, 542] {
        let stored = store.load(RecordId::FIRST.plus(n).unwrap()).await.unwrap().unwrap();
        assert_eq!(stored.record, record(u32::try_from(n).unwrap()));
    }
}

fn shapes() -> Vec<NewRecord> {
    let bodies = [
        LoggedBody::None,
        LoggedBody::Whole(Bytes::new()),
        LoggedBody::Whole(Bytes::from_static(b"\x00\xff")),
        LoggedBody::Whole((0..=255u8).cycle().take(1_000_000).collect::<Vec<_>>().into()),
        LoggedBody::Truncated { len: u64::from(u32::MAX) + 1, sha512: [0x5a; 64] },
    ];
    let mut shapes: Vec<NewRecord> = bodies.into_iter().map(|body| NewRecord { body, ..record(1) }).collect();
    shapes.push(NewRecord {
        side: Side::Provider,
        direction: Direction::Response,
        refused: Some("server.serverproxy.access_denied".into()),
        conf: (0..16).map(|n| ConfId::new([n; 32])).collect(),
        ..record(2)
    });
    shapes.push(NewRecord {
        seal: Seal {
            signature: Bytes::from(vec![b's'; limits::SIGNATURE_XML]),
            hash_chain_result: Some(Bytes::from_static(b"<result/>")),
            hash_chain: Some(Bytes::from(vec![b'c'; limits::HASH_CHAIN_XML])),
        },
        message: Bytes::new(),
        ..record(3)
    });
    let version: ServiceVersion = "v1:beta".parse().unwrap();
    shapes.push(NewRecord {
        client: ClientId::from_parts(&["ID", "GOV", "a/b"]).unwrap(),
        service: ServiceId {
            provider: ClientId::from_parts(&["MY", "GOV", "100%", "mgmt service"]).unwrap(),
            code: "é:%2F".parse().unwrap(),
            version: Some(version),
        },
        message_id: "\u{1F980}".repeat(limits::LOGGED_ID_CHARS),
        request_id: String::new(),
        at: UnixTime::from_millis(-1),
        ..record(4)
    });
    shapes
}
