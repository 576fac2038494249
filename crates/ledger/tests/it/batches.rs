//! Timestamps over many records (wire.md §6.3).

use std::process::Command;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use simpul_core::limits;
use simpul_ledger::contract::{MemoryStore, record};
use simpul_ledger::{Ledger, LedgerSettings, LedgerStore, NewRecord, RecordId, Stamp, evidence};
use simpul_trust::asic::{Container, Stamped, VerifyError, verify_container};
use simpul_trust::seal::chain;
use simpul_trust::tsp;

use crate::stamps::{Node, node};
use crate::state::{State, now};

fn batch_of(stamp: Option<Stamp>) -> (Bytes, Bytes) {
    let Some(Stamp::Batch { token, result, .. }) = stamp else { panic!("{stamp:?}") };
    (token, result)
}

async fn every_container_verifies(size: u32) {
    let node = node(LedgerSettings::default()).await;
    node.record(1..=size).await;
    let report = node.run().await;
    assert_eq!((report.stamped, node.authority.asked()), (usize::try_from(size).unwrap(), 1), "one token for all");
    assert!(report.failure.is_none() && report.impossible.is_empty());
    let first = batch_of(node.load(1).await.stamp);
    for n in 1..=u64::from(size) {
        let stored = node.load(n).await;
        let octets = evidence::container(&stored).unwrap().write(stored.record.at).unwrap();
        let container = Container::read(&octets).unwrap();
        assert_eq!(container.signature, stored.record.seal.signature, "the signature stays as it was recorded");
        let verdict = verify_container(&container, &node.state.conf, now()).unwrap();
        assert_eq!((verdict.stamped, verdict.timestamp.gen_time), (Stamped::Batch, now()), "record {n} of {size}");
        assert_eq!(batch_of(stored.stamp), first);
    }
}

#[tokio::test]
async fn each_record_of_a_batch_is_evidence() {
    for size in [2, 3, 7, 8, 9] {
        every_container_verifies(size).await;
    }
}

#[tokio::test]
async fn each_of_a_thousand_records_is_evidence() {
    every_container_verifies(1000).await;
}

/// An independent judge: the token is one over the octets of the result file (§6.3).
#[tokio::test]
async fn openssl_accepts_the_token_over_the_result() {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: no openssl");
        return;
    }
    let node = node(LedgerSettings::default()).await;
    node.record(1..=3).await;
    node.run().await;
    let container = evidence::container(&node.load(2).await).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, octets: &[u8]| {
        std::fs::write(dir.path().join(name), octets).unwrap();
    };
    let root = STANDARD.encode(node.state.ca.root().der());
    let lines: Vec<&str> = root.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    file("root.pem", pem.as_bytes());
    file("token.tst", &container.timestamp.unwrap());
    let result = container.timestamp_chain_result.unwrap();
    file("result.xml", &result);
    file("other.xml", &[&result[..], b" "].concat());
    let accepts = |data: &str| {
        let at = now().secs().to_string();
        let arguments =
            ["ts", "-verify", "-token_in", "-in", "token.tst", "-CAfile", "root.pem", "-attime", &at, "-data"];
        Command::new("openssl").args(arguments).arg(data).current_dir(dir.path()).output().unwrap()
    };
    let accepted = accepts("result.xml");
    assert!(accepted.status.success(), "{accepted:?}");
    assert!(!accepts("other.xml").status.success());
}

async fn two_batches() -> (Node, [Container; 3]) {
    let node = node(LedgerSettings::default()).await;
    node.record(1..=2).await;
    node.run().await;
    node.record(3..=4).await;
    node.run().await;
    let mut containers = Vec::new();
    for n in [1, 2, 3] {
        containers.push(evidence::container(&node.load(n).await).unwrap());
    }
    (node, containers.try_into().unwrap())
}

