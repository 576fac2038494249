//! Reads a message part by part: a strict state machine (wire.md §3.3).

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use simpul_core::{Fault, limits};

use super::content_type::{boundary, media_type};
use super::delimiter::{Piece, Splitter};
use super::header::{LineReader, PartHeader};
use super::{Direction, Event, TransportError, part_type};
use crate::seal::Seal;
use crate::soap::fault::{self, SoapFaultError};

/// Takes octets as they come and yields events.
///
/// Give it a chunk with [`Decoder::push`], then [`Decoder::poll`] until there is nothing more, then the next chunk;
/// at the end of the input [`Decoder::finish`], and poll once more (an answer that is a single fault becomes an
/// event only then). Kept in this way, it holds at most one part that is no body, within the bounds of
/// `core::limits`, and nothing of a body. After an error it yields nothing but errors.
#[derive(Debug)]
pub struct Decoder {
    direction: Direction,
    input: VecDeque<Bytes>,
    phase: Phase,
    splitter: Splitter,
    lines: LineReader,
    /// Which part may come next.
    next: Next,
    /// The octets of a part that is no body.
    content: BytesMut,
    ocsp_parts: usize,
    hash_chain_result: Option<Bytes>,
    hash_chain: Option<Bytes>,
    /// A fault has taken the place of the message: what seals it means nothing.
    faulted: bool,
    /// Events of a single fault, after the end of the input.
    ready: VecDeque<Event>,
}

/// Where in the multipart framing the input stands.
#[derive(Debug)]
enum Phase {
    /// Before the first delimiter.
    Start,
    /// Right after a delimiter, where `--` closes the message; so many dashes have come.
    Delimiter(usize),
    /// In the white space that ends the line of a delimiter.
    DelimiterLine,
    /// In a part header.
    Header(PartHeader),
    /// In the content of a part.
    Content(Part),
    /// After the closing delimiter; so many octets have followed.
    Closed(usize),
    /// No multipart message, but a single fault (§3.4).
    SingleFault,
    /// Refused.
    Refused,
}

/// A part while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Ocsp,
    Rest,
    Body,
    HashChainResult,
    HashChain,
    Signature,
    /// XML instead of the message: a fault, or SOAP.
    FaultForMessage,
    FaultForSignature,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// OCSP responses (requests only), or the message.
    Message,
    /// A body, or what follows it.
    Body,
    /// The hash chain result, or the signature.
    HashChainResult,
    /// The hash chain, which follows its result.
    HashChain,
    /// The signature.
    Signature,
    /// Nothing.
    Nothing,
}

impl Decoder {
    /// A decoder for a message with this content type: `multipart/mixed` with a boundary, or in a response also
    /// `text/xml`, the error that a server sends before it has begun to stream (§3.4).
    pub fn new(content_type: &str, direction: Direction) -> Result<Self, TransportError> {
        let (phase, boundary) = match (media_type(content_type).as_str(), direction) {
            ("multipart/mixed", _) => (Phase::Start, boundary(content_type)?),
            (part_type::XML, Direction::Response) => (Phase::SingleFault, String::new()),
            _ => return Err(TransportError::ContentType),
        };
        Ok(Self {
            direction,
            input: VecDeque::new(),
            phase,
            splitter: Splitter::new(&boundary),
            lines: LineReader::default(),
            next: Next::Message,
            content: BytesMut::new(),
            ocsp_parts: 0,
            hash_chain_result: None,
            hash_chain: None,
            faulted: false,
            ready: VecDeque::new(),
        })
    }

    /// Takes the next octets of the input.
    pub fn push(&mut self, chunk: Bytes) {
        if !matches!(self.phase, Phase::Refused) {
            self.input.push_back(chunk);
        }
    }

    /// The next event; none if it takes more octets.
    pub fn poll(&mut self) -> Result<Option<Event>, TransportError> {
        if let Some(event) = self.ready.pop_front() {
            return Ok(Some(event));
        }
        let step = self.step();
        if step.is_err() {
            self.refuse();
        }
        step
    }

