//! What an exchange under an agreement adds to the message blocks: the caller declares, the provider decides. X-Road
//! servers pass these headers and sign them inside the block like any other.
//!
//! They are Simpul's own. A peer that knows nothing of agreements sends none and ignores those that it gets.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use simpul_core::limits;

use super::block;
use super::{HeaderLine, RestError};

/// Why the data is asked for: a purpose that the agreement names.
pub const PURPOSE: &str = "simpul-purpose";
/// The legal basis on which it is asked for.
pub const BASIS: &str = "simpul-basis";
/// The consent of the person, where the agreement wants one.
pub const CONSENT: &str = "simpul-consent";
/// The person, as a token that only the provider can open. Never a national number: signed blocks live for ever.
pub const SUBJECT: &str = "simpul-subject";
/// To the service only, never in a message between servers: the identifier in the token that was opened.
pub const SUBJECT_ID: &str = "simpul-subject-id";
/// To the service only, never in a message between servers: the state that gave the identifier.
pub const SUBJECT_HOME: &str = "simpul-subject-home";
/// The persons at the consumer who approved the call, by names or user ids, separated by commas: its member vouches for
/// them with its seal.
pub const APPROVED_BY: &str = "simpul-approved-by";
/// The member to whom the consumer will hand the data on.
pub const ONWARD: &str = "simpul-onward";
/// X-Road's own header for the number of the case.
pub const CASE: &str = "x-road-issue";
/// Response only: under which agreement and clauses the provider answered.
pub const DECISION: &str = "simpul-decision";
/// Response only: why the provider refused.
pub const REFUSAL: &str = "simpul-refusal";

/// What a caller declared, each at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// [`PURPOSE`].
    pub purpose: Option<String>,
    /// [`BASIS`].
    pub basis: Option<String>,
    /// [`CONSENT`].
    pub consent: Option<String>,
    /// [`SUBJECT`].
    pub subject: Option<String>,
    /// [`CASE`].
    pub case: Option<String>,
    /// [`APPROVED_BY`], each person once.
    pub approved_by: BTreeSet<String>,
    /// [`ONWARD`].
    pub onward: Option<String>,
}

impl Declaration {
    /// Reads the headers of a request. A declaration that stands twice says two things, and so nothing; an empty one
    /// declares nothing.
    pub(super) fn of(headers: &[HeaderLine]) -> Result<Self, RestError> {
        let one = |name: &'static str, most: usize| {
            let value = block::only(headers, name)?.map(|h| h.value.trim()).filter(|v| !v.is_empty());
            match value {
                Some(value) if value.len() > most => Err(RestError::Declaration(name)),
                value => Ok(value.map(str::to_owned)),
            }
        };
        Ok(Self {
            purpose: one(PURPOSE, limits::DECLARATION)?,
            basis: one(BASIS, limits::DECLARATION)?,
            consent: one(CONSENT, limits::DECLARATION)?,
            subject: one(SUBJECT, limits::SUBJECT_TOKEN)?,
            // X-Road lets it be repeated: as in X-Road the last one counts, and its length is the block's.
            approved_by: persons(one(APPROVED_BY, limits::DECLARATION)?.as_deref()),
            onward: one(ONWARD, limits::DECLARATION)?,
            case: headers.iter().rfind(|h| h.name.eq_ignore_ascii_case(CASE)).map(|h| h.value.trim().to_owned()),
        })
    }
}

/// An agreement in the version that was signed: `id@digest`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cited {
    /// The agreement's id.
    pub id: String,
    /// SHA-256 of its canonical JSON, in lower-case hex.
    pub digest: String,
}

/// What the provider says about agreements in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered under these clauses: `id@digest;clause,clause`.
    Decision {
        /// Under which agreement.
        agreement: Cited,
        /// Under which of its clauses.
        clauses: Vec<String>,
    },
    /// It refused: `reason`, `reason;id@digest` or `reason;id@digest;clause`.
    Refusal {
        /// A word of the closed list of reasons.
        reason: String,
        /// The agreement that refuses, if there is one.
        agreement: Option<Cited>,
        /// Its clause, if one refuses.
        clause: Option<String>,
    },
}

