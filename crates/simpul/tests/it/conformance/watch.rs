//! The processes under test, before and after: the same ones, not much larger, and holding nothing of what is over.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::unistd::Pid;

/// The most that a process may grow while a group of cases runs: room for what it allocates once, and far below what
/// the oversize cases send.
const GROWTH_KIB: u64 = 32 * 1024;

/// Open files that a process may hold more: links to a peer that are kept for the next call, and the log's own.
const MORE_FILES: usize = 16;

/// How long what a caller left may stay: longer than any patience of the laboratory.
const RELEASED: Duration = Duration::from_secs(30);

/// Processes and what they were when watching began.
pub(super) struct Watch(Vec<Seen>);

struct Seen {
    name: String,
    pid: Pid,
    started: u64,
    rss_kib: u64,
    files: usize,
    /// Where bodies lie while they pass, and how many files are there.
    spool: PathBuf,
    spooled: usize,
}

impl Watch {
    /// Begins to watch.
    pub(super) fn over(processes: impl IntoIterator<Item = (String, Pid, PathBuf)>) -> Self {
        let seen = |(name, pid, spool): (String, Pid, PathBuf)| {
            let started = started(pid).unwrap_or_else(|| panic!("{name} runs"));
            let (rss_kib, files, spooled) = (rss_kib(pid).unwrap(), files(pid), entries(&spool));
            Seen { rss_kib, files, spooled, name, pid, started, spool }
        };
        Self(processes.into_iter().map(seen).collect())
    }

    /// What is wrong with them now.
    pub(super) fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for Seen { name, pid, started: before, rss_kib: rss, files: open, spool, spooled } in &self.0 {
            match (started(*pid), rss_kib(*pid)) {
                (Some(now), Some(kib)) if now == *before => {
                    println!("  {name}: {rss} KiB before, {kib} KiB after");
                    if kib > rss + GROWTH_KIB {
                        findings.push(format!("{name} grew from {rss} KiB to {kib} KiB"));
                    }
                    let patience = Instant::now() + RELEASED;
                    while files(*pid) > open + MORE_FILES && Instant::now() < patience {
                        std::thread::yield_now();
                    }
                    let (now, left) = (files(*pid), entries(spool).saturating_sub(*spooled));
                    println!("  {name}: {open} open files before, {now} after");
                    if now > open + MORE_FILES {
                        findings.push(format!("{name} had {open} open files and has {now}"));
                    }
                    if left > 0 {
                        findings.push(format!("{name} left {left} bodies in its spool"));
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

/// How many files and sockets a process has open.
fn files(pid: Pid) -> usize {
    entries(Path::new(&format!("/proc/{pid}/fd")))
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// The memory that a process holds now.
fn rss_kib(pid: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
