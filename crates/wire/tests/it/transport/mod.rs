//! Messages between security servers (wire.md §3.2–3.4).

mod bounds;
mod cutting;
mod fixtures;
mod framing;
mod parts;

use bytes::Bytes;
use simpul_core::{Code, Dialect, Fault, FaultCode};
use simpul_wire::Seal;
use simpul_wire::transport::{Decoder, Direction, Event, TransportError};

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
