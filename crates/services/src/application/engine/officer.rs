//! What an officer may do, on the applications of the own office alone.
//!
//! Every step says which event the officer has seen last (`seen`): nobody acts on what is no longer so.

use simpul_core::{UnixTime, limits};

use super::{Done, Engine, EngineError, PersonSearch, PurposeError};
use crate::application::change::Change;
use crate::application::event::What;
use crate::application::fold::Status;
use crate::application::letter::Letter;
use crate::application::person::{Actor, Officer, Remark};
use crate::application::reference::Reference;
use crate::application::store::{Counts, Position, Summary};
use crate::application::view::OfficerView;
use crate::catalogue::{EvidenceId, FieldId, Occasion};

/// What an officer may do.
#[derive(Clone, Copy)]
pub struct OfficerDesk<'a> {
    pub(super) engine: &'a Engine,
    pub(super) officer: &'a Officer,
}

impl<'a> OfficerDesk<'a> {
    /// The queue of the own office, the earliest deadline first; at most [`limits::APPLICATION_PAGE`].
    pub async fn queue(&self, after: Option<Position>, limit: usize) -> Result<Vec<Summary>, EngineError> {
        let limit = limit.min(limits::APPLICATION_PAGE);
        self.engine.store().queue(self.officer.office(), after, limit).await.map_err(EngineError::Store)
    }

    /// How the own office keeps its promises.
    pub async fn counts(&self, now: UnixTime, soon: UnixTime) -> Result<Counts, EngineError> {
        self.engine.store().counts(self.officer.office(), now, soon).await.map_err(EngineError::Store)
    }

    /// An application that the own office works on, or worked on last.
    pub async fn load(&self, reference: Reference) -> Result<Done, EngineError> {
        let done = self.engine.load(reference).await?;
        let own = done.application.state.work().is_some_and(|work| work.office == *self.officer.office());
        if own { Ok(done) } else { Err(EngineError::Unknown) }
    }

    /// What the officer sees of it.
    pub async fn view(&self, reference: Reference, now: UnixTime) -> Result<OfficerView, EngineError> {
        self.load(reference).await.map(|done| OfficerView::of(done.case(), now))
    }

    /// What changed since a number.
    pub async fn changes_since(&self, reference: Reference, seq: u64) -> Result<Vec<Change>, EngineError> {
        self.load(reference).await?;
        let events = self.engine.store().load(reference).await.map_err(EngineError::Store)?;
        Ok(events.iter().filter(|event| event.seq > seq).map(|event| Change::of(reference, event)).collect())
    }

    /// Takes the case; also from a colleague, which the events tell.
    pub async fn take(&self, reference: Reference, seen: u64, now: UnixTime) -> Result<Done, EngineError> {
        self.step(reference, seen, now, What::Taken).await
    }

    /// Notes something that the citizen does not see.
    pub async fn note(&self, reference: Reference, seen: u64, text: &str, now: UnixTime) -> Result<Done, EngineError> {
        self.step(reference, seen, now, What::Noted(Remark::new(text).map_err(EngineError::Text)?)).await
    }

    /// Writes to the citizen.
    pub async fn write(&self, reference: Reference, seen: u64, text: &str, now: UnixTime) -> Result<Done, EngineError> {
        self.step(reference, seen, now, What::Wrote(Remark::new(text).map_err(EngineError::Text)?)).await
    }

    /// Asks the citizen something. The time limit stands still until the answer.
    pub async fn ask(&self, reference: Reference, seen: u64, text: &str, now: UnixTime) -> Result<Done, EngineError> {
        self.step(reference, seen, now, What::Asked(Remark::new(text).map_err(EngineError::Text)?)).await
    }

    /// Settles a dispute: whether the citizen is right, and why.
    pub async fn settle_dispute(
        &self,
        reference: Reference,
        seen: u64,
        (evidence, field): (&EvidenceId, &FieldId),
        (upheld, reason): (bool, &str),
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        let reason = Remark::new(reason).map_err(EngineError::Text)?;
        let (evidence, field) = (evidence.clone(), field.clone());
        self.step(reference, seen, now, What::DisputeSettled { evidence, field, upheld, reason }).await
    }

    /// Asks a register again. Under a consent that was given, or where none is needed; not where the citizen gave the
    /// facts and was never asked to agree.
    pub async fn refresh(
        &self,
        reference: Reference,
        seen: u64,
        evidence: &EvidenceId,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        let done = self.seen(reference, seen).await?;
        let needed = done.service.evidence(evidence).ok_or(EngineError::Unknown)?;
        if !done.case().consents(needed) {
            return Err(EngineError::ConsentNeeded);
        }
        // Before a register is asked, it must be this officer's case.
        let state = &done.application.state;
        let own = matches!(state, crate::application::State::InProgress(work)
            if work.taken.as_ref().is_some_and(|taken| taken.is(self.officer)));
        if !own {
            return Err(EngineError::Step(crate::application::WrongStep { state: state.name(), step: "fetched" }));
        }
        let what = match self.engine.ask(needed, &done.application).await {
            // What a register said is not lost because it now says nothing: the officer sees that it is not fresh.
            What::NoData { evidence, .. } if super::is_fetched(&done.application, needed) => {
                What::Unavailable { evidence, reason: "the register knows nothing of the person any more".to_owned() }
            }
            what => what,
        };
        self.engine.keep(done, None, now, vec![(self.actor(), what)]).await
    }

    /// Ends the stage and begins the next one.
    pub async fn next_stage(&self, reference: Reference, seen: u64, now: UnixTime) -> Result<Done, EngineError> {
        let done = self.seen(reference, seen).await?;
        let index = done.application.state.work().map_or(0, |work| work.index.saturating_add(1));
        let what = Engine::entered(done.case(), index, now)?;
        self.engine.keep(done, None, now, vec![(self.actor(), what)]).await
    }

    /// The letter of an occasion, in a language of the citizen.
    pub async fn letter(
        &self,
        reference: Reference,
        occasion: Occasion,
        language: simpul_policy::agreement::terms::Language,
    ) -> Result<Letter, EngineError> {
        let done = self.load(reference).await?;
        Letter::of(done.case(), occasion, language).ok_or(EngineError::Unknown)
    }

    /// A search for persons, for a purpose and with a reason. Nothing is searched before both are known.
    pub fn search(&self, purpose: &str, reason: &str) -> Result<PersonSearch<'a>, PurposeError> {
        PersonSearch::new(self.engine, self.officer, purpose, reason)
    }

    pub(super) fn actor(&self) -> Actor {
        Actor::Officer(self.officer.clone())
    }

    /// An application of the own office that nobody has changed since the officer looked at it.
    pub(super) async fn seen(&self, reference: Reference, seen: u64) -> Result<Done, EngineError> {
        let done = self.load(reference).await?;
        if done.application.seq == seen { Ok(done) } else { Err(EngineError::Changed) }
    }

    pub(super) async fn step(
        &self,
        reference: Reference,
        seen: u64,
        now: UnixTime,
        what: What,
    ) -> Result<Done, EngineError> {
        let done = self.seen(reference, seen).await?;
        self.engine.keep(done, None, now, vec![(self.actor(), what)]).await
    }
}

/// The values of the record that is meant.
pub(super) fn meant(done: &Done, evidence: &EvidenceId) -> Option<crate::evidence::Record> {
    match &done.application.evidence.get(evidence)?.status {
        Status::Fetched { fetched, chosen, .. } => fetched.records.get(*chosen).cloned(),
        _ => None,
    }
}
