//! `[[server.client]]`, `[[server.service]]`, `[[server.access]]`, `[[server.mode]]`: who may ask whom for what.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use simpul_core::ClientId;
use simpul_core::ident::{Instance, ServiceCode};
use simpul_exchange::server::{ConnectionType, PersonsAt, Place};
use simpul_policy::minimise::FieldPath;
use simpul_policy::mode::{Partner, Rule};
use simpul_policy::{Endpoint, Mode, Subject};

use super::values::{some, text};
use super::{Named, defaults};

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
    pub(crate) certificates: Vec<Named>,
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
    pub(crate) url: Option<String>,
    /// In place of a URL: what this server answers itself.
    pub(crate) built_in: Option<BuiltIn>,
    /// How long an answer may be awaited, in seconds; 0 waits without end.
    #[serde(default = "defaults::service_timeout")]
    pub(crate) timeout_seconds: u64,
    /// The notice of a disabled service.
    pub(crate) disabled: Option<String>,
    /// For https: PEM files of the certificates one of which the service must present. Absent accepts any.
    pub(crate) pinned: Option<Vec<Named>>,
    /// Where its JSON answers hold the identifiers of the persons whom they are about, as a path of the language of
    /// agreements: `persons.*.id`. Absent, answers are looked at for nobody.
    #[serde(default, deserialize_with = "some")]
    pub(crate) persons: Option<FieldPath>,
    /// The state that gave these identifiers; absent, the own one.
    #[serde(default, deserialize_with = "some")]
    pub(crate) persons_home: Option<Instance>,
    /// Its OpenAPI 3 description, a file or URL (for people; the exchange does not read it).
    pub(crate) openapi: Option<String>,
}

/// A service that this server answers itself.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BuiltIn {
    /// Takes acts of agreements from the other parties.
    Agreements,
    /// Tells a portal who used a person's data.
    DataTrail,
    /// Gives the keys that subjects are encrypted to.
    SubjectKeys,
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

/// What exchanges with a partner need beside an access right. Nothing said means `agreement-required`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ModeEntry {
    /// With whom: `ID`, `ID/GOV/3201` with all its subsystems, or `ID/GOV/3201/manpower`.
    #[serde(deserialize_with = "text")]
    pub(crate) partner: Partner,
    /// About which service only: its provider,
    #[serde(default, deserialize_with = "some")]
    pub(crate) provider: Option<ClientId>,
    /// and its code.
    #[serde(default, deserialize_with = "some")]
    pub(crate) service: Option<ServiceCode>,
    /// `agreement-required` or `access-rights-only`.
    #[serde(deserialize_with = "mode")]
    pub(crate) mode: Mode,
}

impl ModeEntry {
    /// The rule that it says; a provider without a service code, or a code without a provider, says none.
    pub(crate) fn rule(&self) -> Result<Rule, String> {
        let service = match (&self.provider, &self.service) {
            (None, None) => None,
            (Some(provider), Some(code)) => Some((provider.clone(), code.clone())),
            (Some(_), None) | (None, Some(_)) => {
                let partner = &self.partner;
                return Err(format!(
                    "[[server.mode]] partner = \"{partner}\": provider and service go together, or neither stands"
                ));
            }
        };
        Ok(Rule { partner: self.partner.clone(), service, mode: self.mode })
    }
}

fn mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "agreement-required" => Ok(Mode::AgreementRequired),
        "access-rights-only" => Ok(Mode::AccessRightsOnly),
        other => Err(D::Error::unknown_variant(other, &["agreement-required", "access-rights-only"])),
    }
}

impl AccessEntry {
    /// The endpoint that the right covers.
    pub(crate) fn endpoint(&self) -> Result<Endpoint, simpul_policy::access::GlobError> {
        Endpoint::new(&self.method, &self.path)
    }
}

impl ServiceEntry {
    /// Where the service is; the error names what is wrong with the entry.
    pub(crate) fn place(&self) -> Result<Place, String> {
        match (&self.url, self.built_in) {
            (None, Some(_)) => Ok(Place::Here),
            (Some(url), None) if url.starts_with("http://") || url.starts_with("https://") => {
                Ok(Place::At(url.clone()))
            }
            (Some(url), None) => {
                Err(format!("[[server.service]] url = \"{url}\": an http:// or https:// URL is needed"))
            }
            (Some(_), Some(_)) | (None, None) => Err(format!(
                "[[server.service]] code = \"{}\": either url or built-in is needed, and not both",
                self.code
            )),
        }
    }

    /// Where its answers name persons.
    pub(crate) fn persons_at(&self) -> Option<PersonsAt> {
        let home = self.persons_home.as_ref().unwrap_or_else(|| self.provider.instance());
        self.persons.as_ref().map(|place| PersonsAt { place: place.clone(), home: home.clone() })
    }

    /// How long an answer may be awaited.
    #[must_use]
    pub(crate) fn timeout(&self) -> Option<Duration> {
        (self.timeout_seconds > 0).then(|| Duration::from_secs(self.timeout_seconds))
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
