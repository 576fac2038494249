//! Acts in the order in which they were taken, as lines of JSON. Each line names the digest of the line before it, so
//! that nothing in the middle can be left out, put in or changed alone.

use serde::Deserialize;
use serde_json::Value;
use simpul_core::DigestAlgorithm;
use simpul_trust::hash;

use super::form;
use super::history::History;
use super::{Act, ActError};

/// The acts of one agreement, and the lives that follow from them.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    acts: Vec<Act>,
    history: History,
    /// Digest of the last line, in hex; empty before the first.
    last: String,
}

/// A line that does not follow from those before it.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the journal ({act}) does not follow from those before it")]
pub struct JournalError {
    /// The line, from 1.
    pub line: usize,
    /// What the line says was done; `unreadable` if it does not say it.
    pub act: String,
    /// Why.
    #[source]
    pub cause: ActError,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    before: String,
    act: Value,
}

impl Journal {
    /// Reads the lines of a journal, without their ends.
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self, JournalError> {
        let mut journal = Self::default();
        for (line, number) in lines.into_iter().zip(1..) {
            let wrong = |act: String, cause| JournalError { line: number, act, cause };
            let read: Line = serde_json::from_str(line)
                .map_err(|error| wrong("unreadable".to_owned(), ActError::Form(error.to_string())))?;
            let act = form::of_value(read.act).map_err(|cause| wrong("unreadable".to_owned(), cause))?;
            if read.before != journal.last {
                let form = ActError::Form("the line before it was changed, left out or put in".to_owned());
                return Err(wrong(act.to_string(), form));
            }
            journal.history.take(&act).map_err(|cause| wrong(act.to_string(), cause))?;
            journal.acts.push(act);
            journal.last = digest(line);
        }
        Ok(journal)
    }

    /// Takes one more act and gives its line, which the caller keeps. When it is refused, nothing changes.
    pub fn take(&mut self, act: Act) -> Result<String, ActError> {
        self.history.take(&act)?;
        let line = format!("{{\"before\":\"{}\",\"act\":{}}}", self.last, act.to_json());
        self.last = digest(&line);
        self.acts.push(act);
        Ok(line)
    }

    /// The lives.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The acts in order.
    #[must_use]
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }
}

fn digest(line: &str) -> String {
    hash::digest(DigestAlgorithm::Sha256, line.as_bytes())
        .as_bytes()
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect()
}
