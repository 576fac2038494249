//! What was done to an agreement, act by act: who, when, and to which text. Lives follow from acts and from nothing
//! else ([`History`]); a [`Journal`] keeps them in order.

mod form;
mod history;
mod journal;
mod proof;

use std::fmt;

use simpul_core::{UnixTime, limits};

pub use self::history::History;
pub use self::journal::{Journal, JournalError, Merged};
pub use self::proof::{Proof, ProofError};
use super::document::Agreement;
use super::ident::{AgreementDigest, AgreementId, ClauseId};
use super::life::{Actor, LifeError, Scope};
use crate::written::DocumentError;

/// One thing that somebody did to one version of an agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The agreement.
    pub agreement: AgreementId,
    /// The version.
    pub version: u32,
    /// The text that it is about: that of the document which the act brings, or else the one that stands.
    pub digest: AgreementDigest,
    /// When, as the actor says.
    pub at: UnixTime,
    /// Who.
    pub by: Actor,
    /// What.
    pub step: Step,
    /// The officer's signature over all of it, where the text binds them to a certificate.
    pub proof: Option<Proof>,
}

/// A step of a life ([`super::life`]) with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A new version is sent to the other parties.
    Offer(Box<Agreement>),
    /// Another text of the same version.
    Answer(Box<Agreement>),
    /// An officer approves the text that stands.
    Approve,
    /// A party signs it; the octets of its signature (XAdES, `trust::agreement`). They are verified elsewhere.
    Sign(String),
    /// It comes into force.
    Enter,
    /// It, or a clause of it, decides nothing until it is resumed.
    Suspend(Scope),
    /// An officer agrees to resume.
    Resume(Scope),
    /// A party ends it.
    End,
}

/// Why an act is none, or does not follow from those before it.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not the form of an act.
    #[error("this is no act: {0}")]
    Form(String),
    /// Its document is none.
    #[error("its document is not acceptable")]
    Document(#[source] DocumentError),
    /// It is about another agreement.
    #[error("it is about agreement {0}")]
    OtherAgreement(AgreementId),
    /// It is about another text than the one that stands.
    #[error("it is about the text {found}, and {standing} stands")]
    OtherText {
        /// What it names.
        found: AgreementDigest,
        /// What stands.
        standing: AgreementDigest,
    },
    /// The version is there already.
    #[error("version {0} was offered before")]
    Known(u32),
    /// The version is not there.
    #[error("there is no version {0}")]
    Unknown(u32),
    /// A later version is in force.
    #[error("version {0} was replaced by a later one")]
    Superseded(u32),
    /// The version that is amended is not in force any more.
    #[error("version {0}, which it amends, is not in force any more")]
    Base(u32),
    /// The text that it is about was not brought before.
    #[error("the text {0}, which it is about, is not here")]
    NoText(AgreementDigest),
    /// A text with other parties than the first one.
    #[error("the parties of an agreement are the same in all its texts; other parties need another agreement")]
    Parties,
    /// Its time does not come after that of another act.
    #[error("it says that it was done at {at}, and another act that must come before it says {after}")]
    Order {
        /// What it says.
        at: UnixTime,
        /// What the other one says.
        after: UnixTime,
    },
    /// The signature of its officer.
    #[error("its officer's signature is not accepted")]
    Proof(#[source] ProofError),
    /// The life does not allow the step.
    #[error("the step is not possible")]
    Life(#[source] LifeError),
    /// More than [`limits::AGREEMENT_ACTS`].
    #[error("more than {max} acts", max = limits::AGREEMENT_ACTS)]
    TooMany,
}

impl Act {
    /// An act about a text: the one that `step` brings if it brings one, else `standing`.
    #[must_use]
    pub fn new(standing: &Agreement, step: Step, by: Actor, at: UnixTime) -> Self {
        let text = step.document().unwrap_or(standing);
        let (agreement, version, digest) = (text.id().clone(), text.version(), text.digest());
        Self { agreement, version, digest, at, by, step, proof: None }
    }

    /// Reads one JSON object; unknown members are refused.
    pub fn from_json(text: &str) -> Result<Self, ActError> {
        form::read(text)
    }

    /// One JSON object on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        form::write(self).to_string()
    }
}

impl Step {
    /// Its name, such as `offer`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Offer(_) => "offer",
            Self::Answer(_) => "answer",
            Self::Approve => "approve",
            Self::Sign(_) => "sign",
            Self::Enter => "enter",
            Self::Suspend(_) => "suspend",
            Self::Resume(_) => "resume",
            Self::End => "end",
        }
    }

    /// The text that it brings.
    #[must_use]
    pub fn document(&self) -> Option<&Agreement> {
        match self {
            Self::Offer(text) | Self::Answer(text) => Some(text),
            _ => None,
        }
    }

    /// The clause that it is about, if it is about one.
    #[must_use]
    pub fn clause(&self) -> Option<&ClauseId> {
        match self {
            Self::Suspend(Scope::Clause(id)) | Self::Resume(Scope::Clause(id)) => Some(id),
            _ => None,
        }
    }
}

/// `suspend clause 2.1 of version 1 by Siti Rahma of ID/GOV/3201`.
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.step.name())?;
        if let Some(clause) = self.step.clause() {
            write!(f, " clause {clause} of")?;
        }
        write!(f, " version {}", self.version)?;
        write!(f, " by {} of {}", self.by.officer, self.by.member.short())
    }
}

#[cfg(test)]
mod tests;
