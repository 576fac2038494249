//! An application read with its service document: what is asked, what holds, what is missing, what stands against it.

use jiff::civil::Date;
use simpul_core::{DigestAlgorithm, UnixTime};
use simpul_trust::hash;

use super::answer::{self, Answer, Wrong};
use super::event::Obstacle;
use super::fold::{Application, Dispute, Held, Status};
use crate::catalogue::calendar::days_after;
use crate::catalogue::question::{Condition, Question};
use crate::catalogue::steps::{Operand, Results, StepError, Values, calculate, whole};
use crate::catalogue::{Check, Evidence, EvidenceId, Fee, FieldId, QuestionId, Rule, RuleId, Service};

/// An application and the version of the service under which it is worked on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The document.
    pub service: &'a Service,
    /// The application.
    pub application: &'a Application,
}

/// An answer that counts, and who gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The answer.
    pub answer: Answer,
    /// Who gave it.
    pub from: AnsweredBy,
}

/// Who gave an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// The citizen.
    Citizen,
    /// A register.
    Register(EvidenceId, FieldId),
    /// The citizen, against a register, and an officer agreed.
    Corrected(EvidenceId, FieldId),
}

/// Something to do before the application can be sent, in the order of its pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What it is about.
    pub place: Place,
    /// How far it is.
    pub progress: Progress,
}

/// Where something is missing or wrong: a page links to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A piece of evidence.
    Evidence(EvidenceId),
    /// A question.
    Question(QuestionId),
    /// The declaration at the end.
    Declaration,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was done yet.
    Open,
    /// It cannot be done before a register is asked.
    Waits,
    /// It need not be done.
    Optional,
    /// It is done.
    Done,
    /// Something is wrong.
    Wrong,
}

/// What keeps an application from being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What.
    pub what: Missing,
}

/// What is missing or wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// An answer is missing or wrong.
    Answer(Wrong),
    /// The citizen did not agree, or agreed to other words than those of the document.
    Consent,
    /// The register was not asked.
    NotFetched,
    /// The register knows nothing, and the document does not let the citizen give the facts.
    NoData,
    /// The request was refused, and the document does not let the citizen give the facts.
    Refused,
    /// The register cannot be reached: save for later, or enter it yourself if the document allows that.
    Unavailable {
        /// Whether the citizen may give the facts.
        enter_yourself: bool,
    },
    /// The declaration was not made.
    Declaration,
    /// The arithmetic has no result with these values.
    Calculation,
}

/// Whether a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// A value is missing.
    Unknown,
}

impl<'a> Case<'a> {
    /// An application with its document.
    #[must_use]
    pub fn new(service: &'a Service, application: &'a Application) -> Self {
        Self { service, application }
    }

