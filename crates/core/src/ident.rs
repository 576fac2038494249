//! Identifiers of an X-Road federation (wire.md §1).
//!
//! Each part is a newtype with one door, `FromStr`; comparison is exact and case-sensitive on every field
//! (§1.1). Characters that X-Road calls invalid (§1.2) are accepted, since its proxies accept them: members
//! named `mgmt service` exist. An identifier with `/` in a part has no unambiguous text form; the wire formats
//! escape each part instead.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::limits;

/// Why a text is not an identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A part is missing.
    #[error("an identifier part is empty")]
    Empty,
    /// A part has more characters than [`limits::ID_PART_CHARS`].
    #[error("an identifier part has {0} characters, more than {max}", max = limits::ID_PART_CHARS)]
    TooLong(usize),
    /// The number of parts does not fit the type.
    #[error("`{text}` is not {expected}")]
    Shape {
        /// The text as it was given.
        text: String,
        /// What was expected, with the form in words.
        expected: &'static str,
    },
}

macro_rules! id_part {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of this part.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(s: &str) -> Result<Self, IdError> {
                match s.chars().take(limits::ID_PART_CHARS + 1).count() {
                    0 => Err(IdError::Empty),
                    n if n > limits::ID_PART_CHARS => Err(IdError::TooLong(s.chars().count())),
                    _ => Ok(Self(s.into())),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    )+ };
}

id_part! {
    /// An X-Road instance, usually one state, such as `ID`.
    Instance,
    /// A member class, such as `GOV`.
    MemberClass,
    /// A member code within its class, such as `3201`.
    MemberCode,
    /// A subsystem code within its member, such as `manpower`.
    SubsystemCode,
    /// A service code within its provider, such as `persons`.
    ServiceCode,
    /// A service version (SOAP only).
    ServiceVersion,
    /// A security server code within its owner.
    ServerCode,
    /// A global group code within its instance.
    GroupCode,
}

/// A member: an organisation that signs with its own key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId {
    /// The instance that registered it.
    pub instance: Instance,
    /// Its class.
    pub class: MemberClass,
    /// Its code in that class.
    pub code: MemberCode,
}

/// A subsystem: an information system of a member.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubsystemId {
    /// The member that owns it.
    pub member: MemberId,
    /// Its code.
    pub code: SubsystemCode,
}

/// A party of an exchange. A member never equals a subsystem (§1.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientId {
    /// The member itself.
    Member(MemberId),
    /// One of its subsystems.
    Subsystem(SubsystemId),
}

/// A service of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId {
    /// Who offers it.
    pub provider: ClientId,
    /// Its code.
    pub code: ServiceCode,
    /// Its version; REST has none.
    pub version: Option<ServiceVersion>,
}

/// A security server.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId {
    /// The member that runs it.
    pub owner: MemberId,
    /// Its code.
    pub code: ServerCode,
}

/// A group of clients that an instance's registry keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalGroupId {
    /// The instance that keeps it.
    pub instance: Instance,
    /// Its code.
    pub code: GroupCode,
}

impl ClientId {
    /// The member that signs for this client.
    #[must_use]
    pub fn member(&self) -> &MemberId {
        match self {
            Self::Member(m) => m,
            Self::Subsystem(s) => &s.member,
        }
    }

    /// The instance that registered it.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.member().instance
    }

    /// The subsystem code, if it is a subsystem.
    #[must_use]
    pub fn subsystem(&self) -> Option<&SubsystemCode> {
        match self {
            Self::Member(_) => None,
            Self::Subsystem(s) => Some(&s.code),
        }
    }

    /// `INST/CLASS/CODE[/SUBSYSTEM]` without the type.
    #[must_use]
    pub fn short(&self) -> String {
        self.parts().join("/")
    }

    /// Its fields in order: three for a member, four for a subsystem.
    #[must_use]
    pub fn parts(&self) -> Vec<&str> {
        let m = self.member();
        let mut parts = vec![m.instance.as_str(), m.class.as_str(), m.code.as_str()];
        parts.extend(self.subsystem().map(SubsystemCode::as_str));
        parts
    }

    /// A client from three or four fields.
    pub fn from_parts(parts: &[&str]) -> Result<Self, IdError> {
        match *parts {
            [instance, class, code] => Ok(Self::Member(MemberId::from_parts(instance, class, code)?)),
            [instance, class, code, subsystem] => Ok(Self::Subsystem(SubsystemId {
                member: MemberId::from_parts(instance, class, code)?,
                code: subsystem.parse()?,
            })),
            _ => Err(shape(parts, "a client: INSTANCE/CLASS/CODE or INSTANCE/CLASS/CODE/SUBSYSTEM")),
        }
    }
}

