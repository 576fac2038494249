//! The federation that is measured: two instances, each role in a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{BenchError, Key, load};

/// A running federation: each role in a process of its own.
pub(super) struct Federation {
    roles: Vec<Role>,
    dir: PathBuf,
    pub(super) url: String,
    pub(super) path: String,
    /// Where the register answers the same call itself.
    register: String,
}

struct Role {
    name: String,
    child: Child,
}

impl Federation {
    pub(super) fn start(simpul: &Path, dir: &Path, key: Key) -> Result<Self, BenchError> {
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
        let path = format!("/r1/MY/GOV/1001/civil-registry/persons{PERSON}");
        let register = plan.pointer("/my/register").and_then(Value::as_str).unwrap_or_default();
        let register = format!("{register}{PERSON}");
        let mut federation = Self { roles: Vec::new(), dir: dir.to_owned(), url, path, register };
        for role in ["lab", "registry", "server"] {
            for instance in ["id", "my"] {
                let mut role = Role::start(simpul, role, &dir.join(instance).join("simpul.toml"))?;
                role.name = format!("{instance} {}", role.name);
                federation.roles.push(role);
            }
        }
        Ok(federation)
    }

    /// What the register answers by itself: each exchange must bring exactly this.
    pub(super) fn expected(&self) -> Result<Vec<u8>, BenchError> {
        load::fetch(&self.register)
    }

    /// The larger peak of the two security servers.
    pub(super) fn peak_rss_kib(&self) -> u64 {
        let servers = self.roles.iter().filter(|r| r.name.ends_with("server"));
        servers.filter_map(|r| peak_rss_kib(r.child.id())).max().unwrap_or(0)
    }

    /// Ticks of processor time that each role has used.
    pub(super) fn cpu_ticks(&self) -> Vec<(String, u64)> {
        let of = |role: &Role| (role.name.clone(), cpu_ticks(role.child.id()).unwrap_or(0));
        self.roles.iter().map(of).collect()
    }

    /// Stops the servers and lets the binary verify every record of both logs: there must be a request and an answer of
    /// each exchange, and nothing else.
    pub(super) fn verify_records(mut self, simpul: &Path, exchanges: u64) -> Result<(), BenchError> {
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
            let records = records(&text);
            if records != Some(2 * exchanges) {
                let found = records.map_or_else(|| "no number of".to_owned(), |n| n.to_string());
                let why = format!("{instance}: {found} records of {exchanges} exchanges, which leave two each");
                return Err(BenchError::Program(why));
            }
        }
        Ok(())
    }
}

/// The number of records in what `simpul ledger verify` says.
fn records(text: &str) -> Option<u64> {
    text.lines().last()?.split_once(" records, ")?.0.parse().ok()
}

/// The call.
const PERSON: &str = "/persons/LAB-00042";

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

/// Ticks of user and system time of a process.
fn cpu_ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program may hold spaces; fields 14 and 15 count from after it.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn peak_rss_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time of each role over all rounds: steadier than the clock on a machine with other work.
#[derive(Default)]
pub(super) struct Spent {
    ticks: Vec<(String, u64)>,
    exchanges: u64,
}

impl Spent {
    pub(super) fn add(&mut self, before: &[(String, u64)], after: &[(String, u64)], exchanges: u64) {
        self.ticks.resize(after.len(), (String::new(), 0));
        for (sum, (then, now)) in self.ticks.iter_mut().zip(before.iter().zip(after)) {
            sum.0.clone_from(&now.0);
            sum.1 += now.1.saturating_sub(then.1);
        }
        self.exchanges += exchanges;
    }
}

impl Spent {
    /// Microseconds of one role, such as `my server`, per exchange.
    pub(super) fn micros(&self, role: &str) -> f64 {
        let ticks = self.ticks.iter().find(|(name, _)| name == role).map_or(0, |(_, ticks)| *ticks);
        Duration::from_millis(ticks * 10).as_secs_f64() * 1e6 / Duration::from_secs(self.exchanges.max(1)).as_secs_f64()
    }
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (nth, (name, ticks)) in self.ticks.iter().enumerate() {
            // USER_HZ is 100 on every Linux that Rust runs on.
            let micros = ticks * 10_000 / self.exchanges.max(1);
            write!(f, "{}{name} {micros} µs", if nth == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_records_is_read() {
        assert_eq!(records("WRONG  record 1\n31092 records, 31092 stamped, 0 wrong\n"), Some(31_092));
        assert_eq!(records("cannot open"), None);
        assert_eq!(records(""), None);
    }
}
