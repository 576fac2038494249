//! The roles: each starts from its section of the configuration, and stops when it is told to.

mod builtin;
pub(crate) mod lab;
mod own;
mod persons;
mod port;
mod questions;
pub(crate) mod registry;
pub(crate) mod server;
mod stamping;
mod web;

pub(crate) use self::persons::TRAIL;
use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::task::JoinHandle;

use crate::conf::KeepError;
use crate::keys::KeyError;
use crate::membership::MembershipError;

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
    #[error("[{role}] {port} = \"{address}\": cannot listen; is another process using the port?")]
    Listen {
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
    /// A laboratory role beside an anchor that is not a laboratory's.
    #[error(
        "[{role}]: {} is not marked as laboratory; test trust services start only beside an anchor that is", anchor.display()
    )]
    NotLab {
        /// The section.
        role: &'static str,
        /// The anchor.
        anchor: PathBuf,
    },
    /// A key or certificate.
    #[error("[{role}]: a key or certificate cannot be used")]
    Key {
        /// The section.
        role: &'static str,
        /// Why.
        #[source]
        cause: KeyError,
    },
    /// The membership file or an anchor.
    #[error("[{role}]: the membership or an anchor cannot be used")]
    Membership {
        /// The section.
        role: &'static str,
        /// Why.
        #[source]
        cause: MembershipError,
    },
    /// The test CA.
    #[error("[lab] ca = \"{}\": the test CA cannot be read", path.display())]
    Ca {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        cause: simpul_lab::ca::LabError,
    },
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
