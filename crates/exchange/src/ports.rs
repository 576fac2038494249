//! What the security-server role needs from the outside world, as narrow ports (architecture.md, "ports").
//!
//! Adapters live in `io` (sockets) and `store` (files, SQL); tests bring their own. No port retries: a failed
//! exchange is a fault to the caller, who alone knows whether asking twice is safe.

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::Stream;
use simpul_core::{Dialect, MemberId, UnixTime};
use simpul_ledger::Ledger;
pub use simpul_ledger::Recorded;
pub use simpul_policy::Permitted;
use simpul_policy::agreement::{Agreements, Usage};
use simpul_policy::minimise;
use simpul_trust::cert::Certificate;
use simpul_trust::conf::{GlobalConf, Route};
use simpul_trust::token::Signer;
use simpul_wire::rest::{self, HeaderLine};

use crate::message::Request;
use crate::persons::Opened;
use crate::server::{ServerConf, Service};

/// Octets as they arrive. An error ends the stream; a stream without error that ends is complete.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, BodyError>> + Send>>;

/// Headers in order, with the case in which they came; values are octets.
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
    /// This side gave up: the fault that made it do so is reported elsewhere.
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
    /// The TLS handshake failed: wrong, unknown or missing certificate, or no common suite.
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
    /// The service's address in the configuration is missing or is no http(s) URL.
    #[error("the service address `{0}` cannot be used")]
    BadUrl(String),
}

/// The composition root's clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> UnixTime;
}

/// The global configuration in force.
pub trait ConfSource: Send + Sync {
    /// The newest accepted configuration; `None` until one was accepted. It may have expired since.
    fn current(&self) -> Option<Arc<GlobalConf>>;
}

/// Sign keys of the members on this server.
pub trait SigningKeys: Send + Sync {
    /// The key with which `member` signs here; `None` if it has no active key.
    fn signer(&self, member: &MemberId) -> Option<Arc<dyn Signer>>;
}

/// No fresh OCSP response is at hand.
#[derive(Debug, thiserror::Error)]
#[error("no fresh OCSP response for the certificate `{subject}`")]
pub struct OcspUnavailable {
    /// Subject of the certificate.
    pub subject: String,
    /// What fetching it said, if it was tried.
    #[source]
    pub cause: Option<LinkError>,
}

/// OCSP responses, own and of peers.
#[async_trait]
pub trait OcspSource: Send + Sync {
    /// Stored responses (DER) for an own certificate and its intermediates, in the order of `chain`.
    fn own(&self, chain: &[Certificate], at: UnixTime) -> Result<Vec<Bytes>, OcspUnavailable>;

    /// Responses (DER) for a peer's chain without its anchor, in that order: from the cache while fresh by the
    /// rules of `conf`, else from the peer's OCSP port at `address` (wire.md §3.6). Only cached after the caller's
    /// own check can they be trusted: this port does not verify.
    async fn of_peer(
        &self,
        address: &str,
        chain: &[Certificate],
        conf: &GlobalConf,
        at: UnixTime,
    ) -> Result<Vec<Bytes>, OcspUnavailable>;
}

/// The way to other security servers (wire.md §3).
#[async_trait]
pub trait PeerLink: Send + Sync {
    /// Connects to the fastest target of the route, or takes an idle connection to one of them (§3.7).
    async fn open(&self, route: &Route) -> Result<Box<dyn PeerConnection>, LinkError>;

    /// The own authentication certificate and the intermediates that are sent with it, leaf first.
    fn own_chain(&self) -> Vec<Certificate>;
}

/// One connection to a peer, used for one exchange at a time.
#[async_trait]
pub trait PeerConnection: Send {
    /// The address that was connected to, as the global configuration spells it.
    fn address(&self) -> &str;

    /// The certificates that the peer presented, leaf first. The handshake proved possession of the leaf's key and
    /// nothing else.
    fn peer_chain(&self) -> &[Certificate];

    /// Sends `POST /` with these headers and a chunked body, and gives the answer as soon as its head is there, even
    /// when the body is not yet sent whole. A body that ends in an error breaks the connection.
    async fn send(self: Box<Self>, headers: Headers, body: BodyStream) -> Result<PeerReply, LinkError>;
}

/// A peer's HTTP answer.
pub struct PeerReply {
    /// HTTP status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Headers,
    /// Its body.
    pub body: BodyStream,
}

