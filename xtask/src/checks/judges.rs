//! The judges of `tests/oracle` on X-Road's own containers, and the Java peer against itself: a judge that accepts
//! everything, or nothing, would make its verdicts on the node worthless.

use crate::checks::{Check, Context, Outcome};
use crate::shell;

pub(super) const CHECK: Check =
    Check { name: "judges", what: "the judges of tests/oracle judge what is known to be good and bad", run };

const PROGRAMS: [&str; 4] = ["javac", "xmlsec1", "openssl", "python3"];

fn run(context: &Context<'_>) -> Outcome {
    if let Some(missing) = PROGRAMS.iter().find(|program| shell::on_path(program).is_none()) {
        return Outcome::Skipped(format!("{missing} is not installed"));
    }
    let script = context.root().join("tests/oracle/selftest.sh");
    let fixtures = context.project.fixtures.as_ref().map(|shared| shared.join("xroad/fixtures"));
    let arguments: Vec<_> = [Some(script), fixtures].into_iter().flatten().collect();
    let arguments: Vec<_> = arguments.iter().filter_map(|path| path.to_str()).collect();
    match context.run("sh", &arguments) {
        Ok(done) if done.success => Outcome::Passed,
        Ok(done) => Outcome::Failed(first_failure(&done.output)),
        Err(error) => Outcome::Failed(shell::chain(&error)),
    }
}

/// What went wrong first, or the last that was said.
fn first_failure(output: &str) -> String {
    let failed = output.lines().find(|line| line.starts_with("FAILED"));
    failed.or(output.lines().last()).unwrap_or("no word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_is_named() {
        assert_eq!(
            first_failure("ok a\nFAILED b: exit 0, not 1\nFAILED c\n1 as expected, 2 not\n"),
            "FAILED b: exit 0, not 1"
        );
        assert_eq!(first_failure("javac: not found\n"), "javac: not found");
        assert_eq!(first_failure(""), "no word");
    }
}
