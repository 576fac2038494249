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
    let detail = Some(fault.detail.as_str()).filter(|d| !d.is_empty());
    // Peers have their words in these texts. As strings they are escaped, so that nobody writes lines into this log.
    let cause = chain(error);
    tracing::warn!(side, trace, code, detail, cause, "exchange refused");
    match fault.detail.is_empty() {
        true => fault.with_detail(trace),
        false => fault,
    }
}

/// `outermost: cause: cause of the cause`.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        // Writing to a String cannot fail.
        let _ = write!(text, ": {cause}");
        next = cause.source();
    }
    text
}
