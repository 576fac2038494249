//! Certificates: parsed once, with everything that X-Road's rules ask of them (wire.md §3.5, §10).

pub(crate) mod algorithm;
mod name;
mod path;
mod profile;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use const_oid::AssociatedOid;
use const_oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_OCSP_SIGNING, ID_KP_TIME_STAMPING};
use const_oid::db::rfc5912::{ID_EC_PUBLIC_KEY, RSA_ENCRYPTION};
use der::asn1::ObjectIdentifier;
use der::{Decode, Tag, Tagged};
use openssl::pkey::{PKey, Public};
use openssl::sha;
use openssl::x509::{X509, X509Ref};
use simpul_core::{Code, DigestAlgorithm, UnixTime, limits};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier};

use self::name::DistinguishedName;
pub use self::path::verify_path;
pub use self::profile::CertificateProfile;

/// The kind of a certificate's key. A certificate with another key cannot be read: X-Road knows no third kind
/// (§10.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// RSA, used with PKCS #1 v1.5.
    Rsa,
    /// A named elliptic curve, used with ECDSA.
    Ec,
}

/// An X.509 certificate that could be read whole: structure, key, names, validity and the extensions below.
///
/// It says nothing of trust: see [`verify_path`]. Cloning is cheap. Two are equal if their DER bytes are.
#[derive(Clone)]
pub struct Certificate(Arc<Parsed>);

struct Parsed {
    der: Box<[u8]>,
    x509: X509,
    key: PKey<Public>,
    key_algorithm: KeyAlgorithm,
    key_bits: Box<[u8]>,
    subject: DistinguishedName,
    issuer: DistinguishedName,
    subject_der: Box<[u8]>,
    issuer_der: Box<[u8]>,
    serial_der: Box<[u8]>,
    serial_decimal: String,
    not_before: UnixTime,
    not_after: UnixTime,
    key_usage: Option<KeyUsage>,
    extended: Option<ExtendedKeyUsage>,
    is_ca: bool,
    subject_key_id: Option<Box<[u8]>>,
}

impl Certificate {
    /// Reads one DER certificate of at most [`limits::CERTIFICATE`] octets, with nothing after it.
    pub fn from_der(der: &[u8]) -> Result<Self, CertError> {
        if der.len() > limits::CERTIFICATE {
            return Err(CertError::TooLarge(der.len()));
        }
        let structure = x509_cert::Certificate::from_der(der).map_err(malformed)?;
        let x509 = X509::from_der(der).map_err(malformed)?;
        let tbs = &structure.tbs_certificate;
        no_duplicate_extension(tbs)?;
        let spki = &tbs.subject_public_key_info;
        let key_algorithm = match (spki.algorithm.oid, spki.algorithm.parameters.as_ref().map(Tagged::tag)) {
            (RSA_ENCRYPTION, _) => KeyAlgorithm::Rsa,
            (ID_EC_PUBLIC_KEY, Some(Tag::ObjectIdentifier)) => KeyAlgorithm::Ec,
            (other, _) => return Err(CertError::UnsupportedKey(other.to_string())),
        };
        let subject_der = x509.subject_name().to_der().map_err(malformed)?;
        let issuer_der = x509.issuer_name().to_der().map_err(malformed)?;
        let serial = x509.serial_number().to_bn().map_err(malformed)?;
        let time = |t: &x509_cert::time::Time| {
            i64::try_from(t.to_unix_duration().as_secs()).map(UnixTime::from_secs).map_err(malformed)
        };
        Ok(Self(Arc::new(Parsed {
            key: x509.public_key().map_err(malformed)?,
            key_algorithm,
            key_bits: spki.subject_public_key.raw_bytes().into(),
            subject: DistinguishedName::from_der(&subject_der).map_err(malformed)?,
            issuer: DistinguishedName::from_der(&issuer_der).map_err(malformed)?,
            subject_der: subject_der.into(),
            issuer_der: issuer_der.into(),
            serial_der: tbs.serial_number.as_bytes().into(),
            serial_decimal: serial.to_dec_str().map_err(malformed)?.to_string(),
            not_before: time(&tbs.validity.not_before)?,
            not_after: time(&tbs.validity.not_after)?,
            key_usage: extension::<KeyUsage>(tbs)?,
            extended: extension::<ExtendedKeyUsage>(tbs)?,
            is_ca: extension::<BasicConstraints>(tbs)?.is_some_and(|b| b.ca),
            subject_key_id: extension::<SubjectKeyIdentifier>(tbs)?.map(|id| id.0.as_bytes().into()),
            der: der.into(),
            x509,
        })))
    }

