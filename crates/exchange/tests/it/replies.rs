//! What comes back from a peer in place of a whole answer: other statuses and types, faults in every place, and
//! answers that break off (wire.md §3.4).

use bytes::Bytes;
use simpul_core::{Code, Fault, FaultCode, Origin};
use simpul_exchange::ports::Headers;
use simpul_wire::soap;
use simpul_wire::transport::Direction;

use crate::federation::Federation;
use crate::federation::calls::{Reply, get, post};
use crate::federation::forge::{self, Message};
use crate::federation::octets::{cut, find, octets};
use crate::federation::register::ANSWER;

fn headers(content_type: Option<&str>) -> Headers {
    content_type.map(|t| ("content-type".to_owned(), Bytes::copy_from_slice(t.as_bytes()))).into_iter().collect()
}

/// Makes a call that gets this reply from the peer; such a reply is never logged.
async fn relay(status: u16, content_type: Option<&str>, body: impl Into<Bytes>) -> Reply {
    let federation = Federation::new().await;
    federation.road.next_answer(status, headers(content_type), octets([body.into()]));
    let answer = federation.relay(get("/1")).await;
    let [consumer, _] = federation.logged().await;
    assert!(consumer <= 1, "at most the request");
    assert_eq!(federation.id.spool.entries(), 0);
    federation.audit().await;
    answer
}

/// wire.md §3.4: 200 or 500, and a content type.
#[tokio::test]
async fn other_statuses_and_types_are_no_answers() {
    let multipart = "multipart/mixed; boundary=b";
    let table = [
        (201, Some(multipart), "http_error"),
        (302, Some(multipart), "http_error"),
        (404, Some("text/html"), "http_error"),
        (503, None, "http_error"),
        (200, None, "invalid_content_type"),
        (500, None, "invalid_content_type"),
        (200, Some("text/html"), "service_failed.invalid_content_type"),
        (200, Some("application/json"), "service_failed.invalid_content_type"),
        (200, Some("multipart/mixed"), "service_failed.invalid_content_type"),
        (200, Some(""), "service_failed.invalid_content_type"),
        (200, Some(multipart), "service_failed.mime_parsing_failed"),
        (500, Some(multipart), "service_failed.mime_parsing_failed"),
        (200, Some("text/xml"), "service_failed.invalid_soap"),
    ];
    for (status, content_type, code) in table {
        let answer = relay(status, content_type, "x").await;
        let expected = format!("server.clientproxy.{code}");
        assert_eq!((answer.status, answer.error()), (500, Some(&*expected)), "{status} {content_type:?}");
    }
}

/// wire.md §3.3: parts that cannot stand where they stand, and parts that are missing.
#[tokio::test]
async fn malformed_answers_are_refused_by_name() {
    let soap = r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>"#;
    let part = |kind: &str, content: &str| format!("--b\r\ncontent-type: {kind}\r\n\r\n{content}\r\n");
    let block = part("application/x-road-rest-response", "200\r\nOK\r\n");
    let table = [
        ("--b--\r\n".to_owned(), "missing_rest"),
        (part("application/x-road-rest-request", "GET\r\n") + "--b--", "missing_rest"),
        (part("application/ocsp-response", "") + "--b--", "service_failed.invalid_content_type"),
        (part("text/xml", soap) + "--b--", "service_failed.service_type"),
        (block + "--b--", "service_failed.missing_header_field"),
        (part("application/x-road-rest-response", "OK\r\n200\r\n") + "--b--", "service_failed.invalid_rest"),
    ];
    for (body, code) in table {
        let answer = relay(200, Some("multipart/mixed; boundary=b"), body.clone()).await;
        assert_eq!(answer.error(), Some(format!("server.clientproxy.{code}").as_str()), "{body}");
    }
    let answer = relay(200, Some("text/xml"), soap).await;
    assert_eq!(answer.error(), Some("server.clientproxy.service_failed.invalid_message"));
}

fn denied() -> Fault {
    Fault::provider(Code::AccessDenied, "no <right>").with_detail("their-trace")
}

/// wire.md §3.9: faults of the provider's server keep their code; here also text and detail.
fn is_theirs(answer: &Reply) {
    assert_eq!((answer.status, answer.error()), (500, Some("server.serverproxy.access_denied")));
    assert_eq!(answer.fault("message"), "no <right>");
    assert_eq!(answer.fault("detail"), "their-trace");
}