impl Verdict {
    /// The header that carries it.
    #[must_use]
    pub fn header(&self) -> &'static str {
        match self {
            Self::Decision { .. } => DECISION,
            Self::Refusal { .. } => REFUSAL,
        }
    }

    /// Reads the verdict of a response; `None` if it has none, as every answer of a plain X-Road server. Both kinds at
    /// once, one of them twice, or a text of another form is an error: evidence has one meaning or none.
    pub(super) fn of(headers: &[HeaderLine]) -> Result<Option<Self>, RestError> {
        match (block::only(headers, DECISION)?, block::only(headers, REFUSAL)?) {
            (None, None) => Ok(None),
            (Some(header), None) => decision(&header.value).map(Some).ok_or(RestError::Declaration(DECISION)),
            (None, Some(header)) => refusal(&header.value).map(Some).ok_or(RestError::Declaration(REFUSAL)),
            (Some(_), Some(_)) => Err(RestError::Declaration(REFUSAL)),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decision { agreement, clauses } => write!(f, "{agreement};{}", clauses.join(",")),
            Self::Refusal { reason, agreement, clause } => {
                f.write_str(reason)?;
                agreement.iter().try_for_each(|a| write!(f, ";{a}"))?;
                clause.iter().try_for_each(|c| write!(f, ";{c}"))
            }
        }
    }
}

impl fmt::Display for Cited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.digest)
    }
}

/// Not `id@digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an agreement's id and the hexadecimal digest of its version, joined by `@`")]
pub struct NotCited;

impl FromStr for Cited {
    type Err = NotCited;

    fn from_str(s: &str) -> Result<Self, NotCited> {
        let (id, digest) = s.split_once('@').ok_or(NotCited)?;
        let hex = digest.len() == 64 && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match is_name(id) && hex {
            true => Ok(Self { id: id.to_owned(), digest: digest.to_owned() }),
            false => Err(NotCited),
        }
    }
}

