//! What a node fetches for itself: OCSP responses, timestamps, global configurations. Nothing that arrives is
//! believed because of how it came; its own signatures are checked by those who asked for it.

pub mod conf;
mod tsa;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, Response};
use hyper::body::Incoming;
use simpul_exchange::ports::{BodyError, LinkError};

pub use self::tsa::Tsas;
use crate::net::body::{Inflow, Outgoing};
use crate::net::client::{Client, Outcome, RequestBody, Sending};
use crate::net::pool::{Pool, PoolBounds};
use crate::net::url::{Url, exact};
use crate::tls::{FetchConnector, Roots, TlsError};

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// HTTP status; redirects are not followed.
    pub status: u16,
    /// Content type, if it is text.
    pub content_type: Option<String>,
    /// The whole body.
    pub body: Bytes,
}

/// A client for small things: one answer at a time, whole in memory, within a time and a size.
pub struct Fetcher {
    tls: FetchConnector,
    time: Duration,
    pool: Arc<Pool>,
}

/// Idle connections are few: each place is asked now and then.
const IDLE: PoolBounds =
    PoolBounds { per_place: 4, total: 32, idle: Duration::from_secs(10), age: Duration::from_secs(600) };

impl Fetcher {
    /// A client that believes `roots` over https and gives each fetch this time from its beginning to the last octet.
    pub fn new(roots: &Roots, time: Duration) -> Result<Self, TlsError> {
        Ok(Self { tls: roots.connector()?, time, pool: Pool::new(IDLE) })
    }

    /// Fetches a URL; a body of more than `limit` octets is an error.
    pub async fn get(&self, url: &str, limit: usize) -> Result<Fetched, LinkError> {
        self.fetch(Method::GET, url, None, limit).await
    }

    /// Sends `body` to a URL and fetches the answer; one of more than `limit` octets is an error.
    pub async fn post(
        &self,
        url: &str,
        content_type: &'static str,
        body: Bytes,
        limit: usize,
    ) -> Result<Fetched, LinkError> {
        self.fetch(Method::POST, url, Some((content_type, body)), limit).await
    }

    async fn fetch(
        &self,
        method: Method,
        text: &str,
        content: Option<(&'static str, Bytes)>,
        limit: usize,
    ) -> Result<Fetched, LinkError> {
        let bad = || LinkError::BadUrl(text.to_owned());
        let url = Url::parse(text).ok_or_else(bad)?;
        let request = request(method, &url, content).ok_or_else(bad)?;
        let (from, seconds) = (url.origin(), self.time.as_secs());
        let fetched = tokio::time::timeout(self.time, self.exchange(&url, request, limit)).await;
        fetched.unwrap_or(Err(LinkError::TimedOut { from, seconds }))
    }

    async fn exchange(&self, url: &Url, request: Request<RequestBody>, limit: usize) -> Result<Fetched, LinkError> {
        let origin = url.origin();
        let client = match self.pool.take(&origin, |_| true) {
            Some(client) => client,
            None => self.connect(url).await?,
        };
        let outcome = match client.ask(request, &origin, None).await {
            Outcome::Unsent(request) => self.connect(url).await?.ask(*request, &origin, None).await,
            other => other,
        };
        match outcome {
            Outcome::Answered(response, client) => self.collect(response, client, origin, limit).await,
            Outcome::Unsent(_) => {
                Err(LinkError::Network { to: origin, cause: io::ErrorKind::ConnectionAborted.into() })
            }
            Outcome::Failed(error) => Err(error),
        }
    }

    async fn connect(&self, url: &Url) -> Result<Client, LinkError> {
        Client::to(url, self.time, |url| Ok((self.tls.session(&url.host)?, 0))).await
    }

    async fn collect(
        &self,
        response: Response<Incoming>,
        client: Client,
        origin: String,
        limit: usize,
    ) -> Result<Fetched, LinkError> {
        let (head, body) = response.into_parts();
        let (pool, place) = (Arc::clone(&self.pool), origin.clone());
        let mut body = Inflow::new(body, None).at_end(move || pool.settle(place, client));
        let mut whole = BytesMut::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| broken(&origin, error))?;
            if whole.len() + chunk.len() > limit {
                return Err(LinkError::Http { from: origin, why: format!("the body has more than {limit} octets") });
            }
            whole.extend_from_slice(&chunk);
        }
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(str::to_owned);
        Ok(Fetched { status: head.status.as_u16(), content_type, body: whole.freeze() })
    }
}

fn request(method: Method, url: &Url, content: Option<(&'static str, Bytes)>) -> Option<Request<RequestBody>> {
    let (content_type, body) = match content {
        Some((content_type, body)) => (Some(content_type), Outgoing::whole(body, Sending::new())),
        None => (None, Outgoing::empty(Sending::new())),
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = exact(&url.target)?;
    request.headers_mut().insert(HOST, HeaderValue::from_str(&url.authority).ok()?);
    if let Some(content_type) = content_type {
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Some(request)
}

fn broken(from: &str, error: BodyError) -> LinkError {
    LinkError::Network { to: from.to_owned(), cause: io::Error::other(error) }
}
