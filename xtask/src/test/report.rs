//! What test runners write, read into counts.

use roxmltree::{Document, Node};

use crate::tally::TestRun;

/// A line by which a test says that it did not test anything, and why.
const SKIPPED: &str = "skipped: ";
/// A line by which a test says something worth reading that changes no count.
const NOTE: &str = "note: ";

/// Reads the summary line of cargo-nextest, such as
/// `Summary [ 0.5s] 4 tests run: 2 passed (1 slow), 1 failed, 1 timed out, 3 skipped`.
///
/// The last such line counts. `None` when there is none: the tests did not build.
pub(super) fn nextest_summary(output: &str) -> Option<TestRun> {
    let line = output.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let (head, counts) = line.split_once("run:")?;
    let mut run = TestRun::default();
    for item in without_parentheses(counts).split(',') {
        let Some((count, what)) = item.trim().split_once(' ') else { continue };
        let Ok(count) = count.parse::<usize>() else { continue };
        match what.trim() {
            "passed" => run.passed += count,
            "skipped" => run.skipped += count,
            // failed, exec failed, timed out, and what a later release may call not passing
            _ => run.failed += count,
        }
    }
    // `3/5 tests run` says that two were never started.
    let ratio = head.split_whitespace().find_map(|word| word.split_once('/'));
    if let Some((Ok(ran), Ok(all))) = ratio.map(|(ran, all)| (ran.parse::<usize>(), all.parse::<usize>())) {
        run.failed += all.saturating_sub(ran);
    }
    Some(run)
}

fn without_parentheses(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// Adds what only the JUnit report of cargo-nextest knows: names of failed tests, reasons of skips, notes.
pub(super) fn add_junit(run: &mut TestRun, junit: &str) {
    let Ok(document) = Document::parse(junit) else {
        run.notes.push("the JUnit report is not XML: tests that skipped themselves count as passed".to_owned());
        return;
    };
    for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        let has = |name: &str| case.children().any(|child| child.has_tag_name(name));
        if has("failure") || has("error") {
            let part = |name: &str| case.attribute(name).unwrap_or("?").to_owned();
            run.failures.push(format!("{} {}", part("classname"), part("name")));
            continue;
        }
        let is_output = |child: &Node<'_, '_>| child.has_tag_name("system-out") || child.has_tag_name("system-err");
        let said: Vec<&str> = case.children().filter(is_output).filter_map(|child| child.text()).collect();
        let lines = || said.iter().flat_map(|text| text.lines()).map(own_words);
        if let Some(reason) = lines().find_map(|line| line.strip_prefix(SKIPPED)) {
            *run.reasons.entry(reason.to_owned()).or_default() += 1;
        }
        run.notes.extend(lines().filter_map(|line| line.strip_prefix(NOTE)).map(str::to_owned));
    }
}

/// A line as the test wrote it: on one processor the harness has begun the line with `test name ... `.
fn own_words(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")).map_or(line, |(_, rest)| rest)
}

/// Reads the output of `cargo test -- --show-output`: the sum over all test programs.
///
/// `None` when no program reported: nothing was built.
pub(super) fn libtest(output: &str) -> Option<TestRun> {
    let mut run = TestRun::default();
    let mut programs = 0_usize;
    let mut successes = false;
    let mut said_skipped = false;
    for line in output.lines().map(str::trim) {
        if line == "successes:" {
            successes = true;
        } else if line == "failures:" {
            successes = false;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            programs += 1;
            successes = false;
            run.passed += count_before(result, "passed");
            run.failed += count_before(result, "failed");
            run.skipped += count_before(result, "ignored");
        } else if line.starts_with("---- ") {
            said_skipped = false;
            if let Some(name) = line.strip_prefix("---- ").and_then(|l| l.strip_suffix(" stdout ----"))
                && !successes
            {
                run.failures.push(name.to_owned());
            }
        } else if successes && let Some(reason) = line.strip_prefix(SKIPPED) {
            // One test may say it for each of several parts; it is one test all the same.
            if !said_skipped {
                *run.reasons.entry(reason.to_owned()).or_default() += 1;
            }
            said_skipped = true;
        } else if successes && let Some(note) = line.strip_prefix(NOTE) {
            run.notes.push(note.to_owned());
        }
    }
    (programs > 0).then_some(run)
}

