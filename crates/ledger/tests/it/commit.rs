//! Many exchanges share a commit; a lone one waits for its own only; the queue has its bounds.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use simpul_core::{Code, UnixTime, limits};
use simpul_ledger::contract::{MemoryStore, conf, record};
use simpul_ledger::{
    ConfId, Filter, Head, KeptConf, Ledger, LedgerError, LedgerSettings, LedgerStore, LoggedBody, NewRecord, Page,
    RecordId, Stamp, StoreError, StoredRecord, Summary,
};
use tokio::sync::{Semaphore, mpsc};

/// Appends only when a test allows it, and tells how many records each append had.
struct Paced {
    inner: MemoryStore,
    allowed: Semaphore,
    appends: mpsc::UnboundedSender<usize>,
    sizes: Mutex<Vec<usize>>,
}

impl Paced {
    fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<usize>) {
        let (appends, seen) = mpsc::unbounded_channel();
        let paced =
            Self { inner: MemoryStore::default(), allowed: Semaphore::new(0), appends, sizes: Mutex::default() };
        (Arc::new(paced), seen)
    }
}

#[async_trait]
impl LedgerStore for Paced {
    async fn head(&self) -> Result<Head, StoreError> {
        self.inner.head().await
    }
    async fn append(&self, first: RecordId, records: &[NewRecord]) -> Result<(), StoreError> {
        self.appends.send(records.len()).unwrap();
        self.sizes.lock().unwrap().push(records.len());
        self.allowed.acquire().await.unwrap().forget();
        self.inner.append(first, records).await
    }
    async fn set_stamps(&self, stamps: &[(RecordId, Stamp)]) -> Result<(), StoreError> {
        self.inner.set_stamps(stamps).await
    }
    async fn waiting(&self, after: Option<RecordId>, limit: usize) -> Result<Vec<(RecordId, Bytes)>, StoreError> {
        self.inner.waiting(after, limit).await
    }
    async fn list(&self, filter: &Filter, page: Page) -> Result<Vec<Summary>, StoreError> {
        self.inner.list(filter, page).await
    }
    async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        self.inner.count(filter).await
    }
    async fn load(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError> {
        self.inner.load(id).await
    }
    async fn keep_conf(&self, conf: &KeptConf) -> Result<(), StoreError> {
        self.inner.keep_conf(conf).await
    }
    async fn conf(&self, id: ConfId) -> Result<Option<KeptConf>, StoreError> {
        self.inner.conf(id).await
    }
}

async fn open(store: Arc<dyn LedgerStore>, settings: LedgerSettings) -> Ledger {
    let (ledger, writer) = Ledger::open(store, settings).await.unwrap();
    tokio::spawn(writer.run());
    ledger
}

fn spawn(ledger: &Ledger, record: NewRecord) -> tokio::task::JoinHandle<Result<RecordId, LedgerError>> {
    let ledger = ledger.clone();
    tokio::spawn(async move { Ok(ledger.record((), |()| record).await?.id()) })
}

async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_recorded_message_is_in_the_store_when_the_proof_exists() {
    let store = Arc::new(MemoryStore::default());
    let ledger = open(store.clone(), LedgerSettings::default()).await;
    let recorded = ledger.record("message", |_| record(7)).await.unwrap();
    assert_eq!((recorded.id(), *recorded), (RecordId::FIRST, "message"));
    assert_eq!(store.load(recorded.id()).await.unwrap().unwrap().record, record(7));
    assert_eq!(recorded.into_inner(), "message");
}

#[tokio::test]
async fn what_comes_during_a_commit_shares_the_next_one() {
    let (store, mut appends) = Paced::new();
    let ledger = open(store.clone(), LedgerSettings { batch_records: 16, ..Default::default() }).await;
    let mut tasks = vec![spawn(&ledger, record(0))];
    assert_eq!(appends.recv().await, Some(1), "a lone record is written at once");
    tasks.extend((1..=20).map(|n| spawn(&ledger, record(n))));
    settle().await;
    assert!(appends.try_recv().is_err(), "one commit at a time");
    store.allowed.add_permits(3);
    let mut ids = Vec::new();
    for task in tasks {
        ids.push(task.await.unwrap().unwrap().number());
    }
    assert_eq!(*store.sizes.lock().unwrap(), [1, 16, 4]);
    assert_eq!(ids, (1..=21).collect::<Vec<_>>(), "first come, first placed");
}

