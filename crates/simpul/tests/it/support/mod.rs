//! A federation of separate processes on loopback addresses of its own, and what tests do with it.

mod curl;
pub(crate) mod http;
mod process;
mod relay;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use serde_json::Value;

pub(crate) use self::curl::{Curl, Reply};
pub(crate) use self::process::Process;
pub(crate) use self::relay::Relay;

/// The built binary.
pub(crate) const SIMPUL: &str = env!("CARGO_BIN_EXE_simpul");

/// A prepared federation of `ID` and `MY` in a folder of its own.
pub(crate) struct Federation {
    dir: tempfile::TempDir,
    /// What `demo --prepare` wrote: addresses and files.
    pub(crate) plan: Value,
}

/// The roles of one instance, running.
pub(crate) struct Running {
    processes: Vec<(String, Process)>,
}

impl Federation {
    /// Prepares a federation on loopback addresses that no other test of this run uses.
    pub(crate) fn prepare() -> Self {
        Self::prepare_with(&[])
    }

    /// As [`prepare`](Self::prepare), with more arguments of `simpul demo`.
    pub(crate) fn prepare_with(args: &[&str]) -> Self {
        Self::prepare_in(tempfile::tempdir().unwrap(), args)
    }

    /// As [`prepare`](Self::prepare), in a folder that lies on a disk and not in memory.
    pub(crate) fn prepare_on_disk() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let dir = match in_memory(dir.path()) {
            true => tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(),
            false => dir,
        };
        assert!(!in_memory(dir.path()), "neither the temporary folder nor the target folder is on a disk");
        Self::prepare_in(dir, &[])
    }

    fn prepare_in(dir: tempfile::TempDir, args: &[&str]) -> Self {
        let output = Command::new(SIMPUL)
            .args(["demo", "--prepare", "--first-address", &first_address().to_string()])
            .args(args)
            .arg("--dir")
            .arg(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "demo --prepare: {}", String::from_utf8_lossy(&output.stderr));
        let plan = std::fs::read(dir.path().join("federation.json")).unwrap();
        Self { plan: serde_json::from_slice(&plan).unwrap(), dir }
    }

    /// The federation's folder.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A text of the plan, such as `/id/server/consumer`.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        let value = self.plan.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("the plan has no {pointer}: {}", self.plan))
    }

    /// The configuration file of an instance, `id` or `my`.
    pub(crate) fn config(&self, instance: &str) -> PathBuf {
        self.dir().join(instance).join("simpul.toml")
    }

    /// Replaces text in a file of the federation; the text must be there.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.dir().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`:\n{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Timestamps are made only for what is asked for with `force`, each in its signature. Otherwise a container may
    /// have the batch form, as the moment has it. Call before the roles start.
    pub(crate) fn stamps_on_demand(&self) {
        for file in ["id/simpul.toml", "my/simpul.toml"] {
            self.edit(file, "timestamp-interval-seconds = 5", "timestamp-interval-seconds = 3600");
        }
    }

    /// Starts one role of an instance and waits until it is ready.
    pub(crate) fn start(&self, instance: &str, role: &str) -> Process {
        Process::start(&[role, "--config", self.config(instance).to_str().unwrap()])
    }

    /// Starts every role of both instances, each in a process of its own, in the order of their needs.
    pub(crate) fn start_all(&self) -> Running {
        let mut processes = Vec::new();
        for role in ["lab", "registry", "server"] {
            for instance in ["id", "my"] {
                processes.push((format!("{instance}/{role}"), self.start(instance, role)));
            }
        }
        Running { processes }
    }
}

impl Running {
    /// Stamps together, in the batch form, whatever waits on the consumer's server: the job runs when the server starts.
    pub(crate) fn stamp_waiting(&mut self) {
        self.process("id/server").restart();
    }

    /// One process, such as `my/server`.
    pub(crate) fn process(&mut self, name: &str) -> &mut Process {
        let found = self.processes.iter_mut().find(|(n, _)| n == name);
        &mut found.unwrap_or_else(|| panic!("no process {name}")).1
    }
}

/// Whether what lies in a folder lies in memory.
pub(crate) fn in_memory(folder: &Path) -> bool {
    let kind = statfs(folder).unwrap().filesystem_type();
    // ramfs has no constant there; include/uapi/linux/magic.h.
    kind == TMPFS_MAGIC || kind.0 == 0x8584_58f6
}

/// The first of 16 loopback addresses, different for every test process and call.
pub(crate) fn first_address() -> Ipv4Addr {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let block = std::process::id().wrapping_mul(8).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
    let [.., b, c] = (block % 0xFFFF).to_be_bytes();
    Ipv4Addr::new(127, b.max(1), c, 2)
}
