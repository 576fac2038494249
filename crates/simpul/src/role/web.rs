//! Small HTTP answers, and bodies read whole within a bound.

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use simpul_exchange::call::{Answer, AnswerBody};
use simpul_exchange::ports::{BodyError, BodyStream};

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

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// Longer than allowed.
    #[error("more than {0} octets")]
    TooLong(usize),
    /// It broke off.
    #[error("it did not arrive whole")]
    Broken(#[source] BodyError),
}

/// Reads a body of at most `limit` octets; without a body, none.
pub(super) async fn read(body: Option<BodyStream>, limit: usize) -> Result<Bytes, Unread> {
    let Some(mut stream) = body else { return Ok(Bytes::new()) };
    let mut whole = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(Unread::Broken)?;
        if whole.len() + chunk.len() > limit {
            return Err(Unread::TooLong(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Path and query of a request target.
pub(super) fn split(target: &str) -> (&str, Option<&str>) {
    target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
}
