//! Decisions: proposed by one officer, taken by another one where the document wants two.

use simpul_core::UnixTime;

use super::officer::{OfficerDesk, meant};
use super::{Done, EngineError};
use crate::application::event::{Obstacle, Override, Ruling, What};
use crate::application::person::{Actor, Remark};
use crate::application::reference::Reference;
use crate::application::state::State;
use crate::catalogue::{GroundId, Outcome};

/// What an officer wants to decide.
#[derive(Clone, Debug)]
pub struct RulingInput {
    /// The ground of the document; it says whether it is granted.
    pub ground: GroundId,
    /// The reason, which the citizen reads.
    pub reason: Option<String>,
    /// What stands against it and is passed over, each with its reason, which the citizen reads.
    pub overrides: Vec<(Obstacle, String)>,
}

impl OfficerDesk<'_> {
    /// Proposes a decision, or takes it where the document wants one person. Evidence that is too old is fetched again
    /// first: if a register says something else than before, nothing is proposed and the officer looks again.
    pub async fn propose(
        &self,
        reference: Reference,
        seen: u64,
        input: &RulingInput,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        let before = self.seen(reference, seen).await?;
        let done = self.fresh(before, now).await?;
        let persons = done.service.decision.persons;
        let ruling = ruling(&done, input, now)?;
        let what = if persons == 1 { What::Decided { ruling, persons } } else { What::Proposed(ruling) };
        self.engine.keep(done, None, now, vec![(self.actor(), what)]).await
    }

    /// Takes the decision that another officer proposed. What has come to stand against it since then must be looked at
    /// first: the proposal goes back.
    pub async fn decide(&self, reference: Reference, seen: u64, now: UnixTime) -> Result<Done, EngineError> {
        let done = self.seen(reference, seen).await?;
        let State::Proposed(_, proposal) = &done.application.state else {
            let wrong = crate::application::WrongStep { state: done.application.state.name(), step: "decided" };
            return Err(EngineError::Step(wrong));
        };
        if proposal.by.is(self.officer) {
            return Err(EngineError::SamePerson);
        }
        let ruling = proposal.ruling.clone();
        let passed = |obstacle: &Obstacle| ruling.overrides.iter().any(|passed| passed.obstacle == *obstacle);
        let against = against(&done, ruling.outcome, now);
        let new: Vec<Obstacle> = against.into_iter().filter(|obstacle| !passed(obstacle)).collect();
        if !new.is_empty() {
            return Err(EngineError::Obstacles(new));
        }
        let persons = done.service.decision.persons;
        self.engine.keep(done, None, now, vec![(self.actor(), What::Decided { ruling, persons })]).await
    }

    /// Gives a proposal back, with a reason for the colleague; the one who proposed may take it back so.
    pub async fn give_back(
        &self,
        reference: Reference,
        seen: u64,
        reason: &str,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        self.step(reference, seen, now, What::Returned(Remark::new(reason).map_err(EngineError::Text)?)).await
    }

    /// Ends a case that is decided: the letter was signed and handed over under this name.
    pub async fn close(
        &self,
        reference: Reference,
        seen: u64,
        letter: Option<&str>,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        let done = self.seen(reference, seen).await?;
        let letter = letter.map(super::short);
        self.engine.keep(done, None, now, vec![(self.actor(), What::Closed { letter })]).await
    }

    /// Fetches again what is too old for a decision.
    async fn fresh(&self, mut done: Done, now: UnixTime) -> Result<Done, EngineError> {
        let stale: Vec<_> = done.case().stale(now).map(|evidence| evidence.id.clone()).collect();
        let mut changed = Vec::new();
        for evidence in stale {
            let before = meant(&done, &evidence);
            done = self.refresh(done.application.reference, done.application.seq, &evidence, now).await?;
            if meant(&done, &evidence) != before {
                changed.push(evidence);
            }
        }
        if changed.is_empty() { Ok(done) } else { Err(EngineError::EvidenceChanged(changed)) }
    }
}

impl super::Engine {
    /// Ends a case that is decided, when its letter was signed and handed over by the system.
    pub async fn close(&self, reference: Reference, letter: Option<&str>, now: UnixTime) -> Result<Done, EngineError> {
        let done = self.load(reference).await?;
        if matches!(done.application.state, State::Closed(..)) {
            return Ok(Done { repeated: true, ..done });
        }
        let letter = letter.map(super::short);
        self.keep(done, None, now, vec![(Actor::System, What::Closed { letter })]).await
    }
}

/// What an officer may decide with the reasons that were given; nothing is passed over without one.
fn ruling(done: &Done, input: &RulingInput, now: UnixTime) -> Result<Ruling, EngineError> {
    let ground = done.service.ground(&input.ground).ok_or(EngineError::NoGround)?;
    let last = done.application.state.work().is_some_and(|work| done.service.is_last_stage(work.index));
    if ground.outcome == Outcome::Grant && !last {
        return Err(EngineError::NotLastStage);
    }
    let reason = match input.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) => Some(Remark::new(reason).map_err(EngineError::Text)?),
        None if ground.reason_required => return Err(EngineError::ReasonNeeded),
        None => None,
    };
    let against = against(done, ground.outcome, now);
    let mut overrides: Vec<Override> = Vec::new();
    for (obstacle, reason) in &input.overrides {
        let twice = overrides.iter().any(|passed| passed.obstacle == *obstacle);
        if twice || !against.contains(obstacle) {
            return Err(EngineError::NoObstacle(obstacle.clone()));
        }
        let reason = Remark::new(reason).map_err(EngineError::Text)?;
        overrides.push(Override { obstacle: obstacle.clone(), reason });
    }
    let passed = |obstacle: &Obstacle| overrides.iter().any(|passed| passed.obstacle == *obstacle);
    let left: Vec<Obstacle> = against.into_iter().filter(|obstacle| !passed(obstacle)).collect();
    match left.is_empty() {
        true => Ok(Ruling {
            outcome: ground.outcome,
            ground: ground.id.clone(),
            law: ground.law.clone(),
            reason,
            overrides,
        }),
        false => Err(EngineError::Obstacles(left)),
    }
}

/// What stands against a decision. A rule that does not hold stands against granting; a fact that is disputed and
/// evidence that is too old stand against any decision.
fn against(done: &Done, outcome: Outcome, now: UnixTime) -> Vec<Obstacle> {
    let obstacles = done.case().obstacles(now).into_iter();
    obstacles
        .filter(|obstacle| match obstacle {
            Obstacle::RuleFails(_) | Obstacle::RuleUnknown(_) => outcome == Outcome::Grant,
            Obstacle::Disputed(..) | Obstacle::Stale(_) => true,
        })
        .collect()
}
