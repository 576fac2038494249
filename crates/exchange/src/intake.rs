//! A body on its way: digested, kept for the log as far as the log wants it, and spooled where it must wait for its
//! seal. Each octet is touched once.

use std::sync::Arc;

use bytes::Bytes;
use simpul_core::{Digest, DigestAlgorithm};
use simpul_ledger::{BodyLog, LedgerError, LoggedBody};
use simpul_trust::hash::Hasher;

use crate::message::Body;
use crate::ports::{Ports, SpoolWriter, Spooled};

/// Why a body could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The message log does not keep a body of this size (`logging_failed`).
    #[error("the message log refuses the body")]
    Log(#[source] LedgerError),
    /// The spool has no room or is broken.
    #[error("the spool failed")]
    Spool(#[source] std::io::Error),
}

/// Digests and logs a body that streams through.
pub(crate) struct Passing {
    hasher: Hasher,
    log: BodyLog,
}

impl Passing {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { hasher: Hasher::new(DigestAlgorithm::Sha512), log: ports.ledger.body_log() }
    }

    pub(crate) fn push(&mut self, chunk: &Bytes) -> Result<(), IntakeError> {
        self.hasher.update(chunk);
        self.log.push(chunk).map_err(IntakeError::Log)
    }

    pub(crate) fn finish(self) -> Result<(Digest, LoggedBody), IntakeError> {
        let digest = self.hasher.finish();
        let logged = self.log.finish(&digest).map_err(IntakeError::Log)?;
        Ok((digest, logged))
    }
}

/// Like [`Passing`], and keeps the body in the spool.
pub(crate) struct Intake {
    passing: Passing,
    writer: Box<dyn SpoolWriter>,
}

impl Intake {
    pub(crate) async fn open(ports: &Ports) -> Result<Self, IntakeError> {
        let writer = ports.spool.create().await.map_err(IntakeError::Spool)?;
        Ok(Self { passing: Passing::new(ports), writer })
    }

    pub(crate) async fn push(&mut self, chunk: Bytes) -> Result<(), IntakeError> {
        self.passing.push(&chunk)?;
        self.writer.write(chunk).await.map_err(IntakeError::Spool)
    }

    pub(crate) async fn finish(self) -> Result<Body, IntakeError> {
        let (digest, logged) = self.passing.finish()?;
        let data: Arc<dyn Spooled> = self.writer.finish().await.map_err(IntakeError::Spool)?;
        Ok(Body { data: Some(data), digest, logged })
    }
}
