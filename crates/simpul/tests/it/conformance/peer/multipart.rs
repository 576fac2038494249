//! The parts of a message and how they stand one after the other (wire.md §3.3).

use super::seal::{Sealed, replace};

/// The boundary of every message here.
const BOUNDARY: &str = "xtopConformanceConformanceConform";

/// One part.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// What it is called in mutations: `ocsp`, `block`, `body`, `hash-chain-result`, `hash-chain`, `signature`, `fault`.
    pub(super) name: String,
    pub(super) content_type: String,
    /// Header lines after the content type.
    pub(super) headers: String,
    pub(super) content: Vec<u8>,
}

/// A multipart message.
#[derive(Clone, Debug)]
pub(super) struct Multipart {
    pub(super) parts: Vec<Part>,
    pub(super) preamble: String,
    pub(super) epilogue: String,
    /// Whether the closing delimiter is written.
    pub(super) closed: bool,
}

/// A piece of a message, by the name of the stage at which it is sent.
pub(super) type Segment = (String, Vec<u8>);

impl Multipart {
    /// The content type of the whole.
    pub(super) fn content_type() -> String {
        format!("multipart/mixed; charset=UTF-8; boundary={BOUNDARY}")
    }

    /// OCSP responses, the block, the body, the seal.
    pub(super) fn of(ocsp: &[Vec<u8>], block_type: &str, block: &[u8], body: Option<&[u8]>, seal: &Sealed) -> Self {
        let part = |name: &str, content_type: &str, content: &[u8]| Part {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            headers: String::new(),
            content: content.to_vec(),
        };
        let mut parts: Vec<Part> = ocsp.iter().map(|der| part("ocsp", "application/ocsp-response", der)).collect();
        parts.push(part("block", block_type, block));
        parts.extend(body.map(|body| part("body", "application/x-road-rest-body", body)));
        let result = seal.result.as_ref();
        parts.extend(result.map(|r| part("hash-chain-result", "application/hash-chain-result", r.as_bytes())));
        parts.extend(seal.chain.as_ref().map(|c| part("hash-chain", "application/hash-chain", c.as_bytes())));
        parts.push(part("signature", "signature/bdoc-1.0/ts", seal.signature.as_bytes()));
        Self { parts, preamble: String::new(), epilogue: String::new(), closed: true }
    }

    /// The octets, cut where a stage ends.
    pub(super) fn segments(&self) -> Vec<Segment> {
        let mut segments = Vec::new();
        if !self.preamble.is_empty() {
            segments.push(("preamble".to_owned(), self.preamble.clone().into_bytes()));
        }
        for (i, part) in self.parts.iter().enumerate() {
            let line = if i == 0 && self.preamble.is_empty() { "" } else { "\r\n" };
            let head = format!("{line}--{BOUNDARY}\r\ncontent-type: {}\r\n{}\r\n", part.content_type, part.headers);
            segments.push((part.name.clone(), [head.as_bytes(), &part.content].concat()));
        }
        if self.closed {
            segments.push(("end".to_owned(), format!("\r\n--{BOUNDARY}--\r\n{}", self.epilogue).into_bytes()));
        }
        segments
    }

    /// Where a part of this name stands first.
    pub(super) fn at(&self, name: &str) -> usize {
        let found = self.parts.iter().position(|p| p.name == name);
        found.unwrap_or_else(|| panic!("there is no part `{name}`"))
    }

    pub(super) fn part(&mut self, name: &str) -> &mut Part {
        let at = self.at(name);
        &mut self.parts[at]
    }

    /// Replaces text in a part after everything is sealed.
    pub(super) fn tamper(&mut self, name: &str, from: &str, to: &str) {
        let part = self.part(name);
        let text = String::from_utf8(part.content.clone()).expect("a part of text");
        part.content = replace(&text, from, to).into_bytes();
    }

    /// Makes a part this many octets long.
    pub(super) fn stretch(&mut self, name: &str, octets: usize) {
        let content = &mut self.part(name).content;
        assert!(content.len() < octets, "`{name}` has {} octets already", content.len());
        content.resize(octets, b' ');
    }
}
