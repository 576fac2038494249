//! TLS with information systems: those that call the consumer port, and those that provide services (wire.md §9.3).

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::ssl::{Ssl, SslContext, SslVerifyMode};

use super::outbound::Outbound;
use super::params::{SYSTEM_SUITES, context};
use super::{Acceptor, Connector, Identity, IdentitySource, TlsError};
use simpul_trust::cert::Certificate;

/// The accepting side of the consumer's TLS port: a client certificate is asked for, and any or none passes.
/// Whether it is one of the calling client's certificates is for whoever knows the client (§9.3).
pub struct SystemAcceptor {
    identity: Arc<dyn IdentitySource>,
    built: Mutex<Option<(Arc<Identity>, SslContext)>>,
}

impl SystemAcceptor {
    /// Presents `identity`, the server's internal TLS key.
    #[must_use]
    pub fn new(identity: Arc<dyn IdentitySource>) -> Self {
        Self { identity, built: Mutex::new(None) }
    }
}

impl Acceptor for SystemAcceptor {
    fn context(&self) -> Result<SslContext, TlsError> {
        let identity = self.identity.current().ok_or(TlsError::NoIdentity)?;
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        match built.as_ref() {
            Some((of, context)) if Arc::ptr_eq(of, &identity) => Ok(context.clone()),
            _ => {
                let mut context = context(SYSTEM_SUITES)?;
                identity.present(&mut context)?;
                context.set_verify_callback(SslVerifyMode::PEER, |_, _| true);
                let context = context.build();
                *built = Some((identity, context.clone()));
                Ok(context)
            }
        }
    }

    fn admits(&self, _chain: &[Certificate]) -> bool {
        true
    }
}

/// The connecting side toward services: presents the server's internal TLS key if there is one, and passes any
/// server certificate; the caller compares the leaf with the pinned ones before it sends anything. The host name is
/// not checked (§9.3).
pub struct ServiceConnector(Outbound);

impl ServiceConnector {
    /// Connects as `identity`, or without a certificate while there is none.
    #[must_use]
    pub fn new(identity: Arc<dyn IdentitySource>) -> Self {
        Self(Outbound::new(SYSTEM_SUITES, identity))
    }

    /// A session for one connection, and the number of the identity that it presents. The server is told the name
    /// that the URL has for it (SNI).
    pub(crate) fn session(&self, name: Option<&str>) -> Result<(Ssl, u64), TlsError> {
        let (context, epoch) = self.context()?;
        let mut ssl = Ssl::new(&context).map_err(TlsError::refused("a new session"))?;
        if let Some(name) = name {
            ssl.set_hostname(name).map_err(TlsError::refused("the server's name"))?;
        }
        Ok((ssl, epoch))
    }
}

impl Connector for ServiceConnector {
    fn context(&self) -> Result<(SslContext, u64), TlsError> {
        self.0.context(self.0.identity())
    }
}

/// Whom to believe when something is fetched over https that carries no proof of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The certificates in a PEM file, such as `/etc/ssl/certs/ca-certificates.crt`; the host name must fit.
    File(PathBuf),
    /// Any certificate: for what is signed anyway, such as a global configuration.
    Any,
}

/// The connecting side of what is fetched.
pub(crate) struct FetchConnector {
    context: SslContext,
    check_name: bool,
}

impl Roots {
    /// What to fetch with.
    pub(crate) fn connector(&self) -> Result<FetchConnector, TlsError> {
        let mut context = context(SYSTEM_SUITES)?;
        match self {
            Self::File(path) => {
                context.set_verify(SslVerifyMode::PEER);
                context.set_ca_file(path).map_err(TlsError::refused("the file of root certificates"))?;
            }
            Self::Any => context.set_verify(SslVerifyMode::NONE),
        }
        Ok(FetchConnector { context: context.build(), check_name: *self != Self::Any })
    }
}

impl FetchConnector {
    /// A session for one connection to this host.
    pub(crate) fn session(&self, host: &str) -> Result<Ssl, TlsError> {
        let mut ssl = Ssl::new(&self.context).map_err(TlsError::refused("a new session"))?;
        let named = match host.parse::<IpAddr>() {
            Ok(ip) if self.check_name => ssl.param_mut().set_ip(ip),
            Ok(_) => Ok(()),
            Err(_) if self.check_name => ssl.param_mut().set_host(host).and_then(|()| ssl.set_hostname(host)),
            Err(_) => ssl.set_hostname(host),
        };
        named.map_err(TlsError::refused("the server's name"))?;
        Ok(ssl)
    }
}
