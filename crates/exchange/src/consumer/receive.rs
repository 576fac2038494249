//! The answer of the provider's security server (wire.md §3.4): a fault, or a sealed multipart message.

use bytes::BytesMut;
use futures_util::StreamExt;
use simpul_core::{Code, DigestAlgorithm, limits};
use simpul_trust::message::Received;
use simpul_wire::rest::RestResponse;
use simpul_wire::soap;
use simpul_wire::transport::Direction;

use super::{RelayError, hash_algorithm};
use crate::inbound::{Inbound, InboundError};
use crate::message::Response;
use crate::outbound::header;
use crate::ports::{BodyStream, PeerReply, Ports};

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
    if media_type(&content_type) == "text/xml" {
        return Err(read_fault(reply.body).await?);
    }
    let algorithm = hash_algorithm(header(&reply.headers, "x-hash-algorithm"))?;
    let mut inbound =
        Inbound::new(&content_type, Direction::Response, reply.body).map_err(RelayError::Inbound)?;
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

/// Reads a SOAP fault, bounded.
async fn read_fault(mut body: BodyStream) -> Result<RelayError, RelayError> {
    let mut xml = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|e| RelayError::Inbound(InboundError::Stream(e)))?;
        if xml.len() + chunk.len() > limits::FAULT_XML {
            return Err(wrong(Code::InvalidSoap, format!("a fault of more than {} octets", limits::FAULT_XML)));
        }
        xml.extend_from_slice(&chunk);
    }
    soap::fault::decode(&xml).map(RelayError::Peer).map_err(RelayError::PeerFault)
}

fn wrong(code: Code, why: String) -> RelayError {
    RelayError::Reply { code, why }
}

/// The media type without parameters, in lower case.
fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
