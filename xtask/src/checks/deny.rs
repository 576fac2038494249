//! `deny.toml` as cargo-deny reads it. The rules that matter are tests of ours too (`xtask/tests/it`), since building
//! cargo-deny costs minutes (docs/adr/0002).

use crate::checks::{Check, Context, Outcome};
use crate::shell;

pub(super) const CHECK: Check =
    Check { name: "cargo-deny", what: "bans, licences and sources of all dependencies, by cargo-deny", run };

fn run(context: &Context<'_>) -> Outcome {
    if shell::on_path("cargo-deny").is_none() {
        return Outcome::Skipped("cargo-deny is not installed".to_owned());
    }
    // Offline only what this platform needs is here.
    let host = match context.run("rustc", &["-vV"]) {
        Ok(answer) => answer.output.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned),
        Err(error) => return Outcome::Failed(shell::chain(&error)),
    };
    let Some(host) = host else { return Outcome::Failed("rustc does not name its platform".to_owned()) };
    let place = ["--offline", "--locked", "--color", "never", "--target", &host];
    let arguments = [&place[..], &["check", "bans", "licenses", "sources"]].concat();
    match context.run("cargo-deny", &arguments) {
        Ok(done) if done.success => Outcome::Passed,
        Ok(_) => Outcome::Failed(format!("see {}", context.scratch().join("cargo-deny.log").display())),
        Err(error) => Outcome::Failed(shell::chain(&error)),
    }
}
