//! The two messages of an exchange, as values: a head that was parsed once, and a body that waits in the spool.

use std::sync::Arc;

use simpul_core::{ClientId, Digest, DigestAlgorithm, MemberId, ServiceId};
use simpul_ledger::LoggedBody;
use simpul_policy::Demand;
use simpul_policy::agreement::Context;
use simpul_trust::hash;
use simpul_trust::message::Canonical;
use simpul_trust::seal::Parts;
use simpul_wire::rest::{RestRequest, RestResponse};

use crate::ports::Spooled;

/// The body of a message: the SHA-512 of its octets, where they are, and what the log keeps of them.
#[derive(Clone)]
pub struct Body {
    /// The octets of a received body; an own body streams past and is not kept.
    pub data: Option<Arc<dyn Spooled>>,
    /// Their digest, taken while they streamed.
    pub digest: Digest,
    /// What the message log keeps.
    pub logged: LoggedBody,
}

/// A REST request with its body, if it has one.
#[derive(Clone)]
pub struct Request {
    head: RestRequest,
    head_digest: Digest,
    body: Option<Body>,
}

/// A REST response with its body, if it has one.
#[derive(Clone)]
pub struct Response {
    head: RestResponse,
    head_digest: Digest,
    body: Option<Body>,
}

impl Request {
    /// Joins head and body; digests the head's block.
    #[must_use]
    pub fn new(head: RestRequest, body: Option<Body>) -> Self {
        let head_digest = hash::sha512(head.block());
        Self { head, head_digest, body }
    }

    /// What was parsed from the block.
    #[must_use]
    pub fn head(&self) -> &RestRequest {
        &self.head
    }

    /// The body, if the message has a body part.
    #[must_use]
    pub fn body(&self) -> Option<&Body> {
        self.body.as_ref()
    }

    /// The request hash that the response must carry (wire.md §2.5): the block's SHA-512 without a body, else a digest
    /// over both digests, made with the algorithm that the response names.
    #[must_use]
    pub fn hash(&self, outer: DigestAlgorithm) -> Digest {
        match &self.body {
            None => self.head_digest.clone(),
            Some(body) => hash::digest(outer, &[self.head_digest.as_bytes(), body.digest.as_bytes()].concat()),
        }
    }
}

impl Response {
    /// Joins head and body; digests the head's block.
    #[must_use]
    pub fn new(head: RestResponse, body: Option<Body>) -> Self {
        let head_digest = hash::sha512(head.block());
        Self { head, head_digest, body }
    }

    /// What was parsed from the block.
    #[must_use]
    pub fn head(&self) -> &RestResponse {
        &self.head
    }

    /// The body, if the message has a body part.
    #[must_use]
    pub fn body(&self) -> Option<&Body> {
        self.body.as_ref()
    }
}

fn parts(head: &Digest, body: Option<&Body>) -> Parts {
    Parts::of_digests(head.clone(), body.map(|b| b.digest.clone()).into_iter().collect())
}

/// The consumer's member signs a request.
impl Canonical for Request {
    fn parts(&self) -> Parts {
        parts(&self.head_digest, self.body.as_ref())
    }

    fn signer(&self) -> &MemberId {
        self.head.client().member()
    }
}

/// The service's owner signs a response.
impl Canonical for Response {
    fn parts(&self) -> Parts {
        parts(&self.head_digest, self.body.as_ref())
    }

    fn signer(&self) -> &MemberId {
        self.head.service().provider.member()
    }
}

impl Demand for Request {
    fn client(&self) -> &ClientId {
        self.head.client()
    }

    fn service(&self) -> &ServiceId {
        self.head.service()
    }

    fn method(&self) -> &str {
        self.head.method()
    }

    fn path(&self) -> &str {
        self.head.service_path()
    }

    fn context(&self) -> Context<'_> {
        context(&self.head)
    }
}

/// A request that is not sealed yet, as far as policy asks.
pub(crate) struct Ask<'a>(pub(crate) &'a RestRequest);

impl Demand for Ask<'_> {
    fn client(&self) -> &ClientId {
        self.0.client()
    }

    fn service(&self) -> &ServiceId {
        self.0.service()
    }

    fn method(&self) -> &str {
        self.0.method()
    }

    fn path(&self) -> &str {
        self.0.service_path()
    }

    fn context(&self) -> Context<'_> {
        context(self.0)
    }
}

/// What a caller declares in its headers.
fn context(head: &RestRequest) -> Context<'_> {
    let said = head.declaration();
    Context {
        purpose: said.purpose.as_deref(),
        basis: said.basis.as_deref(),
        consent: said.consent.as_deref(),
        subject: said.subject.is_some(),
        case: said.case.as_deref(),
        approvals: u8::try_from(said.approved_by.len()).unwrap_or(u8::MAX),
        onward: said.onward.as_deref(),
    }
}
