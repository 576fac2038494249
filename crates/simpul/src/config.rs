//! What runs here: the configuration file, parsed once into what it means.
//!
//! Unknown keys fail. Every error names the file, the line, the key and what is allowed. Relative paths are relative to
//! the file's folder. The defaults are those of a node on embedded storage.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use simpul_core::ident::{Instance, ServiceCode};
use simpul_core::{ClientId, Dialect, MemberId, ServerId, limits};
use simpul_exchange::server::ConnectionType;
use simpul_io::listen::Bounds;
use simpul_io::peer::PeerBounds;
use simpul_io::service::ServiceBounds;
use simpul_policy::{Endpoint, Subject};
use simpul_trust::conf::download::AllowedFederations;

/// Everything one process runs. A role without a section does not start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NodeConfig {
    /// Where durable bytes live.
    pub(crate) storage: Storage,
    /// The central role.
    pub(crate) registry: Option<RegistryRole>,
    /// The security-server role.
    pub(crate) server: Option<ServerRole>,
    /// Test trust services and sample registers; loopback only.
    pub(crate) lab: Option<LabRole>,
}

/// Where durable bytes live: SQLite and files in one folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Storage {
    /// The folder; made if it is missing, with rights for its owner only.
    pub(crate) dir: PathBuf,
}

/// The security-server role.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServerRole {
    /// This server's id, such as `ID/GOV/3201/ss1`.
    #[serde(deserialize_with = "text")]
    pub(crate) id: ServerId,
    /// The configuration anchor of the own instance, as the state hands it out.
    pub(crate) anchor: PathBuf,
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
    /// The message log.
    #[serde(default)]
    pub(crate) log: LogSettings,
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

/// A private key with its certificate and intermediates, as PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KeyFiles {
    /// PKCS#8 PEM, readable for its owner only.
    pub(crate) key: PathBuf,
    /// The certificate, followed by intermediates if there are any.
    pub(crate) certificate: PathBuf,
}

/// A member's sign key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SignKey {
    /// Whose key it is.
    #[serde(deserialize_with = "text")]
    pub(crate) member: MemberId,
    /// PKCS#8 PEM, readable for its owner only.
    pub(crate) key: PathBuf,
    /// The certificate, followed by intermediates if there are any.
    pub(crate) certificate: PathBuf,
}

/// A client of this server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClientEntry {
    /// Its id, such as `ID/GOV/3201/manpower`.
    #[serde(deserialize_with = "text")]
    pub(crate) id: ClientId,
    /// How its information systems connect: `http`, `https` or `https-mutual`.
    #[serde(default, deserialize_with = "connection")]
    pub(crate) connection: ConnectionType,
    /// Certificates of its information systems (PEM files).
    #[serde(default)]
    pub(crate) certificates: Vec<PathBuf>,
}

/// A service of a client.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServiceEntry {
    /// Whose service it is.
    #[serde(deserialize_with = "text")]
    pub(crate) provider: ClientId,
    /// Its code.
    #[serde(deserialize_with = "text")]
    pub(crate) code: ServiceCode,
    /// Where it is: an http or https URL.
    pub(crate) url: String,
    /// How long an answer may be awaited, in seconds; 0 waits without end.
    #[serde(default = "defaults::service_timeout")]
    pub(crate) timeout_seconds: u64,
    /// The notice of a disabled service.
    pub(crate) disabled: Option<String>,
    /// For https: PEM files of the certificates one of which the service must present. Absent accepts any.
    pub(crate) pinned: Option<Vec<PathBuf>>,
    /// Its OpenAPI 3 description, a file or URL (for people; the exchange does not read it).
    pub(crate) openapi: Option<String>,
}

/// One access right.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AccessEntry {
    /// Whose service.
    #[serde(deserialize_with = "text")]
    pub(crate) provider: ClientId,
    /// Which service code.
    #[serde(deserialize_with = "text")]
    pub(crate) service: ServiceCode,
    /// Who: `INSTANCE/CLASS/CODE/SUBSYSTEM` or `GLOBALGROUP:INSTANCE/GROUP`.
    #[serde(deserialize_with = "text")]
    pub(crate) subject: Subject,
    /// HTTP method, `*` for any.
    #[serde(default = "defaults::any_method")]
    pub(crate) method: String,
    /// Path pattern; `**` for the whole service.
    #[serde(default = "defaults::any_path")]
    pub(crate) path: String,
}

