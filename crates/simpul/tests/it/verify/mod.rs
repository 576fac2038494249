//! The judges' tools at the command line: `simpul verify`, `globalconf verify` and `ledger verify`.

mod container;
mod fake_registry;
mod globalconf;
mod log;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::support::SIMPUL;

/// A file or folder of X-Road's own data (`fixtures/INDEX.md`); `None`, with a word about it, where it is missing.
fn fixture(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("SIMPUL_FIXTURES")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let found = root.join("xroad/fixtures").join(path);
    if !found.exists() {
        println!("skipped: no fixtures");
        return None;
    }
    Some(found)
}

/// What a tool answered.
struct Told {
    exit: i32,
    /// The object for machines.
    json: Value,
}

/// Runs the binary with `--json` added.
fn json<S: AsRef<OsStr>>(args: &[S]) -> Told {
    let output = Command::new(SIMPUL).args(args).arg("--json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let [line] = lines[..] else { panic!("one line: {text} {}", String::from_utf8_lossy(&output.stderr)) };
    Told { exit: output.status.code().unwrap(), json: serde_json::from_str(line).unwrap() }
}

/// Runs the binary and gives exit code and text.
fn text<S: AsRef<OsStr>>(args: &[S]) -> (i32, String) {
    let output = Command::new(SIMPUL).args(args).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(told).unwrap())
}

impl Told {
    fn text(&self, name: &str) -> &str {
        self.json[name].as_str().unwrap_or("")
    }

    /// Verdict and code, with the exit code that must go with the verdict (issue: 0 valid, 1 invalid, 2 unreadable).
    fn verdict(&self) -> (&str, &str) {
        let verdict = self.text("verdict");
        let expected = ["valid", "invalid", "unreadable"].iter().position(|v| *v == verdict).unwrap();
        assert_eq!(usize::try_from(self.exit).unwrap(), expected, "{}", self.json);
        assert_eq!(self.json["reason"].is_null(), verdict == "valid", "{}", self.json);
        assert_eq!(self.json["cure"].is_null(), verdict == "valid", "{}", self.json);
        (verdict, self.text("code"))
    }

    /// Name and result of every check.
    fn checks(&self) -> Vec<(&str, &str)> {
        let checks = self.json["checks"].as_array().unwrap();
        checks.iter().map(|c| (c["name"].as_str().unwrap(), c["result"].as_str().unwrap())).collect()
    }
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            // The content alone: the copy must be writable.
            false => std::fs::write(target, std::fs::read(entry.path()).unwrap()).unwrap(),
        }
    }
}

/// Flips bits of one octet of a file.
fn flip(path: &Path, place: usize, bits: u8) {
    let mut octets = std::fs::read(path).unwrap();
    octets[place] ^= bits;
    std::fs::write(path, octets).unwrap();
}
