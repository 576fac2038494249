//! A child process that is ended with its test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::SIMPUL;

/// How long a role may take to become ready: generous, since machines differ.
const READY: Duration = Duration::from_secs(60);

/// A running role.
pub(crate) struct Process {
    child: Child,
    args: Vec<String>,
    /// What it said on standard error, and a bell for each line.
    errors: Arc<(Mutex<String>, Condvar)>,
    ready: String,
}

impl Process {
    /// Starts the binary with these arguments and waits for its `ready` line.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = Command::new(SIMPUL)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        let errors = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let sink = Arc::clone(&errors);
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut text = sink.0.lock().unwrap();
                text.push_str(&line);
                text.push('\n');
                sink.1.notify_all();
            }
        });
        let mut process =
            Self { child, args: args.iter().map(|a| (*a).to_owned()).collect(), errors, ready: String::new() };
        let Some(line) = became_ready(stdout) else {
            process.kill();
            let _ = reader.join();
            panic!("{args:?} did not become ready:\n{}", process.errors());
        };
        process.ready = line;
        process
    }

    /// Ends it at once, as a power cut would, and waits for its end.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, and gives its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        kill(self.pid(), Signal::SIGTERM).unwrap();
        self.child.wait().unwrap().code()
    }

    /// Ends it at once and starts it again.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        *self = Self::start(&args);
    }

    /// The address of one of its ports, as its `ready` line has it.
    pub(crate) fn port(&self, name: &str) -> SocketAddr {
        let (_, rest) = self.ready.split_once(&format!(" {name} ")).unwrap_or_else(|| panic!("{}", self.ready));
        rest.split([',', ';']).next().unwrap().trim().parse().unwrap()
    }

    /// What it has said on standard error so far.
    pub(crate) fn errors(&self) -> String {
        self.errors.0.lock().unwrap().clone()
    }

    /// Whether it says this on standard error, now or soon: what it logs may arrive after what it answers.
    pub(crate) fn says(&self, text: &str) -> bool {
        let (said, more) = &*self.errors;
        let quiet = |said: &mut String| !said.contains(text);
        !more.wait_timeout_while(said.lock().unwrap(), READY, quiet).unwrap().1.timed_out()
    }

    /// The process id.
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).unwrap())
    }

    /// The most memory it ever held, in KiB.
    pub(crate) fn peak_rss_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads lines until one starts with `ready`, and gives it; the rest is read away so that the child never blocks.
fn became_ready(stdout: ChildStdout) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            let Ok(line) = line else { break };
            if line.starts_with("ready") {
                let _ = sender.send(line);
            }
        }
    });
    receiver.recv_timeout(READY).ok()
}
