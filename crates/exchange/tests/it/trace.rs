//! One trace id ties the fault that a caller sees to the whole cause in the operator's log; payloads, header values and
//! queries are in neither.

use std::time::Duration;

use bytes::Bytes;
use simpul_core::{Code, Dialect, Fault};
use simpul_ledger::contract::{How, Step};
use simpul_wire::soap;

use crate::federation::authority::chain;
use crate::federation::calls::{Reply, call, get, raw, with_body, with_header};
use crate::federation::forge::Sent;
use crate::federation::journal::Journal;
use crate::federation::octets::{cut, octets};
use crate::federation::register::reply;
use crate::federation::road::{self, Obstacle};
use crate::federation::verdict::Verdict;
use crate::federation::{CLIENT, Federation, PROVIDER, STRANGER};

/// What is done to an exchange, the code of the fault, and what the log says of its cause from the outside inwards.
type Row = (fn(&Federation), &'static str, &'static [&'static str]);

#[tokio::test]
async fn a_refused_call_is_in_the_log_with_its_whole_cause() {
    let table: [Row; 4] = [
        (
            |f| f.clock.advance(Duration::from_secs(3600)),
            "server.clientproxy.global_conf_outdated",
            &["the global configuration cannot be used", "ID expired at 2026-11-21T11:00:00.000Z"],
        ),
        (
            |f| f.id.store.break_next(Step::Append, How::Lost, 2),
            "server.clientproxy.logging_failed",
            &["the message log failed", "could not be made durable", "is not available: a planned fault", "planned"],
        ),
        (
            |f| f.road.peer_presents(chain(&f.auth[2])),
            "server.clientproxy.ssl_authentication_failed",
            &["the provider's security server is not acceptable", "is not registered at security server"],
        ),
        (
            |f| f.road.next(Obstacle::Closed(road::unreachable)),
            "server.clientproxy.network_error",
            &["the provider's security server cannot be used", "my.lab.example:5500", "connection refused"],
        ),
    ];
    for (spoil, code, causes) in table {
        let federation = Federation::new().await;
        spoil(&federation);
        let journal = Journal::json();
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), Some(code));
        let [refusal] = journal.refusals("consumer").try_into().unwrap();
        assert_eq!(answer.fault("detail"), refusal.trace);
        assert_eq!(refusal.code, code);
        assert_eq!(refusal.detail, None, "it is this node's own");
        in_order(&refusal.cause, causes);
    }
}

/// Each text stands in the cause, behind the one before it.
fn in_order(cause: &str, texts: &[&str]) {
    let mut rest = cause;
    for text in texts {
        let at = rest.find(text).unwrap_or_else(|| panic!("`{text}` in `{cause}`"));
        rest = &rest[at + text.len()..];
    }
}

/// The provider's faults before its answer and inside of it; both logs name what the caller sees.
#[tokio::test]
async fn a_refused_message_is_in_both_logs() {
    let table: [Row; 4] = [
        (
            |f| f.register.next(|| Err(road::unreachable())),
            "server.serverproxy.network_error",
            &["the service cannot be used", "my.lab.example:5500", "connection refused"],
        ),
        (
            |f| f.register.next_body(cut(["half"])),
            "server.serverproxy.io_error",
            &["the service's answer did not arrive whole", "the connection broke", "connection reset"],
        ),
        (
            |f| f.my.store.break_next(Step::Append, How::Halt, 1),
            "server.serverproxy.logging_failed",
            &["the message log failed", "has stopped", "planned"],
        ),
        (
            |f| f.my.server.change(|s| s.access = simpul_policy::AccessRights::default()),
            "server.serverproxy.access_denied",
            &["Request is not allowed", CLIENT, "has no right to GET"],
        ),
    ];
    for (spoil, code, causes) in table {
        let federation = Federation::new().await;
        spoil(&federation);
        let journal = Journal::json();
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), Some(code));
        let [theirs] = journal.refusals("provider").try_into().unwrap();
        assert_eq!((answer.fault("detail"), theirs.code.as_str()), (theirs.trace.clone(), code));
        assert_eq!(theirs.detail, None);
        in_order(&theirs.cause, causes);
        let [ours] = journal.refusals("consumer").try_into().unwrap();
        assert_ne!(ours.trace, theirs.trace, "each node has its own");
        assert_eq!(ours.detail, Some(theirs.trace), "the caller's detail is found in this log too");
        in_order(&ours.cause, &["answered with a fault", code]);
    }
}

