//! The acts of one agreement as they came, and what they mean.
//!
//! Acts are kept as lines of JSON in the order in which they came; each line names the digest of the line before it, so
//! that nothing in the middle can be left out, put in or changed alone.
//!
//! What they mean does not depend on the order in which they came: they are settled by the time that they say, and at
//! one time by their member. So two parties that have the same acts have the same lives, whatever crossed on the way.
//! Each party's acts are later than those that it knew and than its own before. An act that has no effect where it
//! stands, such as an approval of a text that was answered meanwhile, stays without effect and is told.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use simpul_core::{DigestAlgorithm, MemberId, UnixTime, limits};
use simpul_trust::hash;

use super::form;
use super::history::History;
use super::{Act, ActError};
use crate::agreement::document::Agreement;
use crate::agreement::life;

/// The acts of one agreement, and the lives that follow from them.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    acts: Vec<Act>,
    /// Where each act stands among the settled ones, and its place in `acts`.
    settled: BTreeMap<(UnixTime, MemberId), usize>,
    /// Why an act, by its place, has no effect.
    void: BTreeMap<usize, Arc<ActError>>,
    history: History,
    /// Digest of the last line, in hex; empty before the first.
    last: String,
}

/// An act of another party that was taken.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The line, which the caller keeps.
    pub line: String,
    /// Why the act has no effect, if it has none.
    pub void: Option<Arc<ActError>>,
}

/// A line that does not follow from those before it.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the journal ({act}) does not follow from those before it")]
pub struct JournalError {
    /// The line, from 1.
    pub line: usize,
    /// What the line says was done; `unreadable` if it does not say it.
    pub act: String,
    /// Why.
    #[source]
    pub cause: ActError,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    before: String,
    act: Value,
}

impl Journal {
    /// Reads the lines of a journal, without their ends. Officers' signatures are verified again.
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, JournalError> {
        let mut journal = Self::default();
        for (line, number) in lines.into_iter().zip(1..) {
            let wrong = |act: String, cause| JournalError { line: number, act, cause };
            let read: Line = serde_json::from_str(line)
                .map_err(|error| wrong("unreadable".to_owned(), ActError::Form(error.to_string())))?;
            let act = form::of_value(read.act).map_err(|cause| wrong("unreadable".to_owned(), cause))?;
            if read.before != journal.last {
                let form = ActError::Form("the line before it was changed, left out or put in".to_owned());
                return Err(wrong(act.to_string(), form));
            }
            journal.acceptable(&act).map_err(|cause| wrong(act.to_string(), cause))?;
            journal.push(act);
            journal.last = digest(line);
        }
        journal.settle();
        Ok(journal)
    }

    /// Takes an act that is done here and now, by somebody who sees all the others, and gives its line, which the caller
    /// keeps. It comes last and must have an effect. When it is refused, nothing changes.
    pub fn take(&mut self, act: Act) -> Result<String, ActError> {
        if let Some(((after, _), _)) = self.settled.last_key_value().filter(|((after, _), _)| act.at <= *after) {
            return Err(ActError::Order { at: act.at, after: *after });
        }
        let mut history = self.history.clone();
        history.take(&act)?;
        self.acceptable(&act)?;
        self.history = history;
        let line = self.keep(&act);
        self.push(act);
        Ok(line)
    }

    /// Takes an act of another party, who may not have known all the others. When it is refused, nothing changes.
    pub fn merge(&mut self, act: Act) -> Result<Merged, ActError> {
        self.acceptable(&act)?;
        let line = self.keep(&act);
        let last = self.settled.last_key_value().is_none_or(|(before, _)| *before < (act.at, act.by.member.clone()));
        let place = self.acts.len();
        self.push(act);
        match last {
            true => self.apply(place),
            false => self.settle(),
        }
        Ok(Merged { line, void: self.void.get(&place).cloned() })
    }

    /// The moment of an act that is done now: after all others, even if another party's clock is ahead.
    #[must_use]
    pub fn moment(&self, now: UnixTime) -> UnixTime {
        let last = self.settled.last_key_value().map(|((at, _), _)| at.millis().saturating_add(1));
        UnixTime::from_millis(last.map_or(now.millis(), |last| last.max(now.millis())))
    }

    /// The lives.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The acts in the order in which they came.
    #[must_use]
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// The acts as they are settled, and why one has no effect.
    pub fn settled(&self) -> impl Iterator<Item = (&Act, Option<&ActError>)> {
        let why = |place: &usize| self.void.get(place).map(AsRef::as_ref);
        self.settled.values().filter_map(move |place| Some((self.acts.get(*place)?, why(place))))
    }

    /// The acts of one party, in its order, that it did after a moment.
    pub fn of_party(&self, member: &MemberId, after: Option<UnixTime>) -> impl Iterator<Item = &Act> {
        let of = self.acts.iter().filter(move |act| act.by.member == *member);
        of.filter(move |act| after.is_none_or(|after| after < act.at))
    }

    /// The text that has this digest, whether it stands or not.
    #[must_use]
    pub fn text(&self, act: &Act) -> Option<&Agreement> {
        let same = |known: &&Act| known.version == act.version && known.digest == act.digest;
        self.acts.iter().filter(same).find_map(|known| known.step.document())
    }

    /// Whether an act can be one of this journal, wherever it is settled.
    fn acceptable(&self, act: &Act) -> Result<(), ActError> {
        if self.acts.len() >= limits::AGREEMENT_ACTS {
            return Err(ActError::TooMany);
        }
        if let Some(first) = self.acts.first().filter(|first| first.agreement != act.agreement) {
            return Err(ActError::OtherAgreement(first.agreement.clone()));
        }
        let text = match act.step.document() {
            Some(text) => {
                super::history::about(act, text)?;
                text
            }
            None => self.text(act).ok_or(ActError::NoText(act.digest))?,
        };
        let first = self.acts.first().and_then(|first| first.step.document());
        if first.is_some_and(|first| members(first) != members(text)) {
            return Err(ActError::Parties);
        }
        life::named(text, &act.by).map_err(ActError::Life)?;
        if let Some(before) = self.of_party(&act.by.member, None).last().filter(|before| act.at <= before.at) {
            return Err(ActError::Order { at: act.at, after: before.at });
        }
        act.proven(text).map_err(ActError::Proof)
    }

    fn keep(&mut self, act: &Act) -> String {
        let line = format!("{{\"before\":\"{}\",\"act\":{}}}", self.last, act.to_json());
        self.last = digest(&line);
        line
    }

    fn push(&mut self, act: Act) {
        self.settled.insert((act.at, act.by.member.clone()), self.acts.len());
        self.acts.push(act);
    }

    fn settle(&mut self) {
        self.history = History::default();
        self.void.clear();
        for place in self.settled.values().copied().collect::<Vec<_>>() {
            self.apply(place);
        }
    }

    fn apply(&mut self, place: usize) {
        let Some(act) = self.acts.get(place) else { return };
        if let Err(cause) = self.history.settle(act) {
            self.void.insert(place, Arc::new(cause));
        }
    }
}

fn members(text: &Agreement) -> Vec<&MemberId> {
    let mut members: Vec<_> = text.parties().iter().map(|party| &party.member).collect();
    members.sort();
    members
}

fn digest(line: &str) -> String {
    hash::digest(DigestAlgorithm::Sha256, line.as_bytes())
        .as_bytes()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}
