//! A REST request: made from a consumer's call, or received from its security server.

use bytes::Bytes;
use simpul_core::{ClientId, ServerId, ServiceId, limits};

use super::agreement::{Declaration, SUBJECT_HOME, SUBJECT_ID};
use super::block::{self, Lines};
use super::id::{self, RepresentedParty, RestIdError};
use super::{CLIENT, HeaderLine, MESSAGE_ID, REPRESENTED_PARTY, REQUEST_HASH, REQUEST_ID, RestError, SECURITY_SERVER};

/// The methods of the protocol (§2.1), written exactly so.
const METHODS: [&str; 8] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// A request block with what it says. The block is what was received, byte for byte, or what is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestRequest {
    block: Bytes,
    method: &'static str,
    path: String,
    /// Where in `path` the service path begins.
    service_path: usize,
    query: Option<String>,
    headers: Vec<HeaderLine>,
    client: ClientId,
    service: ServiceId,
    message_id: String,
    request_id: String,
    security_server: Option<ServerId>,
    represented_party: Option<RepresentedParty>,
    declaration: Declaration,
}

impl RestRequest {
    /// Makes the block of a consumer's call (§2.1–2.3).
    ///
    /// `target` is the raw path and query as they came, at most [`limits::REST_TARGET`] octets. Headers keep their
    /// order and case; those of the connection, `x-road-request-hash`, a foreign `x-road-request-id`, and headers that
    /// only a provider's server may say to its service ([`SUBJECT_ID`], [`SUBJECT_HOME`]) are dropped.
    /// `request_id` is a fresh UUID; `new_id` is another, from which `{instance}-{new_id}` becomes the message id if
    /// the call has none. The instance is the client's.
    pub fn from_call<'a>(
        method: &str,
        target: &str,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        request_id: &str,
        new_id: &str,
    ) -> Result<Self, RestError> {
        let method = known_method(method)?;
        check_target(target)?;
        let mut headers = block::received(headers, &[REQUEST_ID, REQUEST_HASH, SUBJECT_ID, SUBJECT_HOME])?;
        headers.push(block::header(REQUEST_ID, request_id)?);
        if block::only(&headers, MESSAGE_ID)?.is_none() {
            let message_id = format!("{}-{new_id}", client(&headers)?.instance());
            headers.push(block::header(MESSAGE_ID, &message_id)?);
        }
        Self::decode(block::compose([method, target], &headers))
    }

    /// Reads a block of at most [`limits::REST_BLOCK`] octets and [`limits::REST_HEADERS`] header lines.
    ///
    /// Refuses what §2.2 calls illegal, repeated control headers, and a block without client, message id or request
    /// id. `x-road-request-id` counts only in lower case (§2.2).
    pub fn decode(block: Bytes) -> Result<Self, RestError> {
        let (method, target, lines) = head(block::text(&block)?)?;
        let method = known_method(method)?;
        check_target(target)?;
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let (service, service_path) = split_path(path)?;
        let service_path = path.len() - service_path.len();
        let headers = block::headers(lines)?;
        let request_id = block::required(&headers, REQUEST_ID)?;
        if request_id.name != REQUEST_ID {
            return Err(RestError::Missing(REQUEST_ID));
        }
        Ok(Self {
            method,
            path: path.to_owned(),
            service_path,
            query,
            client: client(&headers)?,
            service,
            message_id: block::required(&headers, MESSAGE_ID)?.value.clone(),
            request_id: request_id.value.clone(),
            security_server: optional(&headers, SECURITY_SERVER, id::decode_server)?,
            represented_party: optional(&headers, REPRESENTED_PARTY, id::decode_represented_party)?,
            declaration: Declaration::of(&headers)?,
            headers,
            block,
        })
    }

    /// The octets that are sent, hashed, signed and logged.
    #[must_use]
    pub fn block(&self) -> &Bytes {
        &self.block
    }

    /// The method in upper case, one of eight.
    #[must_use]
    pub fn method(&self) -> &str {
        self.method
    }

    /// The raw path inside the service: empty, or beginning with `/`. Still percent-encoded (§2.1).
    #[must_use]
    pub fn service_path(&self) -> &str {
        self.path.get(self.service_path..).unwrap_or_default()
    }

    /// The raw query without `?`; an empty query differs from none.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Every header line in order.
    #[must_use]
    pub fn headers(&self) -> &[HeaderLine] {
        &self.headers
    }

    /// The value of the first header of this name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value.as_str())
    }

    /// Who calls. Its member is whose signature the request must carry.
    #[must_use]
    pub fn client(&self) -> &ClientId {
        &self.client
    }

    /// What is called.
    #[must_use]
    pub fn service(&self) -> &ServiceId {
        &self.service
    }

    /// `x-road-id`, as given or made. Never empty, not necessarily unique.
    #[must_use]
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// `x-road-request-id`, made by the consumer's security server.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The security server that is to answer, if the caller names one.
    #[must_use]
    pub fn security_server(&self) -> Option<&ServerId> {
        self.security_server.as_ref()
    }

    /// For whom the caller acts, if it says so.
    #[must_use]
    pub fn represented_party(&self) -> Option<&RepresentedParty> {
        self.represented_party.as_ref()
    }

    /// What the caller declared under an agreement; nothing, if it knows of none.
    #[must_use]
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }
}

