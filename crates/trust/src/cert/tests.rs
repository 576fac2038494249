use super::*;
use openssl::asn1::{Asn1Integer, Asn1Time, Asn1Type};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use openssl::x509::{X509Builder, X509Extension, X509Name};

pub(crate) const START: i64 = 1_700_000_000;
pub(crate) const END: i64 = 1_900_000_000;

pub(crate) fn ec_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// What a test certificate is made of.
pub(crate) struct Recipe<'a> {
    pub(crate) subject: &'a [(&'a str, &'a str)],
    pub(crate) serial: u32,
    pub(crate) days: (i64, i64),
    /// OpenSSL's names and values of extensions.
    pub(crate) extensions: &'a [(&'a str, &'a str)],
}

impl Default for Recipe<'_> {
    fn default() -> Self {
        Self { subject: &[("CN", "test")], serial: 1, days: (START, END), extensions: &[] }
    }
}

fn builder(recipe: &Recipe<'_>, key: &PKey<Private>) -> X509Builder {
    let mut name = X509Name::builder().unwrap();
    for (field, value) in recipe.subject {
        name.append_entry_by_text_with_type(field, value, Asn1Type::UTF8STRING).unwrap();
    }
    let name = name.build();
    let mut b = X509Builder::new().unwrap();
    b.set_version(2).unwrap();
    b.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(recipe.serial).unwrap()).unwrap()).unwrap();
    b.set_subject_name(&name).unwrap();
    b.set_issuer_name(&name).unwrap();
    b.set_not_before(&Asn1Time::from_unix(recipe.days.0).unwrap()).unwrap();
    b.set_not_after(&Asn1Time::from_unix(recipe.days.1).unwrap()).unwrap();
    b.set_pubkey(key).unwrap();
    for (id, value) in recipe.extensions {
        #[expect(deprecated, reason = "the text form keeps recipes short")]
        b.append_extension(X509Extension::new(None, None, id, value).unwrap()).unwrap();
    }
    b
}

pub(crate) fn self_signed(recipe: &Recipe<'_>, key: &PKey<Private>) -> Certificate {
    let mut b = builder(recipe, key);
    b.sign(key, MessageDigest::sha256()).unwrap();
    Certificate::from_der(&b.build().to_der().unwrap()).unwrap()
}

pub(crate) fn issued(
    recipe: &Recipe<'_>,
    key: &PKey<Private>,
    ca: &Certificate,
    ca_key: &PKey<Private>,
) -> Certificate {
    issued_with(MessageDigest::sha256(), recipe, key, ca, ca_key)
}

pub(crate) fn issued_with(
    digest: MessageDigest,
    recipe: &Recipe<'_>,
    key: &PKey<Private>,
    ca: &Certificate,
    ca_key: &PKey<Private>,
) -> Certificate {
    let mut b = builder(recipe, key);
    b.set_issuer_name(ca.x509().subject_name()).unwrap();
    b.sign(ca_key, digest).unwrap();
    Certificate::from_der(&b.build().to_der().unwrap()).unwrap()
}

/// A self-signed certificate with this subject.
pub(crate) fn certificate(subject: &[(&str, &str)]) -> Certificate {
    self_signed(&Recipe { subject, ..Recipe::default() }, &ec_key())
}

fn with(extensions: &[(&str, &str)]) -> Certificate {
    self_signed(&Recipe { extensions, ..Recipe::default() }, &ec_key())
}

