//! What a service document says, understood: every value here is inside its bounds, and every name leads somewhere.

use simpul_core::ServiceId;
use simpul_policy::agreement::AgreementId;
use simpul_policy::agreement::terms::Text;

use super::calendar::{Calendar, Within};
use super::name::{EvidenceId, FieldId, GroundId, LetterId, OfficeId, PublicServiceId, QuestionId, RuleId, StageId};
use super::question::Question;
use super::steps::{Operand, Step};
use super::template::Template;

/// One public service in one version. Made only by [`Service::from_toml`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// The same in all versions.
    pub id: PublicServiceId,
    /// From 1.
    pub version: u32,
    /// The life event under which it is found.
    pub category: Category,
    /// Its name.
    pub title: Text,
    /// What it is for, in a sentence or two.
    pub summary: Text,
    /// What the citizen declares when sending the application.
    pub declaration: Text,
    /// Whether somebody with a verified mandate may apply for another person.
    pub on_behalf: bool,
    /// Days of 24 hours after which a draft expires.
    pub draft_days: u32,
    /// Which days are worked, and where a day begins.
    pub calendar: Calendar,
    /// What it costs.
    pub fee: Fee,
    /// In the order of their pages.
    pub questions: Vec<Question>,
    /// What registers are asked for.
    pub evidence: Vec<Evidence>,
    /// The arithmetic, each step after those that it uses.
    pub steps: Vec<Step>,
    /// What is checked before a decision.
    pub rules: Vec<Rule>,
    /// In their order; one or more.
    pub stages: Vec<Stage>,
    /// How it is decided.
    pub decision: DecisionTerms,
    /// What is written to the citizen.
    pub letters: Vec<LetterTemplate>,
}

/// Life events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Category {
    /// Birth and children.
    Birth,
    /// School and university.
    Education,
    /// Work and business.
    Work,
    /// Health.
    Health,
    /// House and land.
    Home,
    /// Vehicles and roads.
    Vehicle,
    /// Going abroad.
    Travel,
    /// Assistance and pension.
    Benefits,
    /// Taxes.
    Tax,
}

/// What a service costs, in whole rupiah (IDR).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fee {
    /// Nothing.
    Free,
    /// Always the same, more than zero.
    Fixed(i64),
    /// By the option that answers a question; every option has an amount.
    PerAnswer {
        /// A question of kind choice or yes/no.
        question: QuestionId,
        /// Option and amount.
        amounts: Vec<(String, i64)>,
    },
    /// What a step gives: above zero the citizen pays, below zero is paid back.
    Computed(Operand),
}

/// What a register is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Its name.
    pub id: EvidenceId,
    /// What it is called on pages.
    pub title: Text,
    /// Why it is fetched.
    pub explanation: Text,
    /// The register's service, at home or in another state.
    pub service: ServiceId,
    /// The request to it.
    pub request: RequestTemplate,
    /// The agreement under which it is fetched; `None` at home where access rights are enough.
    pub agreement: Option<AgreementId>,
    /// The purpose that is declared, in the spelling of the agreement.
    pub purpose: String,
    /// The legal basis that is declared.
    pub basis: String,
    /// The member of the answer that holds an array of records; `None` if the answer is one record.
    pub records: Option<String>,
    /// Whether an application without it cannot be sent.
    pub required: bool,
    /// Whether the citizen may give the facts where the register has no answer.
    pub enter_yourself: bool,
    /// Days of 24 hours after which it is fetched again before a decision.
    pub fresh_days: u32,
    /// What the citizen agrees to, if it is not fetched without.
    pub consent: Option<Text>,
    /// What is used of the answer; nothing else is kept.
    pub fields: Vec<Field>,
}

/// A request by `GET`: the path, in which `{person}` stands for the identifier of the person, percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestTemplate(pub(super) String);

/// One field of a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub id: FieldId,
    /// Where it stands in a record: names of members with dots between them.
    pub path: String,
    /// What it is called on pages.
    pub label: Text,
    /// The question that it answers, which is then not asked.
    pub fills: Option<QuestionId>,
}

/// What must hold for a grant, unless an officer gives a reason why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub id: RuleId,
    /// What it demands, for people.
    pub text: Text,
    /// The law that says so.
    pub law: String,
    /// How it is checked.
    pub check: Check,
}

/// The closed list of checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// There is a value.
    Present(Operand),
    /// Both values are the same, letters compared without case and with single spaces.
    Same(Operand, Operand),
    /// A number of at least this much.
    AtLeast(Operand, i64),
    /// A number of at most this much.
    AtMost(Operand, i64),
    /// The value is one of these.
    OneOf(Operand, Vec<String>),
}

