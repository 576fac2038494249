//! One call of a service, as HTTP.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;

use super::target::join;
use crate::net::body::{Inflow, Outgoing};
use crate::net::client::{Client, RequestBody, Sending};
use crate::net::http::{header, is_of_connection};
use crate::net::pool::Pool;
use crate::net::url::{Url, exact};
use simpul_exchange::ports::{BodyStream, LinkError, ServiceReply, Spooled};
use simpul_trust::cert::Certificate;

/// What is asked of a service.
pub(super) struct Call<'a> {
    /// HTTP method of the message block.
    pub(super) method: &'a str,
    /// Raw service path: empty, or begins with `/`.
    pub(super) service_path: &'a str,
    /// Raw query.
    pub(super) query: Option<&'a str>,
    /// The block's headers in order.
    pub(super) headers: Vec<(&'a str, &'a [u8])>,
    /// The message's body.
    pub(super) body: Option<&'a Arc<dyn Spooled>>,
    /// The service's address.
    pub(super) service_url: &'a str,
    /// For the answer's head, and for each octet of it.
    pub(super) timeout: Option<Duration>,
    /// Leaf certificates one of which an https service must present.
    pub(super) pinned: Option<&'a [Certificate]>,
}

impl Call<'_> {
    /// The service's address, which may have a path and nothing after it.
    pub(super) fn url(&self) -> Result<Url, LinkError> {
        Url::parse(self.service_url).filter(|u| !u.target.contains('?')).ok_or_else(|| self.bad_url())
    }

    fn bad_url(&self) -> LinkError {
        LinkError::BadUrl(self.service_url.to_owned())
    }

    /// The request: Host from the address, then every header of the block. A body goes with POST, PUT and PATCH.
    pub(super) fn request(&self, url: &Url) -> Result<Request<RequestBody>, LinkError> {
        let target = join(&url.target, self.service_path, self.query);
        let uri = exact(&target).ok_or_else(|| self.bad_url())?;
        let refused = |what: &str| LinkError::Http { from: url.origin(), why: format!("{what} cannot be sent") };
        let method = Method::from_bytes(self.method.as_bytes()).ok().filter(|m| *m != Method::CONNECT);
        let method = method.ok_or_else(|| refused("the method"))?;
        let mut headers = self.headers(url).ok_or_else(|| refused("a header"))?;
        let with_body = [Method::POST, Method::PUT, Method::PATCH].contains(&method);
        let body = match self.body.filter(|_| with_body) {
            Some(entry) => Outgoing::spooled(entry, Sending::new()),
            None => Outgoing::empty(Sending::new()),
        };
        if with_body {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.map_or(0, |b| b.len())));
        }
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok(request)
    }

    fn headers(&self, url: &Url) -> Option<HeaderMap> {
        let mut map = HeaderMap::with_capacity(self.headers.len() + 2);
        map.insert(HOST, HeaderValue::from_str(&url.authority).ok()?);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            if name != HOST && !is_of_connection(&name) {
                map.append(name, HeaderValue::from_bytes(value).ok()?);
            }
        }
        Some(map)
    }

    /// The answer; its connection is kept when the body was read to its end.
    pub(super) fn answered(
        &self,
        response: Response<Incoming>,
        client: Client,
        origin: String,
        pool: &Arc<Pool>,
    ) -> ServiceReply {
        let (head, body) = response.into_parts();
        let pool = Arc::clone(pool);
        let bodiless =
            self.method == "HEAD" || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&head.status);
        let inflow = Inflow::new(body, self.timeout).at_end(move || pool.settle(origin, client));
        let reason = match head.extensions.get::<ReasonPhrase>() {
            Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
            None => head.status.canonical_reason().unwrap_or_default().to_owned(),
        };
        ServiceReply {
            status: head.status.as_u16(),
            reason,
            headers: head.headers.iter().map(header).collect::<Vec<(String, Bytes)>>(),
            // A body that HTTP says is none ends when it is dropped, which gives the connection back.
            body: (!bodiless).then(|| Box::pin(inflow) as BodyStream),
        }
    }
}
