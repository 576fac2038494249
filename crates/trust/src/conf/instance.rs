//! The shared parameters of one instance, indexed for lookups.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use simpul_core::ident::{GroupCode, Instance};
use simpul_core::{ClientId, MemberId, ServerId, SubsystemId, UnixTime};
use simpul_wire::gconf::{FormatVersion, SharedParams, shared};

use super::error::ConfError;
use super::part::LoadedPart;
use crate::cert::{CertError, Certificate, CertificateProfile};

/// A certificate of an approved certification service, top or intermediate.
#[derive(Clone, Debug)]
pub struct ApprovedCa {
    /// The certificate.
    pub cert: Certificate,
    /// The name of the service, for people.
    pub name: String,
    /// How member ids stand in the certificates that it issued; `None` if the class is not known here.
    pub profile: Option<CertificateProfile>,
    /// The Java class name of the profile.
    pub profile_class: String,
    /// Whether its certificates may only authenticate TLS: no seal may rest on them.
    pub authentication_only: bool,
    /// Whether it is the top certificate of the service.
    pub top: bool,
    /// URLs of its OCSP responders.
    pub ocsp_urls: Vec<String>,
    /// Certificates of its OCSP responders.
    pub ocsp_certs: Vec<Certificate>,
}

impl ApprovedCa {
    /// The member that a signing certificate of this service speaks for (§10.1).
    pub fn member_id(&self, certificate: &Certificate, instance: &Instance) -> Result<MemberId, CertError> {
        let profile = self.profile.ok_or_else(|| CertError::UnknownProfile(self.profile_class.clone()))?;
        profile.member_id(certificate, instance)
    }
}

/// An approved time-stamping service.
#[derive(Clone, Debug)]
pub struct ApprovedTsa {
    /// Its name, for people.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// The certificate that signs its tokens.
    pub cert: Certificate,
}

/// A registered security server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) id: ServerId,
    /// Missing if it is blank: nobody can reach the server, but its certificates count (§8.5).
    pub(super) address: Option<String>,
    pub(super) maintenance: Option<shared::Maintenance>,
    /// Registered clients and the owner.
    pub(super) clients: HashSet<ClientId>,
}

/// One instance, indexed.
#[derive(Debug)]
pub(super) struct IndexedInstance {
    pub(super) part: LoadedPart,
    pub(super) cas: Vec<ApprovedCa>,
    pub(super) tsas: Vec<ApprovedTsa>,
    pub(super) servers: Vec<Server>,
    /// What was left out because its certificate cannot be read.
    pub(super) problems: Vec<ConfError>,
    ca_by_subject: HashMap<Vec<u8>, Vec<usize>>,
    servers_by_client: HashMap<ClientId, Vec<usize>>,
    servers_by_hash: HashMap<Vec<u8>, Vec<usize>>,
    names: HashMap<ClientId, Option<String>>,
    groups: HashMap<GroupCode, HashSet<ClientId>>,
}

impl IndexedInstance {
    /// Indexes a part of shared parameters; `None` for any other part.
    pub(super) fn build(part: LoadedPart) -> Option<Arc<Self>> {
        let mut index = Self {
            cas: Vec::new(),
            tsas: Vec::new(),
            servers: Vec::new(),
            problems: Vec::new(),
            ca_by_subject: HashMap::new(),
            servers_by_client: HashMap::new(),
            servers_by_hash: HashMap::new(),
            names: HashMap::new(),
            groups: HashMap::new(),
            part: part.clone(),
        };
        let params = part.shared()?;
        params.approved_cas.iter().for_each(|ca| index.add_ca(ca));
        params.approved_tsas.iter().for_each(|tsa| {
            let cert = index.readable(&tsa.name, &tsa.certificate);
            index.tsas.extend(cert.map(|cert| ApprovedTsa { name: tsa.name.clone(), url: tsa.url.clone(), cert }));
        });
        params.servers.iter().for_each(|server| index.add_server(server));
        params.members.iter().for_each(|member| index.add_member(member));
        for group in &params.groups {
            index.groups.insert(group.code.clone(), group.members.iter().cloned().collect());
        }
        Some(Arc::new(index))
    }

    fn readable(&mut self, service: &str, bytes: &[u8]) -> Option<Certificate> {
        match Certificate::from_der_or_pem(bytes) {
            Ok(certificate) => Some(certificate),
            Err(cause) => {
                let (instance, service) = (self.part.instance.clone(), service.to_owned());
                self.problems.push(ConfError::TrustService { instance, service, cause });
                None
            }
        }
    }

