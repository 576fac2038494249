//! Running programs: output relayed line by line while it is kept, nothing read from standard input.

use std::env;
use std::error::Error;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program that ended.
pub(crate) struct Finished {
    /// Whether it ended with exit code 0.
    pub(crate) success: bool,
    /// Standard output and standard error, in the order written.
    pub(crate) output: String,
}

/// Runs `command` to its end, prints the lines for which `show` answers yes, and keeps them all.
pub(crate) fn relay(command: &mut Command, mut show: impl FnMut(&str) -> bool) -> io::Result<Finished> {
    let (reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The command owns the writing ends of the pipe: without them closed here, reading would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut output = String::new();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        if show(text) {
            println!("{text}");
        }
        output.push_str(text);
        output.push('\n');
        line.clear();
    }
    Ok(Finished { success: child.wait()?.success(), output })
}

/// Runs `command` to its end and keeps what it wrote.
pub(crate) fn quietly(command: &mut Command) -> io::Result<Finished> {
    relay(command, |_| false)
}

/// The executable file that `program` names on `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let executable = |file: &PathBuf| file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(executable)
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_both_streams_in_order_and_the_verdict() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; cat; echo three; exit 3"]);
        let finished = quietly(&mut command).unwrap();
        assert_eq!(finished.output, "one\ntwo\nthree\n", "standard input is empty");
        assert!(!finished.success);
    }

    #[test]
    fn finds_programs_by_presence() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-on-any-machine").is_none());
    }
}
