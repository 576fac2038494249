//! Why a step was not taken.

use crate::application::answer::Wrong;
use crate::application::case::Problem;
use crate::application::event::Obstacle;
use crate::application::payment::GatewayError;
use crate::application::person::TextError;
use crate::application::state::WrongStep;
use crate::application::store::StoreError;
use crate::catalogue::EvidenceId;

/// Why a step was not taken. Nothing was changed, unless the store says that it is not known.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no such application, service, question or evidence, or it is not theirs.
    #[error("there is no such thing, or it is not theirs")]
    Unknown,
    /// The application has no such step now.
    #[error("the application does not stand where this step is")]
    Step(#[source] WrongStep),
    /// The answer is wrong; it was not saved.
    #[error("the answer is wrong")]
    Answer(Wrong),
    /// The question is not asked: a register answers it, or its conditions do not hold.
    #[error("the question is not asked")]
    NotAsked,
    /// A text is missing, too long or not plain.
    #[error("the text cannot be used")]
    Text(#[source] TextError),
    /// The application cannot be sent; each problem has its place.
    #[error("the application cannot be sent: {} problems", .0.len())]
    Problems(Vec<Problem>),
    /// The register is not asked without consent to the words that the document has now.
    #[error("the citizen has not agreed")]
    ConsentNeeded,
    /// The document does not let the citizen give these facts, or the register was not asked.
    #[error("the facts cannot be entered by hand")]
    NotByHand,
    /// The service is not offered for others than oneself, or the mandate is for oneself.
    #[error("nobody may apply for another person here")]
    NotOnBehalf,
    /// The draft was not sent in time.
    #[error("the draft has expired")]
    Expired,
    /// The person has as many drafts as are allowed.
    #[error("the person has too many drafts")]
    TooManyDrafts,
    /// The application has as many events as are allowed.
    #[error("the application has too many events")]
    Full,
    /// Somebody else changed the application since it was looked at: look again.
    #[error("somebody else changed the application")]
    Changed,
    /// The key of the request was used for another one.
    #[error("the key of the request was used for something else")]
    KeyUsed,
    /// Nothing is to be paid.
    #[error("nothing is to be paid")]
    NothingToPay,
    /// What came is not what was asked for.
    #[error("{paid} rupiah came, {asked} were asked for")]
    WrongAmount {
        /// What was asked for.
        asked: i64,
        /// What came.
        paid: i64,
    },
    /// The payment service did not do what it was asked. The application is as it was; asking again is safe.
    #[error("the payment service is not available")]
    Gateway(#[source] GatewayError),
    /// The document has no such ground.
    #[error("the document has no such ground")]
    NoGround,
    /// The decision needs a reason.
    #[error("the decision needs a reason")]
    ReasonNeeded,
    /// It is granted in the last stage alone.
    #[error("it is granted in the last stage alone")]
    NotLastStage,
    /// These stand against it, and no reason was given to pass them over.
    #[error("{} obstacles stand against the decision", .0.len())]
    Obstacles(Vec<Obstacle>),
    /// This is no obstacle, so there is nothing to pass over.
    #[error("there is no such obstacle")]
    NoObstacle(Obstacle),
    /// A register said something else than before: the officer looks at it first.
    #[error("a register said something else than before")]
    EvidenceChanged(Vec<EvidenceId>),
    /// The one who proposed a decision never takes it.
    #[error("the one who proposed a decision never takes it")]
    SamePerson,
    /// The catalogue has no longer the version under which the application is worked on.
    #[error("the catalogue lacks the version of the application's service")]
    NoVersion,
    /// A time limit cannot be computed.
    #[error("a time limit lies outside the calendar")]
    Calendar,
    /// What is stored is no application.
    #[error("the stored events are no application")]
    Stored(#[source] WrongStep),
    /// The store did not do what it was asked.
    #[error("the application could not be kept")]
    Store(#[source] StoreError),
}
