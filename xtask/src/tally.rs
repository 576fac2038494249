//! What is counted, and the last line of a run.

use std::collections::BTreeMap;
use std::fmt;

/// Counts of tests and checks, with the names of what failed and the reasons of what was skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
    tests: usize,
    failures: Vec<String>,
    reasons: BTreeMap<String, usize>,
    notes: Vec<String>,
}

impl Tally {
    /// One that passed.
    pub(crate) fn pass(&mut self) {
        self.passed += 1;
    }

    /// One that failed, by name.
    pub(crate) fn fail(&mut self, name: impl Into<String>) {
        self.failed += 1;
        self.failures.push(name.into());
    }

    /// One that could not run here, and why.
    pub(crate) fn skip(&mut self, reason: impl Into<String>) {
        self.skipped += 1;
        *self.reasons.entry(reason.into()).or_default() += 1;
    }

    /// A run of tests. `skipped` of them said why in `reasons`; others were left out by the test runner.
    pub(crate) fn add_tests(&mut self, run: TestRun) {
        let soft: usize = run.reasons.values().sum();
        // A test that says it skipped ended without failure: the test runner counted it as passed.
        let soft = soft.min(run.passed);
        self.tests += run.passed + run.failed;
        self.passed += run.passed - soft;
        self.failed += run.failed;
        self.skipped += run.skipped + soft;
        if run.skipped > 0 {
            *self.reasons.entry("left out by the test runner".to_owned()).or_default() += run.skipped;
        }
        for (reason, count) in run.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
        self.failures.extend(run.failures);
        self.notes.extend(run.notes);
    }

    /// How many tests ran.
    pub(crate) fn tests(&self) -> usize {
        self.tests
    }

    /// Whether nothing failed.
    pub(crate) fn good(&self) -> bool {
        self.failed == 0
    }

    /// What stands above the last line: notes, reasons of skips, names of failures.
    pub(crate) fn details(&self) -> Vec<String> {
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        let skips = self.reasons.iter().map(|(reason, count)| format!("skipped {count}: {reason}"));
        let failures = self.failures.iter().map(|name| format!("failed: {name}"));
        notes.chain(skips).chain(failures).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// What one test runner reported.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestRun {
    /// Tests that ended without failure, those that skipped themselves included.
    pub(crate) passed: usize,
    /// Tests that failed, timed out or did not start.
    pub(crate) failed: usize,
    /// Tests that the runner left out.
    pub(crate) skipped: usize,
    /// Names of failed tests, as far as known.
    pub(crate) failures: Vec<String>,
    /// What tests gave as reason to skip themselves, and how many did.
    pub(crate) reasons: BTreeMap<String, usize>,
    /// Remarks of tests.
    pub(crate) notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_plain() {
        let mut tally = Tally::default();
        tally.pass();
        tally.skip("no fixtures");
        assert_eq!(tally.to_string(), "1 passed, 0 failed, 1 skipped");
        assert!(tally.good());
        tally.fail("format check");
        assert_eq!(tally.to_string(), "1 passed, 1 failed, 1 skipped");
        assert!(!tally.good());
        assert_eq!(tally.details(), ["skipped 1: no fixtures", "failed: format check"]);
    }

    #[test]
    fn a_test_that_skipped_itself_did_not_pass() {
        let mut tally = Tally::default();
        let reasons = BTreeMap::from([("no fixtures".to_owned(), 2)]);
        tally.add_tests(TestRun { passed: 5, failed: 1, skipped: 1, reasons, ..TestRun::default() });
        assert_eq!(tally.to_string(), "3 passed, 1 failed, 3 skipped");
        assert_eq!(tally.tests(), 6);
    }
}
