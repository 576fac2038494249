//! The document as it is written: the shape of its TOML, before anything is understood.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ServiceForm {
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) category: String,
    pub(super) title: TextForm,
    pub(super) summary: TextForm,
    pub(super) declaration: TextForm,
    pub(super) applicants: Vec<String>,
    pub(super) draft_days: u32,
    pub(super) offset: String,
    #[serde(default)]
    pub(super) holidays: Vec<String>,
    pub(super) fee: FeeForm,
    #[serde(default)]
    pub(super) question: Vec<QuestionForm>,
    #[serde(default)]
    pub(super) evidence: Vec<EvidenceForm>,
    #[serde(default)]
    pub(super) step: Vec<StepForm>,
    #[serde(default)]
    pub(super) rule: Vec<RuleForm>,
    pub(super) stage: Vec<StageForm>,
    pub(super) decision: DecisionForm,
    pub(super) letter: Vec<LetterForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct TextForm {
    pub(super) id: String,
    pub(super) en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FeeForm {
    pub(super) kind: String,
    pub(super) currency: Option<String>,
    pub(super) amount: Option<i64>,
    pub(super) question: Option<String>,
    pub(super) amounts: Option<Vec<FeeAmountForm>>,
    pub(super) result: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FeeAmountForm {
    pub(super) answer: String,
    pub(super) amount: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct QuestionForm {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) label: TextForm,
    pub(super) hint: Option<TextForm>,
    pub(super) required: bool,
    pub(super) options: Option<Vec<OptionForm>>,
    #[serde(default)]
    pub(super) show_when: Vec<ConditionForm>,
    pub(super) length: Option<SpanForm>,
    pub(super) range: Option<SpanForm>,
    pub(super) pattern: Option<String>,
    pub(super) earliest: Option<OffsetForm>,
    pub(super) latest: Option<OffsetForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OptionForm {
    pub(super) id: String,
    pub(super) label: TextForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ConditionForm {
    pub(super) question: String,
    pub(super) equals: Option<String>,
    pub(super) contains: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SpanForm {
    pub(super) least: i64,
    pub(super) most: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OffsetForm {
    #[serde(default)]
    pub(super) years: i32,
    #[serde(default)]
    pub(super) months: i32,
    #[serde(default)]
    pub(super) days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct EvidenceForm {
    pub(super) id: String,
    pub(super) title: TextForm,
    pub(super) explanation: TextForm,
    pub(super) service: String,
    pub(super) request: String,
    pub(super) agreement: Option<String>,
    pub(super) purpose: String,
    pub(super) basis: String,
    pub(super) records: Option<String>,
    pub(super) required: bool,
    pub(super) enter_yourself: bool,
    pub(super) fresh_days: u32,
    pub(super) consent: Option<TextForm>,
    pub(super) fields: Vec<FieldForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct FieldForm {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) label: TextForm,
    pub(super) fills: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StepForm {
    pub(super) id: String,
    pub(super) title: TextForm,
    pub(super) op: String,
    pub(super) of: Vec<String>,
    pub(super) less: Option<String>,
    pub(super) rate: Option<u32>,
    pub(super) to: Option<i64>,
    pub(super) brackets: Option<Vec<BracketForm>>,
    pub(super) question: Option<String>,
    pub(super) amounts: Option<Vec<FeeAmountForm>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct BracketForm {
    pub(super) up_to: Option<i64>,
    pub(super) rate: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RuleForm {
    pub(super) id: String,
    pub(super) text: TextForm,
    pub(super) law: String,
    pub(super) check: String,
    pub(super) of: String,
    pub(super) with: Option<String>,
    pub(super) bound: Option<i64>,
    pub(super) values: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct StageForm {
    pub(super) id: String,
    pub(super) title: TextForm,
    pub(super) reads: TextForm,
    pub(super) office: String,
    pub(super) office_name: TextForm,
    pub(super) within: WithinForm,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WithinForm {
    pub(super) days: u32,
    pub(super) count: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct DecisionForm {
    pub(super) persons: u8,
    pub(super) automatic: bool,
    pub(super) appeal: TextForm,
    pub(super) ground: Vec<GroundForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct GroundForm {
    pub(super) id: String,
    pub(super) outcome: String,
    pub(super) law: String,
    pub(super) text: TextForm,
    pub(super) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct LetterForm {
    pub(super) id: String,
    #[serde(rename = "for")]
    pub(super) occasion: String,
    pub(super) title: TextForm,
    pub(super) paragraphs: Vec<TextForm>,
}
