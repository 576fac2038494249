//! Global configurations.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use simpul_core::MemberId;
use simpul_exchange::ports::ConfSource;
use simpul_trust::conf::{GlobalConf, Target, supplied};
use simpul_wire::gconf::SharedParams;
use simpul_wire::gconf::shared::{
    ApprovedCa, ApprovedTsa, CaInfo, ConfSource as PublishedAt, Member, MemberClassInfo, SecurityServer,
};

use super::pki::{CA, Pair};

/// A configuration that knows these certificates and can be changed.
pub(crate) struct Conf(Mutex<Option<Arc<GlobalConf>>>);

impl Conf {
    pub(crate) fn knowing(pairs: &[&Pair]) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Some(Arc::new(global_conf(pairs))))))
    }

    pub(crate) fn set(&self, pairs: &[&Pair]) {
        *self.0.lock().unwrap() = Some(Arc::new(global_conf(pairs)));
    }

    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl ConfSource for Conf {
    fn current(&self) -> Option<Arc<GlobalConf>> {
        self.0.lock().unwrap().clone()
    }
}

/// An instance with one member, whose server registered these certificates, and the tests' CA.
pub(crate) fn global_conf(pairs: &[&Pair]) -> GlobalConf {
    let top = CaInfo { certificate: CA.certificate.der().to_vec(), ocsp: Vec::new() };
    let hashes = pairs.iter().map(|p| p.certificate.sha256().to_vec()).collect();
    instance(top, Vec::new(), hashes, Vec::new())
}

/// An instance with one member, one server and one certification service.
pub(crate) fn instance(
    top: CaInfo,
    intermediates: Vec<CaInfo>,
    auth_cert_hashes: Vec<Vec<u8>>,
    approved_tsas: Vec<ApprovedTsa>,
) -> GlobalConf {
    let owner: MemberId = "ID/GOV/1".parse().unwrap();
    let shared = SharedParams {
        instance: owner.instance.clone(),
        sources: vec![PublishedAt {
            address: "127.0.0.1".to_owned(),
            internal_certificates: vec![top.certificate.clone()],
            external_certificates: vec![top.certificate.clone()],
        }],
        approved_cas: vec![ApprovedCa {
            name: "Test CA".to_owned(),
            authentication_only: false,
            top,
            intermediates,
            profile: "ee.ria.xroad.common.certificateprofile.impl.FiVRKCertificateProfileInfoProvider".to_owned(),
            csr_format: None,
            acme: None,
        }],
        approved_tsas,
        members: vec![Member {
            id: owner.clone(),
            class_description: "Government".to_owned(),
            name: "Test".to_owned(),
            subsystems: Vec::new(),
        }],
        servers: vec![SecurityServer {
            owner: owner.clone(),
            code: "ss1".parse().unwrap(),
            address: Some("127.0.0.1".to_owned()),
            auth_cert_hashes,
            clients: Vec::new(),
            maintenance: None,
        }],
        groups: Vec::new(),
        member_classes: vec![MemberClassInfo { code: owner.class.clone(), description: "Government".to_owned() }],
        ocsp_freshness: Duration::from_secs(3600),
    };
    let part = "ID/shared-params.xml";
    let files = [
        ("instance-identifier".to_owned(), Bytes::from_static(b"ID")),
        (part.to_owned(), Bytes::from(shared.write().unwrap())),
        (format!("{part}.metadata"), Bytes::from_static(br#"{"configurationVersion":"6"}"#)),
    ];
    let supplied = supplied::load(&files.into_iter().collect()).unwrap();
    GlobalConf::from_parts(&supplied.own, supplied.parts).unwrap()
}

/// A configuration that does not change.
pub(crate) struct Fixed(pub(crate) Arc<GlobalConf>);

impl ConfSource for Fixed {
    fn current(&self) -> Option<Arc<GlobalConf>> {
        Some(self.0.clone())
    }
}

/// A server to go to.
pub(crate) fn target(address: &str) -> Target {
    Target { server: "ID/GOV/1/ss1".parse().unwrap(), address: address.to_owned() }
}
