//! Signing devices: whoever holds a member's or a server's private key.

mod soft;

use async_trait::async_trait;
use openssl::hash::MessageDigest;
use simpul_core::{Code, DigestAlgorithm};

pub use self::soft::SoftSigner;
use crate::cert::Certificate;

/// A private key behind a device, and the certificate that goes with it.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The certificate of the key.
    fn certificate(&self) -> &Certificate;

    /// The intermediate CA certificates from the certificate's issuer upwards, without the root; often empty.
    fn chain(&self) -> &[Certificate];

    /// Signs `data` with its digest under `algorithm`: RSA PKCS #1 v1.5, or ECDSA in DER form. Weak algorithms are
    /// refused. Signing twice is harmless.
    async fn sign(&self, algorithm: DigestAlgorithm, data: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// Why a device did not sign, or could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// MD5 and SHA-1 are not signed with.
    #[error("{} is too weak to sign with", .0.name())]
    WeakAlgorithm(DigestAlgorithm),
    /// The text holds no private key that can be read.
    #[error("not a readable private key")]
    Key(#[source] openssl::error::ErrorStack),
    /// Key and certificate do not belong together.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
    /// The device failed.
    #[error("the signing device failed")]
    Device(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl SignError {
    /// `cannot_create_signature` (§3.8).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::WeakAlgorithm(_) | Self::Key(_) | Self::Mismatch | Self::Device(_) => Code::CannotCreateSignature,
        }
    }
}

/// OpenSSL's name of a digest algorithm; none for MD5, which nothing rests on.
pub(crate) fn message_digest(algorithm: DigestAlgorithm) -> Option<MessageDigest> {
    match algorithm {
        DigestAlgorithm::Md5 => None,
        DigestAlgorithm::Sha1 => Some(MessageDigest::sha1()),
        DigestAlgorithm::Sha224 => Some(MessageDigest::sha224()),
        DigestAlgorithm::Sha256 => Some(MessageDigest::sha256()),
        DigestAlgorithm::Sha384 => Some(MessageDigest::sha384()),
        DigestAlgorithm::Sha512 => Some(MessageDigest::sha512()),
    }
}
