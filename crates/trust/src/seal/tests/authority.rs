//! A certification authority with an OCSP responder, in memory.

use std::time::Duration;

use bytes::Bytes;
use const_oid::db::rfc5912::ECDSA_WITH_SHA_256;
use der::asn1::{BitString, GeneralizedTime, Null, OctetString};
use der::{DateTime, Decode, Encode};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha1;
use simpul_core::ident::Instance;
use simpul_core::{MemberId, UnixTime};
use simpul_wire::gconf::shared::{ApprovedCa, CaInfo, ConfSource};
use simpul_wire::gconf::{FormatVersion, SharedParams, tree};
use spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    BasicOcspResponse, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, OcspResponseStatus, ResponderId,
    ResponseBytes, ResponseData, RevokedInfo, SingleResponse, Version,
};

use crate::cert::tests::{Recipe, START, ec_key, issued, self_signed};
use crate::cert::{Certificate, CertificateProfile};
use crate::conf::{GlobalConf, supplied};
use crate::ocsp;
use crate::token::SoftSigner;

/// When everything happens.
pub(crate) const AT: UnixTime = UnixTime::from_secs(START + 100_000);
/// How old an OCSP response may be.
pub(crate) const FRESHNESS: Duration = Duration::from_secs(3600);

/// Kind of key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Rsa,
    P256,
}

pub(crate) struct Authority {
    pub(crate) root: (Certificate, PKey<Private>),
    id: MemberId,
    /// A second approved CA, below the root.
    pub(crate) intermediate: (Certificate, PKey<Private>),
    pub(crate) conf: GlobalConf,
}

const CA: &[(&str, &str)] = &[("basicConstraints", "critical,CA:TRUE"), ("keyUsage", "critical,keyCertSign")];

impl Authority {
    pub(crate) fn new() -> Self {
        let (key, below) = (ec_key(), ec_key());
        let recipe = Recipe { subject: &[("O", "Test & Co"), ("CN", "Test CA")], extensions: CA, ..Recipe::default() };
        let root = self_signed(&recipe, &key);
        let recipe = Recipe { subject: &[("CN", "Intermediate")], serial: 7, extensions: CA, ..Recipe::default() };
        let intermediate = issued(&recipe, &below, &root, &key);
        let id = MemberId::from_parts("ID", "GOV", "3201").unwrap();
        let conf = configuration(&root, &intermediate, false);
        Self { root: (root, key), id, intermediate: (intermediate, below), conf }
    }

    /// The member that seals.
    pub(crate) fn id(&self) -> &MemberId {
        &self.id
    }

    /// A member with a signing certificate.
    pub(crate) fn member(&self, kind: Kind, id: &MemberId) -> SoftSigner {
        self.signer(kind, id, &[("keyUsage", "critical,nonRepudiation")], &self.root, vec![])
    }

    /// A member whose certificate has these extensions and comes from this CA.
    pub(crate) fn signer(
        &self,
        kind: Kind,
        id: &MemberId,
        extensions: &[(&str, &str)],
        ca: &(Certificate, PKey<Private>),
        chain: Vec<Certificate>,
    ) -> SoftSigner {
        let key = match kind {
            Kind::Rsa => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
            Kind::P256 => ec_key(),
        };
        let subject = [("CN", "Member"), ("businessCategory", id.class.as_str()), ("serialNumber", id.code.as_str())];
        let recipe = Recipe { subject: &subject, serial: 18, extensions, ..Recipe::default() };
        SoftSigner::new(key.clone(), issued(&recipe, &key, &ca.0, &ca.1), chain).unwrap()
    }

    /// A fresh OCSP response that says good.
    pub(crate) fn ocsp(&self, certificate: &Certificate) -> Bytes {
        self.ocsp_of(certificate, AT, true)
    }

    /// An OCSP response of the root for one of its certificates.
    pub(crate) fn ocsp_of(&self, certificate: &Certificate, this_update: UnixTime, good: bool) -> Bytes {
        self.ocsp_by(&self.root, certificate, this_update, good)
    }

    /// An OCSP response of any CA.
    pub(crate) fn ocsp_by(
        &self,
        (issuer, key): &(Certificate, PKey<Private>),
        certificate: &Certificate,
        this_update: UnixTime,
        good: bool,
    ) -> Bytes {
        let request = OcspRequest::from_der(&ocsp::request(certificate, issuer).unwrap()).unwrap();
        let seconds = Duration::from_secs(u64::try_from(this_update.secs()).unwrap());
        let time = OcspGeneralizedTime::from(GeneralizedTime::from(DateTime::from_unix_duration(seconds).unwrap()));
        let revoked = RevokedInfo { revocation_time: time, revocation_reason: None };
        let single = SingleResponse {
            cert_id: request.tbs_request.request_list[0].req_cert.clone(),
            cert_status: if good { CertStatus::Good(Null) } else { CertStatus::Revoked(revoked) },
            this_update: time,
            next_update: None,
            single_extensions: None,
        };
        let tbs_response_data = ResponseData {
            version: Version::default(),
            responder_id: ResponderId::ByKey(OctetString::new(sha1(issuer.key_bits())).unwrap()),
            produced_at: time,
            responses: vec![single],
            response_extensions: None,
        };
        let mut device = openssl::sign::Signer::new(MessageDigest::sha256(), key).unwrap();
        let signed = device.sign_oneshot_to_vec(&tbs_response_data.to_der().unwrap()).unwrap();
        let basic = BasicOcspResponse {
            tbs_response_data,
            signature_algorithm: AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA_256, parameters: None },
            signature: BitString::from_bytes(&signed).unwrap(),
            certs: None,
        };
        let response = OctetString::new(basic.to_der().unwrap()).unwrap();
        let response_type = const_oid::db::rfc6960::ID_PKIX_OCSP_BASIC;
        let response_bytes = Some(ResponseBytes { response_type, response });
        let response = OcspResponse { response_status: OcspResponseStatus::Successful, response_bytes };
        response.to_der().unwrap().into()
    }
}

/// A configuration of the instance `ID` that approves both CAs.
pub(crate) fn configuration(root: &Certificate, intermediate: &Certificate, authentication_only: bool) -> GlobalConf {
    let ca = |certificate: &Certificate| CaInfo { certificate: certificate.der().to_vec(), ocsp: vec![] };
    let instance: Instance = "ID".parse().unwrap();
    let params = SharedParams {
        instance: instance.clone(),
        sources: vec![ConfSource {
            address: "cs.example".to_owned(),
            internal_certificates: vec![root.der().to_vec()],
            external_certificates: vec![root.der().to_vec()],
        }],
        approved_cas: vec![ApprovedCa {
            name: "Test CA".to_owned(),
            authentication_only,
            top: ca(root),
            intermediates: vec![ca(intermediate)],
            profile: CertificateProfile::Basic.class_name(),
            csr_format: None,
            acme: None,
        }],
        approved_tsas: vec![],
        members: vec![],
        servers: vec![],
        groups: vec![],
        member_classes: vec![],
        ocsp_freshness: FRESHNESS,
    };
    let shared = Bytes::from(params.write().unwrap());
    let files = tree::verificationconf(&instance, &[(instance.clone(), FormatVersion::V6, shared)]);
    let files = files.into_iter().map(|(name, octets)| (name.replacen("verificationconf/", "", 1), octets)).collect();
    GlobalConf::from_parts(&instance, supplied::load(&files).unwrap().parts).unwrap()
}