/// The same person named twice, in whatever case, is one person.
fn persons(text: Option<&str>) -> BTreeSet<String> {
    let names = text.unwrap_or_default().split(',').map(|name| name.trim().to_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

fn decision(text: &str) -> Option<Verdict> {
    let (agreement, clauses) = text.trim().split_once(';')?;
    let clauses: Vec<String> = clauses.split(',').take(limits::CITED_CLAUSES + 1).map(str::to_owned).collect();
    let sound = clauses.len() <= limits::CITED_CLAUSES && clauses.iter().all(|c| is_name(c));
    sound.then_some(Verdict::Decision { agreement: agreement.parse().ok()?, clauses })
}

fn refusal(text: &str) -> Option<Verdict> {
    let mut parts = text.trim().split(';');
    let reason = parts.next().filter(|r| is_name(r))?.to_owned();
    let agreement = parts.next().map(str::parse).transpose().ok()?;
    let clause = match parts.next() {
        Some(clause) if is_name(clause) => Some(clause.to_owned()),
        Some(_) => return None,
        None => None,
    };
    parts.next().is_none().then_some(Verdict::Refusal { reason, agreement, clause })
}

/// The names of agreements, clauses and reasons.
fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_core::Code;

    const DIGEST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn headers(lines: &[(&str, &str)]) -> Vec<HeaderLine> {
        lines.iter().map(|(n, v)| HeaderLine { name: (*n).to_owned(), value: (*v).to_owned() }).collect()
    }

    #[test]
    fn a_declaration_says_one_thing() {
        let lines = [
            ("Simpul-Purpose", " dpv:LegalCompliance "),
            ("SIMPUL-BASIS", "art-5"),
            ("Simpul-Consent", ""),
            ("Simpul-Approved-By", "Siti, budi,, SITI ,"),
            ("x-road-issue", "first"),
            ("X-Road-Issue", "case 7"),
        ];
        let said = Declaration::of(&headers(&lines)).unwrap();
        assert_eq!(said.purpose.as_deref(), Some("dpv:LegalCompliance"));
        assert_eq!(said.basis.as_deref(), Some("art-5"));
        assert_eq!((said.consent, said.subject), (None, None), "an empty header declares nothing");
        assert_eq!(said.case.as_deref(), Some("case 7"));
        assert_eq!(said.approved_by.iter().collect::<Vec<_>>(), ["budi", "siti"], "each person once");
        for name in [PURPOSE, BASIS, CONSENT, SUBJECT, APPROVED_BY, ONWARD] {
            let twice = headers(&[(name, "a"), (&name.to_uppercase(), "a")]);
            assert_eq!(Declaration::of(&twice).unwrap_err().code(), Code::DuplicateHeaderField, "{name}");
        }
    }

    #[test]
    fn declarations_are_bounded() {
        for (name, most) in [(PURPOSE, limits::DECLARATION), (SUBJECT, limits::SUBJECT_TOKEN)] {
            let of = |n: usize| Declaration::of(&headers(&[(name, &"x".repeat(n))]));
            assert!(of(most).is_ok());
            assert_eq!(of(most + 1), Err(RestError::Declaration(name)));
        }
    }

    #[test]
    fn verdicts_are_read_back() {
        let cited = Cited { id: "id-my.civil_1".into(), digest: DIGEST.into() };
        let clause = |c: &str| Some(c.to_owned());
        let refusal = |agreement, clause| Verdict::Refusal { reason: "purpose".into(), agreement, clause };
        let all = [
            Verdict::Decision { agreement: cited.clone(), clauses: vec!["c1".into(), "c2".into()] },
            refusal(None, None),
            refusal(Some(cited.clone()), None),
            refusal(Some(cited), clause("c1")),
        ];
        for verdict in all {
            let lines = headers(&[(verdict.header(), &verdict.to_string())]);
            assert_eq!(Verdict::of(&lines), Ok(Some(verdict)));
        }
        assert_eq!(Verdict::of(&[]), Ok(None));
    }

    #[test]
    fn anything_else_is_no_verdict() {
        let long = format!("a@{DIGEST};{}", vec!["c"; limits::CITED_CLAUSES + 1].join(","));
        let upper = format!("a@{};c", DIGEST.to_uppercase());
        let cases: &[(&'static str, &str)] = &[
            (DECISION, ""),
            (DECISION, "a@00;c"),
            (DECISION, &upper),
            (DECISION, &format!("a@{DIGEST}")),
            (DECISION, &format!("a@{DIGEST};")),
            (DECISION, &format!("a@{DIGEST};c,,d")),
            (DECISION, &format!("a b@{DIGEST};c")),
            (DECISION, &long),
            (REFUSAL, ""),
            (REFUSAL, "no reason"),
            (REFUSAL, "purpose;a"),
            (REFUSAL, &format!("purpose;a@{DIGEST};")),
            (REFUSAL, &format!("purpose;a@{DIGEST};c;d")),
        ];
        for (name, value) in cases {
            assert_eq!(Verdict::of(&headers(&[(name, value)])), Err(RestError::Declaration(name)), "{value}");
        }
        let most = format!("a@{DIGEST};{}", vec!["c"; limits::CITED_CLAUSES].join(","));
        assert!(Verdict::of(&headers(&[(DECISION, &most)])).is_ok());
        let good = format!("a@{DIGEST};c");
        assert!(Verdict::of(&headers(&[(DECISION, &good), (REFUSAL, "purpose")])).is_err(), "both at once");
        assert!(Verdict::of(&headers(&[(DECISION, &good), ("Simpul-Decision", &good)])).is_err(), "twice");
    }
}
