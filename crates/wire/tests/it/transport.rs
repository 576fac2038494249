//! Messages between security servers (wire.md §3.2–3.4).

use std::path::PathBuf;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use simpul_core::{Code, Dialect, Fault, FaultCode, Origin, limits};
use simpul_wire::Seal;
use simpul_wire::transport::{Decoder, Direction, Encoder, Event, TransportError};

const B: &str = "xtopBoundary";
const OCSP: &str = "application/ocsp-response";
const REQUEST: &str = "application/x-road-rest-request";
const RESPONSE: &str = "application/x-road-rest-response";
const BODY: &str = "application/x-road-rest-body";
const RESULT: &str = "application/hash-chain-result";
const CHAIN: &str = "application/hash-chain";
const SIGNATURE: &str = "signature/bdoc-1.0/ts";
const FAULT: &str = "text/xml; charset=UTF-8";

/// A message whose parts have these content types and contents.
fn message(parts: &[(&str, &str)]) -> String {
    let parts: String = parts.iter().map(|(t, c)| format!("--{B}\r\ncontent-type: {t}\r\n\r\n{c}\r\n")).collect();
    format!("{parts}--{B}--\r\n")
}

fn content_type(boundary: &str) -> String {
    format!("multipart/mixed; charset=UTF-8; boundary={boundary}")
}

/// What a whole input yields: events with adjoining body octets joined, and how it ended.
type Outcome = (Vec<Event>, Result<(), Code>);

fn decode(content_type: &str, direction: Direction, chunks: &[&[u8]]) -> Outcome {
    let mut decoder = match Decoder::new(content_type, direction) {
        Ok(decoder) => decoder,
        Err(e) => return (Vec::new(), Err(e.code())),
    };
    let mut events = Vec::new();
    let result = run(&mut decoder, chunks, &mut events).map_err(|e| e.code());
    (events, result)
}

fn run(decoder: &mut Decoder, chunks: &[&[u8]], events: &mut Vec<Event>) -> Result<(), TransportError> {
    for chunk in chunks {
        decoder.push(Bytes::copy_from_slice(chunk));
        while let Some(event) = decoder.poll()? {
            add(events, event);
        }
    }
    decoder.finish()?;
    while let Some(event) = decoder.poll()? {
        add(events, event);
    }
    Ok(())
}

fn add(events: &mut Vec<Event>, event: Event) {
    match (events.last_mut(), event) {
        (_, Event::Body(more)) if more.is_empty() => panic!("body events are never empty"),
        (Some(Event::Body(body)), Event::Body(more)) => *body = [&body[..], &more].concat().into(),
        (_, event) => events.push(event),
    }
}

fn request(text: &str) -> Outcome {
    decode(&content_type(B), Direction::Request, &[text.as_bytes()])
}