/// wire.md §3.5.1 and §10.2.
#[test]
fn key_usage_decides_what_a_certificate_is_for() {
    let sign = with(&[("keyUsage", "critical,nonRepudiation")]);
    assert!(sign.is_signing());
    assert!(!sign.is_authentication().unwrap());
    for usage in ["digitalSignature", "keyEncipherment", "dataEncipherment"] {
        let auth = with(&[("keyUsage", usage)]);
        assert!(auth.is_authentication().unwrap(), "{usage}");
        assert!(!auth.is_signing(), "{usage}");
    }
    assert!(!with(&[("keyUsage", "keyAgreement")]).is_authentication().unwrap());
    assert!(with(&[("extendedKeyUsage", "clientAuth")]).is_authentication().unwrap(), "without keyUsage");
    let none = with(&[("extendedKeyUsage", "serverAuth")]);
    assert!(matches!(none.is_authentication(), Err(CertError::NoKeyUsage)));
    assert!(!none.is_signing());
    assert_eq!(none.is_authentication().unwrap_err().code(), Code::IncorrectCertificate);
    assert!(with(&[("extendedKeyUsage", "OCSPSigning")]).signs_ocsp());
    assert!(with(&[("extendedKeyUsage", "critical,timeStamping")]).signs_timestamps());
}

#[test]
fn pem_text_and_der_are_the_same_certificate() {
    let cert = certificate(&[("CN", "a")]);
    let pem = cert.x509().to_pem().unwrap();
    assert_eq!(Certificate::from_der_or_pem(&pem).unwrap(), cert);
    assert_eq!(Certificate::from_der_or_pem(&[b"\r\n", pem.as_slice()].concat()).unwrap(), cert);
    assert_eq!(Certificate::from_der_or_pem(cert.der()).unwrap(), cert);
    assert!(matches!(Certificate::from_der_or_pem(b"-----BEGIN CERTIFICATE-----"), Err(CertError::Pem)));
}

#[test]
fn only_whole_certificates_are_read() {
    let der = certificate(&[("CN", "a")]).der().to_vec();
    for cut in 0..der.len() {
        assert!(Certificate::from_der(der.get(..cut).unwrap()).is_err(), "cut at {cut}");
    }
    assert!(Certificate::from_der(&[der.as_slice(), &[0]].concat()).is_err(), "bytes after the end");
    let huge = vec![0x30; limits::CERTIFICATE + 1];
    assert!(matches!(Certificate::from_der(&huge), Err(CertError::TooLarge(_))));
    assert!(matches!(Certificate::from_der_or_pem(&huge), Err(CertError::TooLarge(_))));
}

#[test]
fn a_repeated_extension_is_refused() {
    let key = ec_key();
    let mut b = builder(&Recipe { extensions: &[("keyUsage", "digitalSignature")], ..Recipe::default() }, &key);
    #[expect(deprecated, reason = "the text form keeps recipes short")]
    b.append_extension(X509Extension::new(None, None, "keyUsage", "nonRepudiation").unwrap()).unwrap();
    b.sign(&key, MessageDigest::sha256()).unwrap();
    let made = Certificate::from_der(&b.build().to_der().unwrap());
    assert!(matches!(made, Err(CertError::DuplicateExtension)));
}

#[test]
fn other_keys_are_refused() {
    let key = PKey::generate_ed25519().unwrap();
    let mut b = builder(&Recipe::default(), &key);
    b.sign(&key, MessageDigest::null()).unwrap();
    let made = Certificate::from_der(&b.build().to_der().unwrap());
    assert!(matches!(made, Err(CertError::UnsupportedKey(oid)) if oid == "1.3.101.112"));
    let rsa = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    assert_eq!(self_signed(&Recipe::default(), &rsa).key_algorithm(), KeyAlgorithm::Rsa);
    assert_eq!(certificate(&[("CN", "a")]).key_algorithm(), KeyAlgorithm::Ec);
}

#[test]
fn facts_are_those_of_the_encoding() {
    let key = ec_key();
    let cert = self_signed(&Recipe { serial: 4_000_000_000, ..Recipe::default() }, &key);
    assert_eq!(cert.serial_decimal(), "4000000000");
    assert_eq!(cert.not_before(), UnixTime::from_secs(START));
    assert_eq!(cert.not_after(), UnixTime::from_secs(END));
    assert_eq!(cert.subject_der(), cert.issuer_der());
    assert_eq!(cert.subject_rfc2253(), "CN=test");
    assert!(cert.is_issued_by(&cert));
    assert!(!cert.is_issued_by(&self_signed(&Recipe::default(), &ec_key())));
}
