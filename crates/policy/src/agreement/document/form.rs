//! The document as it is written: the shape of its TOML and of its JSON, before anything is understood.

use serde::{Deserialize, Serialize};

/// One agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AgreementForm {
    pub(crate) id: String,
    pub(crate) version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amends: Option<String>,
    pub(crate) binding_language: String,
    pub(crate) valid_from: String,
    pub(crate) valid_until: String,
    pub(crate) review: String,
    pub(crate) title: TextForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preamble: Option<TextForm>,
    pub(crate) party: Vec<PartyForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) purpose: Vec<PurposeForm>,
    pub(crate) clause: Vec<ClauseForm>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TextForm {
    pub(crate) id: String,
    pub(crate) en: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PartyForm {
    pub(crate) instance: String,
    pub(crate) member: String,
    pub(crate) subsystems: Vec<String>,
    pub(crate) officer: Vec<OfficerForm>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct OfficerForm {
    pub(crate) name: String,
    pub(crate) role: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) certificate: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PurposeForm {
    pub(crate) term: String,
    pub(crate) broader: String,
    pub(crate) title: TextForm,
}

/// A clause of any kind; which members a kind has is decided when it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClauseForm {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) text: TextForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grant: Option<GrantForm>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct GrantForm {
    pub(crate) consumers: Vec<String>,
    pub(crate) provider: String,
    pub(crate) service: String,
    pub(crate) endpoints: Vec<String>,
    pub(crate) purposes: Vec<String>,
    pub(crate) basis: Vec<BasisForm>,
    pub(crate) categories: Vec<String>,
    pub(crate) fields: Vec<String>,
    pub(crate) excess: String,
    pub(crate) retention_days: u32,
    pub(crate) residency: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) onward: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) volume: Vec<VolumeForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) hours: Vec<HoursForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) conditions: Option<ConditionsForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secrecy: Option<SecrecyForm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_until: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BasisForm {
    pub(crate) id: String,
    pub(crate) law: String,
    pub(crate) article: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct VolumeForm {
    pub(crate) count: u64,
    pub(crate) seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct HoursForm {
    pub(crate) days: Vec<String>,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) offset: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConditionsForm {
    pub(crate) consent: bool,
    pub(crate) subject: bool,
    pub(crate) case: bool,
    pub(crate) approvals: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SecrecyForm {
    pub(crate) regime: String,
    pub(crate) law: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
}
