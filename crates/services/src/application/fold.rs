//! An application: the fold of its events.

use std::collections::BTreeMap;

use simpul_core::{UnixTime, limits};
use simpul_policy::agreement::terms::Language;

use super::answer::Answer;
use super::event::{Event, What};
use super::person::{Actor, Applicant, Remark};
use super::reference::Reference;
use super::state::{State, WrongStep};
use crate::catalogue::{EvidenceId, FieldId, OfficeId, PublicServiceId, QuestionId, StageId};
use crate::evidence::{Fetched, Provenance};

/// One application as its events made it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Application {
    /// Its reference.
    pub reference: Reference,
    /// The service.
    pub service: PublicServiceId,
    /// The version of the service under which it is worked on.
    pub version: u32,
    /// Who applies, and for whom.
    pub applicant: Applicant,
    /// When it was begun.
    pub started: UnixTime,
    /// When the draft expires.
    pub expires: UnixTime,
    /// When its last event was.
    pub changed: UnixTime,
    /// The place of its last event.
    pub seq: u64,
    /// What the citizen answered, whether or not it is asked any more.
    pub answers: BTreeMap<QuestionId, Answer>,
    /// What became of evidence; what is not in it was not touched.
    pub evidence: BTreeMap<EvidenceId, Held>,
    /// When it was sent, and what it costs.
    pub submitted: Option<Submission>,
    /// The receipt of the payment.
    pub paid: Option<String>,
    /// How often a payment was asked for.
    pub attempts: u32,
    /// The stages that began, in their order.
    pub journey: Vec<Visit>,
    /// What citizen and office wrote to each other, questions and replies among it.
    pub messages: Vec<Message>,
    /// What officers noted for each other.
    pub notes: Vec<Message>,
    /// Where it stands.
    pub state: State,
}

/// When an application was sent, and what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submission {
    /// When.
    pub at: UnixTime,
    /// Whole rupiah: above zero the citizen pays, below zero is paid back.
    pub charge: i64,
}

/// A stage that began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The stage.
    pub stage: StageId,
    /// The office.
    pub office: OfficeId,
    /// When.
    pub entered: UnixTime,
    /// What was promised, with the time that stood still.
    pub deadline: UnixTime,
    /// When it ended.
    pub left: Option<UnixTime>,
}

/// Something that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub at: UnixTime,
    /// By whom.
    pub by: Actor,
    /// What.
    pub text: Remark,
}

/// What became of one piece of evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The consent, if it was given.
    pub consent: Option<Consent>,
    /// What there is.
    pub status: Status,
    /// When a register was last asked in vain, after it had answered before.
    pub failed: Option<UnixTime>,
}

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// SHA-256 of the words that were shown, hexadecimal.
    pub words: String,
    /// The language in which they were shown.
    pub language: Language,
    /// When it was given.
    pub at: UnixTime,
}

/// What there is of one piece of evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nobody asked the register.
    #[default]
    Wanted,
    /// The register answered.
    Fetched {
        /// What it said.
        fetched: Fetched,
        /// The record that is meant, from 0.
        chosen: usize,
        /// What the citizen says is wrong.
        disputes: Vec<Dispute>,
    },
    /// The register knows nothing.
    NoData(Provenance),
    /// The request was refused.
    Refused(String),
    /// The register could not be reached.
    Unavailable,
    /// The citizen gives the facts.
    ByHand,
}

/// A fact that the citizen says is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// Which field.
    pub field: FieldId,
    /// What is right, in the citizen's words.
    pub claim: Remark,
    /// When.
    pub at: UnixTime,
    /// How it was settled: whether the citizen is right, and why.
    pub settled: Option<(bool, Remark)>,
}

