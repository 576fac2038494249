//! Calls that the server makes itself for one of its clients: the same path as a call of an information system, with
//! its seal, its agreement and its two records, and without a socket.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use simpul_core::{ClientId, ServiceId, limits};
use simpul_exchange::call::{AnswerBody, Caller, ConsumerCall};
use simpul_exchange::consumer::Consumer;
use simpul_exchange::ports::{BodyStream, Headers};
use simpul_wire::rest::id::{encode_client, encode_service};

use super::web;

/// The consumer of this server, as the server itself uses it.
#[derive(Clone)]
pub(crate) struct OwnCalls(Arc<Consumer>);

/// What is asked.
pub(crate) struct OwnCall<'a> {
    /// For which client of this server; its member signs.
    pub(crate) client: &'a ClientId,
    /// Which service.
    pub(crate) service: &'a ServiceId,
    /// HTTP method.
    pub(crate) method: &'a str,
    /// What follows the service in the path, already encoded: empty, or from `/` on, with its query.
    pub(crate) path: &'a str,
    /// Further headers, such as those that declare a purpose.
    pub(crate) headers: Headers,
    /// The body, if there is one.
    pub(crate) body: Option<Bytes>,
}

/// What came back: the provider's answer, or a fault of either server in X-Road's form with `x-road-error`.
pub(crate) struct OwnAnswer {
    /// HTTP status.
    pub(crate) status: u16,
    /// Headers.
    pub(crate) headers: Headers,
    /// The whole body, at most [`limits::OWN_ANSWER`].
    pub(crate) body: Bytes,
}

/// An answer that could not be read: it is longer than [`limits::OWN_ANSWER`], or broke off.
#[derive(Debug, thiserror::Error)]
#[error("the answer could not be read")]
pub(crate) struct OwnError(#[source] web::Unread);

impl OwnCalls {
    /// Calls through this consumer.
    pub(crate) fn new(consumer: Arc<Consumer>) -> Self {
        Self(consumer)
    }

    /// Asks once, without retry: whether asking twice is safe only the caller knows.
    pub(crate) async fn ask(&self, call: OwnCall<'_>) -> Result<OwnAnswer, OwnError> {
        let mut headers = call.headers;
        headers.push(("x-road-client".to_owned(), Bytes::from(encode_client(call.client))));
        headers.push(("accept".to_owned(), Bytes::from_static(b"application/json")));
        let answer = self
            .0
            .relay(ConsumerCall {
                method: call.method.to_owned(),
                target: format!("/r1/{}{}", encode_service(call.service), call.path),
                headers,
                caller: Caller::Own,
                body: call.body.map(|body| Box::pin(stream::iter([Ok(body)])) as BodyStream),
            })
            .await;
        let stream = match answer.body {
            AnswerBody::Empty => None,
            AnswerBody::Whole(body) => Some(Box::pin(stream::iter([Ok(body)])) as BodyStream),
            AnswerBody::Spooled(entry) => Some(entry.read()),
            AnswerBody::Stream(stream) => Some(stream),
        };
        let body = web::read(stream, limits::OWN_ANSWER).await.map_err(OwnError)?;
        Ok(OwnAnswer { status: answer.status, headers: answer.headers, body })
    }
}