    /// Reads DER, or the text of one PEM block: certificates in shared parameters may be either
    /// (`dependencies.md`, trap 8).
    pub fn from_der_or_pem(bytes: &[u8]) -> Result<Self, CertError> {
        if bytes.len() > limits::CERTIFICATE {
            return Err(CertError::TooLarge(bytes.len()));
        }
        match bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
            true => Self::from_der(&pem_body(bytes).ok_or(CertError::Pem)?),
            false => Self::from_der(bytes),
        }
    }

    /// The bytes as they came.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// OpenSSL's view of it.
    #[must_use]
    pub fn x509(&self) -> &X509Ref {
        &self.0.x509
    }

    /// Its public key.
    #[must_use]
    pub fn public_key(&self) -> &PKey<Public> {
        &self.0.key
    }

    /// SHA-1 of the DER: `cert` of the OCSP responder (§3.6), configuration version 2 and before (§3.5.4).
    #[must_use]
    pub fn sha1(&self) -> [u8; 20] {
        sha::sha1(self.der())
    }

    /// SHA-256 of the DER: `authCertHash` (§3.5.4).
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        sha::sha256(self.der())
    }

    /// SHA-512 of the DER: `xades:CertDigest` (§5.3).
    #[must_use]
    pub fn sha512(&self) -> [u8; 64] {
        sha::sha512(self.der())
    }

    /// The encoded subject, as it came.
    #[must_use]
    pub fn subject_der(&self) -> Vec<u8> {
        self.0.subject_der.to_vec()
    }

    /// The encoded issuer, as it came.
    #[must_use]
    pub fn issuer_der(&self) -> Vec<u8> {
        self.0.issuer_der.to_vec()
    }

    /// The subject as text (RFC 2253, Java's spelling).
    #[must_use]
    pub fn subject_rfc2253(&self) -> String {
        self.0.subject.rfc2253()
    }

    /// The subject for people (RFC 4514, with short names such as `serialNumber`): for logs and reports, and for no
    /// comparison.
    #[must_use]
    pub fn subject_text(&self) -> String {
        self.0.subject.text()
    }

    /// The issuer for people, as [`subject_text`](Self::subject_text).
    #[must_use]
    pub fn issuer_text(&self) -> String {
        self.0.issuer.text()
    }

    /// The issuer as text (RFC 2253, Java's spelling): `ds:X509IssuerName` (§5.3).
    #[must_use]
    pub fn issuer_rfc2253(&self) -> String {
        self.0.issuer.rfc2253()
    }

    /// The serial number in decimal: `ds:X509SerialNumber` (§5.3).
    #[must_use]
    pub fn serial_decimal(&self) -> String {
        self.0.serial_decimal.clone()
    }

    /// First second of its validity.
    #[must_use]
    pub fn not_before(&self) -> UnixTime {
        self.0.not_before
    }

    /// Last second of its validity.
    #[must_use]
    pub fn not_after(&self) -> UnixTime {
        self.0.not_after
    }

    /// Whether keyUsage has nonRepudiation: a signing certificate (§10.2). Without keyUsage it is none.
    #[must_use]
    pub fn is_signing(&self) -> bool {
        self.0.key_usage.as_ref().is_some_and(KeyUsage::non_repudiation)
    }

    /// Whether it authenticates: extendedKeyUsage has clientAuth, or keyUsage has digitalSignature, keyEncipherment
    /// or dataEncipherment (§3.5.1). With neither clientAuth nor keyUsage the question is an error.
    pub fn is_authentication(&self) -> Result<bool, CertError> {
        if self.has_extended_usage(ID_KP_CLIENT_AUTH) {
            return Ok(true);
        }
        let usage = self.0.key_usage.as_ref().ok_or(CertError::NoKeyUsage)?;
        Ok(usage.digital_signature() || usage.key_encipherment() || usage.data_encipherment())
    }

    /// Whether basicConstraints says that it is a CA.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.0.is_ca
    }

    /// Whether extendedKeyUsage has OCSPSigning (§3.8).
    #[must_use]
    pub fn signs_ocsp(&self) -> bool {
        self.has_extended_usage(ID_KP_OCSP_SIGNING)
    }

    /// Whether extendedKeyUsage has timeStamping (RFC 3161 §2.3).
    #[must_use]
    pub fn signs_timestamps(&self) -> bool {
        self.has_extended_usage(ID_KP_TIME_STAMPING)
    }

    fn has_extended_usage(&self, purpose: ObjectIdentifier) -> bool {
        self.0.extended.as_ref().is_some_and(|usages| usages.0.contains(&purpose))
    }

    /// The kind of its key.
    #[must_use]
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.0.key_algorithm
    }

    /// The subject's attribute of the type `oid` (dotted) that profiles read: the last of that type in the
    /// encoding, which is the first in the RFC 2253 text (§10.1). `None` if there is none, if it is no text, or if
    /// it shares its relative name with another attribute.
    #[must_use]
    pub fn subject_first(&self, oid: &str) -> Option<String> {
        self.0.subject.first(ObjectIdentifier::new(oid).ok()?).map(str::to_owned)
    }

    /// Whether this certificate names `issuer` as its issuer and `issuer`'s key verifies it.
    #[must_use]
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        self.0.issuer_der == issuer.0.subject_der && self.0.x509.verify(issuer.public_key()).unwrap_or(false)
    }

    /// Whether `signature` is the signature of this certificate's key over `data`: RSA PKCS #1 v1.5, or ECDSA in
    /// DER form. Whether `algorithm` is strong enough is the caller's question; MD5 never verifies.
    #[must_use]
    pub fn verifies(&self, algorithm: DigestAlgorithm, data: &[u8], signature: &[u8]) -> bool {
        let Some(digest) = crate::token::message_digest(algorithm) else { return false };
        openssl::sign::Verifier::new(digest, self.public_key())
            .and_then(|mut verifier| verifier.verify_oneshot(signature, data))
            .unwrap_or(false)
    }

    /// The octets of subjectPublicKey without tag, length and unused bits: what key hashes are made of (RFC 6960
    /// §4.1.1).
    #[must_use]
    pub fn key_bits(&self) -> &[u8] {
        &self.0.key_bits
    }

    /// The content octets of the encoded serial number.
    #[must_use]
    pub fn serial_der(&self) -> &[u8] {
        &self.0.serial_der
    }

    /// The subject key identifier, if the extension is there.
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.subject_key_id.as_deref()
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der() == other.der()
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der().hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, serial {})", self.subject_text(), self.0.serial_decimal)
    }
}

