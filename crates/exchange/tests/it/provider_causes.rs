//! Each cause for which the provider's server refuses a message, beyond the one that stands for it in the order.

use std::time::Duration;

use bytes::Bytes;
use simpul_core::{Code, Fault};
use simpul_exchange::ports::LinkError;

use crate::federation::authority::{chain, member};
use crate::federation::calls::get;
use crate::federation::forge::{Message, Part, Sent};
use crate::federation::road::{self, Failure};
use crate::federation::spool::SpoolStep;
use crate::federation::{CLIENT, Federation, NEIGHBOUR, NOW, PROVIDER};

const SSL: &str = "server.serverproxy.service_failed.ssl_authentication_failed";

/// Spoils a sound message, and gives the code that comes of it; none if it is answered all the same.
async fn code(spoil: impl FnOnce(&Federation, &mut Sent)) -> Option<String> {
    let federation = Federation::new().await;
    let message = federation.request("POST", "persons", Some("a body")).await;
    let mut sent = Sent::new(&federation, &message);
    spoil(&federation, &mut sent);
    let (call, _) = sent.call();
    let verdict = federation.judge(call).await;
    assert_eq!(verdict.is_sealed(), verdict.code().is_none());
    assert_eq!(federation.register.calls().len(), usize::from(verdict.is_sealed()));
    assert_eq!(federation.my.spool.entries(), 0);
    verdict.code()
}

