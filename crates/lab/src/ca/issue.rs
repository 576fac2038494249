//! What lab certificates consist of (wire.md §10.2, §10.3).

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{HasPrivate, HasPublic, PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName, SubjectKeyIdentifier,
};
use openssl::x509::{X509Builder, X509Extension, X509Name};
use simpul_core::UnixTime;
use simpul_trust::cert::Certificate;

use super::{KeyKind, LabError};

/// What a certificate is for.
pub(super) enum Use<'a> {
    Ca,
    Sign,
    Auth { dns: &'a str },
    Ocsp,
    Tsa,
}

/// Everything that a certificate says besides its key and issuer.
pub(super) struct Content<'a> {
    pub(super) subject: X509Name,
    pub(super) serial: u64,
    pub(super) not_before: UnixTime,
    pub(super) not_after: UnixTime,
    pub(super) purpose: Use<'a>,
}

/// A new key.
pub(super) fn generate(kind: KeyKind) -> Result<PKey<Private>, LabError> {
    let made = match kind {
        KeyKind::Rsa2048 => Rsa::generate(2048).and_then(PKey::from_rsa),
        KeyKind::P256 => EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)
            .and_then(|group| EcKey::generate(&group))
            .and_then(PKey::from_ec_key),
    };
    made.map_err(LabError::OpenSsl)
}

/// Makes a certificate for `key`, signed by `signer`; without `issuer` it is self-signed.
pub(super) fn certificate(
    content: &Content<'_>,
    key: &PKeyRef<impl HasPublic>,
    issuer: Option<&Certificate>,
    signer: &PKeyRef<impl HasPrivate>,
) -> Result<Certificate, LabError> {
    let der = build(content, key, issuer, signer).map_err(LabError::OpenSsl)?;
    Certificate::from_der(&der).map_err(LabError::Certificate)
}

fn build(
    content: &Content<'_>,
    key: &PKeyRef<impl HasPublic>,
    issuer: Option<&Certificate>,
    signer: &PKeyRef<impl HasPrivate>,
) -> Result<Vec<u8>, ErrorStack> {
    let mut builder = X509Builder::new()?;
    builder.set_version(2)?;
    let serial = BigNum::from_slice(&content.serial.to_be_bytes())?;
    builder.set_serial_number(&*Asn1Integer::from_bn(&serial)?)?;
    builder.set_subject_name(&content.subject)?;
    builder.set_issuer_name(issuer.map_or(&content.subject, |ca| ca.x509().subject_name()))?;
    builder.set_not_before(&*Asn1Time::from_unix(content.not_before.secs())?)?;
    builder.set_not_after(&*Asn1Time::from_unix(content.not_after.secs())?)?;
    builder.set_pubkey(key)?;
    for extension in extensions(&content.purpose, &builder)? {
        builder.append_extension(extension)?;
    }
    let key_id = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(key_id)?;
    if let Some(ca) = issuer {
        let authority =
            AuthorityKeyIdentifier::new().keyid(true).build(&builder.x509v3_context(Some(ca.x509()), None))?;
        builder.append_extension(authority)?;
    }
    builder.sign(signer, MessageDigest::sha256())?;
    builder.build().to_der()
}

fn extensions(purpose: &Use<'_>, builder: &X509Builder) -> Result<Vec<X509Extension>, ErrorStack> {
    let end_entity = BasicConstraints::new().build()?;
    match purpose {
        Use::Ca => Ok(vec![
            BasicConstraints::new().critical().ca().build()?,
            KeyUsage::new().critical().key_cert_sign().crl_sign().build()?,
        ]),
        Use::Sign => Ok(vec![end_entity, KeyUsage::new().critical().non_repudiation().build()?]),
        Use::Auth { dns } => {
            let mut all = vec![
                end_entity,
                KeyUsage::new()
                    .critical()
                    .digital_signature()
                    .key_encipherment()
                    .data_encipherment()
                    .key_agreement()
                    .build()?,
                ExtendedKeyUsage::new().client_auth().server_auth().build()?,
            ];
            if !dns.is_empty() {
                all.push(SubjectAlternativeName::new().dns(dns).build(&builder.x509v3_context(None, None))?);
            }
            Ok(all)
        }
        Use::Ocsp => Ok(vec![
            end_entity,
            KeyUsage::new().critical().digital_signature().build()?,
            ExtendedKeyUsage::new().critical().other("OCSPSigning").build()?,
        ]),
        Use::Tsa => Ok(vec![
            end_entity,
            KeyUsage::new().critical().non_repudiation().build()?,
            ExtendedKeyUsage::new().critical().time_stamping().build()?,
        ]),
    }
}
