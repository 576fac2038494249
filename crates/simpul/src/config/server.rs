//! `[server]`: the security-server role.

use std::net::SocketAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use simpul_core::ident::Instance;
use simpul_core::{ClientId, Dialect, MemberId, ServerId};
use simpul_exchange::server::ConnectionType;
use simpul_trust::conf::download::AllowedFederations;

use super::values::{text, texts};
use super::{
    AccessEntry, ClientEntry, KeyFiles, LogSettings, ModeEntry, Named, PartnerEntry, Patience, ServiceEntry,
    SubjectSettings, TrailSettings, defaults,
};

/// The security-server role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServerRole {
    /// This server's id, such as `ID/GOV/3201/ss1`.
    #[serde(deserialize_with = "text")]
    pub(crate) id: ServerId,
    /// The configuration anchor of the own instance, as the state hands it out.
    pub(crate) anchor: Named,
    /// Instances whose configuration is used too.
    #[serde(default)]
    pub(crate) allowed_federations: Federations,
    /// Where other security servers reach this one (mutual TLS).
    pub(crate) peer_listen: SocketAddr,
    /// Where other security servers fetch OCSP responses.
    pub(crate) ocsp_listen: SocketAddr,
    /// The peer port of every server in the federation.
    #[serde(default = "defaults::peer_port")]
    pub(crate) peer_port: u16,
    /// The OCSP port of every server in the federation.
    #[serde(default = "defaults::ocsp_port")]
    pub(crate) ocsp_port: u16,
    /// Where information systems of the clients call, in plain HTTP.
    pub(crate) consumer_listen: SocketAddr,
    /// Where they call by HTTPS; absent, nowhere.
    pub(crate) consumer_tls_listen: Option<SocketAddr>,
    /// The key for TLS with information systems and services; absent, a self-signed one is made and kept.
    pub(crate) internal_tls: Option<KeyFiles>,
    /// The authentication key and its certificates.
    pub(crate) auth: KeyFiles,
    /// A sign key per member.
    #[serde(default)]
    pub(crate) sign: Vec<SignKey>,
    /// Clients of this server.
    #[serde(default)]
    pub(crate) client: Vec<ClientEntry>,
    /// Their services.
    #[serde(default)]
    pub(crate) service: Vec<ServiceEntry>,
    /// Who may use them.
    #[serde(default)]
    pub(crate) access: Vec<AccessEntry>,
    /// With whom an access right is enough and no agreement is required.
    #[serde(default)]
    pub(crate) mode: Vec<ModeEntry>,
    /// Where the other parties of agreements take acts.
    #[serde(default)]
    pub(crate) agreement_partner: Vec<PartnerEntry>,
    /// The message log.
    #[serde(default)]
    pub(crate) log: LogSettings,
    /// Keys that open tokens which name persons.
    #[serde(default)]
    pub(crate) subjects: SubjectSettings,
    /// Who used whose data.
    #[serde(default)]
    pub(crate) trail: TrailSettings,
    /// How long others may take.
    #[serde(default)]
    pub(crate) patience: Patience,
    /// Spelling of fault codes: `7.8` or `7.7`.
    #[serde(default, deserialize_with = "dialect")]
    pub(crate) fault_dialect: Dialect,
    /// Seconds between looks at the global configuration.
    #[serde(default = "defaults::conf_interval")]
    pub(crate) conf_interval_seconds: u64,
    /// Seconds between fetches of own OCSP responses.
    #[serde(default = "defaults::ocsp_interval")]
    pub(crate) ocsp_interval_seconds: u64,
    /// The oldest X-Road release of a peer that is answered, as `MAJOR.MINOR.PATCH`; absent, every peer is.
    #[serde(default, deserialize_with = "version")]
    pub(crate) minimum_client_version: Option<(u64, u64, u64)>,
    /// Accepts a configuration that is older than one accepted before; every use is logged.
    #[serde(default)]
    pub(crate) accept_conf_rollback: bool,
}

/// Which federated instances are used.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Federations {
    /// Only the own instance (X-Road's default).
    #[default]
    None,
    /// Every instance that the own registry names.
    All,
    /// These, where the own registry names them.
    #[serde(untagged)]
    Only(#[serde(deserialize_with = "texts")] Vec<Instance>),
}

