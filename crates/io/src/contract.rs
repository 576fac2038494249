//! The ports that this crate implements, gathered in one place.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use simpul_core::UnixTime;
pub use simpul_trust::cert::Certificate;

/// Octets as they arrive.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// Headers in order.
pub type Headers = Vec<(String, Bytes)>;

/// Why a stream of octets ended before it was complete.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The other side closed or broke the connection.
    #[error("the connection broke before the message was complete")]
    Cut(#[source] std::io::Error),
    /// The other side sent nothing for too long.
    #[error("nothing arrived for {0} seconds")]
    Slow(u64),
    /// This side gave up.
    #[error("the sender gave up")]
    Abandoned,
}

/// Why a peer or a service could not be asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The host name has no address.
    #[error("the host name `{host}` has no address")]
    UnknownHost {
        /// The name that was looked up.
        host: String,
        /// What the resolver said.
        #[source]
        cause: std::io::Error,
    },
    /// No connection, or it broke.
    #[error("no connection to {to}")]
    Network {
        /// Where the connection was to lead.
        to: String,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The TLS handshake failed.
    #[error("the TLS handshake with {to} failed")]
    Tls {
        /// The peer's address.
        to: String,
        /// What the TLS library said.
        #[source]
        cause: std::io::Error,
    },
    /// The answer broke HTTP or a bound.
    #[error("{from} did not answer in HTTP as expected: {why}")]
    Http {
        /// Who answered.
        from: String,
        /// What was wrong.
        why: String,
    },
    /// Nothing came within the time allowed.
    #[error("{from} did not answer within {seconds} s")]
    TimedOut {
        /// Who was asked.
        from: String,
        /// How long this side waited.
        seconds: u64,
    },
    /// The service's address is missing or is no http(s) URL.
    #[error("the service address `{0}` cannot be used")]
    BadUrl(String),
}

/// The composition root's clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UnixTime;
}

/// A complete entry of the spool.
pub trait Spooled: Send + Sync {
    /// Its length in octets.
    fn len(&self) -> u64;
    /// Whether it has no octets.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Reads it from the start.
    fn read(&self) -> BodyStream;
}

/// The global configuration.
pub struct GlobalConf {
    /// Hash of known leafs.
    pub known: Vec<Vec<u8>>,
    /// Subjects.
    pub subjects: Vec<Vec<u8>>,
}

impl GlobalConf {
    /// Handshake rule.
    #[must_use]
    pub fn knows_auth_certificate(&self, leaf: &Certificate) -> Option<()> {
        self.known.iter().any(|k| k == leaf.der()).then_some(())
    }
    /// CA subjects.
    #[must_use]
    pub fn ca_subjects(&self) -> Vec<Vec<u8>> {
        self.subjects.clone()
    }
}

/// The configuration in force.
pub trait ConfSource: Send + Sync {
    /// The newest accepted one.
    fn current(&self) -> Option<Arc<GlobalConf>>;
}

/// A call of an information system at the consumer port.
pub struct ConsumerCall {
    /// HTTP method as written.
    pub method: String,
    /// Raw request target.
    pub target: String,
    /// Headers in order.
    pub headers: Headers,
    /// How the caller connected.
    pub caller: Caller,
    /// The body.
    pub body: Option<BodyStream>,
}

/// How an information system connected.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Plain HTTP.
    Http,
    /// TLS without a client certificate.
    Tls,
    /// TLS with one.
    TlsWithCertificate(Certificate),
}

/// A message of a peer at the peer port.
pub struct PeerCall {
    /// HTTP method as written.
    pub method: String,
    /// Headers.
    pub headers: Headers,
    /// The peer's certificates, leaf first.
    pub chain: Vec<Certificate>,
    /// The body.
    pub body: BodyStream,
}

/// An answer to either.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Reason phrase.
    pub reason: Option<String>,
    /// Headers in order.
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
    /// From the spool.
    Spooled(Arc<dyn Spooled>),
    /// As it comes.
    Stream(BodyStream),
}

/// Where to go.
pub struct Route {
    /// The servers.
    pub targets: Vec<Target>,
}

/// One of them.
pub struct Target {
    /// As the global configuration spells it.
    pub address: String,
}

/// The way to other security servers.
#[async_trait]
pub trait PeerLink: Send + Sync {
    /// Connects.
    async fn open(&self, route: &Route) -> Result<Box<dyn PeerConnection>, LinkError>;
    /// The own chain.
    fn own_chain(&self) -> Vec<Certificate>;
}

/// One connection to a peer.
#[async_trait]
pub trait PeerConnection: Send {
    /// The address.
    fn address(&self) -> &str;
    /// The certificates.
    fn peer_chain(&self) -> &[Certificate];
    /// Sends.
    async fn send(self: Box<Self>, headers: Headers, body: BodyStream) -> Result<PeerReply, LinkError>;
}

/// A peer's HTTP answer.
pub struct PeerReply {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub body: BodyStream,
}

/// A service's HTTP answer.
pub struct ServiceReply {
    /// HTTP status.
    pub status: u16,
    /// Reason phrase.
    pub reason: String,
    /// Its headers in order.
    pub headers: Headers,
    /// Its body.
    pub body: Option<BodyStream>,
}
