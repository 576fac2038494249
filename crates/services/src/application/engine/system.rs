//! What the system does by itself: it moves on what is paid, asks after payments, and lets drafts expire.

use simpul_core::{UnixTime, limits};

use super::{Done, Engine, EngineError};
use crate::application::case::Case;
use crate::application::event::{PaymentEnd, PaymentRequested, Ruling, What};
use crate::application::payment::{PaymentOrder, PaymentStatus};
use crate::application::person::Actor;
use crate::application::reference::Reference;
use crate::application::state::State;
use crate::catalogue::Outcome;

impl Engine {
    /// Hears that something may have come for a payment. What counts is what the payment service answers when it is
    /// asked: a notification proves nothing, and many of them do no harm.
    pub async fn settle(&self, reference: Reference, now: UnixTime) -> Result<Done, EngineError> {
        let done = self.load(reference).await?;
        let State::Paying(asked) = done.application.state.clone() else { return Ok(done) };
        let status = self.parts.payments.status(&asked.payment).await.map_err(EngineError::Gateway)?;
        let ended = |how| What::PaymentEnded { payment: asked.payment.clone(), how };
        let steps = match status {
            PaymentStatus::Waiting => return Ok(done),
            PaymentStatus::Paid { amount, .. } if amount != asked.amount => {
                return Err(EngineError::WrongAmount { asked: asked.amount, paid: amount });
            }
            PaymentStatus::Paid { receipt, .. } => {
                let receipt = super::short(&receipt);
                let mut steps = vec![(Actor::System, What::Paid { payment: asked.payment.clone(), receipt })];
                steps.extend(Self::onward(done.case(), now)?);
                steps
            }
            PaymentStatus::Failed => vec![(Actor::System, ended(PaymentEnd::Failed))],
            PaymentStatus::Expired => vec![(Actor::System, ended(PaymentEnd::Expired))],
        };
        match self.keep(done, None, now, steps).await {
            // Another notification was first: what it did is what there was to do.
            Err(EngineError::Changed) => self.load(reference).await,
            other => other,
        }
    }

    /// Asks for the payment of what was sent and not paid. The same try again is the same payment, so that a lost
    /// answer costs nobody anything.
    pub(super) async fn request_payment(&self, done: Done, now: UnixTime) -> Result<Done, EngineError> {
        let application = &done.application;
        match (&application.state, application.submitted) {
            (State::Paying(_), _) => return Ok(done),
            (State::Submitted, Some(submitted)) if submitted.charge > 0 => {}
            _ => return Err(EngineError::NothingToPay),
        }
        let order = PaymentOrder {
            reference: application.reference,
            attempt: application.attempts.saturating_add(1),
            amount: application.submitted.map_or(0, |submitted| submitted.charge),
            description: done.service.title.id.clone(),
        };
        let slip = self.parts.payments.request(&order).await.map_err(EngineError::Gateway)?;
        let what = What::PaymentRequested(PaymentRequested {
            payment: super::short(&slip.payment),
            attempt: order.attempt,
            amount: order.amount,
            code: super::short(&slip.code),
            expires: slip.expires,
        });
        match self.keep(done, None, now, vec![(Actor::Citizen, what)]).await {
            Err(EngineError::Changed) => self.load(order.reference).await,
            other => other,
        }
    }

    /// Looks after drafts and payments whose time is over, at most [`limits::APPLICATION_PAGE`] of them, and says what
    /// it did. An application that somebody changes at the same moment waits for the next time.
    pub async fn wake(&self, now: UnixTime) -> Result<Vec<Done>, EngineError> {
        let waking = self.store().waking(now, None, limits::APPLICATION_PAGE).await.map_err(EngineError::Store)?;
        let mut all = Vec::new();
        for summary in waking {
            let done = self.load(summary.reference).await?;
            let outcome = match &done.application.state {
                State::Draft if now >= done.application.expires => {
                    self.keep(done, None, now, vec![(Actor::System, What::Expired)]).await
                }
                State::Paying(_) => self.settle(summary.reference, now).await,
                _ => continue,
            };
            match outcome {
                Ok(done) if done.events.is_empty() => {}
                Ok(done) => all.push(done),
                // Neither a race nor a payment service that is away keeps the others waiting.
                Err(EngineError::Changed | EngineError::Gateway(_) | EngineError::WrongAmount { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// What follows when nothing is to be paid any more: the first stage, and a decision where the system may take it.
    pub(super) fn onward(case: Case<'_>, now: UnixTime) -> Result<Vec<(Actor, What)>, EngineError> {
        let mut steps = vec![(Actor::System, Self::entered(case, 0, now)?)];
        if case.is_automatic(now) {
            let grounds = case.service.decision.grounds.iter();
            let free = grounds.clone().find(|ground| ground.outcome == Outcome::Grant && !ground.reason_required);
            let ground = free.ok_or(EngineError::NoGround)?;
            let ruling = Ruling {
                outcome: Outcome::Grant,
                ground: ground.id.clone(),
                law: ground.law.clone(),
                reason: None,
                overrides: Vec::new(),
            };
            steps.push((Actor::System, What::Decided { ruling, persons: 1 }));
        }
        Ok(steps)
    }

    /// The beginning of a stage with its time limit.
    pub(super) fn entered(case: Case<'_>, index: usize, now: UnixTime) -> Result<What, EngineError> {
        let stage = case.service.stage(index).ok_or(EngineError::Unknown)?;
        let deadline = case.service.calendar.deadline(now, stage.within).ok_or(EngineError::Calendar)?;
        Ok(What::Entered { index, stage: stage.id.clone(), office: stage.office.clone(), deadline })
    }
}
