//! Why a call was allowed or refused, clause by clause.

use std::fmt;

use simpul_core::UnixTime;

use super::decide::{Agreements, Cited, Context, LoadError};
use super::document::Agreement;
use super::ident::ClauseId;
use super::refusal::Reason;
use super::terms::Volume;
use crate::permit::Demand;

/// Every clause that speaks of the consumer and the service, in the order in which they decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What kept the call from being judged at all.
    pub refused: Option<Reason>,
    /// The clauses; none: no agreement speaks of it.
    pub candidates: Vec<Candidate>,
}

/// One clause and what it says to the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The version of the agreement.
    pub agreement: Cited,
    /// The clause.
    pub clause: ClauseId,
    /// Every condition that does not hold; empty: it applies, as far as its volume is not used up.
    pub unmet: Vec<Reason>,
    /// The volumes that a call takes from.
    pub volumes: Vec<Volume>,
}

impl Agreements {
    /// Says for each clause that could apply why it did or did not. Takes nothing from any volume.
    #[must_use]
    pub fn explain(&self, ask: &impl Demand, context: &Context<'_>, now: UnixTime) -> Explanation {
        let call = match self.call(ask, context, now) {
            Ok(call) => call,
            Err(refusal) => return Explanation { refused: Some(refusal.reason), candidates: Vec::new() },
        };
        let candidates = self.candidates(ask).iter().map(|rule| Candidate {
            agreement: rule.cited.clone(),
            clause: rule.clause.clone(),
            unmet: self.unmet(rule, &call),
            volumes: rule.volumes().to_vec(),
        });
        Explanation { refused: None, candidates: candidates.collect() }
    }
}

impl Explanation {
    /// The clause that allows the call, as far as its volume is not used up.
    #[must_use]
    pub fn allowed_by(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.unmet.is_empty())
    }
}

/// Agreements on trial: what they would say if they were in force. A trial explains and never grants, so drafts can be
/// tried on past calls without effect.
pub struct Trial(Agreements);

impl Trial {
    /// Tries these documents, signed or not, each once.
    pub fn of(documents: &[Agreement]) -> Result<Self, LoadError> {
        let mut agreements = Agreements::new()?;
        documents.iter().try_for_each(|document| agreements.try_out(document))?;
        Ok(Self(agreements))
    }

    /// As [`Agreements::explain`].
    #[must_use]
    pub fn explain(&self, ask: &impl Demand, context: &Context<'_>, now: UnixTime) -> Explanation {
        self.0.explain(ask, context, now)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = self.refused {
            return writeln!(f, "{}", reason.english());
        }
        if self.candidates.is_empty() {
            return writeln!(f, "{}", Reason::NoAgreement.english());
        }
        self.candidates.iter().try_for_each(|candidate| candidate.fmt(f))
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cited { id, version, .. } = &self.agreement;
        writeln!(f, "{id} version {version}, clause {}:", self.clause)?;
        if self.unmet.is_empty() {
            writeln!(f, "  applies")?;
        }
        for reason in &self.unmet {
            writeln!(f, "  {}", reason.english())?;
        }
        self.volumes.iter().try_for_each(|v| writeln!(f, "  at most {} calls in {} s", v.count, v.seconds))
    }
}
