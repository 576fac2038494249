//! Signatures of agreements: XAdES in ASiC-E over `/agreement.json`, under a policy of its own
//! (`docs/policy/agreement-signature.md`).
//!
//! A message seal covers `/message.xml`, or a hash chain over it; a signature here covers `/agreement.json` itself. So
//! no service that sends back what it was sent can be made to sign an agreement. The policy says the same a second
//! time, and each verifier refuses the other's policy.
//!
//! What an agreement says is not read here: see the policy crate. [`verify`] says who signed; that they are the
//! parties is [`SignedAgreement::demand`].

mod verify;

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use simpul_core::{DigestAlgorithm, MemberId, UnixTime, limits};

pub use self::verify::{SignedAgreement, Signer, verify};
use crate::asic::{self, AsicError, MIME_TYPE};
use crate::hash;
use crate::seal::{self, SealError, Statement};
use crate::token;
use crate::tsp::TspError;

/// URI of the agreement in its signatures.
pub const URI: &str = "/agreement.json";
/// Identifier of the signature policy.
pub const POLICY: &str = "urn:x-simpul:policy:agreement-signature:1";
/// SHA-512 digest of the policy's text, base64.
const POLICY_DIGEST: &str = "jSpPHXyRwVKcemPi4/698OGD0CgkCeI7PvOjpZtpYBhpTXbdxvhXrBu6ocFantpj0lPFYAi0isV6C8n0330rYA==";
const ENTRY: &str = "agreement.json";
const MEDIA_TYPE: &str = "application/json";

/// An agreement with its signatures, each octet for octet as it came. It proves nothing: see [`verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    json: Bytes,
    signatures: Vec<Bytes>,
}

