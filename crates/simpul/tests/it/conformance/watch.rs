//! The processes under test, before and after: the same ones, and not much larger.

use nix::unistd::Pid;

/// The most that a process may grow while a group of cases runs: room for what it allocates once, and far below what
/// the oversize cases send.
const GROWTH_KIB: u64 = 32 * 1024;

/// Processes and what they were when watching began.
pub(super) struct Watch(Vec<Seen>);

struct Seen {
    name: String,
    pid: Pid,
    started: u64,
    rss_kib: u64,
}

impl Watch {
    /// Begins to watch.
    pub(super) fn over(processes: impl IntoIterator<Item = (String, Pid)>) -> Self {
        let seen = |(name, pid): (String, Pid)| {
            let started = started(pid).unwrap_or_else(|| panic!("{name} runs"));
            Seen { rss_kib: rss_kib(pid).unwrap(), name, pid, started }
        };
        Self(processes.into_iter().map(seen).collect())
    }

    /// What is wrong with them now.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for Seen { name, pid, started: before, rss_kib: rss } in &self.0 {
            match (started(*pid), rss_kib(*pid)) {
                (Some(now), Some(kib)) if now == *before => {
                    println!("  {name}: {rss} KiB before, {kib} KiB after");
                    if kib > rss + GROWTH_KIB {
                        findings.push(format!("{name} grew from {rss} KiB to {kib} KiB"));
                    }
                }
                _ => findings.push(format!("{name} is not the process that it was")),
            }
        }
        findings
    }
}

/// When a process was started, in clock ticks since boot; `None` if it has ended.
fn started(pid: Pid) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let (state, started) = (fields.first()?, fields.get(19)?);
    (*state != "Z").then(|| started.parse().ok())?
}

/// The memory that a process holds now.
fn rss_kib(pid: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