/// §6.4: the chain must lead from the result to this signature, and the token must cover the result.
#[tokio::test]
async fn parts_of_another_record_or_batch_are_refused() {
    let (node, [own, neighbour, other]) = two_batches().await;
    let judge = |container: &Container| verify_container(container, &node.state.conf, now());
    for container in [&own, &neighbour, &other] {
        judge(container).unwrap();
    }
    let is_chain = |c: Container| matches!(judge(&c), Err(VerifyError::TimestampChain(_)));
    assert!(is_chain(Container { timestamp_chain: neighbour.timestamp_chain.clone(), ..own.clone() }));
    assert!(is_chain(Container { timestamp_chain: other.timestamp_chain.clone(), ..own.clone() }));
    assert!(is_chain(Container { timestamp_chain_result: other.timestamp_chain_result.clone(), ..own.clone() }));
    let whole_chain = Container {
        timestamp_chain: other.timestamp_chain.clone(),
        timestamp_chain_result: other.timestamp_chain_result.clone(),
        ..own.clone()
    };
    assert!(is_chain(whole_chain));
    let token = judge(&Container { timestamp: other.timestamp.clone(), ..own.clone() });
    assert!(matches!(token, Err(VerifyError::Timestamp(_))), "{token:?}");
    let no_chain = judge(&Container { timestamp_chain: None, ..own.clone() });
    assert!(matches!(no_chain, Err(VerifyError::TimestampChain(_))), "{no_chain:?}");
    let result = own.timestamp_chain_result.clone().unwrap();
    for at in 0..result.len() {
        let mut changed = result.to_vec();
        changed[at] ^= 1;
        let changed = Container { timestamp_chain_result: Some(changed.into()), ..own.clone() };
        assert!(judge(&changed).is_err(), "octet {at} of the result");
    }
}

/// §6.3: only the digest of the signature is covered, so a refused message is proved as it came.
#[tokio::test]
async fn a_seal_that_cannot_hold_a_timestamp_gets_one_in_a_batch() {
    let node = node(LedgerSettings::default()).await;
    for signature in [b"<broken".as_slice(), b"\xff"] {
        let mut refused = NewRecord { refused: Some("x.y".into()), ..record(1) };
        refused.seal.signature = Bytes::copy_from_slice(signature);
        node.ledger.record((), |()| refused).await.unwrap();
    }
    node.record([3]).await;
    let report = node.run().await;
    assert_eq!((report.stamped, report.impossible.len(), report.oldest_waiting), (3, 0, None));
    for n in 1..=2 {
        let container = evidence::container(&node.load(n).await).unwrap();
        covered(&node.authority.certificate, &container);
    }
    node.verify(&node.load(3).await);
}

/// The token covers the signature, whatever the signature is.
fn covered(tsa: &simpul_trust::cert::Certificate, container: &Container) {
    let result = container.timestamp_chain_result.as_ref().unwrap();
    let data = chain::verify(result, container, &["/META-INF/signatures.xml"]).unwrap();
    assert!(data.iter().all(|d| d.verified));
    let token = container.timestamp.as_ref().unwrap();
    assert_eq!(tsp::verify_token(token, result, std::slice::from_ref(tsa)).unwrap().gen_time, now());
}

/// §6.3: up to 10,000 records per batch, whatever is set.
#[tokio::test]
async fn ten_thousand_records_share_a_token_and_two_more_have_their_own() {
    let store = Arc::new(MemoryStore::default());
    let count = limits::STAMP_BATCH + 2;
    let records: Vec<_> = (1..=u32::try_from(count).unwrap()).map(record).collect();
    store.append(RecordId::FIRST, &records).await.unwrap();
    let settings = LedgerSettings { stamp_batch: usize::MAX, ..Default::default() };
    let (ledger, _writer) = Ledger::open(store, settings).await.unwrap();
    let state = State::new();
    let authority = state.authority();
    let report = ledger.stamp_pending(&authority, &state.conf).await.unwrap();
    assert_eq!((report.stamped, authority.asked()), (count, 2));
    for n in [1, 2, 63, 64, 65, 4096, 8192, 8193, 9_999, 10_000, 10_001, 10_002] {
        let stored = ledger.load(RecordId::new(n).unwrap()).await.unwrap().unwrap();
        covered(&authority.certificate, &evidence::container(&stored).unwrap());
    }
}