fn refused(parts: &[(&str, &str)]) -> Code {
    request(&message(parts)).1.unwrap_err()
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn seal(signature: &str, chain: Option<(&str, &str)>) -> Seal {
    Seal {
        signature: bytes(signature),
        hash_chain_result: chain.map(|c| bytes(c.0)),
        hash_chain: chain.map(|c| bytes(c.1)),
    }
}

fn fault_xml() -> String {
    let fault = Fault::provider(Code::AccessDenied, "no").with_detail("d");
    String::from_utf8(simpul_wire::soap::fault::encode(&fault, Dialect::V78)).unwrap()
}

fn read_fault() -> Event {
    let code = FaultCode::Received("server.serverproxy.access_denied".to_owned());
    Event::Fault(Fault::new(code, "no").with_detail("d"))
}

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

/// §3.3: a missing boundary, and other content types of the whole.
#[test]
fn s3_3_content_types_of_the_whole() {
    for content_type in ["", "tsdfsdfsdf", "multipart/mixed", "multipart/related; boundary=b", "application/json"] {
        for direction in [Direction::Request, Direction::Response] {
            assert_eq!(decode(content_type, direction, &[]).1, Err(Code::InvalidContentType), "{content_type}");
        }
    }
    assert!(Decoder::new("Multipart/Mixed; Boundary=\"b\"", Direction::Request).is_ok());
}

/// §3.4: an error before streaming is a single fault.
#[test]
fn s3_4_single_faults() {
    let xml = fault_xml();
    let single = |direction, xml: &str| {
        decode("text/xml;charset=utf-8", direction, &[&xml.as_bytes()[..9], &xml.as_bytes()[9..]])
    };
    assert_eq!(single(Direction::Response, &xml), (vec![read_fault(), Event::End], Ok(())));
    assert_eq!(single(Direction::Request, &xml).1, Err(Code::InvalidContentType), "never as a request");
    assert_eq!(single(Direction::Response, &xml.replace("Fault>", "x>")).1, Err(Code::InvalidMessage));
    assert_eq!(single(Direction::Response, &xml[..40]).1, Err(Code::InvalidSoap));
    let padded = |n: usize| format!("{xml}{}", " ".repeat(n - xml.len()));
    assert_eq!(single(Direction::Response, &padded(limits::FAULT_XML)).1, Ok(()));
    assert_eq!(single(Direction::Response, &padded(limits::FAULT_XML + 1)).1, Err(Code::InvalidMessage));
}

/// §3.3: framing.
#[test]
fn s3_3_framing() {
    let good = message(&[(REQUEST, "block"), (BODY, "b"), (SIGNATURE, "S")]);
    let events = request(&good);
    assert_eq!(events.1, Ok(()));
    assert_eq!(request(&good.replace("\r\n", "\n")), events, "bare LF is tolerated");
    assert_eq!(
        request(&good.replace(&format!("--{B}\r"), &format!("--{B} \t\r"))),
        events,
        "padding after a delimiter"
    );
    assert_eq!(request(&good.replace("content-type: ", "X: y\r\n z\r\nCONTENT-TYPE:\r\n ")), events, "other headers");
    assert_eq!(request(&format!("\r\n{good}\r\n \t")), events, "white space around the message");
    for (text, code) in [
        (format!("preamble\r\n{good}"), Code::MimeParsingFailed),
        (format!("{good}x"), Code::InvalidMessage),
        (format!("{good}{good}"), Code::InvalidMessage),
        (good.replace(&format!("--{B}--"), &format!("--{B}--x")), Code::InvalidMessage),
        (good.replacen(&format!("--{B}\r"), &format!("--{B}x\r"), 1), Code::MimeParsingFailed),
        (good.replacen(&format!("--{B}\r"), &format!("--{B}-\r"), 1), Code::MimeParsingFailed),
        (good.replacen("content-type", "content type", 1).replacen(": ", " ", 1), Code::MimeParsingFailed),
        (good.replacen("content-type", "x: y\r\ncontent-type: a\r\ncontent-type", 1), Code::MimeParsingFailed),
        (good.replacen("content-type", "x", 1), Code::InvalidContentType),
        (String::new(), Code::MimeParsingFailed),
    ] {
        assert_eq!(request(&text).1, Err(code), "{text}");
    }
    let closing = good.len() - 2;
    for end in 0..closing {
        assert_eq!(request(&good[..end]).1, Err(Code::MimeParsingFailed), "cut at {end}");
    }
    assert_eq!(request(&good[..closing]), events, "the line end after the closing delimiter may be missing");
}

/// A body may hold anything but a line that begins with the boundary.
#[test]
fn bodies_may_come_near_the_boundary() {
    for body in [
        format!("--{B}x").split_at(1).1.to_owned(),
        format!("a--{B}\r\n"),
        format!("\r\n--{}", &B[..B.len() - 1]),
        format!("\r\n-{B}\r\n--xtopBoundarx\r\n--{}", B.to_lowercase()),
        format!("\r--{B}--\r"),
        "\r\n--\r\n-\r\n\r\n\r".to_owned(),
    ] {
        let text = message(&[(REQUEST, "block"), (BODY, &body), (SIGNATURE, "S")]);
        assert_eq!(request(&text).0[2], Event::Body(bytes(&body)), "{body:?}");
    }
    let split = message(&[(REQUEST, "block"), (BODY, &format!("a\r\n--{B}x")), (SIGNATURE, "S")]);
    assert_eq!(request(&split).1, Err(Code::MimeParsingFailed), "a delimiter in doubt is refused, not guessed");
}

/// I5: every part but the body has a bound.
#[test]
fn parts_are_bounded() {
    let of = |n: usize| "x".repeat(n);
    type Parts<'a> = Vec<(&'a str, String)>;
    let with = |parts: Parts<'_>| {
        let parts: Vec<(&str, &str)> = parts.iter().map(|(t, c)| (*t, c.as_str())).collect();
        request(&message(&parts)).1
    };
    type Make = fn(String) -> Parts<'static>;
    let cases: [(&str, usize, Make); 5] = [
        ("OCSP response", limits::OCSP_RESPONSE, |x| {
            vec![(OCSP, x), (REQUEST, String::new()), (SIGNATURE, String::new())]
        }),
        ("REST message", limits::REST_BLOCK, |x| vec![(REQUEST, x), (SIGNATURE, String::new())]),
        ("hash chain result", limits::HASH_CHAIN_XML, |x| {
            vec![(REQUEST, String::new()), (RESULT, x), (CHAIN, String::new()), (SIGNATURE, String::new())]
        }),
        ("hash chain", limits::HASH_CHAIN_XML, |x| {
            vec![(REQUEST, String::new()), (RESULT, String::new()), (CHAIN, x), (SIGNATURE, String::new())]
        }),
        ("signature", limits::SIGNATURE_XML, |x| vec![(REQUEST, String::new()), (SIGNATURE, x)]),
    ];
    for (name, max, parts) in cases {
        assert_eq!(with(parts(of(max))), Ok(()), "{name}");
        assert_eq!(with(parts(of(max + 1))), Err(Code::InvalidMessage), "{name}");
    }
    let xml = fault_xml();
    let fault = |n: usize| vec![(REQUEST, String::new()), (FAULT, format!("{xml}{}", " ".repeat(n - xml.len())))];
    assert_eq!(with(fault(limits::FAULT_XML)), Ok(()));
    assert_eq!(with(fault(limits::FAULT_XML + 1)), Err(Code::InvalidMessage));

    let ocsp = |n: usize| {
        let mut parts: Parts<'_> = vec![(OCSP, String::new()); n];
        parts.extend([(REQUEST, String::new()), (SIGNATURE, String::new())]);
        with(parts)
    };
    assert_eq!(ocsp(limits::OCSP_PARTS), Ok(()));
    assert_eq!(ocsp(limits::OCSP_PARTS + 1), Err(Code::InvalidMessage));

    let good = message(&[(REQUEST, ""), (SIGNATURE, "")]);
    // The rest of the delimiter line (2), the content type line, `x:` and its line end (4), and the empty line (2).
    let fixed = 2 + format!("content-type: {REQUEST}\r\n").len() + 4 + 2;
    let header = |n: usize| good.replacen("content-type", &format!("x:{}\r\ncontent-type", of(n - fixed)), 1);
    assert_eq!(request(&header(limits::PART_HEADER)).1, Ok(()));
    assert_eq!(request(&header(limits::PART_HEADER + 1)).1, Err(Code::MimeParsingFailed));

    let tail = |n: usize| format!("{}{}", good.trim_end(), " ".repeat(n));
    assert_eq!(request(&tail(limits::PART_HEADER)).1, Ok(()));
    assert_eq!(request(&tail(limits::PART_HEADER + 1)).1, Err(Code::InvalidMessage));
}

