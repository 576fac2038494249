//! The roles: each starts from its section of the configuration, and stops when it is told to.

mod builtin;
pub(crate) mod check;
pub(crate) mod lab;
mod own;
mod persons;
mod port;
pub(crate) mod portal;
mod questions;
pub(crate) mod registry;
pub(crate) mod server;
mod stamping;
mod web;

pub(crate) use self::own::{OwnAnswer, OwnCall, OwnCalls};
pub(crate) use self::persons::TRAIL;

use std::net::SocketAddr;

use tokio::task::JoinHandle;

use crate::conf::KeepError;
use crate::config::{FileError, NodeConfig};

/// A running role: where it listens, and the tasks that end after it was told to stop.
pub(crate) struct Running {
    /// What it is called in messages.
    pub(crate) name: String,
    /// Where it listens, by the name of the port.
    pub(crate) ports: Vec<(&'static str, SocketAddr)>,
    /// Its tasks.
    pub(crate) tasks: Vec<JoinHandle<()>>,
}

impl Running {
    /// `server ID/GOV/3201/ss1: consumer 127.0.0.2:8080, peer 127.0.0.2:5500`.
    #[must_use]
    pub(crate) fn line(&self) -> String {
        let ports: Vec<_> = self.ports.iter().map(|(name, address)| format!("{name} {address}")).collect();
        format!("{}: {}", self.name, ports.join(", "))
    }

    /// Waits until every task has ended.
    pub(crate) async fn ended(self) {
        for task in self.tasks {
            // A task that panicked has ended too; the panic was printed where it happened.
            let _ = task.await;
        }
    }
}

impl RoleError {
    /// With the place in the configuration of what the error names.
    #[must_use]
    pub(crate) fn placed(self, config: &NodeConfig) -> Self {
        match self {
            Self::Listen { role, port, address, cause, .. } => {
                let place = config.place(&format!("[{role}] {port} = \"{address}\": "));
                Self::Listen { place, role, port, address, cause }
            }
            other @ (Self::Entry { .. } | Self::File(_) | Self::Conf(_) | Self::Part { .. }) => other,
        }
    }
}

/// Why a role did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoleError {
    /// An entry of the configuration that cannot be used.
    #[error("[{role}] {why}")]
    Entry {
        /// The section.
        role: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A port is taken or not this machine's.
    #[error(
        "{place}[{role}] {port} = \"{address}\": cannot listen; a free port of an address of this machine is needed"
    )]
    Listen {
        /// The configuration file and the line, from [`placed`](Self::placed).
        place: String,
        /// The section.
        role: &'static str,
        /// The key.
        port: &'static str,
        /// Its value.
        address: SocketAddr,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A file or folder that the configuration names: an anchor, a key, a certificate, the membership, the test CA.
    #[error(transparent)]
    File(FileError),
    /// The global configuration.
    #[error("[server]: no global configuration could be accepted, now or from before")]
    Conf(#[source] KeepError),
    /// Anything else of a part, with its own words.
    #[error("[{role}]: {what}")]
    Part {
        /// The section.
        role: &'static str,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}