    fn add_ca(&mut self, ca: &shared::ApprovedCa) {
        let infos = std::iter::once((true, &ca.top)).chain(ca.intermediates.iter().map(|i| (false, i)));
        for (top, info) in infos {
            let Some(cert) = self.readable(&ca.name, &info.certificate) else { continue };
            let responders = info.ocsp.iter().filter_map(|o| o.certificate.as_deref());
            let ocsp_certs = responders.filter_map(|c| self.readable(&ca.name, c)).collect();
            self.ca_by_subject.entry(cert.subject_der()).or_default().push(self.cas.len());
            self.cas.push(ApprovedCa {
                cert,
                name: ca.name.clone(),
                profile: CertificateProfile::from_class_name(&ca.profile).ok(),
                profile_class: ca.profile.clone(),
                authentication_only: ca.authentication_only,
                top,
                ocsp_urls: info.ocsp.iter().map(|o| o.url.trim().to_owned()).filter(|u| !u.is_empty()).collect(),
                ocsp_certs,
            });
        }
    }

    fn add_server(&mut self, server: &shared::SecurityServer) {
        let at = self.servers.len();
        let owner = ClientId::Member(server.owner.clone());
        let clients: HashSet<_> = server.clients.iter().cloned().chain([owner]).collect();
        for client in &clients {
            self.servers_by_client.entry(client.clone()).or_default().push(at);
        }
        for hash in &server.auth_cert_hashes {
            self.servers_by_hash.entry(hash.clone()).or_default().push(at);
        }
        self.servers.push(Server {
            id: server.id(),
            address: server.address.as_deref().map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned),
            maintenance: server.maintenance.clone(),
            clients,
        });
    }

    fn add_member(&mut self, member: &shared::Member) {
        self.names.insert(ClientId::Member(member.id.clone()), Some(member.name.clone()));
        for subsystem in &member.subsystems {
            let id = SubsystemId { member: member.id.clone(), code: subsystem.code.clone() };
            self.names.insert(ClientId::Subsystem(id), subsystem.name.clone());
        }
    }

    /// The instance.
    pub(super) fn instance(&self) -> &Instance {
        &self.part.instance
    }

    /// Whether its time of validity is over at `at`.
    pub(super) fn expired(&self, at: UnixTime) -> bool {
        self.part.expires.is_some_and(|expires| expires <= at)
    }

    /// The shared parameters.
    pub(super) fn shared(&self) -> Option<&SharedParams> {
        self.part.shared()
    }

    /// CA certificates with this subject, in the order of the configuration.
    pub(super) fn cas_named(&self, subject_der: &[u8]) -> impl DoubleEndedIterator<Item = &ApprovedCa> {
        let found = self.ca_by_subject.get(subject_der).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|at| self.cas.get(*at))
    }

    /// Servers at which a client is registered or that it owns, in the order of the configuration.
    pub(super) fn servers_of(&self, client: &ClientId) -> impl Iterator<Item = &Server> {
        let found = self.servers_by_client.get(client).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|at| self.servers.get(*at))
    }

    /// Servers that registered this certificate for authentication (§3.5.4).
    ///
    /// Format 2 registers SHA-1 hashes. They count only while the own configuration is of format 2 as well; SHA-256
    /// hashes of later formats always count.
    pub(super) fn servers_with(&self, leaf: &Certificate, own: FormatVersion) -> impl Iterator<Item = &Server> {
        let hash: Option<Vec<u8>> = match (self.part.format, own) {
            (FormatVersion::V2, FormatVersion::V2) => Some(leaf.sha1().to_vec()),
            (FormatVersion::V2, _) => None,
            _ => Some(leaf.sha256().to_vec()),
        };
        let found = hash.and_then(|h| self.servers_by_hash.get(&h)).map(Vec::as_slice).unwrap_or_default();
        found.iter().filter_map(|at| self.servers.get(*at))
    }

    /// Whether a member or subsystem is listed at all.
    pub(super) fn knows(&self, client: &ClientId) -> bool {
        self.names.contains_key(client)
    }

    /// The name of a member or subsystem.
    pub(super) fn name_of(&self, client: &ClientId) -> Option<&str> {
        self.names.get(client)?.as_deref()
    }

    /// Whether a client is in a group.
    pub(super) fn in_group(&self, group: &GroupCode, client: &ClientId) -> bool {
        self.groups.get(group).is_some_and(|members| members.contains(client))
    }
}
