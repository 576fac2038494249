//! How far a connection is, and since when: what decides whether it is too slow.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::bounds::{Bounds, LINGER};
use crate::net::body::Watch;
use crate::net::transport::Transport;

/// The pace of one connection, shared by its socket, its requests and its clock.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    /// Milliseconds since `start`, times four, plus the phase.
    phase: AtomicU64,
    /// Milliseconds since `start` plus one when a write began to wait; 0 while none waits.
    stalled: AtomicU64,
    /// A request's body was not read to its end.
    unread: AtomicBool,
    /// An answer broke off: closing must not look like an end.
    broken: AtomicBool,
}

const IDLE: u64 = 0;
const HEAD: u64 = 1;
const BUSY: u64 = 2;
const CLOSING: u64 = 3;

/// What a connection that was too slow failed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// No next request.
    Idle,
    /// The head of a request did not end.
    Head,
    /// The other side does not take what is written.
    Stalled,
    /// The other side goes on sending after the answer.
    Closing,
}

impl Pace {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            phase: AtomicU64::new(IDLE),
            stalled: AtomicU64::new(0),
            unread: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        })
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX >> 2)
    }

    fn enter(&self, phase: u64) {
        self.phase.store((self.millis() << 2) | phase, Ordering::Relaxed);
    }

    /// A request's head is complete; `body` says whether a body follows.
    pub(super) fn busy(&self, body: bool) {
        self.enter(BUSY);
        self.unread.store(body, Ordering::Relaxed);
    }

    /// The request's body was read to its end.
    pub(super) fn read_whole(&self) {
        self.unread.store(false, Ordering::Relaxed);
    }

    /// What is too late, if anything is.
    pub(super) fn late(&self, bounds: &Bounds) -> Option<Late> {
        let now = self.millis();
        let over = |since: u64, bound: std::time::Duration| u128::from(now.saturating_sub(since)) >= bound.as_millis();
        let stalled = self.stalled.load(Ordering::Relaxed);
        if stalled > 0 && over(stalled - 1, bounds.stall) {
            return Some(Late::Stalled);
        }
        let phase = self.phase.load(Ordering::Relaxed);
        let since = phase >> 2;
        match phase & 3 {
            IDLE if over(since, bounds.idle) => Some(Late::Idle),
            HEAD if over(since, bounds.head) => Some(Late::Head),
            CLOSING if over(since, LINGER) => Some(Late::Closing),
            _ => None,
        }
    }
}

/// Watches an answer on its way out; when it is dropped, the exchange is over.
#[derive(Debug)]
pub(super) struct Answering(pub(super) Arc<Pace>);

impl Watch for Answering {
    fn broke(&mut self) {
        self.0.broken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.enter(IDLE);
    }
}

/// A connection that keeps its pace up to date.
#[derive(Debug)]
pub(super) struct Paced {
    transport: Transport,
    pace: Arc<Pace>,
    shut: bool,
}

impl Paced {
    pub(super) fn new(transport: Transport, pace: Arc<Pace>) -> Self {
        Self { transport, pace, shut: false }
    }

    fn wrote<T>(&self, result: Poll<T>) -> Poll<T> {
        match &result {
            Poll::Ready(_) => self.pace.stalled.store(0, Ordering::Relaxed),
            Poll::Pending if self.pace.stalled.load(Ordering::Relaxed) == 0 => {
                self.pace.stalled.store(self.pace.millis() + 1, Ordering::Relaxed);
            }
            Poll::Pending => {}
        }
        result
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        if self.pace.broken.load(Ordering::Relaxed) {
            self.transport.tcp().reset_on_close();
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.transport).poll_read(cx, buf);
        if buf.filled().len() > before && self.pace.phase.load(Ordering::Relaxed) & 3 == IDLE {
            self.pace.enter(HEAD);
        }
        result
    }
}

impl AsyncWrite for Paced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.transport).poll_write(cx, buf);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.transport).poll_write_vectored(cx, bufs);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.transport).poll_flush(cx);
        self.wrote(result)
    }

    /// Ends this side's half. After an answer that did not wait for the rest of its request, what still comes is
    /// thrown away until the other side has ended too; the connection's clock bounds that.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.shut {
            ready!(Pin::new(&mut self.transport).poll_shutdown(cx))?;
            self.shut = true;
            self.pace.enter(CLOSING);
        }
        if !self.pace.unread.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        let mut waste = [0; 16 * 1024];
        for _ in 0..16 {
            let mut buf = ReadBuf::new(&mut waste);
            ready!(Pin::new(self.transport.tcp_mut()).poll_read(cx, &mut buf))?;
            if buf.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
