//! Lookups in the data trail. The measurement is a bench of `store`, because this crate knows no other.

use std::process::Command;

use clap::Args;

use super::BenchError;
use crate::project::Project;
use crate::shell;

/// `cargo xtask bench trail`.
#[derive(Args)]
pub(crate) struct Trail {
    /// Events in the trail.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..=100_000_000))]
    events: u64,
    /// The profile of cargo to build with; another one than `release` gives slower figures sooner.
    #[arg(long, default_value = "release")]
    profile: String,
    /// Make the last line one JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(project: &Project, options: &Trail) -> Result<(), BenchError> {
    let dir = project.target.join("bench-trail");
    let mut command = Command::new("cargo");
    command
        .args(["bench", "--package", "simpul-store", "--bench", "trail", "--profile", &options.profile, "--"])
        .args(["--events", &options.events.to_string(), "--dir"])
        .arg(&dir)
        .current_dir(&project.root);
    let finished = shell::relay(&mut command, |line| !line.starts_with('{'))
        .map_err(|cause| BenchError::System { what: "cargo did not start", cause })?;
    // Its folders are gone when it ends well.
    let _ = std::fs::remove_dir_all(&dir);
    let last = finished.output.lines().rev().find(|line| line.starts_with('{'));
    match last.filter(|_| finished.success) {
        Some(result) => report(result, options.json),
        None => Err(BenchError::Program("the lookups were not measured".to_owned())),
    }
}

fn report(result: &str, whole: bool) -> Result<(), BenchError> {
    let figures: serde_json::Value =
        serde_json::from_str(result).map_err(|_| BenchError::Program("the figures are no JSON".to_owned()))?;
    let figure = |pointer: &str| figures.pointer(pointer).and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
    println!(
        "{} events: first page p50 {:.2} ms, p99 {:.2} ms (aim 20 ms); all pages p50 {:.2} ms, p99 {:.2} ms; \
         p99 is {:.2} of that over a hundredth of the events; {:.0} octets on disk per event",
        figure("/events"),
        figure("/p50_ms"),
        figure("/p99_ms"),
        figure("/all_pages_p50_ms"),
        figure("/all_pages_p99_ms"),
        figure("/ratios/p99_to_hundredth"),
        figure("/octets_per_event"),
    );
    if whole {
        println!("{figures}");
    }
    Ok(())
}
