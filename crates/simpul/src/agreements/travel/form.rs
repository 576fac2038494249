//! What travels: acts as lines of JSON, and what became of each.

use serde::{Deserialize, Serialize};
use simpul_core::limits;
use simpul_policy::agreement::act::Act;

/// What became of one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Word {
    /// In one word.
    pub(super) is: Fate,
    /// Why it was refused or must wait, or has no effect where it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// What became of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Fate {
    /// It is on the other side's disk.
    Taken,
    /// It was before.
    Known,
    /// Not now: it is to be brought again.
    Later,
    /// Never.
    Refused,
}

/// The answer to a delivery: a word for each act, in their order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) acts: Vec<Word>,
}

impl Word {
    pub(super) fn new(is: Fate, reason: Option<String>) -> Self {
        Self { is, reason: reason.map(|reason| reason.chars().take(limits::STATEMENT_CHARS).collect()) }
    }
}

/// The first acts of these that go into one delivery.
pub(super) fn batch<'a>(acts: impl Iterator<Item = &'a Act>) -> (Vec<&'a Act>, String) {
    let (mut some, mut lines) = (Vec::new(), String::new());
    for act in acts.take(limits::AGREEMENT_DELIVERY_ACTS) {
        let line = act.to_json();
        if !some.is_empty() && lines.len() + line.len() + 1 > limits::AGREEMENT_DELIVERY {
            break;
        }
        lines.push_str(&line);
        lines.push('\n');
        some.push(act);
    }
    (some, lines)
}
