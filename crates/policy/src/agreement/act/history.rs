//! The lives of all versions of one agreement, as its acts made them, one after the other.

use std::collections::{BTreeMap, BTreeSet};

use simpul_core::{MemberId, limits};

use super::{Act, ActError, Step};
use crate::agreement::document::Agreement;
use crate::agreement::ident::AgreementId;
use crate::agreement::life::{self, Life, LifeError, Stop};

/// Every version of one agreement and where it stands. Made by acts, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    acts: usize,
    versions: BTreeMap<u32, Version>,
    /// Suspensions by somebody for whom it was in force, while as it is settled nothing was: they wait for what enters.
    waiting: Vec<Stop>,
    /// Versions that somebody had in force, and that as it is settled did not come into force then.
    supposed: BTreeSet<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Version {
    life: Life,
    /// Whether it ever came into force.
    entered: bool,
    signatures: Vec<(MemberId, String)>,
}

impl History {
    /// Takes acts in their order. Fails with the place of the first one, from 0, that does not follow.
    pub fn replay(acts: &[Act]) -> Result<Self, (usize, ActError)> {
        let mut history = Self::default();
        for (place, act) in acts.iter().enumerate() {
            history.take(act).map_err(|cause| (place, cause))?;
        }
        Ok(history)
    }

    /// Takes one more act of somebody who knew all those before it. When it is refused, nothing changes.
    pub fn take(&mut self, act: &Act) -> Result<(), ActError> {
        self.add(act, true)
    }

    /// Takes one more act of somebody who may not have known all those before it, and was named in the text that they
    /// acted on. Who suspends, resumes or ends what was in force means the agreement: it holds for the version that
    /// decides, whatever came into force meanwhile. When the act has no effect, nothing changes.
    pub(super) fn settle(&mut self, act: &Act) -> Result<(), ActError> {
        self.add(act, false)
    }

    fn add(&mut self, act: &Act, informed: bool) -> Result<(), ActError> {
        if self.acts >= limits::AGREEMENT_ACTS {
            return Err(ActError::TooMany);
        }
        if let Some(id) = self.id().filter(|id| **id != act.agreement) {
            return Err(ActError::OtherAgreement(id.clone()));
        }
        match &act.step {
            Step::Offer(text) => {
                let next = self.offered(act, text)?;
                self.versions.insert(act.version, next);
            }
            Step::Suspend(_) | Step::Resume(_) | Step::End if !informed => self.held(act)?,
            Step::Enter => {
                let entered = self.moved(act);
                if entered.is_err() && !informed {
                    self.supposed.insert(act.version);
                }
                self.versions.insert(act.version, entered?);
                self.waiting.clear();
            }
            _ => {
                let next = self.moved(act)?;
                self.versions.insert(act.version, next);
            }
        }
        self.acts += 1;
        Ok(())
    }

    /// The agreement; `None` before the first act.
    #[must_use]
    pub fn id(&self) -> Option<&AgreementId> {
        self.versions.values().next().map(|version| version.life.agreement().id())
    }

    /// Every version, the oldest first.
    pub fn lives(&self) -> impl DoubleEndedIterator<Item = &Life> {
        self.versions.values().map(|version| &version.life)
    }

    /// One version.
    #[must_use]
    pub fn life(&self, version: u32) -> Option<&Life> {
        self.versions.get(&version).map(|version| &version.life)
    }

    /// The newest version, in force or not.
    #[must_use]
    pub fn newest(&self) -> Option<&Life> {
        self.lives().next_back()
    }

    /// The version that decides: the newest one that came into force, in force still, suspended, or ended. A version
    /// before it never decides again.
    #[must_use]
    pub fn deciding(&self) -> Option<&Life> {
        self.versions.values().rev().find(|version| version.entered).map(|version| &version.life)
    }

    /// The signatures that a version has, in the order in which they came.
    pub fn signatures(&self, version: u32) -> impl Iterator<Item = (&MemberId, &str)> {
        let signatures = self.versions.get(&version).map(|version| version.signatures.as_slice());
        signatures.unwrap_or_default().iter().map(|(member, text)| (member, text.as_str()))
    }

    fn offered(&self, act: &Act, text: &Agreement) -> Result<Version, ActError> {
        about(act, text)?;
        let by = &act.by;
        if let Some(known) = self.versions.get(&act.version) {
            // What was given up before it came into force may be offered again.
            if known.entered || !matches!(known.life, Life::Ended(_)) {
                return Err(ActError::Known(act.version));
            }
        }
        let before = act.version.checked_sub(1).filter(|version| *version > 0);
        let draft = match before.map(|version| self.deciding_at(version)).transpose()? {
            Some(base) => base.life.amend(text.clone()),
            None => Life::draft(text.clone()),
        };
        let life = draft.and_then(|draft| draft.offer(by)).map_err(ActError::Life)?;
        Ok(Version { life, entered: false, signatures: Vec::new() })
    }

