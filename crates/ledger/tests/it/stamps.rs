//! The timestamping job: single records (wire.md §6.2), and what happens when the authority or the store fails.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use simpul_ledger::contract::{Faulty, How, MemoryStore, Step};
use simpul_ledger::evidence::{self, EvidenceError};
use simpul_ledger::{
    Filter, Ledger, LedgerError, LedgerSettings, NewRecord, RecordId, Stamp, StampError, StoredRecord,
    TimestampingFailed,
};
use simpul_trust::asic::{Container, verify_container};
use simpul_trust::{seal, tsp};

use crate::state::{Authority, Reply, State, now};

pub(crate) struct Node {
    pub(crate) state: State,
    pub(crate) authority: Authority,
    store: Arc<Faulty<MemoryStore>>,
    pub(crate) ledger: Ledger,
}

pub(crate) async fn node(settings: LedgerSettings) -> Node {
    let state = State::new();
    let store = Arc::new(Faulty::new(MemoryStore::default()));
    let (ledger, writer) = Ledger::open(store.clone(), settings).await.unwrap();
    tokio::spawn(writer.run());
    Node { authority: state.authority(), state, store, ledger }
}

impl Node {
    pub(crate) async fn record(&self, numbers: impl IntoIterator<Item = u32>) {
        for n in numbers {
            let record = self.state.record(n, None).await;
            self.ledger.record((), |()| record).await.unwrap();
        }
    }

    pub(crate) async fn run(&self) -> simpul_ledger::StampReport {
        self.ledger.stamp_pending(&self.authority, &self.state.conf).await.unwrap()
    }

    pub(crate) async fn load(&self, n: u64) -> StoredRecord {
        self.ledger.load(id(n)).await.unwrap().unwrap()
    }

    async fn waiting(&self) -> u64 {
        self.ledger.count(&Filter::Waiting).await.unwrap()
    }

    /// The token applies to the signature value and stands in the signature without another octet changed, or it
    /// applies to the result of a hash chain and stands beside the signature.
    pub(crate) fn verify(&self, stored: &StoredRecord) {
        let tsa = std::slice::from_ref(&self.authority.certificate);
        let container = evidence::container(stored).unwrap();
        let (original, stamped) = (&stored.record.seal.signature, &container.signature);
        let facts = match stored.stamp.as_ref().unwrap() {
            Stamp::Single { token } => {
                let value = seal::signature_value(original).unwrap();
                let added = stamped.len() - original.len();
                let start = original.iter().zip(stamped).take_while(|(a, b)| a == b).count();
                assert_eq!(stamped[start + added..], original[start..], "octets outside the timestamp are unchanged");
                assert_eq!(seal::signature_value(stamped).unwrap(), value);
                tsp::verify_token(token, &value, tsa).unwrap()
            }
            Stamp::Batch { token, result, .. } => {
                assert_eq!(stamped, original);
                tsp::verify_token(token, result, tsa).unwrap()
            }
            Stamp::Impossible { why } => panic!("{why}"),
        };
        assert_eq!(facts.gen_time, now());
        let verdict = verify_container(&container, &self.state.conf, now()).unwrap();
        assert_eq!(verdict.timestamp.gen_time, now());
    }
}

fn id(n: u64) -> RecordId {
    RecordId::new(n).unwrap()
}

#[tokio::test]
async fn what_waits_is_stamped_each_by_itself_if_a_batch_holds_one() {
    let node = node(LedgerSettings { stamp_batch: 1, ..Default::default() }).await;
    node.record(1..=2).await;
    let with_body = node.state.record(3, Some(b"body")).await;
    node.ledger.record((), |()| with_body).await.unwrap();
    let before = node.load(3).await;
    assert!(matches!(evidence::container(&before), Err(EvidenceError::NotStamped(_))));
    let report = node.run().await;
    assert_eq!((report.stamped, report.impossible.len(), report.oldest_waiting), (3, 0, None));
    assert!(report.failure.is_none());
    for n in 1..=3 {
        node.verify(&node.load(n).await);
    }
    assert_eq!(node.load(3).await.record, before.record, "what was recorded does not change");
    assert_eq!(node.authority.asked(), 3);
    assert_eq!(node.run().await.stamped, 0);
    assert_eq!(node.authority.asked(), 0);
}

#[tokio::test]
async fn a_run_goes_through_all_that_waited_a_part_at_a_time() {
    let settings = LedgerSettings { stamp_batch: 3, ..Default::default() };
    let node = node(settings).await;
    node.record(1..=8).await;
    // The first batch is done when the authority falls silent.
    node.authority.next([Reply::Good, Reply::Silence]);
    let report = node.run().await;
    assert_eq!((report.stamped, node.authority.asked()), (3, 2));
    assert_eq!(report.oldest_waiting, Some(node.load(4).await.record.at));
    assert_eq!(node.ledger.oldest_waiting(), report.oldest_waiting);
    assert!(node.load(4).await.stamp.is_none() && node.load(3).await.stamp.is_some());
    assert_eq!((node.run().await.stamped, node.authority.asked()), (5, 2));
    for n in 1..=8 {
        node.verify(&node.load(n).await);
    }
}

