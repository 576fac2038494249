//! What a part of a configuration is, and in which version of the format (wire.md §8.2, §8.3, §8.6).

use std::fmt;

/// A version of the configuration format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FormatVersion {
    /// 2: authentication certificates by SHA-1, no sources.
    V2,
    /// 3: sources, SHA-256, ACME servers.
    V3,
    /// 4: ACME profile ids.
    V4,
    /// 5: subsystem names, maintenance mode.
    V5,
    /// 6: cost types, default CSR format.
    V6,
}

impl FormatVersion {
    /// Every version, newest first: the order in which a client probes (§8.2).
    pub const NEWEST_FIRST: [Self; 5] = [Self::V6, Self::V5, Self::V4, Self::V3, Self::V2];

    /// The number that `Version:` and `?version=` carry.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
            Self::V4 => 4,
            Self::V5 => 5,
            Self::V6 => 6,
        }
    }

    /// The version whose number this text is, without sign or leading zero.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::NEWEST_FIRST.into_iter().find(|v| v.number().to_string() == text)
    }
}

impl fmt::Display for FormatVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// What a content part is, by its `Content-identifier`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartKind {
    /// `SHARED-PARAMETERS` (§8.5).
    Shared,
    /// `PRIVATE-PARAMETERS` (§8.4).
    Private,
    /// `NEXTUPDATE` (§8.6).
    NextUpdate,
    /// `FETCHINTERVAL` (§8.6).
    FetchInterval,
    /// `MONITORING` (§8.6).
    Monitoring,
    /// Any other identifier, also an empty one; nothing here reads such a part.
    Other(String),
}

impl PartKind {
    const NAMED: [Self; 5] = [Self::Shared, Self::Private, Self::NextUpdate, Self::FetchInterval, Self::Monitoring];

    /// The kind with this content identifier, compared exactly.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Self {
        Self::NAMED
            .into_iter()
            .find(|k| k.identifier() == identifier)
            .unwrap_or_else(|| Self::Other(identifier.to_owned()))
    }

    /// The content identifier.
    #[must_use]
    pub fn identifier(&self) -> &str {
        match self {
            Self::Shared => "SHARED-PARAMETERS",
            Self::Private => "PRIVATE-PARAMETERS",
            Self::NextUpdate => "NEXTUPDATE",
            Self::FetchInterval => "FETCHINTERVAL",
            Self::Monitoring => "MONITORING",
            Self::Other(identifier) => identifier,
        }
    }

    /// The name of the file that holds it (§8.2, §8.3); none for kinds that are not known.
    #[must_use]
    pub fn file_name(&self) -> Option<&'static str> {
        match self {
            Self::Shared => Some("shared-params.xml"),
            Self::Private => Some("private-params.xml"),
            Self::NextUpdate => Some("nextupdate-params.xml"),
            Self::FetchInterval => Some("fetchinterval-params.xml"),
            Self::Monitoring => Some("monitoring-params.xml"),
            Self::Other(_) => None,
        }
    }

    /// The known kind that is stored under this name.
    #[must_use]
    pub fn from_file_name(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|k| k.file_name() == Some(name))
    }

    /// Whether the part must name the instance that it belongs to (§8.3).
    #[must_use]
    pub fn needs_instance(&self) -> bool {
        matches!(self, Self::Shared | Self::Private)
    }
}

impl fmt::Display for PartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.identifier())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_agree() {
        for version in FormatVersion::NEWEST_FIRST {
            assert_eq!(FormatVersion::from_text(&version.to_string()), Some(version));
        }
        for text in ["1", "7", "06", "+6", "", "6 "] {
            assert_eq!(FormatVersion::from_text(text), None, "{text}");
        }
        for kind in PartKind::NAMED {
            assert_eq!(PartKind::from_identifier(kind.identifier()), kind);
        }
        assert_eq!(PartKind::from_identifier("shared-parameters"), PartKind::Other("shared-parameters".to_owned()));
    }
}
