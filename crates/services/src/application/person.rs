//! Who acts: citizens, those for whom they act, officers.

use std::fmt;

use simpul_core::ident::Instance;
use simpul_core::limits;
use simpul_trust::subject::{Subject, SubjectError};

use crate::catalogue::OfficeId;

/// The identifier that a state gave to a person. Its `Debug` text shows the state alone.
#[derive(Clone, PartialEq, Eq)]
pub struct NationalId {
    home: Instance,
    number: Subject,
}

/// A citizen who has signed in. Whoever makes this value vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citizen {
    id: NationalId,
    name: PersonName,
}

/// The right to act for another person, after it was verified. Whoever makes this value vouches for it: without a
/// mandate nobody applies, and no register is asked, for somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// For whom.
    pub principal: Citizen,
    /// How it was proven, in words: a register and its entry, or a signed document.
    pub proof: Remark,
}

/// Who applies, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// Who acts.
    pub citizen: Citizen,
    /// For whom, if not for himself or herself.
    pub mandate: Option<Mandate>,
}

/// An officer who has signed in. Whoever makes this value vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    id: PersonName,
    name: PersonName,
    role: PersonName,
    office: OfficeId,
}

/// Who did a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The applicant.
    Citizen,
    /// An officer.
    Officer(Officer),
    /// The program itself.
    System,
}

/// A name in one line: 1 to [`limits::PERSON_NAME_CHARS`] characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonName(String);

/// Words of a person: 1 to [`limits::REMARK_CHARS`] characters, no control characters but line ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark(String);

/// Why a text is no name or no remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but space.
    #[error("a text is missing")]
    Missing,
    /// Longer than this many characters.
    #[error("a text has more than {0} characters")]
    TooLong(usize),
    /// A control character.
    #[error("a text has a control character")]
    Control,
}

impl NationalId {
    /// The identifier in the one spelling that all callers use: it is compared octet for octet.
    pub fn new(home: Instance, number: String) -> Result<Self, SubjectError> {
        Ok(Self { home, number: Subject::new(number)? })
    }

    /// The state that gave it.
    #[must_use]
    pub fn home(&self) -> &Instance {
        &self.home
    }

    /// The identifier. It must not be logged.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.number.reveal()
    }

    /// The identifier for a subject token or the data trail.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.number
    }
}

impl fmt::Debug for NationalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NationalId({}, …)", self.home)
    }
}

impl Citizen {
    /// A citizen under a name.
    #[must_use]
    pub fn new(id: NationalId, name: PersonName) -> Self {
        Self { id, name }
    }

    /// The identifier.
    #[must_use]
    pub fn id(&self) -> &NationalId {
        &self.id
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name.0
    }
}

impl Applicant {
    /// The person whom the application is about.
    #[must_use]
    pub fn person(&self) -> &Citizen {
        self.mandate.as_ref().map_or(&self.citizen, |mandate| &mandate.principal)
    }
}

impl Officer {
    /// An officer of one office. `id` is what tells officers apart: it is never that of another person.
    #[must_use]
    pub fn new(id: PersonName, name: PersonName, role: PersonName, office: OfficeId) -> Self {
        Self { id, name, role, office }
    }

    /// What tells officers apart.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id.0
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name.0
    }

    /// The role.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role.0
    }

    /// The office.
    #[must_use]
    pub fn office(&self) -> &OfficeId {
        &self.office
    }

    /// Whether both are one person, whatever names and roles say.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl PersonName {
    /// A name without the space around it.
    pub fn new(text: &str) -> Result<Self, TextError> {
        bounded(text, limits::PERSON_NAME_CHARS, |_| false).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Remark {
    /// Words without the space around them.
    pub fn new(text: &str) -> Result<Self, TextError> {
        bounded(text, limits::REMARK_CHARS, |c| c == '\n').map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text with line ends of one kind and without space at its ends, within its bound.
pub(super) fn bounded(text: &str, most: usize, control: impl Fn(char) -> bool) -> Result<String, TextError> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Missing);
    }
    if text.chars().take(most + 1).count() > most {
        return Err(TextError::TooLong(most));
    }
    match text.chars().any(|c| c.is_control() && !control(c)) {
        true => Err(TextError::Control),
        false => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded() {
        assert_eq!(Remark::new("  a\r\nb ").unwrap().as_str(), "a\nb");
        assert_eq!(Remark::new(" \n "), Err(TextError::Missing));
        assert_eq!(Remark::new("a\u{0}b"), Err(TextError::Control));
        assert_eq!(PersonName::new("a\nb"), Err(TextError::Control));
        assert!(Remark::new(&"é".repeat(limits::REMARK_CHARS)).is_ok());
        assert_eq!(Remark::new(&"é".repeat(limits::REMARK_CHARS + 1)), Err(TextError::TooLong(limits::REMARK_CHARS)));
        assert!(PersonName::new(&"é".repeat(limits::PERSON_NAME_CHARS)).is_ok());
        assert!(PersonName::new(&"é".repeat(limits::PERSON_NAME_CHARS + 1)).is_err());
    }

    #[test]
    fn an_identifier_is_not_shown() {
        let id = NationalId::new("ID".parse().unwrap(), "3201014509870001".to_owned()).unwrap();
        assert!(!format!("{id:?}").contains("3201"));
    }
}
