//! Small tools for what goes out: a bounded pipe to a connection, boundaries, header look-up.

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::mpsc;

use crate::ports::{BodyError, BodyStream, Headers, Randomness};

/// Chunks that may wait between an encoder and its connection: back-pressure, not a buffer.
const PIPE: usize = 4;

/// A pipe from an encoder to a connection. A message that its writer does not finish ends with an error, whatever
/// became of the writer: what is cut short never looks whole.
pub(crate) fn pipe() -> (Sink, BodyStream) {
    let (sink, source) = mpsc::channel(PIPE);
    let stream = stream::unfold(Some(source), |source| async {
        let mut source = source?;
        match source.recv().await {
            Some(Piece::More(chunk)) => Some((Ok(chunk), Some(source))),
            Some(Piece::Last(chunk)) => Some((Ok(chunk), None)),
            None => Some((Err(BodyError::Abandoned), None)),
        }
    });
    (Sink(sink), Box::pin(stream))
}

/// The writer's end of a pipe.
pub(crate) struct Sink(mpsc::Sender<Piece>);

enum Piece {
    More(Bytes),
    Last(Bytes),
}

/// Nobody reads the pipe any more.
#[derive(Debug)]
pub(crate) struct Gone;

impl Sink {
    /// Puts a chunk into the pipe.
    pub(crate) async fn put(&self, chunk: Bytes) -> Result<(), Gone> {
        self.0.send(Piece::More(chunk)).await.map_err(|_| Gone)
    }

    /// Puts the last chunk into the pipe: the message is whole.
    pub(crate) async fn finish(&self, chunk: Bytes) -> Result<(), Gone> {
        self.0.send(Piece::Last(chunk)).await.map_err(|_| Gone)
    }

    /// Waits until nobody reads the pipe.
    pub(crate) async fn gone(&self) {
        self.0.closed().await;
    }
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
