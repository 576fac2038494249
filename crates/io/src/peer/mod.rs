//! The way to other security servers (wire.md §3).

mod race;
mod winners;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, Uri};
use hyper::body::Incoming;
use openssl::ssl::{Ssl, SslContext};

use self::winners::Winners;
use crate::net::body::{Inflow, Outgoing};
use crate::net::client::{Client, Outcome, RequestBody, Sending};
use crate::net::connect::{dial, place, within};
use crate::net::http::{header, is_of_connection};
use crate::net::pool::Pool;
pub use crate::net::pool::PoolBounds;
use crate::net::tcp::Tcp;
use crate::net::transport::{End, Transport};
use crate::tls::{Connector, PeerConnector, TlsError};
use simpul_exchange::ports::{BodyStream, Headers, LinkError, PeerConnection, PeerLink, PeerReply};
use simpul_trust::cert::Certificate;
use simpul_trust::conf::Route;

/// How peers are reached, and how long they may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerBounds {
    /// The peer port, the same for every peer (wire.md §3.7: the own setting).
    pub port: u16,
    /// For connecting to the fastest of a route's addresses, and again for its handshake.
    pub connect: Duration,
    /// How long the last winner of a route is tried alone.
    pub head_start: Duration,
    /// How long a winner is remembered (§3.7).
    pub remember: Duration,
    /// For the answer's head once the request is sent, and for each octet of the request that waits to be taken.
    pub response: Duration,
    /// Without one octet of an answer's body.
    pub body: Duration,
    /// Idle connections.
    pub pool: PoolBounds,
}

impl Default for PeerBounds {
    fn default() -> Self {
        Self {
            port: 5500,
            connect: Duration::from_secs(30),
            head_start: Duration::from_millis(300),
            remember: Duration::from_secs(3600),
            response: Duration::from_secs(120),
            body: Duration::from_secs(60),
            pool: PoolBounds::default(),
        }
    }
}

/// The shortest time that the remaining addresses get after one failed (§3.7), unless the first had less.
const SECOND_TRY: Duration = Duration::from_secs(5);

/// Connections to other security servers.
#[derive(Clone)]
pub struct Peers(Arc<Shared>);

struct Shared {
    tls: PeerConnector,
    bounds: PeerBounds,
    pool: Arc<Pool>,
    winners: Winners,
}

impl Peers {
    /// Peers that are reached with this side's key, within these bounds.
    #[must_use]
    pub fn new(tls: PeerConnector, bounds: PeerBounds) -> Self {
        let pool = Pool::new(bounds.pool.clone());
        let winners = Winners::new(bounds.remember);
        Self(Arc::new(Shared { tls, bounds, pool, winners }))
    }
}

#[async_trait]
impl PeerLink for Peers {
    async fn open(&self, route: &Route) -> Result<Box<dyn PeerConnection>, LinkError> {
        let mut addresses: Vec<&str> = route.targets.iter().map(|t| t.address.as_str()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let (client, address) = self.0.open(addresses).await?;
        Ok(Box::new(Opened { client, address: address.to_owned(), shared: Arc::clone(&self.0) }))
    }

    fn own_chain(&self) -> Vec<Certificate> {
        self.0.tls.identity().map(|i| i.chain()).unwrap_or_default()
    }
}

impl Shared {
    async fn open<'a>(&self, mut addresses: Vec<&'a str>) -> Result<(Client, &'a str), LinkError> {
        let (context, epoch) = self.tls.context().map_err(|cause| tls_error(&addresses.join(", "), cause))?;
        let set = winners::set(&addresses);
        let mut favourite = set.as_ref().and_then(|set| self.winners.of(set, &addresses));
        for address in favourite.into_iter().chain(addresses.iter().copied()) {
            if let Some(client) = self.pool.take(address, |c| c.epoch() == epoch) {
                return Ok((client, address));
            }
        }
        let mut limit = self.bounds.connect;
        let mut failure = None;
        while !addresses.is_empty() {
            let race = race::fastest(&addresses, self.bounds.port, favourite, self.bounds.head_start);
            let (tcp, address) = match within(limit, &addresses.join(", "), race).await {
                Ok(won) => won,
                // Those that are left cannot be reached: what the one that could be reached said tells more.
                Err(error) => return Err(failure.unwrap_or(error)),
            };
            match self.handshake(tcp, address, &context, epoch, limit).await {
                Ok(client) => {
                    if let Some(set) = set {
                        self.winners.won(set, address);
                    }
                    return Ok((client, address));
                }
                Err(error) => {
                    tracing::info!(address, error = &error as &dyn std::error::Error, "a peer's address failed");
                    addresses.retain(|a| *a != address);
                    (favourite, failure) = (None, Some(error));
                    limit = (limit / 2).max(SECOND_TRY.min(self.bounds.connect));
                }
            }
        }
        Err(failure.unwrap_or_else(|| LinkError::Network {
            to: "a route without addresses".to_owned(),
            cause: io::Error::new(io::ErrorKind::AddrNotAvailable, "there is nowhere to go"),
        }))
    }

