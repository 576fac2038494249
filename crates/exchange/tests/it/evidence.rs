//! No acknowledged exchange without durable evidence (invariant I1): each of the four records is broken in each way.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use simpul_exchange::ports::BodyError;
use simpul_ledger::contract::{How, Step};
use simpul_ledger::{Direction, Side, StoredRecord};

use crate::federation::calls::{call, get, post, with_body, with_header};
use crate::federation::forge::{Part, Sent};
use crate::federation::octets::{collect, has, octets};
use crate::federation::proofs::kept_body;
use crate::federation::register::{ANSWER, reply};
use crate::federation::{CLIENT, Federation, NOW, PROVIDER, Settings, authority, confs};

/// Tries of one commit before its records are refused.
const ATTEMPTS: usize = 2;

/// The records of an exchange, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    ConsumerRequest,
    ProviderRequest,
    ProviderResponse,
    ConsumerResponse,
}

use Record::{ConsumerRequest, ConsumerResponse, ProviderRequest, ProviderResponse};

impl Federation {
    /// The next `times` commits of this record fail.
    fn breaks(&self, record: Record, how: How, times: usize) {
        match record {
            ConsumerRequest => self.id.store.break_next(Step::Append, how, times),
            ProviderRequest => self.my.store.break_next(Step::Append, how, times),
            // The request is recorded before the service is asked, and the response after.
            ProviderResponse => {
                let store = self.my.store.clone();
                self.register.next(move || {
                    store.break_next(Step::Append, how, times);
                    Ok(reply(200, "OK", Some(octets([ANSWER]))))
                });
            }
            ConsumerResponse => {
                let store = self.id.store.clone();
                self.road.next_changed(move |said| {
                    store.break_next(Step::Append, how, times);
                    let body = octets([said.body.clone()]);
                    said.with(body)
                });
            }
        }
    }
}

/// What must hold after a record failed for good.
struct Expected {
    record: Record,
    how: How,
    code: &'static str,
    /// Records of the consumer and of the provider.
    logged: [usize; 2],
    service_called: usize,
    request_sealed: bool,
    response_sealed: bool,
}

const fn row(record: Record, how: How, logged: [usize; 2]) -> Expected {
    let (code, service_called, request_sealed, response_sealed) = match record {
        ConsumerRequest => ("server.clientproxy.logging_failed", 0, false, false),
        ProviderRequest => ("server.serverproxy.logging_failed", 0, true, false),
        ProviderResponse => ("server.serverproxy.logging_failed", 1, true, false),
        ConsumerResponse => ("server.clientproxy.logging_failed", 1, true, true),
    };
    Expected { record, how, code, logged, service_called, request_sealed, response_sealed }
}

const FAILURES: [Expected; 8] = [
    row(ConsumerRequest, How::Lost, [0, 0]),
    row(ConsumerRequest, How::LostAfterEffect, [1, 0]),
    row(ProviderRequest, How::Lost, [1, 0]),
    row(ProviderRequest, How::LostAfterEffect, [1, 1]),
    row(ProviderResponse, How::Lost, [1, 1]),
    row(ProviderResponse, How::LostAfterEffect, [1, 2]),
    row(ConsumerResponse, How::Lost, [1, 2]),
    row(ConsumerResponse, How::LostAfterEffect, [2, 2]),
];

#[tokio::test]
async fn a_record_that_is_not_durable_ends_the_exchange() {
    for Expected { record, how, code, logged, service_called, request_sealed, response_sealed } in FAILURES {
        let name = format!("{record:?} {how:?}");
        let federation = Federation::new().await;
        federation.breaks(record, how, ATTEMPTS);
        let answer = federation.relay(post("/1", "a body")).await;
        assert_eq!((answer.status, answer.error()), (500, Some(code)), "{name}");
        assert!(!answer.text().contains("Siti"), "{name}: nothing of the answer reaches the caller");
        assert_eq!(federation.road.sent().has_seal(), request_sealed, "{name}");
        assert_eq!(federation.road.answered().has_seal(), response_sealed, "{name}");
        assert_eq!(federation.register.calls().len(), service_called, "{name}");
        assert_eq!(federation.logged().await, logged, "{name}");
        federation.audit().await;
        // The next exchange finds both logs in order.
        assert_eq!(federation.relay(get("/2")).await.status, 200, "{name}");
        let [consumer, provider] = federation.logged().await;
        assert_eq!([consumer, provider], [logged[0] + 2, logged[1] + 2], "{name}");
        federation.audit().await;
        in_order(&federation.records().await);
    }
}

