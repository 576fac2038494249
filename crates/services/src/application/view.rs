//! What a citizen sees of an application, and what an officer sees: two types, so that a page cannot show the wrong one.

use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Text;

use super::case::{Case, Effective, Holds};
use super::event::{Obstacle, Override};
use super::fold::{Application, Dispute, Message, Status};
use super::person::{Actor, Officer, Remark};
use super::state::{OpenQuestion, Proposal, State};
use crate::catalogue::{EvidenceId, FieldId, Outcome, QuestionId, Rule, Service, StageId};
use crate::evidence::Provenance;

/// What the citizen sees. It has no notes of officers, no proposal and no name of who proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitizenView {
    /// The name of the state; a proposal looks like the work that it is part of.
    pub state: &'static str,
    /// The stages in their order, those to come among them.
    pub stages: Vec<StageView>,
    /// Answers that count, in the order of the document.
    pub answers: Vec<(QuestionId, Effective)>,
    /// What registers said.
    pub facts: Vec<FactView>,
    /// What was written.
    pub messages: Vec<Message>,
    /// What the office asks.
    pub question: Option<OpenQuestion>,
    /// What it costs, once it was sent: above zero the citizen pays, below zero is paid back.
    pub charge: Option<i64>,
    /// The receipt of the payment.
    pub paid: Option<String>,
    /// The decision.
    pub decision: Option<VisibleDecision>,
    /// The name of the signed letter.
    pub letter: Option<String>,
}

/// One stage as a citizen follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageView {
    /// The stage.
    pub stage: StageId,
    /// What it is called.
    pub title: Text,
    /// What the citizen reads.
    pub reads: Text,
    /// Who is responsible.
    pub office: Text,
    /// How far it is.
    pub progress: StageProgress,
}

/// How far a stage is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageProgress {
    /// It is over.
    Done {
        /// When it began.
        entered: UnixTime,
        /// When it ended.
        left: UnixTime,
        /// What was promised.
        deadline: UnixTime,
    },
    /// It is going on.
    Now {
        /// When it began.
        entered: UnixTime,
        /// What is promised.
        deadline: UnixTime,
        /// The name of the officer who works on it.
        officer: Option<String>,
    },
    /// It has not begun.
    ToCome,
}

/// What a register said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactView {
    /// The evidence.
    pub evidence: EvidenceId,
    /// What it is called.
    pub title: Text,
    /// From where, when, and where the proof is; `None` if the register did not answer.
    pub provenance: Option<Provenance>,
    /// The fields of the record that is meant.
    pub fields: Vec<FieldView>,
    /// How many records the register has, and which is meant, from 0.
    pub records: (usize, usize),
    /// Whether the citizen gives the facts.
    pub by_hand: bool,
}

/// One field with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldView {
    /// The field.
    pub field: FieldId,
    /// What it is called.
    pub label: Text,
    /// What the register said.
    pub value: String,
    /// What the citizen says instead.
    pub dispute: Option<Dispute>,
}

/// A decision as the citizen reads it: with every reason, without the names of those who proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisibleDecision {
    /// Yes or no.
    pub outcome: Outcome,
    /// The text of its ground.
    pub text: Option<Text>,
    /// Its law.
    pub law: String,
    /// The reason.
    pub reason: Option<Remark>,
    /// What was passed over, and why.
    pub overrides: Vec<Override>,
    /// When.
    pub at: UnixTime,
    /// Whether the system decided.
    pub automatic: bool,
}

/// What an officer of the responsible office sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerView {
    /// What the citizen sees.
    pub citizen: CitizenView,
    /// Who took the case.
    pub taken: Option<Officer>,
    /// Until when the office works on it.
    pub deadline: Option<UnixTime>,
    /// The rules of the document, and whether they hold.
    pub rules: Vec<(Rule, Holds)>,
    /// What stands against granting it.
    pub obstacles: Vec<Obstacle>,
    /// What officers noted.
    pub notes: Vec<Message>,
    /// What is proposed.
    pub proposal: Option<Proposal>,
    /// The results of the arithmetic, with their titles.
    pub calculation: Vec<(Text, i64)>,
    /// The number of the last event: what the officer sends back, so that nobody acts on what is no longer so.
    pub seen: u64,
}