/// The message log.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct LogSettings {
    /// Octets of a body that are logged; a longer body is refused with `logging_failed`.
    pub(crate) max_loggable_message_body_size: u64,
    /// Lets longer bodies pass; only their digest is logged then.
    pub(crate) truncated_body_allowed: bool,
    /// Seconds between timestamping runs.
    pub(crate) timestamp_interval_seconds: u64,
}

/// How long others may take, in seconds; who takes longer loses the connection. At least 1 each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Patience {
    /// A peer or service, to accept a connection.
    pub(crate) connect_seconds: u64,
    /// A caller, for the whole TLS handshake.
    pub(crate) handshake_seconds: u64,
    /// A caller, from the first octet of a request to the end of its head.
    pub(crate) head_seconds: u64,
    /// A caller, between two requests and before the first.
    pub(crate) idle_seconds: u64,
    /// Anyone, without giving one octet of a body that is awaited or taking one that waits for it.
    pub(crate) octet_seconds: u64,
    /// A peer, to begin its answer once it has the request.
    pub(crate) answer_seconds: u64,
}

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

/// Test trust services and sample registers. Loopback only.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LabRole {
    /// Where the CA's OCSP responder (`/ocsp`), the TSA (`/tsa`) and the register (`/register`) answer.
    pub(crate) listen: SocketAddr,
    /// The test CA's folder.
    pub(crate) ca: PathBuf,
    /// The anchor of the instance that this laboratory serves; it must be marked as lab.
    pub(crate) anchor: PathBuf,
    /// Whether the sample civil register answers too.
    #[serde(default)]
    pub(crate) register: bool,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("{}: cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The text is not TOML, or a key is unknown, missing or of the wrong form.
    #[error("{}: {why}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column, key and what is allowed.
        why: String,
    },
    /// A value does not fit the others.
    #[error("{}: {why}", path.display())]
    Meaning {
        /// The file.
        path: PathBuf,
        /// Section, key and what is allowed.
        why: String,
    },
}

impl NodeConfig {
    /// Reads a file; paths in it become absolute or relative to the working folder.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
        let mut config = Self::parse(&text, path)?;
        config.resolve(path.parent().unwrap_or(Path::new(".")));
        config.check().map_err(|why| ConfigError::Meaning { path: path.to_owned(), why })?;
        Ok(config)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|e| ConfigError::Parse { path: path.to_owned(), why: e.to_string() })
    }

    /// What serde cannot say: values that must fit each other.
    fn check(&self) -> Result<(), String> {
        if self.registry.is_none() && self.server.is_none() && self.lab.is_none() {
            return Err("no role: one of the sections [registry], [server], [lab] is needed".to_owned());
        }
        if let Some(server) = &self.server {
            server.check()?;
        }
        if let Some(lab) = &self.lab
            && !lab.listen.ip().is_loopback()
        {
            return Err(format!("[lab] listen = \"{}\": laboratory roles listen on loopback only", lab.listen));
        }
        if let Some(registry) = &self.registry
            && registry.expiry_seconds <= registry.interval_seconds
        {
            return Err(format!(
                "[registry] expiry-seconds = {}: must be longer than interval-seconds = {}",
                registry.expiry_seconds, registry.interval_seconds
            ));
        }
        Ok(())
    }

    fn resolve(&mut self, base: &Path) {
        let fix = |path: &mut PathBuf| *path = base.join(&*path);
        fix(&mut self.storage.dir);
        if let Some(r) = &mut self.registry {
            let keys = [&mut r.internal_sign, &mut r.external_sign].into_iter();
            keys.flat_map(|k| [&mut k.key, &mut k.certificate]).chain([&mut r.membership]).for_each(fix);
        }
        if let Some(l) = &mut self.lab {
            [&mut l.ca, &mut l.anchor].into_iter().for_each(fix);
        }
        if let Some(s) = &mut self.server {
            [&mut s.anchor, &mut s.auth.key, &mut s.auth.certificate].into_iter().for_each(fix);
            s.sign.iter_mut().flat_map(|k| [&mut k.key, &mut k.certificate]).for_each(fix);
            s.client.iter_mut().flat_map(|c| &mut c.certificates).for_each(fix);
            s.service.iter_mut().flat_map(|s| &mut s.pinned).flatten().for_each(fix);
        }
    }
}