/// One stage of the work on an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub id: StageId,
    /// What it is called on pages.
    pub title: Text,
    /// What the citizen reads while it lasts.
    pub reads: Text,
    /// Who is responsible.
    pub office: OfficeId,
    /// What the office is called.
    pub office_name: Text,
    /// Its time limit.
    pub within: Within,
}

/// How a service is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionTerms {
    /// 1 or 2: two persons, who are never the same one.
    pub persons: u8,
    /// Whether the system grants where every rule holds on what registers said, undisputed.
    pub automatic: bool,
    /// How to appeal.
    pub appeal: Text,
    /// On what a decision rests; at least one to grant and one to refuse.
    pub grounds: Vec<Ground>,
}

/// A ground of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// Its name.
    pub id: GroundId,
    /// What is decided on it.
    pub outcome: Outcome,
    /// The law.
    pub law: String,
    /// What it says, for the citizen.
    pub text: Text,
    /// Whether the officer must add a reason. A refusal always needs one.
    pub reason_required: bool,
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// Yes.
    Grant,
    /// No.
    Refuse,
}

/// When a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Occasion {
    /// When the application has come.
    Receipt,
    /// When it is decided.
    Decision(Outcome),
}

/// A letter before it is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterTemplate {
    /// Its name.
    pub id: LetterId,
    /// When it is written.
    pub occasion: Occasion,
    /// Its title.
    pub title: Text,
    /// Its paragraphs, Indonesian and English.
    pub paragraphs: Vec<(Template, Template)>,
}

impl Service {
    /// The question with this name.
    #[must_use]
    pub fn question(&self, id: &QuestionId) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == *id)
    }

    /// The piece of evidence with this name.
    #[must_use]
    pub fn evidence(&self, id: &EvidenceId) -> Option<&Evidence> {
        self.evidence.iter().find(|evidence| evidence.id == *id)
    }

    /// The stage at this place, from 0.
    #[must_use]
    pub fn stage(&self, index: usize) -> Option<&Stage> {
        self.stages.get(index)
    }

    /// Whether the stage at this place is the last one.
    #[must_use]
    pub fn is_last_stage(&self, index: usize) -> bool {
        index.saturating_add(1) >= self.stages.len()
    }

    /// The ground with this name.
    #[must_use]
    pub fn ground(&self, id: &GroundId) -> Option<&Ground> {
        self.decision.grounds.iter().find(|ground| ground.id == *id)
    }

    /// The letter that is written on an occasion.
    #[must_use]
    pub fn letter(&self, occasion: Occasion) -> Option<&LetterTemplate> {
        self.letters.iter().find(|letter| letter.occasion == occasion)
    }

    /// The field that answers a question, and the evidence that it is part of.
    #[must_use]
    pub fn source_of(&self, question: &QuestionId) -> Option<(&Evidence, &Field)> {
        self.evidence.iter().find_map(|evidence| {
            evidence.fields.iter().find(|field| field.fills.as_ref() == Some(question)).map(|field| (evidence, field))
        })
    }
}

impl Evidence {
    /// The field with this name.
    #[must_use]
    pub fn field(&self, id: &FieldId) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == *id)
    }

    /// The paths of its fields as an agreement spells them, from the root of the answer.
    pub fn agreed_paths(&self) -> impl Iterator<Item = String> {
        self.fields.iter().map(|field| match &self.records {
            Some(records) => format!("{records}.*.{}", field.path),
            None => field.path.clone(),
        })
    }
}

/// What stands in a request for the identifier of the person.
pub(super) const PERSON: &str = "{person}";

impl RequestTemplate {
    /// The path for one person. Every octet of the identifier that is not a letter or digit of ASCII is
    /// percent-encoded, so that no identifier leads to another path.
    #[must_use]
    pub fn path(&self, identifier: &str) -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let encoded: String = identifier
            .bytes()
            .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        self.0.replace(PERSON, &encoded)
    }
}

impl Category {
    /// Every life event.
    pub const ALL: [Self; 9] = [
        Self::Birth,
        Self::Education,
        Self::Work,
        Self::Health,
        Self::Home,
        Self::Vehicle,
        Self::Travel,
        Self::Benefits,
        Self::Tax,
    ];

    /// Its spelling in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Birth => "birth",
            Self::Education => "education",
            Self::Work => "work",
            Self::Health => "health",
            Self::Home => "home",
            Self::Vehicle => "vehicle",
            Self::Travel => "travel",
            Self::Benefits => "benefits",
            Self::Tax => "tax",
        }
    }
}

impl Outcome {
    /// Its spelling in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Refuse => "refuse",
        }
    }
}
