//! How far the own acts of an agreement have reached each other party. Derived from the journal and a mark per party:
//! there is no second copy of an act.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use simpul_core::{MemberId, UnixTime, limits};
use simpul_policy::agreement::AgreementId;
use simpul_policy::agreement::act::Journal;

use crate::agreements::desk::Desk;
use crate::agreements::problem::Problem;

/// What was delivered of one agreement, by the two members `FROM TO`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marks {
    #[serde(default)]
    marks: BTreeMap<String, Mark>,
}

/// What has reached one party.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Mark {
    /// The time of the last act that it has answered for good.
    pub(crate) through: Option<String>,
    /// When delivery was tried last.
    pub(crate) tried: Option<String>,
    /// Why acts after `through` did not arrive then.
    pub(crate) error: Option<String>,
    /// What it refused, the latest ones.
    #[serde(default)]
    pub(crate) refused: Vec<String>,
}

/// What one party does not have yet.
#[derive(Debug)]
pub(crate) struct Undelivered {
    /// Whose acts.
    pub(crate) from: MemberId,
    /// To whom.
    pub(crate) to: MemberId,
    /// How many.
    pub(crate) acts: usize,
    /// Whether the configuration says where to.
    pub(crate) addressed: bool,
    /// What was found out so far.
    pub(crate) mark: Mark,
}

impl Mark {
    pub(crate) fn after(&self) -> Option<UnixTime> {
        self.through.as_deref().and_then(|at| at.parse().ok())
    }

    pub(super) fn refuse(&mut self, what: String) {
        self.refused.push(what);
        let many = self.refused.len().saturating_sub(limits::AGREEMENT_REFUSALS);
        self.refused.drain(..many);
    }
}

impl Marks {
    /// What the server has written; nothing, if it cannot be understood: then everything is delivered again, which
    /// changes nothing for who has it.
    pub(crate) fn read(desk: &Desk, id: &AgreementId) -> Result<Self, Problem> {
        let octets = desk.folder.delivery(id.as_str()).map_err(Problem::from)?;
        Ok(octets.and_then(|octets| serde_json::from_slice(&octets).ok()).unwrap_or_default())
    }

    pub(super) fn write(&self, desk: &Desk, id: &AgreementId) -> Result<(), Problem> {
        let octets = serde_json::to_vec(self).unwrap_or_default();
        desk.folder.put_delivery(id.as_str(), &octets).map_err(Problem::from)
    }

    pub(crate) fn of(&self, from: &MemberId, to: &MemberId) -> Mark {
        self.marks.get(&key(from, to)).cloned().unwrap_or_default()
    }

    pub(super) fn put(&mut self, from: &MemberId, to: &MemberId, mark: Mark) {
        self.marks.insert(key(from, to), mark);
    }
}

fn key(from: &MemberId, to: &MemberId) -> String {
    format!("{} {}", from.short(), to.short())
}

/// What the other parties of an agreement do not have yet, or have refused; a pair for each own and each other party.
pub(crate) fn undelivered(desk: &Desk, journal: &Journal, marks: &Marks) -> Vec<Undelivered> {
    let Some(text) = journal.acts().first().and_then(|first| first.step.document()) else { return Vec::new() };
    let (own, others): (Vec<_>, Vec<_>) =
        text.parties().iter().map(|party| &party.member).partition(|member| desk.is_own(member));
    let pair = |from: &MemberId, to: &MemberId| {
        let mark = marks.of(from, to);
        let acts = journal.of_party(from, mark.after()).count();
        let addressed = desk.role.agreement_partner.iter().any(|entry| entry.member() == to);
        Undelivered { from: from.clone(), to: to.clone(), acts, addressed, mark }
    };
    own.iter().flat_map(|from| others.iter().map(move |to| pair(from, to))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_refusals_are_kept() {
        let mut mark = Mark::default();
        for n in 0..=limits::AGREEMENT_REFUSALS {
            mark.refuse(n.to_string());
        }
        assert_eq!(
            (mark.refused.len(), mark.refused.first().map(String::as_str)),
            (limits::AGREEMENT_REFUSALS, Some("1"))
        );
    }
}
