//! What the listeners hand to the orchestrators, and what they get back.

use std::sync::Arc;

use bytes::Bytes;
use simpul_trust::cert::Certificate;

use crate::ports::{BodyStream, Headers, Spooled};

/// A call of an information system at the consumer port (wire.md §2).
pub struct ConsumerCall {
    /// HTTP method as written.
    pub method: String,
    /// Raw request target: path and query, still encoded.
    pub target: String,
    /// Headers in order.
    pub headers: Headers,
    /// How the caller connected.
    pub caller: Caller,
    /// The body; a stream of no octets is the same as `None`.
    pub body: Option<BodyStream>,
}

/// How an information system connected (wire.md §9.3).
#[derive(Clone, Debug)]
pub enum Caller {
    /// Plain HTTP.
    Http,
    /// TLS without a client certificate.
    Tls,
    /// TLS, and possession of this certificate's key was proved.
    TlsWithCertificate(Certificate),
    /// This server itself, on behalf of one of its clients: no connection, and nothing to prove.
    Own,
}

/// A message of a peer at the peer port (wire.md §3.2).
pub struct PeerCall {
    /// HTTP method as written.
    pub method: String,
    /// Headers, names in lower case.
    pub headers: Headers,
    /// The peer's certificates, leaf first; the handshake proved possession of the leaf's key.
    pub chain: Vec<Certificate>,
    /// The body.
    pub body: BodyStream,
}

/// An answer to either.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Reason phrase; `None` lets HTTP choose.
    pub reason: Option<String>,
    /// Headers in order, complete but for those of the connection itself.
    pub headers: Headers,
    /// Body.
    pub body: AnswerBody,
}

/// The body of an answer.
pub enum AnswerBody {
    /// None.
    Empty,
    /// All of it.
    Whole(Bytes),
    /// From the spool, verified.
    Spooled(Arc<dyn Spooled>),
    /// As it comes. An error breaks the connection, so that no half message looks whole.
    Stream(BodyStream),
}
