//! Parts of stored events: persons, answers, facts, rulings.

use serde::{Deserialize, Serialize};
use simpul_core::UnixTime;
use simpul_policy::agreement::terms::Language;

use crate::application::answer::{Address, Answer};
use crate::application::event::{Obstacle, Override, Ruling};
use crate::application::person::{Actor, Applicant, Citizen, Mandate, NationalId, Officer, PersonName, Remark};
use crate::catalogue::Outcome;
use crate::catalogue::calendar::day;
use crate::evidence::{Fetched, Provenance, Record};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub(super) enum ActorForm {
    Citizen {},
    Officer { id: String, name: String, role: String, office: String },
    System {},
}

impl ActorForm {
    pub(super) fn of(actor: &Actor) -> Self {
        match actor {
            Actor::Citizen => Self::Citizen {},
            Actor::System => Self::System {},
            Actor::Officer(officer) => Self::Officer {
                id: officer.id().to_owned(),
                name: officer.name().to_owned(),
                role: officer.role().to_owned(),
                office: officer.office().to_string(),
            },
        }
    }

    pub(super) fn actor(&self) -> Option<Actor> {
        Some(match self {
            Self::Citizen {} => Actor::Citizen,
            Self::System {} => Actor::System,
            Self::Officer { id, name, role, office } => {
                Actor::Officer(Officer::new(person(id)?, person(name)?, person(role)?, office.parse().ok()?))
            }
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CitizenForm {
    home: String,
    number: String,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicantForm {
    citizen: CitizenForm,
    mandate: Option<MandateForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MandateForm {
    principal: CitizenForm,
    proof: String,
}

impl CitizenForm {
    fn of(citizen: &Citizen) -> Self {
        let id = citizen.id();
        Self { home: id.home().to_string(), number: id.reveal().to_owned(), name: citizen.name().to_owned() }
    }

    fn citizen(&self) -> Option<Citizen> {
        let id = NationalId::new(self.home.parse().ok()?, self.number.clone()).ok()?;
        Some(Citizen::new(id, person(&self.name)?))
    }
}

impl ApplicantForm {
    pub(super) fn of(applicant: &Applicant) -> Self {
        let mandate = applicant.mandate.as_ref().map(|mandate| MandateForm {
            principal: CitizenForm::of(&mandate.principal),
            proof: mandate.proof.as_str().to_owned(),
        });
        Self { citizen: CitizenForm::of(&applicant.citizen), mandate }
    }

    pub(super) fn applicant(&self) -> Option<Applicant> {
        let mandate = match &self.mandate {
            None => None,
            Some(form) => Some(Mandate { principal: form.principal.citizen()?, proof: remark(&form.proof)? }),
        };
        Some(Applicant { citizen: self.citizen.citizen()?, mandate })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
pub(super) enum AnswerForm {
    Text { text: String },
    Number { number: i64 },
    Date { date: String },
    YesNo { yes: bool },
    Choice { option: String },
    Choices { options: Vec<String> },
    Address { street: String, locality: String, city: String, province: String, postal_code: String },
}

impl AnswerForm {
    pub(super) fn of(answer: &Answer) -> Self {
        match answer.clone() {
            Answer::Text(text) => Self::Text { text },
            Answer::Number(number) => Self::Number { number },
            Answer::Date(date) => Self::Date { date: date.to_string() },
            Answer::YesNo(yes) => Self::YesNo { yes },
            Answer::Choice(option) => Self::Choice { option: option.to_string() },
            Answer::Choices(options) => Self::Choices { options: options.iter().map(ToString::to_string).collect() },
            Answer::Address(Address { street, locality, city, province, postal_code }) => {
                Self::Address { street, locality, city, province, postal_code }
            }
        }
    }

    pub(super) fn answer(self) -> Option<Answer> {
        Some(match self {
            Self::Text { text } => Answer::Text(text),
            Self::Number { number } => Answer::Number(number),
            Self::Date { date } => Answer::Date(day(&date)?),
            Self::YesNo { yes } => Answer::YesNo(yes),
            Self::Choice { option } => Answer::Choice(option.parse().ok()?),
            Self::Choices { options } => {
                Answer::Choices(options.iter().map(|option| option.parse().ok()).collect::<Option<_>>()?)
            }
            Self::Address { street, locality, city, province, postal_code } => {
                Answer::Address(Address { street, locality, city, province, postal_code })
            }
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProvenanceForm {
    /// Instance, class, code, subsystem if there is one, service, and version if there is one.
    provider: Vec<String>,
    service: String,
    version: Option<String>,
    at: i64,
    message_id: String,
    record: Option<u64>,
    agreement: Option<String>,
}

impl ProvenanceForm {
    pub(super) fn of(from: &Provenance) -> Self {
        Self {
            provider: from.source.provider.parts().into_iter().map(str::to_owned).collect(),
            service: from.source.code.to_string(),
            version: from.source.version.as_ref().map(ToString::to_string),
            at: from.at.millis(),
            message_id: from.message_id.clone(),
            record: from.record,
            agreement: from.agreement.clone(),
        }
    }

    pub(super) fn provenance(self) -> Option<Provenance> {
        let parts: Vec<&str> = self.provider.iter().map(String::as_str).collect();
        let provider = simpul_core::ClientId::from_parts(&parts).ok()?;
        let version = match self.version {
            None => None,
            Some(version) => Some(version.parse().ok()?),
        };
        Some(Provenance {
            source: simpul_core::ServiceId { provider, code: self.service.parse().ok()?, version },
            at: UnixTime::from_millis(self.at),
            message_id: self.message_id,
            record: self.record,
            agreement: self.agreement,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FetchedForm {
    records: Vec<Vec<(String, String)>>,
    from: ProvenanceForm,
}

impl FetchedForm {
    pub(super) fn of(fetched: &Fetched) -> Self {
        let record = |record: &Record| record.0.iter().map(|(id, value)| (id.to_string(), value.clone())).collect();
        Self { records: fetched.records.iter().map(record).collect(), from: ProvenanceForm::of(&fetched.provenance) }
    }

    pub(super) fn fetched(self) -> Option<Fetched> {
        let field = |(id, value): (String, String)| Some((id.parse().ok()?, value));
        let record = |record: Vec<(String, String)>| record.into_iter().map(field).collect::<Option<_>>().map(Record);
        Some(Fetched {
            records: self.records.into_iter().map(record).collect::<Option<_>>()?,
            provenance: self.from.provenance()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulingForm {
    outcome: String,
    ground: String,
    law: String,
    reason: Option<String>,
    overrides: Vec<OverrideForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideForm {
    obstacle: ObstacleForm,
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "kebab-case")]
enum ObstacleForm {
    RuleFails { rule: String },
    RuleUnknown { rule: String },
    Disputed { evidence: String, field: String },
    Stale { evidence: String },
}

impl RulingForm {
    pub(super) fn of(ruling: &Ruling) -> Self {
        let overrides = ruling.overrides.iter().map(|passed| OverrideForm {
            obstacle: match &passed.obstacle {
                Obstacle::RuleFails(rule) => ObstacleForm::RuleFails { rule: rule.to_string() },
                Obstacle::RuleUnknown(rule) => ObstacleForm::RuleUnknown { rule: rule.to_string() },
                Obstacle::Disputed(evidence, field) => {
                    ObstacleForm::Disputed { evidence: evidence.to_string(), field: field.to_string() }
                }
                Obstacle::Stale(evidence) => ObstacleForm::Stale { evidence: evidence.to_string() },
            },
            reason: passed.reason.as_str().to_owned(),
        });
        Self {
            outcome: ruling.outcome.as_str().to_owned(),
            ground: ruling.ground.to_string(),
            law: ruling.law.clone(),
            reason: ruling.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            overrides: overrides.collect(),
        }
    }

    pub(super) fn ruling(self) -> Option<Ruling> {
        let passed = |form: OverrideForm| {
            let obstacle = match form.obstacle {
                ObstacleForm::RuleFails { rule } => Obstacle::RuleFails(rule.parse().ok()?),
                ObstacleForm::RuleUnknown { rule } => Obstacle::RuleUnknown(rule.parse().ok()?),
                ObstacleForm::Disputed { evidence, field } => {
                    Obstacle::Disputed(evidence.parse().ok()?, field.parse().ok()?)
                }
                ObstacleForm::Stale { evidence } => Obstacle::Stale(evidence.parse().ok()?),
            };
            Some(Override { obstacle, reason: remark(&form.reason)? })
        };
        Some(Ruling {
            outcome: match self.outcome.as_str() {
                "grant" => Outcome::Grant,
                "refuse" => Outcome::Refuse,
                _ => return None,
            },
            ground: self.ground.parse().ok()?,
            law: self.law,
            reason: match self.reason {
                None => None,
                Some(reason) => Some(remark(&reason)?),
            },
            overrides: self.overrides.into_iter().map(passed).collect::<Option<_>>()?,
        })
    }
}

pub(super) fn person(text: &str) -> Option<PersonName> {
    PersonName::new(text).ok()
}

pub(super) fn remark(text: &str) -> Option<Remark> {
    Remark::new(text).ok()
}

pub(super) fn language(name: &str) -> Option<Language> {
    match name {
        "id" => Some(Language::Indonesian),
        "en" => Some(Language::English),
        _ => None,
    }
}

pub(super) fn language_name(language: Language) -> String {
    match language {
        Language::Indonesian => "id",
        Language::English => "en",
    }
    .to_owned()
}
