//! Names of agreements, of their clauses, and of their content.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use simpul_core::{DigestAlgorithm, limits};
use simpul_trust::hash;

/// Why a text names nothing of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not `[A-Za-z0-9._-]`, or empty, or longer than `max`.
    #[error("1 to {max} letters, digits, `.`, `_` or `-` are allowed")]
    Shape {
        /// Characters that are allowed.
        max: usize,
    },
    /// Not 64 lower-case hexadecimal digits.
    #[error("64 lower-case hexadecimal digits are allowed")]
    Digest,
}

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident: $max:expr),+ $(,)?) => { $(
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
                let fits = !s.is_empty() && s.len() <= $max;
                let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
                match fits && s.bytes().all(plain) {
                    true => Ok(Self(s.into())),
                    false => Err(NameError::Shape { max: $max }),
                }
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
    /// An agreement over all its versions, such as `id-my-civil-data`.
    AgreementId: limits::AGREEMENT_ID_CHARS,
    /// A clause of an agreement, such as `3.1`; unique in it.
    ClauseId: limits::CLAUSE_ID_CHARS,
}

/// SHA-256 of the canonical JSON of one version of an agreement; displays as lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgreementDigest([u8; 32]);

impl AgreementDigest {
    /// The digest of a canonical document.
    #[must_use]
    pub(crate) fn of(canonical: &[u8]) -> Self {
        let digest = hash::digest(DigestAlgorithm::Sha256, canonical);
        let mut value = [0; 32];
        value.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(value)
    }

    /// The octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for AgreementDigest {
    type Err = NameError;

    fn from_str(s: &str) -> Result<Self, NameError> {
        let nibble = |c: char| match c.is_ascii_uppercase() {
            true => None,
            false => c.to_digit(16).and_then(|d| u8::try_from(d).ok()),
        };
        let nibbles: Vec<u8> = s.chars().take(65).map(nibble).collect::<Option<_>>().ok_or(NameError::Digest)?;
        let mut value = [0; 32];
        let octets = nibbles.chunks_exact(2).map(|pair| pair.iter().fold(0, |sum, n| sum * 16 + n));
        value.iter_mut().zip(octets).for_each(|(to, from)| *to = from);
        match nibbles.len() == 64 {
            true => Ok(Self(value)),
            false => Err(NameError::Digest),
        }
    }
}

impl fmt::Display for AgreementDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for AgreementDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_bounded() {
        for good in ["a", "id-my.civil_data-2", &"x".repeat(limits::AGREEMENT_ID_CHARS)] {
            assert_eq!(good.parse::<AgreementId>().unwrap().to_string(), good);
        }
        for bad in ["", "a b", "a/b", "é", "a@b", "a;b", "a,b", &"x".repeat(limits::AGREEMENT_ID_CHARS + 1)] {
            assert!(bad.parse::<AgreementId>().is_err(), "{bad}");
        }
        assert!("x".repeat(limits::CLAUSE_ID_CHARS).parse::<ClauseId>().is_ok());
        assert!("x".repeat(limits::CLAUSE_ID_CHARS + 1).parse::<ClauseId>().is_err());
    }

    /// SHA-256 of the empty string (FIPS 180-4 example values).
    #[test]
    fn a_digest_has_one_text() {
        let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let digest = AgreementDigest::of(b"");
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        for bad in ["", "e3", &text.to_uppercase(), &format!("{text}0"), &text.replace('e', "g")] {
            assert_eq!(bad.parse::<AgreementDigest>(), Err(NameError::Digest), "{bad}");
        }
    }
}
