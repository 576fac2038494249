//! Small tools for what goes out: a bounded pipe to a connection, boundaries, header look-up.

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::ports::{BodyError, BodyStream, Headers, Randomness};

/// Chunks that may wait between an encoder and its connection: back-pressure, not a buffer.
const PIPE: usize = 4;

/// A pipe from an encoder to a connection.
pub(crate) fn pipe() -> (mpsc::Sender<Result<Bytes, BodyError>>, BodyStream) {
    let (sink, source) = mpsc::channel(PIPE);
    let stream = stream::unfold(source, |mut source| async { source.recv().await.map(|item| (item, source)) });
    (sink, Box::pin(stream))
}

/// Random octets for a boundary.
pub(crate) fn boundary(random: &dyn Randomness) -> [u8; 30] {
    let mut bytes = [0; 30];
    random.fill(&mut bytes);
    bytes
}

/// The first header of this lower-case name, if its value is text.
pub(crate) fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    let (_, value) = headers.iter().find(|(n, _)| n == name)?;
    std::str::from_utf8(value).ok()
}

/// Nobody reads the pipe any more.
#[derive(Debug)]
pub(crate) struct Gone;

/// Puts a chunk into the pipe, or says that nobody reads it.
pub(crate) async fn offer(sink: &mpsc::Sender<Result<Bytes, BodyError>>, chunk: Bytes) -> Result<(), Gone> {
    sink.send(Ok(chunk)).await.map_err(|_| Gone)
}