impl ServerRole {
    fn check(&self) -> Result<(), String> {
        self.patience.check()?;
        let known = |id: &ClientId| self.client.iter().any(|c| c.id == *id);
        for service in &self.service {
            if !known(&service.provider) {
                return Err(format!(
                    "[[server.service]] provider = \"{}\": no [[server.client]] has this id",
                    service.provider.short()
                ));
            }
            if !service.url.starts_with("http://") && !service.url.starts_with("https://") {
                return Err(format!(
                    "[[server.service]] url = \"{}\": an http:// or https:// URL is needed",
                    service.url
                ));
            }
        }
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

impl AccessEntry {
    /// The endpoint that the right covers.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, simpul_policy::access::GlobError> {
        Endpoint::new(&self.method, &self.path)
    }
}

impl ServiceEntry {
    /// How long an answer may be awaited.
    #[must_use]
    pub(crate) fn timeout(&self) -> Option<Duration> {
        (self.timeout_seconds > 0).then(|| Duration::from_secs(self.timeout_seconds))
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            max_loggable_message_body_size: limits::LOGGABLE_BODY,
            truncated_body_allowed: false,
            timestamp_interval_seconds: 60,
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        let (listener, peers) = (Bounds::default(), PeerBounds::default());
        Self {
            connect_seconds: peers.connect.as_secs(),
            handshake_seconds: listener.handshake.as_secs(),
            head_seconds: listener.head.as_secs(),
            idle_seconds: listener.idle.as_secs(),
            octet_seconds: listener.body.as_secs(),
            answer_seconds: peers.response.as_secs(),
        }
    }
}

impl Patience {
    fn check(&self) -> Result<(), String> {
        let Self { connect_seconds, handshake_seconds, head_seconds, idle_seconds, octet_seconds, answer_seconds } =
            self;
        let all = [connect_seconds, handshake_seconds, head_seconds, idle_seconds, octet_seconds, answer_seconds];
        match all.contains(&&0) {
            true => Err("[server.patience]: each time must be at least 1 second".to_owned()),
            false => Ok(()),
        }
    }

    /// The bounds of a listener.
    #[must_use]
    pub(crate) fn listener(&self) -> Bounds {
        let octet = Duration::from_secs(self.octet_seconds);
        Bounds {
            handshake: Duration::from_secs(self.handshake_seconds),
            head: Duration::from_secs(self.head_seconds),
            idle: Duration::from_secs(self.idle_seconds),
            body: octet,
            stall: octet,
            ..Bounds::default()
        }
    }

    /// The bounds of connections to peers.
    #[must_use]
    pub(crate) fn peers(&self, port: u16) -> PeerBounds {
        PeerBounds {
            port,
            connect: Duration::from_secs(self.connect_seconds),
            response: Duration::from_secs(self.answer_seconds),
            body: Duration::from_secs(self.octet_seconds),
            ..PeerBounds::default()
        }
    }

    /// The bounds of connections to services.
    #[must_use]
    pub(crate) fn services(&self) -> ServiceBounds {
        ServiceBounds { connect: Duration::from_secs(self.connect_seconds), ..ServiceBounds::default() }
    }
}

/// X-Road's own defaults (wire.md §0, §3.8, §8.3, §9.3).
mod defaults {
    pub(super) fn peer_port() -> u16 {
        5500
    }
    pub(super) fn ocsp_port() -> u16 {
        5577
    }
    pub(super) fn conf_interval() -> u64 {
        60
    }
    pub(super) fn conf_expiry() -> u64 {
        600
    }
    pub(super) fn ocsp_interval() -> u64 {
        1200
    }
    pub(super) fn service_timeout() -> u64 {
        30
    }
    pub(super) fn any_method() -> String {
        "*".to_owned()
    }
    pub(super) fn any_path() -> String {
        "**".to_owned()
    }
}

pub(crate) fn text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

pub(crate) fn texts<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let all = Vec::<String>::deserialize(deserializer)?;
    all.into_iter().map(|s| s.parse().map_err(D::Error::custom)).collect()
}

fn dialect<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Dialect, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "7.8" => Ok(Dialect::V78),
        "7.7" => Ok(Dialect::V77),
        other => Err(D::Error::unknown_variant(other, &["7.8", "7.7"])),
    }
}

