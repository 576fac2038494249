//! The way to the information systems that provide services (wire.md §3.10).

mod call;
mod target;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use simpul_exchange::message::Request;
use simpul_exchange::persons::Opened;
use simpul_exchange::ports::{
    LinkError, Permitted, Recorded, ServiceLink, ServiceReply, person_headers, service_headers,
};
use simpul_exchange::server::{Place, Service};

use self::call::Call;
use crate::net::client::{Client, Outcome};
use crate::net::pool::Pool;
pub use crate::net::pool::PoolBounds;
use crate::net::url::Url;
use crate::tls::{Connector, ServiceConnector};
use simpul_trust::cert::Certificate;

/// How services are reached. How long one may take is the service's own setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceBounds {
    /// For connecting, and again for the TLS handshake (wire.md §3.10: 30 s).
    pub connect: Duration,
    /// Idle connections, by scheme, host and port.
    pub pool: PoolBounds,
}

impl Default for ServiceBounds {
    fn default() -> Self {
        Self { connect: Duration::from_secs(30), pool: PoolBounds::default() }
    }
}

/// Connections to services.
pub struct Services {
    tls: ServiceConnector,
    bounds: ServiceBounds,
    pool: Arc<Pool>,
}

impl Services {
    /// Services that are reached with this side's internal TLS key, within these bounds.
    #[must_use]
    pub fn new(tls: ServiceConnector, bounds: ServiceBounds) -> Self {
        let pool = Pool::new(bounds.pool.clone());
        Self { tls, bounds, pool }
    }

    /// Asks once: on an idle connection, or on a new one if there is none or it was closed before anything was sent.
    async fn ask(&self, call: Call<'_>) -> Result<ServiceReply, LinkError> {
        let url = call.url()?;
        let request = call.request(&url)?;
        let origin = url.origin();
        let idle = self.idle(&url, &origin, call.pinned)?;
        let client = match idle {
            Some(client) => client,
            None => self.connect(&url, call.pinned).await?,
        };
        let outcome = match client.ask(request, &origin, call.timeout).await {
            Outcome::Unsent(request) => {
                let client = self.connect(&url, call.pinned).await?;
                client.ask(*request, &origin, call.timeout).await
            }
            other => other,
        };
        match outcome {
            Outcome::Answered(response, client) => Ok(call.answered(response, client, origin, &self.pool)),
            Outcome::Unsent(_) => {
                Err(LinkError::Network { to: origin, cause: io::ErrorKind::ConnectionAborted.into() })
            }
            Outcome::Failed(error) => Err(error),
        }
    }

    /// An idle connection that was opened with the key in force, to a certificate that this service may present.
    fn idle(&self, url: &Url, origin: &str, pinned: Option<&[Certificate]>) -> Result<Option<Client>, LinkError> {
        let epoch = match url.https {
            true => {
                self.tls
                    .context()
                    .map_err(|cause| LinkError::Tls { to: origin.to_owned(), cause: io::Error::other(cause) })?
                    .1
            }
            false => 0,
        };
        Ok(self.pool.take(origin, |c| c.epoch() == epoch && (!url.https || is_pinned(c.leaf(), pinned))))
    }

    async fn connect(&self, url: &Url, pinned: Option<&[Certificate]>) -> Result<Client, LinkError> {
        let client = Client::to(url, self.bounds.connect, |url| self.tls.session(url.name())).await?;
        if url.https && !is_pinned(client.leaf(), pinned) {
            let cause =
                io::Error::new(io::ErrorKind::PermissionDenied, "its certificate is not one of those configured");
            return Err(LinkError::Tls { to: url.origin(), cause });
        }
        Ok(client)
    }
}

#[async_trait]
impl ServiceLink for Services {
    async fn call(
        &self,
        recorded: &Recorded<Permitted<Request>>,
        person: Option<&Opened>,
        service: &Service,
    ) -> Result<ServiceReply, LinkError> {
        let Place::At(url) = &service.place else {
            return Err(LinkError::BadUrl(format!("{} is a service of this server", service.id)));
        };
        let request = recorded.message().message();
        let head = request.head();
        let body = match request.body() {
            None => None,
            Some(body) => Some(body.data.as_ref().ok_or_else(|| LinkError::Http {
                from: url.clone(),
                why: "the message's body is not at hand".to_owned(),
            })?),
        };
        let mut headers: Vec<_> =
            service_headers(recorded, service).map(|h| (h.name.as_str(), h.value.as_bytes())).collect();
        headers.extend(person.into_iter().flat_map(person_headers).map(|(name, value)| (name, value.as_bytes())));
        let call = Call {
            method: head.method(),
            service_path: head.service_path(),
            query: head.query(),
            headers,
            body,
            service_url: url,
            timeout: service.timeout,
            pinned: service.pinned.as_deref(),
        };
        self.ask(call).await
    }
}

/// Whether the leaf is one of the pinned certificates, byte for byte; without pins any will do (wire.md §9.3).
fn is_pinned(leaf: Option<&[u8]>, pinned: Option<&[Certificate]>) -> bool {
    match (leaf, pinned) {
        (_, None) => true,
        (Some(leaf), Some(pinned)) => pinned.iter().any(|c| c.der() == leaf),
        (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
