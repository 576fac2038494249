//! Names that a service document gives to its parts.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use simpul_core::limits;

/// The text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name of 1 to {max} lower-case letters, digits and `-` is allowed, with a letter first", max = limits::SERVICE_NAME_CHARS)]
pub struct NameError;

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(s: &str) -> Result<Self, NameError> {
                is_name(s).then(|| Self(s.into())).ok_or(NameError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    )+ };
}

name! {
    /// A public service over all its versions, such as `diploma-recognition`.
    PublicServiceId,
    /// A question of a service.
    QuestionId,
    /// An option of a question.
    OptionId,
    /// A piece of evidence that a service needs.
    EvidenceId,
    /// A field of a piece of evidence.
    FieldId,
    /// A stage of a service.
    StageId,
    /// An office whose officers work on applications.
    OfficeId,
    /// A rule that is checked before a decision.
    RuleId,
    /// A ground of a decision.
    GroundId,
    /// A letter.
    LetterId,
    /// A step of the arithmetic.
    StepId,
}

fn is_name(s: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    s.len() <= limits::SERVICE_NAME_CHARS && s.starts_with(|c: char| c.is_ascii_lowercase()) && s.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_bounded() {
        for good in ["a", "diploma-2", &"x".repeat(limits::SERVICE_NAME_CHARS)] {
            assert_eq!(good.parse::<QuestionId>().unwrap().as_str(), good);
        }
        for bad in ["", "2a", "-a", "A", "a b", "a.b", "a:b", "é", "a_b", &"x".repeat(limits::SERVICE_NAME_CHARS + 1)]
        {
            assert_eq!(bad.parse::<QuestionId>(), Err(NameError), "{bad}");
        }
    }
}
