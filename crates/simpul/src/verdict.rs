//! How a verdict is told: in plain words, or as one JSON object; and by the exit code.

use std::fmt::Write;
use std::process::ExitCode;

use serde::Serialize;

/// Characters of a text that is shown: what is judged may be made by an attacker.
const SHOWN: usize = 1000;

/// What a tool found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict<F: Serialize> {
    /// The verdict in one word.
    pub verdict: Judgement,
    /// X-Road's code of the first thing that is wrong.
    pub code: Option<String>,
    /// What is wrong, in one sentence with its causes.
    pub reason: Option<String>,
    /// What can be done about it.
    pub cure: Option<String>,
    /// What was found.
    #[serde(flatten)]
    pub facts: F,
    /// What was checked, in order, and what was not.
    pub checks: Vec<CheckLine>,
}

/// The verdict in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Everything that decides holds.
    Valid,
    /// Something does not hold.
    Invalid,
    /// It could not be judged.
    Unreadable,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckLine {
    /// Its name, for machines: words with hyphens, which stay the same from version to version.
    pub name: &'static str,
    /// What came of it.
    pub result: CheckResult,
    /// In plain words.
    pub text: String,
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckResult {
    /// It holds.
    Passed,
    /// It does not hold, and that decides: the verdict is `invalid`.
    Failed,
    /// It does not hold or cannot be told, and X-Road's rules do not look at it: the verdict does not change, but a
    /// reader should know.
    Warning,
    /// It was not made.
    NotChecked,
}

impl Judgement {
    /// 0 valid, 1 invalid, 2 unreadable.
    #[must_use]
    pub fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Unreadable => 2,
        })
    }

    /// The word that a report begins with.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Invalid => "INVALID",
            Self::Unreadable => "UNREADABLE",
        }
    }
}

impl<F: Serialize> Verdict<F> {
    /// The object for machines, on one line.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What is wrong, with code and cure, as lines of a report; nothing where nothing is wrong.
    #[must_use]
    pub fn complaint(&self) -> String {
        let fields = [("reason", &self.reason), ("code", &self.code), ("what to do", &self.cure)];
        let told = fields.into_iter().filter_map(|(label, text)| Some((label, text.as_ref()?)));
        told.fold(String::new(), |mut lines, (label, text)| {
            lines.push_str(&field(label, text));
            lines
        })
    }

    /// The checks in three groups, as lines of a report.
    #[must_use]
    pub fn checked(&self) -> String {
        let of = |result| self.checks.iter().filter(move |c| c.result == result);
        let made = of(CheckResult::Failed).chain(of(CheckResult::Passed)).chain(of(CheckResult::Warning));
        let mut lines = String::new();
        for (heading, checks) in
            [("Checked", made.collect::<Vec<_>>()), ("Not checked", of(CheckResult::NotChecked).collect())]
        {
            if !checks.is_empty() {
                let _ = writeln!(lines, "{heading}");
            }
            for check in checks {
                let mark = match check.result {
                    CheckResult::Passed => "ok",
                    CheckResult::Failed => "FAILED",
                    CheckResult::Warning => "NOTE",
                    CheckResult::NotChecked => "-",
                };
                lines.push_str(&field(mark, &check.text));
            }
        }
        lines
    }
}

impl CheckLine {
    /// A check that holds.
    #[must_use]
    pub fn passed(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, result: CheckResult::Passed, text: text.into() }
    }

    /// A check that does not hold, and decides.
    #[must_use]
    pub fn failed(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, result: CheckResult::Failed, text: text.into() }
    }

    /// Something that does not hold and does not decide.
    #[must_use]
    pub fn warning(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, result: CheckResult::Warning, text: text.into() }
    }

    /// A check that was not made.
    #[must_use]
    pub fn not_checked(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, result: CheckResult::NotChecked, text: text.into() }
    }
}

/// One indented line of a report: a label and a text, which may come from whatever was judged.
#[must_use]
pub fn field(label: &str, text: &str) -> String {
    format!("  {label:<14} {}\n", plain(text))
}

/// A text as it may be shown: characters that move the cursor, hide or reorder text are written as `\u{…}`, and a
/// long text is cut.
#[must_use]
pub fn plain(text: &str) -> String {
    let unsafe_to_show = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut shown = String::new();
    for (place, c) in text.chars().enumerate() {
        if place == SHOWN {
            shown.push('…');
            break;
        }
        match unsafe_to_show(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

/// `outermost: cause: cause of the cause`.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_dress_up_a_report() {
        assert_eq!(plain("Ministério – 省"), "Ministério – 省");
        assert_eq!(plain("a\u{1b}[2Jb\nVALID\u{202e}x"), "a\\u{1b}[2Jb\\u{a}VALID\\u{202e}x");
        assert_eq!(plain(&"x".repeat(SHOWN)).len(), SHOWN);
        assert_eq!(plain(&"x".repeat(SHOWN + 1)), format!("{}…", "x".repeat(SHOWN)));
    }

    #[test]
    fn names_of_checks_are_for_machines() {
        let line = CheckLine::not_checked("legal-effect", "what it means in law");
        let json = serde_json::to_string(&line).unwrap();
        assert_eq!(json, r#"{"name":"legal-effect","result":"not-checked","text":"what it means in law"}"#);
    }
}
