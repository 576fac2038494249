//! `[lab]`: test trust services and sample registers.

use std::net::SocketAddr;

use serde::Deserialize;

use super::Named;

/// Test trust services and sample registers. Loopback only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LabRole {
    /// Where the CA's OCSP responder (`/ocsp`), the TSA (`/tsa`) and the register (`/register`) answer.
    pub(crate) listen: SocketAddr,
    /// The test CA's folder.
    pub(crate) ca: Named,
    /// The anchor of the instance that this laboratory serves; it must be marked as lab.
    pub(crate) anchor: Named,
    /// Whether the sample civil register answers too.
    #[serde(default)]
    pub(crate) register: bool,
    /// Whether its identity provider answers too (`/idp`).
    #[serde(default)]
    pub(crate) identity_provider: bool,
}

impl LabRole {
    /// The files and folders that it names, each with its section and key.
    pub(super) fn files(&mut self) -> impl Iterator<Item = (&'static str, &mut Named)> {
        [("[lab] ca", &mut self.ca), ("[lab] anchor", &mut self.anchor)].into_iter()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self.listen.ip().is_loopback() {
            true => Ok(()),
            false => Err(format!("[lab] listen = \"{}\": laboratory roles listen on loopback only", self.listen)),
        }
    }
}
