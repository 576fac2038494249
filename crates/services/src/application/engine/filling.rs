//! Filling a draft in: answers, consent, evidence, disputes.

use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Language;

use super::citizen::CitizenDesk;
use super::{Done, EngineError, is_fetched};
use crate::application::answer::{self, Given};
use crate::application::case::words_digest;
use crate::application::event::What;
use crate::application::fold::Status;
use crate::application::person::{Actor, Remark};
use crate::application::reference::Reference;
use crate::application::state::State;
use crate::catalogue::{EvidenceId, FieldId, QuestionId};

impl CitizenDesk<'_> {
    /// Saves one answer, checked on its own. An empty field takes the answer away. The same answer again is nothing.
    pub async fn answer(
        &self,
        reference: Reference,
        question: &QuestionId,
        given: &Given,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        self.again(
            reference,
            |done| {
                let asked = done.service.question(question).ok_or(EngineError::Unknown)?;
                draft(done, "answered")?;
                if !done.case().asks(asked) {
                    return Err(EngineError::NotAsked);
                }
                let today = done.service.calendar.day_of(now).ok_or(EngineError::Calendar)?;
                let answer = answer::read(asked, given, today).map_err(EngineError::Answer)?;
                if done.application.answers.get(question) == answer.as_ref() {
                    return Ok(None);
                }
                Ok(Some((None, vec![(Actor::Citizen, What::Answered { question: question.clone(), answer })])))
            },
            now,
        )
        .await
    }

    /// Agrees that a register is asked, to the words that were shown in this language.
    pub async fn consent(
        &self,
        reference: Reference,
        evidence: &EvidenceId,
        language: Language,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        self.again(
            reference,
            |done| {
                let needed = done.service.evidence(evidence).ok_or(EngineError::Unknown)?;
                let text = needed.consent.as_ref().ok_or(EngineError::Unknown)?;
                draft(done, "consented")?;
                if done.case().consents(needed) {
                    return Ok(None);
                }
                let words = words_digest(text.in_language(language));
                let what = What::Consented { evidence: evidence.clone(), words, language };
                Ok(Some((None, vec![(Actor::Citizen, what)])))
            },
            now,
        )
        .await
    }

    /// Takes a consent back. What was fetched under it no longer counts.
    pub async fn withdraw_consent(
        &self,
        reference: Reference,
        evidence: &EvidenceId,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        self.again(
            reference,
            |done| {
                done.service.evidence(evidence).ok_or(EngineError::Unknown)?;
                draft(done, "consent-withdrawn")?;
                let given = done.application.evidence.get(evidence).is_some_and(|held| held.consent.is_some());
                let what = What::ConsentWithdrawn { evidence: evidence.clone() };
                Ok(given.then(|| (None, vec![(Actor::Citizen, what)])))
            },
            now,
        )
        .await
    }

    /// Asks the register, once: what was fetched is not fetched again while the draft is filled in. Whatever becomes
    /// of it, the draft is kept; the outcome is in its evidence.
    pub async fn fetch(&self, reference: Reference, evidence: &EvidenceId, now: UnixTime) -> Result<Done, EngineError> {
        let done = self.acting(reference, now).await?;
        let needed = done.service.evidence(evidence).ok_or(EngineError::Unknown)?;
        draft(&done, "fetched")?;
        if !done.case().consents(needed) {
            return Err(EngineError::ConsentNeeded);
        }
        if is_fetched(&done.application, needed) {
            return Ok(Done { repeated: true, ..done });
        }
        let what = self.engine.ask(needed, &done.application).await;
        self.again(
            reference,
            |done| {
                draft(done, what.name())?;
                // The consent may have been taken back while the register was asked, and another page may have fetched.
                let needed = done.service.evidence(evidence).ok_or(EngineError::Unknown)?;
                if !done.case().consents(needed) {
                    return Err(EngineError::ConsentNeeded);
                }
                if is_fetched(&done.application, needed) {
                    return Ok(None);
                }
                Ok(Some((None, vec![(Actor::Citizen, what.clone())])))
            },
            now,
        )
        .await
    }

    /// Gives the facts instead of a register that gave none, where the document allows it.
    pub async fn enter_yourself(
        &self,
        reference: Reference,
        evidence: &EvidenceId,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        self.again(
            reference,
            |done| {
                let needed = done.service.evidence(evidence).ok_or(EngineError::Unknown)?;
                draft(done, "by-hand")?;
                if matches!(done.case().held(evidence).map(|held| &held.status), Some(Status::ByHand)) {
                    return Ok(None);
                }
                match done.case().may_enter(needed) {
                    true => Ok(Some((None, vec![(Actor::Citizen, What::ByHand { evidence: evidence.clone() })]))),
                    false => Err(EngineError::NotByHand),
                }
            },
            now,
        )
        .await
    }

    /// Of several records of a register, the citizen means this one, from 0.
    pub async fn choose_record(
        &self,
        reference: Reference,
        evidence: &EvidenceId,
        record: usize,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        self.again(
            reference,
            |done| {
                draft(done, "record-chosen")?;
                match done.case().held(evidence).map(|held| &held.status) {
                    Some(Status::Fetched { chosen, .. }) if *chosen == record => Ok(None),
                    Some(Status::Fetched { fetched, .. }) if record < fetched.records.len() => {
                        let what = What::RecordChosen { evidence: evidence.clone(), record };
                        Ok(Some((None, vec![(Actor::Citizen, what)])))
                    }
                    _ => Err(EngineError::Unknown),
                }
            },
            now,
        )
        .await
    }

    /// "This is wrong": what is right, in the citizen's words. Before the application is sent or while an office works
    /// on it; the officer settles it, and nothing is decided by the system.
    pub async fn dispute(
        &self,
        reference: Reference,
        evidence: &EvidenceId,
        field: &FieldId,
        claim: &str,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        let claim = Remark::new(claim).map_err(EngineError::Text)?;
        self.again(
            reference,
            |done| {
                let case = done.case();
                let needed = done.service.evidence(evidence).ok_or(EngineError::Unknown)?;
                needed.field(field).ok_or(EngineError::Unknown)?;
                let there = match case.held(evidence).map(|held| &held.status) {
                    Some(Status::Fetched { fetched, chosen, .. }) => {
                        fetched.records.get(*chosen).is_some_and(|record| record.value(field).is_some())
                    }
                    _ => false,
                };
                if !there {
                    return Err(EngineError::Unknown);
                }
                if case.dispute(evidence, field).is_some_and(|dispute| dispute.claim == claim) {
                    return Ok(None);
                }
                let (evidence, field, claim) = (evidence.clone(), field.clone(), claim.clone());
                Ok(Some((None, vec![(Actor::Citizen, What::Disputed { evidence, field, claim })])))
            },
            now,
        )
        .await
    }
}

/// A draft is filled in, and nothing else.
fn draft(done: &Done, step: &'static str) -> Result<(), EngineError> {
    match &done.application.state {
        State::Draft => Ok(()),
        other => Err(EngineError::Step(crate::application::WrongStep { state: other.name(), step })),
    }
}
