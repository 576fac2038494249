//! The life of an agreement: draft, redline, signed, in force, suspended, ended.
//!
//! A life is moved by value: each step takes it and gives the next one, or says why the step is wrong. Who acts is
//! always an officer whom the document names. Signatures are made and checked elsewhere; here it is held who gave
//! them, and that two officers of each party approved exactly this version before.

use std::collections::BTreeSet;

use simpul_core::{MemberId, UnixTime};

use super::diff::{Change, changes};
use super::document::Agreement;
use super::ident::{AgreementId, ClauseId};

/// Officers of a party who must approve a signature, and who must agree to resume.
pub const OFFICERS: usize = 2;

/// Who acts: an officer of a party, as the document names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Actor {
    /// The party.
    pub member: MemberId,
    /// The officer's name in the document.
    pub officer: String,
}

/// Where an agreement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// One party writes it.
    Draft(Draft),
    /// The parties see it with its changes and approve it, or answer with another one.
    Redline(Redline),
    /// Parties have begun to sign.
    Signed(Signed),
    /// It decides.
    InForce(InForce),
    /// It, or some of its clauses, decide nothing until those who suspended resume.
    Suspended(Suspended),
    /// It decides nothing any more.
    Ended(Ended),
}

/// One party writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    agreement: Agreement,
    base: Option<Agreement>,
}

/// The parties see it with its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redline {
    agreement: Agreement,
    base: Option<Agreement>,
    by: MemberId,
    approvals: BTreeSet<Actor>,
}

/// Two officers of each party approved it; parties sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    agreement: Agreement,
    approvals: BTreeSet<Actor>,
    signatures: BTreeSet<MemberId>,
}

/// All parties signed it and it was put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    agreement: Agreement,
}

/// Somebody suspended it in whole or in part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspended {
    agreement: Agreement,
    stops: Vec<Stop>,
}

/// It is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    agreement: Agreement,
    by: Actor,
}

/// One suspension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The party that suspended; only its officers resume.
    pub by: MemberId,
    /// What it suspended.
    pub scope: Scope,
    /// Its officers who agreed to resume.
    pub resume: BTreeSet<String>,
}

/// What a suspension holds back.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole agreement.
    Whole,
    /// One clause.
    Clause(ClauseId),
}

/// What is suspended now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suspensions {
    /// The whole agreement.
    pub whole: bool,
    /// Clauses.
    pub clauses: BTreeSet<ClauseId>,
}

/// Why a step is wrong. The life that was moved in is gone: keep a copy to go on from it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifeError {
    /// The step does not belong here.
    #[error("`{step}` is no step from `{from}`")]
    Step {
        /// Where it stands.
        from: &'static str,
        /// What was tried.
        step: &'static str,
    },
    /// The document does not name this officer.
    #[error("{officer} is not named as an officer of {member}")]
    Stranger {
        /// The party that was claimed.
        member: String,
        /// The officer that was claimed.
        officer: String,
    },
    /// The party that wrote the redline cannot answer itself.
    #[error("{0} wrote this redline")]
    OwnRedline(MemberId),
    /// The answer is another agreement or another version.
    #[error("the answer is not version {version} of {id}")]
    Other {
        /// The agreement.
        id: AgreementId,
        /// The version that is negotiated.
        version: u32,
    },
    /// The amendment does not amend the version before it.
    #[error("the document does not amend version {version} of {id}")]
    Amendment {
        /// The agreement.
        id: AgreementId,
        /// The version that is in force.
        version: u32,
    },
    /// Two officers of this party have not approved.
    #[error("{member} approved with {approved} of 2 officers")]
    Approvals {
        /// The party.
        member: MemberId,
        /// How many did.
        approved: usize,
    },
    /// This party has not signed.
    #[error("{0} has not signed")]
    Unsigned(MemberId),
    /// The same step was made before by the same officer or party.
    #[error("that was done before")]
    Again,
    /// Outside its validity.
    #[error("it is not valid at {0}")]
    Validity(UnixTime),
    /// No such clause that could be suspended.
    #[error("clause {0} grants nothing")]
    Clause(ClauseId),
    /// This party suspended nothing of that scope.
    #[error("{0} suspended nothing of that scope")]
    NotSuspended(MemberId),
}

