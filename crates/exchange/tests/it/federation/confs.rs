//! Signed global configurations of the two instances.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use simpul_core::{ClientId, DigestAlgorithm, UnixTime};
use simpul_exchange::ports::ConfSource;
use simpul_ledger::{ConfId, KeptConf};
use simpul_trust::conf::signed::verify_directory;
use simpul_trust::conf::{GlobalConf, Published};
use simpul_trust::hash;
use simpul_trust::token::{Signer, SoftSigner};
use simpul_wire::gconf::shared::{
    ApprovedCa, CaInfo, ConfSource as Source, GlobalGroup, Maintenance, Member, MemberClassInfo, OcspInfo,
    SecurityServer, Subsystem,
};
use simpul_wire::gconf::{
    DirectoryContent, DirectorySignature, FormatVersion, PartEntry, PartKind, SharedParams, SignatureScheme,
    SignedDirectory,
};

use super::NOW;
use super::authority::Authority;

/// A security server as its instance registers it.
pub(crate) struct Site {
    pub(crate) id: &'static str,
    pub(crate) address: &'static str,
    pub(crate) auth: SoftSigner,
    pub(crate) clients: &'static [&'static str],
    pub(crate) maintenance: Option<&'static str>,
}

/// What an instance says about itself.
pub(crate) fn shared(instance: &str, authority: &Authority, sites: &[Site], group: &[&str]) -> SharedParams {
    let clients: Vec<ClientId> = sites.iter().flat_map(|s| s.clients).map(|c| c.parse().unwrap()).collect();
    let mut members: Vec<_> = clients.iter().map(|c| c.member().clone()).collect();
    members.sort();
    members.dedup();
    let subsystems = |member| {
        let of = clients.iter().filter(move |c| c.member() == member).filter_map(ClientId::subsystem);
        of.map(|code| Subsystem { code: code.clone(), name: None }).collect()
    };
    SharedParams {
        instance: instance.parse().unwrap(),
        sources: vec![Source {
            address: "cs.lab.example".to_owned(),
            internal_certificates: vec![authority.with(|ca| ca.root().der().to_vec())],
            external_certificates: vec![authority.with(|ca| ca.root().der().to_vec())],
        }],
        approved_cas: vec![approved(authority)],
        approved_tsas: vec![],
        members: members
            .iter()
            .map(|id| Member {
                id: id.clone(),
                class_description: "Government".to_owned(),
                name: id.code.to_string(),
                subsystems: subsystems(id),
            })
            .collect(),
        servers: sites.iter().map(server).collect(),
        groups: vec![GlobalGroup {
            code: "partners".parse().unwrap(),
            description: "Partners".to_owned(),
            members: group.iter().map(|c| c.parse().unwrap()).collect(),
        }],
        member_classes: vec![MemberClassInfo { code: "GOV".parse().unwrap(), description: "Government".to_owned() }],
        ocsp_freshness: Duration::from_secs(3600),
    }
}

fn server(site: &Site) -> SecurityServer {
    let id: simpul_core::ServerId = site.id.parse().unwrap();
    SecurityServer {
        owner: id.owner,
        code: id.code,
        address: Some(site.address.to_owned()),
        auth_cert_hashes: vec![site.auth.certificate().sha256().to_vec()],
        clients: site.clients.iter().map(|c| c.parse().unwrap()).collect(),
        maintenance: site.maintenance.map(|text| Maintenance { message: Some(text.to_owned()) }),
    }
}

fn approved(authority: &Authority) -> ApprovedCa {
    authority.with(|ca| {
        let responders = ca.ocsp_certificates();
        let info = |certificate: &simpul_trust::cert::Certificate| CaInfo {
            certificate: certificate.der().to_vec(),
            ocsp: responders
                .iter()
                .filter(|r| r.is_issued_by(certificate))
                .map(|r| OcspInfo {
                    url: "http://ocsp.lab.example".to_owned(),
                    certificate: Some(r.der().to_vec()),
                    cost: None,
                })
                .collect(),
        };
        ApprovedCa {
            name: "Lab CA".to_owned(),
            authentication_only: false,
            top: info(ca.root()),
            intermediates: ca.intermediates().iter().map(info).collect(),
            profile: simpul_lab::ca::SubjectLayout::Basic.profile().class_name(),
            csr_format: None,
            acme: None,
        }
    })
}

/// Publishes shared parameters under a signature (wire.md §8.3) and proves them as a client does.
pub(crate) fn publish(shared: &SharedParams, signer: &SoftSigner, expires: UnixTime) -> Published {
    let part = Bytes::from(shared.write().unwrap());
    let entry = PartEntry {
        kind: PartKind::Shared,
        instance: Some(shared.instance.clone()),
        location: "/V6/20261121100000000000000/shared-params.xml".to_owned(),
        file_name: None,
        hash: hash::sha512(&part),
    };
    let content = DirectoryContent { expires, version: Some(FormatVersion::V6), parts: vec![entry.clone()] };
    let data = Bytes::from(content.write("inner").unwrap());
    let signature = DirectorySignature {
        scheme: SignatureScheme::Ecdsa(DigestAlgorithm::Sha512),
        certificate: hash::sha512(signer.certificate().der()),
        value: signer.sign_now(DigestAlgorithm::Sha512, &data).unwrap(),
    };
    let directory = SignedDirectory::new(data, "inner", "outer", signature).unwrap().write();
    let anchor = [signer.certificate().der().to_vec()];
    let directory = verify_directory(&shared.instance, &anchor, directory.into(), NOW).unwrap();
    let part = directory.accept(&entry, part).unwrap();
    Published { directory, parts: vec![part] }
}

/// Puts the configuration of an instance together with those of its partners.
pub(crate) fn join(own: &str, published: &[&Published]) -> GlobalConf {
    let parts = published.iter().flat_map(|p| p.parts.iter().cloned()).collect();
    GlobalConf::from_parts(&own.parse().unwrap(), parts).unwrap()
}

/// What the ledger keeps of a published configuration.
pub(crate) fn kept(published: &Published) -> KeptConf {
    KeptConf {
        id: ConfId::new(published.directory.sha256()),
        instance: published.directory.instance().to_string(),
        directory: published.directory.bytes().clone(),
        parts: published.parts.iter().map(|p| ("shared-params.xml".to_owned(), p.bytes().clone())).collect(),
    }
}

/// The configuration that a node has accepted, if any.
#[derive(Default)]
pub(crate) struct Confs(Mutex<Option<Arc<GlobalConf>>>);

impl Confs {
    pub(crate) fn set(&self, conf: Option<GlobalConf>) {
        *self.0.lock().unwrap() = conf.map(Arc::new);
    }
}

impl ConfSource for Confs {
    fn current(&self) -> Option<Arc<GlobalConf>> {
        self.0.lock().unwrap().clone()
    }
}
