//! Keys and certificates from files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use openssl::x509::X509;
use simpul_core::MemberId;
use simpul_exchange::ports::SigningKeys;
use simpul_trust::cert::{CertError, Certificate};
use simpul_trust::token::{SignError, Signer, SoftSigner};

use crate::config::{FileError, Named};
use crate::files::open_to_others;

/// What a private key must be.
const KEY: &str = "a private key (PKCS#8, PEM) that only its owner may read, and that belongs to the certificate";

/// What a key's certificates must be.
const CERTIFICATE: &str = "the certificate of the key (PEM), followed by intermediates if there are any";

/// What other certificates must be.
const CERTIFICATES: &str = "at least one certificate (PEM)";

/// Why a key or certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The file cannot be read.
    #[error("{}: cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// Others than the owner could read a private key.
    #[error("{}: others may read this private key (mode {mode:o}); run: chmod 600 {}", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// No PEM certificate.
    #[error("{}: holds no PEM certificate", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A certificate cannot be read.
    #[error("{}: a certificate cannot be read", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: CertError,
    },
    /// The key cannot be used, or does not belong to the certificate.
    #[error("{}: the key cannot be used with its certificate", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: SignError,
    },
}

/// Sign keys of members, from files.
pub(crate) struct KeyRing(HashMap<MemberId, Arc<dyn Signer>>);

impl KeyRing {
    /// A ring of these keys.
    #[must_use]
    pub(crate) fn new(keys: impl IntoIterator<Item = (MemberId, Arc<dyn Signer>)>) -> Self {
        Self(keys.into_iter().collect())
    }
}

impl KeyRing {
    /// The certificates of each key with their intermediates, leaf first.
    pub(crate) fn chains(&self) -> impl Iterator<Item = Vec<Certificate>> {
        self.0.values().map(|s| std::iter::once(s.certificate()).chain(s.chain()).cloned().collect())
    }
}

impl SigningKeys for KeyRing {
    fn signer(&self, member: &MemberId) -> Option<Arc<dyn Signer>> {
        self.0.get(member).cloned()
    }
}

/// As [`signer`], of files that a configuration names.
pub(crate) fn named_signer(key: &Named, certificate: &Named) -> Result<SoftSigner, FileError> {
    let chain = certificates(certificate).map_err(|cause| certificate.refused(CERTIFICATE, cause))?;
    let pem = private_key(key).map_err(|cause| key.refused(KEY, cause))?;
    join(key, &pem, chain).map_err(|cause| key.refused(KEY, cause))
}

/// As [`certificates`], of a file that a configuration names.
pub(crate) fn named_certificates(path: &Named) -> Result<Vec<Certificate>, FileError> {
    certificates(path).map_err(|cause| path.refused(CERTIFICATES, cause))
}

/// Reads a private key (PKCS#8 PEM, mode 0600) with its certificate and intermediates (PEM, leaf first).
pub(crate) fn signer(key: &Path, certificate: &Path) -> Result<SoftSigner, KeyError> {
    let pem = private_key(key)?;
    join(key, &pem, certificates(certificate)?)
}

fn private_key(key: &Path) -> Result<Vec<u8>, KeyError> {
    if let Some(mode) = open_to_others(key).map_err(|c| unreadable(key, c))? {
        return Err(KeyError::Open { path: key.to_owned(), mode });
    }
    std::fs::read(key).map_err(|c| unreadable(key, c))
}

fn join(key: &Path, pem: &[u8], mut chain: Vec<Certificate>) -> Result<SoftSigner, KeyError> {
    let leaf = chain.remove(0);
    SoftSigner::from_pem(pem, leaf, chain).map_err(|cause| KeyError::Key { path: key.to_owned(), cause })
}

/// Reads every certificate of a PEM file, in order; at least one.
pub(crate) fn certificates(path: &Path) -> Result<Vec<Certificate>, KeyError> {
    let pem = std::fs::read(path).map_err(|c| unreadable(path, c))?;
    let all = X509::stack_from_pem(&pem).unwrap_or_default();
    if all.is_empty() {
        return Err(KeyError::NoCertificate { path: path.to_owned() });
    }
    let broken = |cause| KeyError::Certificate { path: path.to_owned(), cause };
    all.iter().map(|x| Certificate::from_der(&x.to_der().unwrap_or_default()).map_err(broken)).collect()
}

fn unreadable(path: &Path, cause: std::io::Error) -> KeyError {
    KeyError::Read { path: path.to_owned(), cause }
}
