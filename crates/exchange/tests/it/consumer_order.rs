//! The order of the consumer's checks and the code of each (wire.md §2.4): a call in which everything is wrong is
//! mended from the front, and each time the next fault shows.

use std::time::Duration;

use simpul_exchange::call::ConsumerCall;
use simpul_exchange::ports::Headers;
use simpul_exchange::server::{ConnectionType, ServerConf};
use simpul_ledger::contract::{How, Step};
use simpul_wire::transport::Direction;

use crate::federation::authority::{chain, member};
use crate::federation::calls::{call, post, with_body, with_header};
use crate::federation::octets::{cut, octets};
use crate::federation::road::{Obstacle, Said, unreachable};
use crate::federation::{CLIENT, Federation, MY_ADDRESS, PROVIDER, forge};

/// How far a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// Nothing left the node.
    Nowhere,
    /// A connection was opened, or tried; what left on it, if anything, has no seal.
    Opened,
    /// The request left whole.
    Sent,
}

/// What is wrong, and what must come of it.
struct Defect {
    name: &'static str,
    spoil: fn(&Federation, &mut ConsumerCall),
    code: &'static str,
    reached: Reached,
    /// Records in the consumer's log.
    logged: usize,
}

const fn defect(
    name: &'static str,
    reached: Reached,
    code: &'static str,
    spoil: fn(&Federation, &mut ConsumerCall),
) -> Defect {
    let logged = match reached {
        Reached::Sent => 1,
        Reached::Nowhere | Reached::Opened => 0,
    };
    Defect { name, spoil, code, reached, logged }
}

/// In the order of the checks.
const DEFECTS: &[Defect] = &[
    defect("no configuration was accepted", Reached::Nowhere, "global_conf_outdated", |f, _| f.id.conf.set(None)),
    defect("the configuration expired", Reached::Nowhere, "global_conf_outdated", |f, _| {
        f.clock.advance(Duration::from_secs(3600));
    }),
    defect("no authentication certificate", Reached::Nowhere, "ssl_authentication_failed", |f, _| {
        f.road.own_presents(Vec::new());
    }),
    defect("no client", Reached::Nowhere, "invalid_client_identifier", |_, call| call.headers.clear()),
    defect("an unknown client", Reached::Nowhere, "unknown_member", |f, _| {
        f.id.server.change(|server| server.clients.clear());
    }),
    defect("a caller without TLS", Reached::Nowhere, "ssl_authentication_failed", |f, _| {
        f.id.server.change(only_by_tls);
    }),
    defect("an unknown provider", Reached::Nowhere, "unknown_member", |_, call| {
        call.target = call.target.replace(PROVIDER, "MY/GOV/4444/nobody");
    }),
    defect("another server is wanted", Reached::Nowhere, "invalid_security_server", |_, call| {
        *call = with_header(post("", "x"), "X-Road-Security-Server", "MY/GOV/1002/ss2");
    }),
    defect("no sign key", Reached::Nowhere, "cannot_create_signature", |f, _| f.id.keys.remove(&member(CLIENT))),
    defect("no OCSP response for the sign key", Reached::Nowhere, "cannot_create_signature", |f, _| {
        f.id.ocsp.lose(&chain(&f.id.keys.of(&member(CLIENT)))[0]);
    }),
    defect("an unreachable server", Reached::Opened, "network_error", |f, _| {
        f.road.next(Obstacle::Closed(unreachable));
    }),
    defect("a server of another provider", Reached::Opened, "ssl_authentication_failed", |f, _| {
        f.road.peer_presents(chain(&f.auth[2]));
    }),
    defect("no OCSP response for the own server", Reached::Opened, "ssl_authentication_failed", |f, _| {
        f.id.ocsp.lose(&f.id_chain()[0]);
    }),
    defect("a body that breaks off", Reached::Opened, "io_error", |_, call| call.body = Some(cut(["half"]))),
    defect("a log that fails", Reached::Opened, "logging_failed", |f, _| {
        f.id.store.break_next(Step::Append, How::Lost, 2);
    }),
    defect("an answer with another status", Reached::Sent, "http_error", |f, _| {
        f.road.next_changed(|said| { Said { status: 404, ..said } }.unchanged());
    }),
    defect("an answer without content type", Reached::Sent, "invalid_content_type", |f, _| {
        f.road.next_changed(|said| said.without("content-type").unchanged());
    }),
    defect("an answer with an unknown digest", Reached::Sent, "internal_error", |f, _| {
        f.road.next_changed(|said| said.without("x-hash-algorithm").and("x-hash-algorithm", "SHA-1").unchanged());
    }),
    defect("an answer that breaks off", Reached::Sent, "service_failed.io_error", |f, _| {
        f.road.next_changed(|said| {
            let body = cut([said.body.slice(..said.body.len() / 2)]);
            said.with(body)
        });
    }),
    defect("an answer with a malformed block", Reached::Sent, "service_failed.invalid_rest", |f, _| {
        f.road.next_changed(|said| said.with_block(|text| text.replace("Content-Type:", "Host:")));
    }),
    defect("an answer to another call", Reached::Sent, "signature_verification.invalid_signature_value", |f, _| {
        f.road.next_changed(|said| said.with_block(|text| text.replace("x-road-id:ID", "x-road-id:XX")));
    }),
    defect("a log that fails then", Reached::Sent, "logging_failed", |f, _| {
        let store = f.id.store.clone();
        f.road.next_changed(move |said| {
            store.break_next(Step::Append, How::Lost, 2);
            said.unchanged()
        });
    }),
];