#[tokio::test]
async fn a_fault_before_the_message_is_passed_on() {
    for status in [200, 500] {
        for content_type in ["text/xml;charset=utf-8", "TEXT/XML"] {
            let fault = soap::fault::encode(&denied(), simpul_core::Dialect::V78);
            is_theirs(&relay(status, Some(content_type), fault).await);
        }
    }
}

/// In place of the block; behind the block in place of the seal; behind the body in place of the seal.
#[tokio::test]
async fn a_fault_inside_the_message_is_passed_on() {
    let federation = Federation::new().await;
    let request = federation.request("GET", "persons", None).await;
    let sound = forge::answer_to(&request, None, simpul_core::DigestAlgorithm::Sha512);
    let fault = Some(denied());
    let in_front = Message { fault: fault.clone(), ..Message::default() };
    let behind_the_block = Message { fault: fault.clone(), ..sound.clone() };
    let behind_the_body = Message { fault, body: Some("PAYLOAD".into()), ..sound };
    for message in [in_front, behind_the_block, behind_the_body] {
        let (content_type, parts) = message.write(Direction::Response);
        let body: Vec<u8> = parts.into_iter().flat_map(|(_, octets)| octets.to_vec()).collect();
        let answer = relay(200, Some(&content_type), body).await;
        is_theirs(&answer);
        assert!(!answer.text().contains("PAYLOAD"));
    }
}

/// wire.md §2.6, §3.9: the status follows the prefix, in this node's own spelling and case-sensitively.
#[tokio::test]
async fn the_status_of_a_passed_fault_follows_its_prefix() {
    let received = |code: &str| FaultCode::Received(code.to_owned());
    let table = [
        (received("server.serverproxy.unknown_service"), 500),
        (received("Server.ServerProxy.UnknownService"), 400),
        (received("client.invalid_soap"), 400),
        (FaultCode::own(Origin::Signer, [Code::InternalError]), 400),
        (received("something else"), 400),
    ];
    for (code, status) in table {
        let text = code.spell(simpul_core::Dialect::V78);
        let fault = soap::fault::encode(&Fault::new(code, "why"), simpul_core::Dialect::V78);
        let answer = relay(200, Some("text/xml"), fault).await;
        assert_eq!((answer.status, answer.fault("type")), (status, text));
    }
}

/// Where the octets of a sound answer are cut.
const CUTS: [(&str, &str); 6] = [
    ("before the first octet", "--xtop"),
    ("in the block", "x-road-client:"),
    ("behind the block", "application/x-road-rest-body"),
    ("in the body", "Siti"),
    ("before the seal", "application/hash-chain-result"),
    ("in the seal", "<ds:SignatureValue"),
];

/// A connection that breaks, and one that ends as if all were said.
#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer_wherever_it_breaks() {
    for (name, marker) in CUTS {
        for clean in [false, true] {
            let federation = Federation::new().await;
            federation.road.next_changed(move |said| {
                let end = find(&said.body, marker).unwrap();
                let part = [said.body.slice(..end)];
                let body = if clean { octets(part) } else { cut(part) };
                said.with(body)
            });
            let answer = federation.relay(post("/1", "a body")).await;
            let code = if clean { "mime_parsing_failed" } else { "io_error" };
            let expected = format!("server.clientproxy.service_failed.{code}");
            assert_eq!((answer.status, answer.error()), (500, Some(expected.as_str())), "{name}, clean: {clean}");
            assert!(!answer.text().contains("Siti"), "{name}");
            // The provider has done its part and knows nothing of the cut.
            assert_eq!(federation.logged().await, [1, 2], "{name}");
            assert_eq!(federation.id.spool.entries(), 0, "{name}");
            federation.audit().await;
        }
    }
}

/// A sound answer stays sound however its octets arrive.
#[tokio::test]
async fn an_answer_in_single_octets_is_the_same_answer() {
    let federation = Federation::new().await;
    federation.road.next_changed(|said| {
        let single: Vec<_> = (0..said.body.len()).map(|n| said.body.slice(n..=n)).collect();
        said.with(octets(single))
    });
    let answer = federation.relay(get("/1")).await;
    assert_eq!((answer.status, answer.text()), (200, ANSWER));
}
