//! Access rights (wire.md §9.2): which client may call which endpoint of which service.
//!
//! Subjects are subsystems and global groups; a member never hands its rights down to its subsystems. An endpoint is
//! a method and a path pattern; rights are by service code, so all versions of a service share them. What is not
//! granted is denied.

mod glob;
mod path;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use simpul_core::ident::ServiceCode;
use simpul_core::{ClientId, GlobalGroupId};
use simpul_trust::message::Verified;

pub use self::glob::{GlobError, PathGlob};
pub use self::path::PathError;
pub(crate) use self::path::ServicePath;
use crate::permit::{Demand, Entitled};

/// All access rights on a security server, by provider and service code.
#[derive(Clone, Debug, Default)]
pub struct AccessRights {
    by_service: HashMap<(ClientId, ServiceCode), Vec<Right>>,
}

/// One right: a subject and the endpoint that it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// Who.
    pub subject: Subject,
    /// What.
    pub endpoint: Endpoint,
}

/// Who holds a right.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Exactly this client.
    Client(ClientId),
    /// Every client in this group, as the group's own instance publishes it.
    GlobalGroup(GlobalGroupId),
}

/// Which calls of a service a right covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    method: Option<String>,
    path: PathGlob,
}

/// Why a message was not permitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No right covers the call. The path itself is not told: it may name a person.
    #[error("{client} has no right to {method} {service} on a path of {path_octets} octets")]
    NoRight {
        /// Who asked.
        client: String,
        /// For what.
        service: String,
        /// With which method.
        method: String,
        /// Octets of the raw path behind the service.
        path_octets: usize,
    },
    /// The path cannot be judged, or could mean something else to the service.
    #[error("the service path is not acceptable")]
    Path(#[source] PathError),
}

/// Membership in a global group, as the global configuration in force says it.
pub trait Groups {
    /// Whether `client` is in `group`.
    fn in_group(&self, group: &GlobalGroupId, client: &ClientId) -> bool;
}

impl Groups for simpul_trust::conf::GlobalConf {
    fn in_group(&self, group: &GlobalGroupId, client: &ClientId) -> bool {
        Self::in_group(self, group, client)
    }
}

impl AccessRights {
    /// Adds a right to a provider's service code.
    pub fn grant(&mut self, provider: ClientId, service: ServiceCode, right: Right) {
        self.by_service.entry((provider, service)).or_default().push(right);
    }

    /// Finds the right that covers a verified message, or says that there is none.
    pub fn entitle<M: Demand>(&self, message: Verified<M>, groups: &impl Groups) -> Result<Entitled<M>, Denied> {
        let right = self.covering(message.message(), groups)?.clone();
        Ok(Entitled::new(message, right))
    }

    /// Whether a message could be permitted if its seal held. It can only refuse early: nothing rests on its consent.
    pub fn foresee(&self, message: &impl Demand, groups: &impl Groups) -> Result<(), Denied> {
        self.covering(message, groups).map(drop)
    }

    fn covering(&self, ask: &impl Demand, groups: &impl Groups) -> Result<&Right, Denied> {
        let path = ServicePath::parse(ask.path()).map_err(Denied::Path)?;
        let key = (ask.service().provider.clone(), ask.service().code.clone());
        let holds = |subject: &Subject| match subject {
            Subject::Client(id) => id == ask.client(),
            Subject::GlobalGroup(group) => groups.in_group(group, ask.client()),
        };
        self.by_service
            .get(&key)
            .into_iter()
            .flatten()
            .find(|right| right.endpoint.covers(ask.method(), &path) && holds(&right.subject))
            .ok_or_else(|| Denied::NoRight {
                client: ask.client().to_string(),
                service: ask.service().to_string(),
                method: ask.method().to_owned(),
                path_octets: ask.path().len(),
            })
    }
}

impl Endpoint {
    /// The base endpoint `* **`: the whole service.
    #[must_use]
    pub fn whole() -> Self {
        Self { method: None, path: PathGlob::anything() }
    }

    /// An endpoint from a method (`*` for any) and a path pattern.
    pub fn new(method: &str, path: &str) -> Result<Self, GlobError> {
        Ok(Self { method: (method != "*").then(|| method.to_owned()), path: path.parse()? })
    }

    /// Whether it covers a method and every reading of a path.
    pub(crate) fn covers(&self, method: &str, path: &ServicePath) -> bool {
        self.covers_method(method) && self.covers_path(path)
    }

    /// Whether its pattern covers every reading of a path.
    pub(crate) fn covers_path(&self, path: &ServicePath) -> bool {
        path.readings().all(|reading| self.path.matches(reading))
    }

    /// Whether its pattern covers some reading of a path: a fault, never a permission.
    pub(crate) fn covers_some(&self, method: &str, path: &ServicePath) -> bool {
        self.covers_method(method) && path.readings().any(|reading| self.path.matches(reading))
    }

    /// Whether its pattern covers a path as it is written: a fault, never a permission.
    pub(crate) fn covers_raw(&self, method: &str, path: &str) -> bool {
        self.covers_method(method) && self.path.matches(path)
    }

    fn covers_method(&self, method: &str) -> bool {
        self.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method))
    }
}

