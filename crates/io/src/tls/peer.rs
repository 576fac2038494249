//! Mutual TLS between security servers (wire.md §3.1).

use std::sync::{Arc, Mutex, PoisonError};

use openssl::ssl::{SslContext, SslVerifyMode};
use openssl::stack::Stack;
use openssl::x509::{X509Name, X509Ref, X509StoreContextRef};

use super::outbound::Outbound;
use super::params::{PEER_SUITES, context};
use super::{Acceptor, Connector, Identity, IdentitySource, TlsError};
use simpul_exchange::ports::ConfSource;
use simpul_trust::cert::Certificate;
use simpul_trust::conf::GlobalConf;

/// Octets of CA names that are sent in a CertificateRequest. TLS ends at 65,535; names beyond this are left out.
const CA_NAMES: usize = 32 * 1024;

/// The accepting side of the peer port.
///
/// A client must present a certificate, and the handshake fails unless the global configuration in force knows the
/// leaf as the authentication certificate of some security server. Nothing else is judged here: path, OCSP and
/// which member it serves are checked when the message's OCSP responses are there (§3.5).
pub struct PeerAcceptor {
    conf: Arc<dyn ConfSource>,
    identity: Arc<dyn IdentitySource>,
    built: Mutex<Option<Accepting>>,
}

struct Accepting {
    conf: Arc<GlobalConf>,
    identity: Arc<Identity>,
    context: SslContext,
}

impl PeerAcceptor {
    /// Accepts those whom `conf` knows, as `identity`. Both are asked at each connection, so that a change of
    /// either holds from the next one on.
    #[must_use]
    pub fn new(conf: Arc<dyn ConfSource>, identity: Arc<dyn IdentitySource>) -> Self {
        Self { conf, identity, built: Mutex::new(None) }
    }
}

impl Acceptor for PeerAcceptor {
    fn context(&self) -> Result<SslContext, TlsError> {
        let conf = self.conf.current().ok_or(TlsError::NoConf)?;
        let identity = self.identity.current().ok_or(TlsError::NoIdentity)?;
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        match built.as_ref() {
            Some(b) if Arc::ptr_eq(&b.conf, &conf) && Arc::ptr_eq(&b.identity, &identity) => Ok(b.context.clone()),
            _ => {
                let context = accepting(&conf, &identity)?;
                *built = Some(Accepting { conf, identity, context: context.clone() });
                Ok(context)
            }
        }
    }

    fn admits(&self, chain: &[Certificate]) -> bool {
        match (self.conf.current(), chain.first()) {
            (Some(conf), Some(leaf)) => conf.knows_auth_certificate(leaf).is_some(),
            _ => false,
        }
    }
}

fn accepting(conf: &Arc<GlobalConf>, identity: &Identity) -> Result<SslContext, TlsError> {
    let mut context = context(PEER_SUITES)?;
    identity.present(&mut context)?;
    context.set_client_ca_list(ca_names(&conf.ca_subjects())?);
    let conf = Arc::clone(conf);
    let known = move |_: bool, at: &mut X509StoreContextRef| match (at.error_depth(), at.current_cert()) {
        (0, Some(leaf)) => knows(&conf, leaf),
        // Other certificates of the chain, and errors in building it: judged after the handshake.
        (depth, _) => depth > 0,
    };
    context.set_verify_callback(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT, known);
    Ok(context.build())
}

fn knows(conf: &GlobalConf, leaf: &X509Ref) -> bool {
    let leaf = leaf.to_der().ok().and_then(|der| Certificate::from_der(&der).ok());
    leaf.is_some_and(|leaf| conf.knows_auth_certificate(&leaf).is_some())
}

fn ca_names(subjects: &[Vec<u8>]) -> Result<Stack<X509Name>, TlsError> {
    let mut names = Stack::new().map_err(TlsError::refused("the list of CA names"))?;
    let mut octets = 0_usize;
    for subject in subjects {
        octets = octets.saturating_add(subject.len()).saturating_add(2);
        if octets > CA_NAMES {
            tracing::warn!(cas = subjects.len(), "too many CA names for a CertificateRequest: some are left out");
            break;
        }
        let name = X509Name::from_der(subject).map_err(TlsError::refused("a CA name"))?;
        names.push(name).map_err(TlsError::refused("the list of CA names"))?;
    }
    Ok(names)
}

/// The connecting side.
///
/// Any server certificate passes the handshake (§3.1: "no check in handshake"); whoever opened the connection judges
/// the chain before it sends anything.
pub struct PeerConnector(Outbound);

impl PeerConnector {
    /// Connects as `identity`, which is asked at each connection.
    #[must_use]
    pub fn new(identity: Arc<dyn IdentitySource>) -> Self {
        Self(Outbound::new(PEER_SUITES, identity))
    }

    /// The identity in force.
    #[must_use]
    pub fn identity(&self) -> Option<Arc<Identity>> {
        self.0.identity()
    }
}

impl Connector for PeerConnector {
    fn context(&self) -> Result<(SslContext, u64), TlsError> {
        self.0.context(Some(self.0.identity().ok_or(TlsError::NoIdentity)?))
    }
}
