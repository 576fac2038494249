//! Documents that people write in TOML: understood completely, or refused with line, place and what is allowed there.

mod locate;
pub mod schema;

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;

/// Why a document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DocumentError {
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// Where: `clause[0].grant.purposes[1]`; empty for the document as a whole.
    pub path: String,
    /// What is wrong and what is allowed.
    pub reason: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        let place = if self.path.is_empty() { "document" } else { &self.path };
        write!(f, "{place}: {}", self.reason)
    }
}

/// Reads a TOML document into its form, and the form into what it means. An error gets the line of its place. The
/// caller has bounded the text.
pub fn read<F: DeserializeOwned, T>(
    text: &str,
    meaning: impl FnOnce(F) -> Result<T, DocumentError>,
) -> Result<T, DocumentError> {
    let form = toml::from_str(text).map_err(|error| locate::toml_error(text, &error))?;
    meaning(form).map_err(|mut error| {
        error.line = locate::line_of(text, &error.path);
        error
    })
}

/// A value of a text that has one form.
pub fn parsed<T: FromStr<Err: std::fmt::Display>>(path: &str, text: &str) -> Result<T, DocumentError> {
    text.parse().map_err(|error: T::Err| wrong(path, &error.to_string()))
}

/// Reads a list of `least` to `most` entries; the place of an entry is `path[i]`.
pub fn list<F, T>(
    path: &str,
    forms: &[F],
    least: usize,
    most: usize,
    one: impl Fn(&str, &F) -> Result<T, DocumentError>,
) -> Result<Vec<T>, DocumentError> {
    if forms.len() < least || forms.len() > most {
        return Err(wrong(path, &format!("{} entries: {least} to {most} are allowed", forms.len())));
    }
    forms.iter().enumerate().map(|(i, form)| one(&format!("{path}[{i}]"), form)).collect()
}

/// Refuses an item that stands in the list before.
pub fn unique<T: std::hash::Hash + Eq>(path: &str, items: impl IntoIterator<Item = T>) -> Result<(), DocumentError> {
    let mut seen = HashSet::new();
    match items.into_iter().enumerate().find_map(|(i, item)| (!seen.insert(item)).then_some(i)) {
        Some(i) => Err(wrong(&format!("{path}[{i}]"), "the same stands in the list before")),
        None => Ok(()),
    }
}

/// The place of a member.
#[must_use]
pub fn at(path: &str, member: &str) -> String {
    format!("{path}.{member}")
}

/// What is wrong at a place; the line is found later, by [`read`].
#[must_use]
pub fn wrong(path: &str, reason: &str) -> DocumentError {
    DocumentError { line: None, path: path.to_owned(), reason: reason.to_owned() }
}
