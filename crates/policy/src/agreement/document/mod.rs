//! The agreement document: TOML that people write, canonical JSON that is signed, one value that is enforced.
//!
//! A document is understood completely or refused: an unknown member, kind, operator, purpose or field name is an
//! error with its line, its path and what is allowed there.

mod form;
mod read;

use std::fmt;

use simpul_core::{MemberId, UnixTime, limits};

use self::form::AgreementForm;
use super::canonical;
use super::ident::{AgreementDigest, AgreementId, ClauseId};
use super::terms::{Clause, Language, LocalPurpose, Party, Text};
use crate::written::{self, DocumentError};

/// A valid agreement in one version. Made only by [`from_toml`](Self::from_toml) and [`from_json`](Self::from_json).
#[derive(Clone, PartialEq, Eq)]
pub struct Agreement {
    canonical: Vec<u8>,
    digest: AgreementDigest,
    content: Content,
}

/// What the document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    id: AgreementId,
    version: u32,
    amends: Option<AgreementDigest>,
    binding: Language,
    title: Text,
    preamble: Option<Text>,
    from: UnixTime,
    until: UnixTime,
    review: UnixTime,
    parties: Vec<Party>,
    purposes: Vec<LocalPurpose>,
    clauses: Vec<Clause>,
}

impl fmt::Debug for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Agreement({} version {}, {})", self.content.id, self.content.version, self.digest)
    }
}

impl Agreement {
    /// Reads what people write.
    pub fn from_toml(text: &str) -> Result<Self, DocumentError> {
        bounded(text.len())?;
        written::read(text, Self::of)
    }

    /// Reads what was signed. The octets must be the canonical form: one value has one spelling and one digest.
    pub fn from_json(octets: &[u8]) -> Result<Self, DocumentError> {
        bounded(octets.len())?;
        let form = serde_json::from_slice(octets).map_err(|error| DocumentError {
            line: Some(error.line()).filter(|line| *line > 0),
            path: String::new(),
            reason: error.to_string(),
        })?;
        let agreement = Self::of(form)?;
        match agreement.canonical == octets {
            true => Ok(agreement),
            false => Err(whole("the JSON is not in canonical form (RFC 8785)")),
        }
    }

    fn of(form: AgreementForm) -> Result<Self, DocumentError> {
        let content = read::content(&form)?;
        let value = serde_json::to_value(&form).map_err(|error| whole(&error.to_string()))?;
        let canonical = canonical::write(&value).map_err(|error| whole(&error.to_string()))?;
        bounded(canonical.len())?;
        Ok(Self { digest: AgreementDigest::of(&canonical), canonical, content })
    }

    /// The canonical JSON: what is signed, and what [`from_json`](Self::from_json) reads.
    #[must_use]
    pub fn canonical_json(&self) -> Vec<u8> {
        self.canonical.clone()
    }

    /// SHA-256 of the canonical JSON.
    #[must_use]
    pub fn digest(&self) -> AgreementDigest {
        self.digest
    }

    /// The id, the same in all versions.
    #[must_use]
    pub fn id(&self) -> &AgreementId {
        &self.content.id
    }

    /// The version, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.content.version
    }

    /// The version that this one amends; present from version 2 on.
    #[must_use]
    pub fn amends(&self) -> Option<AgreementDigest> {
        self.content.amends
    }

    /// The language whose words decide.
    #[must_use]
    pub fn binding_language(&self) -> Language {
        self.content.binding
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.content.title
    }

    /// The words before the clauses.
    #[must_use]
    pub fn preamble(&self) -> Option<&Text> {
        self.content.preamble.as_ref()
    }

    /// First moment of validity.
    #[must_use]
    pub fn valid_from(&self) -> UnixTime {
        self.content.from
    }

    /// First moment after validity.
    #[must_use]
    pub fn valid_until(&self) -> UnixTime {
        self.content.until
    }

    /// The day, at 00:00 UTC, on which the parties look at it again. Nothing is refused because of it.
    #[must_use]
    pub fn review(&self) -> UnixTime {
        self.content.review
    }

    /// The parties, two or more.
    #[must_use]
    pub fn parties(&self) -> &[Party] {
        &self.content.parties
    }

    /// The party of this member.
    #[must_use]
    pub fn party(&self, member: &MemberId) -> Option<&Party> {
        self.content.parties.iter().find(|party| party.member == *member)
    }

    /// Purposes that it defines under terms of the vocabulary.
    #[must_use]
    pub fn purposes(&self) -> &[LocalPurpose] {
        &self.content.purposes
    }

    /// The clauses in order.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.content.clauses
    }

    /// The clause with this id.
    #[must_use]
    pub fn clause(&self, id: &ClauseId) -> Option<&Clause> {
        self.content.clauses.iter().find(|clause| clause.id == *id)
    }
}

fn bounded(octets: usize) -> Result<(), DocumentError> {
    match octets > limits::AGREEMENT_DOCUMENT {
        true => Err(whole(&format!("{octets} octets, {} are allowed", limits::AGREEMENT_DOCUMENT))),
        false => Ok(()),
    }
}

fn whole(reason: &str) -> DocumentError {
    DocumentError { line: None, path: String::new(), reason: reason.to_owned() }
}
