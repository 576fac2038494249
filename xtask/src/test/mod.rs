//! `cargo xtask test`: everything that says whether this checkout is sound, in one order, with one last line.

mod report;
mod steps;
mod tools;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::checks;
use crate::project::Project;
use crate::tally::Tally;

/// What to run.
#[derive(Args)]
pub(crate) struct Options {
    /// Run this step only; may be given more than once. Default: all, in order.
    #[arg(long, value_enum, value_name = "STEP")]
    only: Vec<Step>,
}

/// The steps, in their order.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Programs that the tests need, installed by apt where missing
    Tools,
    /// `cargo fmt --check`
    Format,
    /// `cargo clippy`, warnings are errors
    Lint,
    /// All tests
    Tests,
    /// Independent checks: programs that are not part of this project judge what it made
    Checks,
}

const ORDER: [Step; 5] = [Step::Tools, Step::Format, Step::Lint, Step::Tests, Step::Checks];

impl Step {
    fn title(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Format => "format check",
            Self::Lint => "clippy",
            Self::Tests => "tests",
            Self::Checks => "independent checks",
        }
    }
}

/// Runs the steps and prints the summary as the last line.
pub(crate) fn run(project: &Project, options: &Options) -> ExitCode {
    match &project.fixtures {
        Some(folder) => println!("fixtures: {}", folder.display()),
        None => println!("fixtures: none (no SIMPUL_FIXTURES, no ../shared): tests that need them say so and skip"),
    }
    let wanted = |step: &Step| options.only.is_empty() || options.only.contains(step);
    let mut tally = Tally::default();
    let mut times = Vec::new();
    for step in ORDER.into_iter().filter(wanted) {
        println!("\n=== {}", step.title());
        let start = Instant::now();
        let go_on = perform(step, project, &mut tally);
        let took = start.elapsed();
        println!("=== {}: {}", step.title(), seconds(took));
        times.push((step, took));
        if !go_on {
            println!("\n{tally}");
            return ExitCode::FAILURE;
        }
    }
    if wanted(&Step::Tests) && tally.tests() == 0 {
        tally.fail("no test ran");
    }
    println!();
    for (step, took) in &times {
        println!("{:>9}  {}", seconds(*took), step.title());
    }
    for line in tally.details() {
        println!("{line}");
    }
    println!("{tally}");
    if tally.good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One step. The answer is `false` when nothing after it makes sense.
fn perform(step: Step, project: &Project, tally: &mut Tally) -> bool {
    match step {
        Step::Tools => return tools::provide(tally),
        Step::Format => steps::format(project, tally),
        Step::Lint => steps::lint(project, tally),
        Step::Tests => steps::tests(project, tally),
        Step::Checks => checks::run(project, tally),
    }
    true
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
