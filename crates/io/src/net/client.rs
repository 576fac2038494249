//! The client side of one HTTP connection.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use openssl::ssl::{Ssl, SslRef};
use simpul_core::limits;
use tokio::time::Instant;

use super::body::{Outgoing, Watch};
use super::connect::{dial, within};
use super::tcp::Glance;
use super::transport::{End, Transport};
use super::url::Url;
use crate::tls::{TlsError, presented};
use simpul_exchange::ports::LinkError;
use simpul_trust::cert::Certificate;

/// A request's body on its way out.
pub(crate) type RequestBody = Outgoing<Sending>;

/// One connection, for one request at a time. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct Client {
    sender: SendRequest<RequestBody>,
    glance: Glance,
    /// The other side's leaf certificate (DER); `None` without TLS.
    leaf: Option<Vec<u8>>,
    /// The other side's certificates, leaf first: only of a peer.
    chain: Arc<[Certificate]>,
    /// Which of this side's identities it was opened with.
    epoch: u64,
    opened: Instant,
    /// It was idle before.
    kept: bool,
}

/// What became of a request.
pub(crate) enum Outcome {
    /// The head of an answer, and the connection on which its body arrives.
    Answered(Response<Incoming>, Client),
    /// The connection was closed before one octet of the request was written: it may be sent on another.
    Unsent(Box<Request<RequestBody>>),
    /// It failed, and the other side may have seen it.
    Failed(LinkError),
}

impl Client {
    /// Starts HTTP on a connection; its octets move in a task of their own.
    pub(crate) async fn start(transport: Transport, epoch: u64) -> io::Result<Self> {
        let glance = transport.tcp().glance();
        let leaf = transport.ssl().and_then(SslRef::peer_certificate).map(|c| c.to_der()).transpose()?;
        let (sender, connection) = http1::Builder::new()
            .max_headers(limits::HTTP_HEADERS)
            .max_header_size(limits::HTTP_HEAD)
            .max_buf_size(limits::HTTP_HEAD)
            .handshake(TokioIo::new(transport))
            .await
            .map_err(io::Error::other)?;
        tokio::spawn(async move {
            if let Err(cause) = connection.await {
                tracing::debug!(%cause, "a connection ended");
            }
        });
        Ok(Self { sender, glance, leaf, chain: Arc::new([]), epoch, opened: Instant::now(), kept: false })
    }

    /// Connects to the URL's host and starts HTTP, over TLS if the scheme says so.
    pub(crate) async fn to(
        url: &Url,
        limit: Duration,
        tls: impl FnOnce(&Url) -> Result<(Ssl, u64), TlsError>,
    ) -> Result<Self, LinkError> {
        let to = url.origin();
        let tcp = within(limit, &to, dial(&url.host, url.port)).await?;
        if !url.https {
            let started = Self::start(Transport::Plain(tcp), 0).await;
            return started.map_err(|cause| LinkError::Network { to, cause });
        }
        let failed = |cause| LinkError::Tls { to: to.clone(), cause };
        let (ssl, epoch) = tls(url).map_err(|cause| failed(io::Error::other(cause)))?;
        let transport = Transport::connect(tcp, ssl, limit, End::Strict).await.map_err(failed)?;
        Self::start(transport, epoch).await.map_err(failed)
    }

