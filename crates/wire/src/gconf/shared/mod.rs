//! Shared parameters: who takes part in an instance, and whom they trust (wire.md §8.5).

mod read;
mod write;

use std::time::Duration;

use simpul_core::ident::{GroupCode, Instance, MemberClass, ServerCode, SubsystemCode};
use simpul_core::{ClientId, MemberId, ServerId, SubsystemId};

/// Shared parameters of an instance, with every reference resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedParams {
    /// The instance.
    pub instance: Instance,
    /// Where its configuration is published; empty in format 2 only.
    pub sources: Vec<ConfSource>,
    /// Certification authorities.
    pub approved_cas: Vec<ApprovedCa>,
    /// Time-stamping authorities.
    pub approved_tsas: Vec<ApprovedTsa>,
    /// Members with their subsystems.
    pub members: Vec<Member>,
    /// Security servers.
    pub servers: Vec<SecurityServer>,
    /// Global groups.
    pub groups: Vec<GlobalGroup>,
    /// Member classes in use.
    pub member_classes: Vec<MemberClassInfo>,
    /// How old an OCSP response may be; whole seconds.
    pub ocsp_freshness: Duration,
}

/// A central server that publishes the configuration (format 3 and later).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfSource {
    /// Its address, a name or IP address.
    pub address: String,
    /// Certificates that verify the internal configuration, DER.
    pub internal_certificates: Vec<Vec<u8>>,
    /// Certificates that verify the external configuration, DER.
    pub external_certificates: Vec<Vec<u8>>,
}

/// An approved certification service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedCa {
    /// Its name, for people.
    pub name: String,
    /// Whether its certificates may only authenticate TLS, never sign.
    pub authentication_only: bool,
    /// The top certificate.
    pub top: CaInfo,
    /// Intermediate certificates.
    pub intermediates: Vec<CaInfo>,
    /// The Java class name that tells how member ids stand in its certificates (§10.1).
    pub profile: String,
    /// Format of certificate requests that it prefers (format 6).
    pub csr_format: Option<CsrFormat>,
    /// Its ACME server (format 3 and later).
    pub acme: Option<AcmeServer>,
}

/// A certificate of a certification authority, with its OCSP responders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaInfo {
    /// The certificate, DER or PEM text.
    pub certificate: Vec<u8>,
    /// Responders for the certificates that it issued.
    pub ocsp: Vec<OcspInfo>,
}

/// An OCSP responder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspInfo {
    /// Its URL.
    pub url: String,
    /// The certificate that signs its responses, DER or PEM text.
    pub certificate: Option<Vec<u8>>,
    /// What it costs (format 6).
    pub cost: Option<CostType>,
}

/// An ACME server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeServer {
    /// URL of its directory.
    pub directory_url: String,
    /// Its IP addresses, separated by commas.
    pub ip_address: Option<String>,
    /// Profile of authentication certificates (format 4 and later).
    pub authentication_profile: Option<String>,
    /// Profile of signing certificates (format 4 and later).
    pub signing_profile: Option<String>,
}

/// An approved time-stamping service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedTsa {
    /// Its name, for people.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// The certificate that signs its tokens, DER or PEM text.
    pub certificate: Vec<u8>,
    /// What it costs (format 6).
    pub cost: Option<CostType>,
}

/// What a trust service costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostType {
    /// Nothing.
    Free,
    /// Something.
    Paid,
    /// Not known.
    Undefined,
}

/// A format of certificate requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsrFormat {
    /// Text.
    Pem,
    /// Octets.
    Der,
}

/// A member with its subsystems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its identifier; the instance is that of the document.
    pub id: MemberId,
    /// What its class is called.
    pub class_description: String,
    /// Its name.
    pub name: String,
    /// Its subsystems.
    pub subsystems: Vec<Subsystem>,
}

/// A subsystem of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subsystem {
    /// Its code.
    pub code: SubsystemCode,
    /// Its name (format 5 and later).
    pub name: Option<String>,
}

/// A registered security server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityServer {
    /// The member that runs it.
    pub owner: MemberId,
    /// Its code.
    pub code: ServerCode,
    /// Its address; missing or blank means that nobody can reach it.
    pub address: Option<String>,
    /// Hashes of its authentication certificates: SHA-1 in format 2, SHA-256 later.
    pub auth_cert_hashes: Vec<Vec<u8>>,
    /// Registered clients, the owner not necessarily among them.
    pub clients: Vec<ClientId>,
    /// Set while its operator keeps it out of service (format 5 and later).
    pub maintenance: Option<Maintenance>,
}

/// A server is out of service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// What its operator says about it.
    pub message: Option<String>,
}

/// A group of clients that may be granted rights together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalGroup {
    /// Its code.
    pub code: GroupCode,
    /// What it is for.
    pub description: String,
    /// Who is in it.
    pub members: Vec<ClientId>,
}

/// A member class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberClassInfo {
    /// Its code.
    pub code: MemberClass,
    /// What it is called.
    pub description: String,
}

impl Member {
    /// The member and its subsystems as clients, the member first.
    pub fn clients(&self) -> impl Iterator<Item = ClientId> + '_ {
        let subsystems = self
            .subsystems
            .iter()
            .map(|s| ClientId::Subsystem(SubsystemId { member: self.id.clone(), code: s.code.clone() }));
        std::iter::once(ClientId::Member(self.id.clone())).chain(subsystems)
    }
}

impl SecurityServer {
    /// Its identifier.
    #[must_use]
    pub fn id(&self) -> ServerId {
        ServerId { owner: self.owner.clone(), code: self.code.clone() }
    }
}

const COST_TYPES: [(&str, CostType); 3] =
    [("FREE", CostType::Free), ("PAID", CostType::Paid), ("UNDEFINED", CostType::Undefined)];
const CSR_FORMATS: [(&str, CsrFormat); 2] = [("PEM", CsrFormat::Pem), ("DER", CsrFormat::Der)];