    /// What there is of a piece of evidence.
    #[must_use]
    pub fn held(&self, evidence: &EvidenceId) -> Option<&'a Held> {
        self.application.evidence.get(evidence)
    }

    /// What a register said of a field of the record that is meant, or the claim that took its place.
    #[must_use]
    pub fn field(&self, evidence: &EvidenceId, field: &FieldId) -> Option<&'a str> {
        let Status::Fetched { fetched, chosen, .. } = &self.held(evidence)?.status else { return None };
        match self.dispute(evidence, field) {
            Some(Dispute { claim, settled: Some((true, _)), .. }) => Some(claim.as_str()),
            _ => fetched.records.get(*chosen)?.value(field),
        }
    }

    /// What the citizen says of a field.
    #[must_use]
    pub fn dispute(&self, evidence: &EvidenceId, field: &FieldId) -> Option<&'a Dispute> {
        match &self.held(evidence)?.status {
            Status::Fetched { disputes, .. } => disputes.iter().find(|dispute| dispute.field == *field),
            _ => None,
        }
    }

    /// The answer that counts: what a register said, or else what the citizen typed.
    #[must_use]
    pub fn effective(&self, question: &Question) -> Option<Effective> {
        if let Some((evidence, field)) = self.service.source_of(&question.id) {
            let said = self.field(&evidence.id, &field.id).and_then(|value| answer::of_register(question, value));
            if let Some(answer) = said {
                let corrected =
                    matches!(self.dispute(&evidence.id, &field.id), Some(Dispute { settled: Some((true, _)), .. }));
                let place = (evidence.id.clone(), field.id.clone());
                let from = match corrected {
                    true => AnsweredBy::Corrected(place.0, place.1),
                    false => AnsweredBy::Register(place.0, place.1),
                };
                return Some(Effective { answer, from });
            }
        }
        let answer = self.application.answers.get(&question.id)?;
        Some(Effective { answer: answer.clone(), from: AnsweredBy::Citizen })
    }

    /// Whether the conditions of a question hold. An answer to a question that is not shown itself counts for nothing.
    #[must_use]
    pub fn shown(&self, question: &Question) -> bool {
        question.show_when.iter().all(|condition| {
            let asked = self.service.question(condition.question());
            asked.filter(|asked| self.shown(asked)).and_then(|asked| self.effective(asked)).is_some_and(|given| {
                match condition {
                    Condition::Equals(_, value) => given.answer.equals(value),
                    Condition::Contains(_, value) => given.answer.contains(value),
                }
            })
        })
    }

    /// Whether the citizen is asked: not what a register has answered, and not before it was asked.
    #[must_use]
    pub fn asks(&self, question: &Question) -> bool {
        if !self.shown(question) {
            return false;
        }
        let Some((evidence, _)) = self.service.source_of(&question.id) else { return true };
        match self.held(&evidence.id).map(|held| &held.status) {
            Some(Status::Fetched { .. }) => {
                self.effective(question).is_none_or(|given| given.from == AnsweredBy::Citizen)
            }
            Some(Status::ByHand) => true,
            // Where the facts are not needed, the question is asked once the register has said that it has none.
            Some(Status::NoData(_)) => !evidence.required,
            None | Some(Status::Wanted | Status::Refused(_) | Status::Unavailable) => false,
        }
    }

    /// Whether the consent that a piece of evidence needs was given, to the words that the document has now.
    #[must_use]
    pub fn consents(&self, evidence: &Evidence) -> bool {
        let Some(text) = &evidence.consent else { return true };
        let given = self.held(&evidence.id).and_then(|held| held.consent.as_ref());
        given.is_some_and(|consent| consent.words == words_digest(text.in_language(consent.language)))
    }

    /// What is to be done before it can be sent: evidence first, then questions.
    #[must_use]
    pub fn tasks(&self, today: Date) -> Vec<Task> {
        let evidence = self.service.evidence.iter().map(|evidence| {
            let progress = match (self.lacks(evidence), self.held(&evidence.id).map(|held| &held.status)) {
                (None, None | Some(Status::Wanted)) => Progress::Optional,
                (None, _) => Progress::Done,
                (Some(_), None | Some(Status::Wanted)) => Progress::Open,
                (Some(_), _) => Progress::Wrong,
            };
            Task { place: Place::Evidence(evidence.id.clone()), progress }
        });
        let shown = self.service.questions.iter().filter(|question| self.shown(question));
        let questions = shown.map(|question| {
            let progress = match (self.asks(question), self.effective(question)) {
                (false, Some(_)) => Progress::Done,
                (false, None) => Progress::Waits,
                (true, Some(given)) => match answer::check(question, &given.answer, today) {
                    Ok(()) => Progress::Done,
                    Err(_) => Progress::Wrong,
                },
                (true, None) if question.required => Progress::Open,
                (true, None) => Progress::Optional,
            };
            Task { place: Place::Question(question.id.clone()), progress }
        });
        evidence.chain(questions).collect()
    }

    /// Everything that keeps it from being sent.
    #[must_use]
    pub fn problems(&self, today: Date) -> Vec<Problem> {
        let mut problems = Vec::new();
        for evidence in &self.service.evidence {
            if let Some(what) = self.lacks(evidence) {
                problems.push(Problem { place: Place::Evidence(evidence.id.clone()), what });
            }
        }
        for question in self.service.questions.iter().filter(|question| self.asks(question)) {
            let wrong = match self.application.answers.get(&question.id) {
                None => question.required.then_some(Wrong::Missing),
                Some(answer) => answer::check(question, answer, today).err(),
            };
            if let Some(wrong) = wrong {
                problems.push(Problem { place: Place::Question(question.id.clone()), what: Missing::Answer(wrong) });
            }
        }
        if problems.is_empty() && self.charge().is_err() {
            problems.push(Problem { place: Place::Declaration, what: Missing::Calculation });
        }
        problems
    }

    /// What is missing of a piece of evidence.
    fn lacks(&self, evidence: &Evidence) -> Option<Missing> {
        let status = self.held(&evidence.id).map_or(&Status::Wanted, |held| &held.status);
        match status {
            Status::ByHand => None,
            Status::Fetched { .. } | Status::NoData(_) if !self.consents(evidence) => Some(Missing::Consent),
            Status::Fetched { .. } => None,
            _ if !evidence.required => None,
            Status::Wanted if !self.consents(evidence) => Some(Missing::Consent),
            Status::Wanted => Some(Missing::NotFetched),
            Status::NoData(_) => Some(Missing::NoData),
            Status::Refused(_) => Some(Missing::Refused),
            Status::Unavailable => Some(Missing::Unavailable { enter_yourself: evidence.enter_yourself }),
        }
    }

    /// Whether the citizen may give the facts now: the document allows it, and the register gave none.
    #[must_use]
    pub fn may_enter(&self, evidence: &Evidence) -> bool {
        let status = self.held(&evidence.id).map(|held| &held.status);
        let in_vain = matches!(status, Some(Status::NoData(_) | Status::Refused(_) | Status::Unavailable));
        evidence.enter_yourself && in_vain
    }

    /// The results of the arithmetic.
    pub fn results(&self) -> Result<Results, StepError> {
        calculate(&self.service.steps, self)
    }

    /// What it costs, in whole rupiah: above zero the citizen pays, below zero is paid back.
    pub fn charge(&self) -> Result<i64, StepError> {
        Ok(match &self.service.fee {
            Fee::Free => {
                self.results()?;
                0
            }
            Fee::Fixed(amount) => *amount,
            Fee::PerAnswer { question, amounts } => {
                let given = self.value(&Operand::Answer(question.clone()));
                amounts.iter().find(|(option, _)| Some(option) == given.as_ref()).map_or(0, |(_, amount)| *amount)
            }
            Fee::Computed(Operand::Step(step)) => self.results()?.of(step).unwrap_or(0),
            Fee::Computed(_) => 0,
        })
    }

    /// Whether each rule holds.
    pub fn rules(&self) -> impl Iterator<Item = (&'a Rule, Holds)> {
        self.service.rules.iter().map(|rule| (rule, self.holds(&rule.check)))
    }

    fn holds(&self, check: &Check) -> Holds {
        let results = self.results();
        let value = |operand: &Operand| match operand {
            Operand::Amount(amount) => Some(amount.to_string()),
            Operand::Step(step) => results.as_ref().ok()?.of(step).map(|result| result.to_string()),
            other => self.value(other),
        };
        let judge = |value: Option<String>, holds: &dyn Fn(&str) -> bool| match value {
            None => Holds::Unknown,
            Some(value) if holds(&value) => Holds::Yes,
            Some(_) => Holds::No,
        };
        match check {
            Check::Present(of) => judge(Some(value(of).unwrap_or_default()), &|value| !value.is_empty()),
            Check::Same(of, with) => match value(with) {
                None => Holds::Unknown,
                Some(with) => judge(value(of), &|value| folded(value) == folded(&with)),
            },
            Check::AtLeast(of, bound) => judge(value(of), &|value| whole(value).is_some_and(|n| n >= *bound)),
            Check::AtMost(of, bound) => judge(value(of), &|value| whole(value).is_some_and(|n| n <= *bound)),
            Check::OneOf(of, values) => {
                judge(value(of), &|value| values.iter().any(|one| folded(one) == folded(value)))
            }
        }
    }

    /// What stands against granting it: rules that do not hold, facts that are disputed, evidence that is too old.
    #[must_use]
    pub fn obstacles(&self, now: UnixTime) -> Vec<Obstacle> {
        let rules = self.rules().filter_map(|(rule, holds)| match holds {
            Holds::Yes => None,
            Holds::No => Some(Obstacle::RuleFails(RuleId::clone(&rule.id))),
            Holds::Unknown => Some(Obstacle::RuleUnknown(RuleId::clone(&rule.id))),
        });
        rules
            .chain(self.disputed())
            .chain(self.stale(now).map(|evidence| Obstacle::Stale(evidence.id.clone())))
            .collect()
    }

    /// Disputes that nobody has settled.
    pub fn disputed(&self) -> impl Iterator<Item = Obstacle> {
        self.application.evidence.iter().flat_map(|(evidence, held)| {
            let disputes = match &held.status {
                Status::Fetched { disputes, .. } => disputes.as_slice(),
                _ => &[],
            };
            let open = disputes.iter().filter(|dispute| dispute.settled.is_none());
            open.map(|dispute| Obstacle::Disputed(evidence.clone(), dispute.field.clone()))
        })
    }

    /// Evidence that is older than the document allows for a decision.
    pub fn stale(&self, now: UnixTime) -> impl Iterator<Item = &'a Evidence> {
        self.service.evidence.iter().filter(move |evidence| match self.held(&evidence.id).map(|held| &held.status) {
            Some(Status::Fetched { fetched, .. }) => days_after(fetched.provenance.at, evidence.fresh_days) <= now,
            _ => false,
        })
    }

    /// Whether the system may grant it: the document says so, registers said everything that they were to say, every
    /// rule holds, and the citizen disputes nothing.
    #[must_use]
    pub fn is_automatic(&self, now: UnixTime) -> bool {
        let fetched = |evidence: &Evidence| {
            matches!(self.held(&evidence.id).map(|held| &held.status), Some(Status::Fetched { .. }))
        };
        let disputes = self.application.evidence.values().any(|held| match &held.status {
            Status::Fetched { disputes, .. } => !disputes.is_empty(),
            _ => false,
        });
        self.service.decision.automatic
            && self.service.evidence.iter().filter(|evidence| evidence.required).all(fetched)
            && !disputes
            && self.obstacles(now).is_empty()
    }
}

impl Values for Case<'_> {
    fn value(&self, operand: &Operand) -> Option<String> {
        match operand {
            Operand::Answer(question) => {
                let question = self.service.question(question).filter(|question| self.shown(question))?;
                self.effective(question).map(|given| given.answer.plain())
            }
            Operand::Field(evidence, field) => self.field(evidence, field).map(str::to_owned),
            Operand::Identifier => Some(self.application.applicant.person().id().reveal().to_owned()),
            Operand::Name => Some(self.application.applicant.person().name().to_owned()),
            Operand::Step(_) | Operand::Amount(_) => None,
        }
    }
}

/// Without case, and with single spaces.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// SHA-256 of words that a citizen agreed to, hexadecimal.
#[must_use]
pub fn words_digest(words: &str) -> String {
    let digest = hash::digest(DigestAlgorithm::Sha256, words.as_bytes());
    digest.as_bytes().iter().map(|octet| format!("{octet:02x}")).collect()
}
