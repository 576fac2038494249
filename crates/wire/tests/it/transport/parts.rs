//! The parts of a message: their octets and their order.

use simpul_core::limits;
use simpul_wire::transport::Encoder;

use super::*;

/// §3.3: the octets of a whole message.
#[test]
fn s3_3_encoded_bytes() {
    let mut encoder = Encoder::new(std::array::from_fn(|i| u8::try_from(i).unwrap() * 2));
    let boundary = "xtopacegikmoqsuwyACEGIKMOQSUWYaceg";
    assert_eq!(encoder.content_type(), format!("multipart/mixed; charset=UTF-8; boundary={boundary}"));
    let mut sent = encoder.ocsp(b"DER").to_vec();
    sent.extend(encoder.rest_request(b"GET\r\n"));
    sent.extend(encoder.body_start());
    sent.extend(b"{}");
    sent.extend(encoder.seal(&seal("S", Some(("R", "C")))));
    let expected = format!(
        concat!(
            "--{b}\r\ncontent-type: application/ocsp-response\r\n\r\nDER",
            "\r\n--{b}\r\ncontent-type: application/x-road-rest-request\r\n\r\nGET\r\n",
            "\r\n--{b}\r\ncontent-type: application/x-road-rest-body\r\n\r\n{{}}",
            "\r\n--{b}\r\ncontent-type: application/hash-chain-result\r\n\r\nR",
            "\r\n--{b}\r\ncontent-type: application/hash-chain\r\n\r\nC",
            "\r\n--{b}\r\ncontent-type: signature/bdoc-1.0/ts\r\n\r\nS",
            "\r\n--{b}--\r\n",
        ),
        b = boundary
    );
    assert_eq!(String::from_utf8(sent).unwrap(), expected);
    let mut encoder = Encoder::new([255; 30]);
    let fault = encoder.fault(&Fault::provider(Code::AccessDenied, "no").with_detail("d"), Dialect::V78);
    let boundary = format!("xtop{}", "V".repeat(30));
    let expected = format!("--{boundary}\r\ncontent-type: {FAULT}\r\n\r\n{}\r\n--{boundary}--\r\n", fault_xml());
    assert_eq!(String::from_utf8(fault.to_vec()).unwrap(), expected);
}

/// §3.3: every order of parts that a REST message may have.
#[test]
fn s3_3_orders_that_are_read() {
    let ocsp = || Event::Ocsp(bytes("DER"));
    let rest = || Event::Rest(bytes("block\r\n"));
    let with_body = |body: &str| {
        let mut events = vec![rest(), Event::BodyStart, Event::Body(bytes(body)), Event::BodyEnd];
        events.retain(|e| !matches!(e, Event::Body(b) if b.is_empty()));
        events
    };
    let sealed = |mut events: Vec<Event>, seal| {
        events.extend([Event::Seal(seal), Event::End]);
        events
    };
    let chain = Some(("R", "C"));
    type Case<'a> = (&'a str, Vec<(&'a str, &'a str)>, Vec<Event>);
    let fault = fault_xml();
    let cases: Vec<Case<'_>> = vec![
        ("no OCSP", vec![(REQUEST, "block\r\n"), (SIGNATURE, "S")], sealed(vec![rest()], seal("S", None))),
        (
            "OCSP",
            vec![(OCSP, "DER"), (OCSP, "DER"), (REQUEST, "block\r\n"), (SIGNATURE, "S")],
            sealed(vec![ocsp(), ocsp(), rest()], seal("S", None)),
        ),
        (
            "chain without body",
            vec![(REQUEST, "block\r\n"), (RESULT, "R"), (CHAIN, "C"), (SIGNATURE, "S")],
            sealed(vec![rest()], seal("S", chain)),
        ),
        (
            "body and chain",
            vec![(REQUEST, "block\r\n"), (BODY, "b\r\n\r\n"), (RESULT, "R"), (CHAIN, "C"), (SIGNATURE, "S")],
            sealed(with_body("b\r\n\r\n"), seal("S", chain)),
        ),
        (
            "body without chain (§5.1: direct references)",
            vec![(REQUEST, "block\r\n"), (BODY, "b"), (SIGNATURE, "S")],
            sealed(with_body("b"), seal("S", None)),
        ),
        (
            "body of no octets",
            vec![(REQUEST, "block\r\n"), (BODY, ""), (SIGNATURE, "S")],
            sealed(with_body(""), seal("S", None)),
        ),
        (
            "types in any case, with parameters",
            vec![("Application/X-Road-REST-Request; a=b", "block\r\n"), ("SIGNATURE/bdoc-1.0/TS", "S")],
            sealed(vec![rest()], seal("S", None)),
        ),
        ("fault for message", vec![(FAULT, &fault)], vec![read_fault(), Event::End]),
        ("fault after OCSP", vec![(OCSP, "DER"), (FAULT, &fault)], vec![ocsp(), read_fault(), Event::End]),
        (
            "fault with a signature, which means nothing",
            vec![(FAULT, &fault), (RESULT, "R"), (CHAIN, "C"), (SIGNATURE, "S")],
            vec![read_fault(), Event::End],
        ),
        (
            "fault for signature",
            vec![(REQUEST, "block\r\n"), (BODY, "b"), (FAULT, &fault)],
            [with_body("b"), vec![read_fault(), Event::End]].concat(),
        ),
        (
            "fault after hash chain",
            vec![(REQUEST, "block\r\n"), (RESULT, "R"), (CHAIN, "C"), (FAULT, &fault)],
            vec![rest(), read_fault(), Event::End],
        ),
    ];
    for (name, parts, expected) in cases {
        let text = message(&parts);
        assert_eq!(request(&text), (expected.clone(), Ok(())), "{name}");
        let without_line_end = text.trim_end();
        assert_eq!(request(without_line_end), (expected, Ok(())), "{name}");
    }
    let answered = message(&[(RESPONSE, "block\r\n"), (SIGNATURE, "S")]);
    let events = sealed(vec![rest()], seal("S", None));
    assert_eq!(decode(&content_type(B), Direction::Response, &[answered.as_bytes()]), (events, Ok(())));
}

