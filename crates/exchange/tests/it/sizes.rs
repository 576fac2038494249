//! Bodies that are longer than the log keeps (wire.md §7.2): refused with `logging_failed`, or logged as their digest.

use bytes::Bytes;
use simpul_ledger::{LedgerSettings, LoggedBody};
use simpul_trust::hash;

use crate::federation::calls::{get, post};
use crate::federation::octets::octets;
use crate::federation::register::ANSWER;
use crate::federation::{Federation, Settings};

/// Octets that the logs of these tests keep of a body. The default answer is shorter.
const LIMIT: usize = 24;
/// A body at the limit, and one of an octet more.
const BODIES: [&str; 2] = ["123456789012345678901234", "1234567890123456789012345"];

const AT_CONSUMER: &str = "server.clientproxy.logging_failed";
const AT_PROVIDER: &str = "server.serverproxy.logging_failed";

fn small(truncated_body_allowed: bool) -> LedgerSettings {
    LedgerSettings { loggable_body: LIMIT as u64, truncated_body_allowed, ..LedgerSettings::default() }
}

async fn federation(ledgers: [LedgerSettings; 2]) -> Federation {
    Federation::with(Settings { ledgers, ..Settings::default() }).await
}

#[tokio::test]
async fn a_body_at_the_limit_passes_both_ways() {
    let federation = federation([small(false); 2]).await;
    federation.register.next_body(octets([BODIES[0]]));
    let answer = federation.relay(post("", BODIES[0])).await;
    assert_eq!((answer.status, answer.text()), (200, BODIES[0]));
    for log in federation.records().await {
        let bodies: Vec<_> = log.into_iter().map(|r| r.record.body).collect();
        assert_eq!(bodies, [BODIES[0]; 2].map(|b| LoggedBody::Whole(Bytes::from(b))));
    }
    federation.audit().await;
}

/// A request that the consumer cannot log never leaves whole, one that the provider cannot log is never carried out.
#[tokio::test]
async fn a_request_of_an_octet_more_is_refused() {
    assert!(ANSWER.len() <= LIMIT);
    let large = LedgerSettings::default();
    for (ledgers, code) in [([small(false), large], AT_CONSUMER), ([large, small(false)], AT_PROVIDER)] {
        let federation = federation(ledgers).await;
        let answer = federation.relay(post("", BODIES[1])).await;
        assert_eq!((answer.status, answer.error()), (500, Some(code)));
        assert_eq!(federation.register.calls().len(), 0);
        let [consumer, provider] = federation.logged().await;
        // The provider's fault may overtake the record of the request at the consumer.
        assert!(provider == 0 && (consumer == 0 || code == AT_PROVIDER));
        assert!(!federation.road.sent().has_seal() || consumer == 1);
        assert_eq!((federation.id.spool.entries(), federation.my.spool.entries()), (0, 0));
        federation.audit().await;
    }
}

/// An answer that the provider cannot log has no seal, one that the consumer cannot log does not reach its caller.
#[tokio::test]
async fn an_answer_of_an_octet_more_is_refused() {
    let large = LedgerSettings::default();
    for (ledgers, code, logged) in
        [([large, small(false)], AT_PROVIDER, [1, 1]), ([small(false), large], AT_CONSUMER, [1, 2])]
    {
        let federation = federation(ledgers).await;
        federation.register.next_body(octets([BODIES[0], "5"]));
        let answer = federation.relay(get("")).await;
        assert_eq!((answer.status, answer.error()), (500, Some(code)));
        assert!(!answer.text().contains(BODIES[0]));
        assert_eq!(federation.logged().await, logged);
        assert_eq!(federation.id.spool.entries(), 0);
        federation.audit().await;
    }
}

/// With truncation the whole body travels, and the log has its length and the digest that the seal covers.
#[tokio::test]
async fn a_longer_body_is_logged_as_its_digest_where_that_is_allowed() {
    let federation = federation([small(true); 2]).await;
    federation.register.next_body(octets([BODIES[1]]));
    let answer = federation.relay(post("", BODIES[1])).await;
    assert_eq!((answer.status, answer.text()), (200, BODIES[1]));
    assert_eq!(federation.register.calls().pop().unwrap().body, Some(Bytes::from(BODIES[1])));
    let sha512 = hash::sha512(BODIES[1].as_bytes()).as_bytes().try_into().unwrap();
    for log in federation.records().await {
        for stored in log {
            assert_eq!(stored.record.body, LoggedBody::Truncated { len: LIMIT as u64 + 1, sha512 });
        }
    }
    // The seals are judged over the digests: what was not kept is proved all the same.
    federation.audit().await;
}

/// Each side has its own setting.
#[tokio::test]
async fn truncation_at_one_side_does_not_speak_for_the_other() {
    let federation = federation([small(true), small(false)]).await;
    let answer = federation.relay(post("", BODIES[1])).await;
    assert_eq!(answer.error(), Some(AT_PROVIDER));
    assert!(federation.my.records().await.is_empty());
    assert!(federation.register.calls().is_empty());
}

/// All bodies that stream by share one bound on memory (I5).
#[tokio::test]
async fn bodies_share_one_bound() {
    let narrow = LedgerSettings { body_memory: LIMIT, ..LedgerSettings::default() };
    let federation = federation([narrow, LedgerSettings::default()]).await;
    let answer = federation.relay(post("", BODIES[1])).await;
    assert_eq!(answer.error(), Some(AT_CONSUMER));
    assert_eq!(federation.relay(post("", BODIES[0])).await.status, 500, "the answer finds no room beside the request");
    assert_eq!(federation.logged().await, [1, 2]);
}
