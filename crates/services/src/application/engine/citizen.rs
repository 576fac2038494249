//! What a citizen may do, on own applications alone: to start, to send, to pay, to write, to withdraw, to look.

use std::sync::Arc;

use simpul_core::{UnixTime, limits};

use super::{Done, Engine, EngineError, TRIES};
use crate::application::case::{Case, Missing, Place, Problem};
use crate::application::change::Change;
use crate::application::event::{Event, What};
use crate::application::fold::Application;
use crate::application::person::{Actor, Applicant, Citizen, Mandate, NationalId, Remark};
use crate::application::reference::{Reference, Seed};
use crate::application::state::State;
use crate::application::store::{Append, Appended, Key, Position, Search, Summary};
use crate::application::view::CitizenView;
use crate::catalogue::PublicServiceId;
use crate::catalogue::calendar::days_after;

/// What a citizen may do.
#[derive(Clone, Copy)]
pub struct CitizenDesk<'a> {
    pub(super) engine: &'a Engine,
    pub(super) citizen: &'a Citizen,
}

impl CitizenDesk<'_> {
    /// Begins a draft of the newest version of a service. The same key again gives the same draft.
    pub async fn start(
        &self,
        service: &PublicServiceId,
        mandate: Option<Mandate>,
        key: &str,
        seed: Seed,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        let service = self.engine.parts.catalogue.current(service).ok_or(EngineError::Unknown)?;
        let own = |mandate: &Mandate| mandate.principal.id() == self.citizen.id();
        if mandate.as_ref().is_some_and(|mandate| !service.on_behalf || own(mandate)) {
            return Err(EngineError::NotOnBehalf);
        }
        let key = self.key(key, format!("start {}", service.id))?;
        if let Some(done) = self.before(&key).await? {
            return Ok(done);
        }
        if self.drafts().await? >= limits::DRAFTS {
            return Err(EngineError::TooManyDrafts);
        }
        let event = Event {
            seq: 1,
            at: now,
            actor: Actor::Citizen,
            what: What::Started {
                service: service.id.clone(),
                version: service.version,
                applicant: Box::new(Applicant { citizen: self.citizen.clone(), mandate }),
                expires: days_after(now, service.draft_days),
            },
        };
        let reference = Reference::new(seed);
        let application = Application::begin(reference, &event).map_err(EngineError::Step)?;
        let summary = Summary::of(&application);
        let append = Append { reference, expected: 0, events: vec![event], summary, key: Some(key) };
        match self.engine.store().append(&append).await.map_err(EngineError::of_store)? {
            Appended::Now => {
                Ok(Done { application, service: Arc::clone(service), events: append.events, repeated: false })
            }
            Appended::Before(reference) => Ok(Done { repeated: true, ..self.load(reference).await? }),
        }
    }

    /// An own application.
    pub async fn load(&self, reference: Reference) -> Result<Done, EngineError> {
        let done = self.engine.load(reference).await?;
        let applicant = &done.application.applicant;
        match applicant.citizen.id() == self.citizen.id() || applicant.person().id() == self.citizen.id() {
            true => Ok(done),
            false => Err(EngineError::Unknown),
        }
    }

    /// What the citizen sees of an own application.
    pub async fn view(&self, reference: Reference) -> Result<CitizenView, EngineError> {
        self.load(reference).await.map(|done| CitizenView::of(done.case()))
    }

    /// What changed since a number, for a page that follows an own application.
    pub async fn changes_since(&self, reference: Reference, seq: u64) -> Result<Vec<Change>, EngineError> {
        self.load(reference).await?;
        let events = self.engine.store().load(reference).await.map_err(EngineError::Store)?;
        let changes = events.iter().filter(|event| event.seq > seq).map(|event| Change::of(reference, event));
        Ok(changes.filter(Change::is_for_citizen).collect())
    }

    /// Own applications, those begun last first; at most [`limits::APPLICATION_PAGE`].
    pub async fn list(&self, after: Option<Position>, limit: usize) -> Result<Vec<Summary>, EngineError> {
        let limit = limit.min(limits::APPLICATION_PAGE);
        self.engine.store().of_person(self.citizen.id(), after, limit).await.map_err(EngineError::Store)
    }

    /// Who searched for this person at the desks, the latest first; at most [`limits::APPLICATION_PAGE`].
    pub async fn searches(&self, limit: usize) -> Result<Vec<Search>, EngineError> {
        let limit = limit.min(limits::APPLICATION_PAGE);
        self.engine.store().searches(self.citizen.id(), limit).await.map_err(EngineError::Store)
    }

    /// Everything that keeps a draft from being sent, without changing anything.
    pub async fn check(&self, reference: Reference, now: UnixTime) -> Result<Vec<Problem>, EngineError> {
        let done = self.load(reference).await?;
        let today = done.service.calendar.day_of(now).ok_or(EngineError::Calendar)?;
        Ok(done.case().problems(today))
    }

    /// Sends a draft, checked as a whole. Sent twice, it is one application, whatever the keys are: the second time is
    /// `repeated`. What is free goes on at once; what is not waits for [`pay`](Self::pay).
    pub async fn submit(
        &self,
        reference: Reference,
        declared: bool,
        key: &str,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        let key = self.key(key, format!("submit {reference}"))?;
        if let Some(done) = self.before(&key).await? {
            return Ok(done);
        }
        self.again(
            reference,
            |done| {
                if done.application.submitted.is_some() {
                    return Ok(None);
                }
                let case = done.case();
                let today = done.service.calendar.day_of(now).ok_or(EngineError::Calendar)?;
                let mut problems = case.problems(today);
                if !declared {
                    problems.push(Problem { place: Place::Declaration, what: Missing::Declaration });
                }
                if !problems.is_empty() {
                    return Err(EngineError::Problems(problems));
                }
                let charge = case.charge().unwrap_or_default();
                let mut steps = vec![(Actor::Citizen, What::Submitted { charge })];
                if charge <= 0 {
                    steps.extend(Engine::onward(case, now)?);
                }
                Ok(Some((Some(key.clone()), steps)))
            },
            now,
        )
        .await
    }

    /// Asks the payment service for what is to be paid. A payment that was asked for and can still be made stays.
    pub async fn pay(&self, reference: Reference, now: UnixTime) -> Result<Done, EngineError> {
        self.acting(reference, now).await?;
        let done = self.engine.settle(reference, now).await?;
        self.engine.request_payment(done, now).await
    }

    /// Writes to the office.
    pub async fn write(&self, reference: Reference, text: &str, key: &str, now: UnixTime) -> Result<Done, EngineError> {
        let text = Remark::new(text).map_err(EngineError::Text)?;
        let key = self.key(key, format!("write {reference}"))?;
        self.keyed(reference, key, now, |_| Ok(What::Wrote(text.clone()))).await
    }

    /// Answers what the office asked.
    pub async fn reply(&self, reference: Reference, text: &str, key: &str, now: UnixTime) -> Result<Done, EngineError> {
        let text = Remark::new(text).map_err(EngineError::Text)?;
        let key = self.key(key, format!("reply {reference}"))?;
        self.keyed(reference, key, now, |case| {
            let State::NeedsCitizen(work, question) = &case.application.state else {
                let wrong = crate::application::WrongStep { state: case.application.state.name(), step: "replied" };
                return Err(EngineError::Step(wrong));
            };
            let count = case.service.stage(work.index).ok_or(EngineError::NoVersion)?.within.count;
            let resumed = case.service.calendar.resumed(work.deadline, question.at, now, count);
            Ok(What::Replied { text: text.clone(), deadline: resumed.ok_or(EngineError::Calendar)? })
        })
        .await
    }

    /// Takes an application back, before it is decided. One whose payment has come is worked on, and taken back then.
    pub async fn withdraw(&self, reference: Reference, key: &str, now: UnixTime) -> Result<Done, EngineError> {
        let key = self.key(key, format!("withdraw {reference}"))?;
        if matches!(self.acting(reference, now).await?.application.state, State::Paying(_)) {
            self.engine.settle(reference, now).await?;
        }
        self.keyed(reference, key, now, |_| Ok(What::Withdrawn)).await
    }

    /// One step of the citizen under a key.
    async fn keyed(
        &self,
        reference: Reference,
        key: Key,
        now: UnixTime,
        step: impl Fn(Case<'_>) -> Result<What, EngineError>,
    ) -> Result<Done, EngineError> {
        if let Some(done) = self.before(&key).await? {
            return Ok(done);
        }
        let take = |done: &Done| Ok(Some((Some(key.clone()), vec![(Actor::Citizen, step(done.case())?)])));
        self.again(reference, take, now).await
    }

    /// Takes steps on an own application; tried again when another step came between. `None` is nothing to do: the
    /// application is shown as it is.
    pub(super) async fn again(
        &self,
        reference: Reference,
        steps: impl Fn(&Done) -> Result<Option<Steps>, EngineError>,
        now: UnixTime,
    ) -> Result<Done, EngineError> {
        for _ in 0..TRIES {
            let done = self.acting(reference, now).await?;
            let Some((key, steps)) = steps(&done)? else { return Ok(Done { repeated: true, ..done }) };
            match self.engine.keep(done, key, now, steps).await {
                Err(EngineError::Changed) => {}
                other => return other,
            }
        }
        Err(EngineError::Changed)
    }

    /// An own application to act on: by the one who applies, and not by the one for whom; and no expired draft.
    pub(super) async fn acting(&self, reference: Reference, now: UnixTime) -> Result<Done, EngineError> {
        let done = self.load(reference).await?;
        if done.application.applicant.citizen.id() != self.citizen.id() {
            return Err(EngineError::Unknown);
        }
        match done.application.state {
            State::Draft if now >= done.application.expires => Err(EngineError::Expired),
            _ => Ok(done),
        }
    }

    pub(super) fn key(&self, key: &str, request: String) -> Result<Key, EngineError> {
        let fits =
            (1..=limits::IDEMPOTENCY_KEY_CHARS).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        let scope = NationalId::clone(self.citizen.id());
        fits.then(|| Key { scope, key: key.to_owned(), request }).ok_or(EngineError::KeyUsed)
    }

    /// What a request did that came before.
    async fn before(&self, key: &Key) -> Result<Option<Done>, EngineError> {
        let known = self.engine.store().known(key).await.map_err(EngineError::of_store)?;
        let Some(reference) = known else { return Ok(None) };
        Ok(Some(Done { repeated: true, ..self.load(reference).await? }))
    }

    /// How many drafts the citizen has among the applications that were begun last.
    async fn drafts(&self) -> Result<usize, EngineError> {
        let all = self.list(None, limits::APPLICATION_PAGE).await?;
        Ok(all.iter().filter(|summary| summary.state == State::Draft.name()).count())
    }
}

/// Steps with the key of the request that they come from.
pub(super) type Steps = (Option<Key>, Vec<(Actor, What)>);
