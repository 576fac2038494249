//! Where an application stands: a workflow that is moved by value. A step that a state does not have is an error, and
//! whoever reads the events again comes to the same state.

use simpul_core::UnixTime;

use super::event::{Event, PaymentRequested, Ruling, What};
use super::person::{Actor, Officer, Remark};
use crate::catalogue::{OfficeId, StageId};

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The citizen fills it in.
    Draft,
    /// It was sent. What is to be paid has not been asked for, or was not paid.
    Submitted,
    /// A payment was asked for.
    Paying(PaymentRequested),
    /// It was paid, or nothing is to be paid; the first stage has not begun.
    Settled,
    /// An office works on it.
    InProgress(Work),
    /// The citizen is asked something.
    NeedsCitizen(Work, OpenQuestion),
    /// One officer proposed a decision; another one takes it.
    Proposed(Work, Proposal),
    /// It is decided; the letter is to be handed over.
    Decided(Work, Decision),
    /// It is at its end.
    Closed(Work, Decision, Option<String>),
    /// The citizen took it back.
    Withdrawn,
    /// It was not sent in time.
    Expired,
}

/// The work of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// The place of the stage, from 0.
    pub index: usize,
    /// The stage.
    pub stage: StageId,
    /// Who is responsible.
    pub office: OfficeId,
    /// When it began.
    pub entered: UnixTime,
    /// When its time limit ends.
    pub deadline: UnixTime,
    /// The officer who took it.
    pub taken: Option<Officer>,
}

/// A question to the citizen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenQuestion {
    /// What is asked.
    pub text: Remark,
    /// When.
    pub at: UnixTime,
    /// By whom.
    pub by: Officer,
}

/// A proposed decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What is proposed.
    pub ruling: Ruling,
    /// By whom.
    pub by: Officer,
    /// When.
    pub at: UnixTime,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What was decided.
    pub ruling: Ruling,
    /// Who proposed it, where two decide.
    pub proposed_by: Option<Officer>,
    /// Who decided: an officer or the system.
    pub by: Actor,
    /// When.
    pub at: UnixTime,
}

/// A step that the state does not have, or that this actor may not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an application that is {state} has no step `{step}` of this kind")]
pub struct WrongStep {
    /// The name of the state.
    pub state: &'static str,
    /// The name of the step.
    pub step: &'static str,
}

impl State {
    /// A name, for messages, indices and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Paying(_) => "paying",
            Self::Settled => "settled",
            Self::InProgress(_) => "in-progress",
            Self::NeedsCitizen(..) => "needs-citizen",
            Self::Proposed(..) => "proposed",
            Self::Decided(..) => "decided",
            Self::Closed(..) => "closed",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }

    /// The work of the stage, if an office has it.
    #[must_use]
    pub fn work(&self) -> Option<&Work> {
        match self {
            Self::InProgress(work)
            | Self::NeedsCitizen(work, _)
            | Self::Proposed(work, _)
            | Self::Decided(work, _)
            | Self::Closed(work, _, _) => Some(work),
            Self::Draft | Self::Submitted | Self::Paying(_) | Self::Settled | Self::Withdrawn | Self::Expired => None,
        }
    }

    /// The decision, if there is one.
    #[must_use]
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Decided(_, decision) | Self::Closed(_, decision, _) => Some(decision),
            _ => None,
        }
    }

    /// Whether nothing follows any more.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Closed(..) | Self::Withdrawn | Self::Expired)
    }

    /// The state after a step. `charge` is what the application costs, as its submission said.
    pub fn step(self, event: &Event, charge: i64) -> Result<Self, WrongStep> {
        let wrong = WrongStep { state: self.name(), step: event.what.name() };
        match (self, &event.actor, &event.what) {
            (Self::Draft, Actor::Citizen, what) if fills_in(what) => Ok(Self::Draft),
            (Self::Draft, Actor::Citizen, What::Submitted { charge }) => {
                Ok(if *charge > 0 { Self::Submitted } else { Self::Settled })
            }
            (Self::Draft, Actor::System, What::Expired) => Ok(Self::Expired),
            (Self::Submitted, Actor::Citizen | Actor::System, What::PaymentRequested(payment)) => {
                if payment.amount == charge { Ok(Self::Paying(payment.clone())) } else { Err(wrong) }
            }
            (Self::Paying(asked), Actor::System, What::Paid { payment, .. }) if asked.payment == *payment => {
                Ok(Self::Settled)
            }
            (Self::Paying(asked), Actor::System, What::PaymentEnded { payment, .. }) if asked.payment == *payment => {
                Ok(Self::Submitted)
            }
            (Self::Settled, Actor::System, What::Entered { index: 0, stage, office, deadline }) => {
                Ok(Self::InProgress(Work {
                    index: 0,
                    stage: stage.clone(),
                    office: office.clone(),
                    entered: event.at,
                    deadline: *deadline,
                    taken: None,
                }))
            }
            (Self::InProgress(work), actor, what) => in_progress(work, actor, what, event.at).ok_or(wrong),
            (Self::NeedsCitizen(work, question), actor, what) => {
                needs_citizen(work, question, actor, what).ok_or(wrong)
            }
            (Self::Proposed(work, proposal), actor, what) => {
                proposed(work, proposal, actor, what, event.at).ok_or(wrong)
            }
            (Self::Decided(work, decision), Actor::Officer(_) | Actor::System, What::Closed { letter }) => {
                Ok(Self::Closed(work, decision, letter.clone()))
            }
            // A message never moves a case; after the end there is nobody who would read it.
            (state @ (Self::Submitted | Self::Paying(_) | Self::Settled), Actor::Citizen, What::Wrote(_)) => Ok(state),
            (Self::Decided(work, decision), Actor::Citizen, What::Wrote(_)) => Ok(Self::Decided(work, decision)),
            (Self::Decided(work, decision), Actor::Officer(officer), What::Wrote(_) | What::Noted(_))
                if officer.office() == &work.office =>
            {
                Ok(Self::Decided(work, decision))
            }
            (Self::Draft | Self::Submitted | Self::Paying(_) | Self::Settled, Actor::Citizen, What::Withdrawn) => {
                Ok(Self::Withdrawn)
            }
            (
                Self::Draft
                | Self::Submitted
                | Self::Paying(_)
                | Self::Settled
                | Self::Decided(..)
                | Self::Closed(..)
                | Self::Withdrawn
                | Self::Expired,
                _,
                _,
            ) => Err(wrong),
        }
    }
}

