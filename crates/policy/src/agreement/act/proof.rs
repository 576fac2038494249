//! An officer's own signature on an act: a JWS without its payload (RFC 7515, appendix F) over the act's canonical
//! JSON, with the key of the certificate whose SHA-256 the document names for the officer.

use simpul_core::UnixTime;
use simpul_trust::cert::{CertError, Certificate};
use simpul_trust::jws::{self, JwsError};
use simpul_trust::token::Signer;

use super::{Act, form};
use crate::agreement::canonical;
use crate::agreement::document::Agreement;

/// The type of the token: nothing else is signed under it.
const TYPE: &str = "simpul-agreement-act+jws";

/// The signature, and the certificate that it holds with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// `HEADER..SIGNATURE`.
    pub signature: String,
}

/// Why an officer's signature is not accepted, or cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The text binds the officer to a certificate, and there is no signature.
    #[error("the agreement binds {0} to a certificate, and the act is not signed with its key")]
    Missing(String),
    /// The text binds the officer to no certificate.
    #[error("the agreement binds {0} to no certificate")]
    Unbound(String),
    /// Another certificate than the one that the text names.
    #[error("it is not the certificate that the agreement names for {0}")]
    OtherCertificate(String),
    /// The act says that it was done when the certificate was not valid.
    #[error("the certificate is not valid at {0}")]
    Validity(UnixTime),
    /// Not a certificate.
    #[error("the certificate cannot be read")]
    Certificate(#[source] CertError),
    /// The signature does not hold, or could not be made.
    #[error("the signature does not hold")]
    Signature(#[source] JwsError),
}

impl Act {
    /// Signs it with an officer's key. Whether the text accepts it [`Journal`](super::Journal) says.
    pub async fn sign(self, signer: &dyn Signer) -> Result<Self, ProofError> {
        let signature = jws::sign_detached(signer, TYPE, &self.signed()?).await.map_err(ProofError::Signature)?;
        let proof = Proof { certificate: signer.certificate().der().to_vec(), signature };
        Ok(Self { proof: Some(proof), ..self })
    }

    /// Fails unless the act is signed as its text demands of its officer, whom the text names: with the key of the
    /// certificate to which it binds them, valid at the time of the act, or not at all. Whether somebody has revoked the
    /// certificate is not looked at: the parties put their trust in one certificate, and two servers that looked at
    /// different times would not agree.
    pub(super) fn proven(&self, text: &Agreement) -> Result<(), ProofError> {
        let name = || self.by.officer.clone();
        let officers = text.party(&self.by.member).map(|party| party.officers.as_slice()).unwrap_or_default();
        let bound = officers.iter().find(|officer| officer.name == self.by.officer).and_then(|o| o.certificate);
        let (digest, proof) = match (bound, &self.proof) {
            (None, None) => return Ok(()),
            (None, Some(_)) => return Err(ProofError::Unbound(name())),
            (Some(_), None) => return Err(ProofError::Missing(name())),
            (Some(digest), Some(proof)) => (digest, proof),
        };
        let certificate = Certificate::from_der(&proof.certificate).map_err(ProofError::Certificate)?;
        if certificate.sha256() != digest {
            return Err(ProofError::OtherCertificate(name()));
        }
        if self.at < certificate.not_before() || certificate.not_after() < self.at {
            return Err(ProofError::Validity(self.at));
        }
        jws::verify_detached(&proof.signature, TYPE, &self.signed()?, &certificate).map_err(ProofError::Signature)
    }

    /// What is signed: all of it but the signature.
    fn signed(&self) -> Result<Vec<u8>, ProofError> {
        canonical::write(&form::unsigned(self)).map_err(|_| ProofError::Signature(JwsError::Malformed))
    }
}
