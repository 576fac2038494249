//! What a registry knows about its instance, as far as it is published.

use std::collections::BTreeMap;
use std::time::Duration;

use simpul_core::ident::{GroupCode, Instance, MemberClass, SubsystemCode};
use simpul_core::{ClientId, MemberId, ServerId};
use simpul_trust::cert::{Certificate, CertificateProfile};
use simpul_wire::gconf::{Anchor, ManagementService};

/// The membership of one instance.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The instance.
    pub instance: Instance,
    /// Addresses of its central servers, a name or IP address each, with `:port` where it is not the usual one;
    /// at least one.
    pub addresses: Vec<String>,
    /// Member classes with their descriptions.
    pub classes: BTreeMap<MemberClass, String>,
    /// Members with their subsystems.
    pub members: Vec<MemberEntry>,
    /// Security servers.
    pub servers: Vec<ServerEntry>,
    /// Global groups.
    pub groups: Vec<Group>,
    /// Approved certification services.
    pub certification: Vec<CertificationService>,
    /// Approved time-stamping services.
    pub timestamping: Vec<TimestampingService>,
    /// Anchors of the instances that this one is federated with.
    pub federation: Vec<Anchor>,
    /// Where members send management requests.
    pub management: ManagementService,
    /// How old an OCSP response may be; whole seconds.
    pub ocsp_freshness: Duration,
    /// How soon a logged signature should be stamped; whole seconds.
    pub timestamping_interval: Duration,
    /// How long a publication is valid.
    pub validity: Duration,
}

impl Membership {
    /// X-Road's default of `ocsp_freshness` (wire.md §8.3).
    pub const OCSP_FRESHNESS: Duration = Duration::from_secs(3600);
    /// X-Road's default of `timestamping_interval` (wire.md §8.3).
    pub const TIMESTAMPING_INTERVAL: Duration = Duration::from_secs(60);
    /// X-Road's default of `validity` (wire.md §8.3).
    pub const VALIDITY: Duration = Duration::from_secs(600);
    /// How often X-Road generates a publication (wire.md §8.3).
    pub const GENERATION_INTERVAL: Duration = Duration::from_secs(60);

    /// An instance without members, with X-Road's default times.
    #[must_use]
    pub fn new(instance: Instance, addresses: Vec<String>, management: ManagementService) -> Self {
        Self {
            instance,
            addresses,
            classes: BTreeMap::new(),
            members: Vec::new(),
            servers: Vec::new(),
            groups: Vec::new(),
            certification: Vec::new(),
            timestamping: Vec::new(),
            federation: Vec::new(),
            management,
            ocsp_freshness: Self::OCSP_FRESHNESS,
            timestamping_interval: Self::TIMESTAMPING_INTERVAL,
            validity: Self::VALIDITY,
        }
    }
}

/// A member.
#[derive(Clone, Debug)]
pub struct MemberEntry {
    /// Its identifier; its class is one of the membership.
    pub id: MemberId,
    /// Its name.
    pub name: String,
    /// Its subsystems.
    pub subsystems: Vec<SubsystemEntry>,
}

/// A subsystem.
#[derive(Clone, Debug)]
pub struct SubsystemEntry {
    /// Its code.
    pub code: SubsystemCode,
    /// Its name.
    pub name: Option<String>,
}

/// A security server.
#[derive(Clone, Debug)]
pub struct ServerEntry {
    /// Its identifier; the owner is a member.
    pub id: ServerId,
    /// Its address without port; `None` while it has none.
    pub address: Option<String>,
    /// SHA-256 of the DER of its authentication certificates.
    pub auth_certificates: Vec<[u8; 32]>,
    /// Registered clients.
    pub clients: Vec<ClientId>,
    /// Set while it is out of service, with what its operator says.
    pub maintenance: Option<Option<String>>,
}

/// A global group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its code.
    pub code: GroupCode,
    /// What it is for.
    pub description: String,
    /// Who is in it.
    pub members: Vec<ClientId>,
}

/// An approved certification service.
#[derive(Clone, Debug)]
pub struct CertificationService {
    /// Its name.
    pub name: String,
    /// How member ids stand in its certificates.
    pub profile: CertificateProfile,
    /// Whether its certificates may only authenticate TLS.
    pub authentication_only: bool,
    /// The top certificate.
    pub top: CaEntry,
    /// Intermediate certificates.
    pub intermediates: Vec<CaEntry>,
}

/// A CA certificate with the responders for what it issued.
#[derive(Clone, Debug)]
pub struct CaEntry {
    /// The certificate.
    pub certificate: Certificate,
    /// OCSP responders.
    pub ocsp: Vec<OcspResponder>,
}

/// An OCSP responder.
#[derive(Clone, Debug)]
pub struct OcspResponder {
    /// Its URL.
    pub url: String,
    /// The certificate that signs its responses, if it is not the CA's own.
    pub certificate: Option<Certificate>,
}

/// An approved time-stamping service.
#[derive(Clone, Debug)]
pub struct TimestampingService {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// The certificate that signs its tokens.
    pub certificate: Certificate,
}
