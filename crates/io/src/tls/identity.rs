//! What this side proves in a handshake.

use std::sync::Arc;

use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::ssl::SslContextBuilder;

use super::TlsError;
use simpul_trust::cert::Certificate;

/// A private key with its certificate and the certificates between it and its root.
pub struct Identity {
    certificate: Certificate,
    intermediates: Vec<Certificate>,
    key: PKey<Private>,
}

impl Identity {
    /// Joins a key with its certificate and the intermediates that are sent with it, nearest first, without the
    /// root (wire.md §3.1). Fails if the key does not belong to the certificate.
    pub fn new(
        certificate: Certificate,
        intermediates: Vec<Certificate>,
        key: PKey<Private>,
    ) -> Result<Self, TlsError> {
        if !certificate.public_key().public_eq(&key) {
            return Err(TlsError::KeyMismatch { subject: certificate.subject_text() });
        }
        Ok(Self { certificate, intermediates, key })
    }

    /// As [`Identity::new`], from a private key in PEM.
    pub fn from_pem(
        certificate: Certificate,
        intermediates: Vec<Certificate>,
        key_pem: &[u8],
    ) -> Result<Self, TlsError> {
        let key = PKey::private_key_from_pem(key_pem).map_err(TlsError::refused("the private key"))?;
        Self::new(certificate, intermediates, key)
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificates between it and its root, nearest first.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// The certificate followed by its intermediates: what a peer gets to see.
    #[must_use]
    pub fn chain(&self) -> Vec<Certificate> {
        std::iter::once(&self.certificate).chain(&self.intermediates).cloned().collect()
    }

    /// Makes a context present this identity.
    pub(super) fn present(&self, context: &mut SslContextBuilder) -> Result<(), TlsError> {
        let key: &PKeyRef<Private> = &self.key;
        context.set_certificate(self.certificate.x509()).map_err(TlsError::refused("the own certificate"))?;
        context.set_private_key(key).map_err(TlsError::refused("the own private key"))?;
        for intermediate in &self.intermediates {
            context
                .add_extra_chain_cert(intermediate.x509().to_owned())
                .map_err(TlsError::refused("an intermediate certificate"))?;
        }
        Ok(())
    }
}

/// The identity in force; another value after the key was changed.
pub trait IdentitySource: Send + Sync {
    /// The active identity, `None` while there is none. The same `Arc` is given as long as nothing changed.
    fn current(&self) -> Option<Arc<Identity>>;
}

impl<F> IdentitySource for F
where
    F: Fn() -> Option<Arc<Identity>> + Send + Sync,
{
    fn current(&self) -> Option<Arc<Identity>> {
        self()
    }
}
