//! Whether the files that a configuration names can be used, found out without starting anything.

use super::RoleError;
use crate::config::{KeyFiles, LabRole, Named, NodeConfig, RegistryRole, ServerRole};
use crate::keys::{named_certificates, named_signer};
use crate::membership::read_anchor;

/// Reads every anchor, key and certificate, the membership and the test CA; the first that cannot be used is the error.
pub(crate) fn files(config: &NodeConfig) -> Result<(), RoleError> {
    config.server.iter().try_for_each(server)?;
    config.registry.iter().try_for_each(registry)?;
    config.lab.iter().try_for_each(|role| lab(role, config.beside_lab()))?;
    config.portal.iter().try_for_each(|role| {
        super::portal::brand(role)?;
        role.sign_in.iter().try_for_each(|settings| super::portal::secret(settings).map(drop))
    })
}

fn server(role: &ServerRole) -> Result<(), RoleError> {
    read_anchor(&role.anchor).map_err(RoleError::File)?;
    pair(&role.auth)?;
    role.internal_tls.iter().try_for_each(pair)?;
    for entry in &role.sign {
        named_signer(&entry.key, &entry.certificate).map_err(RoleError::File)?;
    }
    let pinned = role.service.iter().filter_map(|service| service.pinned.as_ref());
    let all = role.client.iter().map(|client| &client.certificates).chain(pinned).flatten();
    all.map(named_certificates).try_for_each(|read| read.map(drop)).map_err(RoleError::File)
}

fn registry(role: &RegistryRole) -> Result<(), RoleError> {
    pair(&role.internal_sign)?;
    pair(&role.external_sign)?;
    super::registry::membership(role).map(drop)
}

fn lab(role: &LabRole, beside: Option<&Named>) -> Result<(), RoleError> {
    super::lab::anchor(role, beside)?;
    super::lab::ca(role).map(drop)
}

fn pair(files: &KeyFiles) -> Result<(), RoleError> {
    named_signer(&files.key, &files.certificate).map(drop).map_err(RoleError::File)
}
