//! How a verdict is told: in plain words, or as one JSON object; and by the exit code.

use std::process::ExitCode;

use serde::Serialize;

/// What a tool found.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict<F: Serialize> {
    /// `valid`, `invalid` or `unreadable`.
    pub(crate) verdict: Judgement,
    /// X-Road's code of the first thing that is wrong.
    pub(crate) code: Option<String>,
    /// What is wrong, in one sentence with its causes.
    pub(crate) reason: Option<String>,
    /// What was found.
    #[serde(flatten)]
    pub(crate) facts: F,
    /// What was checked, in order, and what was not.
    pub(crate) checks: Vec<CheckLine>,
}

/// The verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Judgement {
    /// Everything that was checked holds.
    Valid,
    /// Something does not hold.
    Invalid,
    /// It could not be judged.
    Unreadable,
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CheckLine {
    /// Its name, for machines.
    pub(crate) name: String,
    /// What came of it.
    pub(crate) result: CheckResult,
    /// In plain words.
    pub(crate) text: String,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CheckResult {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// It was not made.
    NotChecked,
}

impl Judgement {
    /// 0 valid, 1 invalid, 2 unreadable.
    #[must_use]
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Unreadable => 2,
        })
    }
}

impl CheckLine {
    /// A check that holds.
    pub(crate) fn passed(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), result: CheckResult::Passed, text: text.into() }
    }

    /// A check that was not made.
    pub(crate) fn not_checked(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), result: CheckResult::NotChecked, text: text.into() }
    }

    /// The line for people.
    #[must_use]
    pub(crate) fn line(&self) -> String {
        let mark = match self.result {
            CheckResult::Passed => "ok         ",
            CheckResult::Failed => "FAILED     ",
            CheckResult::NotChecked => "not checked",
        };
        format!("  {mark}  {}", self.text)
    }
}

/// `outermost: cause: cause of the cause`.
#[must_use]
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
