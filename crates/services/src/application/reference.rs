//! References of applications: what a citizen reads aloud on the telephone.
//!
//! Twelve symbols of 32 (digits and capital letters without 0, O, 1 and I), in groups of four. The last one checks the
//! others: a weighted sum over GF(32) is zero, so that one wrong symbol, and two symbols in each other's place, are
//! always noticed.

use std::fmt;
use std::str::FromStr;

/// The reference of one application. Displays as `7K3F-9QWX-2MPC`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference([u8; LENGTH]);

/// Octets of randomness, from the composition root.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub [u8; 16]);

/// The text is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not twelve symbols of the alphabet.
    #[error("a reference has twelve letters and digits, without 0, O, 1 and I")]
    Shape,
    /// The check symbol does not fit: something is mistyped.
    #[error("a reference is mistyped")]
    Check,
}

const SYMBOLS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH: usize = 12;
const GROUP: usize = 4;

impl Reference {
    /// A new reference: 55 bits of the seed and a check symbol.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        let mut bits = u128::from_be_bytes(seed.0);
        let mut values = [0; LENGTH];
        for value in values.iter_mut().take(LENGTH - 1) {
            *value = u8::try_from(bits % 32).unwrap_or(0);
            bits /= 32;
        }
        // The last weight is 1, so that the sum of the others is what makes the whole zero.
        let check = weighted(&values);
        if let Some(last) = values.last_mut() {
            *last = check;
        }
        Self(values)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, value) in self.0.iter().enumerate() {
            if i > 0 && i.is_multiple_of(GROUP) {
                f.write_str("-")?;
            }
            let symbol = SYMBOLS.get(usize::from(*value)).copied().unwrap_or(b'?');
            write!(f, "{}", char::from(symbol))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Case, spaces and hyphens do not matter.
impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(s: &str) -> Result<Self, ReferenceError> {
        let mut values = [0; LENGTH];
        let mut symbols = s.chars().filter(|c| !matches!(c, ' ' | '-'));
        for value in &mut values {
            let symbol = symbols.next().ok_or(ReferenceError::Shape)?.to_ascii_uppercase();
            let place = SYMBOLS.iter().position(|known| char::from(*known) == symbol).ok_or(ReferenceError::Shape)?;
            *value = u8::try_from(place).map_err(|_| ReferenceError::Shape)?;
        }
        if symbols.next().is_some() {
            return Err(ReferenceError::Shape);
        }
        if weighted(&values) == 0 { Ok(Self(values)) } else { Err(ReferenceError::Check) }
    }
}

/// The sum of the values, each times a power of x in GF(32) modulo x⁵ + x² + 1; the last one times 1. The powers up to
/// the eleventh differ, because x has order 31.
fn weighted(values: &[u8; LENGTH]) -> u8 {
    values.iter().fold(0, |sum, value| times_x(sum) ^ value)
}

fn times_x(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 { shifted } else { (shifted ^ 0b10_0101) & 0b1_1111 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(n: u8) -> Reference {
        Reference::new(Seed(std::array::from_fn(|i| n.wrapping_mul(37).wrapping_add(u8::try_from(i * 11).unwrap()))))
    }

    #[test]
    fn a_reference_is_grouped_and_read_in_any_case() {
        for n in 0..=255 {
            let text = reference(n).to_string();
            assert_eq!(text.len(), 14);
            assert!(text.chars().all(|c| c == '-' || SYMBOLS.contains(&u8::try_from(c).unwrap())), "{text}");
            assert!(!text.contains(['0', 'O', '1', 'I']));
            assert_eq!(text.parse(), Ok(reference(n)));
            assert_eq!(text.to_lowercase().replace('-', " ").parse(), Ok(reference(n)));
        }
    }

    #[test]
    fn one_wrong_symbol_and_two_in_each_others_place_are_noticed() {
        for n in 0..32 {
            let good = reference(n).0;
            for i in 0..LENGTH {
                for value in (0..32).filter(|value| *value != good[i]) {
                    let mut bad = good;
                    bad[i] = value;
                    assert_ne!(weighted(&bad), 0);
                }
                for j in (0..i).filter(|j| good[*j] != good[i]) {
                    let mut bad = good;
                    bad.swap(i, j);
                    assert_ne!(weighted(&bad), 0, "{i} and {j}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_reference_is_told_apart_from_a_mistyped_one() {
        let text = reference(1).to_string();
        for bad in ["", "2", &text[..13], &format!("{text}2"), &text.replace('-', "_"), "0000-0000-0000"] {
            assert_eq!(bad.parse::<Reference>(), Err(ReferenceError::Shape), "{bad}");
        }
        let other = if text.starts_with('2') { "3" } else { "2" };
        assert_eq!(format!("{other}{}", &text[1..]).parse::<Reference>(), Err(ReferenceError::Check));
    }
}