/// §3.3: every other order is refused.
#[test]
fn s3_3_orders_that_are_refused() {
    let fault = fault_xml();
    for (parts, code) in [
        (&[] as &[(&str, &str)], Code::MissingRest),
        (&[(OCSP, "")], Code::MissingRest),
        (&[(RESPONSE, "")], Code::MissingRest),
        (&[(REQUEST, "")], Code::MissingSignature),
        (&[(REQUEST, ""), (BODY, "")], Code::MissingSignature),
        (&[(REQUEST, ""), (RESULT, "")], Code::MissingSignature),
        (&[(REQUEST, ""), (RESULT, ""), (CHAIN, "")], Code::MissingSignature),
        (&[("text/plain", "")], Code::InvalidContentType),
        (&[("", "")], Code::InvalidContentType),
        (&[(SIGNATURE, "")], Code::InvalidContentType),
        (&[(BODY, "")], Code::InvalidContentType),
        (&[(CHAIN, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (OCSP, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (REQUEST, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (BODY, ""), (BODY, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (CHAIN, ""), (SIGNATURE, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (RESULT, ""), (SIGNATURE, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (RESULT, ""), (BODY, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (RESULT, ""), (CHAIN, ""), (CHAIN, "")], Code::InvalidContentType),
        (&[(REQUEST, ""), ("multipart/mixed; boundary=x", "")], Code::InvalidContentType),
        (&[(REQUEST, ""), (SIGNATURE, ""), (SIGNATURE, "")], Code::InvalidMessage),
        (&[(REQUEST, ""), (SIGNATURE, ""), (FAULT, &fault)], Code::InvalidMessage),
        (&[(REQUEST, ""), (FAULT, &fault), (SIGNATURE, "")], Code::InvalidMessage),
        (&[(FAULT, &fault), (FAULT, &fault)], Code::InvalidContentType),
        (&[(FAULT, &fault), (BODY, "")], Code::InvalidContentType),
        (&[(FAULT, "no XML")], Code::InvalidSoap),
        (&[(REQUEST, ""), (FAULT, "<x/>")], Code::InvalidSoap),
        (&[(REQUEST, ""), (FAULT, &fault.replace("Fault>", "x>"))], Code::InvalidContentType),
    ] {
        assert_eq!(refused(parts), code, "{parts:?}");
    }
    let to_consumer = |parts| decode(&content_type(B), Direction::Response, &[message(parts).as_bytes()]).1;
    assert_eq!(to_consumer(&[(OCSP, "")]), Err(Code::InvalidContentType), "OCSP responses come in requests only");
    assert_eq!(to_consumer(&[(REQUEST, "")]), Err(Code::MissingRest));
}

/// SOAP messages are told apart from faults, by a code of their own.
#[test]
fn soap_messages_are_not_supported() {
    let soap = fault_xml().replace("Fault>", "getState>");
    assert_eq!(refused(&[("text/xml", &soap)]), Code::ServiceType);
    assert_eq!(refused(&[(OCSP, ""), ("text/xml; charset=utf-8", &soap)]), Code::ServiceType);
    assert_eq!(refused(&[("application/xop+xml; type=\"text/xml\"", &soap)]), Code::ServiceType);
    assert_eq!(
        refused(&[("text/xml", &"x".repeat(limits::FAULT_XML + 1))]),
        Code::ServiceType,
        "too large for a fault"
    );
}
