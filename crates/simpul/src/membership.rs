//! What an instance consists of, as its operator writes it down: members, servers, trust services, groups, and the
//! instances it trusts. A TOML file beside the registry's configuration; its paths are relative to it.

use std::path::Path;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use simpul_core::ident::{GroupCode, Instance, MemberClass, MemberCode, ServerCode, SubsystemCode};
use simpul_core::{ClientId, MemberId, ServerId, limits};
use simpul_registry::publish;
use simpul_trust::cert::{Certificate, CertificateProfile};
use simpul_wire::gconf::{Anchor, DocumentError, ManagementService};

use crate::config::{ConfigError, FileError, Named, text, texts};
use crate::files::{self, FilesError};
use crate::keys;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Membership {
    /// `HOST:PORT` under which the configuration is published.
    pub(crate) address: String,
    /// The member subsystem that answers management requests.
    #[serde(deserialize_with = "text")]
    pub(crate) management_provider: ClientId,
    /// How old an OCSP response may be, in seconds.
    #[serde(default = "ocsp_freshness")]
    pub(crate) ocsp_freshness_seconds: u64,
    /// Seconds between two timestamping runs of a security server.
    #[serde(default = "timestamping_interval")]
    pub(crate) timestamping_interval_seconds: u64,
    /// Member classes.
    #[serde(default)]
    pub(crate) class: Vec<Class>,
    /// Members.
    #[serde(default)]
    pub(crate) member: Vec<Member>,
    /// Security servers.
    #[serde(default)]
    pub(crate) server: Vec<Server>,
    /// Certification authorities.
    #[serde(default)]
    pub(crate) ca: Vec<Ca>,
    /// Timestamping authorities.
    #[serde(default)]
    pub(crate) tsa: Vec<Tsa>,
    /// Global groups.
    #[serde(default)]
    pub(crate) group: Vec<Group>,
    /// Anchors of the instances that this one trusts.
    #[serde(default)]
    pub(crate) federation: Vec<Federation>,
}

/// A member class.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Class {
    /// Its code, such as `GOV`.
    #[serde(deserialize_with = "text")]
    pub(crate) code: MemberClass,
    /// What it means.
    pub(crate) description: String,
}

/// A member.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Member {
    /// Its class.
    #[serde(deserialize_with = "text")]
    pub(crate) class: MemberClass,
    /// Its code.
    #[serde(deserialize_with = "text")]
    pub(crate) code: MemberCode,
    /// Its name.
    pub(crate) name: String,
    /// Its subsystems.
    #[serde(default, deserialize_with = "texts")]
    pub(crate) subsystems: Vec<SubsystemCode>,
}

/// A security server.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Server {
    /// The member that runs it.
    #[serde(deserialize_with = "text")]
    pub(crate) owner: MemberId,
    /// Its code.
    #[serde(deserialize_with = "text")]
    pub(crate) code: ServerCode,
    /// Where others reach it: an IP address or host name, without a port.
    pub(crate) address: String,
    /// Its authentication certificates (PEM files).
    pub(crate) auth_certificates: Vec<Named>,
    /// Clients that are registered on it.
    #[serde(default, deserialize_with = "texts")]
    pub(crate) clients: Vec<ClientId>,
    /// Set while it is in maintenance, with what callers are told.
    pub(crate) maintenance: Option<String>,
}

/// A certification authority.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ca {
    /// Its name.
    pub(crate) name: String,
    /// Its certificate (PEM file).
    pub(crate) certificate: Named,
    /// How subjects name members: the profile's Java class name (wire.md §10.1).
    #[serde(deserialize_with = "profile")]
    pub(crate) profile: CertificateProfile,
    /// Its OCSP responders.
    pub(crate) ocsp: Vec<Ocsp>,
}

/// An OCSP responder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ocsp {
    /// Where it answers.
    pub(crate) url: String,
    /// Its certificate (PEM file), if it does not sign with the CA's.
    pub(crate) certificate: Option<Named>,
}

/// A timestamping authority.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Tsa {
    /// Its name.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) url: String,
    /// Its certificate (PEM file).
    pub(crate) certificate: Named,
}

/// A global group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Group {
    /// Its code.
    #[serde(deserialize_with = "text")]
    pub(crate) code: GroupCode,
    /// What it is for.
    pub(crate) description: String,
    /// Who is in it.
    #[serde(default, deserialize_with = "texts")]
    pub(crate) members: Vec<ClientId>,
}

/// An instance that this one trusts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Federation {
    /// The other instance's anchor for its external configuration.
    pub(crate) anchor: Named,
}

/// Why a membership file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MembershipError {
    /// The file itself.
    #[error("the membership file cannot be used")]
    File(#[source] ConfigError),
    /// A certificate or anchor that it names.
    #[error(transparent)]
    Named(FileError),
}

/// Why an anchor cannot be used.
#[derive(Debug, thiserror::Error)]
enum AnchorError {
    #[error("the file cannot be used")]
    File(#[source] FilesError),
    #[error("it is no anchor")]
    Document(#[source] DocumentError),
}

impl Membership {
    /// Reads a file; its paths become relative to the file's folder.
    pub(crate) fn read(path: &Path) -> Result<Self, MembershipError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| MembershipError::File(ConfigError::Read { path: path.to_owned(), cause }))?;
        let mut membership: Self = toml::from_str(&text)
            .map_err(|e| MembershipError::File(ConfigError::Parse { path: path.to_owned(), why: e.to_string() }))?;
        membership.files().for_each(|(key, named)| named.place(path, &text, key));
        Ok(membership)
    }

