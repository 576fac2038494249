//! Whom an answer is about: persons whose identifiers stand at a place that the operator names.

use serde_json::{Map, Value};
use simpul_core::limits;

use super::path::{Path, Step};
use super::{Excess, FieldPath, FieldSet, MinimiseError, reduce_json};

/// A person in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The identifier as it stands there.
    pub identifier: String,
    /// Which of the allowed fields the person's own part holds: places in [`FieldSet::allowed`], ascending.
    pub left: Vec<usize>,
}

/// The persons in a JSON answer that was read strictly before, in its order.
///
/// `place` leads to their identifiers, a string or a whole number each. The part of a person is the innermost array
/// element on the way there, or the whole answer if there is none: of the fields outside of it nothing is said. A part
/// without identifier refuses the answer, since somebody would not be told.
pub fn persons(body: &[u8], place: &FieldPath, allowed: &FieldSet) -> Result<Vec<Named>, MinimiseError> {
    let Path::Json { steps, subtree: false } = &place.0 else { return Err(MinimiseError::Person) };
    let answer: Value = serde_json::from_slice(body).map_err(|_| MinimiseError::Person)?;
    let parts = steps.iter().rposition(|step| *step == Step::Each).map_or(0, |last| last + 1);
    let (way, inside) = steps.split_at_checked(parts).ok_or(MinimiseError::Person)?;
    let parts = elements(&answer, way).ok_or(MinimiseError::Person)?;
    if parts.len() > limits::TRAIL_PERSONS {
        return Err(MinimiseError::Persons(parts.len()));
    }
    let allowed = FieldSet { excess: Excess::Remove, ..allowed.clone() };
    let named = |part: &Value| {
        let identifier = identifier(part, inside).ok_or(MinimiseError::Person)?;
        let alone = serde_json::to_vec(&alone(way, part)).map_err(|_| MinimiseError::Person)?;
        let left = match reduce_json(&alone, &allowed) {
            Ok(reduced) => reduced.left,
            Err(MinimiseError::NothingAllowed) => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Named { identifier, left })
    };
    parts.into_iter().map(named).collect()
}

/// The values at the end of a way; `None` if something else stands on it. What is not there, or null, is nobody.
fn elements<'v>(value: &'v Value, way: &[Step]) -> Option<Vec<&'v Value>> {
    match (way.split_first(), value) {
        (None, _) => Some(vec![value]),
        (Some(_), Value::Null) => Some(Vec::new()),
        (Some((Step::Key(key), rest)), Value::Object(members)) => {
            members.get(key).map_or(Some(Vec::new()), |member| elements(member, rest))
        }
        (Some((Step::Each, rest)), Value::Array(all)) => {
            let all: Option<Vec<_>> = all.iter().map(|element| elements(element, rest)).collect();
            all.map(|all| all.into_iter().flatten().collect())
        }
        (Some(_), _) => None,
    }
}

fn identifier(part: &Value, inside: &[Step]) -> Option<String> {
    let value = inside.iter().try_fold(part, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Each => None,
    });
    match value? {
        Value::String(text) => Some(text.clone()),
        // A number that is not held exactly would name somebody else.
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An answer that has this part at the end of the way, and nothing else.
fn alone(way: &[Step], part: &Value) -> Value {
    way.iter().rfold(part.clone(), |inner, step| match step {
        Step::Key(key) => Value::Object(Map::from_iter([(key.clone(), inner)])),
        Step::Each => Value::Array(vec![inner]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(place: &str, body: &str) -> Result<Vec<(String, Vec<usize>)>, MinimiseError> {
        let fields = ["total", "persons.*.name", "persons.*.died", "persons.*.children.*.name", "id", "name"];
        let allowed = fields.iter().map(|f| f.parse().unwrap()).collect();
        let allowed = FieldSet { allowed, excess: Excess::Refuse };
        let named = persons(body.as_bytes(), &place.parse().unwrap(), &allowed)?;
        Ok(named.into_iter().map(|n| (n.identifier, n.left)).collect())
    }

    #[test]
    fn each_person_has_their_own_fields() {
        let body =
            r#"{"total":2,"persons":[{"id":"a","name":"A","nik":1},{"id":7,"died":"x","children":[{"name":"C"}]}]}"#;
        let expected = [("a".to_owned(), vec![1]), ("7".to_owned(), vec![2, 3])];
        assert_eq!(found("persons.*.id", body).unwrap(), expected, "what is told of one is not told of another");
        assert_eq!(found("id", r#"{"id":"a","nik":1,"name":"A"}"#).unwrap(), [("a".to_owned(), vec![4, 5])]);
        assert_eq!(found("persons.*.k.id", r#"{"persons":[{"k":{"id":"a"}}]}"#).unwrap(), [("a".to_owned(), vec![])]);
        let nested = r#"{"persons":[{"children":[{"id":"c","name":"C"},{"id":"d"}]},{"children":[]}]}"#;
        let expected = [("c".to_owned(), vec![3]), ("d".to_owned(), vec![])];
        assert_eq!(found("persons.*.children.*.id", nested).unwrap(), expected);
        for nobody in [r#"{"persons":[]}"#, "{}", r#"{"persons":null}"#] {
            assert_eq!(found("persons.*.id", nobody).unwrap(), [], "{nobody}");
        }
    }

    #[test]
    fn somebody_without_identifier_refuses_the_answer() {
        for bad in [
            r#"{"persons":[{"name":"A"}]}"#,
            r#"{"persons":[{"id":null}]}"#,
            r#"{"persons":[{"id":true}]}"#,
            r#"{"persons":[{"id":1.5}]}"#,
            r#"{"persons":[{"id":123456789012345678901}]}"#,
            r#"{"persons":[{"id":["a"]}]}"#,
            r#"{"persons":{"id":"a"}}"#,
            "[]",
        ] {
            assert_eq!(found("persons.*.id", bad), Err(MinimiseError::Person), "{bad}");
        }
        assert_eq!(found("/persons/id", "{}"), Err(MinimiseError::Person));
        let many = |n: usize| format!("{{\"persons\":[{}]}}", vec![r#"{"id":"a"}"#; n].join(","));
        assert_eq!(found("persons.*.id", &many(limits::TRAIL_PERSONS)).unwrap().len(), limits::TRAIL_PERSONS);
        let more = limits::TRAIL_PERSONS + 1;
        assert_eq!(found("persons.*.id", &many(more)), Err(MinimiseError::Persons(more)));
    }
}
