//! Whether a response answers the request that was sent (wire.md §2.4, step 4).

use simpul_core::Code;

use super::{RestRequest, RestResponse};

/// What in a response does not answer the request; the fault code is `inconsistent_response` for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Another client.
    #[error("the response is for another client")]
    Client,
    /// Another `x-road-id`.
    #[error("the response is for another message id")]
    MessageId,
    /// Another service.
    #[error("the response is from another service")]
    Service,
    /// Another `x-road-request-id`.
    #[error("the response is for another request id")]
    RequestId,
    /// Another request hash: the provider has seen another request.
    #[error("the response is for a request with another hash")]
    RequestHash,
}

impl Mismatch {
    /// `inconsistent_response`.
    #[must_use]
    pub fn code(self) -> Code {
        Code::InconsistentResponse
    }
}

/// Compares in X-Road's order: client, message id, service, request id, hash. `request_hash` has the raw octets of
/// §2.5, computed with the digest that the response names in `x-hash-algorithm`. Does not judge the signature.
pub fn match_reply(request: &RestRequest, request_hash: &[u8], reply: &RestResponse) -> Result<(), Mismatch> {
    let equal = |same: bool, mismatch: Mismatch| if same { Ok(()) } else { Err(mismatch) };
    equal(request.client() == reply.client(), Mismatch::Client)?;
    equal(request.message_id() == reply.message_id(), Mismatch::MessageId)?;
    equal(request.service() == reply.service(), Mismatch::Service)?;
    equal(request.request_id() == reply.request_id(), Mismatch::RequestId)?;
    equal(request_hash == reply.request_hash(), Mismatch::RequestHash)
}
