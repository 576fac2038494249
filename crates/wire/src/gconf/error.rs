//! Why a document of a global configuration was not read or not written.

use std::fmt;

use simpul_core::{Code, IdError};

use crate::xml::XmlError;

/// A document of a global configuration, for messages and codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// A configuration anchor (§8.1).
    Anchor,
    /// Shared parameters (§8.5).
    Shared,
    /// Private parameters (§8.4).
    Private,
    /// `NEXTUPDATE` (§8.6).
    NextUpdate,
    /// `FETCHINTERVAL` (§8.6).
    FetchInterval,
    /// `MONITORING` (§8.6).
    Monitoring,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anchor => "configuration anchor",
            Self::Shared => "shared parameters",
            Self::Private => "private parameters",
            Self::NextUpdate => "OCSP next-update parameters",
            Self::FetchInterval => "OCSP fetch-interval parameters",
            Self::Monitoring => "monitoring parameters",
        })
    }
}

/// A document is not what its schema demands. The cause is the source of this error.
#[derive(Debug, thiserror::Error)]
#[error("malformed {document}, line {line}")]
pub struct DocumentError {
    /// Which document.
    pub document: Document,
    /// The line of the element at fault, from 1; 0 if the text is no XML at all.
    pub line: u32,
    /// What is wrong there.
    #[source]
    pub fault: DocumentFault,
}

impl DocumentError {
    /// The code that an operator sees (§3.9).
    #[must_use]
    pub fn code(&self) -> Code {
        match self.document {
            Document::Anchor => Code::MalformedAnchor,
            Document::Shared
            | Document::Private
            | Document::NextUpdate
            | Document::FetchInterval
            | Document::Monitoring => Code::MalformedGlobalConf,
        }
    }
}

/// What is wrong in a document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentFault {
    /// More octets than the limit of the document.
    #[error("{octets} octets, more than {most}")]
    TooLarge {
        /// Octets that were given.
        octets: usize,
        /// The limit.
        most: usize,
    },
    /// More of something than its limit.
    #[error("more than {most} elements <{element}>")]
    TooMany {
        /// The repeated element.
        element: &'static str,
        /// The limit.
        most: usize,
    },
    /// Not XML within the bounds.
    #[error("not XML that is read")]
    Xml(#[source] XmlError),
    /// Another root element.
    #[error("the root element is <{found}> and not <{expected}> of http://x-road.eu/xsd/xroad.xsd")]
    Root {
        /// The local name that was found.
        found: String,
        /// The local name of the schema.
        expected: &'static str,
    },
    /// An element that the schema does not allow at this place.
    #[error("<{found}> is not allowed at this place in <{parent}>")]
    Unexpected {
        /// The element around it.
        parent: String,
        /// Its local name.
        found: String,
    },
    /// An element that the schema demands is not there.
    #[error("<{parent}> has no <{element}> at its place")]
    Missing {
        /// The element around it.
        parent: String,
        /// Its local name.
        element: &'static str,
    },
    /// Characters between elements.
    #[error("<{0}> holds text between its elements")]
    Text(String),
    /// An attribute that the schema does not allow, or a mandatory one that is missing.
    #[error("<{element}> has a wrong or missing attribute {attribute}")]
    Attribute {
        /// The element.
        element: String,
        /// The attribute.
        attribute: String,
    },
    /// A value of another type.
    #[error("<{element}> is `{value}` and not {expected}")]
    Value {
        /// The element.
        element: String,
        /// The start of its text.
        value: String,
        /// What it should be, in words.
        expected: &'static str,
    },
    /// A text that is no identifier.
    #[error("<{element}> holds no identifier")]
    Identifier {
        /// The element.
        element: String,
        /// Why.
        #[source]
        cause: IdError,
    },
    /// A text that is not base64.
    #[error("<{element}> is not base64")]
    Base64 {
        /// The element.
        element: String,
        /// Why.
        #[source]
        cause: base64::DecodeError,
    },
    /// A reference to an id that does not exist or names another kind of thing.
    #[error("<{element}> refers to `{id}`, which is not {expected}")]
    Reference {
        /// The element.
        element: String,
        /// The id.
        id: String,
        /// What it should name.
        expected: &'static str,
    },
    /// The same thing twice, which would leave open what holds.
    #[error("{0} stands twice")]
    Duplicate(String),
}

/// Why a document cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentWriteError {
    /// A text with a character that XML 1.0 cannot carry.
    #[error("`{value}` cannot stand in <{element}>: XML cannot carry one of its characters")]
    NotXml {
        /// The element.
        element: &'static str,
        /// The text.
        value: String,
    },
    /// An identifier of another instance where only own ones can be written.
    #[error("{0} does not belong to the instance of the document")]
    Foreign(String),
    /// A client or owner that is not among the members of the document.
    #[error("{0} is not among the members of the document")]
    Unregistered(String),
    /// A list that the schema demands to have at least one entry.
    #[error("<{0}> must stand at least once")]
    Empty(&'static str),
}
