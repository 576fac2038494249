//! Running the judges, and the Java peer as a child process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::Value;

/// How long a Java program may take for its next line, on any machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The judges, ready to run: their Java sources are compiled once for a test.
pub(super) struct Oracle {
    classes: tempfile::TempDir,
}

impl Oracle {
    /// `None` if a program is missing, which it says.
    pub(super) fn find() -> Option<Self> {
        for (program, argument) in
            [("javac", "-version"), ("xmlsec1", "--version"), ("openssl", "version"), ("python3", "-V")]
        {
            let found = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
            if !found.is_ok_and(|status| status.success()) {
                println!("skipped: {program} is missing");
                return None;
            }
        }
        let classes = tempfile::tempdir().unwrap();
        let peer = std::fs::read_dir(oracle("peer")).unwrap().map(|entry| entry.unwrap().path());
        let compiled = Command::new("javac")
            .arg("-d")
            .arg(classes.path())
            .arg(oracle("VerifyContainer.java"))
            .args(peer)
            .status()
            .unwrap();
        assert!(compiled.success(), "the Java judges compile");
        Some(Self { classes })
    }

    /// A Java program of the judges, set for short runs.
    fn java(&self, class: &str) -> Command {
        let mut command = Command::new("java");
        command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]).arg(self.classes.path()).arg(class);
        command.stdin(Stdio::null());
        command
    }

    /// The JDK's verdict on a container: everything that it names is in it, and its signer leads to this CA.
    pub(super) fn jdk(&self, ca: &Path, container: &Path) -> Verdict {
        let mut command = self.java("VerifyContainer");
        Verdict::of(command.args([Path::new("--all-data"), Path::new("--ca"), ca, container]))
    }

    /// xmlsec1's verdict on a container's XML signature, whose signer leads to this CA.
    pub(super) fn xmlsec(&self, ca: &Path, container: &Path) -> Verdict {
        Verdict::of(Command::new(oracle("xmlsec.sh")).args([Path::new("--ca"), ca, container]))
    }

    /// The verdict of `openssl ts` on a container's timestamp, whose authority leads to this CA.
    pub(super) fn timestamp(&self, ca: &Path, container: &Path) -> Verdict {
        Verdict::of(Command::new(oracle("timestamp.sh")).args([Path::new("--ca"), ca, container]))
    }

    /// Starts the Java peer.
    pub(super) fn peer(&self, arguments: &[String]) -> Peer {
        Peer::start(self.java("Peer").args(arguments))
    }
}

/// A file of `tests/oracle`.
fn oracle(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracle")).join(name)
}

/// What a program said.
#[derive(Debug)]
pub(super) struct Verdict {
    /// Exit code.
    pub(super) code: Option<i32>,
    /// Standard output, then standard error.
    pub(super) text: String,
}

impl Verdict {
    /// Runs a program to its end.
    pub(super) fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        Self { code: output.status.code(), text: String::from_utf8_lossy(&text).into_owned() }
    }
}

/// The Java peer, ended with its test.
pub(super) struct Peer {
    child: Child,
    lines: Receiver<Value>,
}

impl Peer {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(value).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// The next line that it prints.
    pub(super) fn line(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).expect("the Java peer prints another line")
    }

    /// Its exit code, once it has ended by itself.
    pub(super) fn end(&mut self) -> Option<i32> {
        // Its output ends with it.
        while self.lines.recv_timeout(PATIENCE).is_ok() {}
        self.child.wait().unwrap().code()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
