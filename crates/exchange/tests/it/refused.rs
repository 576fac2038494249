//! What is refused is recorded with its seal (docs/adr/0005).

use simpul_ledger::contract::{How, Step};
use simpul_ledger::{Direction, LoggedBody, Side};
use simpul_trust::hash;

use crate::federation::calls::{call, with_body};
use crate::federation::octets::octets;
use crate::federation::{CLIENT, Federation};

const DENIED: &str = "server.serverproxy.access_denied";
const DISABLED: &str = "server.serverproxy.service_disabled";

/// The record is durable before the fault is answered, holds the seal and the digest of the body, and proves itself.
#[tokio::test]
async fn a_denied_request_is_recorded_with_the_digest_of_its_body() {
    let federation = Federation::new().await;
    let answer = federation.relay(with_body(call("POST", "deaths", CLIENT), octets(["a ", "body"]))).await;
    assert_eq!(answer.error(), Some(DENIED));
    let records = federation.my.records().await;
    assert_eq!(records.len(), 1);
    let record = &records[0].record;
    assert_eq!((record.side, record.direction), (Side::Provider, Direction::Request));
    assert_eq!((record.client.clone(), record.refused.as_deref()), (CLIENT.parse().unwrap(), Some(DENIED)));
    let sha512 = hash::sha512(b"a body").as_bytes().try_into().unwrap();
    assert_eq!(record.body, LoggedBody::Truncated { len: 6, sha512 });
    federation.audit().await;
}

/// wire.md §9.2: a disabled service is refused with its notice; the request was allowed, and is recorded all the same.
#[tokio::test]
async fn a_request_for_a_disabled_service_is_recorded() {
    let federation = Federation::new().await;
    federation.my.server.change(|server| {
        for service in server.services.values_mut() {
            service.disabled = Some("closed".to_owned());
        }
    });
    let answer = federation.relay(call("GET", "persons", CLIENT)).await;
    assert_eq!(answer.error(), Some(DISABLED));
    let refused: Vec<_> = federation.my.records().await.into_iter().map(|r| r.record.refused).collect();
    assert_eq!(refused, [Some(DISABLED.to_owned())]);
    federation.audit().await;
}

/// A log that fails changes nothing about a refusal: the code stays, and nothing is called.
#[tokio::test]
async fn a_refusal_stands_without_the_log() {
    let federation = Federation::new().await;
    federation.my.store.break_next(Step::Append, How::Halt, 1);
    let answer = federation.relay(call("GET", "deaths", CLIENT)).await;
    assert_eq!(answer.error(), Some(DENIED));
    assert_eq!((federation.register.calls().len(), federation.my.records().await.len()), (0, 0));
}
