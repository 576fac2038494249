//! Why a call was allowed or refused, clause by clause.

use std::fmt;

use simpul_core::UnixTime;

use super::decide::{Agreements, Cited, Context};
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