/// Messages that X-Road's own decoder is tested with, and what it says of them (INDEX.md, §3.3). Read once as they
/// are, which is SOAP, and once with the message part declared as REST, to run the whole sequence.
#[test]
fn fixtures_are_read_as_x_road_reads_them() {
    let root = std::env::var_os("SIMPUL_FIXTURES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = root.join("xroad/fixtures/proxymessages");
    if !folder.is_dir() {
        println!("skipped: no fixtures");
        return;
    }
    let read = |name: &str| {
        let octets = std::fs::read(folder.join(name)).unwrap();
        let boundary = octets[2..].split(|b| *b == b'\n').next().unwrap();
        (content_type(std::str::from_utf8(boundary).unwrap()), octets)
    };
    let as_rest = |octets: &[u8]| {
        let (from, to) = (b"Content-Type: text/xml\n", format!("Content-Type: {REQUEST}\n"));
        let at = octets.windows(from.len()).position(|w| w == from).unwrap();
        [&octets[..at], to.as_bytes(), &octets[at + from.len()..]].concat()
    };
    let kinds = |outcome: &Outcome| -> String {
        let letter = |e: &Event| match e {
            Event::Ocsp(_) => 'O',
            Event::Rest(_) => 'R',
            Event::Seal(_) => 'S',
            Event::Fault(_) => 'F',
            Event::End => '.',
            Event::BodyStart | Event::Body(_) | Event::BodyEnd => 'B',
        };
        outcome.0.iter().map(letter).collect()
    };
    for (name, as_it_is, events, rest) in [
        ("normal.request", Err(Code::ServiceType), "RS.", Ok(())),
        ("normal.response", Err(Code::ServiceType), "RS.", Ok(())),
        ("ocsp.request", Err(Code::ServiceType), "ORS.", Ok(())),
        ("invalid-ocsp.request", Err(Code::ServiceType), "ORS.", Ok(())),
        ("attachment.request", Err(Code::ServiceType), "R", Err(Code::InvalidContentType)),
        ("extracontent.request", Err(Code::ServiceType), "RS", Err(Code::InvalidMessage)),
        ("fault-signature.request", Err(Code::ServiceType), "RF.", Ok(())),
        ("invalid-contenttype-signature.request", Err(Code::ServiceType), "R", Err(Code::InvalidContentType)),
        ("normal-soapfault.request", Ok(()), "RS.", Ok(())),
    ] {
        let (content_type, octets) = read(name);
        assert_eq!(decode(&content_type, Direction::Request, &[&octets]).1, as_it_is, "{name}");
        let outcome = decode(&content_type, Direction::Request, &[&as_rest(&octets)]);
        assert_eq!((kinds(&outcome).as_str(), outcome.1), (events, rest), "{name}");
    }
    let (content_type, octets) = read("invalid-soap-contenttype.request");
    assert_eq!(decode(&content_type, Direction::Request, &[&octets]).1, Err(Code::InvalidContentType));

    let (content_type, octets) = read("ocsp.request");
    let Event::Ocsp(der) = &decode(&content_type, Direction::Request, &[&octets]).0[0] else { panic!("OCSP first") };
    let declared = usize::from(u16::from_be_bytes([der[2], der[3]])) + 4;
    assert_eq!((der[0], der.len()), (0x30, declared), "the DER is whole, line feeds in it included");

    let (content_type, octets) = read("normal-soapfault.request");
    let code = FaultCode::Received("CODE".to_owned());
    let fault = Fault { code, string: "STRING".into(), actor: "ACTOR".into(), detail: "DETAIL".into() };
    let expected = vec![Event::Fault(fault), Event::End];
    assert_eq!(decode(&content_type, Direction::Request, &[&octets]), (expected, Ok(())));
}

/// Octets that come as near to a delimiter as they can.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let random = prop::collection::vec(any::<u8>(), 0..40);
    let near = ["\r", "\n", "\r\n", "-", "--", "\r\n--", "\n--xtop", "\r\n--xtopa", "xtopaaaa", "\r\n\r\n--xt"];
    let piece = prop_oneof![random, prop::sample::select(near.to_vec()).prop_map(|s| s.as_bytes().to_vec())];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

#[derive(Clone, Debug)]
enum Ending {
    Seal(Seal),
    Fault(Fault),
}

fn ending() -> impl Strategy<Value = Ending> {
    let seal = (body(), prop::option::of((body(), body()))).prop_map(|(signature, chain)| {
        let (result, chain) = chain.map(|(r, c)| (r.into(), c.into())).unzip();
        Ending::Seal(Seal { signature: signature.into(), hash_chain_result: result, hash_chain: chain })
    });
    let fault = "[ -~é]{0,20}".prop_map(|s| {
        let code = FaultCode::own(Origin::ServerProxy, [Code::ServiceFailed, Code::IoError]);
        Ending::Fault(Fault::new(code, s.trim()).with_detail("d"))
    });
    prop_oneof![seal, fault]
}

/// A message as it is sent, and the events that it must yield.
fn sent() -> impl Strategy<Value = (Vec<u8>, Vec<Event>)> {
    (prop::collection::vec(body(), 0..3), body(), prop::option::of(body()), ending()).prop_map(
        |(ocsp, block, body, ending)| {
            let mut encoder = Encoder::new([0; 30]);
            let (mut out, mut events) = (Vec::new(), Vec::new());
            for der in ocsp {
                out.extend(encoder.ocsp(&der));
                events.push(Event::Ocsp(der.into()));
            }
            out.extend(encoder.rest_request(&block));
            events.push(Event::Rest(block.into()));
            if let Some(body) = body {
                out.extend(encoder.body_start());
                out.extend(&body);
                events.push(Event::BodyStart);
                events.extend((!body.is_empty()).then(|| Event::Body(body.into())));
                events.push(Event::BodyEnd);
            }
            match ending {
                Ending::Seal(seal) => {
                    out.extend(encoder.seal(&seal));
                    events.push(Event::Seal(seal));
                }
                Ending::Fault(mut fault) => {
                    out.extend(encoder.fault(&fault, Dialect::V78));
                    fault.code = FaultCode::Received(fault.code.spell(Dialect::V78));
                    events.push(Event::Fault(fault));
                }
            }
            events.push(Event::End);
            (out, events)
        },
    )
}

/// What turns a message into another one, or into none.
fn damage() -> impl Strategy<Value = Vec<u8>> {
    let delimiter = format!("\r\n--xtop{}", "a".repeat(30));
    let framing = ["--", "\r\n", "\n\n", ":", "x", "content-type: text/xml\r\n", "signature/bdoc-1.0/ts", &delimiter]
        .map(|s| s.as_bytes().to_vec());
    prop_oneof![body(), prop::sample::select(framing.to_vec())]
}

fn cut<'a>(octets: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let (mut chunks, mut rest) = (Vec::new(), octets);
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, tail) = rest.split_at((*size).min(rest.len()));
        chunks.push(chunk);
        rest = tail;
    }
    chunks
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, rng_seed: RngSeed::Fixed(3), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// decode ∘ encode is the identity, however the octets are cut.
    #[test]
    fn what_is_encoded_is_decoded((octets, events) in sent(), sizes in prop::collection::vec(1usize..60, 1..8)) {
        let content_type = Encoder::new([0; 30]).content_type();
        let outcome = decode(&content_type, Direction::Request, &cut(&octets, &sizes));
        prop_assert_eq!(outcome, (events, Ok(())));
    }

    /// A damaged message yields the same events and the same refusal however it is cut, and never a panic.
    #[test]
    fn cutting_changes_nothing(
        (mut octets, _) in sent(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), damage()), 0..3),
        sizes in prop::collection::vec(1usize..60, 1..8),
    ) {
        for (at, with) in damage {
            let at = at.index(octets.len());
            let end = (at + with.len() / 2).min(octets.len());
            octets.splice(at..end, with);
        }
        let content_type = Encoder::new([0; 30]).content_type();
        for direction in [Direction::Request, Direction::Response] {
            let whole = decode(&content_type, direction, &[&octets]);
            prop_assert_eq!(decode(&content_type, direction, &cut(&octets, &sizes)), whole);
        }
    }
}
