//! Answers as HTTP.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use hyper::ext::ReasonPhrase;

use super::pace::Answering;
use crate::net::body::Outgoing;
use crate::net::http::is_of_connection;
use simpul_exchange::call::{Answer, AnswerBody};
use simpul_exchange::ports::Headers;

/// An answer's octets on their way out.
pub(super) type AnswerBytes = Outgoing<Answering>;

/// Waits for the first chunk of a streamed answer, so that head and chunk leave in one piece.
pub(super) async fn primed(mut answer: Answer) -> Answer {
    if let AnswerBody::Stream(mut stream) = answer.body {
        answer.body = match stream.next().await {
            None => AnswerBody::Empty,
            Some(first) => AnswerBody::Stream(Box::pin(stream::iter([first]).chain(stream))),
        };
    }
    answer
}

/// The answer as HTTP. One that HTTP cannot carry (a header that is none, a status that is no final one) becomes a
/// 500: nothing is left out of an answer or bent until it fits.
pub(super) fn respond(answer: Answer, to_head: bool, watch: Answering) -> Response<AnswerBytes> {
    let status = StatusCode::from_u16(answer.status).ok().filter(|s| !s.is_informational());
    let keep_length = to_head && matches!(answer.body, AnswerBody::Empty);
    let (Some(status), Some(headers)) = (status, headers(answer.headers, keep_length)) else {
        tracing::error!(status = answer.status, "an answer cannot be written as HTTP");
        return plain(500, "internal error", watch);
    };
    let body = match answer.body {
        AnswerBody::Empty => Outgoing::empty(watch),
        AnswerBody::Whole(octets) => Outgoing::whole(octets, watch),
        AnswerBody::Spooled(entry) => Outgoing::spooled(&entry, watch),
        AnswerBody::Stream(stream) => Outgoing::stream(stream, watch),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Some(reason) = answer.reason.and_then(|r| ReasonPhrase::try_from(r.into_bytes()).ok()) {
        response.extensions_mut().insert(reason);
    }
    response
}

/// A short text, for what no handler answers; the last answer of its connection.
pub(super) fn last(status: u16, text: &'static str, watch: Answering) -> Response<AnswerBytes> {
    let mut response = plain(status, text, watch);
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// A short text, for what no handler answers.
pub(super) fn plain(status: u16, text: &'static str, watch: Answering) -> Response<AnswerBytes> {
    let mut response = Response::new(Outgoing::whole(Bytes::from_static(text.as_bytes()), watch));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// The headers without those that HTTP makes for the connection itself. `Content-Length` is among those, except in
/// the answer to HEAD, where it speaks of a body that is not there.
fn headers(given: Headers, keep_length: bool) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(given.len());
    for (name, value) in given {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_maybe_shared(value).ok()?;
        if is_of_connection(&name) && !(keep_length && name == CONTENT_LENGTH) {
            continue;
        }
        headers.append(name, value);
    }
    Some(headers)
}
