//! From a call at a listener of `io` to a router of pages, and back.

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::BodyExt as _;
use simpul_exchange::call::{Answer, AnswerBody, ConsumerCall};
use simpul_exchange::ports::BodyError;
use simpul_io::listen::ConsumerHandler;
use tower::ServiceExt as _;

use crate::role::web;

/// Answers with a router.
pub(super) struct Bridge(pub(super) Router);

#[async_trait]
impl ConsumerHandler for Bridge {
    async fn handle(&self, call: ConsumerCall) -> Answer {
        let Some(request) = request(call) else { return web::text(400, "the request cannot be read") };
        match self.0.clone().oneshot(request).await {
            Ok(response) => answer(response).await,
            Err(never) => match never {},
        }
    }
}

fn request(call: ConsumerCall) -> Option<Request<Body>> {
    let ConsumerCall { method, target, headers, body, .. } = call;
    let body = body.map_or_else(Body::empty, Body::from_stream);
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
    *request.uri_mut() = target.parse().ok()?;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request.headers_mut().append(name, HeaderValue::from_maybe_shared(value).ok()?);
    }
    Some(request)
}

/// What has one known length is sent whole, with it; anything else as it comes, which live pages need.
async fn answer(response: Response<Body>) -> Answer {
    let (head, body) = response.into_parts();
    let headers = head.headers.iter();
    let headers =
        headers.map(|(name, value)| (name.as_str().to_owned(), Bytes::copy_from_slice(value.as_bytes()))).collect();
    let body = match body.size_hint().exact() {
        Some(0) => AnswerBody::Empty,
        Some(_) => match body.collect().await {
            Ok(whole) => AnswerBody::Whole(whole.to_bytes()),
            Err(cause) => AnswerBody::Stream(Box::pin(stream::iter([Err(broken(cause))]))),
        },
        None => AnswerBody::Stream(Box::pin(body.into_data_stream().map(|chunk| chunk.map_err(broken)))),
    };
    Answer { status: head.status.as_u16(), reason: None, headers, body }
}

fn broken(cause: axum::Error) -> BodyError {
    BodyError::Cut(std::io::Error::other(cause))
}
