//! Where things are: the checkout, the build directory, the fixtures.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The paths of one checkout.
pub(crate) struct Project {
    /// The workspace root.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// `SIMPUL_FIXTURES`, or `../shared` beside the checkout; `None` when there is no such folder.
    pub(crate) fixtures: Option<PathBuf>,
}

/// Why the project could not be found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    /// The folder of this crate has no parent.
    #[error("no workspace around {0}")]
    NoWorkspace(PathBuf),
    /// Cargo did not start.
    #[error("cargo metadata did not start")]
    NotStarted(#[source] std::io::Error),
    /// Cargo failed, or answered something else than metadata.
    #[error("cargo metadata failed: {0}")]
    Metadata(String),
    /// `SIMPUL_FIXTURES` names a folder that does not exist.
    #[error("SIMPUL_FIXTURES names {0}, which is not a folder")]
    Fixtures(PathBuf),
}

impl Project {
    /// Finds the checkout that this run of cargo belongs to.
    pub(crate) fn find() -> Result<Self, ProjectError> {
        let own = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = own.parent().ok_or_else(|| ProjectError::NoWorkspace(own.clone()))?.to_owned();
        let target = target_directory(&root)?;
        let fixtures = match env::var_os("SIMPUL_FIXTURES").map(PathBuf::from) {
            Some(named) if named.is_dir() => Some(named),
            Some(named) => return Err(ProjectError::Fixtures(named)),
            None => root.parent().map(|beside| beside.join("shared")).filter(|shared| shared.is_dir()),
        };
        Ok(Self { root, target, fixtures })
    }

    /// A command of the cargo that runs this, in the workspace root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo_in(&self.root);
        command.args(arguments);
        command
    }

    /// The node's program as the tests build it, or `None` when it does not build.
    ///
    /// Asks cargo instead of looking for a file: a file may be left from a build of other sources. After the tests
    /// nothing is left to build.
    pub(crate) fn simpul(&self) -> Option<PathBuf> {
        let build = ["test", "--workspace", "--locked", "--quiet", "--no-run", "--message-format", "json"];
        let answer = self.cargo(&build).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let messages = String::from_utf8(answer.stdout).ok()?;
        messages.lines().filter(|_| answer.status.success()).find_map(program)
    }
}

fn cargo_in(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn target_directory(root: &Path) -> Result<PathBuf, ProjectError> {
    let answer = cargo_in(root)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .stdin(Stdio::null())
        .output()
        .map_err(ProjectError::NotStarted)?;
    let metadata: Value = serde_json::from_slice(&answer.stdout)
        .map_err(|_| ProjectError::Metadata(String::from_utf8_lossy(&answer.stderr).trim().to_owned()))?;
    metadata
        .get("target_directory")
        .and_then(Value::as_str)
        .map(PathBuf::from)
        .ok_or_else(|| ProjectError::Metadata("it names no target directory".to_owned()))
}

/// The executable that a message of cargo reports, if it is the node's program and not its tests.
fn program(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    let target = message.get("target")?;
    let is_program = target.get("name")?.as_str()? == "simpul"
        && target.get("kind")?.as_array()?.iter().any(|kind| kind == "bin")
        && message.get("profile")?.get("test")? == &Value::Bool(false);
    message.get("executable")?.as_str().filter(|_| is_program).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_program_and_not_its_tests() {
        let message = |kind: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"name":"simpul","kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":"/t/debug/simpul"}}"#
            )
        };
        assert_eq!(program(&message("bin", false)), Some(PathBuf::from("/t/debug/simpul")));
        assert_eq!(program(&message("bin", true)), None, "its unit tests");
        assert_eq!(program(&message("lib", false)), None);
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