fn count_before(result: &str, word: &str) -> usize {
    let item = result.split([';', '.']).map(str::trim).find(|item| item.ends_with(word));
    item.and_then(|item| item.split_whitespace().next()).and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Chooses what of `cargo test -- --show-output` a person wants to read: not what passing tests printed.
#[derive(Default)]
pub(super) struct Shown {
    successes: bool,
}

impl Shown {
    /// Whether to show this line.
    pub(super) fn line(&mut self, line: &str) -> bool {
        if line == "successes:" {
            self.successes = true;
        } else if line == "failures:" || line.starts_with("test result: ") {
            self.successes = false;
        }
        !self.successes
    }
}

/// Whether a source has a documentation example that rustdoc would compile.
pub(super) fn has_example(source: &str) -> bool {
    let mut inside = false;
    for line in source.lines().map(str::trim_start) {
        let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
            inside = false;
            continue;
        };
        let Some(info) = text.trim().strip_prefix("```") else { continue };
        if !inside
            && info
                .split(',')
                .all(|word| matches!(word.trim(), "" | "rust" | "no_run" | "should_panic" | "compile_fail"))
        {
            return true;
        }
        inside = !inside;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(run: &TestRun) -> (usize, usize, usize) {
        (run.passed, run.failed, run.skipped)
    }

    #[test]
    fn reads_the_summary_of_nextest() {
        let all = |line: &str| counts(&nextest_summary(line).unwrap());
        assert_eq!(all("     Summary [   0.010s] 3 tests run: 3 passed, 0 skipped"), (3, 0, 0));
        assert_eq!(all("Summary [ 1.0s] 1 test run: 1 passed (1 slow, 1 leaky), 7 skipped"), (1, 0, 7));
        assert_eq!(
            all(
                "  Summary [ 61.2s] 9 tests run: 4 passed (1 flaky), 2 failed (1 leaky), 1 exec failed, 2 timed out, 1 skipped"
            ),
            (4, 5, 1)
        );
        assert_eq!(
            all("Summary [ 0.1s] 3/5 tests run: 2 passed, 1 failed, 0 skipped"),
            (2, 3, 0),
            "not run is not passed"
        );
        assert_eq!(all("Summary [ 0.0s] 0 tests run: 0 passed, 0 skipped"), (0, 0, 0));
        assert_eq!(nextest_summary("error: could not compile `simpul-core`"), None);
    }

    #[test]
    fn reads_names_skips_and_notes_from_junit() {
        let junit = r#"<testsuites><testsuite name="a">
            <testcase name="t1" classname="simpul-wire"><system-out>running 1 test
skipped: no fixtures
skipped: no java
ok</system-out><system-err/></testcase>
            <testcase name="t2" classname="simpul-wire"><system-err>  skipped: no fixtures
note: two files over 500 lines</system-err></testcase>
            <testcase name="t3" classname="simpul-io"><failure type="x"/><system-out>skipped: no fixtures</system-out></testcase>
            <testcase name="t4" classname="simpul-io"><system-out>not skipped: at all</system-out></testcase>
            <testcase name="t5" classname="simpul-io"><system-out>test t5 ... skipped: no java
ok</system-out></testcase>
        </testsuite></testsuites>"#;
        let mut run = TestRun { passed: 4, failed: 1, ..TestRun::default() };
        add_junit(&mut run, junit);
        let reasons = run.reasons.into_iter().collect::<Vec<_>>();
        assert_eq!(reasons, [("no fixtures".to_owned(), 2), ("no java".to_owned(), 1)], "once per test");
        assert_eq!(run.failures, ["simpul-io t3"]);
        assert_eq!(run.notes, ["two files over 500 lines"]);
    }

    const LIBTEST: &str = "running 3 tests\n...\nsuccesses:\n\n---- a::one stdout ----\nskipped: no fixtures\n\
        skipped: no java\n\n---- a::two stdout ----\nnote: slow\n\nsuccesses:\n    a::one\n    a::two\n\nfailures:\n\n\
        ---- a::three stdout ----\nskipped: no fixtures\nthread panicked\n\nfailures:\n    a::three\n\n\
        test result: FAILED. 2 passed; 1 failed; 4 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
        running 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";

    #[test]
    fn reads_cargo_test() {
        let run = libtest(LIBTEST).unwrap();
        assert_eq!(counts(&run), (3, 1, 4));
        assert_eq!(run.reasons.into_iter().collect::<Vec<_>>(), [("no fixtures".to_owned(), 1)]);
        assert_eq!(run.failures, ["a::three"]);
        assert_eq!(run.notes, ["slow"]);
        assert_eq!(libtest("error: could not compile"), None);
    }

    #[test]
    fn shows_failures_and_results_only() {
        let mut shown = Shown::default();
        let lines: Vec<&str> = LIBTEST.lines().filter(|line| shown.line(line)).collect();
        assert!(lines.contains(&"thread panicked"));
        assert!(!lines.contains(&"note: slow"));
        assert_eq!(lines.iter().filter(|line| line.starts_with("test result: ")).count(), 2);
    }

    #[test]
    fn tells_examples_from_pictures() {
        assert!(has_example("/// ```\n/// let a = 1;\n/// ```\n"));
        assert!(has_example("//! ```text\n//! a\n//! ```\n//!\n//! ```no_run\n//! ```\n"));
        assert!(!has_example("/// ```text\n/// a -> b\n/// ```\nfn x() {}\n"));
        assert!(!has_example("/// ```ignore\n/// a\n/// ```\n"));
        assert!(!has_example("let a = \"```\";\n"));
    }
}
