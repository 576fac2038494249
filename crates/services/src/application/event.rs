//! What happened to an application. Its state is the fold of its events, and nothing else is stored.

use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Language;

use super::answer::Answer;
use super::person::{Actor, Applicant, Remark};
use crate::catalogue::{
    EvidenceId, FieldId, GroundId, OfficeId, Outcome, PublicServiceId, QuestionId, RuleId, StageId,
};
use crate::evidence::{Fetched, Provenance};

/// One step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place among the events of the application, from 1. Order comes from here and not from the clock.
    pub seq: u64,
    /// When.
    pub at: UnixTime,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub what: What,
}

/// The closed list of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A draft was begun.
    Started {
        /// Of which service.
        service: PublicServiceId,
        /// In which version: the draft is finished under it.
        version: u32,
        /// By whom and for whom.
        applicant: Box<Applicant>,
        /// When it expires if it is not sent.
        expires: UnixTime,
    },
    /// An answer was saved, or taken away.
    Answered {
        /// To which question.
        question: QuestionId,
        /// `None`: the field was emptied.
        answer: Option<Answer>,
    },
    /// The citizen agreed that a register is asked.
    Consented {
        /// For which evidence.
        evidence: EvidenceId,
        /// SHA-256 of the words that were shown, hexadecimal.
        words: String,
        /// In which language they were shown.
        language: Language,
    },
    /// The citizen took the consent back. What was fetched under it is no longer there.
    ConsentWithdrawn {
        /// For which evidence.
        evidence: EvidenceId,
    },
    /// A register answered.
    Fetched {
        /// For which evidence.
        evidence: EvidenceId,
        /// With what.
        fetched: Fetched,
    },
    /// A register knows nothing of the person.
    NoData {
        /// For which evidence.
        evidence: EvidenceId,
        /// Who said so.
        provenance: Provenance,
    },
    /// The request to a register was refused.
    Refused {
        /// For which evidence.
        evidence: EvidenceId,
        /// Why.
        reason: String,
    },
    /// A register could not be reached.
    Unavailable {
        /// For which evidence.
        evidence: EvidenceId,
        /// Why.
        reason: String,
    },
    /// The citizen gives the facts, where the document allows it.
    ByHand {
        /// For which evidence.
        evidence: EvidenceId,
    },
    /// Of several records, the citizen means this one.
    RecordChosen {
        /// Of which evidence.
        evidence: EvidenceId,
        /// Its place, from 0.
        record: usize,
    },
    /// "This is wrong."
    Disputed {
        /// Which evidence.
        evidence: EvidenceId,
        /// Which field.
        field: FieldId,
        /// What is right, in the citizen's words.
        claim: Remark,
    },
    /// An officer settled a dispute.
    DisputeSettled {
        /// Which evidence.
        evidence: EvidenceId,
        /// Which field.
        field: FieldId,
        /// Whether the citizen is right: then the claim takes the place of the register's value.
        upheld: bool,
        /// Why; the citizen sees it.
        reason: Remark,
    },
    /// The application was sent.
    Submitted {
        /// In whole rupiah: above zero the citizen pays, below zero is paid back.
        charge: i64,
    },
    /// A payment was asked for.
    PaymentRequested(PaymentRequested),
    /// It was paid.
    Paid {
        /// Which payment.
        payment: String,
        /// What the payment service calls the receipt.
        receipt: String,
    },
    /// It was not paid, and will not be: another one can be asked for.
    PaymentEnded {
        /// Which payment.
        payment: String,
        /// Why.
        how: PaymentEnd,
    },
    /// A stage began.
    Entered {
        /// Its place, from 0.
        index: usize,
        /// Its name.
        stage: StageId,
        /// Who is responsible.
        office: OfficeId,
        /// When its time limit ends.
        deadline: UnixTime,
    },
    /// An officer took the case.
    Taken,
    /// An officer noted something that the citizen does not see.
    Noted(Remark),
    /// The citizen or an officer wrote to the other.
    Wrote(Remark),
    /// An officer asked the citizen something; the time limit stands still.
    Asked(Remark),
    /// The citizen answered.
    Replied {
        /// What.
        text: Remark,
        /// When the time limit ends now.
        deadline: UnixTime,
    },
    /// An officer proposed a decision that a second one has to take.
    Proposed(Ruling),
    /// The second officer does not agree.
    Returned(Remark),
    /// It is decided.
    Decided {
        /// What.
        ruling: Ruling,
        /// How many persons it needed: 1 or 2.
        persons: u8,
    },
    /// The letter was handed over, and the case is at its end.
    Closed {
        /// The name of the signed letter, if there is one.
        letter: Option<String>,
    },
    /// The citizen took the application back.
    Withdrawn,
    /// The draft was not sent in time.
    Expired,
}

/// A payment that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRequested {
    /// What the payment service calls it.
    pub payment: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// Whole rupiah.
    pub amount: i64,
    /// What the citizen pays with: a number or an address.
    pub code: String,
    /// Until when it can be paid.
    pub expires: UnixTime,
}

/// Why a payment ended without money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentEnd {
    /// It failed.
    Failed,
    /// Its time is over.
    Expired,
}

/// What is decided, and on what it rests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Yes or no.
    pub outcome: Outcome,
    /// The ground of the document.
    pub ground: GroundId,
    /// Its law.
    pub law: String,
    /// The officer's reason, which the citizen reads.
    pub reason: Option<Remark>,
    /// What stood against it and was overridden.
    pub overrides: Vec<Override>,
}

/// An obstacle that an officer passed over, and why; the citizen reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// What stood against it.
    pub obstacle: Obstacle,
    /// Why it was passed over.
    pub reason: Remark,
}

/// What stands against a decision.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Obstacle {
    /// A rule does not hold.
    RuleFails(RuleId),
    /// It is not known whether a rule holds, because a value is missing.
    RuleUnknown(RuleId),
    /// The citizen says that a fact is wrong, and nobody has settled it.
    Disputed(EvidenceId, FieldId),
    /// Evidence is older than the document allows and could not be fetched again.
    Stale(EvidenceId),
}

impl What {
    /// A name, for messages and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Answered { .. } => "answered",
            Self::Consented { .. } => "consented",
            Self::ConsentWithdrawn { .. } => "consent-withdrawn",
            Self::Fetched { .. } => "fetched",
            Self::NoData { .. } => "no-data",
            Self::Refused { .. } => "refused",
            Self::Unavailable { .. } => "unavailable",
            Self::ByHand { .. } => "by-hand",
            Self::RecordChosen { .. } => "record-chosen",
            Self::Disputed { .. } => "disputed",
            Self::DisputeSettled { .. } => "dispute-settled",
            Self::Submitted { .. } => "submitted",
            Self::PaymentRequested(_) => "payment-requested",
            Self::Paid { .. } => "paid",
            Self::PaymentEnded { .. } => "payment-ended",
            Self::Entered { .. } => "entered",
            Self::Taken => "taken",
            Self::Noted(_) => "noted",
            Self::Wrote(_) => "wrote",
            Self::Asked(_) => "asked",
            Self::Replied { .. } => "replied",
            Self::Proposed(_) => "proposed",
            Self::Returned(_) => "returned",
            Self::Decided { .. } => "decided",
            Self::Closed { .. } => "closed",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}
