//! The port behind which applications become durable.

use std::error::Error;

use async_trait::async_trait;
use simpul_core::UnixTime;

use super::event::Event;
use super::fold::Application;
use super::person::{NationalId, Officer, Remark};
use super::reference::Reference;
use super::state::State;
use crate::catalogue::{OfficeId, PublicServiceId, StageId};

/// What a store says when it did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may or may not have been done; asking the same again is safe and may succeed.
    #[error("the store of applications is not available: {what}")]
    Retryable {
        /// What was tried.
        what: &'static str,
        /// What the store said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The application has other events than was expected. Nothing was done.
    #[error("somebody else changed the application")]
    Conflict,
    /// The key was used for something else. Nothing was done.
    #[error("the key of the request was used for something else")]
    KeyUsed,
    /// What is stored cannot be read back as it was written.
    #[error("the store of applications is damaged: {what}")]
    Damaged {
        /// What could not be read.
        what: &'static str,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// What is durable is no longer known, such as after a failed flush. Only opening the store again helps.
    #[error("the store of applications must stop: {what}")]
    Halt {
        /// What was tried.
        what: &'static str,
        /// What the store said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

/// Names a request of one person, so that it is known when it comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose: keys of two persons are never the same.
    pub scope: NationalId,
    /// What the page sent; at most [`simpul_core::limits::IDEMPOTENCY_KEY_CHARS`] characters.
    pub key: String,
    /// What was asked: a key belongs to one request.
    pub request: String,
}

/// Events that are appended together.
#[derive(Clone, Debug)]
pub struct Append {
    /// To which application.
    pub reference: Reference,
    /// How many events it has before; 0 for a new one.
    pub expected: u64,
    /// The events; one or more, numbered from `expected + 1`.
    pub events: Vec<Event>,
    /// The application after them, for lists.
    pub summary: Summary,
    /// The request that they come from.
    pub key: Option<Key>,
}

/// What became of an appending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is durable.
    Now,
    /// The request came before, and this is the application that it made or changed.
    Before(Reference),
}

/// An application in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its reference.
    pub reference: Reference,
    /// The service.
    pub service: PublicServiceId,
    /// Its version.
    pub version: u32,
    /// Who applies: the one who acts, not the one for whom.
    pub citizen: NationalId,
    /// The person whom it is about.
    pub person: NationalId,
    /// That person's name.
    pub name: String,
    /// When it was begun.
    pub started: UnixTime,
    /// When its last event was.
    pub changed: UnixTime,
    /// How many events it has.
    pub seq: u64,
    /// The name of its state.
    pub state: String,
    /// Whether an office waits for the citizen.
    pub waits: bool,
    /// The stage that an office works on, and until when; `None` when no office has it.
    pub work: Option<QueueEntry>,
    /// When the system looks at it again: a draft expires, or a payment does.
    pub wakes: Option<UnixTime>,
}

/// A place in the queue of an office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueEntry {
    /// Whose queue.
    pub office: OfficeId,
    /// The stage.
    pub stage: StageId,
    /// When its time limit ends.
    pub deadline: UnixTime,
    /// Who took it, by the officer's id.
    pub taken: Option<String>,
}

/// A place in a list that is ordered by time and, within one moment, by reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The moment: when it was begun, or its deadline, or when it wakes.
    pub at: UnixTime,
    /// The reference.
    pub reference: Reference,
}

/// How an office keeps its promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In its queue.
    pub open: u64,
    /// Of these, past their time limit and not waiting for the citizen.
    pub late: u64,
    /// Of these, with a time limit that ends before a moment, and not late.
    pub soon: u64,
    /// Of these, waiting for the citizen.
    pub waiting: u64,
}

/// A search for a person, recorded before it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// When.
    pub at: UnixTime,
    /// Who searched.
    pub officer: Officer,
    /// For which purpose: a term of the vocabulary of agreements.
    pub purpose: String,
    /// Why, in the officer's words.
    pub reason: Remark,
    /// For whom.
    pub person: NationalId,
}