    /// The files that it names, each with its section and key.
    fn files(&mut self) -> impl Iterator<Item = (&'static str, &mut Named)> {
        let servers = self.server.iter_mut().flat_map(|s| &mut s.auth_certificates);
        let authorities = self.ca.iter_mut().flat_map(|ca| {
            let responders = ca.ocsp.iter_mut().filter_map(|o| o.certificate.as_mut());
            std::iter::once(("[[ca]] certificate", &mut ca.certificate))
                .chain(responders.map(|c| ("[[ca]] ocsp certificate", c)))
        });
        servers
            .map(|c| ("[[server]] auth-certificates", c))
            .chain(authorities)
            .chain(self.tsa.iter_mut().map(|tsa| ("[[tsa]] certificate", &mut tsa.certificate)))
            .chain(self.federation.iter_mut().map(|f| ("[[federation]] anchor", &mut f.anchor)))
    }

    /// What the registry publishes: every certificate and anchor that the file names is read.
    pub(crate) fn resolve(
        &self,
        instance: &Instance,
        validity: Duration,
    ) -> Result<publish::Membership, MembershipError> {
        let management = ManagementService {
            address: format!("https://{}/managementservice/", self.address),
            certificate: None,
            provider: self.management_provider.clone(),
        };
        let mut resolved = publish::Membership::new(instance.clone(), vec![self.address.clone()], management);
        resolved.classes = self.class.iter().map(|c| (c.code.clone(), c.description.clone())).collect();
        resolved.members = self.member.iter().map(|m| m.resolve(instance)).collect();
        resolved.servers = self.server.iter().map(Server::resolve).collect::<Result<_, _>>()?;
        resolved.groups = self.group.iter().map(Group::resolve).collect();
        resolved.certification = self.ca.iter().map(Ca::resolve).collect::<Result<_, _>>()?;
        resolved.timestamping = self.tsa.iter().map(Tsa::resolve).collect::<Result<_, _>>()?;
        resolved.federation = self
            .federation
            .iter()
            .map(|f| read_anchor(&f.anchor).map_err(MembershipError::Named))
            .collect::<Result<_, _>>()?;
        resolved.ocsp_freshness = Duration::from_secs(self.ocsp_freshness_seconds);
        resolved.timestamping_interval = Duration::from_secs(self.timestamping_interval_seconds);
        resolved.validity = validity;
        Ok(resolved)
    }
}

/// Reads an anchor that a configuration names.
pub(crate) fn read_anchor(named: &Named) -> Result<Anchor, FileError> {
    let refused = |cause| named.refused("a configuration anchor (XML), as the state hands it out,", cause);
    let bytes = files::read(named, limits::CONF_ANCHOR).map_err(|cause| refused(AnchorError::File(cause)))?;
    Anchor::parse(&bytes).map_err(|cause| refused(AnchorError::Document(cause)))
}

impl Member {
    fn resolve(&self, instance: &Instance) -> publish::MemberEntry {
        let entry = |code: &SubsystemCode| publish::SubsystemEntry { code: code.clone(), name: None };
        publish::MemberEntry {
            id: MemberId { instance: instance.clone(), class: self.class.clone(), code: self.code.clone() },
            name: self.name.clone(),
            subsystems: self.subsystems.iter().map(entry).collect(),
        }
    }
}

impl Server {
    fn resolve(&self) -> Result<publish::ServerEntry, MembershipError> {
        let id = ServerId { owner: self.owner.clone(), code: self.code.clone() };
        let hash = |named: &Named| certificate(named).map(|c| c.sha256());
        Ok(publish::ServerEntry {
            address: Some(self.address.clone()),
            auth_certificates: self.auth_certificates.iter().map(hash).collect::<Result<_, _>>()?,
            clients: self.clients.clone(),
            maintenance: self.maintenance.clone().map(Some),
            id,
        })
    }
}

impl Ca {
    fn resolve(&self) -> Result<publish::CertificationService, MembershipError> {
        let responder = |o: &Ocsp| {
            let certificate = o.certificate.as_ref().map(certificate);
            Ok(publish::OcspResponder { url: o.url.clone(), certificate: certificate.transpose()? })
        };
        Ok(publish::CertificationService {
            name: self.name.clone(),
            profile: self.profile,
            authentication_only: false,
            top: publish::CaEntry {
                certificate: certificate(&self.certificate)?,
                ocsp: self.ocsp.iter().map(responder).collect::<Result<_, _>>()?,
            },
            intermediates: Vec::new(),
        })
    }
}

impl Tsa {
    fn resolve(&self) -> Result<publish::TimestampingService, MembershipError> {
        Ok(publish::TimestampingService {
            name: self.name.clone(),
            url: self.url.clone(),
            certificate: certificate(&self.certificate)?,
        })
    }
}

impl Group {
    fn resolve(&self) -> publish::Group {
        publish::Group { code: self.code.clone(), description: self.description.clone(), members: self.members.clone() }
    }
}

/// The first certificate of a PEM file.
fn certificate(named: &Named) -> Result<Certificate, MembershipError> {
    let mut all = keys::named_certificates(named).map_err(MembershipError::Named)?;
    Ok(all.swap_remove(0))
}

fn profile<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CertificateProfile, D::Error> {
    CertificateProfile::from_class_name(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn ocsp_freshness() -> u64 {
    3600
}

fn timestamping_interval() -> u64 {
    60
}