#[tokio::test]
async fn a_full_queue_waits_and_loses_nothing() {
    let (store, mut appends) = Paced::new();
    let settings = LedgerSettings { queue_records: 3, batch_records: 2, ..Default::default() };
    let ledger = open(store.clone(), settings).await;
    let tasks: Vec<_> = (0..10).map(|n| spawn(&ledger, record(n))).collect();
    assert!(appends.recv().await.is_some());
    settle().await;
    store.allowed.add_permits(10);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(store.sizes.lock().unwrap().iter().all(|n| *n <= 2));
    assert_eq!(ledger.count(&Filter::Waiting).await.unwrap(), 10);
}

#[tokio::test]
async fn octets_that_wait_are_bounded() {
    let (store, mut appends) = Paced::new();
    let settings = LedgerSettings { queue_octets: 2500, ..Default::default() };
    let ledger = open(store.clone(), settings).await;
    let big = |n| NewRecord { body: LoggedBody::Whole(vec![0; 1000].into()), ..record(n) };
    let first = spawn(&ledger, big(0));
    assert_eq!(appends.recv().await, Some(1));
    let rest: Vec<_> = (1..5).map(|n| spawn(&ledger, big(n))).collect();
    settle().await;
    store.allowed.add_permits(1);
    first.await.unwrap().unwrap();
    assert_eq!(appends.recv().await, Some(1), "two bodies of 1000 and their seals fit into 2500, a third does not");
    store.allowed.add_permits(10);
    for task in rest {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_exchange_that_gives_up_leaves_the_others_alone() {
    let (store, mut appends) = Paced::new();
    let settings = LedgerSettings { queue_records: 1, ..Default::default() };
    let ledger = open(store.clone(), settings).await;
    let writing = spawn(&ledger, record(0));
    assert_eq!(appends.recv().await, Some(1));
    let queued = spawn(&ledger, record(1));
    settle().await;
    let outside = spawn(&ledger, record(2));
    let last = spawn(&ledger, record(3));
    settle().await;
    for task in [&writing, &queued, &outside] {
        task.abort();
    }
    settle().await;
    store.allowed.add_permits(10);
    last.await.unwrap().unwrap();
    let stored: Vec<_> = {
        let page = Page { after: None, limit: 10.try_into().unwrap() };
        ledger.list(&Filter::Waiting, page).await.unwrap().into_iter().map(|s| s.message_id).collect()
    };
    let expected: Vec<_> = [0, 1, 3].map(|n| record(n).message_id).into();
    assert_eq!(stored, expected, "what was in the queue is written, what was outside is not");
}

#[tokio::test]
async fn the_writer_ends_with_the_last_ledger() {
    let store = Arc::new(MemoryStore::default());
    let (ledger, writer) = Ledger::open(store, LedgerSettings::default()).await.unwrap();
    let writer = tokio::spawn(writer.run());
    ledger.record((), |()| record(1)).await.unwrap();
    drop(ledger);
    assert!(writer.await.unwrap().is_ok());
}

#[tokio::test]
async fn without_its_writer_the_ledger_refuses() {
    let store = Arc::new(MemoryStore::default());
    let (ledger, writer) = Ledger::open(store, LedgerSettings::default()).await.unwrap();
    drop(writer);
    let error = ledger.record((), |()| record(1)).await.unwrap_err();
    assert!(matches!(error, LedgerError::Closed), "{error:?}");
}

#[tokio::test]
async fn only_kept_configurations_can_be_cited() {
    let store = Arc::new(MemoryStore::default());
    let ledger = open(store.clone(), LedgerSettings::default()).await;
    let citing = |id: u8| NewRecord { conf: vec![ConfId::new([id; 32])], ..record(1) };
    let error = ledger.record((), |()| citing(1)).await.unwrap_err();
    assert!(matches!(error, LedgerError::UnknownConf(_)), "{error:?}");
    ledger.keep_conf(&conf(1)).await.unwrap();
    ledger.record((), |()| citing(1)).await.unwrap();
    assert_eq!(ledger.conf(ConfId::new([1; 32])).await.unwrap(), Some(conf(1)));
    let restarted = open(store, LedgerSettings::default()).await;
    restarted.record((), |()| citing(1)).await.unwrap();
}

/// What is offered is kept with the first record that cites it, and not before; decision 0004.
#[tokio::test]
async fn an_offered_configuration_is_kept_when_it_is_cited() {
    let store = Arc::new(MemoryStore::default());
    let ledger = open(store.clone(), LedgerSettings::default()).await;
    let citing = |ids: &[u8]| NewRecord { conf: ids.iter().map(|id| ConfId::new([*id; 32])).collect(), ..record(1) };
    let kept = async |id: u8| store.conf(ConfId::new([id; 32])).await.unwrap();
    let offers: Vec<_> = (1..=5).map(|id| ledger.offer_conf(conf(id)).unwrap()).collect();
    let again = ledger.offer_conf(conf(4)).unwrap();
    assert!(offers.iter().any(|offer| Arc::ptr_eq(offer, &again)), "held once");
    for id in 1..=5 {
        assert_eq!(kept(id).await, None);
    }
    ledger.record((), |()| citing(&[2, 4])).await.unwrap();
    for id in 1..=5 {
        assert_eq!(kept(id).await, [2, 4].contains(&id).then(|| conf(id)), "{id}");
    }
    // What nobody holds any more cannot be cited, unless it was kept.
    drop((offers, again));
    for (id, known) in [(2, true), (4, true), (5, false)] {
        let outcome = ledger.record((), |()| citing(&[id])).await;
        assert_eq!(outcome.is_ok(), known, "{id}: {outcome:?}");
        assert!(known || matches!(outcome, Err(LedgerError::UnknownConf(_))));
    }
}

#[tokio::test]
async fn every_field_has_its_bound() {
    let ledger = open(Arc::new(MemoryStore::default()), LedgerSettings::default()).await;
    let bytes = |n: usize| Bytes::from(vec![b'x'; n]);
    let seal = |signature: usize, result: usize, chain: usize| {
        let mut seal = record(1).seal;
        seal.signature = bytes(signature);
        (seal.hash_chain_result, seal.hash_chain) = (Some(bytes(result)), Some(bytes(chain)));
        seal
    };
    let ids = |n: usize| "é".repeat(n);
    let of = |over: usize| {
        vec![
            NewRecord { message: bytes(limits::LOGGED_MESSAGE + over), ..record(1) },
            NewRecord { seal: seal(limits::SIGNATURE_XML - limits::TIMESTAMP_XML + over, 1, 1), ..record(1) },
            NewRecord { seal: seal(limits::SIGNATURE_XML + over, 1, 1), refused: Some("x".into()), ..record(1) },
            NewRecord { seal: seal(1, limits::HASH_CHAIN_XML + over, 1), ..record(1) },
            NewRecord { seal: seal(1, 1, limits::HASH_CHAIN_XML + over), ..record(1) },
            NewRecord { message_id: ids(limits::LOGGED_ID_CHARS + over), ..record(1) },
            NewRecord { request_id: ids(limits::LOGGED_ID_CHARS + over), ..record(1) },
            NewRecord { refused: Some(ids(limits::LOGGED_ID_CHARS + over)), ..record(1) },
            NewRecord { conf: vec![ConfId::new([1; 32]); limits::LOGGED_CONFS + over], ..record(1) },
        ]
    };
    ledger.keep_conf(&conf(1)).await.unwrap();
    for record in of(0) {
        ledger.record((), |()| record).await.unwrap();
    }
    for record in of(1) {
        let error = ledger.record((), |()| record).await.unwrap_err();
        assert!(matches!(error, LedgerError::TooLong { .. }), "{error:?}");
        assert_eq!(error.code(), Code::LoggingFailed);
    }
    let nul = NewRecord { message_id: "a\0b".into(), ..record(1) };
    assert!(matches!(ledger.record((), |()| nul).await.unwrap_err(), LedgerError::Null("message id")));
}

/// wire.md §5.3, §6.2: a timestamp is added after the message was recorded, and by the one who recorded it.
#[tokio::test]
async fn a_message_cannot_escape_its_timestamp() {
    let ledger = open(Arc::new(MemoryStore::default()), LedgerSettings::default()).await;
    let with = |signature: &'static [u8], refused: Option<&str>| {
        let mut with = NewRecord { refused: refused.map(str::to_owned), ..record(1) };
        with.seal.signature = Bytes::from_static(signature);
        with
    };
    for signature in [b"<x><xades:SignatureTimeStamp/></x>".as_slice(), b"<x>\xff</x>"] {
        let error = ledger.record((), |()| with(signature, None)).await.unwrap_err();
        assert!(matches!(error, LedgerError::Stamped), "{error:?}");
        assert_eq!(error.code(), Code::LoggingFailed);
        ledger.record((), |()| with(signature, Some("x.y"))).await.expect("what is refused is recorded as it came");
    }
}

/// wire.md §7.2: a REST body over `max-loggable-message-body-size` is `logging_failed`.
#[tokio::test]
async fn a_body_over_the_setting_is_refused_whoever_made_it() {
    let settings = LedgerSettings { loggable_body: 4, ..Default::default() };
    let ledger = open(Arc::new(MemoryStore::default()), settings).await;
    let with = |n: usize| NewRecord { body: LoggedBody::Whole(vec![0; n].into()), ..record(1) };
    ledger.record((), |()| with(4)).await.unwrap();
    let error = ledger.record((), |()| with(5)).await.unwrap_err();
    assert!(matches!(error, LedgerError::BodyTooLong { max: 4 }), "{error:?}");
    assert_eq!(error.code(), Code::LoggingFailed);
    let mut log = ledger.body_log();
    assert!(log.push(&Bytes::from_static(b"abcd")).is_ok());
    assert_eq!(log.push(&Bytes::from_static(b"e")).unwrap_err().code(), Code::LoggingFailed);
}

#[tokio::test]
async fn configurations_have_their_bounds() {
    let ledger = open(Arc::new(MemoryStore::default()), LedgerSettings::default()).await;
    let parts = |n: usize| (0..n).map(|n| (n.to_string(), Bytes::new())).collect();
    let of = |over: usize| {
        [
            KeptConf { directory: Bytes::from(vec![0; limits::CONF_DIRECTORY + over]), ..conf(1) },
            KeptConf { parts: parts(limits::CONF_PARTS + over), ..conf(2) },
            KeptConf { parts: vec![("a".into(), Bytes::from(vec![0; limits::CONF_PART + over]))], ..conf(3) },
        ]
    };
    for conf in of(0) {
        ledger.keep_conf(&conf).await.unwrap();
        ledger.offer_conf(conf).unwrap();
    }
    for conf in of(1) {
        assert!(matches!(ledger.keep_conf(&conf).await.unwrap_err(), LedgerError::TooLong { .. }));
        assert!(matches!(ledger.offer_conf(conf).unwrap_err(), LedgerError::TooLong { .. }));
    }
}

#[tokio::test]
async fn the_oldest_waiting_record_is_known_at_once_and_after_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let ledger = open(store.clone(), LedgerSettings::default()).await;
    assert_eq!(ledger.oldest_waiting(), None);
    ledger.record((), |()| record(5)).await.unwrap();
    ledger.record((), |()| NewRecord { at: UnixTime::from_millis(1), ..record(6) }).await.unwrap();
    assert_eq!(ledger.oldest_waiting(), Some(record(5).at), "the first in the log, whatever its clock said");
    let restarted = open(store, LedgerSettings::default()).await;
    assert_eq!(restarted.oldest_waiting(), Some(record(5).at));
}
