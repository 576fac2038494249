//! Bodies on their way in and out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use simpul_exchange::ports::{BodyError, BodyStream, Spooled};

/// What a body on its way out tells whoever watches the connection.
pub(crate) trait Watch: Send {
    /// The connection could take more, and there is nothing yet.
    fn starved(&mut self) {}
    /// A chunk was given to the connection.
    fn gave(&mut self) {}
    /// The last chunk was given.
    fn ended(&mut self) {}
    /// The body broke off.
    fn broke(&mut self) {}
}

/// A body on its way out.
pub(crate) struct Outgoing<W> {
    source: Source,
    watch: W,
}

enum Source {
    Whole(Option<Bytes>),
    Stream { stream: BodyStream, left: Option<u64> },
    Done,
}

impl<W> Outgoing<W> {
    /// No octets.
    pub(crate) fn empty(watch: W) -> Self {
        Self { source: Source::Whole(None), watch }
    }

    /// These octets.
    pub(crate) fn whole(octets: Bytes, watch: W) -> Self {
        Self { source: Source::Whole(Some(octets).filter(|o| !o.is_empty())), watch }
    }

    /// From the spool, with its length known.
    pub(crate) fn spooled(entry: &Arc<dyn Spooled>, watch: W) -> Self {
        Self { source: Source::Stream { stream: entry.read(), left: Some(entry.len()) }, watch }
    }

    /// Who watches it.
    pub(crate) fn watch(&self) -> &W {
        &self.watch
    }

    /// As it comes.
    pub(crate) fn stream(stream: BodyStream, watch: W) -> Self {
        Self { source: Source::Stream { stream, left: None }, watch }
    }
}

impl<W: Watch + Unpin> Body for Outgoing<W> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Poll::Ready(next) = this.source.poll_chunk(cx) else {
            this.watch.starved();
            return Poll::Pending;
        };
        match &next {
            Some(Ok(_)) => this.watch.gave(),
            Some(Err(_)) => this.watch.broke(),
            None => this.source = Source::Done,
        }
        if next.as_ref().is_none_or(|n| n.is_ok() && this.is_end_stream()) {
            this.watch.ended();
        }
        Poll::Ready(next.map(|n| n.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.source, Source::Done | Source::Whole(None) | Source::Stream { left: Some(0), .. })
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Done | Source::Whole(None) => SizeHint::with_exact(0),
            Source::Whole(Some(octets)) => SizeHint::with_exact(octets.len() as u64),
            Source::Stream { left: Some(left), .. } => SizeHint::with_exact(*left),
            Source::Stream { left: None, .. } => SizeHint::default(),
        }
    }
}

impl Source {
    /// The next chunk. After an error, and after more or less than the length that was announced, nothing follows.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        let (stream, left) = match self {
            Self::Done => return Poll::Ready(None),
            Self::Whole(octets) => return Poll::Ready(octets.take().map(Ok)),
            Self::Stream { stream, left } => (stream, left),
        };
        let next = ready!(stream.poll_next_unpin(cx));
        let broken = match (&next, left) {
            (Some(Err(_)), _) => true,
            (Some(Ok(chunk)), Some(left)) => match left.checked_sub(chunk.len() as u64) {
                Some(less) => {
                    *left = less;
                    false
                }
                None => true,
            },
            (None, Some(left)) => *left > 0,
            (_, None) => false,
        };
        if !broken {
            return Poll::Ready(next);
        }
        *self = Self::Done;
        Poll::Ready(Some(Err(next.and_then(Result::err).unwrap_or(BodyError::Abandoned))))
    }
}

/// A body on its way in: what HTTP receives, as a stream that ends in an error if nothing comes for too long or the
/// connection breaks, and that has ended cleanly only if the body was complete.
///
/// The time runs only while somebody waits for the next chunk.
pub(crate) struct Inflow {
    body: Option<Incoming>,
    patience: Option<Patience>,
    at_end: Option<Box<dyn FnOnce() + Send>>,
}

struct Patience {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    running: bool,
}

impl Inflow {
    /// Watches over `body`; without a limit it may be silent for ever.
    pub(crate) fn new(body: Incoming, limit: Option<Duration>) -> Self {
        let patience = limit.map(|limit| Patience { limit, sleep: None, running: false });
        Self { body: Some(body), patience, at_end: None }
    }

    /// Runs `action` when the body has ended cleanly, and never otherwise.
    pub(crate) fn at_end(mut self, action: impl FnOnce() + Send + 'static) -> Self {
        self.at_end = Some(Box::new(action));
        self
    }

    fn fail(&mut self, error: BodyError) -> Poll<Option<Result<Bytes, BodyError>>> {
        self.body = None;
        self.at_end = None;
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for Inflow {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            let Some(body) = this.body.as_mut() else { return Poll::Ready(None) };
            match Pin::new(body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(patience) = this.patience.as_mut() {
                        patience.running = false;
                    }
                    match frame.into_data() {
                        Ok(chunk) => return Poll::Ready(Some(Ok(chunk))),
                        Err(_trailers) => {}
                    }
                }
                Poll::Ready(Some(Err(cause))) => return this.fail(BodyError::Cut(std::io::Error::other(cause))),
                Poll::Ready(None) => {
                    this.body = None;
                    if let Some(action) = this.at_end.take() {
                        action();
                    }
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    let Some(patience) = this.patience.as_mut() else { return Poll::Pending };
                    ready!(patience.poll_over(cx));
                    let seconds = patience.limit.as_secs();
                    return this.fail(BodyError::Slow(seconds));
                }
            }
        }
    }
}

impl Drop for Inflow {
    /// Whoever knew from the content that nothing follows need not have asked for the end.
    fn drop(&mut self) {
        let (Some(body), Some(action)) = (self.body.as_mut(), self.at_end.take()) else { return };
        let mut cx = Context::from_waker(Waker::noop());
        if matches!(Pin::new(body).poll_frame(&mut cx), Poll::Ready(None)) {
            action();
        }
    }
}

impl Patience {
    /// Ready when the limit has passed since waiting began.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let limit = self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        if !std::mem::replace(&mut self.running, true) {
            sleep.as_mut().reset(Instant::now() + limit);
        }
        sleep.as_mut().poll(cx)
    }
}