/// Durable storage of applications.
///
/// An error may mean "not done" or "done, reply lost". A request with a key can be made again: it then finds what it
/// did. One without a key meets [`StoreError::Conflict`], and whoever asked reads again.
#[async_trait]
pub trait ServicesStore: Send + Sync {
    /// Appends events if the application has as many as expected: all or none, durable when it returns. Of two at the
    /// same place one succeeds; the other one is [`StoreError::Conflict`].
    ///
    /// With a key: if this person's key was used for the same request, nothing is done, whatever is expected, and the
    /// answer is [`Appended::Before`]; for another request, [`StoreError::KeyUsed`].
    async fn append(&self, append: &Append) -> Result<Appended, StoreError>;

    /// The application that a request made or changed, if it came before; [`StoreError::KeyUsed`] if the key was used
    /// for another request.
    async fn known(&self, key: &Key) -> Result<Option<Reference>, StoreError>;

    /// All events of an application in their order; empty if there is none.
    async fn load(&self, reference: Reference) -> Result<Vec<Event>, StoreError>;

    /// At most `limit` applications of which somebody is the one who acts or the one whom it is about, those begun
    /// last first, from behind a place on.
    async fn of_person(
        &self,
        person: &NationalId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Summary>, StoreError>;

    /// At most `limit` applications in the queue of an office, the earliest deadline first, from behind a place on.
    async fn queue(&self, office: &OfficeId, after: Option<Position>, limit: usize)
    -> Result<Vec<Summary>, StoreError>;

    /// At most `limit` applications that wake until a moment, the earliest first, from behind a place on.
    async fn waking(&self, until: UnixTime, after: Option<Position>, limit: usize) -> Result<Vec<Summary>, StoreError>;

    /// How an office keeps its promises at a moment; what ends before `soon` is counted as soon.
    async fn counts(&self, office: &OfficeId, now: UnixTime, soon: UnixTime) -> Result<Counts, StoreError>;

    /// Records a search, durable when it returns.
    async fn record_search(&self, search: &Search) -> Result<(), StoreError>;

    /// At most `limit` searches for a person, the latest first.
    async fn searches(&self, person: &NationalId, limit: usize) -> Result<Vec<Search>, StoreError>;
}

impl Summary {
    /// The application as it stands in lists.
    #[must_use]
    pub fn of(application: &Application) -> Self {
        let open = !matches!(application.state, State::Decided(..)) && !application.state.is_final();
        let work = application.state.work().filter(|_| open).map(|work| QueueEntry {
            office: work.office.clone(),
            stage: work.stage.clone(),
            deadline: work.deadline,
            taken: work.taken.as_ref().map(|officer| officer.id().to_owned()),
        });
        let person = application.applicant.person();
        Self {
            reference: application.reference,
            service: application.service.clone(),
            version: application.version,
            citizen: application.applicant.citizen.id().clone(),
            person: person.id().clone(),
            name: person.name().to_owned(),
            started: application.started,
            changed: application.changed,
            seq: application.seq,
            state: application.state.name().to_owned(),
            waits: matches!(application.state, State::NeedsCitizen(..)),
            work,
            wakes: match &application.state {
                State::Draft => Some(application.expires),
                State::Paying(payment) => Some(payment.expires),
                _ => None,
            },
        }
    }

    /// Its place in a list by its beginning.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { at: self.started, reference: self.reference }
    }

    /// Its place in the queue of its office.
    #[must_use]
    pub fn queue_position(&self) -> Option<Position> {
        self.work.as_ref().map(|work| Position { at: work.deadline, reference: self.reference })
    }

    /// Its place among those that wake.
    #[must_use]
    pub fn waking_position(&self) -> Option<Position> {
        self.wakes.map(|at| Position { at, reference: self.reference })
    }
}
