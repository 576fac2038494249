//! The REST message protocol: message blocks, their identifiers and the faults of it (wire.md §1.3, §2).
//!
//! A block is what is sent as a MIME part, hashed, signed and logged. It is composed in one place, and what was
//! composed is read by the same parser that reads a peer's block: a message that we send is one that we accept.

pub mod agreement;
mod block;
mod fault;
pub mod id;
mod reply;
mod request;
mod response;

use bytes::Bytes;
use simpul_core::{Code, limits};

pub use agreement::{BASIS, Cited, Declaration, NotCited, PURPOSE, SUBJECT, SUBJECT_HOME, SUBJECT_ID, Verdict};
pub use fault::{FaultReply, fault_reply};
pub use id::{RepresentedParty, RestIdError};
pub use reply::{Mismatch, match_reply};
pub use request::RestRequest;
pub use response::RestResponse;

/// `x-road-client`: who calls; repeated in the response (§2.2).
pub const CLIENT: &str = "x-road-client";
/// `x-road-id`: the message id that the information systems know.
pub const MESSAGE_ID: &str = "x-road-id";
/// `x-road-request-id`: pairs a request with its response; made by the consumer's security server.
pub const REQUEST_ID: &str = "x-road-request-id";
/// `x-road-service`: response only, who answers.
pub const SERVICE: &str = "x-road-service";
/// `x-road-request-hash`: response only, base64 of the hash of the request that it answers (§2.5).
pub const REQUEST_HASH: &str = "x-road-request-hash";
/// `x-road-security-server`: the security server that is to answer.
pub const SECURITY_SERVER: &str = "x-road-security-server";
/// `x-road-represented-party`: for whom the caller acts.
pub const REPRESENTED_PARTY: &str = "x-road-represented-party";
/// `x-road-error`: the fault code, on answers that a security server made itself.
pub const ERROR: &str = "x-road-error";

/// One header line of a block: order and case are kept, the value stands verbatim after the colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderLine {
    /// The name, a token of RFC 9110.
    pub name: String,
    /// The value, without control characters other than the tabulator.
    pub value: String,
}

/// Why a call or a block is not a REST message. [`RestError::code`] gives the fault code of each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// Not one of the eight methods (§2.1).
    #[error("the method is not one of DELETE GET HEAD OPTIONS PATCH POST PUT TRACE")]
    Method,
    /// More than [`limits::REST_TARGET`] octets of path and query.
    #[error("a path and query of {0} octets, more than {max}", max = limits::REST_TARGET)]
    TargetTooLong(usize),
    /// A character that a path or query must percent-encode (RFC 3986 §3.3, §3.4), control characters among them.
    #[error("the path or query has the character {0:?}, which must be percent-encoded")]
    TargetCharacter(char),
    /// `%` without two hexadecimal digits after it.
    #[error("the path or query has an incomplete or invalid percent encoding")]
    TargetPercent,
    /// Not `/r1/` and five fields (§2.1).
    #[error("the path is not /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE[/path]")]
    Path,
    /// The service that the path names is not an identifier (§1.3).
    #[error("the service in the path is not an identifier")]
    Service(#[source] RestIdError),
    /// No client (§2.4, step 2), or one that is not an identifier.
    #[error("the header x-road-client is missing or not an identifier")]
    Client(#[source] Option<RestIdError>),
    /// Another header whose value is not an identifier (§1.3).
    #[error("the header {name} is not an identifier")]
    Id {
        /// The name of the header.
        name: &'static str,
        /// What is wrong with it.
        #[source]
        cause: RestIdError,
    },
    /// A header of the protocol is missing or empty.
    #[error("the header {0} is missing or empty")]
    Missing(&'static str),
    /// A header of the protocol stands more than once, so it says nothing.
    #[error("the header {0} is repeated")]
    Duplicate(&'static str),
    /// A header of the connection inside a received block (§2.2).
    #[error("the header {0} is not allowed in a message")]
    ForbiddenHeader(String),
    /// A header name that is not a token.
    #[error("a header line without a valid name")]
    HeaderName,
    /// A header value that is not UTF-8 or has a control character.
    #[error("the header {0} is not UTF-8 or has a control character")]
    HeaderValue(String),
    /// More than [`limits::REST_HEADERS`] header lines, those that we add included.
    #[error("more than {max} header lines", max = limits::REST_HEADERS)]
    TooManyHeaders,
    /// More than [`limits::REST_BLOCK`] octets.
    #[error("a message block of {0} octets, more than {max}", max = limits::REST_BLOCK)]
    TooLarge(usize),
    /// A block that is not UTF-8.
    #[error("a message block that is not UTF-8")]
    NotUtf8,
    /// A block that ends before its headers.
    #[error("a message block without its first two lines")]
    Truncated,
    /// A status that is not three digits from 100 to 999.
    #[error("the status is not three digits")]
    Status,
    /// A reason phrase with a control character.
    #[error("the reason phrase has a control character")]
    Reason,
    /// A request hash that is not base64 of 1 to 64 octets.
    #[error("the header x-road-request-hash is not base64 of a digest")]
    RequestHash,
    /// A header about an agreement that is too long or of another form.
    #[error("the header {0} is too long or not of its form")]
    Declaration(&'static str),
    /// A response that does not say what it answers, and so cannot match (§2.4, step 4).
    #[error("the response has no header {0}, or it is no identifier")]
    Unmatchable(&'static str),
}

impl RestError {
    /// The fault code. What X-Road reports as `internal_error` (§2.1, §3.9: request line and identifiers) has that
    /// code here too.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Method
            | Self::TargetTooLong(_)
            | Self::TargetCharacter(_)
            | Self::TargetPercent
            | Self::Path
            | Self::Service(_)
            | Self::Id { .. } => Code::InternalError,
            Self::Client(_) => Code::InvalidClientIdentifier,
            Self::Missing(_) => Code::MissingHeaderField,
            Self::Duplicate(_) => Code::DuplicateHeaderField,
            Self::ForbiddenHeader(_)
            | Self::HeaderName
            | Self::HeaderValue(_)
            | Self::TooManyHeaders
            | Self::TooLarge(_)
            | Self::NotUtf8
            | Self::Truncated
            | Self::Declaration(_)
            | Self::Status
            | Self::Reason
            | Self::RequestHash => Code::InvalidRest,
            Self::Unmatchable(_) => Code::InconsistentResponse,
        }
    }
}

/// A stored block of either kind: its first octet tells them apart (§2.3).
#[derive(Clone, Debug)]
pub enum RestMessage {
    /// A request.
    Request(RestRequest),
    /// A response.
    Response(RestResponse),
}

impl RestMessage {
    /// Reads a block of either kind.
    pub fn decode(block: Bytes) -> Result<Self, RestError> {
        match block.first() {
            Some(b'1'..=b'9') => RestResponse::decode(block).map(Self::Response),
            _ => RestRequest::decode(block).map(Self::Request),
        }
    }
}