impl Life {
    /// A first version.
    pub fn draft(agreement: Agreement) -> Result<Self, LifeError> {
        match agreement.amends() {
            Some(_) => {
                Err(LifeError::Amendment { id: agreement.id().clone(), version: agreement.version().saturating_sub(1) })
            }
            None => Ok(Self::Draft(Draft { agreement, base: None })),
        }
    }

    /// An amendment of a version that is in force or suspended.
    pub fn amend(&self, agreement: Agreement) -> Result<Self, LifeError> {
        let base = match self {
            Self::InForce(InForce { agreement }) | Self::Suspended(Suspended { agreement, .. }) => agreement,
            Self::Draft(_) | Self::Redline(_) | Self::Signed(_) | Self::Ended(_) => return Err(self.no("amend")),
        };
        let next = base.version().checked_add(1);
        let follows = agreement.id() == base.id() && Some(agreement.version()) == next;
        match follows && agreement.amends() == Some(base.digest()) {
            true => Ok(Self::Draft(Draft { agreement, base: Some(base.clone()) })),
            false => Err(LifeError::Amendment { id: base.id().clone(), version: base.version() }),
        }
    }

    /// Sends a draft to the other parties.
    pub fn offer(self, by: &Actor) -> Result<Self, LifeError> {
        named(self.agreement(), by)?;
        match self {
            Self::Draft(Draft { agreement, base }) => {
                Ok(Self::Redline(Redline { agreement, base, by: by.member.clone(), approvals: BTreeSet::new() }))
            }
            Self::Redline(_) | Self::Signed(_) | Self::InForce(_) | Self::Suspended(_) | Self::Ended(_) => {
                Err(self.no("offer"))
            }
        }
    }

    /// Answers a redline with another text of the same version. Approvals given to the former text are void.
    pub fn answer(self, by: &Actor, agreement: Agreement) -> Result<Self, LifeError> {
        named(self.agreement(), by)?;
        named(&agreement, by)?;
        let Self::Redline(redline) = self else { return Err(self.no("answer")) };
        let old = &redline.agreement;
        if redline.by == by.member {
            return Err(LifeError::OwnRedline(redline.by));
        }
        let same = agreement.id() == old.id() && agreement.version() == old.version();
        if !same || agreement.amends() != old.amends() {
            return Err(LifeError::Other { id: old.id().clone(), version: old.version() });
        }
        Ok(Self::Redline(Redline {
            agreement,
            base: Some(redline.agreement),
            by: by.member.clone(),
            approvals: BTreeSet::new(),
        }))
    }

    /// An officer approves exactly this text for their party.
    pub fn approve(self, by: &Actor) -> Result<Self, LifeError> {
        named(self.agreement(), by)?;
        let Self::Redline(mut redline) = self else { return Err(self.no("approve")) };
        match redline.approvals.insert(by.clone()) {
            true => Ok(Self::Redline(redline)),
            false => Err(LifeError::Again),
        }
    }

    /// A party signs. Two officers of each party approved before.
    pub fn sign(self, by: &Actor) -> Result<Self, LifeError> {
        named(self.agreement(), by)?;
        let mut signed = match self {
            Self::Redline(Redline { agreement, approvals, .. }) => {
                approved_by_all(&agreement, &approvals)?;
                Signed { agreement, approvals, signatures: BTreeSet::new() }
            }
            Self::Signed(signed) => signed,
            Self::Draft(_) | Self::InForce(_) | Self::Suspended(_) | Self::Ended(_) => return Err(self.no("sign")),
        };
        match signed.signatures.insert(by.member.clone()) {
            true => Ok(Self::Signed(signed)),
            false => Err(LifeError::Again),
        }
    }

    /// Puts it in force: all parties signed, and `now` is inside its validity.
    pub fn enter(self, now: UnixTime) -> Result<Self, LifeError> {
        let Self::Signed(Signed { agreement, signatures, .. }) = self else { return Err(self.no("enter")) };
        if let Some(party) = agreement.parties().iter().find(|party| !signatures.contains(&party.member)) {
            return Err(LifeError::Unsigned(party.member.clone()));
        }
        match agreement.valid_from() <= now && now < agreement.valid_until() {
            true => Ok(Self::InForce(InForce { agreement })),
            false => Err(LifeError::Validity(now)),
        }
    }

