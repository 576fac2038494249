//! References that people read aloud and type: no 0, O, 1 or I, in groups, with a check character.

use std::fmt;
use std::str::FromStr;

use simpul_exchange::ports::Randomness;

/// Eight random characters and a check character: `K7QF-2M9X-4`. 40 bits: it names, and opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reference([u8; 8]);

/// A text that is no reference, or has a slip in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no reference, or a character in it is wrong")]
pub struct ReferenceError;

const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

impl Reference {
    /// A new one.
    #[must_use]
    pub fn random(random: &dyn Randomness) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self(bytes.map(|byte| byte % 32))
    }

    /// The check value: Luhn's method to the base 32. It finds every single wrong character and nearly every pair that
    /// changed places.
    fn check(self) -> u8 {
        let sum: u32 = self
            .0
            .iter()
            .rev()
            .enumerate()
            .map(|(i, value)| {
                let weighed = u32::from(*value) * if i % 2 == 0 { 2 } else { 1 };
                weighed / 32 + weighed % 32
            })
            .sum();
        ((32 - sum % 32) % 32).to_le_bytes()[0]
    }
}

fn letter(value: u8) -> char {
    ALPHABET.get(usize::from(value % 32)).copied().map_or('?', char::from)
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, value) in self.0.iter().enumerate() {
            if i == 4 {
                f.write_str("-")?;
            }
            write!(f, "{}", letter(*value))?;
        }
        write!(f, "-{}", letter(self.check()))
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    /// Small letters and missing hyphens are taken: people type references.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let mut values = Vec::with_capacity(9);
        for c in text.chars().filter(|c| !matches!(c, '-' | ' ')) {
            let upper = u8::try_from(c.to_ascii_uppercase()).map_err(|_| ReferenceError)?;
            let value = ALPHABET.iter().position(|letter| *letter == upper).ok_or(ReferenceError)?;
            values.push(u8::try_from(value).map_err(|_| ReferenceError)?);
            if values.len() > 9 {
                return Err(ReferenceError);
            }
        }
        let check = values.pop().ok_or(ReferenceError)?;
        let reference = Self(values.try_into().map_err(|_| ReferenceError)?);
        if reference.check() == check { Ok(reference) } else { Err(ReferenceError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::CountingRandom;

    #[test]
    fn it_is_read_back_as_people_type_it() {
        let random = CountingRandom::default();
        for _ in 0..50 {
            let reference = Reference::random(&random);
            let text = reference.to_string();
            assert_eq!(text.len(), 11);
            assert_eq!(text.parse(), Ok(reference));
            assert_eq!(text.to_lowercase().replace('-', " ").parse(), Ok(reference));
        }
    }

    #[test]
    fn every_single_slip_is_found() {
        let text = Reference([3, 14, 15, 9, 26, 5, 30, 8]).to_string();
        for (at, was) in text.char_indices().filter(|(_, c)| *c != '-') {
            for other in ALPHABET.iter().map(|b| char::from(*b)).filter(|other| *other != was) {
                let mut slip = text.clone();
                slip.replace_range(at..=at, &other.to_string());
                assert!(slip.parse::<Reference>().is_err(), "{slip}");
            }
        }
        for bad in ["", "2", "K7QF2M9X", "K7QF-2M9X-44", "K7QF-2M0X-4", "K7QF-2M9X-ä"] {
            assert!(bad.parse::<Reference>().is_err(), "{bad}");
        }
    }
}