#[tokio::test]
async fn a_failing_authority_is_not_asked_for_every_record_and_recovers_without_help() {
    let node = node(LedgerSettings { stamp_batch: 4, ..Default::default() }).await;
    node.record(1..=9).await;
    for reply in [Reply::Silence, Reply::Garbage, Reply::OtherData, Reply::OtherAuthority] {
        node.authority.next([reply]);
        let report = node.run().await;
        assert_eq!((report.stamped, node.authority.asked()), (0, 1), "{reply:?}");
        match (reply, report.failure.unwrap()) {
            (Reply::Silence, StampError::Authority { .. }) => {}
            (Reply::Silence, other) => panic!("{other:?}"),
            (_, StampError::Answer { .. }) => {}
            (_, other) => panic!("{other:?}"),
        }
        assert_eq!(node.waiting().await, 9);
        assert_eq!(report.oldest_waiting, Some(node.load(1).await.record.at));
    }
    node.authority.next([Reply::Silence]);
    let report = node.ledger.stamp_now(&[id(1), id(2)], &node.authority, &node.state.conf).await.unwrap();
    assert_eq!(report.stamped, 1, "what succeeded beside a failure is kept");
    assert!(report.failure.is_some());
    assert_eq!(node.run().await.stamped, 8);
    assert_eq!(node.ledger.oldest_waiting(), None);
}

