//! The redline: what changed from one text of an agreement to the next.
//!
//! Both texts are compared as canonical JSON. Entries of a list that carry a name (clauses by id, parties by member,
//! officers by name, and so on) are compared under that name; other entries count as equal or not.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::document::Agreement;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// The clause, if the change is inside one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// Where, from the clause or from the document on: `grant.purposes`.
    pub path: String,
    /// What was there; absent: it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// What is there; absent: it was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// Members by which entries of a list are told apart, the first that they have.
const NAMES: [&str; 6] = ["id", "member", "name", "term", "seconds", "days"];

/// What changed, in the order of the document.
#[must_use]
pub fn changes(old: &Agreement, new: &Agreement) -> Vec<Change> {
    let value = |agreement: &Agreement| serde_json::from_slice(&agreement.canonical_json()).unwrap_or(Value::Null);
    let mut found = Vec::new();
    compare(&mut Place { clause: None, path: String::new() }, Some(&value(old)), Some(&value(new)), &mut found);
    found
}

#[derive(Clone)]
struct Place {
    clause: Option<String>,
    path: String,
}

impl Place {
    fn member(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { clause: self.clause.clone(), path }
    }

    fn entry(&self, name: &str) -> Self {
        match (&self.clause, self.path.as_str()) {
            (None, "clause") => Self { clause: Some(name.to_owned()), path: String::new() },
            _ => Self { clause: self.clause.clone(), path: format!("{}[{name}]", self.path) },
        }
    }
}

fn compare(place: &mut Place, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<Change>) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                compare(&mut place.member(name), a.get(name), b.get(name), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => entries(place, a, b, found),
        (old, new) => found.push(Change {
            clause: place.clause.clone(),
            path: place.path.clone(),
            old: old.cloned(),
            new: new.cloned(),
        }),
    }
}

fn entries(place: &Place, old: &[Value], new: &[Value], found: &mut Vec<Change>) {
    let before = found.len();
    let name = |value: &Value| NAMES.iter().find_map(|name| value.get(name)).map(text);
    for item in old {
        let (mut at, counterpart) = match name(item) {
            Some(named) => (place.entry(&named), new.iter().find(|other| name(other).as_ref() == Some(&named))),
            None => (place.clone(), new.iter().find(|other| *other == item)),
        };
        compare(&mut at, Some(item), counterpart, found);
    }
    for item in new {
        let (mut at, known) = match name(item) {
            Some(named) => (place.entry(&named), old.iter().any(|other| name(other).as_ref() == Some(&named))),
            None => (place.clone(), old.contains(item)),
        };
        if !known {
            compare(&mut at, None, Some(item), found);
        }
    }
    // The same entries in another order, or one of them another number of times: order has meaning among clauses.
    if found.len() == before {
        let list = |items: &[Value]| Some(Value::Array(items.to_vec()));
        let Place { clause, path } = place.clone();
        found.push(Change { clause, path, old: list(old), new: list(new) });
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `clause 2: grant.purposes: + "dpv:Verification"`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(clause) = &self.clause {
            write!(f, "clause {clause}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{old} -> {new}"),
            (Some(old), None) => write!(f, "- {old}"),
            (None, Some(new)) => write!(f, "+ {new}"),
            (None, None) => Ok(()),
        }
    }
}
