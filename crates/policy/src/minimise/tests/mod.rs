//! Minimisation, case by case and at random.

mod answer;
mod json;
mod property;
mod xml;

use super::*;

/// A set of these paths.
fn set(paths: &[&str], excess: Excess) -> FieldSet {
    FieldSet { allowed: paths.iter().map(|p| p.parse().unwrap()).collect(), excess }
}

fn text(reduced: Result<Reduced, MinimiseError>) -> Result<(String, usize), MinimiseError> {
    reduced.map(|r| (String::from_utf8(r.body).unwrap(), r.removed))
}