/// `METHOD PATTERN`, such as `GET /persons/*` or `* **`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_deref().unwrap_or("*"), self.path)
    }
}

/// `SUBSYSTEM:…`, `MEMBER:…` or `GLOBALGROUP:…`; a bare id is a client.
impl FromStr for Subject {
    type Err = simpul_core::IdError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s.starts_with("GLOBALGROUP:") {
            true => s.parse().map(Self::GlobalGroup),
            false => s.parse().map(Self::Client),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => id.fmt(f),
            Self::GlobalGroup(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::ServiceId;

    struct Ask {
        client: ClientId,
        service: ServiceId,
        method: &'static str,
        path: &'static str,
    }

    impl Demand for Ask {
        fn client(&self) -> &ClientId {
            &self.client
        }
        fn service(&self) -> &ServiceId {
            &self.service
        }
        fn method(&self) -> &str {
            self.method
        }
        fn path(&self) -> &str {
            self.path
        }
    }

    struct OneGroup;

    impl Groups for OneGroup {
        fn in_group(&self, group: &GlobalGroupId, client: &ClientId) -> bool {
            group.code.as_str() == "asean" && client.instance().as_str() == "ID"
        }
    }

    fn ask(client: &str, method: &'static str, path: &'static str) -> Ask {
        Ask { client: client.parse().unwrap(), service: "MY/GOV/1/civil/persons".parse().unwrap(), method, path }
    }

    fn rights(subject: &str, method: &str, path: &str) -> AccessRights {
        let mut rights = AccessRights::default();
        rights.grant(
            "MY/GOV/1/civil".parse().unwrap(),
            "persons".parse().unwrap(),
            Right { subject: subject.parse().unwrap(), endpoint: Endpoint::new(method, path).unwrap() },
        );
        rights
    }

    /// wire.md §9.2, row by row.
    #[test]
    fn subjects_endpoints_and_methods() {
        let table = [
            ("ID/GOV/3/manpower", "*", "**", "ID/GOV/3/manpower", "GET", "/x", true),
            ("ID/GOV/3/manpower", "*", "**", "ID/GOV/3/other", "GET", "/x", false),
            ("ID/GOV/3", "*", "**", "ID/GOV/3/manpower", "GET", "/x", false),
            ("GLOBALGROUP:MY/asean", "*", "**", "ID/GOV/3/manpower", "GET", "/x", true),
            ("GLOBALGROUP:MY/asean", "*", "**", "SG/GOV/3/manpower", "GET", "/x", false),
            ("GLOBALGROUP:MY/other", "*", "**", "ID/GOV/3/manpower", "GET", "/x", false),
            ("ID/GOV/3/a", "GET", "/persons/*", "ID/GOV/3/a", "get", "/persons/1", true),
            ("ID/GOV/3/a", "GET", "/persons/*", "ID/GOV/3/a", "POST", "/persons/1", false),
            ("ID/GOV/3/a", "GET", "/persons/*", "ID/GOV/3/a", "GET", "/persons/1/2", false),
            ("ID/GOV/3/a", "GET", "/persons/*", "ID/GOV/3/a", "GET", "/persons/%31", true),
            ("ID/GOV/3/a", "GET", "/persons/*", "ID/GOV/3/a", "GET", "/persons/1%2F2", false),
            ("ID/GOV/3/a", "GET", "/persons/*/card", "ID/GOV/3/a", "GET", "/persons/1%2Fcard", false),
            ("ID/GOV/3/a", "GET", "/persons/*", "ID/GOV/3/a", "GET", "", false),
            ("ID/GOV/3/a", "*", "**", "ID/GOV/3/a", "GET", "", true),
        ];
        for (subject, method, glob, client, with, path, expected) in table {
            let permitted = rights(subject, method, glob).foresee(&ask(client, with, path), &OneGroup).is_ok();
            assert_eq!(permitted, expected, "{subject} {method} {glob} <- {client} {with} {path}");
        }
    }

    #[test]
    fn rights_are_by_service_code_and_provider() {
        let rights = rights("ID/GOV/3/a", "*", "**");
        let mut other = ask("ID/GOV/3/a", "GET", "");
        other.service = "MY/GOV/1/civil/births".parse().unwrap();
        assert!(rights.foresee(&other, &OneGroup).is_err());
        other.service = "MY/GOV/2/civil/persons".parse().unwrap();
        assert!(rights.foresee(&other, &OneGroup).is_err());
    }

    /// Traversal with a wildcard right (7.7.1, XRDDEV-3054): no reading of the path may leave the pattern.
    #[test]
    fn traversal_is_denied_even_with_the_whole_service() {
        let rights = rights("ID/GOV/3/a", "*", "**");
        for path in
            ["/a/../b", "/..", "/a/%2e%2e/b", "/a/.%2E/b", "/a/..%2Fb", "/a/..;x/b", "/./a", "/a%5C..%5Cb", "/%00"]
        {
            let answer = rights.foresee(&ask("ID/GOV/3/a", "GET", path), &OneGroup);
            assert!(matches!(answer, Err(Denied::Path(_))), "{path}: {answer:?}");
        }
    }
}