impl MemberId {
    /// A member from its three fields.
    pub fn from_parts(instance: &str, class: &str, code: &str) -> Result<Self, IdError> {
        Ok(Self { instance: instance.parse()?, class: class.parse()?, code: code.parse()? })
    }

    /// `INST/CLASS/CODE` without the type.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{}/{}/{}", self.instance, self.class, self.code)
    }
}

impl ServiceId {
    /// Its fields in order: four to six.
    #[must_use]
    pub fn parts(&self) -> Vec<&str> {
        let mut parts = self.provider.parts();
        parts.push(self.code.as_str());
        parts.extend(self.version.as_ref().map(ServiceVersion::as_str));
        parts
    }

    /// `INST/CLASS/CODE[/SUBSYSTEM]/SERVICE[/VERSION]` without the type.
    #[must_use]
    pub fn short(&self) -> String {
        self.parts().join("/")
    }

    /// The five fields that REST demands: the subsystem is mandatory and there is no version (§1.3).
    pub fn from_rest_parts(parts: &[&str]) -> Result<Self, IdError> {
        match *parts {
            [instance, class, code, subsystem, service] => Ok(Self {
                provider: ClientId::from_parts(&[instance, class, code, subsystem])?,
                code: service.parse()?,
                version: None,
            }),
            _ => Err(shape(parts, "a REST service: INSTANCE/CLASS/CODE/SUBSYSTEM/SERVICE")),
        }
    }
}

impl ServerId {
    /// Its four fields in order.
    #[must_use]
    pub fn parts(&self) -> [&str; 4] {
        [self.owner.instance.as_str(), self.owner.class.as_str(), self.owner.code.as_str(), self.code.as_str()]
    }

    /// `INST/CLASS/CODE/SERVER` without the type.
    #[must_use]
    pub fn short(&self) -> String {
        self.parts().join("/")
    }

    /// A security server from exactly four fields (§1.3).
    pub fn from_parts(parts: &[&str]) -> Result<Self, IdError> {
        match *parts {
            [instance, class, code, server] => {
                Ok(Self { owner: MemberId::from_parts(instance, class, code)?, code: server.parse()? })
            }
            _ => Err(shape(parts, "a security server: INSTANCE/CLASS/CODE/SERVER")),
        }
    }
}

impl From<SubsystemId> for ClientId {
    fn from(s: SubsystemId) -> Self {
        Self::Subsystem(s)
    }
}

impl From<MemberId> for ClientId {
    fn from(m: MemberId) -> Self {
        Self::Member(m)
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MEMBER:{}", self.short())
    }
}

impl fmt::Display for SubsystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SUBSYSTEM:{}/{}", self.member.short(), self.code)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(m) => m.fmt(f),
            Self::Subsystem(s) => s.fmt(f),
        }
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SERVICE:{}", self.short())
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SERVER:{}", self.short())
    }
}

impl fmt::Display for GlobalGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GLOBALGROUP:{}/{}", self.instance, self.code)
    }
}

/// Reads `MEMBER:…`, `SUBSYSTEM:…` or the short form.
impl FromStr for ClientId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        let (kind, parts) = split(s, &["MEMBER", "SUBSYSTEM"]);
        match (kind, Self::from_parts(&parts)?) {
            (Some("MEMBER"), Self::Subsystem(_)) => Err(shape(&parts, "a member: INSTANCE/CLASS/CODE")),
            (Some("SUBSYSTEM"), Self::Member(_)) => Err(shape(&parts, "a subsystem: INSTANCE/CLASS/CODE/SUBSYSTEM")),
            (_, id) => Ok(id),
        }
    }
}

