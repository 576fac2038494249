//! TLS contexts: the mutual TLS of security servers (wire.md §3.1), the TLS that information systems meet at the
//! consumer port, and the TLS with which services are called (§9.3).
//!
//! Contexts are built when keys or configuration change and shared by every connection until then; nothing is built
//! per request.
//!
//! **No sessions are resumed.** A resumed TLS session skips the check of the peer's certificate, so a certificate
//! that the global configuration no longer knows would go on being accepted, and it does not carry the peer's
//! intermediates, which the check after the handshake needs. Session tickets would also bind forward secrecy to a
//! key that lives as long as the process. Connections are kept alive instead.

mod chain;
mod identity;
mod outbound;
mod params;
mod peer;
mod system;

use openssl::error::ErrorStack;
use openssl::ssl::SslContext;

use simpul_trust::cert::Certificate;

pub(crate) use self::chain::presented;
pub use self::identity::{Identity, IdentitySource};
pub use self::peer::{PeerAcceptor, PeerConnector};
pub(crate) use self::system::FetchConnector;
pub use self::system::{Roots, ServiceConnector, SystemAcceptor};

/// Why no TLS connection can be made or accepted here.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The TLS library refused a key, a certificate or a setting.
    #[error("the TLS library refused {what}")]
    Refused {
        /// What it was given.
        what: &'static str,
        /// What it said.
        #[source]
        cause: ErrorStack,
    },
    /// There is no key to prove this side's identity with.
    #[error("no authentication key and certificate are active")]
    NoIdentity,
    /// No global configuration was accepted yet, so no peer can be known.
    #[error("no global configuration is in force")]
    NoConf,
    /// The private key does not belong to the certificate.
    #[error("the private key does not belong to the certificate `{subject}`")]
    KeyMismatch {
        /// Subject of the certificate.
        subject: String,
    },
}

impl TlsError {
    /// Marks a refusal of the TLS library with what it was given.
    pub(crate) fn refused(what: &'static str) -> impl Fn(ErrorStack) -> Self {
        move |cause| Self::Refused { what, cause }
    }
}

/// What a TLS listener needs: the context for the next connection, and a last word after the handshake.
pub trait Acceptor: Send + Sync {
    /// The context in force. Cheap: it is rebuilt only when something it rests on has changed.
    fn context(&self) -> Result<SslContext, TlsError>;

    /// Whether a client that presented this chain (leaf first, maybe empty) and finished the handshake may stay.
    ///
    /// Repeats what the context's own check decided, against the configuration of this moment: a handshake that
    /// ended well without that check having run must not be trusted.
    fn admits(&self, chain: &[Certificate]) -> bool;
}

/// What a TLS client needs: the context for the next connection.
pub(crate) trait Connector: Send + Sync {
    /// The context in force and a number that changes with it.
    fn context(&self) -> Result<(SslContext, u64), TlsError>;
}
