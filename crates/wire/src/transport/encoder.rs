//! Writes a message part by part (wire.md §3.3).

use bytes::{BufMut, Bytes, BytesMut};
use simpul_core::{Dialect, Fault};

use super::part_type;
use crate::seal::Seal;
use crate::soap;

/// Frames the parts of one message; the caller keeps their order: OCSP responses, REST block, body, seal.
///
/// Every method returns the octets to send next. The closing delimiter comes with the seal or the fault.
#[derive(Debug)]
pub struct Encoder {
    boundary: String,
    first: bool,
}

impl Encoder {
    /// A message with the boundary `xtop` and thirty letters that `random` chooses.
    ///
    /// The octets must come from a cryptographic source: what an information system sends as body must not be able
    /// to contain the boundary on purpose.
    #[must_use]
    pub fn new(random: [u8; 30]) -> Self {
        let letters = random.into_iter().map(|r| match r % 52 {
            n @ 0..26 => char::from(b'a' + n),
            n => char::from(b'A' + (n - 26)),
        });
        Self { boundary: "xtop".chars().chain(letters).collect(), first: true }
    }

    /// The content type of the whole message.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("multipart/mixed; charset=UTF-8; boundary={}", self.boundary)
    }

    /// A part with one DER OCSP response (requests only).
    pub fn ocsp(&mut self, der: &[u8]) -> Bytes {
        self.part(part_type::OCSP, der)
    }

    /// The part with a request block.
    pub fn rest_request(&mut self, block: &[u8]) -> Bytes {
        self.part(part_type::REST_REQUEST, block)
    }

    /// The part with a response block.
    pub fn rest_response(&mut self, block: &[u8]) -> Bytes {
        self.part(part_type::REST_RESPONSE, block)
    }

    /// The beginning of a body; its octets follow unframed.
    pub fn body_start(&mut self) -> Bytes {
        self.part(part_type::REST_BODY, &[])
    }

    /// The hash chain parts, if the seal has both, the signature part and the closing delimiter.
    pub fn seal(&mut self, seal: &Seal) -> Bytes {
        let mut out = BytesMut::new();
        if let (Some(result), Some(chain)) = (&seal.hash_chain_result, &seal.hash_chain) {
            self.put_part(&mut out, part_type::HASH_CHAIN_RESULT, result);
            self.put_part(&mut out, part_type::HASH_CHAIN, chain);
        }
        self.put_part(&mut out, part_type::SIGNATURE, &seal.signature);
        self.put_end(&mut out);
        out.freeze()
    }

    /// A fault instead of the message or of its signature, and the closing delimiter.
    pub fn fault(&mut self, fault: &Fault, dialect: Dialect) -> Bytes {
        let mut out = BytesMut::new();
        self.put_part(&mut out, part_type::FAULT, &soap::fault::encode(fault, dialect));
        self.put_end(&mut out);
        out.freeze()
    }

    fn part(&mut self, part_type: &str, content: &[u8]) -> Bytes {
        let mut out = BytesMut::with_capacity(content.len() + 128);
        self.put_part(&mut out, part_type, content);
        out.freeze()
    }

    fn put_part(&mut self, out: &mut BytesMut, part_type: &str, content: &[u8]) {
        let line_end = if std::mem::take(&mut self.first) { "" } else { "\r\n" };
        out.put_slice(format!("{line_end}--{}\r\ncontent-type: {part_type}\r\n\r\n", self.boundary).as_bytes());
        out.put_slice(content);
    }

    fn put_end(&mut self, out: &mut BytesMut) {
        out.put_slice(format!("\r\n--{}--\r\n", self.boundary).as_bytes());
    }
}
