//! Minimisation: of an answer, only what the agreement allows is sealed and leaves.
//!
//! The answer is read strictly and written anew. What cannot be read without doubt is refused, never passed on. No
//! error here holds text of an answer: the raw answer is never logged.

mod allow;
mod answer;
mod json;
mod path;
mod persons;
#[cfg(test)]
mod tests;
mod xml;

use simpul_core::limits;

pub use self::allow::{Excess, FieldSet};
pub use self::answer::{HeaderFault, MinimisedAnswer, answer, forwards_request_header};
pub use self::json::{JsonFault, reduce_json};
pub use self::path::{FieldPath, FieldPathError};
pub use self::persons::{Named, persons};
pub use self::xml::{XmlFault, reduce_xml};

/// A body that holds nothing but what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reduced {
    /// The body, UTF-8.
    pub body: Vec<u8>,
    /// How many fields were taken out, each counted at its topmost place.
    pub removed: usize,
    /// Which of the allowed fields it holds: places in [`FieldSet::allowed`], ascending. An array without elements holds
    /// no field of its elements.
    pub left: Vec<usize>,
}

/// Why an answer cannot be minimised and must not leave. None of them holds text of the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MinimiseError {
    /// More than [`limits::MINIMISED_BODY`].
    #[error("an answer of {0} octets, more than {max}", max = limits::MINIMISED_BODY)]
    TooLarge(usize),
    /// More than [`limits::FIELD_PATHS`].
    #[error("{0} allowed fields, more than {max}", max = limits::FIELD_PATHS)]
    TooManyPaths(usize),
    /// Not JSON that can be reduced.
    #[error("the answer is not acceptable JSON at octet {at}: {why}")]
    Json {
        /// Where, in octets from 0.
        at: usize,
        /// Why.
        why: JsonFault,
    },
    /// Not XML that can be reduced.
    #[error("the answer is not acceptable XML: {0}")]
    Xml(XmlFault),
    /// The outermost value or element is not allowed, so nothing would be left.
    #[error("nothing of the answer is allowed")]
    NothingAllowed,
    /// So many fields are not allowed, and the agreement has such an answer refused.
    #[error("the answer holds {0} fields that are not allowed")]
    Excess(usize),
    /// An error answer with a body, and the agreement has excess refused.
    #[error("an answer with status {0} has a body, which is not allowed")]
    ErrorBody(u16),
    /// A status that no whole answer has.
    #[error("an answer with status {0} cannot be minimised")]
    Status(u16),
    /// A part of the answer is about somebody, and no identifier says about whom.
    #[error("the answer does not say whom it is about where it should")]
    Person,
    /// About more persons than [`limits::TRAIL_PERSONS`].
    #[error("an answer about {0} persons, more than {max}", max = limits::TRAIL_PERSONS)]
    Persons(usize),
    /// A header that stands against it.
    #[error("the answer cannot be read: {0}")]
    Header(HeaderFault),
}
