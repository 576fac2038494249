//! What runs here: the configuration file, parsed once into what it means.
//!
//! Unknown keys fail. Every error names the file, the line, the key and what is allowed. Relative paths are relative to
//! the file's folder. The defaults are those of a node on embedded storage.

mod agreement;
mod defaults;
mod exchange;
mod lab;
mod log;
mod named;
mod patience;
mod persons;
mod place;
mod portal;
mod registry;
mod server;
mod values;

use std::path::{Path, PathBuf};

use serde::Deserialize;

pub(crate) use self::agreement::PartnerEntry;
pub(crate) use self::exchange::{AccessEntry, BuiltIn, ClientEntry, ModeEntry, ServiceEntry};
pub(crate) use self::lab::LabRole;
pub(crate) use self::log::LogSettings;
pub(crate) use self::named::{FileError, Named};
pub(crate) use self::patience::Patience;
pub(crate) use self::persons::{DATA_TRAIL, SUBJECT_KEYS, SubjectSettings, TrailSettings};
pub(crate) use self::portal::{PortalRole, SignInSettings, TrailPageSettings, Word, is_https_or_loopback};
pub(crate) use self::registry::RegistryRole;
pub(crate) use self::server::ServerRole;
pub(crate) use self::values::{some, text, texts};

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
    /// Pages for citizens.
    pub(crate) portal: Option<PortalRole>,
    /// The file that it was read from.
    #[serde(skip)]
    source: Source,
}

/// A configuration file as it was read.
#[derive(Clone, Debug, Default)]
struct Source {
    path: PathBuf,
    text: String,
}

/// Where durable bytes live: SQLite and files in one folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Storage {
    /// The folder; made if it is missing, with rights for its owner only.
    pub(crate) dir: Named,
}

/// A private key with its certificate and intermediates, as PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct KeyFiles {
    /// PKCS#8 PEM, readable for its owner only.
    pub(crate) key: Named,
    /// The certificate, followed by intermediates if there are any.
    pub(crate) certificate: Named,
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
    #[error("{}{}: {why}", path.display(), line.map(|n| format!(", line {n}")).unwrap_or_default())]
    Meaning {
        /// The file.
        path: PathBuf,
        /// The line of the value, where one is to blame.
        line: Option<usize>,
        /// Section, key and what is allowed.
        why: String,
    },
}

impl NodeConfig {
    /// Reads a file; paths in it become absolute or relative to the working folder.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
        let mut config = Self::parse(&text, path)?;
        config.resolve(path, &text);
        config.check().map_err(|why| ConfigError::Meaning {
            path: path.to_owned(),
            line: place::line_of(&text, &why),
            why,
        })?;
        config.source = Source { path: path.to_owned(), text };
        Ok(config)
    }

    /// The file, and the line that a reason against it names: `FILE, line N: `.
    pub(crate) fn place(&self, why: &str) -> String {
        let line = place::line_of(&self.source.text, why).map(|n| format!(", line {n}")).unwrap_or_default();
        format!("{}{line}: ", self.source.path.display())
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|e| ConfigError::Parse { path: path.to_owned(), why: e.to_string() })
    }

    /// What serde cannot say: values that must fit each other.
    fn check(&self) -> Result<(), String> {
        if self.registry.is_none() && self.server.is_none() && self.lab.is_none() && self.portal.is_none() {
            return Err("no role: one of the sections [registry], [server], [lab], [portal] is needed".to_owned());
        }
        if let Some(server) = &self.server {
            server.check()?;
        }
        if let Some(lab) = &self.lab {
            lab.check()?;
        }
        if let Some(portal) = &self.portal {
            portal.check()?;
        }
        if let Some(registry) = &self.registry {
            registry.check()?;
        }
        Ok(())
    }

    /// The anchor of the server in this file: what a laboratory must not stand beside unless it is a laboratory's.
    pub(crate) fn beside_lab(&self) -> Option<&Named> {
        self.server.as_ref().map(|server| &server.anchor)
    }

    fn resolve(&mut self, path: &Path, text: &str) {
        let place = |(key, named): (&'static str, &mut Named)| named.place(path, text, key);
        place(("[storage] dir", &mut self.storage.dir));
        self.registry.iter_mut().flat_map(RegistryRole::files).for_each(place);
        self.lab.iter_mut().flat_map(LabRole::files).for_each(place);
        self.portal.iter_mut().flat_map(PortalRole::files).for_each(place);
        self.server.iter_mut().flat_map(ServerRole::files).for_each(place);
    }
}

