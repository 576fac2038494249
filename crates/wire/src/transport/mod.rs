//! The multipart message between two security servers, as bytes in and events out (wire.md §3.2–3.4).
//!
//! The seal is the last part and a fault may stand in its place, so nothing that is decoded may be trusted before
//! the seal has been checked.

mod content_type;
mod decoder;
mod delimiter;
mod encoder;
mod header;

use bytes::Bytes;
use simpul_core::{Code, Fault, limits};

use crate::seal::Seal;
use crate::soap::fault::SoapFaultError;

pub use decoder::Decoder;
pub use encoder::Encoder;

/// `x-hash-algorithm`: the digest of request hash and parts, such as `SHA-512`; mandatory both ways (§3.2, §3.4).
pub const HASH_ALGORITHM: &str = "x-hash-algorithm";
/// `x-proxy-version`: the release that a security server is compatible with.
pub const PROXY_VERSION: &str = "x-proxy-version";
/// `x-original-content-type`: the content type that the information system sent.
pub const ORIGINAL_CONTENT_TYPE: &str = "x-original-content-type";
/// `x-road-message-type`: [`MESSAGE_TYPE_REST`] for REST, absent for SOAP.
pub const MESSAGE_TYPE: &str = "x-road-message-type";
/// The value of [`MESSAGE_TYPE`] for REST.
pub const MESSAGE_TYPE_REST: &str = "REST";

/// The content types of the parts (§3.3).
mod part_type {
    pub(super) const OCSP: &str = "application/ocsp-response";
    pub(super) const REST_REQUEST: &str = "application/x-road-rest-request";
    pub(super) const REST_RESPONSE: &str = "application/x-road-rest-response";
    pub(super) const REST_BODY: &str = "application/x-road-rest-body";
    pub(super) const HASH_CHAIN_RESULT: &str = "application/hash-chain-result";
    pub(super) const HASH_CHAIN: &str = "application/hash-chain";
    pub(super) const SIGNATURE: &str = "signature/bdoc-1.0/ts";
    pub(super) const FAULT: &str = "text/xml; charset=UTF-8";
    pub(super) const XML: &str = "text/xml";
    pub(super) const XOP: &str = "application/xop+xml";
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the consumer's to the provider's security server: OCSP responses, then a request.
    Request,
    /// Back: a response.
    Response,
}

/// What a decoder has found. Events come in this order; those marked optional may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A DER OCSP response (requests only, optional, at most [`limits::OCSP_PARTS`]).
    Ocsp(Bytes),
    /// The REST message block, at most [`limits::REST_BLOCK`] octets.
    Rest(Bytes),
    /// A body begins (optional). A body of no octets is not the same as no body (§2.5).
    BodyStart,
    /// Octets of the body, never empty, cut wherever the input was cut. Only the caller bounds their sum.
    Body(Bytes),
    /// The body is complete.
    BodyEnd,
    /// The seal of the message.
    Seal(Seal),
    /// A fault instead of the message or of its signature.
    Fault(Fault),
    /// The closing delimiter: the message is complete.
    End,
}

/// Why octets are not a message. [`TransportError::code`] gives the fault code of each.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The content type of the whole is not `multipart/mixed` (or a fault's `text/xml` in a response).
    #[error("the content type is not multipart/mixed")]
    ContentType,
    /// No boundary, or one that RFC 2046 does not allow or that has more than [`limits::BOUNDARY`] octets.
    #[error("the content type has no valid boundary")]
    Boundary,
    /// Octets before the first delimiter.
    #[error("the message does not begin with its boundary")]
    Preamble,
    /// A delimiter with something after it.
    #[error("a boundary delimiter is followed by other text")]
    Delimiter,
    /// A part header that cannot be read, or that has two content types.
    #[error("a part header is malformed")]
    PartHeader,
    /// A part header of more than [`limits::PART_HEADER`] octets.
    #[error("a part header of more than {max} octets", max = limits::PART_HEADER)]
    PartHeaderTooLarge,
    /// A part of a type that cannot stand there.
    #[error("a part of type `{found}` where {expected} was expected")]
    UnexpectedPart {
        /// Its content type, shortened.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A REST message of the other direction.
    #[error("a REST message of the wrong direction")]
    WrongDirection,
    /// A SOAP message, which is not supported, or something too large for a fault.
    #[error("SOAP messages are not supported")]
    SoapMessage,
    /// Something after the signature, or after the fault in its place.
    #[error("a part of type `{0}` after the end of the message")]
    ExtraPart(String),
    /// Octets after the closing delimiter.
    #[error("extra octets after the closing delimiter")]
    Epilogue,
    /// A part larger than it may be.
    #[error("the {part} has more than {max} octets")]
    PartTooLarge {
        /// Which part.
        part: &'static str,
        /// How many octets are allowed.
        max: usize,
    },
    /// More than [`limits::OCSP_PARTS`] OCSP responses.
    #[error("more than {max} OCSP responses", max = limits::OCSP_PARTS)]
    TooManyOcsp,
    /// A fault that cannot be read.
    #[error("an unreadable fault")]
    Fault(#[source] SoapFaultError),
    /// A `text/xml` answer that is a SOAP message and no fault.
    #[error("a SOAP message where a fault was expected")]
    NotAFault,
    /// The message ended without a REST message.
    #[error("the message has no REST part")]
    MissingRest,
    /// The message ended without a signature.
    #[error("the message has no signature")]
    MissingSignature,
    /// The input ended before the closing delimiter.
    #[error("the message ended before its closing delimiter")]
    Truncated,
    /// The decoder was used after it had refused the message.
    #[error("the message has already been refused")]
    Refused,
}

impl TransportError {
    /// The fault code (§3.3, §3.9).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::ContentType | Self::Boundary | Self::UnexpectedPart { .. } => Code::InvalidContentType,
            Self::Preamble | Self::Delimiter | Self::PartHeader | Self::PartHeaderTooLarge | Self::Truncated => {
                Code::MimeParsingFailed
            }
            Self::SoapMessage => Code::ServiceType,
            Self::ExtraPart(_)
            | Self::Epilogue
            | Self::PartTooLarge { .. }
            | Self::TooManyOcsp
            | Self::NotAFault
            | Self::Refused => Code::InvalidMessage,
            Self::Fault(_) => Code::InvalidSoap,
            Self::WrongDirection | Self::MissingRest => Code::MissingRest,
            Self::MissingSignature => Code::MissingSignature,
        }
    }
}
