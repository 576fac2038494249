//! What changed, for pages that follow an application live.

use simpul_core::UnixTime;

use super::event::{Event, What};
use super::reference::Reference;
use crate::catalogue::{EvidenceId, QuestionId, StageId};

/// One change of one application. Its number is that of the event: a page that has seen a number asks for what comes
/// after it (`Last-Event-ID`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The application.
    pub reference: Reference,
    /// From 1; a citizen's numbers have gaps where only officers see something.
    pub seq: u64,
    /// When.
    pub at: UnixTime,
    /// What.
    pub what: Changed,
}

/// The part of a page that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is there.
    Started,
    /// An answer.
    Answer(QuestionId),
    /// A piece of evidence, its consent or a dispute.
    Evidence(EvidenceId),
    /// It was sent.
    Submitted,
    /// The payment.
    Payment,
    /// A stage began.
    Stage(StageId),
    /// Who works on it.
    Officer,
    /// A message, a question or a reply.
    Message,
    /// Something that only officers see.
    Internal,
    /// It was decided.
    Decided,
    /// It is at its end.
    Ended,
}

impl Change {
    /// The change that an event is.
    #[must_use]
    pub fn of(reference: Reference, event: &Event) -> Self {
        let what = match &event.what {
            What::Started { .. } => Changed::Started,
            What::Answered { question, .. } => Changed::Answer(question.clone()),
            What::Consented { evidence, .. }
            | What::ConsentWithdrawn { evidence }
            | What::Fetched { evidence, .. }
            | What::NoData { evidence, .. }
            | What::Refused { evidence, .. }
            | What::Unavailable { evidence, .. }
            | What::ByHand { evidence }
            | What::RecordChosen { evidence, .. }
            | What::Disputed { evidence, .. }
            | What::DisputeSettled { evidence, .. } => Changed::Evidence(evidence.clone()),
            What::Submitted { .. } => Changed::Submitted,
            What::PaymentRequested(_) | What::Paid { .. } | What::PaymentEnded { .. } => Changed::Payment,
            What::Entered { stage, .. } => Changed::Stage(stage.clone()),
            What::Taken => Changed::Officer,
            What::Noted(_) | What::Proposed(_) | What::Returned(_) => Changed::Internal,
            What::Wrote(_) | What::Asked(_) | What::Replied { .. } => Changed::Message,
            What::Decided { .. } => Changed::Decided,
            What::Closed { .. } | What::Withdrawn | What::Expired => Changed::Ended,
        };
        Self { reference, seq: event.seq, at: event.at, what }
    }

    /// Whether the citizen sees something of it.
    #[must_use]
    pub fn is_for_citizen(&self) -> bool {
        self.what != Changed::Internal
    }
}