impl CitizenView {
    /// What the citizen sees of a case.
    #[must_use]
    pub fn of(case: Case<'_>) -> Self {
        let (service, application) = (case.service, case.application);
        let shown = service.questions.iter().filter(|question| case.shown(question));
        let answers = shown.filter_map(|question| Some((question.id.clone(), case.effective(question)?)));
        Self {
            state: match &application.state {
                State::Proposed(..) => "in-progress",
                other => other.name(),
            },
            stages: stages(service, application),
            answers: answers.collect(),
            facts: service.evidence.iter().filter_map(|evidence| fact(case, evidence)).collect(),
            messages: application.messages.clone(),
            question: match &application.state {
                State::NeedsCitizen(_, question) => Some(question.clone()),
                _ => None,
            },
            charge: application.submitted.map(|submitted| submitted.charge),
            paid: application.paid.clone(),
            decision: application.state.decision().map(|decision| VisibleDecision {
                outcome: decision.ruling.outcome,
                text: service.ground(&decision.ruling.ground).map(|ground| ground.text.clone()),
                law: decision.ruling.law.clone(),
                reason: decision.ruling.reason.clone(),
                overrides: decision.ruling.overrides.clone(),
                at: decision.at,
                automatic: decision.by == Actor::System,
            }),
            letter: match &application.state {
                State::Closed(_, _, letter) => letter.clone(),
                _ => None,
            },
        }
    }
}

impl OfficerView {
    /// What an officer of the responsible office sees of a case.
    #[must_use]
    pub fn of(case: Case<'_>, now: UnixTime) -> Self {
        let (service, application) = (case.service, case.application);
        let work = application.state.work();
        let results = case.results().unwrap_or_default();
        let titled = service.steps.iter().filter_map(|step| Some((step.title.clone(), results.of(&step.id)?)));
        Self {
            citizen: CitizenView::of(case),
            taken: work.and_then(|work| work.taken.clone()),
            deadline: work.map(|work| work.deadline),
            rules: case.rules().map(|(rule, holds)| (rule.clone(), holds)).collect(),
            obstacles: case.obstacles(now),
            notes: application.notes.clone(),
            proposal: match &application.state {
                State::Proposed(_, proposal) => Some(proposal.clone()),
                _ => None,
            },
            calculation: titled.collect(),
            seen: application.seq,
        }
    }
}

fn stages(service: &Service, application: &Application) -> Vec<StageView> {
    let view = |(index, stage): (usize, &crate::catalogue::Stage)| {
        let visit = application.journey.get(index).filter(|visit| visit.stage == stage.id);
        let progress = match visit {
            None => StageProgress::ToCome,
            Some(visit) => match visit.left {
                Some(left) => StageProgress::Done { entered: visit.entered, left, deadline: visit.deadline },
                None => {
                    let taken = application.state.work().and_then(|work| work.taken.as_ref());
                    let officer = taken.map(|officer| officer.name().to_owned());
                    StageProgress::Now { entered: visit.entered, deadline: visit.deadline, officer }
                }
            },
        };
        StageView {
            stage: stage.id.clone(),
            title: stage.title.clone(),
            reads: stage.reads.clone(),
            office: stage.office_name.clone(),
            progress,
        }
    };
    service.stages.iter().enumerate().map(view).collect()
}

fn fact(case: Case<'_>, evidence: &crate::catalogue::Evidence) -> Option<FactView> {
    let held = case.held(&evidence.id)?;
    let (provenance, fields, records, by_hand) = match &held.status {
        Status::Fetched { fetched, chosen, disputes } => {
            let record = fetched.records.get(*chosen);
            let field = |field: &crate::catalogue::Field| {
                let value = record?.value(&field.id)?.to_owned();
                let dispute = disputes.iter().find(|dispute| dispute.field == field.id).cloned();
                Some(FieldView { field: field.id.clone(), label: field.label.clone(), value, dispute })
            };
            let fields = evidence.fields.iter().filter_map(field).collect();
            (Some(fetched.provenance.clone()), fields, (fetched.records.len(), *chosen), false)
        }
        Status::NoData(provenance) => (Some(provenance.clone()), Vec::new(), (0, 0), false),
        Status::ByHand => (None, Vec::new(), (0, 0), true),
        Status::Wanted | Status::Refused(_) | Status::Unavailable => return None,
    };
    let (evidence, title) = (evidence.id.clone(), evidence.title.clone());
    Some(FactView { evidence, title, provenance, fields, records, by_hand })
}
