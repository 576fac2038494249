//! Answers of peers that are not what they should be: nothing of them reaches the caller or the log.

use simpul_core::DigestAlgorithm;

use crate::federation::calls::{Reply, get, post};
use crate::federation::forge::{Impostor, Message};
use crate::federation::road::Obstacle;
use crate::federation::{CLIENT, Federation, NEIGHBOUR, PROVIDER};

/// What is done to an answer.
type Change = fn(&mut Message);

/// Makes a call that somebody else answers. Whatever comes of it, no refused answer leaves a trace.
async fn relay(impostor: Impostor) -> Reply {
    let federation = Federation::new().await;
    let stranger = impostor.stranger(&federation);
    federation.road.next(Obstacle::Stranger(stranger));
    let answer = federation.relay(post("/1", "the question")).await;
    assert_eq!(federation.register.calls().len(), 0);
    let logged = if answer.error().is_some() { 1 } else { 2 };
    assert_eq!(federation.logged().await, [logged, 0]);
    federation.audit().await;
    if answer.error().is_some() {
        assert_eq!(answer.status, 500);
        assert!(!answer.text().contains("the payload"), "nothing of it reaches the caller");
        assert_eq!(federation.id.spool.entries(), 0);
    }
    answer
}

#[tokio::test]
async fn an_impostor_that_makes_no_mistake_is_the_provider() {
    let answer = relay(Impostor::SOUND).await;
    assert_eq!((answer.status, answer.text()), (200, "the payload"));
}

/// wire.md §2.4.4: each field by which an answer belongs to its request, all of them under a seal that holds.
#[tokio::test]
async fn an_answer_to_another_request_is_refused() {
    let table: [(Change, &str); 6] = [
        (|m| m.replace(&format!("x-road-client:{CLIENT}"), "x-road-client:ID/GOV/3201/payroll"), "another client"),
        (|m| m.replace("x-road-id:ID-", "x-road-id:ID_"), "another message id"),
        (|m| m.replace("/persons", "/births"), "another service"),
        (|m| m.replace("civil-registry", "Civil-Registry"), "another service"),
        (|m| m.replace("x-road-request-id:", "x-road-request-id:0"), "another request id"),
        (another_hash, "another hash"),
    ];
    for (before, field) in table {
        let answer = relay(Impostor { before, ..Impostor::SOUND }).await;
        assert_eq!(answer.error(), Some("server.clientproxy.inconsistent_response"), "{field}");
        assert!(answer.fault("message").contains(field), "{field}: {}", answer.fault("message"));
    }
}

/// The base64 of 64 octets that are no digest of anything here.
fn another_hash(answer: &mut Message) {
    use simpul_wire::rest::RestResponse;
    let head = RestResponse::decode(answer.block.clone().unwrap()).unwrap();
    let line = head.headers().iter().find(|h| h.name == "x-road-request-hash").unwrap().value.clone();
    let other = format!("{}==", "A".repeat(86));
    assert_eq!(line.len(), other.len());
    answer.replace(&line, &other);
}

/// An answer that names neither its client nor its service cannot match (wire.md §2.4.4).
#[tokio::test]
async fn an_answer_that_does_not_say_whom_it_answers_is_refused() {
    let table: [(Change, &str); 5] = [
        (|m| m.replace("x-road-client:", "x-other-client:"), "inconsistent_response"),
        (|m| m.replace("x-road-service:", "x-other-service:"), "inconsistent_response"),
        (|m| m.replace("x-road-request-id:", "x-other-request-id:"), "inconsistent_response"),
        (|m| m.replace("x-road-id:", "x-other-id:"), "service_failed.missing_header_field"),
        (|m| m.replace("x-road-request-hash:", "x-other-request-hash:"), "service_failed.missing_header_field"),
    ];
    for (before, code) in table {
        let answer = relay(Impostor { before, ..Impostor::SOUND }).await;
        assert_eq!(answer.error(), Some(format!("server.clientproxy.{code}").as_str()));
    }
}

