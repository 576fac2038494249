//! However the octets are cut, the events are the same.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use simpul_core::Origin;
use simpul_wire::transport::Encoder;

use super::*;

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