fn extension<'a, T: Decode<'a> + AssociatedOid>(tbs: &'a x509_cert::TbsCertificate) -> Result<Option<T>, CertError> {
    tbs.get::<T>().map(|found| found.map(|(_, value)| value)).map_err(malformed)
}

/// RFC 5280 §4.2: a certificate must not include more than one instance of an extension.
fn no_duplicate_extension(tbs: &x509_cert::TbsCertificate) -> Result<(), CertError> {
    let mut seen: Vec<ObjectIdentifier> = tbs.extensions.iter().flatten().map(|e| e.extn_id).collect();
    seen.sort_unstable();
    match seen.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        true => Err(CertError::DuplicateExtension),
        false => Ok(()),
    }
}

/// The bytes between the markers of the first PEM block.
fn pem_body(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let packed: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

fn malformed(cause: impl std::error::Error + Send + Sync + 'static) -> CertError {
    CertError::Malformed(Box::new(cause))
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertError {
    /// More octets than [`limits::CERTIFICATE`].
    #[error("a certificate of {0} octets is larger than {max} octets", max = limits::CERTIFICATE)]
    TooLarge(usize),
    /// Not the DER of a certificate.
    #[error("not a readable certificate")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Text that starts as PEM and is no PEM certificate.
    #[error("not a readable PEM certificate")]
    Pem,
    /// The same extension twice.
    #[error("a certificate extension occurs twice")]
    DuplicateExtension,
    /// A key that is neither RSA nor on a named curve.
    #[error("unsupported key type {0}")]
    UnsupportedKey(String),
    /// The key's use is not stated.
    #[error("the certificate has no keyUsage extension")]
    NoKeyUsage,
    /// More certificates than a chain may have.
    #[error("a chain of {0} certificates is longer than {max}", max = limits::CHAIN)]
    ChainTooLong(usize),
    /// The certificate to check is the anchor itself.
    #[error("the certificate is its own trust anchor")]
    IsAnchor,
    /// No valid path to the anchor.
    #[error("no valid path from {subject} to the trust anchor: {reason}")]
    Path {
        /// The certificate at which it failed (RFC 2253).
        subject: String,
        /// OpenSSL's reason.
        reason: String,
        /// Whether the reason is a certificate's validity period.
        expired: bool,
    },
    /// The cryptographic library refused to work.
    #[error("OpenSSL could not check the path")]
    Library(#[source] openssl::error::ErrorStack),
    /// A certificate profile that is not known (§10.1).
    #[error("unknown certificate profile `{0}`")]
    UnknownProfile(String),
    /// The subject does not hold what its profile needs (§10.1).
    #[error("certificate subject: {0}")]
    Subject(&'static str),
    /// The subject's fields make no member identifier.
    #[error("certificate subject makes no member identifier")]
    Identifier(#[source] simpul_core::IdError),
}

impl CertError {
    /// The last word of the fault: `cert_validation` for a path that does not hold, `incorrect_certificate`
    /// otherwise. Stages such as `cannot_create_cert_path` are the caller's (§3.9).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Path { expired: true, .. } => Code::CertValidityTime,
            Self::Path { .. } | Self::ChainTooLong(_) | Self::IsAnchor => Code::CertValidation,
            Self::Library(_) => Code::CryptographyError,
            Self::TooLarge(_)
            | Self::Malformed(_)
            | Self::Pem
            | Self::DuplicateExtension
            | Self::UnsupportedKey(_)
            | Self::NoKeyUsage
            | Self::UnknownProfile(_)
            | Self::Subject(_)
            | Self::Identifier(_) => Code::IncorrectCertificate,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