/// wire.md §7.1: what is handed out is what X-Road's verifier accepts: time of the timestamp, member of the signer.
#[tokio::test]
async fn a_stamped_record_is_evidence() {
    let node = node(LedgerSettings::default()).await;
    let bodies: [Option<&'static [u8]>; 3] = [None, Some(b""), Some(b"body")];
    for (n, body) in (1..).zip(bodies) {
        let record = node.state.record(n, body).await;
        node.ledger.record((), |()| record).await.unwrap();
    }
    node.run().await;
    for n in 1..=3 {
        let stored = node.load(n).await;
        let octets = evidence::container(&stored).unwrap().write(stored.record.at).unwrap();
        let container = Container::read(&octets).unwrap();
        assert_eq!(container.attachments.len(), usize::from(n > 1));
        let verdict = verify_container(&container, &node.state.conf, now()).unwrap();
        assert_eq!(verdict.timestamp.gen_time, now());
    }
}

/// A body that was too long is not in the container; its digest is in the seal's hash chain.
#[tokio::test]
async fn evidence_of_a_truncated_body_says_that_it_is_not_there() {
    let settings = LedgerSettings { loggable_body: 3, truncated_body_allowed: true, ..Default::default() };
    let node = node(settings).await;
    let mut record = node.state.record(1, Some(b"body")).await;
    let mut log = node.ledger.body_log();
    log.push(&Bytes::from_static(b"body")).unwrap();
    record.body = log.finish(&simpul_trust::hash::sha512(b"body")).unwrap();
    node.ledger.record((), |()| record).await.unwrap();
    node.run().await;
    let container = evidence::container(&node.load(1).await).unwrap();
    assert!(container.attachments.is_empty());
    assert!(verify_container(&container, &node.state.conf, now()).is_ok());
}

/// wire.md §6.3.
#[tokio::test]
async fn messages_are_refused_when_stamping_has_failed_too_long_and_pass_again_after_it() {
    let node = node(LedgerSettings::default()).await;
    node.record(1..=2).await;
    let recorded = node.load(1).await.record.at;
    let limit = recorded.plus(Duration::from_secs(14_400));
    let later = limit.plus(Duration::from_millis(1));
    assert_eq!(node.ledger.check_timestamping(limit), Ok(()));
    assert_eq!(node.ledger.check_timestamping(later), Err(TimestampingFailed { since: recorded }));
    node.run().await;
    assert_eq!(node.ledger.check_timestamping(later), Ok(()));
}

#[tokio::test]
async fn a_seal_without_a_value_leaves_the_line_and_is_reported() {
    let node = node(LedgerSettings { stamp_batch: 1, ..Default::default() }).await;
    let refused = |signature: &'static [u8]| {
        let mut refused = NewRecord { refused: Some("x.y".into()), ..simpul_ledger::contract::record(1) };
        refused.seal.signature = Bytes::from_static(signature);
        refused
    };
    for signature in [b"<broken".as_slice(), b"<a/>", b"\xff"] {
        node.ledger.record((), |()| refused(signature)).await.unwrap();
    }
    node.record([4]).await;
    let report = node.run().await;
    assert_eq!((report.stamped, report.oldest_waiting), (1, None));
    assert_eq!(report.impossible.iter().map(|(id, _)| id.number()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(node.authority.asked(), 1, "nothing is asked for what cannot be stamped");
    let outcome = evidence::container(&node.load(1).await);
    assert!(matches!(outcome, Err(EvidenceError::NeverStamped { .. })), "{outcome:?}");
    node.verify(&node.load(4).await);
}

#[tokio::test]
async fn a_flood_of_broken_seals_makes_no_long_report_and_stops_nothing() {
    let node = node(LedgerSettings { stamp_batch: 1, ..Default::default() }).await;
    for n in 1..=101 {
        let broken = NewRecord { refused: Some("x.y".into()), ..simpul_ledger::contract::record(n) };
        node.ledger.record((), |()| broken).await.unwrap();
    }
    node.record([102]).await;
    let report = node.run().await;
    assert_eq!((report.stamped, report.impossible.len(), report.more_impossible), (1, 100, 1));
}

/// A refused message may carry anything: a second timestamp has no place beside a first.
#[tokio::test]
async fn a_refused_seal_that_has_a_timestamp_gets_no_second_one() {
    let node = node(LedgerSettings::default()).await;
    node.record([1]).await;
    node.run().await;
    let stamped = evidence::container(&node.load(1).await).unwrap().signature;
    let mut again = NewRecord { refused: Some("x.y".into()), ..node.load(1).await.record };
    again.seal.signature = stamped;
    node.ledger.record((), |()| again).await.unwrap();
    assert_eq!(node.run().await.impossible.len(), 1);
}

/// wire.md §7.4, `force`.
#[tokio::test]
async fn chosen_records_are_stamped_now() {
    let node = node(LedgerSettings::default()).await;
    node.record(1..=4).await;
    let report = node.ledger.stamp_now(&[id(3), id(2)], &node.authority, &node.state.conf).await.unwrap();
    assert_eq!(report.stamped, 2);
    let stamp = node.load(3).await.stamp;
    assert!(node.load(1).await.stamp.is_none() && stamp.is_some());
    let report = node.ledger.stamp_now(&[id(3), id(4)], &node.authority, &node.state.conf).await.unwrap();
    assert_eq!((report.stamped, node.load(3).await.stamp), (1, stamp), "what has a stamp keeps it");
    let outcome = node.ledger.stamp_now(&[id(1), id(5)], &node.authority, &node.state.conf).await;
    assert!(matches!(outcome, Err(LedgerError::UnknownRecord(unknown)) if unknown == id(5)), "{outcome:?}");
    assert_eq!(node.waiting().await, 1);
}

/// Every step of the store breaks twice; after the next run all is as it should be.
#[tokio::test]
async fn a_run_whose_answers_are_lost_can_be_repeated() {
    for (step, before) in
        [(Step::Head, 0), (Step::Waiting, 0), (Step::Waiting, 1), (Step::SetStamps, 0), (Step::Head, 1)]
    {
        for how in [How::Lost, How::LostAfterEffect] {
            let node = node(LedgerSettings { stamp_batch: 3, ..Default::default() }).await;
            node.record(1..=3).await;
            node.store.pass_next(step, before);
            node.store.break_next(step, how, 1);
            let outcome = node.ledger.stamp_pending(&node.authority, &node.state.conf).await;
            assert!(matches!(outcome, Err(LedgerError::Store(_))), "{step:?} {how:?}: {outcome:?}");
            assert!(node.ledger.oldest_waiting().is_some(), "{step:?} {how:?}: what waits is not forgotten");
            node.record([4]).await;
            node.run().await;
            assert_eq!((node.waiting().await, node.ledger.oldest_waiting()), (0, None), "{step:?} {how:?}");
            for n in 1..=4 {
                node.verify(&node.load(n).await);
            }
        }
    }
}

#[tokio::test]
async fn a_halt_while_stamping_stops_the_ledger() {
    let node = node(LedgerSettings::default()).await;
    node.record([1]).await;
    node.store.break_next(Step::SetStamps, How::Halt, 1);
    let outcome = node.ledger.stamp_pending(&node.authority, &node.state.conf).await;
    assert!(matches!(outcome, Err(LedgerError::Halted(_))), "{outcome:?}");
    let record = node.state.record(2, None).await;
    assert!(matches!(node.ledger.record((), |()| record).await, Err(LedgerError::Halted(_))));
    let outcome = node.ledger.stamp_pending(&node.authority, &node.state.conf).await;
    assert!(matches!(outcome, Err(LedgerError::Halted(_))), "{outcome:?}");
}

#[tokio::test]
async fn what_is_recorded_while_a_run_asks_is_not_forgotten() {
    let node = node(LedgerSettings::default()).await;
    node.record([1, 3]).await;
    let (late, ledger) = (node.state.record(2, None).await, node.ledger.clone());
    struct Meanwhile<'a>(&'a Authority, Ledger, NewRecord);
    #[async_trait::async_trait]
    impl simpul_ledger::Timestamper for Meanwhile<'_> {
        async fn stamp(&self, query: Vec<u8>) -> Result<Vec<u8>, simpul_ledger::AuthorityError> {
            self.1.record((), |()| self.2.clone()).await.unwrap();
            self.0.stamp(query).await
        }
    }
    let at = late.at;
    let report = node.ledger.stamp_pending(&Meanwhile(&node.authority, ledger, late), &node.state.conf).await.unwrap();
    assert_eq!(
        (report.stamped, report.oldest_waiting),
        (2, Some(at)),
        "a batch ends at what waited when the run began"
    );
}
