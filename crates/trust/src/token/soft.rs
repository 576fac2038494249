//! A key in memory.

use async_trait::async_trait;
use openssl::pkey::{PKey, Private};
use simpul_core::DigestAlgorithm;

use super::{SignError, Signer, message_digest};
use crate::cert::Certificate;

/// A private key in this process's memory. Its `Debug` text never shows the key.
#[derive(Clone)]
pub struct SoftSigner {
    key: PKey<Private>,
    certificate: Certificate,
    chain: Vec<Certificate>,
}

impl SoftSigner {
    /// From the PEM text of an unencrypted private key (PKCS #8 or traditional) and its certificate, with the
    /// intermediate CA certificates above it, without the root.
    ///
    /// An encrypted key is an error; nothing is ever asked for at a terminal.
    pub fn from_pem(pem: &[u8], certificate: Certificate, chain: Vec<Certificate>) -> Result<Self, SignError> {
        // The callback gives an empty passphrase, so OpenSSL does not prompt.
        let key = PKey::private_key_from_pem_callback(pem, |_| Ok(0)).map_err(SignError::Key)?;
        Self::new(key, certificate, chain)
    }

    /// From a private key and its certificate.
    pub fn new(key: PKey<Private>, certificate: Certificate, chain: Vec<Certificate>) -> Result<Self, SignError> {
        match key.public_eq(certificate.public_key()) {
            true => Ok(Self { key, certificate, chain }),
            false => Err(SignError::Mismatch),
        }
    }

    /// The private key, for TLS contexts of this process.
    #[must_use]
    pub fn private_key(&self) -> &PKey<Private> {
        &self.key
    }

    /// [`Signer::sign`] without the wait: the key is here.
    pub fn sign_now(&self, algorithm: DigestAlgorithm, data: &[u8]) -> Result<Vec<u8>, SignError> {
        let digest =
            message_digest(algorithm).filter(|_| algorithm.is_strong()).ok_or(SignError::WeakAlgorithm(algorithm))?;
        openssl::sign::Signer::new(digest, &self.key)
            .and_then(|mut signer| signer.sign_oneshot_to_vec(data))
            .map_err(|cause| SignError::Device(Box::new(cause)))
    }
}

#[async_trait]
impl Signer for SoftSigner {
    fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    async fn sign(&self, algorithm: DigestAlgorithm, data: &[u8]) -> Result<Vec<u8>, SignError> {
        self.sign_now(algorithm, data)
    }
}

impl std::fmt::Debug for SoftSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SoftSigner({:?})", self.certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::tests::{Recipe, ec_key, self_signed};
    use openssl::rsa::Rsa;
    use openssl::symm::Cipher;

    fn keys() -> [PKey<Private>; 2] {
        [ec_key(), PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()]
    }

    #[test]
    fn a_signature_verifies_with_the_certificate_and_nothing_else() {
        for key in keys() {
            let certificate = self_signed(&Recipe::default(), &key);
            let pem = key.private_key_to_pem_pkcs8().unwrap();
            let signer = SoftSigner::from_pem(&pem, certificate.clone(), vec![]).unwrap();
            for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Sha512] {
                let signature = signer.sign_now(algorithm, b"data").unwrap();
                assert!(certificate.verifies(algorithm, b"data", &signature));
                assert!(!certificate.verifies(algorithm, b"Data", &signature));
                assert!(!certificate.verifies(DigestAlgorithm::Sha224, b"data", &signature));
                let (_, cut) = signature.split_at(1);
                assert!(!certificate.verifies(algorithm, b"data", cut));
            }
        }
    }

    #[test]
    fn weak_digests_are_not_signed() {
        let key = ec_key();
        let signer = SoftSigner::new(key.clone(), self_signed(&Recipe::default(), &key), vec![]).unwrap();
        for weak in [DigestAlgorithm::Md5, DigestAlgorithm::Sha1] {
            let refused = signer.sign_now(weak, b"data").unwrap_err();
            assert!(matches!(refused, SignError::WeakAlgorithm(a) if a == weak));
        }
    }

    #[test]
    fn key_and_certificate_belong_together() {
        let certificate = self_signed(&Recipe::default(), &ec_key());
        assert!(matches!(SoftSigner::new(ec_key(), certificate, vec![]), Err(SignError::Mismatch)));
    }

    #[test]
    fn an_encrypted_key_is_an_error_and_no_prompt() {
        let key = ec_key();
        let certificate = self_signed(&Recipe::default(), &key);
        let pem = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret").unwrap();
        assert!(matches!(SoftSigner::from_pem(&pem, certificate, vec![]), Err(SignError::Key(_))));
    }
}