impl From<Federations> for AllowedFederations {
    fn from(federations: Federations) -> Self {
        match federations {
            Federations::None => Self::None,
            Federations::All => Self::All,
            Federations::Only(instances) => {
                Self::Only(instances.iter().map(|i| i.as_str().to_ascii_lowercase()).collect())
            }
        }
    }
}

/// A member's sign key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SignKey {
    /// Whose key it is.
    #[serde(deserialize_with = "text")]
    pub(crate) member: MemberId,
    /// PKCS#8 PEM, readable for its owner only.
    pub(crate) key: Named,
    /// The certificate, followed by intermediates if there are any.
    pub(crate) certificate: Named,
}

impl ServerRole {
    /// The files that it names, each with its section and key.
    pub(super) fn files(&mut self) -> impl Iterator<Item = (&'static str, &mut Named)> {
        let auth =
            [("[server.auth] key", &mut self.auth.key), ("[server.auth] certificate", &mut self.auth.certificate)];
        let internal = self.internal_tls.iter_mut().flat_map(|k| {
            [("[server.internal-tls] key", &mut k.key), ("[server.internal-tls] certificate", &mut k.certificate)]
        });
        let sign = self
            .sign
            .iter_mut()
            .flat_map(|k| [("[[server.sign]] key", &mut k.key), ("[[server.sign]] certificate", &mut k.certificate)]);
        let clients = self.client.iter_mut().flat_map(|c| &mut c.certificates);
        let pinned = self.service.iter_mut().flat_map(|s| &mut s.pinned).flatten();
        std::iter::once(("[server] anchor", &mut self.anchor))
            .chain(auth)
            .chain(internal)
            .chain(sign)
            .chain(clients.map(|c| ("[[server.client]] certificates", c)))
            .chain(pinned.map(|c| ("[[server.service]] pinned", c)))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        self.patience.check()?;
        let known = |id: &ClientId| self.client.iter().any(|c| c.id == *id);
        for service in &self.service {
            if !known(&service.provider) {
                return Err(format!(
                    "[[server.service]] provider = \"{}\": no [[server.client]] has this id",
                    service.provider.short()
                ));
            }
            service.place()?;
        }
        self.subjects.check()?;
        self.trail.check(&self.service)?;
        for right in &self.access {
            if !self.service.iter().any(|s| s.provider == right.provider && s.code == right.service) {
                return Err(format!(
                    "[[server.access]] provider = \"{}\", service = \"{}\": no [[server.service]] is named so",
                    right.provider.short(),
                    right.service
                ));
            }
            right.endpoint().map_err(|e| format!("[[server.access]] path = \"{}\": {e}", right.path))?;
        }
        for mode in &self.mode {
            mode.rule()?;
        }
        self.check_partners()?;
        for client in &self.client {
            if !self.sign.iter().any(|k| k.member == *client.id.member()) {
                return Err(format!(
                    "[[server.client]] id = \"{}\": no [[server.sign]] has member = \"{}\"",
                    client.id.short(),
                    client.id.member().short()
                ));
            }
            if client.connection == ConnectionType::HttpsMutual && client.certificates.is_empty() {
                return Err(format!(
                    "[[server.client]] id = \"{}\": connection = \"https-mutual\" needs certificates",
                    client.id.short()
                ));
            }
        }
        Ok(())
    }
}

fn dialect<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dialect, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "7.8" => Ok(Dialect::V78),
        "7.7" => Ok(Dialect::V77),
        other => Err(D::Error::unknown_variant(other, &["7.8", "7.7"])),
    }
}

/// A release, whole: three numbers and nothing else.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<(u64, u64, u64)>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = |s: &&str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let numbers: Vec<Option<u64>> = text.split('.').map(|n| Some(n).filter(digits)?.parse().ok()).collect();
    match numbers.as_slice() {
        [Some(major), Some(minor), Some(patch)] => Ok(Some((*major, *minor, *patch))),
        _ => Err(D::Error::custom(format!(
            "minimum-client-version = \"{text}\": MAJOR.MINOR.PATCH is needed, such as \"7.6.0\""
        ))),
    }
}