/// What is wrong with a certificate, and how it came about.
type Flaw = (&'static str, fn(&Federation, &mut Message) -> Vec<simpul_trust::cert::Certificate>);

/// wire.md §3.5: use, path, OCSP responses, registration for the client.
const FLAWS: [Flaw; 7] = [
    ("no certificate", |_, _| Vec::new()),
    ("a signing certificate", |f, m| {
        let chain = chain(&f.id.keys.of(&member(CLIENT)));
        m.ocsp = f.id.ocsp.responses(&chain, NOW).unwrap();
        chain
    }),
    ("a certificate that no server registered", |f, m| {
        let chain = chain(&f.authorities[0].auth_key(&"ID/GOV/3201/ss1".parse().unwrap()));
        m.ocsp = f.id.ocsp.responses(&chain, NOW).unwrap();
        chain
    }),
    ("a revoked certificate", |f, m| {
        f.authorities[0].revoke(&f.id_chain()[0]);
        m.ocsp = f.id.ocsp.responses(&f.id_chain(), NOW).unwrap();
        f.id_chain()
    }),
    ("an OCSP response that is too old", |f, m| {
        // wire.md §3.8: one second older than ocspFreshnessSeconds.
        m.ocsp = f.id.ocsp.responses(&f.id_chain(), NOW.minus(Duration::from_secs(3601))).unwrap();
        f.id_chain()
    }),
    ("the OCSP response of another certificate", |f, m| {
        m.ocsp = f.id.ocsp.responses(&chain(&f.id.keys.of(&member(CLIENT))), NOW).unwrap();
        f.id_chain()
    }),
    ("an OCSP response that is none", |f, m| {
        m.ocsp = vec![Bytes::from_static(b"good")];
        f.id_chain()
    }),
];

#[tokio::test]
async fn a_peer_with_a_flawed_certificate_makes_no_body_read() {
    for (name, flaw) in FLAWS {
        let federation = Federation::new().await;
        let mut message = federation.request("POST", "persons", Some("a body")).await;
        let chain = flaw(&federation, &mut message);
        let mut sent = Sent::new(&federation, &message);
        sent.chain = chain;
        let (call, progress) = sent.call();
        assert_eq!(federation.judge(call).await.code().as_deref(), Some(SSL), "{name}");
        assert_eq!(progress.far(), Part::Block, "{name}");
        assert_eq!(federation.register.calls().len(), 0, "{name}");
    }
}

/// wire.md §3.5: on this side the anchor is the CA that issued the last certificate presented, so what stands between
/// it and the leaf needs its OCSP response too.
#[tokio::test]
async fn each_certificate_that_is_presented_needs_its_ocsp_response() {
    let federation = Federation::new().await;
    let mut message = federation.request("GET", "persons", None).await;
    // A client of the own instance, whose server has an intermediate above its certificate; it has no right.
    message.replace(CLIENT, NEIGHBOUR);
    federation.seal(&mut message, NEIGHBOUR).await;
    let chain = chain(&federation.auth[2]);
    let responses = federation.my.ocsp.responses(&chain, NOW).unwrap();
    assert_eq!((chain.len(), responses.len()), (2, 2));
    for (ocsp, code) in [(&responses[..], "server.serverproxy.access_denied"), (&responses[..1], SSL)] {
        message.ocsp = ocsp.to_vec();
        let mut sent = Sent::new(&federation, &message);
        sent.chain.clone_from(&chain);
        let (call, _) = sent.call();
        assert_eq!(federation.judge(call).await.code().as_deref(), Some(code));
    }
}

/// wire.md §3.8, §3.10: without a key, or a response for its certificate, no answer could leave: nothing is asked.
#[tokio::test]
async fn a_service_whose_answer_could_not_be_sealed_is_not_asked() {
    for lose_key in [false, true] {
        let code = code(|federation, _| {
            let keys = &federation.my.keys;
            match lose_key {
                true => keys.remove(&member(PROVIDER)),
                false => federation.my.ocsp.lose(&chain(&keys.of(&member(PROVIDER)))[0]),
            }
        });
        assert_eq!(code.await.as_deref(), Some("server.serverproxy.service_failed.cannot_create_signature"));
    }
}

/// wire.md §3.2: lower is refused, what is no version is an error; without a minimum nothing is asked.
#[tokio::test]
async fn versions_are_compared_with_the_minimum() {
    let old = Some("server.serverproxy.client_proxy_version_not_supported");
    let unreadable = Some("server.serverproxy.internal_error");
    let table = [
        (Some((7, 6, 0)), Some("7.6.0"), None),
        (Some((7, 6, 0)), Some("7.10.0-20260101"), None),
        (Some((7, 6, 0)), Some("7.5.99"), old),
        (Some((7, 6, 0)), Some("6.26.0"), old),
        (Some((7, 6, 0)), Some("seven"), unreadable),
        (Some((7, 6, 0)), None, unreadable),
        (None, Some("seven"), None),
        (None, None, None),
    ];
    for (minimum, version, expected) in table {
        let found = code(|federation, sent| {
            federation.my.server.change(|s| s.minimum_client_version = minimum);
            sent.header("x-proxy-version", version);
        });
        assert_eq!(found.await.as_deref(), expected, "{minimum:?} {version:?}");
    }
}

/// wire.md §3.2: names without regard to case; what is broken proves nothing (I4).
#[tokio::test]
async fn hash_algorithms_are_known_and_strong() {
    let refused = Some("server.serverproxy.internal_error");
    let table = [
        (Some("SHA-512"), None),
        (Some("sha-384"), None),
        (Some("SHA-256"), None),
        (Some("SHA-1"), refused),
        (Some("MD5"), refused),
        (Some("SHA512"), refused),
        (Some(""), refused),
        (None, refused),
    ];
    for (name, expected) in table {
        let found = code(|_, sent| sent.header("x-hash-algorithm", name)).await;
        assert_eq!(found.as_deref(), expected, "{name:?}");
    }
}

const BOUNDARY: &str = "multipart/mixed; boundary=b";

fn part(kind: &str, content: &str) -> String {
    format!("--b\r\ncontent-type: {kind}\r\n\r\n{content}\r\n")
}

/// wire.md §3.3, §3.9: what is no message of the protocol.
#[tokio::test]
async fn what_is_no_message_is_refused_by_name() {
    let soap = r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>"#;
    let table = [
        (BOUNDARY, String::new(), "service_failed.mime_parsing_failed"),
        (BOUNDARY, "--b--\r\n".to_owned(), "missing_rest"),
        (BOUNDARY, part("application/x-road-rest-response", "200\r\n"), "missing_rest"),
        (BOUNDARY, part("text/xml", soap) + "--b--\r\n", "service_failed.service_type"),
        (BOUNDARY, part("application/octet-stream", ""), "service_failed.invalid_content_type"),
        (
            BOUNDARY,
            part("application/x-road-rest-request", "GET\r\n/r1/MY\r\n") + "--b",
            "service_failed.internal_error",
        ),
        (BOUNDARY, part("application/x-road-rest-request", "GET") + "--b", "service_failed.invalid_rest"),
        ("multipart/mixed", "--b--\r\n".to_owned(), "service_failed.invalid_content_type"),
        ("text/xml", soap.to_owned(), "service_failed.invalid_content_type"),
        ("", String::new(), "service_failed.invalid_content_type"),
    ];
    for (content_type, octets, expected) in table {
        let found = code(|_, sent| {
            sent.header("content-type", Some(content_type));
            sent.parts = vec![(Part::Block, octets.clone().into())];
        });
        let expected = format!("server.serverproxy.{expected}");
        assert_eq!(found.await, Some(expected), "{content_type} {octets}");
    }
}

/// wire.md §3.5: a REST message may name another server; the provider's side does not look.
#[tokio::test]
async fn the_server_that_a_request_names_is_for_the_consumer() {
    let federation = Federation::new().await;
    let mut message = federation.request("GET", "persons", None).await;
    message.replace("Accept:*/*", "X-Road-Security-Server:MY/GOV/1002/ss2");
    federation.seal(&mut message, CLIENT).await;
    let (call, _) = Sent::new(&federation, &message).call();
    assert!(federation.judge(call).await.is_sealed());
}

#[tokio::test]
async fn a_message_that_goes_on_behind_its_end_is_refused() {
    for more in ["\r\nmore", "--xtop"] {
        let found = code(|_, sent| sent.parts.push((Part::End, Bytes::from_static(more.as_bytes()))));
        assert_eq!(found.await.as_deref(), Some("server.serverproxy.service_failed.invalid_message"), "{more}");
    }
}

/// A message that ends without an error, but before its end, at every octet of its last part.
#[tokio::test]
async fn a_message_that_ends_early_is_refused_wherever_it_ends() {
    let federation = Federation::new().await;
    let message = federation.request("POST", "persons", Some("a body")).await;
    let mut whole = Sent::new(&federation, &message);
    let (_, seal) = whole.parts.pop().unwrap();
    // The last line end stands behind the closing delimiter.
    for length in (0..seal.len() - 2).step_by(97).chain(seal.len() - 40..seal.len() - 2) {
        let mut sent = Sent::new(&federation, &message);
        sent.parts.pop();
        sent.parts.push((Part::Seal, seal.slice(..length)));
        let (call, _) = sent.call();
        let code = federation.judge(call).await.code();
        assert_eq!(code.as_deref(), Some("server.serverproxy.service_failed.mime_parsing_failed"), "{length}");
    }
    assert_eq!((federation.register.calls().len(), federation.my.records().await.len()), (0, 0));
    assert_eq!(federation.my.spool.entries(), 0);
}

/// A peer that gives up says so in place of the request: what it has not sent is missing.
#[tokio::test]
async fn a_fault_in_place_of_a_part_leaves_the_part_missing() {
    let federation = Federation::new().await;
    let fault = Fault::consumer(Code::IoError, "gave up").with_detail("theirs");
    let sound = federation.request("POST", "persons", Some("a body")).await;
    let in_front = Message { fault: Some(fault.clone()), ..Message::default() };
    let behind = Message { fault: Some(fault), seal: None, ..sound };
    for (message, code) in [(in_front, "missing_rest"), (behind, "missing_signature")] {
        let (call, _) = Sent::new(&federation, &message).call();
        assert_eq!(federation.judge(call).await.code(), Some(format!("server.serverproxy.{code}")));
    }
    assert_eq!((federation.register.calls().len(), federation.my.records().await.len()), (0, 0));
}

#[tokio::test]
async fn a_spool_that_fails_ends_the_exchange_and_keeps_nothing() {
    for step in [SpoolStep::Create, SpoolStep::Write, SpoolStep::Finish] {
        let found = code(|federation, _| federation.my.spool.breaks_at(step)).await;
        assert_eq!(found.as_deref(), Some("server.serverproxy.io_error"), "{step:?}");
    }
}

/// wire.md §3.9, "Exception to code mapping". The provider's inner network stays its own affair.
#[tokio::test]
async fn a_service_that_cannot_be_asked_has_the_code_of_the_reason() {
    let bad_url = || LinkError::BadUrl("htp://my.lab.example".to_owned());
    let table: [(Failure, &str); 6] = [
        (road::unreachable, "network_error"),
        (road::too_slow, "io_error"),
        (road::unknown_host, "unknown_host"),
        (road::no_handshake, "ssl_authentication_failed"),
        (road::no_http, "io_error"),
        (bad_url, "service_malformed_url"),
    ];
    for (error, expected) in table {
        let federation = Federation::new().await;
        federation.register.next(move || Err(error()));
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), Some(format!("server.serverproxy.{expected}").as_str()));
        assert!(!answer.text().contains("my.lab.example"), "{}", answer.text());
        assert_eq!(federation.logged().await, [1, 1], "the request stands in both logs, no response in either");
        federation.audit().await;
    }
}

/// The fault of an answer that breaks off stands in the place of its seal, whatever came before.
#[tokio::test]
async fn an_answer_that_breaks_off_has_a_fault_in_place_of_its_seal() {
    for chunks in [vec![], vec!["half"]] {
        let federation = Federation::new().await;
        let body = crate::federation::octets::cut(chunks);
        federation.register.next_body(body);
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), Some("server.serverproxy.io_error"));
        assert!(!answer.text().contains("half"));
        assert_eq!(federation.logged().await, [1, 1]);
        assert_eq!(federation.id.spool.entries(), 0);
    }
}
