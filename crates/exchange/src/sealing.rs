//! Own messages get their seal: the member's key, its certificate's OCSP responses, and the time.

use std::sync::Arc;

use bytes::Bytes;
use simpul_core::{MemberId, UnixTime};
use simpul_trust::message::{Canonical, Sealed};
use simpul_trust::seal::SealError;
use simpul_trust::token::Signer;

use crate::ports::{OcspUnavailable, Ports};

/// Why a message could not be sealed; all are `cannot_create_signature` (wire.md §3.8).
#[derive(Debug, thiserror::Error)]
pub enum CannotSeal {
    /// The member has no active sign key on this server.
    #[error("member {0} has no active sign key here")]
    NoKey(String),
    /// No fresh OCSP response for the sign certificate.
    #[error("the sign certificate cannot be shown to be valid")]
    Ocsp(#[source] OcspUnavailable),
    /// The signing device failed.
    #[error("signing failed")]
    Sign(#[source] SealError),
}

/// Seals a message with its signer's key.
pub(crate) async fn seal<M: Canonical>(ports: &Ports, message: M) -> Result<Sealed<M>, CannotSeal> {
    let at = ports.clock.now();
    let (signer, ocsp) = context(ports, message.signer(), at)?;
    Sealed::make(message, signer.as_ref(), &ocsp, at).await.map_err(CannotSeal::Sign)
}

/// A member's key and the OCSP responses that go into its seals: without both nothing can be sealed.
pub(crate) fn context(
    ports: &Ports,
    member: &MemberId,
    at: UnixTime,
) -> Result<(Arc<dyn Signer>, Vec<Bytes>), CannotSeal> {
    let signer = ports.keys.signer(member).ok_or_else(|| CannotSeal::NoKey(member.to_string()))?;
    let chain: Vec<_> = std::iter::once(signer.certificate()).chain(signer.chain()).cloned().collect();
    let ocsp = ports.ocsp.own(&chain, at).map_err(CannotSeal::Ocsp)?;
    Ok((signer, ocsp))
}
