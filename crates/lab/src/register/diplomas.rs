//! A register of diplomas beside that of the persons, generated like them: what a recognition of qualifications asks
//! for, and more than it may see.

use serde::Serialize;

use super::persons::{self, Person};

/// One generated diploma, with what an agreement will keep back: marks and the place where its holder lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diploma {
    /// `LAB-D-00001`: no real number has this form.
    pub number: String,
    /// Who holds it.
    pub holder: Holder,
    /// Of a programme that does not exist.
    pub title: &'static str,
    /// The level of the European Qualifications Framework, 6 to 8.
    pub level: u8,
    /// Of an institution that does not exist.
    pub institution: &'static str,
    /// `YYYY-MM-DD`.
    pub awarded_on: String,
    /// Marks by subject.
    pub marks: Vec<Mark>,
    /// Always true.
    pub generated: bool,
}

/// The holder of a diploma.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The person's identifier.
    pub id: String,
    /// As in the register of persons.
    pub given_name: String,
    /// As in the register of persons.
    pub family_name: String,
    /// As in the register of persons.
    pub date_of_birth: String,
    /// Where the person lives.
    pub municipality: String,
}

/// A mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// In which subject.
    pub subject: &'static str,
    /// 1 to 100.
    pub points: u32,
}

const TITLES: [&str; 6] = [
    "Bachelor of Nursing (lab)",
    "Bachelor of Engineering (lab)",
    "Master of Public Health (lab)",
    "Bachelor of Accountancy (lab)",
    "Doctor of Medicine (lab)",
    "Master of Education (lab)",
];
const LEVELS: [u8; 6] = [6, 6, 7, 6, 8, 7];
const INSTITUTIONS: [&str; 4] =
    ["Lab University of the North", "Lab Polytechnic", "Lab College of Health", "Lab Open University"];
const SUBJECTS: [&str; 3] = ["Theory", "Practice", "Thesis"];

/// The diplomas of the person with this number: every third person has one, every fifteenth two.
#[must_use]
pub fn of(number: u32) -> Vec<Diploma> {
    let Some(person) = persons::person(number) else { return Vec::new() };
    let count = u32::from(number.is_multiple_of(3)) + u32::from(number.is_multiple_of(15));
    (0..count).map(|nth| diploma(&person, number, nth)).collect()
}

fn diploma(person: &Person, number: u32, nth: u32) -> Diploma {
    let mix = number.wrapping_mul(2_654_435_761).wrapping_add(nth.wrapping_mul(40_503));
    let pick = |shift: u32, of: usize| usize::try_from(mix >> shift).unwrap_or(0) % of.max(1);
    let born: u32 = person.date_of_birth.get(..4).and_then(|y| y.parse().ok()).unwrap_or(1990);
    let title = pick(3, TITLES.len());
    Diploma {
        number: format!("LAB-D-{number:05}-{}", nth + 1),
        holder: Holder {
            id: person.id.clone(),
            given_name: person.given_name.clone(),
            family_name: person.family_name.clone(),
            date_of_birth: person.date_of_birth.clone(),
            municipality: person.municipality.clone(),
        },
        title: TITLES.get(title).copied().unwrap_or_default(),
        level: LEVELS.get(title).copied().unwrap_or_default(),
        institution: INSTITUTIONS.get(pick(11, INSTITUTIONS.len())).copied().unwrap_or_default(),
        awarded_on: format!("{:04}-{:02}-{:02}", born + 22 + nth, 1 + pick(5, 12), 1 + pick(9, 28)),
        marks: SUBJECTS
            .iter()
            .zip([7, 13, 17])
            .map(|(subject, shift)| Mark { subject, points: u32::try_from(50 + pick(shift, 51)).unwrap_or(50) })
            .collect(),
        generated: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diplomas_are_the_same_for_ever() {
        assert_eq!(of(1), []);
        assert_eq!(of(3).len(), 1);
        let two = of(15);
        assert_eq!(two.iter().map(|d| d.number.as_str()).collect::<Vec<_>>(), ["LAB-D-00015-1", "LAB-D-00015-2"]);
        assert_eq!(two, of(15));
        assert_eq!(of(0), []);
        assert_eq!(of(persons::PERSONS + 2), []);
        for number in 1..=persons::PERSONS {
            for diploma in of(number) {
                assert_eq!(diploma.holder.id, persons::id(number));
                assert!(diploma.generated && (6..=8).contains(&diploma.level));
                assert!(diploma.marks.iter().all(|m| (50..=100).contains(&m.points)));
            }
        }
    }
}