impl Application {
    /// Reads events from the first one on.
    pub fn replay<'a>(reference: Reference, events: impl IntoIterator<Item = &'a Event>) -> Result<Self, WrongStep> {
        let mut events = events.into_iter();
        let nothing = WrongStep { state: "nothing", step: "started" };
        let mut application = Self::begin(reference, events.next().ok_or(nothing)?)?;
        for event in events {
            application = application.apply(event)?;
        }
        Ok(application)
    }

    /// The application that a first event makes.
    pub fn begin(reference: Reference, event: &Event) -> Result<Self, WrongStep> {
        match (&event.actor, &event.what, event.seq) {
            (Actor::Citizen, What::Started { service, version, applicant, expires }, 1) => Ok(Self {
                reference,
                service: service.clone(),
                version: *version,
                applicant: Applicant::clone(applicant),
                started: event.at,
                expires: *expires,
                changed: event.at,
                seq: 1,
                answers: BTreeMap::new(),
                evidence: BTreeMap::new(),
                submitted: None,
                paid: None,
                attempts: 0,
                journey: Vec::new(),
                messages: Vec::new(),
                notes: Vec::new(),
                state: State::Draft,
            }),
            _ => Err(WrongStep { state: "nothing", step: event.what.name() }),
        }
    }

    /// The application after one more event: the next one, by somebody who may, in a state that has this step.
    pub fn apply(mut self, event: &Event) -> Result<Self, WrongStep> {
        let wrong = WrongStep { state: self.state.name(), step: event.what.name() };
        if self.seq.checked_add(1) != Some(event.seq) || event.seq > limits::APPLICATION_EVENTS as u64 {
            return Err(wrong);
        }
        self.facts(event).ok_or(wrong)?;
        self.record(event);
        let charge = self.submitted.map_or(0, |submitted| submitted.charge);
        self.state = self.state.step(event, charge)?;
        self.seq = event.seq;
        self.changed = event.at;
        Ok(self)
    }

    /// Who paid, what was sent, which stage, who wrote.
    fn record(&mut self, event: &Event) {
        let message = |text: &Remark| Message { at: event.at, by: event.actor.clone(), text: text.clone() };
        match &event.what {
            What::Submitted { charge } => self.submitted = Some(Submission { at: event.at, charge: *charge }),
            What::PaymentRequested(_) => self.attempts = self.attempts.saturating_add(1),
            What::Paid { receipt, .. } => self.paid = Some(receipt.clone()),
            What::Entered { stage, office, deadline, .. } => {
                self.leave(event.at);
                let (stage, office) = (stage.clone(), office.clone());
                self.journey.push(Visit { stage, office, entered: event.at, deadline: *deadline, left: None });
            }
            What::Wrote(text) | What::Asked(text) => self.messages.push(message(text)),
            What::Replied { text, deadline } => {
                self.messages.push(message(text));
                if let Some(visit) = self.journey.last_mut() {
                    visit.deadline = *deadline;
                }
            }
            What::Noted(text) | What::Returned(text) => self.notes.push(message(text)),
            What::Decided { .. } | What::Withdrawn => self.leave(event.at),
            _ => {}
        }
    }

    fn leave(&mut self, at: UnixTime) {
        if let Some(visit) = self.journey.last_mut().filter(|visit| visit.left.is_none()) {
            visit.left = Some(at);
        }
    }

    /// What answers and evidence become; `None` if there is nothing that the step could touch.
    fn facts(&mut self, event: &Event) -> Option<()> {
        match &event.what {
            What::Answered { question, answer: Some(answer) } => {
                self.answers.insert(question.clone(), answer.clone());
            }
            What::Answered { question, answer: None } => {
                self.answers.remove(question);
            }
            What::Consented { evidence, words, language } => {
                let consent = Consent { words: words.clone(), language: *language, at: event.at };
                self.held(evidence).consent = Some(consent);
            }
            What::ConsentWithdrawn { evidence } => {
                let held = self.held(evidence);
                held.consent.take()?;
                *held = Held::default();
            }
            What::Fetched { evidence, fetched } => self.held(evidence).fetched(fetched),
            What::NoData { evidence, provenance } => {
                self.held(evidence).in_vain(event.at, Status::NoData(provenance.clone()));
            }
            What::Refused { evidence, reason } => {
                self.held(evidence).in_vain(event.at, Status::Refused(reason.clone()));
            }
            What::Unavailable { evidence, .. } => self.held(evidence).in_vain(event.at, Status::Unavailable),
            What::ByHand { evidence } => self.held(evidence).status = Status::ByHand,
            What::RecordChosen { evidence, record } => match &mut self.held(evidence).status {
                Status::Fetched { fetched, chosen, disputes } if *record < fetched.records.len() => {
                    *chosen = *record;
                    disputes.clear();
                }
                _ => return None,
            },
            What::Disputed { evidence, field, claim } => match &mut self.held(evidence).status {
                Status::Fetched { fetched, chosen, disputes } => {
                    fetched.records.get(*chosen)?.value(field)?;
                    disputes.retain(|dispute| dispute.field != *field);
                    let (field, claim) = (field.clone(), claim.clone());
                    disputes.push(Dispute { field, claim, at: event.at, settled: None });
                }
                _ => return None,
            },
            What::DisputeSettled { evidence, field, upheld, reason } => match &mut self.held(evidence).status {
                Status::Fetched { disputes, .. } => {
                    let open = |dispute: &&mut Dispute| dispute.field == *field && dispute.settled.is_none();
                    disputes.iter_mut().find(open)?.settled = Some((*upheld, reason.clone()));
                }
                _ => return None,
            },
            _ => {}
        }
        Some(())
    }

    fn held(&mut self, evidence: &EvidenceId) -> &mut Held {
        self.evidence.entry(evidence.clone()).or_default()
    }
}

impl Held {
    /// A register answered, perhaps again: a dispute stands as long as the register says the same.
    fn fetched(&mut self, fetched: &Fetched) {
        let (kept, disputes) = match &self.status {
            Status::Fetched { fetched: before, chosen, disputes } => {
                let old = before.records.get(*chosen);
                // The record that was meant is found again by its first field, which names it.
                let named = old.and_then(|record| record.0.first());
                let same = named.and_then(|name| fetched.records.iter().position(|new| new.0.first() == Some(name)));
                let kept = same.unwrap_or(0);
                let now = fetched.records.get(kept);
                let stands = |dispute: &&Dispute| {
                    let value = |record: Option<&crate::evidence::Record>| {
                        record.and_then(|record| record.value(&dispute.field)).map(str::to_owned)
                    };
                    value(old) == value(now)
                };
                (kept, disputes.iter().filter(stands).cloned().collect())
            }
            _ => (0, Vec::new()),
        };
        self.failed = None;
        self.status = Status::Fetched { fetched: fetched.clone(), chosen: kept, disputes };
    }

    /// A register was asked in vain: what it said before stays.
    fn in_vain(&mut self, at: UnixTime, status: Status) {
        match self.status {
            Status::Fetched { .. } | Status::ByHand => self.failed = Some(at),
            _ => self.status = status,
        }
    }
}
