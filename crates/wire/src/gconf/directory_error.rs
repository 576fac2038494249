//! Why a signed directory was not read or not written, each with its code (wire.md §3.9, §8.3).

use simpul_core::{Code, limits};

/// Why octets are not a signed directory.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// More than [`limits::CONF_DIRECTORY`].
    #[error("a configuration directory of {0} octets, more than {max}", max = limits::CONF_DIRECTORY)]
    TooLarge(usize),
    /// More than [`limits::CONF_PARTS`] content parts.
    #[error("a configuration directory of more than {max} parts", max = limits::CONF_PARTS)]
    TooManyParts,
    /// A part header of more than [`limits::PART_HEADER`].
    #[error("a part header of more than {max} octets", max = limits::PART_HEADER)]
    HeaderTooLarge,
    /// The MIME structure is broken.
    #[error("broken MIME structure: {0}")]
    Structure(&'static str),
    /// A header line that is not `Name: value`.
    #[error("`{0}` is not a header line")]
    HeaderLine(String),
    /// The first part is missing.
    #[error("the signed data is missing")]
    MissingSignedData,
    /// The signed data does not start with a part that holds Expire-date.
    #[error("the signed data has no header part with an expiration date")]
    MissingExpireDate,
    /// The second part is missing.
    #[error("the signature is missing")]
    MissingSignature,
    /// A mandatory field is missing or blank.
    #[error("the field {0} is missing")]
    MissingField(&'static str),
    /// A field stands twice in one header.
    #[error("the field {0} stands twice")]
    DuplicateField(String),
    /// A field has a value that is not allowed there.
    #[error("the field {field} is `{value}` and not {expected}")]
    WrongValue {
        /// The field.
        field: &'static str,
        /// The value that it has.
        value: String,
        /// What it may be, in words.
        expected: &'static str,
    },
    /// A mandatory parameter of a field is missing.
    #[error("the field {field} has no parameter {parameter}")]
    MissingParameter {
        /// The field.
        field: &'static str,
        /// The parameter.
        parameter: &'static str,
    },
    /// The signature value is not base64.
    #[error("the signature is not base64")]
    SignatureEncoding(#[source] base64::DecodeError),
    /// The hash of a part is not the base64 of a digest of the named algorithm.
    #[error("the hash of {0} is not the base64 of a digest of its algorithm")]
    PartHash(String),
    /// Two parts have the same identifier and instance, or the same file.
    #[error("two parts are {0}")]
    DuplicatePart(String),
}

impl DirectoryError {
    /// The code that an operator sees (§3.9).
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::TooLarge(_)
            | Self::TooManyParts
            | Self::HeaderTooLarge
            | Self::Structure(_)
            | Self::HeaderLine(_) => Code::GlobalConfParsingFailure,
            Self::MissingSignedData => Code::GlobalConfMissingSignedData,
            Self::MissingExpireDate => Code::GlobalConfMissingSignedDataExpirationDate,
            Self::MissingSignature => Code::GlobalConfSignatureVerificationFailure,
            Self::MissingField(_) => Code::GlobalConfHeaderFieldMissing,
            Self::DuplicateField(_) | Self::WrongValue { .. } | Self::DuplicatePart(_) => {
                Code::GlobalConfHeaderFieldWrongValue
            }
            Self::MissingParameter { .. } => Code::GlobalConfHeaderFieldMissingParameter,
            Self::SignatureEncoding(_) => Code::GlobalConfSignatureDecodeFailure,
            Self::PartHash(_) => Code::GlobalConfPartIntegrityFailure,
        }
    }
}

/// Why a directory cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryWriteError {
    /// A value that a header line cannot carry.
    #[error("`{value}` cannot stand in the field {field}")]
    Unwritable {
        /// The field.
        field: &'static str,
        /// The value.
        value: String,
    },
    /// A boundary that is empty, longer than [`limits::BOUNDARY`], or not of letters and digits.
    #[error("`{0}` is not a boundary")]
    Boundary(String),
    /// More than [`limits::CONF_PARTS`] content parts.
    #[error("a configuration directory of more than {max} parts", max = limits::CONF_PARTS)]
    TooManyParts,
}
