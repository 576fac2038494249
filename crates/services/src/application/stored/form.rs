//! Version 1 of the stored form.

use serde::{Deserialize, Serialize};
use simpul_core::UnixTime;

use super::parts::{
    ActorForm, AnswerForm, ApplicantForm, FetchedForm, ProvenanceForm, RulingForm, language, language_name, remark,
};
use crate::application::event::{Event, PaymentEnd, PaymentRequested, What};
use crate::application::person::Remark;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventForm {
    seq: u64,
    at: i64,
    actor: ActorForm,
    what: WhatForm,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "step", rename_all = "kebab-case")]
enum WhatForm {
    Started { service: String, version: u32, applicant: ApplicantForm, expires: i64 },
    Answered { question: String, answer: Option<AnswerForm> },
    Consented { evidence: String, words: String, language: String },
    ConsentWithdrawn { evidence: String },
    Fetched { evidence: String, fetched: FetchedForm },
    NoData { evidence: String, from: ProvenanceForm },
    Refused { evidence: String, reason: String },
    Unavailable { evidence: String, reason: String },
    ByHand { evidence: String },
    RecordChosen { evidence: String, record: usize },
    Disputed { evidence: String, field: String, claim: String },
    DisputeSettled { evidence: String, field: String, upheld: bool, reason: String },
    Submitted { charge: i64 },
    PaymentRequested { payment: String, attempt: u32, amount: i64, code: String, expires: i64 },
    Paid { payment: String, receipt: String },
    PaymentEnded { payment: String, how: String },
    Entered { index: usize, stage: String, office: String, deadline: i64 },
    Taken {},
    Noted { text: String },
    Wrote { text: String },
    Asked { text: String },
    Replied { text: String, deadline: i64 },
    Proposed { ruling: RulingForm },
    Returned { reason: String },
    Decided { ruling: RulingForm, persons: u8 },
    Closed { letter: Option<String> },
    Withdrawn {},
    Expired {},
}

impl EventForm {
    pub(super) fn of(event: &Event) -> Self {
        let (seq, at) = (event.seq, event.at.millis());
        Self { seq, at, actor: ActorForm::of(&event.actor), what: WhatForm::of(&event.what) }
    }

    pub(super) fn event(self) -> Option<Event> {
        let (seq, at) = (self.seq, UnixTime::from_millis(self.at));
        Some(Event { seq, at, actor: self.actor.actor()?, what: self.what.what()? })
    }
}

impl WhatForm {
    fn of(what: &What) -> Self {
        let words = |text: &Remark| text.as_str().to_owned();
        match what {
            What::Started { service, version, applicant, expires } => Self::Started {
                service: service.to_string(),
                version: *version,
                applicant: ApplicantForm::of(applicant),
                expires: expires.millis(),
            },
            What::Answered { question, answer } => {
                Self::Answered { question: question.to_string(), answer: answer.as_ref().map(AnswerForm::of) }
            }
            What::Consented { evidence, words, language } => Self::Consented {
                evidence: evidence.to_string(),
                words: words.clone(),
                language: language_name(*language),
            },
            What::ConsentWithdrawn { evidence } => Self::ConsentWithdrawn { evidence: evidence.to_string() },
            What::Fetched { evidence, fetched } => {
                Self::Fetched { evidence: evidence.to_string(), fetched: FetchedForm::of(fetched) }
            }
            What::NoData { evidence, provenance } => {
                Self::NoData { evidence: evidence.to_string(), from: ProvenanceForm::of(provenance) }
            }
            What::Refused { evidence, reason } => {
                Self::Refused { evidence: evidence.to_string(), reason: reason.clone() }
            }
            What::Unavailable { evidence, reason } => {
                Self::Unavailable { evidence: evidence.to_string(), reason: reason.clone() }
            }
            What::ByHand { evidence } => Self::ByHand { evidence: evidence.to_string() },
            What::RecordChosen { evidence, record } => {
                Self::RecordChosen { evidence: evidence.to_string(), record: *record }
            }
            What::Disputed { evidence, field, claim } => {
                Self::Disputed { evidence: evidence.to_string(), field: field.to_string(), claim: words(claim) }
            }
            What::DisputeSettled { evidence, field, upheld, reason } => Self::DisputeSettled {
                evidence: evidence.to_string(),
                field: field.to_string(),
                upheld: *upheld,
                reason: words(reason),
            },
            What::Submitted { charge } => Self::Submitted { charge: *charge },
            What::PaymentRequested(PaymentRequested { payment, attempt, amount, code, expires }) => {
                Self::PaymentRequested {
                    payment: payment.clone(),
                    attempt: *attempt,
                    amount: *amount,
                    code: code.clone(),
                    expires: expires.millis(),
                }
            }
            What::Paid { payment, receipt } => Self::Paid { payment: payment.clone(), receipt: receipt.clone() },
            What::PaymentEnded { payment, how } => {
                let how = match how {
                    PaymentEnd::Failed => "failed",
                    PaymentEnd::Expired => "expired",
                };
                Self::PaymentEnded { payment: payment.clone(), how: how.to_owned() }
            }
            What::Entered { index, stage, office, deadline } => Self::Entered {
                index: *index,
                stage: stage.to_string(),
                office: office.to_string(),
                deadline: deadline.millis(),
            },
            What::Taken => Self::Taken {},
            What::Noted(text) => Self::Noted { text: words(text) },
            What::Wrote(text) => Self::Wrote { text: words(text) },
            What::Asked(text) => Self::Asked { text: words(text) },
            What::Replied { text, deadline } => Self::Replied { text: words(text), deadline: deadline.millis() },
            What::Proposed(ruling) => Self::Proposed { ruling: RulingForm::of(ruling) },
            What::Returned(reason) => Self::Returned { reason: words(reason) },
            What::Decided { ruling, persons } => Self::Decided { ruling: RulingForm::of(ruling), persons: *persons },
            What::Closed { letter } => Self::Closed { letter: letter.clone() },
            What::Withdrawn => Self::Withdrawn {},
            What::Expired => Self::Expired {},
        }
    }

