//! `[registry]`: the central role.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use simpul_core::ident::Instance;

use super::values::text;
use super::{KeyFiles, defaults};

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
    pub(crate) membership: PathBuf,
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
    /// The paths in it.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let keys = [&mut self.internal_sign, &mut self.external_sign].into_iter();
        keys.flat_map(|k| [&mut k.key, &mut k.certificate]).chain([&mut self.membership])
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