/// A message that is refused directly, as a peer of another make sends it.
#[tokio::test]
async fn the_detail_of_a_fault_is_the_trace_of_its_line() {
    let federation = Federation::new().await;
    let journal = Journal::json();
    let mut message = federation.request("POST", "persons", Some("a body")).await;
    message.body = Some("another body".into());
    for _ in 0..2 {
        let (call, _) = Sent::new(&federation, &message).call();
        let Verdict::Refused(code, detail) = federation.judge(call).await else { panic!("a fault") };
        let last = journal.refusals("provider").pop().unwrap();
        assert_eq!((detail, code), (last.trace, last.code));
        in_order(&last.cause, &["the seal of the request does not hold", "hash chain"]);
    }
    let traces: Vec<_> = journal.refusals("provider").into_iter().map(|r| r.trace).collect();
    assert!(traces.len() == 2 && traces[0] != traces[1], "each message has its own: {traces:?}");
}

/// An exchange that ends well is nothing to warn of.
#[tokio::test]
async fn a_good_exchange_makes_no_noise() {
    let federation = Federation::new().await;
    let journal = Journal::json();
    assert_eq!(federation.relay(get("/1")).await.status, 200);
    assert!(!journal.text().contains("WARN") && !journal.text().contains("ERROR"), "{}", journal.text());
}

/// What a peer says stays on one line, whatever it is made of: nobody writes lines into another's log.
#[tokio::test]
async fn a_peer_cannot_forge_a_line() {
    let federation = Federation::new().await;
    let journal = Journal::plain();
    let forged = "gone\n2026-11-21T10:00:00.000000Z ERROR simpul: forged\r\n\u{1b}[2J";
    let fault = Fault::provider(Code::IoError, forged).with_detail(forged);
    let content_type = vec![("content-type".to_owned(), Bytes::from_static(b"text/xml"))];
    // XML takes no escape characters; a part of it is enough.
    let body = soap::fault::encode(&fault, Dialect::V78);
    let body = String::from_utf8(body).unwrap().replace(['\r', '\u{1b}'], " ");
    federation.road.next_answer(200, content_type, octets([body]));
    let answer = federation.relay(get("/1")).await;
    assert_eq!(answer.error(), Some("server.serverproxy.io_error"));
    let text = journal.text();
    assert!(text.contains("exchange refused"));
    assert!(!text.lines().any(|line| line.starts_with("2026-11-21T10:00:00.000000Z ERROR")), "{text}");
    let mut message = federation.request("GET", "persons", None).await;
    (message.block, message.seal) = (None, None);
    message.fault = Some(Fault::provider(Code::IoError, forged.replace(['\r', '\u{1b}'], " ")));
    let (call, _) = Sent::new(&federation, &message).call();
    assert!(federation.judge(call).await.code().is_some());
    let text = journal.text();
    assert!(!text.lines().any(|line| line.starts_with("2026-11-21T10:00:00.000000Z ERROR")), "{text}");
}

/// What a peer says takes a bounded place in the log, however long it is; the caller gets all of it.
#[tokio::test]
async fn a_long_fault_is_cut_in_the_log_only() {
    let federation = Federation::new().await;
    let journal = Journal::json();
    let (long, end) = ("x".repeat(20_000), "\u{85}the end");
    let fault = Fault::provider(Code::IoError, format!("a\u{85}{long}{end}")).with_detail(long.clone());
    let content_type = vec![("content-type".to_owned(), Bytes::from_static(b"text/xml"))];
    federation.road.next_answer(200, content_type, octets([soap::fault::encode(&fault, Dialect::V78)]));
    let answer = federation.relay(get("/1")).await;
    assert_eq!(answer.error(), Some("server.serverproxy.io_error"));
    assert!(answer.fault("message").ends_with("the end"));
    let [refusal] = journal.refusals("consumer").try_into().unwrap();
    assert!(refusal.cause.chars().count() < 600 && refusal.detail.unwrap().chars().count() < 600, "{}", refusal.cause);
    assert!(refusal.cause.contains("\\u{85}xxx") && !refusal.cause.contains('\u{85}'), "{}", refusal.cause);
    let mut message = federation.request("GET", "persons", None).await;
    (message.block, message.seal, message.fault) = (None, None, Some(fault));
    let (call, _) = Sent::new(&federation, &message).call();
    assert!(federation.judge(call).await.code().is_some());
    assert!(journal.text().lines().all(|line| line.len() < 4096), "{}", journal.text());
}

