//! What a message says about agreements, as part of a verdict: proved like the rest of the message, by its seal.

use serde::Serialize;
use simpul_wire::rest::{Cited, Declaration, Verdict};

use crate::verdict::field;

/// What the caller of a request declared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// Why it asks.
    pub purpose: Option<String>,
    /// On which legal basis.
    pub basis: Option<String>,
    /// With which consent.
    pub consent: Option<String>,
    /// In which case.
    pub case: Option<String>,
    /// Whether it names a person, with a token that only the provider can open.
    pub subject: bool,
    /// Who approved it.
    pub approved_by: Vec<String>,
    /// To whom the data will be handed on.
    pub onward: Option<String>,
}

/// Under which agreement the provider answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Agreed {
    /// Its id.
    pub id: String,
    /// SHA-256 of the canonical JSON of the version that was in force, hexadecimal.
    pub digest: String,
    /// The clauses that allow the call.
    pub clauses: Vec<String>,
}

/// Why the provider refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// A word of the closed list of reasons.
    pub reason: String,
    /// The agreement that refuses, if one speaks of the parties.
    pub id: Option<String>,
    /// SHA-256 of its version.
    pub digest: Option<String>,
    /// Its clause.
    pub clause: Option<String>,
}

impl Declared {
    pub(super) fn of(said: Declaration) -> Option<Self> {
        let Declaration { purpose, basis, consent, subject, case, approved_by, onward } = said;
        let subject = subject.is_some();
        let declared =
            Self { purpose, basis, consent, case, subject, approved_by: approved_by.into_iter().collect(), onward };
        (declared != Self::default()).then_some(declared)
    }

    pub(super) fn lines(&self) -> String {
        let said = [
            ("purpose", &self.purpose),
            ("legal basis", &self.basis),
            ("consent", &self.consent),
            ("case", &self.case),
            ("handed on to", &self.onward),
        ];
        let said = said.iter().filter_map(|(label, text)| text.as_ref().map(|text| field(label, text)));
        let person = self.subject.then(|| field("person", "named by a token that only the provider can open"));
        let approved = (!self.approved_by.is_empty()).then(|| field("approved by", &self.approved_by.join(", ")));
        said.chain(person).chain(approved).collect()
    }
}

impl Agreed {
    pub(super) fn of(verdict: &Verdict) -> Option<Self> {
        match verdict {
            Verdict::Decision { agreement: Cited { id, digest }, clauses } => {
                Some(Self { id: id.clone(), digest: digest.clone(), clauses: clauses.clone() })
            }
            Verdict::Refusal { .. } => None,
        }
    }

    pub(super) fn lines(&self) -> String {
        let agreement = field("agreement", &format!("{}, version with SHA-256 {}", self.id, self.digest));
        agreement + &field("clauses", &self.clauses.join(", "))
    }
}

impl Refused {
    pub(super) fn of(verdict: &Verdict) -> Option<Self> {
        match verdict {
            Verdict::Refusal { reason, agreement, clause } => Some(Self {
                reason: reason.clone(),
                id: agreement.as_ref().map(|a| a.id.clone()),
                digest: agreement.as_ref().map(|a| a.digest.clone()),
                clause: clause.clone(),
            }),
            Verdict::Decision { .. } => None,
        }
    }

    pub(super) fn lines(&self) -> String {
        let by = match (&self.id, &self.digest) {
            (Some(id), Some(digest)) => format!(" by agreement {id}, version with SHA-256 {digest}"),
            _ => String::new(),
        };
        let clause = self.clause.as_ref().map(|c| format!(", clause {c}")).unwrap_or_default();
        field("refused", &format!("{}{by}{clause}", self.reason))
    }
}
