//! The lives of all versions of one agreement, as its acts made them.

use std::collections::BTreeMap;

use simpul_core::{MemberId, limits};

use super::{Act, ActError, Step};
use crate::agreement::document::Agreement;
use crate::agreement::ident::AgreementId;
use crate::agreement::life::{self, Actor, Life};

/// Every version of one agreement and where it stands. Made by acts, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    acts: usize,
    versions: BTreeMap<u32, Version>,
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

    /// Takes one more act. When it is refused, nothing changes.
    pub fn take(&mut self, act: &Act) -> Result<(), ActError> {
        if self.acts >= limits::AGREEMENT_ACTS {
            return Err(ActError::TooMany);
        }
        if let Some(id) = self.id().filter(|id| **id != act.agreement) {
            return Err(ActError::OtherAgreement(id.clone()));
        }
        let next = match &act.step {
            Step::Offer(text) => self.offered(act, text)?,
            _ => self.moved(act)?,
        };
        self.versions.insert(act.version, next);
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
        let by = actor(act)?;
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
        let moved = match &act.step {
            Step::Offer(_) => return Err(ActError::Known(act.version)),
            Step::Answer(text) => life.answer(actor(act)?, (**text).clone()),
            Step::Approve => life.approve(actor(act)?),
            Step::Sign(signature) => {
                let by = actor(act)?;
                signatures.push((by.member.clone(), signature.clone()));
                life.sign(by)
            }
            Step::Enter => {
                let by = actor(act)?;
                life::named(life.agreement(), by).map_err(ActError::Life)?;
                self.base_holds(act.version)?;
                entered = true;
                life.enter(act.at)
            }
            Step::Suspend(scope) => life.suspend(actor(act)?, scope.clone()),
            Step::Resume(scope) => life.resume(actor(act)?, scope),
            Step::End => life.end(actor(act)?),
            Step::Expire if act.by.is_some() => return Err(ActError::Nobody),
            Step::Expire => life.expire(act.at),
        };
        Ok(Version { life: moved.map_err(ActError::Life)?, entered, signatures })
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

    /// An amendment comes into force in the place of a version that is in force or suspended.
    fn base_holds(&self, version: u32) -> Result<(), ActError> {
        let Some(before) = version.checked_sub(1).filter(|before| *before > 0) else { return Ok(()) };
        match self.deciding_at(before)?.life {
            Life::InForce(_) | Life::Suspended(_) => Ok(()),
            _ => Err(ActError::Base(before)),
        }
    }
}

fn about(act: &Act, text: &Agreement) -> Result<(), ActError> {
    if *text.id() != act.agreement {
        return Err(ActError::OtherAgreement(text.id().clone()));
    }
    match text.version() == act.version && text.digest() == act.digest {
        true => Ok(()),
        false => Err(ActError::OtherText { found: act.digest, standing: text.digest() }),
    }
}

fn actor(act: &Act) -> Result<&Actor, ActError> {
    act.by.as_ref().ok_or(ActError::Nobody)
}
