//! The steps that cargo does: format check, clippy, tests.
//!
//! One profile (`dev`) and one selection (`--workspace`) throughout: another selection would unify features in
//! another way and build the dependencies again.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::Project;
use crate::shell;
use crate::tally::{Tally, TestRun};
use crate::test::report;

/// `cargo fmt --check` over the workspace: one check.
pub(super) fn format(project: &Project, tally: &mut Tally) {
    one_check(
        "format check",
        "rustup component add rustfmt",
        project,
        &["fmt", "--all", "--", "--check", "--color", "never"],
        tally,
    );
}

/// `cargo clippy` over every target, warnings are errors: one check.
pub(super) fn lint(project: &Project, tally: &mut Tally) {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    one_check("clippy", "rustup component add clippy", project, &arguments, tally);
}

fn one_check(name: &str, component: &str, project: &Project, arguments: &[&str], tally: &mut Tally) {
    match shell::relay(&mut project.cargo(arguments), |_| true) {
        Ok(done) if done.success => tally.pass(),
        Ok(done) if done.output.contains("is not installed") => {
            tally.fail(format!("{name}: not installed; run `{component}`"));
        }
        Ok(_) => tally.fail(name),
        Err(error) => tally.fail(format!("{name}: {}", shell::chain(&error))),
    }
}

/// All tests, by cargo-nextest where it is installed, and doc tests where there are any.
pub(super) fn tests(project: &Project, tally: &mut Tally) {
    if shell::on_path("cargo-nextest").is_some() {
        nextest(project, tally);
        if has_doc_tests(&project.root.join("crates")) {
            println!("=== doc tests");
            cargo_test(project, &["--doc"], tally);
        }
    } else {
        println!("cargo-nextest is not installed: cargo test runs the tests, one program after the other");
        cargo_test(project, &[], tally);
    }
}

fn with_fixtures(mut command: Command, project: &Project) -> Command {
    if let Some(folder) = &project.fixtures {
        command.env("SIMPUL_FIXTURES", folder);
    }
    command
}

fn nextest(project: &Project, tally: &mut Tally) {
    // Where .config/nextest.toml puts it.
    let junit = project.root.join("target/nextest/whole/junit.xml");
    // An old report must not stand in for one that this run did not write. It may not be there at all.
    let _ = fs::remove_file(&junit);
    let arguments = ["nextest", "run", "--workspace", "--locked", "--profile", "whole", "--no-tests", "pass"];
    let quiet = ["--color", "never", "--cargo-quiet", "--show-progress", "none", "--status-level", "slow"];
    let mut command = with_fixtures(project.cargo(&arguments), project);
    command.args(quiet);
    finish("tests", shell::relay(&mut command, |_| true), tally, |output| {
        let mut run = report::nextest_summary(output)?;
        match fs::read_to_string(&junit) {
            Ok(text) => report::add_junit(&mut run, &text),
            Err(_) => run.notes.push("no JUnit report: tests that skipped themselves count as passed".to_owned()),
        }
        Some(run)
    });
}

fn cargo_test(project: &Project, selection: &[&str], tally: &mut Tally) {
    let mut command = with_fixtures(project.cargo(&["test", "--workspace", "--locked", "--no-fail-fast"]), project);
    command.args(selection).args(["--color", "never", "--quiet", "--", "--show-output"]);
    let mut shown = report::Shown::default();
    finish("tests", shell::relay(&mut command, |line| shown.line(line)), tally, report::libtest);
}

/// Counts a run. A runner that failed without a failed test could not build or start something.
fn finish(
    name: &str,
    done: std::io::Result<shell::Finished>,
    tally: &mut Tally,
    read: impl FnOnce(&str) -> Option<TestRun>,
) {
    match done {
        Ok(done) => {
            let run = read(&done.output);
            let blamed = run.as_ref().is_some_and(|run| run.failed > 0);
            tally.add_tests(run.unwrap_or_default());
            if !done.success && !blamed {
                tally.fail(format!("{name}: the test runner failed (see above)"));
            }
        }
        Err(error) => tally.fail(format!("{name}: {}", shell::chain(&error))),
    }
}

/// Whether any source below `folder` has a documentation example that is to be compiled.
fn has_doc_tests(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            return has_doc_tests(&path);
        }
        path.extension().is_some_and(|e| e == "rs")
            && fs::read_to_string(&path).is_ok_and(|text| report::has_example(&text))
    })
}