fn connection<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ConnectionType, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "http" => Ok(ConnectionType::Http),
        "https" => Ok(ConnectionType::Https),
        "https-mutual" => Ok(ConnectionType::HttpsMutual),
        other => Err(D::Error::unknown_variant(other, &["http", "https", "https-mutual"])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[storage]
dir = "data"

[server]
id = "MY/GOV/1001/ss1"
anchor = "anchor.xml"
allowed-federations = ["ID"]
peer-listen = "127.0.0.3:5500"
ocsp-listen = "127.0.0.3:5577"
consumer-listen = "127.0.0.3:8080"

[server.auth]
key = "auth.key"
certificate = "auth.pem"

[[server.sign]]
member = "MY/GOV/1001"
key = "sign.key"
certificate = "sign.pem"

[[server.client]]
id = "MY/GOV/1001/civil-registry"

[[server.service]]
provider = "MY/GOV/1001/civil-registry"
code = "persons"
url = "http://127.0.0.1:9000/"

[[server.access]]
provider = "MY/GOV/1001/civil-registry"
service = "persons"
subject = "ID/GOV/3201/manpower"
method = "GET"
path = "/persons/*"
"#;

    fn read(text: &str) -> Result<NodeConfig, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("simpul.toml");
        std::fs::write(&path, text).unwrap();
        NodeConfig::read(&path)
    }

    #[test]
    fn a_good_file_gives_typed_values_and_defaults() {
        let config = read(GOOD).unwrap();
        let server = config.server.unwrap();
        assert_eq!(server.id.to_string(), "SERVER:MY/GOV/1001/ss1");
        assert_eq!(server.peer_port, 5500);
        assert_eq!(server.allowed_federations, Federations::Only(vec!["ID".parse().unwrap()]));
        assert_eq!(server.log.max_loggable_message_body_size, 10 * 1024 * 1024);
        assert!(!server.log.truncated_body_allowed);
        assert!(server.anchor.is_absolute());
    }

    #[test]
    fn federations_are_none_all_or_a_list() {
        for (text, expected) in [("\"all\"", Federations::All), ("\"none\"", Federations::None)] {
            let server = read(&GOOD.replace("[\"ID\"]", text)).unwrap().server.unwrap();
            assert_eq!(server.allowed_federations, expected);
        }
    }

    /// Errors name file, line, key and what is allowed.
    #[test]
    fn errors_teach() {
        let table = [
            ("id = \"MY/GOV/1001/ss1\"", "id = \"MY/GOV\"", "a security server: INSTANCE/CLASS/CODE/SERVER"),
            ("peer-listen", "peer-lsten", "unknown field `peer-lsten`, expected one of"),
            ("peer-listen = \"127.0.0.3:5500\"\n", "", "missing field `peer-listen`"),
            ("code = \"persons\"", "code = \"person\"", "no [[server.service]] is named so"),
            ("url = \"http:", "url = \"ftp:", "an http:// or https:// URL is needed"),
            ("path = \"/persons/*\"", "path = \"persons\"", "starts with `/`"),
            ("member = \"MY/GOV/1001\"", "member = \"MY/GOV/1002\"", "no [[server.sign]] has member"),
            ("method = \"GET\"", "method = 5", "invalid type: integer"),
            ("[server.auth]", "[server.patience]\nhead-seconds = 0\n[server.auth]", "must be at least 1 second"),
            (
                "[[server.client]]\n",
                "[[server.client]]\nconnection = \"tls\"\n",
                "expected one of `http`, `https`, `https-mutual`",
            ),
        ];
        for (from, to, expected) in table {
            let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("simpul.toml"), "{text}");
            assert!(text.contains(expected), "{from} -> {to}: {text}");
            if matches!(error, ConfigError::Parse { .. }) {
                assert!(text.contains("line "), "{text}");
            }
        }
    }

    #[test]
    fn laboratory_roles_stay_on_loopback() {
        let lab = "[storage]\ndir='d'\n[lab]\nlisten='0.0.0.0:1'\nca='ca'\nanchor='a'\n";
        assert!(read(lab).unwrap_err().to_string().contains("loopback only"));
        assert!(read("[storage]\ndir='d'\n").unwrap_err().to_string().contains("no role"));
    }
}
