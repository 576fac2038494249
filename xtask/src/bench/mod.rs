//! Benchmarks of whole paths, reported as ratios against a floor measured in the same minutes on the same processors.

mod floor;
mod load;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::project::Project;
use crate::shell;
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
    /// alternate. Fails on any wrong answer and on any record that does not verify afterwards; the speed itself is a
    /// report.
    Exchange(Exchange),
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
    let Bench::Exchange(options) = bench;
    match exchange(project, options) {
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
    let load = Load::new(&federation.url, &federation.path, options.connections)?;
    println!("warm-up");
    load.run(Duration::from_secs(2))?;
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        let floor = floor.run(Duration::from_secs(options.seconds.min(3))).map_err(BenchError::Crypto)?;
        let outcome = load.run(Duration::from_secs(options.seconds))?;
        println!(
            "round {round}: {:.0} exchanges/s, p50 {:.2} ms, p99 {:.2} ms; floor {floor:.0}/s; ratio {:.3}",
            outcome.per_second,
            outcome.millis(50),
            outcome.millis(99),
            outcome.per_second / floor
        );
        rounds.push((outcome, floor));
    }
    let peak = federation.peak_rss_kib();
    federation.verify_records(&simpul)?;
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

/// A running federation: each role in a process of its own.
struct Federation {
    roles: Vec<Role>,
    dir: PathBuf,
    url: String,
    path: String,
}

struct Role {
    name: String,
    child: Child,
}

impl Federation {
    fn start(simpul: &Path, dir: &Path, key: Key) -> Result<Self, BenchError> {
        let prepared = Command::new(simpul)
            .args(["demo", "--prepare", "--first-address", "127.77.0.2", "--keys", key.name(), "--dir"])
            .arg(dir)
            .output()
            .map_err(|cause| BenchError::System { what: "the binary did not start", cause })?;
        if !prepared.status.success() {
            return Err(BenchError::Program(String::from_utf8_lossy(&prepared.stderr).into_owned()));
        }
        let plan = std::fs::read(dir.join("federation.json"))
            .map_err(|cause| BenchError::System { what: "no federation.json", cause })?;
        let plan: Value = serde_json::from_slice(&plan).map_err(|e| BenchError::Program(e.to_string()))?;
        let url = plan.pointer("/id/server/consumer").and_then(Value::as_str).unwrap_or_default().to_owned();
        let path = "/r1/MY/GOV/1001/civil-registry/persons/persons/LAB-00042".to_owned();
        let mut federation = Self { roles: Vec::new(), dir: dir.to_owned(), url, path };
        for role in ["lab", "registry", "server"] {
            for instance in ["id", "my"] {
                let role = Role::start(simpul, role, &dir.join(instance).join("simpul.toml"))?;
                federation.roles.push(role);
            }
        }
        Ok(federation)
    }

    /// The larger peak of the two security servers.
    fn peak_rss_kib(&self) -> u64 {
        let servers = self.roles.iter().filter(|r| r.name == "server");
        servers.filter_map(|r| peak_rss_kib(r.child.id())).max().unwrap_or(0)
    }

    /// Stops the servers and lets the binary verify every record of both logs.
    fn verify_records(mut self, simpul: &Path) -> Result<(), BenchError> {
        self.roles.clear();
        for instance in ["id", "my"] {
            let config = self.dir.join(instance).join("simpul.toml");
            let output = Command::new(simpul)
                .args(["ledger", "verify", "--config"])
                .arg(&config)
                .output()
                .map_err(|cause| BenchError::System { what: "the binary did not start", cause })?;
            let text = String::from_utf8_lossy(&output.stdout);
            println!("{instance}: {}", text.lines().last().unwrap_or_default());
            if !output.status.success() {
                let why = String::from_utf8_lossy(&output.stderr);
                return Err(BenchError::Program(format!("{instance}: records do not verify: {text}{why}")));
            }
        }
        Ok(())
    }
}

impl Role {
    fn start(simpul: &Path, role: &str, config: &Path) -> Result<Self, BenchError> {
        let mut child = Command::new(simpul)
            .arg(role)
            .arg("--config")
            .arg(config)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|cause| BenchError::System { what: "a role did not start", cause })?;
        let stdout = child.stdout.take();
        let started = Self { name: role.to_owned(), child };
        let Some(stdout) = stdout else { return Err(BenchError::Program("no output of a role".to_owned())) };
        let mut lines = BufReader::new(stdout).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("ready"));
        std::thread::spawn(move || lines.for_each(drop));
        match ready {
            true => Ok(started),
            false => Err(BenchError::Program(format!("{role} of {} did not become ready", config.display()))),
        }
    }
}

/// Asks a role to end, so that what it holds is written, and waits for it.
impl Drop for Role {
    fn drop(&mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if !asked.is_ok_and(|s| s.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn peak_rss_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
