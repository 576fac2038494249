//! `[registry]`: the central role.

use std::net::SocketAddr;

use serde::Deserialize;
use simpul_core::ident::Instance;

use super::values::text;
use super::{KeyFiles, Named, defaults};

/// The central role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RegistryRole {
    /// The instance.
    #[serde(deserialize_with = "text")]
    pub(crate) instance: Instance,
    /// Where the global configuration is published, in plain HTTP.
    pub(crate) listen: SocketAddr,
    /// What the instance consists of.
    pub(crate) membership: Named,
    /// Signs the internal configuration; the certificate is in the anchor of the own instance.
    pub(crate) internal_sign: KeyFiles,
    /// Signs the external configuration; the certificate is in the anchor that other instances get.
    pub(crate) external_sign: KeyFiles,
    /// Seconds between two generations.
    #[serde(default = "defaults::conf_interval")]
    pub(crate) interval_seconds: u64,
    /// Seconds until a published configuration expires.
    #[serde(default = "defaults::conf_expiry")]
    pub(crate) expiry_seconds: u64,
}

impl RegistryRole {
    /// The files that it names, each with its section and key.
    pub(super) fn files(&mut self) -> impl Iterator<Item = (&'static str, &mut Named)> {
        [
            ("[registry] membership", &mut self.membership),
            ("[registry.internal-sign] key", &mut self.internal_sign.key),
            ("[registry.internal-sign] certificate", &mut self.internal_sign.certificate),
            ("[registry.external-sign] key", &mut self.external_sign.key),
            ("[registry.external-sign] certificate", &mut self.external_sign.certificate),
        ]
        .into_iter()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.expiry_seconds <= self.interval_seconds {
            return Err(format!(
                "[registry] expiry-seconds = {}: must be longer than interval-seconds = {}",
                self.expiry_seconds, self.interval_seconds
            ));
        }
        Ok(())
    }
}
