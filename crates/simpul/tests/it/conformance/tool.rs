//! The programs that judge: exit code and verdict.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::outcome::Outcome;
use crate::support::SIMPUL;

/// Runs the program with these arguments and gives its exit code, the code in its verdict if it speaks JSON, and all
/// that it said.
pub(super) fn run(arguments: &[&str], paths: &[&Path], start: Instant) -> Outcome {
    let all = arguments.iter().map(OsStr::new).chain(paths.iter().map(|p| p.as_os_str()));
    let output = Command::new(SIMPUL).args(all).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
    Outcome {
        exit: output.status.code(),
        code: json["code"].as_str().map(str::to_owned),
        text: format!("{said}{}", String::from_utf8_lossy(&output.stderr)),
        took: start.elapsed(),
        ..Outcome::default()
    }
}
