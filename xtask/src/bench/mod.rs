//! Benchmarks of whole paths, reported as ratios against a floor measured in the same minutes on the same processors.

mod federation;
mod floor;
mod load;
mod policy;
mod trail;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use crate::project::Project;
use crate::shell;
use federation::{Federation, Spent};
use floor::Floor;
use load::{Load, Outcome};

/// Rounds of each kind; they alternate, so that a slow minute of the machine meets both.
const ROUNDS: usize = 5;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Signed REST exchanges per second through two security servers, with the message log durable.
    ///
    /// Two `simpul server` processes exchange small GET calls. The floor is what the same processors could do if an
    /// exchange were nothing but its asymmetric cryptography: 2 signatures and 2 verifications. Rounds of both
    /// alternate. Fails on any answer that is not octet for octet what the register says, on any record that does not
    /// verify afterwards, and if both logs do not hold two records of each exchange; the speed itself is a report.
    Exchange(Exchange),
    /// What a decision costs with 10,000 agreements loaded, as a share of an exchange.
    ///
    /// The share is that of the processor time which the provider's security server spends on an exchange, measured
    /// before and after the decisions of the same run.
    Policy(policy::Policy),
    /// Lookups in the data trail: how long the question of a random person takes.
    ///
    /// Fills a trail on SQLite with events of persons who have 1 to 1,000 each, and another one with a hundredth of
    /// them; rounds of lookups alternate between both. Fails on any wrong answer; the speed itself is a report.
    Trail(trail::Trail),
}

/// `cargo xtask bench exchange`.
#[derive(Args)]
pub(crate) struct Exchange {
    /// The members' sign keys.
    #[arg(long, value_enum, default_value_t = Key::Rsa2048)]
    key: Key,
    /// Calls under way at once, each on a connection of its own.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// Seconds of each round.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Make the last line one JSON object.
    #[arg(long)]
    json: bool,
}

/// A kind of sign key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Key {
    /// RSA with 2048 bits.
    Rsa2048,
    /// ECDSA on P-256.
    P256,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::P256 => "p256",
        }
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A program did not do its part.
    #[error("{0}")]
    Program(String),
    /// The system refused.
    #[error("{what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The floor could not be measured.
    #[error("OpenSSL failed")]
    Crypto(#[source] openssl::error::ErrorStack),
    /// An answer was wrong.
    #[error("{wrong} of {all} answers were wrong; the first: {first}")]
    Wrong {
        /// How many.
        wrong: u64,
        /// Of how many.
        all: u64,
        /// The first wrong answer.
        first: String,
    },
}

/// Runs a benchmark.
pub(crate) fn run(project: &Project, bench: &Bench) -> ExitCode {
    let outcome = match bench {
        Bench::Exchange(options) => exchange(project, options),
        Bench::Policy(options) => policy::run(project, options),
        Bench::Trail(options) => trail::run(project, options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("bench: {}", shell::chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn exchange(project: &Project, options: &Exchange) -> Result<(), BenchError> {
    let simpul = build(project)?;
    let dir = project.target.join("bench-exchange");
    let _ = std::fs::remove_dir_all(&dir);
    let federation = Federation::start(&simpul, &dir, options.key)?;
    let floor = Floor::new(options.key).map_err(BenchError::Crypto)?;
    let load = Load::new(&federation.url, &federation.path, options.connections, federation.expected()?)?;
    println!("warm-up");
    let mut exchanges = load.run(Duration::from_secs(2))?.answers();
    let mut rounds = Vec::new();
    let mut spent = Spent::default();
    for round in 1..=ROUNDS {
        let floor = floor.run(Duration::from_secs(options.seconds.min(3))).map_err(BenchError::Crypto)?;
        let before = federation.cpu_ticks();
        let outcome = load.run(Duration::from_secs(options.seconds))?;
        spent.add(&before, &federation.cpu_ticks(), outcome.answers());
        exchanges += outcome.answers();
        println!(
            "round {round}: {:.0} exchanges/s, p50 {:.2} ms, p99 {:.2} ms; floor {floor:.0}/s; ratio {:.3}",
            outcome.per_second,
            outcome.millis(50),
            outcome.millis(99),
            outcome.per_second / floor
        );
        rounds.push((outcome, floor));
    }
    println!("processor time per exchange: {spent}");
    let peak = federation.peak_rss_kib();
    federation.verify_records(&simpul, exchanges)?;
    report(options, &rounds, peak);
    Ok(())
}

fn report(options: &Exchange, rounds: &[(Outcome, f64)], peak: u64) {
    let rate = median(rounds.iter().map(|(o, _)| o.per_second));
    let p50 = median(rounds.iter().map(|(o, _)| o.millis(50)));
    let p99 = median(rounds.iter().map(|(o, _)| o.millis(99)));
    let ratio = median(rounds.iter().map(|(o, floor)| o.per_second / floor));
    println!(
        "{} keys, {} connections: median {rate:.0} exchanges/s, p50 {p50:.2} ms, p99 {p99:.2} ms, \
         {ratio:.3} of the crypto floor, peak memory {peak} KiB",
        options.key.name(),
        options.connections
    );
    if options.json {
        let round = |value: f64, digits: f64| (value * digits).round() / digits;
        println!(
            "{}",
            json!({
                "exchanges_per_s": round(rate, 10.0),
                "p50_ms": round(p50, 1000.0),
                "p99_ms": round(p99, 1000.0),
                "peak_rss_kib": peak,
                "ratios": { "floor": round(ratio, 10000.0) },
                "errors": 0,
            })
        );
    }
}

/// The middle value; the upper one of two.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = values.collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Builds the release binary.
fn build(project: &Project) -> Result<PathBuf, BenchError> {
    let status = Command::new("cargo")
        .args(["build", "--release", "--package", "simpul"])
        .current_dir(&project.root)
        .status()
        .map_err(|cause| BenchError::System { what: "cargo did not start", cause })?;
    match status.success() {
        true => Ok(project.target.join("release").join("simpul")),
        false => Err(BenchError::Program("the release build failed".to_owned())),
    }
}
