//! Generated persons. Names are put together from syllables, identifiers say that they are a laboratory's.

use std::sync::LazyLock;

use serde::Serialize;

/// Persons in the register.
pub const PERSONS: u32 = 10_000;

/// One generated person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// `LAB-00001` to `LAB-10000`: no national number has this form.
    pub id: String,
    /// Syllables that mean nothing.
    pub given_name: String,
    /// Syllables that mean nothing.
    pub family_name: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// A place that does not exist.
    pub municipality: String,
    /// Always true.
    pub generated: bool,
}

const FIRST: [&str; 16] =
    ["Ba", "Ce", "Di", "Fo", "Gu", "Ha", "Je", "Ki", "Lo", "Mu", "Na", "Pe", "Ri", "So", "Tu", "Va"];
const MIDDLE: [&str; 12] = ["la", "me", "ni", "ro", "su", "ta", "ve", "zi", "do", "ku", "pa", "shi"];
const LAST: [&str; 10] = ["n", "ra", "s", "mi", "lo", "th", "ka", "x", "nu", "r"];
const PLACES: [&str; 8] =
    ["Lab Harbour", "Lab Hills", "Lab Meadow", "Lab River", "Lab Old Town", "Lab Island", "Lab Valley", "Lab Bridge"];

/// Every person, in the order of their numbers. A register answers from memory: a search does not make persons anew.
pub static ALL: LazyLock<Vec<Person>> = LazyLock::new(|| (1..=PERSONS).filter_map(person).collect());

/// The person with this number, from 1 to [`PERSONS`]; always the same one.
#[must_use]
pub fn person(number: u32) -> Option<Person> {
    if number == 0 || number > PERSONS {
        return None;
    }
    let mut mix = Mix(u64::from(number));
    let (year, month, day) = (1940 + mix.below(80), 1 + mix.below(12), 1 + mix.below(28));
    Some(Person {
        id: id(number),
        given_name: mix.pick(&FIRST) + &mix.pick(&MIDDLE) + &mix.pick(&LAST),
        family_name: mix.pick(&FIRST) + &mix.pick(&MIDDLE) + &mix.pick(&MIDDLE) + &mix.pick(&LAST),
        date_of_birth: format!("{year:04}-{month:02}-{day:02}"),
        municipality: mix.pick(&PLACES),
        generated: true,
    })
}

/// The identifier of the person with this number.
#[must_use]
pub fn id(number: u32) -> String {
    format!("LAB-{number:05}")
}

/// The number of the person with this identifier, spelled exactly as [`id`] spells it.
#[must_use]
pub fn number(text: &str) -> Option<u32> {
    let number: u32 = text.strip_prefix("LAB-")?.parse().ok()?;
    (id(number) == text && (1..=PERSONS).contains(&number)).then_some(number)
}

/// SplitMix64: the same sequence for the same seed, everywhere and for ever.
struct Mix(u64);

impl Mix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn pick(&mut self, words: &[&str]) -> String {
        let index = usize::try_from(self.below(words.len() as u64)).unwrap_or(0);
        words.get(index).copied().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn persons_are_the_same_for_ever() {
        let first = person(1).unwrap();
        assert_eq!(first.id, "LAB-00001");
        assert_eq!(Some(&first), person(1).as_ref());
        let last = person(PERSONS).unwrap();
        assert_eq!(last.id, "LAB-10000");
        assert!(first.generated && last.generated);
        assert_eq!(person(0), None);
        assert_eq!(person(PERSONS + 1), None);
    }

    #[test]
    fn identifiers_are_spelled_one_way() {
        for n in 1..=PERSONS {
            assert_eq!(number(&id(n)), Some(n));
        }
        for bad in ["LAB-1", "LAB-00000", "LAB-10001", "LAB-+0001", "lab-00001", "LAB-00001 ", "", "00001"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