    fn what(self) -> Option<What> {
        let at = UnixTime::from_millis;
        Some(match self {
            Self::Started { service, version, applicant, expires } => What::Started {
                service: service.parse().ok()?,
                version,
                applicant: Box::new(applicant.applicant()?),
                expires: at(expires),
            },
            Self::Answered { question, answer } => What::Answered {
                question: question.parse().ok()?,
                answer: match answer {
                    None => None,
                    Some(form) => Some(form.answer()?),
                },
            },
            Self::Consented { evidence, words, language: name } => {
                What::Consented { evidence: evidence.parse().ok()?, words, language: language(&name)? }
            }
            Self::ConsentWithdrawn { evidence } => What::ConsentWithdrawn { evidence: evidence.parse().ok()? },
            Self::Fetched { evidence, fetched } => {
                What::Fetched { evidence: evidence.parse().ok()?, fetched: fetched.fetched()? }
            }
            Self::NoData { evidence, from } => {
                What::NoData { evidence: evidence.parse().ok()?, provenance: from.provenance()? }
            }
            Self::Refused { evidence, reason } => What::Refused { evidence: evidence.parse().ok()?, reason },
            Self::Unavailable { evidence, reason } => What::Unavailable { evidence: evidence.parse().ok()?, reason },
            Self::ByHand { evidence } => What::ByHand { evidence: evidence.parse().ok()? },
            Self::RecordChosen { evidence, record } => What::RecordChosen { evidence: evidence.parse().ok()?, record },
            Self::Disputed { evidence, field, claim } => {
                What::Disputed { evidence: evidence.parse().ok()?, field: field.parse().ok()?, claim: remark(&claim)? }
            }
            Self::DisputeSettled { evidence, field, upheld, reason } => What::DisputeSettled {
                evidence: evidence.parse().ok()?,
                field: field.parse().ok()?,
                upheld,
                reason: remark(&reason)?,
            },
            Self::Submitted { charge } => What::Submitted { charge },
            Self::PaymentRequested { payment, attempt, amount, code, expires } => {
                What::PaymentRequested(PaymentRequested { payment, attempt, amount, code, expires: at(expires) })
            }
            Self::Paid { payment, receipt } => What::Paid { payment, receipt },
            Self::PaymentEnded { payment, how } => {
                let how = match how.as_str() {
                    "failed" => PaymentEnd::Failed,
                    "expired" => PaymentEnd::Expired,
                    _ => return None,
                };
                What::PaymentEnded { payment, how }
            }
            Self::Entered { index, stage, office, deadline } => What::Entered {
                index,
                stage: stage.parse().ok()?,
                office: office.parse().ok()?,
                deadline: at(deadline),
            },
            Self::Taken {} => What::Taken,
            Self::Noted { text } => What::Noted(remark(&text)?),
            Self::Wrote { text } => What::Wrote(remark(&text)?),
            Self::Asked { text } => What::Asked(remark(&text)?),
            Self::Replied { text, deadline } => What::Replied { text: remark(&text)?, deadline: at(deadline) },
            Self::Proposed { ruling } => What::Proposed(ruling.ruling()?),
            Self::Returned { reason } => What::Returned(remark(&reason)?),
            Self::Decided { ruling, persons } => What::Decided { ruling: ruling.ruling()?, persons },
            Self::Closed { letter } => What::Closed { letter },
            Self::Withdrawn {} => What::Withdrawn,
            Self::Expired {} => What::Expired,
        })
    }
}
