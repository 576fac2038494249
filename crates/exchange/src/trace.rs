//! One trace id ties a fault that a caller sees to the cause chain in the operator's log.

use std::error::Error;
use std::fmt::Write;

use simpul_core::{Dialect, Fault};

use crate::ports::Randomness;

/// A random UUID (version 4) in text form.
pub(crate) fn uuid(random: &dyn Randomness) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Logs an error with its whole cause chain and gives the fault that its caller sees, with the same trace id. A fault
/// that another node made keeps its own detail, which then stands in the line as well.
pub(crate) fn report(side: &'static str, trace: &str, error: &(dyn Error + 'static), fault: Fault) -> Fault {
    let code = fault.code.spell(Dialect::V78);
    let detail = Some(fault.detail.as_str()).filter(|d| !d.is_empty()).map(excerpt);
    // Peers have their words in these texts. As strings they are escaped, so that nobody writes lines into this log.
    let cause = chain(error);
    tracing::warn!(side, trace, code, detail, cause, "exchange refused");
    match fault.detail.is_empty() {
        true => fault.with_detail(trace),
        false => fault,
    }
}

/// Characters of one text in a line of the log.
const EXCERPT: usize = 512;

/// A text for the log: what others may have written is cut, and its control characters are escaped.
pub(crate) fn excerpt(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(EXCERPT) {
        match c.is_control() {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    if text.chars().nth(EXCERPT).is_some() {
        out.push('…');
    }
    out
}

/// `outermost: cause: cause of the cause`, each an [`excerpt`].
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = excerpt(&error.to_string());
    let mut next = error.source();
    while let Some(cause) = next {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {}", excerpt(&cause.to_string()));
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_on_one_line() {
        let bound = "é".repeat(EXCERPT);
        assert_eq!(excerpt(&bound), bound);
        assert_eq!(excerpt(&format!("{bound}x")), format!("{bound}…"));
        assert_eq!(excerpt("a\nb\u{1b}\u{9b}"), "a\\nb\\u{1b}\\u{9b}");
    }
}
