//! A REST response: made from a provider's answer, or received from its security server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use simpul_core::{ClientId, DigestAlgorithm, ServiceId};

use super::agreement::{DECISION, REFUSAL, Verdict};
use super::block::{self, Lines};
use super::{CLIENT, HeaderLine, MESSAGE_ID, REQUEST_HASH, REQUEST_ID, RestError, RestRequest, SERVICE, id};

/// A response block with what it says. The block is what was received, byte for byte, or what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestResponse {
    block: Bytes,
    status: u16,
    reason: String,
    headers: Vec<HeaderLine>,
    client: ClientId,
    service: ServiceId,
    message_id: String,
    request_id: String,
    request_hash: Vec<u8>,
    verdict: Option<Verdict>,
}

impl RestResponse {
    /// Makes the block of a provider's answer to `request` (§2.2, §2.3).
    ///
    /// Headers keep their order and case; those of the connection and the provider's own `x-road-id`,
    /// `x-road-client`, `x-road-request-id` and `x-road-request-hash` are dropped. Five headers are appended in
    /// X-Road's order. A provider's own `x-road-service` stays, as in X-Road; the appended one, the last, counts.
    /// `request_hash` has the raw octets of §2.5. `reason` may be empty.
    ///
    /// What a service itself says of agreements is dropped: `verdict` is this server's own, and stands before the five.
    pub fn from_service<'a>(
        status: u16,
        reason: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        request: &RestRequest,
        request_hash: &[u8],
        verdict: Option<&Verdict>,
    ) -> Result<Self, RestError> {
        if block::has_control(reason) {
            return Err(RestError::Reason);
        }
        let mut headers = block::received(headers, &[MESSAGE_ID, CLIENT, REQUEST_ID, REQUEST_HASH, DECISION, REFUSAL])?;
        if let Some(verdict) = verdict {
            headers.push(block::header(verdict.header(), &verdict.to_string())?);
        }
        headers.push(block::header(MESSAGE_ID, request.message_id())?);
        headers.push(block::header(CLIENT, &id::encode_client(request.client()))?);
        headers.push(block::header(SERVICE, &id::encode_service(request.service()))?);
        headers.push(block::header(REQUEST_ID, request.request_id())?);
        headers.push(block::header(REQUEST_HASH, &BASE64.encode(request_hash))?);
        Self::decode(block::compose([&status.to_string(), reason], &headers))
    }

    /// Reads a block within the bounds of [`RestRequest::decode`].
    ///
    /// Refuses what §2.2 calls illegal and repeated control headers. Of several `x-road-service` the last counts:
    /// it is the one that the provider's security server appended (§2.2).
    pub fn decode(block: Bytes) -> Result<Self, RestError> {
        let mut lines = Lines(block::text(&block)?);
        let status = status(lines.next().ok_or(RestError::Truncated)?)?;
        let reason = lines.next().ok_or(RestError::Truncated)?;
        if block::has_control(reason) {
            return Err(RestError::Reason);
        }
        let headers = block::headers(lines)?;
        let service = headers.iter().rfind(|h| h.name.eq_ignore_ascii_case(SERVICE));
        Ok(Self {
            status,
            reason: reason.to_owned(),
            message_id: block::required(&headers, MESSAGE_ID)?.value.clone(),
            request_hash: request_hash(&block::required(&headers, REQUEST_HASH)?.value)?,
            client: identity(block::only(&headers, CLIENT)?, CLIENT, id::decode_client)?,
            service: identity(service, SERVICE, id::decode_service)?,
            request_id: identity(block::only(&headers, REQUEST_ID)?, REQUEST_ID, |v| Ok(v.to_owned()))?,
            verdict: Verdict::of(&headers)?,
            headers,
            block,
        })
    }

    /// The octets that are sent, hashed, signed and logged.
    #[must_use]
    pub fn block(&self) -> &Bytes {
        &self.block
    }

    /// The provider's status code, 100 to 999, passed through whatever it is (§2.6).
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The provider's reason phrase, which may be empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Every header line in order, the five of the protocol included.
    #[must_use]
    pub fn headers(&self) -> &[HeaderLine] {
        &self.headers
    }

    /// Who had called.
    #[must_use]
    pub fn client(&self) -> &ClientId {
        &self.client
    }

    /// What answers. Its provider's member is whose signature the response must carry.
    #[must_use]
    pub fn service(&self) -> &ServiceId {
        &self.service
    }

    /// `x-road-id` of the request.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// `x-road-request-id` of the request.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The hash of the request that this answers, 1 to 64 raw octets.
    #[must_use]
    pub fn request_hash(&self) -> &[u8] {
        &self.request_hash
    }

    /// What the provider says about agreements; `None` from a plain X-Road server.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.verdict.as_ref()
    }
}

/// Three digits, the first not zero: it tells a response from a request (§2.3).
fn status(line: &str) -> Result<u16, RestError> {
    let digits = line.len() == 3 && line.bytes().all(|b| b.is_ascii_digit());
    line.parse().ok().filter(|n| digits && *n >= 100).ok_or(RestError::Status)
}

fn request_hash(value: &str) -> Result<Vec<u8>, RestError> {
    let hash = BASE64.decode(value).map_err(|_| RestError::RequestHash)?;
    if (1..=DigestAlgorithm::Sha512.size()).contains(&hash.len()) { Ok(hash) } else { Err(RestError::RequestHash) }
}

/// A header without which the response cannot match its request (§2.4, step 4).
fn identity<T>(
    header: Option<&HeaderLine>,
    name: &'static str,
    decode: impl Fn(&str) -> Result<T, id::RestIdError>,
) -> Result<T, RestError> {
    header.and_then(|h| decode(&h.value).ok()).ok_or(RestError::Unmatchable(name))
}