    /// As [`Client::start`], for a peer: keeps its whole chain.
    pub(crate) async fn start_peer(transport: Transport, epoch: u64) -> io::Result<Self> {
        let chain = transport.ssl().and_then(presented).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "the certificates presented cannot be read or are too many")
        })?;
        Ok(Self { chain: chain.into(), ..Self::start(transport, epoch).await? })
    }

    /// The other side's certificates, leaf first, if it is a peer.
    pub(crate) fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The same, to keep beyond this connection.
    pub(crate) fn chain_arc(&self) -> Arc<[Certificate]> {
        Arc::clone(&self.chain)
    }

    /// The other side's leaf certificate (DER); `None` without TLS.
    pub(crate) fn leaf(&self) -> Option<&[u8]> {
        self.leaf.as_deref()
    }

    /// Which of this side's identities it was opened with.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How long it has been open.
    pub(crate) fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Whether an idle connection can be used: the other side has neither closed it nor said anything on it.
    pub(crate) fn is_alive(&self) -> bool {
        self.sender.is_ready() && self.glance.is_quiet()
    }

    /// Marks it as one that was idle and may have been closed since.
    pub(crate) fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// Waits until the connection is idle again; false if it ends instead.
    pub(crate) async fn idle(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Whether it is idle already.
    pub(crate) fn is_idle(&self) -> bool {
        self.sender.is_ready()
    }

    /// Sends a request and gives the head of its answer, which may come before the body is sent whole.
    ///
    /// `patience` is how long the other side may take when the next step is its: to take more of the body, or to
    /// answer once it has all. Time in which the body itself has nothing to give does not count.
    pub(crate) async fn ask(mut self, request: Request<RequestBody>, to: &str, patience: Option<Duration>) -> Outcome {
        if self.kept && !self.is_alive() {
            return Outcome::Unsent(Box::new(request));
        }
        let sending = request.body().watch();
        sending.step(false);
        let progress = Arc::clone(&sending.0);
        let answer = self.sender.try_send_request(request);
        let answered = tokio::select! {
            answered = answer => answered,
            limit = progress.overdue(patience) => {
                return Outcome::Failed(LinkError::TimedOut { from: to.to_owned(), seconds: limit.as_secs() });
            }
        };
        match answered {
            Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                let why = "it switched the protocol unasked".to_owned();
                Outcome::Failed(LinkError::Http { from: to.to_owned(), why })
            }
            Ok(response) => Outcome::Answered(response, self),
            Err(mut unsent) => match unsent.take_message() {
                Some(request) => Outcome::Unsent(Box::new(request)),
                None => Outcome::Failed(failure(unsent.into_error(), to)),
            },
        }
    }
}

/// What a failed request means to the caller.
fn failure(error: hyper::Error, to: &str) -> LinkError {
    if error.is_parse() {
        let why = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        return LinkError::Http { from: to.to_owned(), why };
    }
    LinkError::Network { to: to.to_owned(), cause: io::Error::other(error) }
}

/// How far a request is, and whose step is next.
#[derive(Debug)]
pub(crate) struct Progress {
    start: Instant,
    /// Milliseconds since `start` of the last step.
    last: AtomicU64,
    /// This side has nothing to give at the moment.
    starved: AtomicBool,
}

/// Watches a request's body.
#[derive(Clone, Debug)]
pub(crate) struct Sending(Arc<Progress>);

impl Sending {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Progress { start: Instant::now(), last: AtomicU64::new(0), starved: AtomicBool::new(false) }))
    }

    fn step(&self, starved: bool) {
        let now = u64::try_from(self.0.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.last.store(now, Ordering::Relaxed);
        self.0.starved.store(starved, Ordering::Relaxed);
    }
}

impl Watch for Sending {
    fn starved(&mut self) {
        self.step(true);
    }

    fn gave(&mut self) {
        self.step(false);
    }

    fn ended(&mut self) {
        self.step(false);
    }
}

impl Progress {
    /// Returns when the other side has let its time pass; never without a limit.
    async fn overdue(&self, limit: Option<Duration>) -> Duration {
        let Some(limit) = limit else { return std::future::pending().await };
        loop {
            let last = self.start + Duration::from_millis(self.last.load(Ordering::Relaxed));
            let wait = if self.starved.load(Ordering::Relaxed) { limit } else { limit.saturating_sub(last.elapsed()) };
            if wait.is_zero() {
                return limit;
            }
            tokio::time::sleep(wait).await;
        }
    }
}