#[cfg(test)]
mod tests {
    use super::server::Federations;
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
        assert_eq!(server.patience.ocsp_seconds, 20);
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
            (
                "[server.auth]",
                "[[server.agreement-partner]]\nservice = \"ID/GOV/3201/recognition/agreements\"\n\
                 client = \"MY/GOV/1001/none\"\n[server.auth]",
                "no [[server.client]] has this id",
            ),
            (
                "[server.auth]",
                "[[server.agreement-partner]]\nservice = \"ID/GOV/3201/a/agreements\"\n\
                 [[server.agreement-partner]]\nservice = \"ID/GOV/3201/b/agreements\"\n[server.auth]",
                "has two entries, and needs one",
            ),
            ("member = \"MY/GOV/1001\"", "member = \"MY/GOV/1002\"", "no [[server.sign]] has member"),
            ("method = \"GET\"", "method = 5", "invalid type: integer"),
            ("[server.auth]", "[server.patience]\nocsp-seconds = 0\n[server.auth]", "must be at least 1 second"),
            ("[server.auth]", "[server.patience]\nhead-seconds = 0\n[server.auth]", "must be at least 1 second"),
            (
                "peer-listen",
                "minimum-client-version = \"7.6\"\npeer-listen",
                "minimum-client-version = \"7.6\": MAJOR.MINOR.PATCH is needed",
            ),
            ("[server.auth]", "[server.subjects]\nnew-key-days = 0\n[server.auth]", "1 to 3650 days"),
            ("[server.auth]", "[server.trail]\nepoch = 0\n[server.auth]", "numbers begin with 1"),
            ("[server.auth]", "[server.trail]\nportals = [\"ID/GOV\"]\n[server.auth]", "INSTANCE/CLASS/CODE"),
            (
                "url = \"http://127.0.0.1:9000/\"",
                "built-in = \"subject-keys\"",
                "others look for it under the code \"subject-keys\"",
            ),
            (
                "code = \"persons\"",
                "code = \"persons\"\npersons = \"persons.**\"",
                "a path to single values of JSON is needed",
            ),
            (
                "code = \"persons\"",
                "code = \"persons\"\npersons = \"persons.*.id\"",
                "portals need the service \"subject-keys\"",
            ),
            ("code = \"persons\"", "code = \"persons\"\npersons-home = \"ID\"", "says nothing without persons"),
            (
                "[[server.access]]",
                "[[server.service]]\nprovider = \"MY/GOV/1001/civil-registry\"\ncode = \"data-trail\"\nbuilt-in = \"data-trail\"\n[[server.access]]",
                "portals need the service \"subject-keys\"",
            ),
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
            assert!(text.contains("line "), "{text}");
        }
    }

    /// wire.md §3.2: without a minimum every peer is answered.
    #[test]
    fn the_minimum_client_version_is_three_numbers() {
        let with = |text: &str| {
            let line = format!("minimum-client-version = \"{text}\"\npeer-listen");
            read(&GOOD.replacen("peer-listen", &line, 1)).map(|c| c.server.unwrap().minimum_client_version)
        };
        assert_eq!(read(GOOD).unwrap().server.unwrap().minimum_client_version, None);
        assert_eq!(with("7.6.0").unwrap(), Some((7, 6, 0)));
        assert_eq!(with("0.10.18446744073709551615").unwrap(), Some((0, 10, u64::MAX)));
        for text in
            ["", "7", "7.6", "7.6.0.1", "7.6.0-1", "7.6.x", "7..0", "+7.6.0", " 7.6.0", "7.6.18446744073709551616"]
        {
            let error = with(text).unwrap_err().to_string();
            assert!(error.contains("MAJOR.MINOR.PATCH") && error.contains("line "), "{text}: {error}");
        }
    }

    /// Acts are brought and taken by access rights alone, unless the operator names the service.
    #[test]
    fn an_agreement_is_made_without_one() {
        let entry = |n: usize| format!("[[server.agreement-partner]]\nservice = \"ID/GOV/{n}/a/agreements\"\n");
        let with = |text: &str| read(&GOOD.replacen("[server.auth]", &format!("{text}[server.auth]"), 1));
        let built_in = "[[server.service]]\nprovider = \"MY/GOV/1001/civil-registry\"\ncode = \"acts\"\n\
                        built-in = \"agreements\"\n";
        let named = "[[server.mode]]\npartner = \"ID\"\nprovider = \"ID/GOV/1/a\"\nservice = \"agreements\"\n\
                     mode = \"agreement-required\"\n";
        let whole = "[[server.mode]]\npartner = \"ID\"\nmode = \"agreement-required\"\n";
        let of = |text: &str, service: &str| {
            let modes = simpul_policy::Modes::new(with(text).unwrap().server.unwrap().rules());
            modes.of(&"ID/GOV/1/a".parse().unwrap(), &service.parse().unwrap())
        };
        use simpul_policy::Mode::{AccessRightsOnly, AgreementRequired};
        let both = format!("{built_in}{}{whole}", entry(1));
        assert_eq!(of(&both, "ID/GOV/1/a/agreements"), AccessRightsOnly);
        assert_eq!(of(&both, "MY/GOV/1001/civil-registry/acts"), AccessRightsOnly);
        assert_eq!(of(&both, "MY/GOV/1001/civil-registry/persons"), AgreementRequired);
        assert_eq!(of(&format!("{both}{named}"), "ID/GOV/1/a/agreements"), AgreementRequired);
        let many: String = (0..=simpul_core::limits::AGREEMENT_PARTNERS).map(entry).collect();
        assert!(with(&many).unwrap_err().to_string().contains("more than 256"));
    }

    #[test]
    fn laboratory_roles_stay_on_loopback() {
        let lab = "[storage]\ndir='d'\n[lab]\nlisten='0.0.0.0:1'\nca='ca'\nanchor='a'\n";
        assert!(read(lab).unwrap_err().to_string().contains("loopback only"));
        let portal = "[storage]\ndir='d'\n[portal]\nlisten='0.0.0.0:1'\n";
        assert!(read(portal).unwrap_err().to_string().contains("away from loopback an origin is needed"));
        assert!(read(&format!("{portal}origin='https://p.example'\n")).is_ok());
        assert!(read(&format!("{portal}origin = \"http://p.example\"\n")).unwrap_err().to_string().contains("line 5"));
        assert!(read("[storage]\ndir='d'\n").unwrap_err().to_string().contains("no role"));
    }
}
