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

#[cfg(test)]
mod tests {
    use super::*;
    use simpul_policy::agreement::Agreement;
    use simpul_policy::agreement::act::Step;
    use simpul_policy::agreement::life::Actor;

    fn act(signature: usize) -> Act {
        let text = Agreement::from_toml(include_str!("../../demo/agreement.toml")).unwrap();
        let by = Actor { member: "ID/GOV/3201".parse().unwrap(), officer: "Siti (lab)".to_owned() };
        Act::new(&text, Step::Sign("x".repeat(signature)), by, simpul_core::UnixTime::from_secs(1))
    }

    #[test]
    fn a_delivery_has_bounds() {
        let some = vec![act(1); limits::AGREEMENT_DELIVERY_ACTS + 1];
        let (first, lines) = batch(some.iter());
        assert_eq!(
            (first.len(), lines.lines().count()),
            (limits::AGREEMENT_DELIVERY_ACTS, limits::AGREEMENT_DELIVERY_ACTS)
        );
        let rest = act(0).to_json().len() + 1;
        let fits = act(limits::AGREEMENT_DELIVERY - 2 * rest);
        assert_eq!(batch([&fits, &act(0)].into_iter()).1.len(), limits::AGREEMENT_DELIVERY);
        assert_eq!(batch([&fits, &act(1)].into_iter()).0.len(), 1, "one octet more waits");
        assert_eq!(batch([&act(limits::AGREEMENT_DELIVERY)].into_iter()).0.len(), 1, "one act always goes");
    }

    #[test]
    fn words_are_read_back_and_nothing_unknown_is() {
        let said = Words { acts: vec![Word::new(Fate::Later, Some("x".repeat(limits::STATEMENT_CHARS + 1)))] };
        let text = serde_json::to_string(&said).unwrap();
        let read: Words = serde_json::from_str(&text).unwrap();
        assert_eq!(read.acts, said.acts);
        assert_eq!(read.acts[0].reason.as_ref().map(String::len), Some(limits::STATEMENT_CHARS));
        assert!(serde_json::from_str::<Words>(&text.replace("later", "perhaps")).is_err());
    }
}
