//! Applications: one citizen's case, from the first answer to the letter.
//!
//! What happened is a list of [`Event`]s; where it stands is their fold ([`Application`]), moved by value through
//! [`State`]. [`Case`] reads it with its service document: what is asked, what is missing, what stands against a
//! decision. [`Engine`] is what pages call: [`CitizenDesk`] and [`OfficerDesk`] let each act on what is theirs alone.

pub mod answer;
mod case;
mod change;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod engine;
mod event;
mod fold;
mod letter;
mod payment;
mod person;
mod reference;
mod state;
mod store;
pub mod stored;
mod view;

pub use self::answer::{Address, AddressPart, Answer, Given, Wrong};
pub use self::case::{AnsweredBy, Case, Effective, Holds, Missing, Place, Problem, Progress, Task, words_digest};
pub use self::change::{Change, Changed};
pub use self::engine::{
    CitizenDesk, Done, Engine, EngineError, EngineParts, OfficerDesk, PersonSearch, PurposeError, RulingInput,
};
pub use self::event::{Event, Obstacle, Override, PaymentEnd, PaymentRequested, Ruling, What};
pub use self::fold::{Application, Consent, Dispute, Held, Message, Status, Submission, Visit};
pub use self::letter::{Letter, money, readable, readable_day};
pub use self::payment::{GatewayError, PaymentGateway, PaymentOrder, PaymentSlip, PaymentStatus};
pub use self::person::{Actor, Applicant, Citizen, Mandate, NationalId, Officer, PersonName, Remark, TextError};
pub use self::reference::{Reference, ReferenceError, Seed};
pub use self::state::{Decision, OpenQuestion, Proposal, State, Work, WrongStep};
pub use self::store::{
    Append, Appended, Counts, Key, Position, QueueEntry, Search, ServicesStore, StoreError, Summary,
};
pub use self::view::{CitizenView, FactView, FieldView, OfficerView, StageProgress, StageView, VisibleDecision};
