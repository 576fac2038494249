//! Small HTTP answers of the roles that are no security server.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use simpul_exchange::call::{Answer, AnswerBody};
use simpul_exchange::ports::BodyStream;

/// An answer with a whole body.
pub(super) fn answer(status: u16, content_type: &str, body: impl Into<Bytes>) -> Answer {
    Answer {
        status,
        reason: None,
        headers: vec![("content-type".to_owned(), Bytes::copy_from_slice(content_type.as_bytes()))],
        body: AnswerBody::Whole(body.into()),
    }
}

/// An answer in plain text.
pub(super) fn text(status: u16, text: &'static str) -> Answer {
    answer(status, "text/plain; charset=utf-8", text)
}

/// Reads a body of at most `limit` octets; `None` if it is longer or breaks off.
pub(super) async fn read(body: Option<BodyStream>, limit: usize) -> Option<Bytes> {
    let Some(mut stream) = body else { return Some(Bytes::new()) };
    let mut whole = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.ok()?;
        if whole.len() + chunk.len() > limit {
            return None;
        }
        whole.extend_from_slice(&chunk);
    }
    Some(whole.freeze())
}

/// Path and query of a request target.
pub(super) fn split(target: &str) -> (&str, Option<&str>) {
    target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
}
