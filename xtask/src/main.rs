//! Project tasks, run as `cargo xtask <task>`.
//!
//! One module per task, and what tasks share beside them: `project` (where things are), `shell` (running programs),
//! `gallery` (pages for a browser) and `tally` (what is counted). A task is a variant of [`Task`] and a function that returns an exit code. Nothing
//! here is part of a node: `xtask` depends on no crate of the workspace, and no crate depends on it.
#![allow(clippy::print_stdout, reason = "a command-line tool speaks on standard output")]

mod bench;
mod checks;
mod gallery;
mod project;
mod shell;
mod shots;
mod tally;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

/// Tasks of the Simpul project.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run format check, clippy, all tests and the independent checks.
    ///
    /// Installs by apt what the tests need and is missing, and says why. The last line counts what ran:
    /// `N passed, N failed, N skipped`. Exits with 1 when anything failed or no test ran.
    Test(test::Options),
    /// Measure, as ratios against a floor of the same machine in the same minutes.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Write a screenshot of every page of the gallery.
    Shots(shots::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let project = match Project::find() {
        Ok(project) => project,
        Err(error) => {
            println!("xtask: {}", shell::chain(&error));
            return ExitCode::FAILURE;
        }
    };
    match cli.task {
        Task::Test(options) => test::run(&project, &options),
        Task::Bench(bench) => bench::run(&project, &bench),
        Task::Shots(shots) => shots::run(&project, &shots),
    }
}
