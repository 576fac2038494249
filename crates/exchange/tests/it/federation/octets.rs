//! Streams of octets: made from chunks, watched on their way, and collected.

use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use simpul_exchange::ports::{BodyError, BodyStream};

/// A stream that ends well after these chunks.
pub(crate) fn octets<T: Into<Bytes>>(chunks: impl IntoIterator<Item = T>) -> BodyStream {
    let chunks: Vec<_> = chunks.into_iter().map(|c| Ok(c.into())).collect();
    Box::pin(stream::iter(chunks))
}

/// A stream that breaks after these chunks.
pub(crate) fn cut<T: Into<Bytes>>(chunks: impl IntoIterator<Item = T>) -> BodyStream {
    let chunks: Vec<_> = chunks.into_iter().map(|c| Ok(c.into())).collect();
    Box::pin(stream::iter(chunks).chain(stream::iter([Err(broken())])))
}

/// A stream that gives these chunks, and then neither more nor an end.
pub(crate) fn stalled<T: Into<Bytes>>(chunks: impl IntoIterator<Item = T>) -> BodyStream {
    let chunks: Vec<_> = chunks.into_iter().map(|c| Ok(c.into())).collect();
    Box::pin(stream::iter(chunks).chain(stream::pending()))
}

/// A connection that broke.
pub(crate) fn broken() -> BodyError {
    BodyError::Cut(std::io::ErrorKind::ConnectionReset.into())
}

/// All octets of a stream, and the error that ended it, if one did.
pub(crate) async fn collect(mut stream: BodyStream) -> (Bytes, Option<BodyError>) {
    let mut all = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => all.extend_from_slice(&chunk),
            Err(error) => return (all.freeze(), Some(error)),
        }
    }
    (all.freeze(), None)
}

/// What went through a stream so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    octets: BytesMut,
    chunks: usize,
    end: Option<End>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It was complete.
    Whole,
    /// It ended with an error.
    Broken,
}

impl Watched {
    /// Passes a stream on and notes what its reader takes.
    pub(crate) fn watch(&self, stream: BodyStream) -> BodyStream {
        let seen = Arc::clone(&self.0);
        Box::pin(stream::unfold((stream, seen), |(mut stream, seen)| async move {
            let item = stream.next().await;
            let mut now = seen.lock().unwrap();
            match &item {
                Some(Ok(chunk)) => {
                    now.octets.extend_from_slice(chunk);
                    now.chunks += 1;
                }
                Some(Err(_)) => now.end = Some(End::Broken),
                None => now.end = now.end.or(Some(End::Whole)),
            }
            drop(now);
            item.map(|item| (item, (stream, seen)))
        }))
    }

    pub(crate) fn octets(&self) -> Bytes {
        Bytes::copy_from_slice(&self.0.lock().unwrap().octets)
    }

    /// How many chunks its reader took.
    pub(crate) fn chunks(&self) -> usize {
        self.0.lock().unwrap().chunks
    }

    /// How it ended; `None` if its reader never saw an end.
    pub(crate) fn end(&self) -> Option<End> {
        self.0.lock().unwrap().end
    }

    /// Whether a seal is among the octets, by the content type of its part (wire.md §3.3).
    pub(crate) fn has_seal(&self) -> bool {
        has(&self.octets(), "signature/bdoc-1.0/ts")
    }
}

/// Whether octets contain a text.
pub(crate) fn has(octets: &[u8], text: &str) -> bool {
    find(octets, text).is_some()
}

/// Where a text begins in octets.
pub(crate) fn find(octets: &[u8], text: &str) -> Option<usize> {
    octets.windows(text.len()).position(|w| w == text.as_bytes())
}
