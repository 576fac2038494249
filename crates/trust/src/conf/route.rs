//! Choosing the servers to ask (wire.md §3.7).

use std::collections::HashSet;

use simpul_core::{ClientId, Code, ServerId, UnixTime};

use super::snapshot::GlobalConf;

/// Where a provider can be reached; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Servers in the order of their registration, each address once.
    pub targets: Vec<Target>,
}

/// One server to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The server.
    pub server: ServerId,
    /// Its address, a name or IP address without port.
    pub address: String,
}

/// Why there is no way to a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// No server that can be reached serves the provider.
    #[error("Could not find addresses for service provider \"{0}\"")]
    UnknownMember(ClientId),
    /// The wanted server does not exist, cannot be reached, or does not serve the provider.
    #[error("Invalid security server \"{0}\"")]
    InvalidSecurityServer(ServerId),
    /// Every server that would do is out of service.
    #[error("Security server \"{server}\" is in maintenance mode{}", administrator(server, message.as_deref()))]
    Maintenance {
        /// The first of them.
        server: ServerId,
        /// What its administrator says.
        message: Option<String>,
    },
}

fn administrator(server: &ServerId, message: Option<&str>) -> String {
    match message.filter(|m| !m.is_empty()) {
        Some(message) => format!(". Message from \"{server}\" administrator: {message}"),
        None => String::new(),
    }
}

impl RouteError {
    /// The code of the fault.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::UnknownMember(_) => Code::UnknownMember,
            Self::InvalidSecurityServer(_) => Code::InvalidSecurityServer,
            Self::Maintenance { .. } => Code::MaintenanceMode,
        }
    }
}

impl GlobalConf {
    /// Finds the servers that may answer for a provider (§3.7).
    ///
    /// Candidates have an address, and the provider as registered client or owner. With `target` only that server
    /// counts. Servers in maintenance are skipped. The order is by registration and not by health, and nothing is
    /// shuffled here. Does not check OCSP: the peer's certificate is judged when the link opens.
    pub fn route(&self, provider: &ClientId, target: Option<&ServerId>, at: UnixTime) -> Result<Route, RouteError> {
        let candidates: Vec<_> = self
            .live(provider.instance(), at)
            .into_iter()
            .flat_map(|i| i.servers_of(provider))
            .filter_map(|server| Some((server, server.address.clone()?)))
            .collect();
        if candidates.is_empty() {
            return Err(RouteError::UnknownMember(provider.clone()));
        }
        let wanted = |id: &ServerId| target.is_none_or(|t| t == id);
        let mut maintenance = None;
        let mut addresses = HashSet::new();
        let mut targets = Vec::new();
        for (server, address) in candidates.into_iter().filter(|(s, _)| wanted(&s.id)) {
            if let Some(m) = &server.maintenance {
                maintenance.get_or_insert_with(|| (server.id.clone(), m.message.clone()));
            } else if addresses.insert(address.clone()) {
                targets.push(Target { server: server.id.clone(), address });
            }
        }
        match (targets.is_empty(), maintenance, target) {
            (false, _, _) => Ok(Route { targets }),
            (true, Some((server, message)), _) => Err(RouteError::Maintenance { server, message }),
            (true, None, Some(target)) => Err(RouteError::InvalidSecurityServer(target.clone())),
            (true, None, None) => Err(RouteError::UnknownMember(provider.clone())),
        }
    }
}
