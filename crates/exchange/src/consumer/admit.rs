//! May this information system speak for the client that it names (wire.md §2.4.2–3, §9.3)?

use simpul_core::ClientId;

use super::RelayError;
use crate::call::Caller;
use crate::server::{ConnectionType, ServerConf};

/// Refuses clients that are not registered here, and callers that do not connect as their client demands.
pub(crate) fn admit_caller(server: &ServerConf, client: &ClientId, caller: &Caller) -> Result<(), RelayError> {
    let client = server.clients.get(client).ok_or_else(|| RelayError::UnknownClient(client.clone()))?;
    match (client.connection, caller) {
        (_, Caller::Own)
        | (ConnectionType::Http, _)
        | (ConnectionType::Https, Caller::Tls | Caller::TlsWithCertificate(_)) => Ok(()),
        (ConnectionType::HttpsMutual, Caller::TlsWithCertificate(cert)) if client.certificates.contains(cert) => Ok(()),
        (ConnectionType::Https, Caller::Http) => Err(RelayError::Caller("client requires TLS")),
        (ConnectionType::HttpsMutual, Caller::TlsWithCertificate(_)) => {
            Err(RelayError::Caller("the certificate is not among those of the client"))
        }
        (ConnectionType::HttpsMutual, Caller::Http | Caller::Tls) => {
            Err(RelayError::Caller("client requires TLS with a certificate"))
        }
    }
}