    async fn handshake(
        &self,
        tcp: Tcp,
        address: &str,
        context: &SslContext,
        epoch: u64,
        limit: Duration,
    ) -> Result<Client, LinkError> {
        let failed = |cause| LinkError::Tls { to: place(address, self.bounds.port), cause };
        let ssl = Ssl::new(context).map_err(|cause| failed(io::Error::other(cause)))?;
        // The multipart's closing delimiter and the seal tell whether a message is whole; X-Road's answers end with
        // their connection (wire.md §3.2), and Java's TLS does not insist on a close_notify either.
        let transport = Transport::connect(tcp, ssl, limit, End::Lenient).await.map_err(failed)?;
        Client::start_peer(transport, epoch).await.map_err(failed)
    }

    /// A new connection to this address, for a request that the one it was meant for could not begin to carry.
    /// The caller has judged a chain: only the same one will do.
    async fn again(&self, address: &str, judged: &[Certificate]) -> Result<Client, LinkError> {
        let (context, epoch) = self.tls.context().map_err(|cause| tls_error(address, cause))?;
        let (limit, port) = (self.bounds.connect, self.bounds.port);
        let tcp = within(limit, &place(address, port), dial(address, port)).await?;
        let client = self.handshake(tcp, address, &context, epoch, limit).await?;
        if client.chain() != judged {
            let cause = io::Error::new(io::ErrorKind::InvalidData, "the peer now presents other certificates");
            return Err(LinkError::Tls { to: place(address, port), cause });
        }
        Ok(client)
    }
}

fn tls_error(to: &str, cause: TlsError) -> LinkError {
    LinkError::Tls { to: to.to_owned(), cause: io::Error::other(cause) }
}

/// A connection on which nothing was sent since it was opened or was idle.
struct Opened {
    client: Client,
    address: String,
    shared: Arc<Shared>,
}

#[async_trait]
impl PeerConnection for Opened {
    fn address(&self) -> &str {
        &self.address
    }

    fn peer_chain(&self) -> &[Certificate] {
        self.client.chain()
    }

    async fn send(self: Box<Self>, headers: Headers, body: BodyStream) -> Result<PeerReply, LinkError> {
        let Self { client, address, shared } = *self;
        let to = place(&address, shared.bounds.port);
        let patience = Some(shared.bounds.response);
        let request = request(&to, headers, body)?;
        let judged = client.chain_arc();
        let outcome = match client.ask(request, &to, patience).await {
            Outcome::Unsent(request) => {
                tracing::debug!(to, "a connection was closed before anything was sent on it");
                shared.again(&address, &judged).await?.ask(*request, &to, patience).await
            }
            other => other,
        };
        match outcome {
            Outcome::Answered(response, client) => Ok(reply(response, client, address, &shared)),
            Outcome::Unsent(_) => Err(LinkError::Network { to, cause: io::ErrorKind::ConnectionAborted.into() }),
            Outcome::Failed(error) => Err(error),
        }
    }
}

/// `POST /` with these headers and a chunked body (§3.2).
fn request(to: &str, headers: Headers, body: BodyStream) -> Result<Request<RequestBody>, LinkError> {
    let mut request = Request::new(Outgoing::stream(body, Sending::new()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/");
    *request.headers_mut() = header_map(to, headers)
        .ok_or_else(|| LinkError::Http { from: to.to_owned(), why: "a header cannot be sent".to_owned() })?;
    Ok(request)
}

/// Host first, then the headers given.
fn header_map(host: &str, headers: Headers) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len() + 1);
    map.insert(HOST, HeaderValue::from_maybe_shared(Bytes::copy_from_slice(host.as_bytes())).ok()?);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if name != HOST && !is_of_connection(&name) {
            map.append(name, HeaderValue::from_maybe_shared(value).ok()?);
        }
    }
    Some(map)
}

fn reply(response: Response<Incoming>, client: Client, address: String, shared: &Arc<Shared>) -> PeerReply {
    let (head, body) = response.into_parts();
    let pool = Arc::clone(&shared.pool);
    let body = Inflow::new(body, Some(shared.bounds.body)).at_end(move || pool.settle(address, client));
    PeerReply { status: head.status.as_u16(), headers: head.headers.iter().map(header).collect(), body: Box::pin(body) }
}
