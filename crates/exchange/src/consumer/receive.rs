//! The answer of the provider's security server (wire.md §3.4): a sealed multipart message, or a fault, which the
//! transport decoder reads in each of the places where one may stand.

use simpul_core::{Code, DigestAlgorithm};
use simpul_trust::message::Received;
use simpul_wire::rest::RestResponse;
use simpul_wire::transport::Direction;

use super::{RelayError, hash_algorithm};
use crate::inbound::Inbound;
use crate::message::Response;
use crate::outbound::header;
use crate::ports::{PeerReply, Ports};

/// Takes in the answer whole: the body into the spool, the seal unchecked.
pub(super) async fn response(
    ports: &Ports,
    reply: PeerReply,
) -> Result<(Received<Response>, DigestAlgorithm), RelayError> {
    if !matches!(reply.status, 200 | 500) {
        return Err(wrong(Code::HttpError, format!("HTTP status {}", reply.status)));
    }
    let content_type = header(&reply.headers, "content-type")
        .ok_or_else(|| wrong(Code::InvalidContentType, "no content type".to_owned()))?
        .to_owned();
    let algorithm = hash_algorithm(header(&reply.headers, "x-hash-algorithm"))?;
    let mut inbound = Inbound::new(&content_type, Direction::Response, reply.body).map_err(RelayError::Inbound)?;
    let opening = inbound.open().await.map_err(RelayError::Inbound)?;
    if let Some(fault) = opening.fault {
        return Err(RelayError::Peer(fault));
    }
    let block = opening.block.ok_or_else(|| wrong(Code::MissingRest, "no REST message".to_owned()))?;
    let head = RestResponse::decode(block).map_err(RelayError::Block)?;
    let closing = inbound.close(ports).await.map_err(RelayError::Inbound)?;
    if let Some(fault) = closing.fault {
        return Err(RelayError::Peer(fault));
    }
    let seal = closing.seal.ok_or_else(|| wrong(Code::MissingSignature, "no signature".to_owned()))?;
    Ok((Received::new(Response::new(head, closing.body), seal), algorithm))
}

fn wrong(code: Code, why: String) -> RelayError {
    RelayError::Reply { code, why }
}
