//! What this security server knows of itself: its clients, their services, and who may use them.
//!
//! A value that is read whole from configuration and replaced whole; nothing in it changes while an exchange looks.

use std::collections::HashMap;
use std::time::Duration;

use simpul_core::ident::Instance;
use simpul_core::{ClientId, MemberId, ServerId, ServiceId};
use simpul_policy::minimise::FieldPath;
use simpul_policy::{AccessRights, Modes};
use simpul_trust::cert::Certificate;

/// The server configuration in force.
#[derive(Clone, Debug)]
pub struct ServerConf {
    /// This server.
    pub id: ServerId,
    /// Clients that are registered here, by id. What is not in it is `unknown_member`.
    pub clients: HashMap<ClientId, Client>,
    /// Services of those clients, by id.
    pub services: HashMap<ServiceId, Service>,
    /// Who may use them.
    pub access: AccessRights,
    /// Where an access right is enough and no agreement is required.
    pub modes: Modes,
    /// The oldest `x-proxy-version` that is answered, as major, minor, patch; `None` answers all (wire.md §3.2).
    pub minimum_client_version: Option<(u64, u64, u64)>,
}

/// A client of this server.
#[derive(Clone, Debug)]
pub struct Client {
    /// How its information systems prove who they are.
    pub connection: ConnectionType,
    /// The certificates of its information systems.
    pub certificates: Vec<Certificate>,
}

/// How information systems connect (wire.md §9.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ConnectionType {
    /// `NOSSL`: plain HTTP is enough.
    #[default]
    Http,
    /// `SSLNOAUTH`: TLS is required, a certificate is not.
    Https,
    /// `SSLAUTH`: TLS with one of the client's certificates.
    HttpsMutual,
}

/// A service of a client here.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its id.
    pub id: ServiceId,
    /// Where it is.
    pub place: Place,
    /// How long an answer may be awaited; `None` waits without end.
    pub timeout: Option<Duration>,
    /// The notice of a disabled service; `None` for a service that works.
    pub disabled: Option<String>,
    /// For https: the certificates one of which the service must present; `None` accepts any.
    pub pinned: Option<Vec<Certificate>>,
    /// Where its answers say whom they are about; `None` if they are looked at for nobody.
    pub persons: Option<PersonsAt>,
}

/// Where the answers of a service name persons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonsAt {
    /// The place of their identifiers in a JSON answer.
    pub place: FieldPath,
    /// The state that gave them.
    pub home: Instance,
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// At an information system, under this http or https URL.
    At(String),
    /// On this server, which answers itself. Everything else is as for any service: access rights, agreements, log.
    Here,
}

impl ServerConf {
    /// Members that own this server or one of its clients: those that sign here.
    pub fn members(&self) -> impl Iterator<Item = &MemberId> {
        let mut seen: Vec<&MemberId> =
            std::iter::once(&self.id.owner).chain(self.clients.keys().map(ClientId::member)).collect();
        seen.sort();
        seen.dedup();
        seen.into_iter()
    }
}