fn only_by_tls(server: &mut ServerConf) {
    server.clients.values_mut().for_each(|client| client.connection = ConnectionType::Https);
}

impl Said {
    fn unchanged(self) -> simpul_exchange::ports::PeerReply {
        let body = octets([self.body.clone()]);
        self.with(body)
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }

    fn and(mut self, name: &str, value: &'static str) -> Self {
        let headers: Headers = vec![(name.to_owned(), value.into())];
        self.headers.extend(headers);
        self
    }

    /// The same answer with another text in its block, under the same seal.
    fn with_block(mut self, change: impl FnOnce(String) -> String) -> simpul_exchange::ports::PeerReply {
        let mut message = forge::Message::read(self.content_type(), Direction::Response, &self.body);
        let text = String::from_utf8(message.block.unwrap().to_vec()).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed);
        message.block = Some(changed.into());
        let (content_type, body) = forge::stream(&message, Direction::Response);
        self.headers.retain(|(name, _)| name != "content-type");
        self.headers.push(("content-type".to_owned(), content_type.into()));
        self.with(body)
    }
}

/// Spoils a sound call with these defects, the last one first, and sees what comes of it.
async fn check(expected: &Defect, defects: &[Defect]) {
    let Defect { name, code, reached, logged, .. } = expected;
    let federation = Federation::new().await;
    // No body: what the answer's seal covers is then its block alone.
    federation.register.next(|| Ok(crate::federation::register::reply(204, "No Content", None)));
    let mut call = with_body(call("POST", "persons", CLIENT), octets(["a body"]));
    defects.iter().rev().for_each(|defect| (defect.spoil)(&federation, &mut call));
    let answer = federation.relay(call).await;
    let expected = format!("server.clientproxy.{code}");
    assert_eq!((answer.status, answer.error()), (500, Some(expected.as_str())), "{name}");
    assert_eq!(federation.reached(), *reached, "{name}");
    assert_eq!(federation.id.records().await.len(), *logged, "{name}");
    assert_eq!(federation.id.spool.entries(), 0, "{name}: nothing is left in the spool");
}

impl Federation {
    fn reached(&self) -> Reached {
        match (self.road.opened().is_empty(), self.road.sent().has_seal()) {
            (true, _) => Reached::Nowhere,
            (false, false) => Reached::Opened,
            (false, true) => Reached::Sent,
        }
    }
}

#[tokio::test]
async fn each_defect_alone_has_its_code() {
    for defect in DEFECTS {
        check(defect, std::slice::from_ref(defect)).await;
    }
}

#[tokio::test]
async fn the_first_defect_of_many_shows() {
    for (n, defect) in DEFECTS.iter().enumerate() {
        check(defect, &DEFECTS[n..]).await;
    }
}

#[tokio::test]
async fn without_a_defect_the_call_is_answered() {
    let federation = Federation::new().await;
    assert_eq!(federation.relay(post("", "a body")).await.status, 200);
    assert_eq!(federation.reached(), Reached::Sent);
    assert_eq!(federation.road.opened(), [[MY_ADDRESS]]);
    assert_eq!(federation.id.ocsp.asked(), [MY_ADDRESS], "wire.md §3.1: the peer's OCSP responses are asked for");
}