    fn moved(&self, act: &Act) -> Result<Version, ActError> {
        let version = self.versions.get(&act.version).ok_or(ActError::Unknown(act.version))?;
        if version.entered {
            self.deciding_at(act.version)?;
        }
        let Version { life, mut entered, mut signatures } = version.clone();
        match &act.step {
            Step::Offer(text) | Step::Answer(text) => about(act, text)?,
            _ => about(act, life.agreement())?,
        }
        let by = &act.by;
        let moved = match &act.step {
            Step::Offer(_) => return Err(ActError::Known(act.version)),
            Step::Answer(text) => life.answer(by, (**text).clone()),
            Step::Approve => life.approve(by),
            Step::Sign(signature) => {
                signatures.push((by.member.clone(), signature.clone()));
                life.sign(by)
            }
            Step::Enter => {
                life::named(life.agreement(), by).map_err(ActError::Life)?;
                let base = self.base(act.version)?;
                entered = true;
                life.enter(act.at).map(|life| life.in_place_of(base, &self.waiting))
            }
            Step::Suspend(scope) => life.suspend(by, scope.clone()),
            Step::Resume(scope) => life.resume(by, scope),
            Step::End => life.end(by),
        };
        Ok(Version { life: moved.map_err(ActError::Life)?, entered, signatures })
    }

    /// What an act of somebody less informed does: it holds for what decides now, if it was done to what was in force.
    fn held(&mut self, act: &Act) -> Result<(), ActError> {
        let deciding = self.versions.iter().rev().find(|(_, version)| version.entered).map(|(number, _)| *number);
        match (&act.step, deciding) {
            (Step::Suspend(scope), Some(number)) => self.change(number, |life| life.stop(&act.by, scope.clone())),
            (Step::Suspend(scope), None) => {
                life::stop(&mut self.waiting, &act.by, scope.clone());
                Ok(())
            }
            (Step::Resume(scope), Some(number)) => self.change(number, |life| life.release(&act.by, scope)),
            (Step::Resume(scope), None) => life::release(&mut self.waiting, &act.by, scope).map_err(ActError::Life),
            _ => {
                let entered = self.versions.get(&act.version).is_some_and(|version| version.entered);
                let meant = entered || self.supposed.contains(&act.version);
                let given_up = Some(act.version).filter(|_| !entered);
                let ended = [given_up, deciding.filter(|_| meant)];
                let done = ended.into_iter().flatten().map(|number| self.change(number, |life| life.close(&act.by)));
                done.reduce(Result::or).unwrap_or(Err(ActError::Unknown(act.version)))
            }
        }
    }

    /// Changes the life of a version. When it is refused, nothing changes.
    fn change(&mut self, number: u32, step: impl FnOnce(Life) -> Result<Life, LifeError>) -> Result<(), ActError> {
        let version = self.versions.get_mut(&number).ok_or(ActError::Unknown(number))?;
        version.life = step(version.life.clone()).map_err(ActError::Life)?;
        Ok(())
    }

    /// The version, if it is the one that decides.
    fn deciding_at(&self, version: u32) -> Result<&Version, ActError> {
        let later = self.versions.range(version..).rev().find(|(_, one)| one.entered);
        match later {
            Some((number, one)) if *number == version => Ok(one),
            Some(_) => Err(ActError::Superseded(version)),
            None => Err(ActError::Base(version)),
        }
    }

    /// What an amendment takes the place of: a version that is in force or suspended. A first version has none.
    fn base(&self, version: u32) -> Result<Option<&Life>, ActError> {
        let Some(before) = version.checked_sub(1).filter(|before| *before > 0) else { return Ok(None) };
        match &self.deciding_at(before)?.life {
            base @ (Life::InForce(_) | Life::Suspended(_)) => Ok(Some(base)),
            _ => Err(ActError::Base(before)),
        }
    }
}

pub(super) fn about(act: &Act, text: &Agreement) -> Result<(), ActError> {
    if *text.id() != act.agreement {
        return Err(ActError::OtherAgreement(text.id().clone()));
    }
    match text.version() == act.version && text.digest() == act.digest {
        true => Ok(()),
        false => Err(ActError::OtherText { found: act.digest, standing: text.digest() }),
    }
}
