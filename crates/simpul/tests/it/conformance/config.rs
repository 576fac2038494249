//! Configurations that a node cannot start from: it says what is wrong and where, and does not start.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::case::Case;
use super::laboratory::Laboratory;
use super::outcome::Outcome;
use super::peer::replace;
use super::text::expanded;
use crate::support::SIMPUL;

/// Copies the files of `MY`, changes them as the case says and starts a role from them.
pub(super) fn run(laboratory: &Laboratory, case: &Case) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let instance = folder.path().join("my");
    copy(&laboratory.federation.dir().join("my"), &instance);
    // The other instance's anchor is beside it.
    fs::create_dir(folder.path().join("id")).unwrap();
    let anchor = "id/external-anchor.xml";
    fs::copy(laboratory.federation.dir().join(anchor), folder.path().join(anchor)).unwrap();
    let mut role = "server".to_owned();
    for mutation in &case.mutate {
        let (name, argument) = mutation.split_once(": ").unwrap_or((mutation, ""));
        match name {
            // The role that is started.
            "role" => role = argument.to_owned(),
            "mode" => {
                let (file, mode) = argument.split_once(' ').unwrap();
                let mode = u32::from_str_radix(mode, 8).unwrap();
                fs::set_permissions(instance.join(file), fs::Permissions::from_mode(mode)).unwrap();
            }
            "remove" => fs::remove_file(instance.join(argument)).unwrap(),
            "copy" => {
                let (from, to) = argument.split_once(" => ").unwrap();
                fs::copy(instance.join(from), instance.join(to)).unwrap();
            }
            // `FILE FROM => TO`
            "edit" => {
                let (file, rest) = argument.split_once(' ').unwrap();
                let (from, to) = rest.split_once(" =>").unwrap();
                let path = instance.join(file);
                let text = fs::read_to_string(&path).unwrap();
                fs::write(path, replace(&text, &expanded(from), &expanded(to.trim_start()))).unwrap();
            }
            "append" => {
                let (file, text) = argument.split_once(' ').unwrap();
                let path = instance.join(file);
                let before = fs::read_to_string(&path).unwrap();
                fs::write(path, format!("{before}\n{}\n", expanded(text))).unwrap();
            }
            _ => panic!("no mutation is called `{name}`"),
        }
    }
    start(&role, &instance.join("simpul.toml"), Duration::from_secs(case.expect.patience()))
}

/// Starts the role and waits for its end; one that goes on running is ended.
fn start(role: &str, config: &Path, patience: Duration) -> Outcome {
    let start = Instant::now();
    let mut command = Command::new(SIMPUL);
    command.args(role.split(' ')).arg("--config").arg(config);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (done, ended) = std::sync::mpsc::channel::<()>();
    // Ends a node that should not have started.
    let guard = std::thread::spawn(move || {
        if ended.recv_timeout(patience).is_err_and(|e| e == std::sync::mpsc::RecvTimeoutError::Timeout) {
            nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGKILL).unwrap();
        }
    });
    let errors = child.stderr.take().unwrap();
    let said = std::io::read_to_string(errors).unwrap();
    let status = child.wait().unwrap();
    drop(done);
    guard.join().unwrap();
    Outcome { exit: status.code(), text: said, took: start.elapsed(), ..Outcome::default() }
}

fn copy(from: &Path, to: &PathBuf) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            // Not the data of processes that may run.
            if entry.file_name() != "data" {
                copy(&entry.path(), &target);
            }
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
