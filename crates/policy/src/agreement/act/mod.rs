//! What was done to an agreement, act by act: who, when, and to which text. Lives follow from acts and from nothing
//! else ([`History`]); a [`Journal`] keeps them in order.

mod form;
mod history;
mod journal;

use std::fmt;

use simpul_core::{UnixTime, limits};

pub use self::history::History;
pub use self::journal::{Journal, JournalError};
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
    /// Who; `None` only where time itself acts ([`Step::Expire`]).
    pub by: Option<Actor>,
    /// What.
    pub step: Step,
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
    /// Its validity is over.
    Expire,
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
    /// Nobody is named who does it, or somebody where time acts.
    #[error("it must name who does it, or nobody if validity is over")]
    Nobody,
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
    pub fn new(standing: &Agreement, step: Step, by: Option<Actor>, at: UnixTime) -> Self {
        let text = step.document().unwrap_or(standing);
        let (agreement, version, digest) = (text.id().clone(), text.version(), text.digest());
        Self { agreement, version, digest, at, by, step }
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
            Self::Expire => "expire",
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
        match &self.by {
            Some(by) => write!(f, " by {} of {}", by.officer, by.member.short()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