    /// Any officer of any party suspends it, or one clause of it, at once.
    pub fn suspend(self, by: &Actor, scope: Scope) -> Result<Self, LifeError> {
        named(self.agreement(), by)?;
        if let Scope::Clause(id) = &scope
            && !grants(self.agreement(), id)
        {
            return Err(LifeError::Clause(id.clone()));
        }
        self.stop(by, scope)
    }

    /// As [`suspend`](Self::suspend), by somebody who was named, and of a clause that granted, when they did it.
    pub(super) fn stop(self, by: &Actor, scope: Scope) -> Result<Self, LifeError> {
        let (agreement, mut stops) = match self {
            Self::InForce(InForce { agreement }) => (agreement, Vec::new()),
            Self::Suspended(Suspended { agreement, stops }) => (agreement, stops),
            Self::Draft(_) | Self::Redline(_) | Self::Signed(_) | Self::Ended(_) => return Err(self.no("suspend")),
        };
        stop(&mut stops, by, scope);
        Ok(Self::Suspended(Suspended { agreement, stops }))
    }

    /// An officer of the party that suspended agrees to resume. The second one does it; when nothing is suspended any
    /// more the agreement is in force again.
    pub fn resume(self, by: &Actor, scope: &Scope) -> Result<Self, LifeError> {
        named(self.agreement(), by)?;
        self.release(by, scope)
    }

    /// As [`resume`](Self::resume), by somebody who was named when they did it.
    pub(super) fn release(self, by: &Actor, scope: &Scope) -> Result<Self, LifeError> {
        let Self::Suspended(Suspended { agreement, mut stops }) = self else { return Err(self.no("resume")) };
        release(&mut stops, by, scope)?;
        Ok(Self::standing(agreement, stops))
    }

    /// Any party ends it. Whatever was not in force yet is given up the same way.
    pub fn end(self, by: &Actor) -> Result<Self, LifeError> {
        named(self.agreement(), by)?;
        self.close(by)
    }

    /// As [`end`](Self::end), by somebody who was named when they did it.
    pub(super) fn close(self, by: &Actor) -> Result<Self, LifeError> {
        match self {
            Self::Ended(_) => Err(self.no("end")),
            other => Ok(Self::Ended(Ended { agreement: other.into_agreement(), by: by.clone() })),
        }
    }

    /// What came into force keeps what is suspended: in `base`, the version whose place it takes, or before anything was
    /// in force. Only who suspended resumes.
    pub(super) fn in_place_of(self, base: Option<&Self>, waiting: &[Stop]) -> Self {
        let before = match base {
            Some(Self::Suspended(Suspended { stops, .. })) => stops.as_slice(),
            _ => &[],
        };
        match self {
            Self::InForce(InForce { agreement }) => Self::standing(agreement, [before, waiting].concat()),
            other => other,
        }
    }

    fn standing(agreement: Agreement, stops: Vec<Stop>) -> Self {
        match stops.is_empty() {
            true => Self::InForce(InForce { agreement }),
            false => Self::Suspended(Suspended { agreement, stops }),
        }
    }

    /// The document as it stands.
    #[must_use]
    pub fn agreement(&self) -> &Agreement {
        match self {
            Self::Draft(Draft { agreement, .. })
            | Self::Redline(Redline { agreement, .. })
            | Self::Signed(Signed { agreement, .. })
            | Self::InForce(InForce { agreement })
            | Self::Suspended(Suspended { agreement, .. })
            | Self::Ended(Ended { agreement, .. }) => agreement,
        }
    }

    /// What changed against the text before it: that of the other party, or the version that is amended.
    #[must_use]
    pub fn redline(&self) -> Option<Vec<Change>> {
        match self {
            Self::Draft(Draft { agreement, base }) | Self::Redline(Redline { agreement, base, .. }) => {
                base.as_ref().map(|base| changes(base, agreement))
            }
            Self::Signed(_) | Self::InForce(_) | Self::Suspended(_) | Self::Ended(_) => None,
        }
    }