const SECRET: &str = "S3CRET";

/// A call that carries the secret in its body, in a header, in its path and in its query.
fn secretive(service: &str, client: &str) -> simpul_exchange::call::ConsumerCall {
    let asked = call("POST", &format!("{service}/{SECRET}?number={SECRET}"), client);
    let asked = with_header(asked, "Authorization", "Bearer S3CRET");
    with_body(asked, octets([r#"{"number":"S3CRET"}"#]))
}

/// Each way in which an exchange may end, with a secret in everything that is not for the log.
#[tokio::test]
async fn neither_log_nor_fault_has_payload_headers_path_or_query() {
    let spoils: [fn(&Federation); 13] = [
        |_| {},
        |f| f.id.conf.set(None),
        |f| f.road.next(Obstacle::Closed(road::unreachable)),
        |f| f.road.peer_presents(Vec::new()),
        |f| f.id.store.break_next(Step::Append, How::Lost, 2),
        |f| f.my.store.break_next(Step::Append, How::Lost, 2),
        |f| f.my.keys.remove(&crate::federation::authority::member(PROVIDER)),
        |f| f.my.server.change(|s| s.access = simpul_policy::AccessRights::default()),
        |f| f.my.server.change(|s| s.services.values_mut().for_each(|s| s.disabled = Some("closed".to_owned()))),
        |f| f.my.server.change(|s| s.services.clear()),
        |f| f.register.next(|| Err(road::no_http())),
        |f| f.register.next_body(cut([SECRET])),
        |f| {
            f.road.next_changed(|said| {
                let half = said.body.slice(..said.body.len() / 2);
                said.with(octets([half]))
            });
        },
    ];
    for spoil in spoils {
        let federation = Federation::new().await;
        let journal = Journal::json();
        federation.register.next(|| {
            let mut answer = reply(200, SECRET, Some(octets([SECRET])));
            answer.headers.push(("Set-Cookie".to_owned(), Bytes::from_static(SECRET.as_bytes())));
            Ok(answer)
        });
        spoil(&federation);
        let answer = federation.relay(secretive("persons", CLIENT)).await;
        silent(&journal, &answer);
    }
}

fn silent(journal: &Journal, answer: &Reply) {
    let text = journal.text();
    assert!(!text.contains(SECRET), "{text}");
    assert!(answer.error().is_none() || !answer.text().contains(SECRET), "{}", answer.text());
}

/// The same for what cannot even be read. Identifiers of the protocol are the exception: the operator sees the one
/// that is none, the caller is not told what it said itself.
#[tokio::test]
async fn malformed_secrets_are_secrets_too() {
    let federation = Federation::new().await;
    let journal = Journal::json();
    let service = format!("/r1/{PROVIDER}/persons");
    let client = ("X-Road-Client", CLIENT);
    let calls = [
        secretive("persons", STRANGER),
        with_header(get("/1"), "X-Number", "S3CRET\u{7}"),
        raw("GET", &format!("{service}?number=S3CRET%zz"), &[client]),
        raw("GET", &format!("{service}?number=S3CRET|"), &[client]),
    ];
    for call in calls {
        let answer = federation.relay(call).await;
        assert!(answer.error().is_some(), "{answer:?}");
        silent(&journal, &answer);
    }
    for name in ["X-Road-Represented-Party", "X-Road-Client", "X-Road-Security-Server"] {
        let mut asked = raw("GET", &service, &[(name, "S3CRET/a/b/c/d")]);
        if name != "X-Road-Client" {
            asked = with_header(asked, "X-Road-Client", CLIENT);
        }
        let answer = federation.relay(asked).await;
        assert!(answer.error().is_some() && !answer.text().contains(SECRET), "{answer:?}");
        assert!(journal.refusals("consumer").pop().unwrap().cause.contains(SECRET), "{name}");
    }
}