/// Why a container is none of an agreement, or does not prove what it seems to.
#[derive(Debug, thiserror::Error)]
pub enum AgreementError {
    /// It is no container, or cannot be written.
    #[error("no container that can be read or written")]
    Container(#[source] AsicError),
    /// Something that a container of an agreement does not hold.
    #[error("the container holds {0}, which has no place in it")]
    UnknownEntry(String),
    /// Something that it must hold.
    #[error("the container has no {0}")]
    Missing(&'static str),
    /// A container of another kind.
    #[error("the container is of another kind")]
    MimeType,
    /// More than [`limits::SIGNED_AGREEMENT`].
    #[error("an agreement of {0} octets, more than {max}", max = limits::SIGNED_AGREEMENT)]
    TooLarge(usize),
    /// More than [`limits::AGREEMENT_SIGNATURES`].
    #[error("more than {max} signatures", max = limits::AGREEMENT_SIGNATURES)]
    TooManySignatures,
    /// The signatures are not numbered from 1.
    #[error("the signatures are not numbered from 1 without gaps")]
    Numbering,
    /// The signature refers to something else than the agreement and its own properties, or to one of them twice.
    #[error("signature {0} does not refer to {URI} and its own properties alone")]
    References(usize),
    /// The signature names no member as the role of its signer, or no time.
    #[error("signature {0} does not say for which member and when it was made")]
    Unsaid(usize),
    /// The signed properties do not name the certificate.
    #[error("signature {0} does not name the certificate that made it")]
    CertificateNotNamed(usize),
    /// A signature that does not hold.
    #[error("signature {number} does not hold")]
    Signature {
        /// Its number, from 1.
        number: usize,
        /// Why.
        #[source]
        cause: SealError,
    },
    /// The timestamp of a signature does not hold.
    #[error("the timestamp of signature {number} does not hold")]
    Timestamp {
        /// Its number, from 1.
        number: usize,
        /// Why.
        #[source]
        cause: TspError,
    },
    /// A signature has two timestamps, or one of the future.
    #[error("signature {0} has two timestamps, or one from the future")]
    TimestampOrder(usize),
    /// Two signatures of one member.
    #[error("{0} has signed twice")]
    Twice(MemberId),
    /// A party has not signed.
    #[error("{0} has not signed")]
    NotSigned(MemberId),
    /// Someone else has signed too.
    #[error("{0} has signed and is no party")]
    NoParty(MemberId),
}

/// Signs an agreement for a member: gives the octets of one signature, for [`Container::add`].
///
/// `json` is signed as it is. `ocsp` and `at` are as [`seal::seal`] wants them. That the certificate is the member's is
/// found out by [`verify`].
pub async fn sign(
    json: &[u8],
    member: &MemberId,
    signer: &dyn token::Signer,
    ocsp: &[Bytes],
    at: UnixTime,
) -> Result<Bytes, SealError> {
    let role = format!(
        "<xades:SignerRole><xades:ClaimedRoles><xades:ClaimedRole>{}</xades:ClaimedRole></xades:ClaimedRoles>\
         </xades:SignerRole>",
        simpul_wire::xml::escape_text(&member.to_string())
    );
    let policy = format!(
        "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>\
         <xades:Identifier>{POLICY}</xades:Identifier></xades:SigPolicyId><xades:SigPolicyHash>\
         <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{POLICY_DIGEST}</ds:DigestValue>\
         </xades:SigPolicyHash></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>",
        DigestAlgorithm::Sha512.uri(),
    );
    let statement = Statement { uri: URI, digest: hash::sha512(json), mime: MEDIA_TYPE, policy: &policy, role };
    seal::sign(&statement, signer, ocsp, at).await.map(Bytes::from)
}

/// The policy that a signature of an agreement must be made under.
fn policy() -> seal::Policy {
    let digest = STANDARD.decode(POLICY_DIGEST).unwrap_or_default();
    seal::Policy { identifier: POLICY.to_owned(), digest: Some((Some(DigestAlgorithm::Sha512), digest)) }
}

impl Container {
    /// An agreement that nobody has signed yet, of at most [`limits::SIGNED_AGREEMENT`] octets.
    pub fn new(json: Bytes) -> Result<Self, AgreementError> {
        match json.len() {
            0 => Err(AgreementError::Missing(ENTRY)),
            n if n > limits::SIGNED_AGREEMENT => Err(AgreementError::TooLarge(n)),
            _ => Ok(Self { json, signatures: Vec::new() }),
        }
    }

    /// Adds a signature of [`sign`], or the same with a timestamp ([`seal::with_timestamp`] over
    /// [`seal::signature_value`]). The others stay as they are.
    pub fn add(&mut self, signature: Bytes) -> Result<(), AgreementError> {
        if self.signatures.len() >= limits::AGREEMENT_SIGNATURES {
            return Err(AgreementError::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// The octets of the agreement.
    #[must_use]
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// The signatures in order.
    #[must_use]
    pub fn signatures(&self) -> &[Bytes] {
        &self.signatures
    }

    /// Reads a container; nothing is verified. Whatever is not in the policy's list of entries is refused: the
    /// signatures cover none of it.
    pub fn read(octets: &[u8]) -> Result<Self, AgreementError> {
        let most = limits::SIGNED_AGREEMENT.max(limits::SIGNATURE_XML) as u64;
        let (mut json, mut mime_type, mut signatures) = (None, None, Vec::new());
        for (name, octets) in asic::read_entries(octets, most).map_err(AgreementError::Container)? {
            match name.as_str() {
                "mimetype" => mime_type = Some(octets),
                ENTRY => json = Some(octets),
                "META-INF/manifest.xml" => {}
                other => {
                    let number = number(other).ok_or_else(|| AgreementError::UnknownEntry(name.clone()))?;
                    signatures.push((number, octets));
                }
            }
        }
        match mime_type {
            Some(found) if found == MIME_TYPE.as_bytes() => {}
            Some(_) => return Err(AgreementError::MimeType),
            None => return Err(AgreementError::Missing("mimetype")),
        }
        let mut container = Self::new(json.ok_or(AgreementError::Missing(ENTRY))?)?;
        signatures.sort_by_key(|(number, _)| *number);
        for ((number, signature), expected) in signatures.into_iter().zip(1..) {
            if number != expected {
                return Err(AgreementError::Numbering);
            }
            container.add(signature)?;
        }
        Ok(container)
    }

    /// The octets of the container, for the time of its entries. The same container and time give the same octets.
    pub fn write(&self, at: UnixTime) -> Result<Vec<u8>, AgreementError> {
        let agreement = (ENTRY.to_owned(), self.json.as_ref());
        let signatures = self.signatures.iter().zip(1_usize..).map(|(octets, n)| (name(n), octets.as_ref()));
        let entries: Vec<(String, &[u8])> = [agreement].into_iter().chain(signatures).collect();
        asic::write_entries(&entries, MEDIA_TYPE, at).map_err(AgreementError::Container)
    }
}

fn name(number: usize) -> String {
    format!("META-INF/signatures{number}.xml")
}

/// The number of a signature by the name of its entry, in its only spelling.
fn number(entry: &str) -> Option<usize> {
    let number = entry.strip_prefix("META-INF/signatures")?.strip_suffix(".xml")?.parse().ok()?;
    (name(number) == entry).then_some(number)
}