    /// What is suspended, if it is in force or suspended; `None` if it decides nothing at all.
    #[must_use]
    pub fn suspensions(&self) -> Option<Suspensions> {
        match self {
            Self::InForce(_) => Some(Suspensions::default()),
            Self::Suspended(Suspended { agreement, stops }) => {
                let mut all = Suspensions::default();
                for stop in stops {
                    match &stop.scope {
                        Scope::Clause(id) if grants(agreement, id) => drop(all.clauses.insert(id.clone())),
                        // Nobody knows which clause took the place of one that was suspended and is there no more.
                        Scope::Whole | Scope::Clause(_) => all.whole = true,
                    }
                }
                Some(all)
            }
            Self::Draft(_) | Self::Redline(_) | Self::Signed(_) | Self::Ended(_) => None,
        }
    }

    /// Its name, such as `in-force`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft(_) => "draft",
            Self::Redline(_) => "redline",
            Self::Signed(_) => "signed",
            Self::InForce(_) => "in-force",
            Self::Suspended(_) => "suspended",
            Self::Ended(_) => "ended",
        }
    }

    fn no(&self, step: &'static str) -> LifeError {
        LifeError::Step { from: self.name(), step }
    }

    fn into_agreement(self) -> Agreement {
        match self {
            Self::Draft(Draft { agreement, .. })
            | Self::Redline(Redline { agreement, .. })
            | Self::Signed(Signed { agreement, .. })
            | Self::InForce(InForce { agreement })
            | Self::Suspended(Suspended { agreement, .. })
            | Self::Ended(Ended { agreement, .. }) => agreement,
        }
    }
}

impl Redline {
    /// The party that wrote it.
    #[must_use]
    pub fn by(&self) -> &MemberId {
        &self.by
    }

    /// Who approved it.
    #[must_use]
    pub fn approvals(&self) -> &BTreeSet<Actor> {
        &self.approvals
    }
}

impl Signed {
    /// Who approved it.
    #[must_use]
    pub fn approvals(&self) -> &BTreeSet<Actor> {
        &self.approvals
    }

    /// Parties that signed.
    #[must_use]
    pub fn signatures(&self) -> &BTreeSet<MemberId> {
        &self.signatures
    }
}

impl Suspended {
    /// Every suspension.
    #[must_use]
    pub fn stops(&self) -> &[Stop] {
        &self.stops
    }
}

impl Ended {
    /// Who ended it.
    #[must_use]
    pub fn by(&self) -> &Actor {
        &self.by
    }
}

/// Fails unless the document names the actor as an officer.
pub(super) fn named(agreement: &Agreement, actor: &Actor) -> Result<(), LifeError> {
    let party = agreement.party(&actor.member);
    match party.is_some_and(|party| party.officers.iter().any(|officer| officer.name == actor.officer)) {
        true => Ok(()),
        false => Err(LifeError::Stranger { member: actor.member.to_string(), officer: actor.officer.clone() }),
    }
}

fn approved_by_all(agreement: &Agreement, approvals: &BTreeSet<Actor>) -> Result<(), LifeError> {
    for party in agreement.parties() {
        let approved = approvals.iter().filter(|actor| actor.member == party.member).count();
        if approved < OFFICERS {
            return Err(LifeError::Approvals { member: party.member.clone(), approved });
        }
    }
    Ok(())
}

/// Adds a suspension.
pub(super) fn stop(stops: &mut Vec<Stop>, by: &Actor, scope: Scope) {
    match stops.iter_mut().find(|stop| stop.by == by.member && stop.scope == scope) {
        // To suspend again takes back what was agreed about resuming.
        Some(stop) => stop.resume.clear(),
        None => stops.push(Stop { by: by.member.clone(), scope, resume: BTreeSet::new() }),
    }
}

/// An officer agrees to resume; the second one takes the suspension away.
pub(super) fn release(stops: &mut Vec<Stop>, by: &Actor, scope: &Scope) -> Result<(), LifeError> {
    let mine = stops.iter_mut().find(|stop| stop.by == by.member && stop.scope == *scope);
    let stop = mine.ok_or_else(|| LifeError::NotSuspended(by.member.clone()))?;
    if !stop.resume.insert(by.officer.clone()) {
        return Err(LifeError::Again);
    }
    stops.retain(|stop| stop.resume.len() < OFFICERS);
    Ok(())
}

fn grants(agreement: &Agreement, clause: &ClauseId) -> bool {
    agreement.clause(clause).and_then(super::terms::Clause::grant).is_some()
}