/// Reads `MEMBER:…` or the short form.
impl FromStr for MemberId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        match *split(s, &["MEMBER"]).1 {
            [instance, class, code] => Self::from_parts(instance, class, code),
            ref parts => Err(shape(parts, "a member: INSTANCE/CLASS/CODE")),
        }
    }
}

/// Reads `SERVICE:…` or the short form, with a subsystem and without a version.
impl FromStr for ServiceId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        Self::from_rest_parts(&split(s, &["SERVICE"]).1)
    }
}

/// Reads `SERVER:…` or the short form.
impl FromStr for ServerId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        Self::from_parts(&split(s, &["SERVER"]).1)
    }
}

/// Reads `GLOBALGROUP:…` or the short form.
impl FromStr for GlobalGroupId {
    type Err = IdError;

    fn from_str(s: &str) -> Result<Self, IdError> {
        match *split(s, &["GLOBALGROUP"]).1 {
            [instance, code] => Ok(Self { instance: instance.parse()?, code: code.parse()? }),
            ref parts => Err(shape(parts, "a global group: INSTANCE/GROUP")),
        }
    }
}

/// Takes a known type prefix off and splits the rest at `/`.
fn split<'a>(s: &'a str, kinds: &[&'a str]) -> (Option<&'a str>, Vec<&'a str>) {
    let known = kinds.iter().find_map(|k| s.strip_prefix(k)?.strip_prefix(':').map(|rest| (*k, rest)));
    match known {
        Some((kind, rest)) => (Some(kind), rest.split('/').collect()),
        None => (None, s.split('/').collect()),
    }
}

fn shape(parts: &[&str], expected: &'static str) -> IdError {
    IdError::Shape { text: parts.join("/"), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_value_agree() {
        let client: ClientId = "ID/GOV/3201/manpower".parse().unwrap();
        assert_eq!(client.to_string(), "SUBSYSTEM:ID/GOV/3201/manpower");
        assert_eq!(client.to_string().parse::<ClientId>().unwrap(), client);
        let service: ServiceId = "SERVICE:MY/GOV/1001/civil-registry/persons".parse().unwrap();
        assert_eq!(service.to_string().parse::<ServiceId>().unwrap(), service);
        let server: ServerId = "MY/GOV/1001/ss1".parse().unwrap();
        assert_eq!(server.to_string(), "SERVER:MY/GOV/1001/ss1");
    }

    #[test]
    fn a_member_is_never_a_subsystem() {
        let member: ClientId = "ID/GOV/3201".parse().unwrap();
        let subsystem: ClientId = "ID/GOV/3201/manpower".parse().unwrap();
        assert_ne!(member, subsystem);
        assert!("MEMBER:ID/GOV/3201/manpower".parse::<ClientId>().is_err());
        assert!("SUBSYSTEM:ID/GOV/3201".parse::<ClientId>().is_err());
    }

    #[test]
    fn parts_are_exact_and_bounded() {
        assert_ne!("ID/GOV/1/a".parse::<ClientId>().unwrap(), "ID/GOV/1/A".parse::<ClientId>().unwrap());
        assert!("mgmt service".parse::<SubsystemCode>().is_ok());
        assert_eq!("".parse::<MemberCode>(), Err(IdError::Empty));
        assert_eq!("ID//3201".parse::<ClientId>(), Err(IdError::Empty));
        let longest = "é".repeat(limits::ID_PART_CHARS);
        assert!(longest.parse::<MemberCode>().is_ok());
        assert_eq!(format!("{longest}x").parse::<MemberCode>(), Err(IdError::TooLong(limits::ID_PART_CHARS + 1)));
        assert!("ID/GOV/1/a/b/c".parse::<ClientId>().is_err());
        assert!("ID/GOV/1/s".parse::<ServiceId>().is_err(), "REST services need a subsystem");
    }
}