/// Steps of a citizen that leave a draft a draft.
fn fills_in(what: &What) -> bool {
    matches!(
        what,
        What::Answered { .. }
            | What::Consented { .. }
            | What::ConsentWithdrawn { .. }
            | What::Fetched { .. }
            | What::NoData { .. }
            | What::Refused { .. }
            | What::Unavailable { .. }
            | What::ByHand { .. }
            | What::RecordChosen { .. }
            | What::Disputed { .. }
    )
}

fn in_progress(work: Work, actor: &Actor, what: &What, at: UnixTime) -> Option<State> {
    match (actor, what) {
        (Actor::Citizen, What::Wrote(_) | What::Disputed { .. }) => Some(State::InProgress(work)),
        (Actor::Citizen, What::Withdrawn) => Some(State::Withdrawn),
        (Actor::System, What::Decided { ruling, persons: 1 }) => {
            let decision = Decision { ruling: ruling.clone(), proposed_by: None, by: Actor::System, at };
            Some(State::Decided(work, decision))
        }
        (Actor::Officer(officer), what) if officer.office() == &work.office => by_officer(work, officer, what, at),
        _ => None,
    }
}

fn by_officer(work: Work, officer: &Officer, what: &What, at: UnixTime) -> Option<State> {
    let free = work.taken.as_ref().is_none_or(|taken| taken.is(officer));
    match what {
        // Whoever steps in for a colleague takes the case, and the events tell it.
        What::Taken => Some(State::InProgress(Work { taken: Some(officer.clone()), ..work })),
        What::Noted(_) | What::Wrote(_) => Some(State::InProgress(work)),
        _ if !free || work.taken.is_none() => None,
        What::Fetched { .. } | What::NoData { .. } | What::Refused { .. } | What::Unavailable { .. } => {
            Some(State::InProgress(work))
        }
        What::DisputeSettled { .. } => Some(State::InProgress(work)),
        What::Asked(text) => {
            Some(State::NeedsCitizen(work, OpenQuestion { text: text.clone(), at, by: officer.clone() }))
        }
        What::Entered { index, stage, office, deadline } if *index == work.index + 1 => {
            let taken = (*office == work.office).then(|| officer.clone());
            let (stage, office) = (stage.clone(), office.clone());
            Some(State::InProgress(Work { index: *index, stage, office, entered: at, deadline: *deadline, taken }))
        }
        What::Proposed(ruling) => {
            Some(State::Proposed(work, Proposal { ruling: ruling.clone(), by: officer.clone(), at }))
        }
        What::Decided { ruling, persons: 1 } => {
            let by = Actor::Officer(officer.clone());
            Some(State::Decided(work, Decision { ruling: ruling.clone(), proposed_by: None, by, at }))
        }
        _ => None,
    }
}

fn needs_citizen(work: Work, question: OpenQuestion, actor: &Actor, what: &What) -> Option<State> {
    match (actor, what) {
        (Actor::Citizen, What::Replied { deadline, .. }) => {
            Some(State::InProgress(Work { deadline: *deadline, ..work }))
        }
        (Actor::Citizen, What::Wrote(_) | What::Disputed { .. }) => Some(State::NeedsCitizen(work, question)),
        (Actor::Citizen, What::Withdrawn) => Some(State::Withdrawn),
        (Actor::Officer(officer), What::Wrote(_) | What::Noted(_)) if officer.office() == &work.office => {
            Some(State::NeedsCitizen(work, question))
        }
        _ => None,
    }
}

fn proposed(work: Work, proposal: Proposal, actor: &Actor, what: &What, at: UnixTime) -> Option<State> {
    match (actor, what) {
        (Actor::Citizen, What::Wrote(_)) => Some(State::Proposed(work, proposal)),
        // A dispute that comes while a decision is proposed takes the proposal back: the first officer has not seen it.
        (Actor::Citizen, What::Disputed { .. }) => Some(State::InProgress(work)),
        (Actor::Citizen, What::Withdrawn) => Some(State::Withdrawn),
        (Actor::Officer(officer), what) if officer.office() == &work.office => match what {
            What::Wrote(_) | What::Noted(_) => Some(State::Proposed(work, proposal)),
            // The one who proposed may take it back; any other one may return it.
            What::Returned(_) => Some(State::InProgress(work)),
            What::Decided { ruling, persons: 2 } if !officer.is(&proposal.by) && *ruling == proposal.ruling => {
                let by = Actor::Officer(officer.clone());
                let decision = Decision { ruling: ruling.clone(), proposed_by: Some(proposal.by), by, at };
                Some(State::Decided(work, decision))
            }
            _ => None,
        },
        _ => None,
    }
}