/// Each request stands before its response, and no message stands in one log twice.
fn in_order(logs: &[Vec<StoredRecord>; 2]) {
    for (log, side) in logs.iter().zip([Side::Consumer, Side::Provider]) {
        for (n, stored) in log.iter().enumerate() {
            assert_eq!((stored.id.number(), stored.record.side), (n as u64 + 1, side));
            let same = |other: &&StoredRecord| other.record.request_id == stored.record.request_id;
            let messages: Vec<_> = log.iter().filter(same).map(|r| r.record.direction).collect();
            assert!(
                [[Direction::Request].as_slice(), &[Direction::Request, Direction::Response]].contains(&&*messages)
            );
        }
    }
}

/// A commit whose answer was lost is tried again at the same place.
#[tokio::test]
async fn a_record_that_becomes_durable_at_the_second_try_stands_once() {
    for record in [ConsumerRequest, ProviderRequest, ProviderResponse, ConsumerResponse] {
        for how in [How::Lost, How::LostAfterEffect] {
            let federation = Federation::new().await;
            federation.breaks(record, how, ATTEMPTS - 1);
            let answer = federation.relay(post("/1", "a body")).await;
            assert_eq!((answer.status, answer.text()), (200, ANSWER), "{record:?} {how:?}");
            assert_eq!(federation.logged().await, [2, 2], "{record:?} {how:?}");
            federation.audit().await;
            in_order(&federation.records().await);
        }
    }
}

/// An answer without entity: its seal stands directly behind the block.
#[tokio::test]
async fn an_answer_without_body_has_no_seal_either_when_it_is_not_durable() {
    let federation = Federation::new().await;
    let store = federation.my.store.clone();
    federation.register.next(move || {
        store.break_next(Step::Append, How::Lost, ATTEMPTS);
        Ok(reply(204, "No Content", None))
    });
    let answer = federation.relay(get("/1")).await;
    assert_eq!(answer.error(), Some("server.serverproxy.logging_failed"));
    assert!(!federation.road.answered().has_seal());
    assert_eq!(federation.logged().await, [1, 1]);
}

/// When what is durable is no longer known, nothing is exchanged until the node is started again.
#[tokio::test]
async fn a_halted_ledger_refuses_everything() {
    for record in [ConsumerRequest, ProviderRequest, ProviderResponse, ConsumerResponse] {
        for how in [How::Halt, How::HaltAfterEffect] {
            let name = format!("{record:?} {how:?}");
            let federation = Federation::new().await;
            federation.breaks(record, how, 1);
            let first = federation.relay(get("/1")).await;
            let code = FAILURES.iter().find(|row| row.record == record).unwrap().code;
            assert_eq!(first.error(), Some(code), "{name}");
            let (calls, logged) = (federation.register.calls().len(), federation.logged().await);
            let second = federation.relay(get("/2")).await;
            assert_eq!(second.error(), Some(code), "{name}");
            assert_eq!(federation.register.calls().len(), calls, "{name}: no service is called any more");
            let consumer_halted = code.contains("clientproxy");
            assert_eq!(federation.road.sent().has_seal(), !consumer_halted, "{name}");
            let more = usize::from(!consumer_halted);
            assert_eq!(federation.logged().await, [logged[0] + more, logged[1]], "{name}");
            federation.audit().await;
        }
    }
}

/// A request that could not be logged is broken off: the peer never sees a message that ends well without its seal.
#[tokio::test]
async fn what_is_not_logged_does_not_end_like_a_message() {
    let federation = Federation::new().await;
    federation.breaks(ConsumerRequest, How::Lost, ATTEMPTS);
    let held = federation.road.next_holds();
    let answer = federation.relay(get("/1")).await;
    assert_eq!(answer.error(), Some("server.clientproxy.logging_failed"));
    let (octets, end) = collect(held.await.unwrap()).await;
    assert!(has(&octets, "x-road-rest-request") && !has(&octets, "signature/bdoc-1.0/ts"));
    assert!(matches!(end, Some(BodyError::Abandoned)), "{end:?}");
}

