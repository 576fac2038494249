//! The gallery of pages, served on a loopback port that the system chooses, and the browser tools that look at it.

use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;

use crate::project::Project;
use crate::shell;

/// The oldest node that the browser tools run on.
const OLDEST_NODE: u32 = 20;

/// A gallery that is being served. It ends when this is dropped.
pub(crate) struct Gallery {
    child: Child,
    input: Option<ChildStdin>,
    /// Where it is, such as `http://127.0.0.1:40123`.
    pub(crate) base: String,
    /// The paths of its pages, without their language.
    pub(crate) paths: Vec<String>,
}

impl Gallery {
    /// Builds the example of `portal` and starts it.
    pub(crate) fn start(project: &Project) -> io::Result<Self> {
        let program = build(project).ok_or_else(|| io::Error::other("the gallery does not build"))?;
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().ok_or_else(|| io::Error::other("the gallery has no output"))?;
        let mut gallery = Self { child, input, base: String::new(), paths: Vec::new() };
        for line in BufReader::new(output).lines().take(2) {
            let line = line?;
            let (what, rest) = line.split_once(' ').unwrap_or_default();
            match what {
                "gallery" => gallery.base = rest.trim_end_matches("/id/gallery").to_owned(),
                "paths" => gallery.paths = rest.split(' ').map(str::to_owned).collect(),
                _ => return Err(io::Error::other(format!("the gallery says `{line}`"))),
            }
        }
        if gallery.base.is_empty() || gallery.paths.is_empty() {
            return Err(io::Error::other("the gallery did not say where it is"));
        }
        Ok(gallery)
    }
}

impl Drop for Gallery {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// The example as cargo builds it; after the tests nothing is left to build.
fn build(project: &Project) -> Option<PathBuf> {
    let build =
        ["build", "-p", "simpul-portal", "--example", "gallery", "--locked", "--quiet", "--message-format", "json"];
    let answer = project.cargo(&build).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let messages = String::from_utf8(answer.stdout).ok()?;
    messages.lines().filter(|_| answer.status.success()).find_map(executable)
}

fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let is_gallery = message.get("target")?.get("name")? == "gallery";
    message.get("executable")?.as_str().filter(|_| is_gallery).map(PathBuf::from)
}

/// Why the browser tools cannot run here; `None` when they can.
pub(crate) fn lacking() -> Option<String> {
    if let Some(missing) = ["chromium", "node", "npm"].iter().find(|program| shell::on_path(program).is_none()) {
        return Some(format!("{missing} is not installed"));
    }
    let version = shell::quietly(Command::new("node").arg("--version")).map(|done| done.output).unwrap_or_default();
    let old = major(&version).is_none_or(|major| major < OLDEST_NODE);
    old.then(|| format!("node is {}, and the browser tools need {OLDEST_NODE}", version.trim()))
}

/// 20 for `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// What installs the two packages of `ui-tests` from their lock file, without running anything of theirs.
pub(crate) const INSTALL: [&str; 6] = ["--prefix", "ui-tests", "ci", "--ignore-scripts", "--no-audit", "--no-fund"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("v18.19.0"), Some(18));
        assert_eq!(major("command not found"), None);
    }

    #[test]
    fn the_example_is_found_among_messages() {
        let message = |name: &str| format!(r#"{{"target":{{"name":"{name}"}},"executable":"/t/examples/gallery"}}"#);
        assert_eq!(executable(&message("gallery")), Some(PathBuf::from("/t/examples/gallery")));
        assert_eq!(executable(&message("simpul")), None);
        assert_eq!(executable(r#"{"reason":"build-finished"}"#), None);
    }
}
