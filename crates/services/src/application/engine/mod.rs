//! The facade that pages call: every step of citizens, officers and the system, over the ports.
//!
//! Time and randomness are arguments. Whoever signs people in makes a [`Citizen`] or an [`Officer`]; a desk lets each
//! act on what is theirs, and what is not theirs looks like what does not exist.

mod citizen;
mod error;
mod filling;
mod officer;
mod ruling;
mod search;
mod system;

use std::sync::Arc;

use simpul_core::{UnixTime, limits};

pub use self::citizen::CitizenDesk;
pub use self::error::EngineError;
pub use self::officer::OfficerDesk;
pub use self::ruling::RulingInput;
pub use self::search::{PersonSearch, PurposeError};
use super::case::Case;
use super::change::Change;
use super::event::{Event, What};
use super::fold::{Application, Held, Status};
use super::payment::PaymentGateway;
use super::person::{Actor, Citizen, Officer};
use super::reference::Reference;
use super::store::{Append, Appended, Key, ServicesStore, StoreError, Summary};
use crate::catalogue::{Catalogue, Evidence, Service};
use crate::evidence::{EvidenceRequest, EvidenceSource, Fetched, RegisterOutcome, extract};

/// The services engine.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<EngineParts>,
}

/// What the engine works with.
pub struct EngineParts {
    /// What is offered.
    pub catalogue: Arc<Catalogue>,
    /// Where applications are kept.
    pub store: Arc<dyn ServicesStore>,
    /// Registers at home and abroad.
    pub registers: Arc<dyn EvidenceSource>,
    /// Who takes payments.
    pub payments: Arc<dyn PaymentGateway>,
}

/// A step that was taken, and is durable.
#[derive(Clone, Debug)]
pub struct Done {
    /// The application after it.
    pub application: Application,
    /// The version of the service under which it is worked on.
    pub service: Arc<Service>,
    /// What was appended; empty if there was nothing to do, or if the request came before.
    pub events: Vec<Event>,
    /// Whether the request came before: the page shows what it showed then.
    pub repeated: bool,
}

impl Done {
    /// The application with its document.
    #[must_use]
    pub fn case(&self) -> Case<'_> {
        Case::new(&self.service, &self.application)
    }

    /// What changed, for pages that follow it.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.events.iter().map(|event| Change::of(self.application.reference, event)).collect()
    }
}

/// How often a step of a citizen is tried again when another step came between.
const TRIES: usize = 100;

impl Engine {
    /// An engine over these parts.
    #[must_use]
    pub fn new(parts: EngineParts) -> Self {
        Self { parts: Arc::new(parts) }
    }

    /// What is offered.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.parts.catalogue
    }

    /// What a citizen may do.
    #[must_use]
    pub fn citizen<'a>(&'a self, citizen: &'a Citizen) -> CitizenDesk<'a> {
        CitizenDesk { engine: self, citizen }
    }

    /// What an officer may do.
    #[must_use]
    pub fn officer<'a>(&'a self, officer: &'a Officer) -> OfficerDesk<'a> {
        OfficerDesk { engine: self, officer }
    }

    fn store(&self) -> &dyn ServicesStore {
        &*self.parts.store
    }

    async fn load(&self, reference: Reference) -> Result<Done, EngineError> {
        let events = self.store().load(reference).await.map_err(EngineError::Store)?;
        if events.is_empty() {
            return Err(EngineError::Unknown);
        }
        let application = Application::replay(reference, &events).map_err(EngineError::Stored)?;
        let service = self.parts.catalogue.version(&application.service, application.version);
        let service = Arc::clone(service.ok_or(EngineError::NoVersion)?);
        Ok(Done { application, service, events: Vec::new(), repeated: false })
    }

    /// Takes steps and keeps them, or says that somebody else was first.
    async fn keep(
        &self,
        before: Done,
        key: Option<Key>,
        at: UnixTime,
        steps: Vec<(Actor, What)>,
    ) -> Result<Done, EngineError> {
        let Done { mut application, service, .. } = before;
        let (reference, expected) = (application.reference, application.seq);
        let mut events = Vec::with_capacity(steps.len());
        for (actor, what) in steps {
            let event = Event { seq: application.seq.saturating_add(1), at, actor, what };
            if event.seq > limits::APPLICATION_EVENTS as u64 {
                return Err(EngineError::Full);
            }
            application = application.apply(&event).map_err(EngineError::Step)?;
            events.push(event);
        }
        if events.is_empty() {
            return Ok(Done { application, service, events, repeated: false });
        }
        let append = Append { reference, expected, events, summary: Summary::of(&application), key };
        match self.store().append(&append).await {
            Ok(Appended::Now) => Ok(Done { application, service, events: append.events, repeated: false }),
            Ok(Appended::Before(reference)) => Ok(Done { repeated: true, ..self.load(reference).await? }),
            Err(error) => Err(EngineError::of_store(error)),
        }
    }

    /// Asks a register, and says what became of it as a step. Nothing of its answer is kept but what the document names.
    async fn ask(&self, evidence: &Evidence, application: &Application) -> What {
        let person = application.applicant.person().id().clone();
        let held = application.evidence.get(&evidence.id);
        let consent = held.and_then(|held: &Held| held.consent.as_ref());
        let request = EvidenceRequest {
            case: application.reference,
            path: evidence.request.path(person.reveal()),
            person,
            service: evidence.service.clone(),
            agreement: evidence.agreement.clone(),
            purpose: evidence.purpose.clone(),
            basis: evidence.basis.clone(),
            consent: consent.map(|consent| format!("{} {}", consent.at, consent.words)),
        };
        let id = evidence.id.clone();
        match self.parts.registers.fetch(&request).await {
            RegisterOutcome::Answered(answer) => match extract(evidence, &answer.body) {
                Ok(records) if records.is_empty() => What::NoData { evidence: id, provenance: answer.provenance },
                Ok(records) => {
                    What::Fetched { evidence: id, fetched: Fetched { records, provenance: answer.provenance } }
                }
                Err(error) => What::Unavailable { evidence: id, reason: error.to_string() },
            },
            RegisterOutcome::NoData(provenance) => What::NoData { evidence: id, provenance },
            RegisterOutcome::Refused { reason } => What::Refused { evidence: id, reason: short(&reason) },
            RegisterOutcome::Unavailable { reason } => What::Unavailable { evidence: id, reason: short(&reason) },
        }
    }
}

impl EngineError {
    fn of_store(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Changed,
            StoreError::KeyUsed => Self::KeyUsed,
            other => Self::Store(other),
        }
    }
}

/// What of a foreign text is kept.
fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(limits::REMARK_CHARS).collect()
}

/// Whether a register has answered.
fn is_fetched(application: &Application, evidence: &Evidence) -> bool {
    let status = application.evidence.get(&evidence.id).map(|held| &held.status);
    matches!(status, Some(Status::Fetched { .. }))
}
