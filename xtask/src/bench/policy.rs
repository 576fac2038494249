//! What a decision under an agreement costs, as a share of an exchange measured in the same run.

use std::process::Command;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::federation::{Federation, Spent};
use super::load::Load;
use super::{BenchError, Key, build};
use crate::project::Project;

/// `cargo xtask bench policy`.
#[derive(Args)]
pub(crate) struct Policy {
    /// Make the last line one JSON object.
    #[arg(long)]
    json: bool,
}

/// Seconds of exchanges, before the decisions and after them.
const EXCHANGES: Duration = Duration::from_secs(3);

pub(super) fn run(project: &Project, options: &Policy) -> Result<(), BenchError> {
    let simpul = build(project)?;
    let dir = project.target.join("bench-policy");
    let _ = std::fs::remove_dir_all(&dir);
    let federation = Federation::start(&simpul, &dir, Key::Rsa2048)?;
    let load = Load::new(&federation.url, &federation.path, 8, federation.expected()?)?;
    println!("warm-up");
    load.run(Duration::from_secs(1))?;
    let mut spent = Spent::default();
    let mut exchanges = || {
        let before = federation.cpu_ticks();
        let answers = load.run(EXCHANGES)?.answers();
        spent.add(&before, &federation.cpu_ticks(), answers);
        Ok(())
    };
    exchanges()?;
    let decision = decisions(project)?;
    exchanges()?;
    let micros = spent.micros("my server");
    let p50 = decision.pointer("/decision_p50_ns").and_then(Value::as_f64).unwrap_or(f64::NAN) / 1000.0;
    let p99 = decision.pointer("/decision_p99_ns").and_then(Value::as_f64).unwrap_or(f64::NAN) / 1000.0;
    let share = p50 / micros;
    println!("processor time per exchange: {spent}");
    println!("a decision with 10,000 agreements: p50 {p50:.1} µs, p99 {p99:.1} µs");
    println!("the provider's server spends {:.2} % of an exchange on it", share * 100.0);
    if options.json {
        println!(
            "{}",
            json!({
                "agreements": 10_000,
                "decision_p50_us": p50,
                "decision_p99_us": p99,
                "exchange_us": micros,
                "ratios": { "share": (share * 10_000.0).round() / 10_000.0 },
                "errors": 0,
            })
        );
    }
    Ok(())
}

/// Runs the bench of the policy crate, which prints its times in nanoseconds as its last line.
fn decisions(project: &Project) -> Result<Value, BenchError> {
    let output = Command::new("cargo")
        .args(["bench", "--package", "simpul-policy", "--bench", "decide"])
        .current_dir(&project.root)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|cause| BenchError::System { what: "cargo did not start", cause })?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().rev().find(|line| line.starts_with('{')).unwrap_or_default();
    match (output.status.success(), serde_json::from_str(last)) {
        (true, Ok(value)) => Ok(value),
        _ => Err(BenchError::Program(format!("the bench of decisions failed: {text}"))),
    }
}