/// wire.md §5.4, rule 4: the owner of the service seals, and nobody else, however good the certificate.
#[tokio::test]
async fn an_answer_sealed_by_another_member_is_refused() {
    for sealed_by in [NEIGHBOUR, CLIENT] {
        let answer = relay(Impostor { sealed_by, ..Impostor::SOUND }).await;
        let code = match sealed_by {
            NEIGHBOUR => "incorrect_certificate",
            // Its CA is not approved in the instance of the service.
            _ => "cannot_create_cert_path",
        };
        assert_eq!(answer.error(), Some(format!("server.clientproxy.signature_verification.{code}").as_str()));
    }
    // Who answers for an own service instead is found out by the service.
    let before: Change = |m| m.replace(PROVIDER, NEIGHBOUR);
    let answer = relay(Impostor { sealed_by: NEIGHBOUR, before, ..Impostor::SOUND }).await;
    assert_eq!(answer.error(), Some("server.clientproxy.inconsistent_response"));
}

/// wire.md §2.4.4: the signature first, then whether it answers the request.
#[tokio::test]
async fn the_seal_is_judged_before_the_fit() {
    let before: Change = |m| m.replace("x-road-id:ID-", "x-road-id:ID_");
    let answer = relay(Impostor { sealed_by: NEIGHBOUR, before, ..Impostor::SOUND }).await;
    assert_eq!(answer.error(), Some("server.clientproxy.signature_verification.incorrect_certificate"));
}

/// wire.md §5.2, §5.4.
#[tokio::test]
async fn a_tampered_answer_is_refused() {
    let chain = "malformed_signature.invalid_hash_chain";
    let table: [(&str, Change, &str); 8] = [
        ("another body", |m| m.body = Some("the payload?".into()), chain),
        ("a body of no octets", |m| m.body = Some("".into()), chain),
        ("another status", |m| m.replace("200\r\n", "201\r\n"), chain),
        ("another header", |m| m.replace("text/plain", "text/html"), chain),
        ("no body", |m| m.body = None, "malformed_signature.invalid_reference"),
        ("no hash chain", without_chain, "malformed_signature.invalid_reference"),
        ("another signature", |m| in_seal(m, "<ds:SignatureValue", 30), "invalid_signature_value"),
        ("no XML", |m| in_seal(m, "asic:", 0), "invalid_xml"),
    ];
    for (name, after, code) in table {
        let answer = relay(Impostor { after, ..Impostor::SOUND }).await;
        let expected = format!("server.clientproxy.signature_verification.{code}");
        assert_eq!(answer.error(), Some(expected.as_str()), "{name}");
    }
    // Without a body the signature refers to the block itself.
    let table: [(&str, Change, &str); 2] = [
        ("a header", |m| m.replace("text/plain", "text/html"), "invalid_signature_value"),
        ("a body", |m| m.body = Some("".into()), "malformed_signature"),
    ];
    for (name, after, code) in table {
        let answer = relay(Impostor { body: None, after, ..Impostor::SOUND }).await;
        let expected = format!("server.clientproxy.signature_verification.{code}");
        assert_eq!(answer.error(), Some(expected.as_str()), "{name}");
    }
}

fn without_chain(message: &mut Message) {
    let seal = message.seal.as_mut().unwrap();
    (seal.hash_chain, seal.hash_chain_result) = (None, None);
}

/// Changes one octet of the signature, so far behind a text.
fn in_seal(message: &mut Message, behind: &str, distance: usize) {
    let seal = message.seal.as_mut().unwrap();
    let mut octets = seal.signature.to_vec();
    let at = crate::federation::octets::find(&octets, behind).unwrap() + behind.len() + distance;
    octets[at] = if octets[at] == b'A' { b'B' } else { b'A' };
    seal.signature = octets.into();
}

/// wire.md §2.5: the digest that the answer names makes the outer hash; the block's is always SHA-512.
#[tokio::test]
async fn the_request_hash_is_made_with_the_digest_that_the_answer_names() {
    for digest in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
        assert_eq!(relay(Impostor { digest, ..Impostor::SOUND }).await.status, 200, "{digest:?}");
    }
    for digest in [DigestAlgorithm::Md5, DigestAlgorithm::Sha1] {
        let sound = Impostor { digest: DigestAlgorithm::Sha512, ..Impostor::SOUND };
        let federation = Federation::new().await;
        let stranger = sound.stranger(&federation);
        federation.road.next(Obstacle::Stranger(Box::new(move |call| {
            Box::pin(async move {
                let mut reply = stranger(call).await?;
                reply.headers.retain(|(name, _)| name != "x-hash-algorithm");
                reply.headers.push(("x-hash-algorithm".to_owned(), digest.name().into()));
                Ok(reply)
            })
        })));
        let answer = federation.relay(get("/1")).await;
        assert_eq!(answer.error(), Some("server.clientproxy.internal_error"), "{digest:?} proves nothing");
    }
}