/// A record cites only configurations that are kept; on another one nothing is exchanged.
#[tokio::test]
async fn a_configuration_that_was_not_kept_cannot_be_used() {
    for at_provider in [false, true] {
        let federation = Federation::new().await;
        let [of_id, of_my] = &federation.authorities;
        let site = |id, address, auth: usize, clients| confs::Site {
            id,
            address,
            auth: federation.auth[auth].clone(),
            clients,
            maintenance: None,
        };
        let client = [CLIENT].as_slice();
        let provider = [PROVIDER].as_slice();
        let id = confs::shared("ID", of_id, &[site("ID/GOV/3201/ss1", "id.lab.example", 0, client)], &[]);
        let my = confs::shared("MY", of_my, &[site("MY/GOV/1001/ss1", "my.lab.example", 1, provider)], &[]);
        let until = NOW.plus(Duration::from_secs(60));
        let id = confs::publish(&id, &of_id.sign_key(&authority::member(client[0])), until);
        let my = confs::publish(&my, &of_my.sign_key(&authority::member(provider[0])), until);
        let (node, own) = if at_provider { (&federation.my, "MY") } else { (&federation.id, "ID") };
        node.conf.set(Some(confs::join(own, &[&id, &my])));
        let answer = federation.relay(get("/1")).await;
        let code = if at_provider { "server.serverproxy.logging_failed" } else { "server.clientproxy.logging_failed" };
        assert_eq!(answer.error(), Some(code));
        assert_eq!(federation.register.calls().len(), 0);
        assert_eq!(federation.logged().await, [usize::from(at_provider), 0]);
    }
}

/// Exchanges at the same time share commits, and nothing else: each caller gets its own answer, each log holds all.
#[tokio::test]
async fn exchanges_at_once_do_not_mix() {
    let federation = Federation::new().await;
    federation.register.echo();
    let bodies: Vec<String> = (0..32).map(|n| format!("body {n}")).collect();
    let calls = bodies.iter().map(|body| async {
        let asked = with_header(call("POST", "persons", CLIENT), "x-road-id", body);
        let answer = federation.relay(with_body(asked, octets([body.clone()]))).await;
        assert_eq!((answer.text(), answer.header("x-road-id")), (body.as_str(), Some(body.as_str())));
    });
    join_all(calls).await;
    assert_eq!(federation.logged().await, [64, 64]);
    federation.audit().await;
    for log in federation.records().await {
        for body in &bodies {
            let of_call = log.iter().filter(|stored| stored.record.message_id == *body);
            let found: Vec<_> = of_call.map(|stored| (stored.record.direction, kept_body(stored))).collect();
            let kept = Some(Bytes::from(body.clone()));
            assert_eq!(found, [(Direction::Request, kept.clone()), (Direction::Response, kept)]);
        }
    }
}

/// wire.md §6.3: after 14,400 seconds without a timestamp the log takes no more, and neither side goes on.
#[tokio::test]
async fn nothing_is_exchanged_when_timestamping_has_failed_for_too_long() {
    let longest = Duration::from_secs(14_400);
    let federation = Federation::with(Settings { validity: [longest * 2; 2], ..Settings::default() }).await;
    federation.relay(get("/1")).await;
    federation.clock.set(NOW.plus(longest));
    assert_eq!(federation.relay(get("/2")).await.status, 200);
    federation.clock.advance(Duration::from_millis(1));
    let answer = federation.relay(get("/3")).await;
    assert_eq!((answer.status, answer.error()), (500, Some("server.clientproxy.timestamping_failed")));
    assert_eq!((federation.road.opened().len(), federation.logged().await), (2, [4, 4]));
    let message = federation.request("GET", "persons", None).await;
    let (call, progress) = Sent::new(&federation, &message).call();
    let code = federation.judge(call).await.code();
    assert_eq!(code.as_deref(), Some("server.serverproxy.timestamping_failed"));
    assert_eq!((progress.far(), federation.register.calls().len()), (Part::Nothing, 2));
}

/// wire.md §7.2: what cannot be logged is `logging_failed`: here a message id that no log can hold.
#[tokio::test]
async fn a_message_id_that_is_too_long_to_be_logged_is_not_sent() {
    let federation = Federation::new().await;
    let id = "i".repeat(simpul_core::limits::LOGGED_ID_CHARS);
    let with_id = |id: &str| with_header(get("/1"), "x-road-id", id);
    assert_eq!(federation.relay(with_id(&id)).await.status, 200);
    let answer = federation.relay(with_id(&format!("{id}i"))).await;
    assert_eq!(answer.error(), Some("server.clientproxy.logging_failed"));
    assert!(!federation.road.sent().has_seal());
    assert_eq!((federation.logged().await, federation.register.calls().len()), ([2, 2], 1));
}