/// The way to the information systems that provide services (wire.md §3.10).
#[async_trait]
pub trait ServiceLink: Send + Sync {
    /// Asks the service. Only a request that was verified, permitted and made durable can be given here.
    ///
    /// The address is the service's URL followed by the raw service path and query; the method and the headers are
    /// the block's; a body goes with POST, PUT and PATCH only; redirects are answers. Whom the request is about is told
    /// to the service alone, in the headers of [`person_headers`].
    async fn call(
        &self,
        request: &Recorded<Permitted<Request>>,
        person: Option<&Opened>,
        service: &Service,
    ) -> Result<ServiceReply, LinkError>;
}

/// The headers that tell the service whom a request is about. No other header may: see [`service_headers`].
pub fn person_headers(person: &Opened) -> [(&'static str, &str); 2] {
    [(rest::SUBJECT_ID, person.subject.reveal()), (rest::SUBJECT_HOME, person.home.as_str())]
}

/// The headers of a request that go on to the service: all of them, but for those that only this server may set, and
/// those with which an answer that is read here would come coded, in part, or not at all.
pub fn service_headers<'a>(
    request: &'a Recorded<Permitted<Request>>,
    service: &Service,
) -> impl Iterator<Item = &'a HeaderLine> + use<'a> {
    let read = request.grant().agreement.is_some() || service.persons.is_some();
    let headers = request.message().message().head().headers().iter();
    let own = |name: &str| [rest::SUBJECT_ID, rest::SUBJECT_HOME].iter().any(|own| own.eq_ignore_ascii_case(name));
    headers.filter(move |h| !own(&h.name) && (!read || minimise::forwards_request_header(&h.name)))
}

/// A service's HTTP answer.
pub struct ServiceReply {
    /// HTTP status.
    pub status: u16,
    /// Reason phrase as the service sent it; empty if none.
    pub reason: String,
    /// Its headers in order.
    pub headers: Headers,
    /// Its body; `None` when HTTP says that there is none (HEAD, 204, 304), `Some` even of 0 octets otherwise.
    pub body: Option<BodyStream>,
}

/// Where bodies wait until their seal is checked.
#[async_trait]
pub trait Spool: Send + Sync {
    /// Opens an empty entry. It vanishes with its last reader.
    async fn create(&self) -> std::io::Result<Box<dyn SpoolWriter>>;
}

/// An entry that is being filled.
#[async_trait]
pub trait SpoolWriter: Send {
    /// Appends.
    async fn write(&mut self, chunk: Bytes) -> std::io::Result<()>;
    /// Ends the entry and makes it readable.
    async fn finish(self: Box<Self>) -> std::io::Result<Arc<dyn Spooled>>;
}

/// A complete entry.
pub trait Spooled: Send + Sync {
    /// Its length in octets.
    fn len(&self) -> u64;

    /// Whether it has no octets.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads it from the start; may be called again.
    fn read(&self) -> BodyStream;
}

/// The composition root's source of randomness, for ids and boundaries; keys are not made from it.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` with random octets.
    fn fill(&self, bytes: &mut [u8]);
}

/// The server configuration in force.
pub trait ServerStore: Send + Sync {
    /// A snapshot; a later change makes another.
    fn current(&self) -> Arc<ServerConf>;
}

/// The agreements that decide.
pub trait AgreementSource: Send + Sync {
    /// Those in force or suspended at this moment: a suspension holds for the next exchange that asks.
    fn current(&self) -> Arc<Agreements>;

    /// Where the calls that their clauses allow are counted.
    fn usage(&self) -> &(dyn Usage + Send + Sync);
}

/// What both sides of the role need. Cloning shares the ports.
#[derive(Clone)]
pub struct Ports {
    /// Global configuration.
    pub conf: Arc<dyn ConfSource>,
    /// Server configuration.
    pub server: Arc<dyn ServerStore>,
    /// Agreements between states.
    pub agreements: Arc<dyn AgreementSource>,
    /// Sign keys.
    pub keys: Arc<dyn SigningKeys>,
    /// OCSP responses.
    pub ocsp: Arc<dyn OcspSource>,
    /// Bodies.
    pub spool: Arc<dyn Spool>,
    /// Message log.
    pub ledger: Arc<Ledger>,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Randomness>,
    /// Spelling of faults.
    pub dialect: Dialect,
}
