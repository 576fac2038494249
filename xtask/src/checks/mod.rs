//! Independent checks: programs that are not part of this project judge what it made.
//!
//! To add one: a file in this folder with a `pub(super) const CHECK: Check`, a `mod` line here and a line in [`ALL`].
//! A check does one thing, answers with an [`Outcome`], and leaves what it wrote in its scratch folder, which is
//! emptied before each run and kept after it. `Skipped` is for what cannot be judged on this machine, never for what
//! was judged badly. A check that needs the node takes [`Context::simpul`].

mod deny;
mod judges;
mod linkage;
mod pages;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::project::Project;
use crate::shell::{self, Finished};
use crate::tally::Tally;

/// All checks, in the order in which they run.
const ALL: &[Check] = &[deny::CHECK, judges::CHECK, linkage::CHECK, pages::CHECK];

/// How long one program of a check may run, in seconds.
const PROGRAM_SECONDS: u32 = 600;

/// One check.
pub(super) struct Check {
    /// Its name, as the report shows it.
    pub(super) name: &'static str,
    /// What is judged, and by whom.
    pub(super) what: &'static str,
    /// Judges.
    pub(super) run: fn(&Context<'_>) -> Outcome,
}

/// What a check found.
pub(super) enum Outcome {
    /// As it must be.
    Passed,
    /// Not judged, and why.
    Skipped(String),
    /// Not as it must be.
    Failed(String),
}

/// What a check may use.
pub(super) struct Context<'a> {
    project: &'a Project,
    simpul: Option<&'a Path>,
    /// A folder of this check's own, empty when the check starts.
    scratch: PathBuf,
}

impl Context<'_> {
    /// The workspace root.
    pub(super) fn root(&self) -> &Path {
        &self.project.root
    }

    /// The node's program, built with the tests; `None` when it does not build.
    pub(super) fn simpul(&self) -> Option<&Path> {
        self.simpul
    }

    /// A folder of this check's own, empty when the check starts.
    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Runs a program in the workspace root and keeps its output, also in a log in the scratch folder. A program that
    /// does not end in ten minutes is stopped and has failed.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> io::Result<Finished> {
        let mut command = Command::new("timeout");
        command.arg(PROGRAM_SECONDS.to_string()).arg(program).args(arguments).current_dir(self.root());
        let finished = shell::quietly(&mut command)?;
        let log = self.scratch().join(format!("{}.log", program.replace('/', "_")));
        fs::write(log, &finished.output)?;
        Ok(finished)
    }
}

/// Runs all checks.
pub(crate) fn run(project: &Project, tally: &mut Tally) {
    let simpul = project.simpul();
    match &simpul {
        Some(program) => println!("program under test: {}", program.display()),
        None => println!("program under test: it does not build"),
    }
    for check in ALL {
        let start = Instant::now();
        let scratch = project.target.join("checks").join(check.name);
        let outcome = match empty(&scratch) {
            Ok(()) => (check.run)(&Context { project, simpul: simpul.as_deref(), scratch }),
            Err(error) => Outcome::Failed(format!("no scratch folder: {error}")),
        };
        let verdict = match &outcome {
            Outcome::Passed => "passed".to_owned(),
            Outcome::Skipped(reason) => format!("skipped: {reason}"),
            Outcome::Failed(reason) => format!("FAILED: {reason}"),
        };
        println!("{}: {verdict} ({}, {:.1} s)", check.name, check.what, start.elapsed().as_secs_f64());
        match outcome {
            Outcome::Passed => tally.pass(),
            Outcome::Skipped(reason) => tally.skip(reason),
            Outcome::Failed(reason) => tally.fail(format!("{}: {reason}", check.name)),
        }
    }
}

fn empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folders_and_differ() {
        for (i, check) in ALL.iter().enumerate() {
            assert!(
                !check.name.is_empty() && check.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'),
                "{}",
                check.name
            );
            assert!(ALL.iter().skip(i + 1).all(|other| other.name != check.name), "{}", check.name);
        }
    }
}
