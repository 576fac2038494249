//! Keys and certificates.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Name, X509NameBuilder};
use simpul_io::tls::Identity;
use simpul_trust::cert::Certificate;

/// A key with its certificate.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) certificate: Certificate,
    pub(crate) key: PKey<Private>,
}

pub(crate) static CA: LazyLock<Pair> = LazyLock::new(|| certify("Test CA", ec(), None));
pub(crate) static RSA_SERVER: LazyLock<Pair> = LazyLock::new(|| certify("rsa server", rsa(), Some(&CA)));
pub(crate) static EC_SERVER: LazyLock<Pair> = LazyLock::new(|| certify("ec server", ec(), Some(&CA)));
pub(crate) static RSA_CLIENT: LazyLock<Pair> = LazyLock::new(|| certify("rsa client", rsa(), Some(&CA)));
pub(crate) static EC_CLIENT: LazyLock<Pair> = LazyLock::new(|| certify("ec client", ec(), Some(&CA)));
pub(crate) static STRANGER: LazyLock<Pair> = LazyLock::new(|| certify("stranger", ec(), Some(&CA)));

pub(crate) static LOCALHOST: LazyLock<Pair> = LazyLock::new(|| certify("localhost", ec(), Some(&CA)));

fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn ec() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn name(common: &str) -> X509Name {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("O", "Simpul tests").unwrap();
    name.append_entry_by_text("CN", common).unwrap();
    name.build()
}

fn certify(common: &str, key: PKey<Private>, issuer: Option<&Pair>) -> Pair {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name(common)).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    let mut usage = KeyUsage::new();
    match issuer {
        None => {
            builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
            usage.key_cert_sign().crl_sign();
            builder.set_issuer_name(&name(common)).unwrap();
        }
        Some(issuer) => {
            builder.append_extension(ExtendedKeyUsage::new().client_auth().server_auth().build().unwrap()).unwrap();
            usage.digital_signature().key_encipherment();
            if common == "localhost" {
                let names = SubjectAlternativeName::new()
                    .dns(common)
                    .ip("127.0.0.1")
                    .build(&builder.x509v3_context(None, None));
                builder.append_extension(names.unwrap()).unwrap();
            }
            builder.set_issuer_name(issuer.certificate.x509().subject_name()).unwrap();
        }
    }
    builder.append_extension(usage.critical().build().unwrap()).unwrap();
    builder.sign(issuer.map_or(&key, |i| &i.key), MessageDigest::sha256()).unwrap();
    Pair { certificate: Certificate::from_der(&builder.build().to_der().unwrap()).unwrap(), key }
}

impl Pair {
    /// As this side's identity, with the CA as if it were an intermediate.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        let chain = vec![CA.certificate.clone()];
        Arc::new(Identity::new(self.certificate.clone(), chain, self.key.clone()).unwrap())
    }

    /// Writes certificate and key as PEM, for other programs.
    pub(crate) fn files(&self, dir: &tempfile::TempDir) -> (PathBuf, PathBuf) {
        let (certificate, key) = (dir.path().join("certificate.pem"), dir.path().join("key.pem"));
        std::fs::write(&certificate, self.certificate.x509().to_pem().unwrap()).unwrap();
        std::fs::write(&key, self.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        (certificate, key)
    }
}
