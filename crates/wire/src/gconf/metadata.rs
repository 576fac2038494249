//! The JSON file that stands beside each stored part (wire.md §8.2).

use serde::{Deserialize, Serialize};
use simpul_core::{UnixTime, ident::Instance, limits};

use super::{FormatVersion, PartEntry, PartKind};

/// What a client remembers about a part that it stored. Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartMetadata {
    /// What the part is.
    pub kind: Option<PartKind>,
    /// The instance that it belongs to.
    pub instance: Option<Instance>,
    /// The end of validity; without one the part does not expire.
    pub expires: Option<UnixTime>,
    /// `Content-file-name` of the directory.
    pub file_name: Option<String>,
    /// `Content-location` of the directory.
    pub location: Option<String>,
    /// The format; without one it is 2.
    pub version: Option<FormatVersion>,
}

/// Why octets are not the metadata of a part.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// More than [`limits::CONF_METADATA`].
    #[error("part metadata of {0} octets, more than {max}", max = limits::CONF_METADATA)]
    TooLarge(usize),
    /// Not a JSON object.
    #[error("part metadata is not a JSON object")]
    NotAnObject,
    /// Not JSON with these fields.
    #[error("part metadata is not JSON with the known fields")]
    Json(#[source] serde_json::Error),
    /// A field with another value.
    #[error("`{value}` is no {field} of a part")]
    Value {
        /// The field.
        field: &'static str,
        /// Its value.
        value: String,
    },
}

#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Doc {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_identifier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_version: Option<String>,
}

impl PartMetadata {
    /// What is remembered about an entry of a directory.
    #[must_use]
    pub fn of(entry: &PartEntry, expires: UnixTime, version: Option<FormatVersion>) -> Self {
        Self {
            kind: Some(entry.kind.clone()),
            instance: entry.instance.clone(),
            expires: Some(expires),
            file_name: entry.file_name.clone(),
            location: Some(entry.location.clone()),
            version,
        }
    }

    /// Reads the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, MetadataError> {
        if bytes.len() > limits::CONF_METADATA {
            return Err(MetadataError::TooLarge(bytes.len()));
        }
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(MetadataError::NotAnObject);
        }
        let doc: Doc = serde_json::from_slice(bytes).map_err(MetadataError::Json)?;
        let filled = |text: Option<String>| text.filter(|t| !t.is_empty());
        let wrong = |field, value: &str| MetadataError::Value { field, value: value.to_owned() };
        Ok(Self {
            kind: filled(doc.content_identifier).map(|t| PartKind::from_identifier(&t)),
            instance: filled(doc.instance_identifier)
                .map(|t| t.parse().map_err(|_| wrong("instanceIdentifier", &t)))
                .transpose()?,
            expires: doc.expiration_date.map(|t| t.parse().map_err(|_| wrong("expirationDate", &t))).transpose()?,
            file_name: filled(doc.content_file_name),
            location: filled(doc.content_location),
            version: doc
                .configuration_version
                .map(|t| FormatVersion::from_text(&t).ok_or_else(|| wrong("configurationVersion", &t)))
                .transpose()?,
        })
    }

    /// The file; expirationDate in whole seconds, rounded down.
    #[must_use]
    pub fn write(&self) -> String {
        let doc = Doc {
            content_identifier: self.kind.as_ref().map(|k| k.identifier().to_owned()),
            instance_identifier: self.instance.as_ref().map(ToString::to_string),
            expiration_date: self.expires.map(|t| UnixTime::from_secs(t.secs()).to_string().replace(".000Z", "Z")),
            content_file_name: self.file_name.clone(),
            content_location: self.location.clone(),
            configuration_version: self.version.map(|v| v.to_string()),
        };
        serde_json::to_string(&doc).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> PartMetadata {
        PartMetadata {
            kind: Some(PartKind::Shared),
            instance: Some("ID \"x\"".parse().unwrap()),
            expires: Some("2026-11-21T10:10:00Z".parse().unwrap()),
            file_name: Some("s.xml".to_owned()),
            location: Some("/V6/1/shared-params.xml".to_owned()),
            version: Some(FormatVersion::V6),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for m in [metadata(), PartMetadata::default()] {
            assert_eq!(PartMetadata::parse(m.write().as_bytes()).unwrap(), m);
        }
        assert_eq!(PartMetadata::default().write(), "{}");
        let version = PartMetadata { version: Some(FormatVersion::V6), ..PartMetadata::default() };
        assert_eq!(version.write(), r#"{"configurationVersion":"6"}"#, "wire.md §7.4");
    }

    /// wire.md §8.2 names the fields; nothing else is known.
    #[test]
    fn other_json_is_refused() {
        for json in [
            "",
            "[]",
            "{",
            r#"{"other":"x"}"#,
            r#"{"configurationVersion":6}"#,
            r#"{"configurationVersion":"7"}"#,
            r#"{"expirationDate":"2026-11-21T10:10:00"}"#,
            r#"{"contentIdentifier":"A","contentIdentifier":"B"}"#,
        ] {
            assert!(PartMetadata::parse(json.as_bytes()).is_err(), "{json}");
        }
        let null = r#"{"configurationVersion":null,"instanceIdentifier":""}"#;
        assert_eq!(PartMetadata::parse(null.as_bytes()).unwrap(), PartMetadata::default());
    }

    #[test]
    fn the_file_is_bounded() {
        let padded = |n: usize| format!("{{}}{}", " ".repeat(n - 2));
        assert!(PartMetadata::parse(padded(limits::CONF_METADATA).as_bytes()).is_ok());
        let over = PartMetadata::parse(padded(limits::CONF_METADATA + 1).as_bytes());
        assert!(matches!(over, Err(MetadataError::TooLarge(_))));
    }
}