/// Method line, target line and the rest.
fn head(text: &str) -> Result<(&str, &str, Lines<'_>), RestError> {
    let mut lines = Lines(text);
    let method = lines.next().ok_or(RestError::Truncated)?;
    let target = lines.next().ok_or(RestError::Truncated)?;
    Ok((method, target, lines))
}

fn known_method(method: &str) -> Result<&'static str, RestError> {
    METHODS.into_iter().find(|m| *m == method).ok_or(RestError::Method)
}

/// RFC 3986 §3.3, §3.4: what is not allowed raw must be percent-encoded. `[` and `]` pass in the query, where
/// X-Road takes them too.
fn check_target(target: &str) -> Result<(), RestError> {
    if target.len() > limits::REST_TARGET {
        return Err(RestError::TargetTooLong(target.len()));
    }
    let mut in_query = false;
    let mut chars = target.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' if chars.by_ref().take(2).filter(char::is_ascii_hexdigit).count() != 2 => {
                return Err(RestError::TargetPercent);
            }
            '%' | '/' => {}
            '?' => in_query = true,
            '[' | ']' if in_query => {}
            c if id::is_segment_char(c) => {}
            c => return Err(RestError::TargetCharacter(c)),
        }
    }
    Ok(())
}

/// Splits the raw path into at most eight parts: ``, `r1`, five fields of the service, and the service path (§2.1).
fn split_path(path: &str) -> Result<(ServiceId, &str), RestError> {
    let mut rest = path.strip_prefix("/r1/").ok_or(RestError::Path)?;
    let mut fields = Vec::with_capacity(5);
    let mut service_path = "";
    while fields.len() < 5 {
        let end = rest.find('/').unwrap_or(rest.len());
        let (field, tail) = rest.split_at_checked(end).ok_or(RestError::Path)?;
        fields.push(field);
        service_path = tail;
        match tail.strip_prefix('/') {
            Some(next) => rest = next,
            None if fields.len() < 5 => return Err(RestError::Path),
            None => {}
        }
    }
    let service = id::decode_service(&fields.join("/")).map_err(RestError::Service)?;
    Ok((service, service_path))
}

fn client(headers: &[HeaderLine]) -> Result<ClientId, RestError> {
    let header = block::only(headers, CLIENT)?.ok_or(RestError::Client(None))?;
    id::decode_client(&header.value).map_err(|cause| RestError::Client(Some(cause)))
}

fn optional<T>(
    headers: &[HeaderLine],
    name: &'static str,
    decode: impl Fn(&str) -> Result<T, RestIdError>,
) -> Result<Option<T>, RestError> {
    block::only(headers, name)?.map(|h| decode(&h.value)).transpose().map_err(|cause| RestError::Id { name, cause })
}
