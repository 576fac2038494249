//! A small federation: keys, certificates and a membership.

use std::path::PathBuf;

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509Builder, X509Name};
use simpul_core::UnixTime;
use simpul_registry::publish::*;
use simpul_trust::cert::{Certificate, CertificateProfile};
use simpul_trust::token::SoftSigner;
use simpul_wire::gconf::ManagementService;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    Rsa,
    P256,
}

/// A key with its self-signed certificate, as a central server makes them.
pub(crate) fn signer(key: Key, organisation: &str) -> SoftSigner {
    let key = match key {
        Key::Rsa => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        Key::P256 => {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
            PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
        }
    };
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("O", organisation).unwrap();
    name.append_entry_by_text("CN", "signing key").unwrap();
    let name = name.build();
    let mut b = X509Builder::new().unwrap();
    b.set_version(2).unwrap();
    b.set_serial_number(&Asn1Integer::from_bn(&BigNum::from_u32(1).unwrap()).unwrap()).unwrap();
    b.set_subject_name(&name).unwrap();
    b.set_issuer_name(&name).unwrap();
    b.set_pubkey(&key).unwrap();
    b.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    b.set_not_after(&Asn1Time::from_unix(4_000_000_000).unwrap()).unwrap();
    b.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = Certificate::from_der(&b.build().to_der().unwrap()).unwrap();
    SoftSigner::new(key, certificate, Vec::new()).unwrap()
}

pub(crate) fn now() -> UnixTime {
    "2026-11-21T10:00:00.250Z".parse().unwrap()
}

pub(crate) fn membership(instance: &str, ca: &Certificate) -> Membership {
    let id = |text: &str| format!("{instance}/{text}");
    let management = ManagementService {
        address: "https://127.0.0.2:4001/managementservice/".to_owned(),
        certificate: None,
        provider: id("GOV/0001/management").parse().unwrap(),
    };
    let mut m = Membership::new(instance.parse().unwrap(), vec!["127.0.0.2:8090".to_owned()], management);
    m.classes.insert("GOV".parse().unwrap(), "Government & <state>".to_owned());
    m.members = vec![
        MemberEntry {
            id: id("GOV/0001").parse().unwrap(),
            name: "Registry".to_owned(),
            subsystems: vec![SubsystemEntry { code: "management".parse().unwrap(), name: None }],
        },
        MemberEntry {
            id: id("GOV/3201").parse().unwrap(),
            name: "Kementerian \"Tenaga\" Kerja".to_owned(),
            subsystems: vec![SubsystemEntry { code: "manpower".parse().unwrap(), name: Some("Manpower".to_owned()) }],
        },
    ];
    m.servers = vec![
        ServerEntry {
            id: id("GOV/0001/ss0").parse().unwrap(),
            address: Some("127.0.0.3".to_owned()),
            auth_certificates: vec![[7; 32]],
            clients: vec![id("GOV/0001/management").parse().unwrap(), id("GOV/3201/manpower").parse().unwrap()],
            maintenance: None,
        },
        ServerEntry {
            id: id("GOV/3201/ss1").parse().unwrap(),
            address: None,
            auth_certificates: Vec::new(),
            clients: Vec::new(),
            maintenance: Some(Some("back at noon".to_owned())),
        },
    ];
    m.groups = vec![Group {
        code: "security-server-owners".parse().unwrap(),
        description: "Owners".to_owned(),
        members: vec![id("GOV/0001").parse().unwrap(), id("GOV/3201/manpower").parse().unwrap()],
    }];
    let responder = OcspResponder { url: "http://127.0.0.2:8888".to_owned(), certificate: Some(ca.clone()) };
    m.certification = vec![CertificationService {
        name: "Lab CA".to_owned(),
        profile: CertificateProfile::Basic,
        authentication_only: false,
        top: CaEntry { certificate: ca.clone(), ocsp: vec![responder] },
        intermediates: vec![CaEntry { certificate: ca.clone(), ocsp: Vec::new() }],
    }];
    m.timestamping = vec![TimestampingService {
        name: "Lab TSA".to_owned(),
        url: "http://127.0.0.2:8899".to_owned(),
        certificate: ca.clone(),
    }];
    m
}

/// The folder of X-Road's schemas, unless it is missing.
pub(crate) fn schemas() -> Option<PathBuf> {
    let root = std::env::var_os("SIMPUL_FIXTURES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = root.join("xroad/fixtures/xsd");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no fixtures");
    None
}