    /// Ends the input. An error unless the message was complete.
    pub fn finish(&mut self) -> Result<(), TransportError> {
        let complete = match &mut self.phase {
            Phase::Closed(octets) => closed(octets, &mut self.input),
            Phase::SingleFault => self.single_fault(),
            Phase::Refused => Err(TransportError::Refused),
            _ => Err(TransportError::Truncated),
        };
        if complete.is_err() {
            self.refuse();
        }
        complete
    }

    fn refuse(&mut self) {
        self.phase = Phase::Refused;
        self.input.clear();
        self.content = BytesMut::new();
    }

    fn step(&mut self) -> Result<Option<Event>, TransportError> {
        loop {
            let event = match &mut self.phase {
                Phase::Start => match self.splitter.next(&mut self.input) {
                    None => return Ok(None),
                    Some(Piece::Data(_)) => return Err(TransportError::Preamble),
                    Some(Piece::Delimiter) => self.delimiter(),
                },
                Phase::Delimiter(dashes) => match (peek(&mut self.input), *dashes) {
                    (None, _) => return Ok(None),
                    (Some((b'-', chunk)), 0) => {
                        chunk.advance(1);
                        *dashes = 1;
                        None
                    }
                    (Some((b'-', chunk)), _) => {
                        chunk.advance(1);
                        self.close()?
                    }
                    (Some(_), 0) => {
                        self.phase = Phase::DelimiterLine;
                        None
                    }
                    (Some(_), _) => return Err(TransportError::Delimiter),
                },
                Phase::DelimiterLine => match self.lines.next(&mut self.input)? {
                    None => return Ok(None),
                    Some(line) if line.iter().all(|b| matches!(b, b' ' | b'\t')) => {
                        self.phase = Phase::Header(PartHeader::default());
                        None
                    }
                    Some(_) => return Err(TransportError::Delimiter),
                },
                Phase::Header(header) => match self.lines.next(&mut self.input)? {
                    None => return Ok(None),
                    Some(line) if line.is_empty() => {
                        let content_type = header.content_type().to_owned();
                        self.part(&content_type)?
                    }
                    Some(line) => header.line(&line).map(|()| None)?,
                },
                Phase::Content(part) => {
                    let part = *part;
                    match self.splitter.next(&mut self.input) {
                        None => return Ok(None),
                        Some(Piece::Data(data)) => self.data(part, data)?,
                        Some(Piece::Delimiter) => {
                            self.delimiter();
                            self.end_of_part(part)?
                        }
                    }
                }
                Phase::Closed(octets) => return closed(octets, &mut self.input).map(|()| None),
                Phase::SingleFault => match self.input.pop_front() {
                    Some(chunk) => self.data(Part::FaultForMessage, chunk)?,
                    None => return Ok(None),
                },
                Phase::Refused => return Err(TransportError::Refused),
            };
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    fn delimiter(&mut self) -> Option<Event> {
        self.lines.reset();
        self.phase = Phase::Delimiter(0);
        None
    }

    /// The closing delimiter may come only where the message is complete.
    fn close(&mut self) -> Result<Option<Event>, TransportError> {
        match self.next {
            Next::Nothing => {}
            _ if self.faulted => {}
            Next::Message => return Err(TransportError::MissingRest),
            Next::Body | Next::HashChainResult | Next::HashChain | Next::Signature => {
                return Err(TransportError::MissingSignature);
            }
        }
        self.phase = Phase::Closed(0);
        Ok(Some(Event::End))
    }

    /// Decides by its content type what a part is, and whether it may stand here.
    fn part(&mut self, content_type: &str) -> Result<Option<Event>, TransportError> {
        let media_type = media_type(content_type);
        let (part, next) = match (self.next, media_type.as_str()) {
            (Next::Message, part_type::OCSP) if self.direction == Direction::Request => (Part::Ocsp, Next::Message),
            (Next::Message, part_type::REST_REQUEST | part_type::REST_RESPONSE) => {
                if (media_type == part_type::REST_REQUEST) != (self.direction == Direction::Request) {
                    return Err(TransportError::WrongDirection);
                }
                (Part::Rest, Next::Body)
            }
            (Next::Message, part_type::XML) => (Part::FaultForMessage, Next::HashChainResult),
            (Next::Message, part_type::XOP) => return Err(TransportError::SoapMessage),
            (Next::Message, _) => return Err(unexpected(&media_type, "a REST message")),
            (Next::Body, part_type::REST_BODY) => (Part::Body, Next::HashChainResult),
            (Next::Body | Next::HashChainResult, part_type::HASH_CHAIN_RESULT) => {
                (Part::HashChainResult, Next::HashChain)
            }
            (Next::HashChain, part_type::HASH_CHAIN) => (Part::HashChain, Next::Signature),
            (Next::Body | Next::HashChainResult | Next::Signature, part_type::SIGNATURE) => {
                (Part::Signature, Next::Nothing)
            }
            (Next::Body | Next::HashChainResult | Next::HashChain | Next::Signature, part_type::XML)
                if !self.faulted =>
            {
                (Part::FaultForSignature, Next::Nothing)
            }
            (Next::Body | Next::HashChainResult | Next::Signature, _) => {
                return Err(unexpected(&media_type, "the signature"));
            }
            (Next::HashChain, _) => return Err(unexpected(&media_type, "the hash chain")),
            (Next::Nothing, _) => return Err(TransportError::ExtraPart(shorten(&media_type))),
        };
        if part == Part::Ocsp {
            self.ocsp_parts += 1;
            if self.ocsp_parts > limits::OCSP_PARTS {
                return Err(TransportError::TooManyOcsp);
            }
        }
        self.next = next;
        self.splitter.at_line_start();
        self.phase = Phase::Content(part);
        Ok((part == Part::Body).then_some(Event::BodyStart))
    }

    /// Passes a body on and collects everything else, within its bound.
    fn data(&mut self, part: Part, data: Bytes) -> Result<Option<Event>, TransportError> {
        let (name, max) = match part {
            Part::Body => return Ok(Some(Event::Body(data))),
            Part::Ocsp => ("OCSP response", limits::OCSP_RESPONSE),
            Part::Rest => ("REST message", limits::REST_BLOCK),
            Part::HashChainResult => ("hash chain result", limits::HASH_CHAIN_XML),
            Part::HashChain => ("hash chain", limits::HASH_CHAIN_XML),
            Part::Signature => ("signature", limits::SIGNATURE_XML),
            Part::FaultForMessage | Part::FaultForSignature => ("fault", limits::FAULT_XML),
        };
        if self.content.len() + data.len() <= max {
            self.content.extend_from_slice(&data);
            return Ok(None);
        }
        match (part, &self.phase) {
            (Part::FaultForMessage, Phase::Content(_)) => Err(TransportError::SoapMessage),
            _ => Err(TransportError::PartTooLarge { part: name, max }),
        }
    }

    fn end_of_part(&mut self, part: Part) -> Result<Option<Event>, TransportError> {
        let content = std::mem::take(&mut self.content).freeze();
        Ok(match part {
            Part::Ocsp => Some(Event::Ocsp(content)),
            Part::Rest => Some(Event::Rest(content)),
            Part::Body => Some(Event::BodyEnd),
            Part::HashChainResult => {
                self.hash_chain_result = Some(content);
                None
            }
            Part::HashChain => {
                self.hash_chain = Some(content);
                None
            }
            Part::Signature if self.faulted => None,
            Part::Signature => Some(Event::Seal(Seal {
                signature: content,
                hash_chain_result: self.hash_chain_result.take(),
                hash_chain: self.hash_chain.take(),
            })),
            Part::FaultForMessage => {
                self.faulted = true;
                Some(Event::Fault(read_fault(&content, || TransportError::SoapMessage)?))
            }
            Part::FaultForSignature => {
                let soap = || unexpected(part_type::XML, "the signature");
                Some(Event::Fault(read_fault(&content, soap)?))
            }
        })
    }

    fn single_fault(&mut self) -> Result<(), TransportError> {
        if !self.input.is_empty() {
            return Err(TransportError::Truncated);
        }
        let fault = read_fault(&self.content, || TransportError::NotAFault)?;
        self.phase = Phase::Closed(0);
        self.ready.extend([Event::Fault(fault), Event::End]);
        Ok(())
    }
}

/// The next octet, still in its chunk.
fn peek(input: &mut VecDeque<Bytes>) -> Option<(u8, &mut Bytes)> {
    while input.front()?.is_empty() {
        input.pop_front();
    }
    let chunk = input.front_mut()?;
    Some((*chunk.first()?, chunk))
}

/// Reads a fault; SOAP that is no fault is an error that depends on the place.
fn read_fault(xml: &[u8], soap: impl FnOnce() -> TransportError) -> Result<Fault, TransportError> {
    fault::decode(xml).map_err(|e| match e {
        SoapFaultError::NotAFault => soap(),
        e => TransportError::Fault(e),
    })
}

/// Only white space may follow the closing delimiter, and not for ever.
fn closed(octets: &mut usize, input: &mut VecDeque<Bytes>) -> Result<(), TransportError> {
    for chunk in input.drain(..) {
        *octets += chunk.len();
        if *octets > limits::PART_HEADER || chunk.iter().any(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
            return Err(TransportError::Epilogue);
        }
    }
    Ok(())
}

fn unexpected(found: &str, expected: &'static str) -> TransportError {
    TransportError::UnexpectedPart { found: shorten(found), expected }
}

/// A peer's word for an error text: not long, and on one line.
fn shorten(text: &str) -> String {
    text.chars().take(100).map(|c| if c.is_control() { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Encoder;

    /// A body of any size passes through without being kept or copied; other parts stay within their bounds.
    #[test]
    fn memory_is_bounded() {
        let mut encoder = Encoder::new([1; 30]);
        let mut decoder = Decoder::new(&encoder.content_type(), Direction::Request).unwrap();
        let near = format!("\r\n--{}", "xtop".to_owned() + &"b".repeat(29));
        let head = [encoder.rest_request(b"block"), encoder.body_start()].concat();
        decoder.push(head.into());
        while decoder.poll().unwrap().is_some() {}
        let (mut sent, mut passed) = (0, 0);
        for _ in 0..1000 {
            let chunk = Bytes::from(near.repeat(30).into_bytes());
            let range = chunk.as_ptr_range();
            sent += chunk.len();
            decoder.push(chunk);
            while let Some(Event::Body(data)) = decoder.poll().unwrap() {
                let own = range.contains(&data.as_ptr());
                assert!(own || data.len() <= near.len(), "only what was held back comes from elsewhere");
                passed += data.len();
            }
            assert!(decoder.input.is_empty() && decoder.content.is_empty());
            assert!(sent - passed <= near.len());
        }
    }

    #[test]
    fn a_refused_message_stays_refused_and_keeps_nothing() {
        let mut decoder = Decoder::new("multipart/mixed; boundary=b", Direction::Request).unwrap();
        decoder.push(Bytes::from_static(b"x"));
        assert!(matches!(decoder.poll(), Err(TransportError::Preamble)));
        decoder.push(Bytes::from_static(b"--b\r\n"));
        assert!(decoder.input.is_empty());
        assert!(matches!(decoder.poll(), Err(TransportError::Refused)));
        assert!(matches!(decoder.finish(), Err(TransportError::Refused)));
    }
}
