//! Messages that X-Road's own decoder is tested with.

use std::path::PathBuf;

use super::*;

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
